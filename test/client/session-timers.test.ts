/*
 * Claims about the clock of one session that is connected, against a server in memory. Java: ClientCnxn.SendThread.run.
 */
import { describe, expect, it } from 'vitest';
import { OpCode, SpecialXid } from '../../src/jute/op-code.ts';
import { answer, Conversation } from './conversation.ts';

describe('pings', () => {
  it('go out a second before half the read timeout when nothing else does', () => {
    const talk = Conversation.connected({}, 30_000);
    talk.pass(8_999);
    expect(talk.sent()).toEqual([]);
    talk.pass(1);
    expect(talk.sent()).toMatchObject([{ xid: SpecialXid.ping, type: OpCode.ping }]);
    talk.hear(answer(SpecialXid.ping));
    talk.pass(9_000);
    expect(talk.sentTypes()).toEqual([OpCode.ping]);
  });

  it('go out every ten seconds however long the timeout is', () => {
    const talk = Conversation.connected({}, 600_000);
    talk.pass(10_000);
    expect(talk.sentTypes()).toEqual([OpCode.ping]);
  });

  it('are put off by a request', () => {
    const talk = Conversation.connected({}, 30_000);
    talk.pass(5_000);
    talk.ask('/a');
    talk.sent();
    talk.pass(8_999);
    expect(talk.sent()).toEqual([]);
  });
});
