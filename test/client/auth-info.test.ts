/*
 * Claims about the credentials of one session, each against a server in memory. Java: ClientCnxn.authInfo.
 */
import { describe, expect, it } from 'vitest';
import { OpCode, SpecialXid } from '../../src/jute/op-code.ts';
import { answer, Conversation } from './conversation.ts';

describe('credentials', () => {
  it('are sent on every connection, before watches and requests', () => {
    const talk = Conversation.connected();
    talk.addAuth('digest', 'a:b');
    expect(talk.sent()).toMatchObject([{ xid: SpecialXid.auth, type: OpCode.auth }]);
    talk.hear(answer(SpecialXid.auth));
    expect(talk.story).toEqual(['digest: answer 0']);
    talk.close();
    talk.ask('/a');
    talk.pass(500);
    talk.accept();
    expect(talk.sentTypes()).toEqual([OpCode.auth, 4]);
    talk.hear(answer(SpecialXid.auth));
    expect(talk.story.filter((line) => line.startsWith('digest'))).toHaveLength(1);
  });

  it('whose answer was lost with the connection are answered on the next', () => {
    const talk = Conversation.connected();
    talk.addAuth('digest', 'a:b');
    talk.close();
    talk.pass(500);
    talk.accept();
    talk.hear(answer(SpecialXid.auth));
    expect(talk.story.at(-1)).toBe('digest: answer 0');
  });

  it('that are refused end the session for everybody', () => {
    const talk = Conversation.connected();
    talk.addAuth('digest', 'wrong');
    talk.ask('/a');
    talk.hear(answer(SpecialXid.auth, { err: -115 }));
    expect(talk.story).toEqual([
      '/a: AuthFailedError',
      'digest: AuthFailedError',
      'disconnect',
      'state authFailed',
    ]);
  });
});
