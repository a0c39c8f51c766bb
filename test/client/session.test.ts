/*
 * Claims about one session, each against a server in memory: how it begins, goes on over its connections, and ends. Java: ClientCnxn. What
 * becomes of requests, watches and credentials is in request-queues, session-watches and auth-info.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { OpCode } from '../../src/jute/op-code.ts';
import { answer, Conversation, event } from './conversation.ts';

describe('a new session', () => {
  it('asks for itself with id 0, and has what the server gives', () => {
    const talk = new Conversation({ sessionTimeoutMs: 12_000 });
    expect(talk.story).toEqual(['connect one:1']);
    expect(talk.connectRequest()).toMatchObject({
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeOut: 12_000,
      sessionId: 0n,
      readOnly: false,
    });
    talk.greet(4_000);
    expect(talk.story).toEqual(['connect one:1', 'state connected']);
    expect(talk.session).toMatchObject({ state: 'connected', timeoutMs: 4_000, sessionId: 7n });
  });

  it('sends what was asked for before it was connected, in order and at once', () => {
    const talk = new Conversation();
    talk.ask('/a');
    talk.ask('/b');
    expect(talk.session.hasOutput).toBe(false);
    talk.accept();
    const sent = talk.sent();
    expect(sent.map(({ xid }) => xid)).toEqual([1, 2]);
    expect(sent.map(({ body }) => body.readString())).toEqual(['/a', '/b']);
  });

  it('hears why a read-only server makes none', () => {
    const talk = new Conversation({ canBeReadOnly: true });
    talk.connectRequest();
    talk.hear(answer(0, { err: -119 }));
    expect(talk.story).toEqual(['connect one:1', 'disconnect']);
    expect(talk.session.lastError?.message).toContain('refuses the session: notReadOnly');
  });

  it('goes on with a session that it is given', () => {
    const password = Buffer.alloc(16, 3);
    const talk = new Conversation({ session: { id: 99n as never, password } });
    const request = talk.connectRequest();
    expect(request.sessionId).toBe(99n);
    expect(request.passwd).toEqual(password);
  });
});

describe('a lost connection', () => {
  it('fails what was sent, and keeps what was not', () => {
    const talk = Conversation.connected();
    talk.ask('/sent');
    talk.close();
    talk.ask('/later');
    expect(talk.story).toEqual(['/sent: ConnectionLossError', 'disconnect', 'state connecting']);
    talk.pass(500);
    expect(talk.story.at(-1)).toBe('connect one:1');
    talk.accept();
    expect(talk.sent().map(({ body }) => body.readString())).toEqual(['/later']);
  });

  it('is gone on with at another server, with the same session and the last zxid', () => {
    const servers = ['one', 'two', 'three'].map((host) => ({ host, port: 1 }));
    const talk = Conversation.connected({ servers });
    talk.ask('/a');
    talk.hear(answer(1, { zxid: 41 }));
    const first = talk.session.server;
    talk.close();
    talk.pass(500);
    expect(talk.session.server).not.toEqual(first);
    expect(talk.connectRequest()).toMatchObject({ sessionId: 7n, lastZxidSeen: 41n });
  });

  it('is what a server is taken for that says nothing for two thirds of the timeout', () => {
    const talk = Conversation.connected({}, 30_000);
    talk.pass(19_999);
    expect(talk.story).toEqual([]);
    talk.pass(1);
    expect(talk.story).toEqual(['disconnect', 'state connecting']);
  });

  it('hands on first what the server had said before', () => {
    const talk = Conversation.connected();
    talk.ask('/a');
    talk.ask('/b');
    talk.session.received(Buffer.concat([event('nodeCreated', '/x'), answer(1)]), talk.now);
    talk.close();
    expect(talk.story[0]).toBe('/a: answer 0');
    expect(talk.story).toContain('/b: ConnectionLossError');
  });
});

describe('looking for a server', () => {
  it('tries all at once when it is new, and pauses after a whole round', () => {
    const servers = ['one', 'two'].map((host) => ({ host, port: 1 }));
    const talk = new Conversation({ servers });
    talk.close();
    talk.pass(0);
    expect(talk.story.filter((line) => line.startsWith('connect'))).toHaveLength(2);
    talk.close();
    talk.pass(499);
    expect(talk.story.filter((line) => line.startsWith('connect'))).toHaveLength(2);
    talk.pass(1);
    expect(talk.story.filter((line) => line.startsWith('connect'))).toHaveLength(3);
  });

  it('gives each its share of the timeout', () => {
    const servers = ['one', 'two', 'three'].map((host) => ({ host, port: 1 }));
    const talk = new Conversation({ servers, sessionTimeoutMs: 9_000 });
    talk.session.opened(talk.now);
    talk.pass(2_999);
    expect(talk.story).toHaveLength(1);
    talk.pass(1);
    expect(talk.story[1]).toBe('disconnect');
  });
});

describe('a read-only server', () => {
  const servers = ['one', 'two'].map((host) => ({ host, port: 1 }));

  it('serves a session that no other knows, and another is looked for', () => {
    const talk = new Conversation({ servers, canBeReadOnly: true });
    expect(talk.connectRequest().readOnly).toBe(true);
    talk.greet(30_000, true, 55n);
    expect(talk.session.state).toBe('connectedReadOnly');
    talk.pass(100);
    expect(talk.story.at(-1)).toMatch(/^probe /);
    talk.close();
    talk.pass(1_000);
    expect(talk.connectRequest().sessionId).toBe(0n);
  });

  it('is asked less and less often for one that can write', () => {
    const talk = new Conversation({ servers, canBeReadOnly: true });
    talk.accept(30_000, true);
    talk.pass(1_500);
    expect(talk.story.filter((line) => line.startsWith('probe'))).toHaveLength(4);
  });

  it('is left at once when one that can write is found', () => {
    const talk = new Conversation({ servers, canBeReadOnly: true });
    talk.accept(30_000, true);
    const other = { host: 'other', port: 2 };
    talk.session.probed(other, false, talk.now);
    expect(talk.session.state).toBe('connectedReadOnly');
    talk.session.probed(other, true, talk.now);
    talk.settle();
    expect(talk.story.slice(-3)).toEqual(['disconnect', 'state connecting', 'connect other:2']);
  });
});

describe('the end', () => {
  it('is told by a server that does not know the session any more', () => {
    const talk = Conversation.connected();
    talk.close();
    talk.ask('/waits');
    talk.pass(500);
    talk.story.length = 0;
    talk.accept(0, false, 0n);
    expect(talk.story).toEqual(['/waits: SessionExpiredError', 'disconnect', 'state expired']);
    talk.ask('/late');
    expect(talk.story.at(-1)).toBe('/late: SessionExpiredError');
    expect(talk.session.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('comes by the clock of the client, 4/3 of the timeout after it has heard of a server', () => {
    const talk = Conversation.connected({}, 3_000);
    talk.close();
    talk.ask('/waits');
    talk.pass(3_999);
    expect(talk.session.state).toBe('connecting');
    talk.pass(1);
    expect(talk.session.state).toBe('expired');
    expect(talk.story).toContain('/waits: SessionExpiredError');
  });

  it('does not come by the clock to a session that never was', () => {
    const talk = new Conversation({ sessionTimeoutMs: 3_000 });
    talk.pass(60_000);
    expect(talk.session.state).toBe('connecting');
  });

  it('comes with close, when everything asked for before is answered', () => {
    const talk = Conversation.connected();
    talk.ask('/a');
    talk.session.close(talk.closeRequest(), talk.now);
    expect(talk.sentTypes()).toEqual([4, OpCode.closeSession]);
    talk.ask('/late');
    talk.hear(Buffer.concat([answer(1), answer(2)]));
    expect(talk.story).toEqual([
      '/late: ClientClosedError',
      '/a: answer 0',
      'close: answer 0',
      'disconnect',
      'state closed',
    ]);
  });

  it('goes to one more server to be told there', () => {
    const talk = Conversation.connected();
    talk.close();
    talk.session.close(talk.closeRequest(), talk.now);
    talk.settle();
    expect(talk.story.at(-1)).toBe('connect one:1');
    talk.accept();
    expect(talk.sentTypes()).toEqual([OpCode.closeSession]);
    talk.close();
    expect(talk.session.state).toBe('closed');
  });
});
