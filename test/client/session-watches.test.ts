/*
 * Claims about the watches of one session, each against a server in memory: what is told in which order, and what is set again on the
 * next connection. Java: ClientCnxn.SendThread. Who waits for which event is in watch-registry.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { OpCode, SpecialXid } from '../../src/jute/op-code.ts';
import { answer, Conversation, event } from './conversation.ts';

describe('watch events and answers', () => {
  it('are told in the order in which the server sent them', () => {
    const talk = Conversation.connected();
    const registration = { kind: 'data', path: '/a', watcher: talk.watcher('w') } as const;
    talk.ask('/a', { registration });
    talk.ask('/b');
    talk.hear(Buffer.concat([answer(1), event('nodeDataChanged', '/a', 9n), answer(2)]));
    expect(talk.story).toEqual(['/a: answer 0', 'w: nodeDataChanged /a', '/b: answer 0']);
  });

  it('stand apart in time, so that whoever waits for an answer has its turn before the event is told', () => {
    const talk = Conversation.connected();
    talk.ask('/a');
    const bytes = Buffer.concat([answer(1), event('nodeCreated', '/b')]);
    talk.session.received(bytes, talk.now);
    expect(talk.story).toEqual(['/a: answer 0']);
    expect(talk.session.hasMore).toBe(true);
  });

  it('of a type that no client knows are the end of the connection', () => {
    const talk = Conversation.connected();
    const bytes = event('nodeCreated', '/a');
    bytes.writeInt32BE(99, 20);
    talk.hear(bytes);
    expect(talk.story).toEqual(['disconnect', 'state connecting']);
  });
});

describe('watches on the next connection', () => {
  const watching = (talk: Conversation, kind: 'data' | 'exists' | 'children', path: string) =>
    talk.ask(path, { registration: { kind, path, watcher: talk.watcher(kind) } });

  it('are set again relative to the last zxid, before anything else', () => {
    const talk = Conversation.connected();
    watching(talk, 'data', '/d');
    watching(talk, 'exists', '/e');
    watching(talk, 'children', '/c');
    talk.hear(Buffer.concat([answer(1), answer(2, { err: -101 }), answer(3, { zxid: 33 })]));
    talk.close();
    talk.ask('/first');
    talk.pass(500);
    talk.accept();
    const [again, first] = talk.sent();
    expect(again).toMatchObject({ xid: SpecialXid.setWatches, type: OpCode.setWatches });
    expect(again?.body.readLong()).toBe(33n);
    expect(again?.body.readStrings()).toEqual(['/d']);
    expect(again?.body.readStrings()).toEqual(['/e']);
    expect(again?.body.readStrings()).toEqual(['/c']);
    expect(first?.body.readString()).toBe('/first');
  });

  it('need setWatches2 where some are persistent, and these are told that they may have missed something', () => {
    const talk = Conversation.connected();
    const watcher = talk.watcher('p');
    talk.ask('/p', { registration: { kind: 'persistentRecursive', path: '/p', watcher } });
    talk.hear(answer(1));
    talk.close();
    talk.pass(500);
    talk.story.length = 0;
    talk.accept();
    expect(talk.sentTypes()).toEqual([OpCode.setWatches2]);
    expect(talk.story).toEqual(['state connected', 'p: none /p']);
  });

  it('are not left by a request that the server refused, or that nobody waits for', () => {
    const talk = Conversation.connected();
    watching(talk, 'data', '/refused');
    talk
      .ask('/over', {
        registration: { kind: 'data', path: '/over', watcher: talk.watcher('x') },
      })
      .fail(new Error('not wanted'));
    talk.hear(Buffer.concat([answer(1, { err: -101 }), answer(2)]));
    expect(talk.session.watches.count).toBe(0);
  });
});
