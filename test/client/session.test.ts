/*
 * Claims about one session, each against a server in memory. Java: ClientCnxn.
 */
import { describe, expect, it } from 'vitest';
import type { RequestParts } from '../../src/client/request.ts';
import { OpCode, SpecialXid } from '../../src/jute/op-code.ts';
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

describe('answers', () => {
  it('are taken in the order of the requests, however many are under way', () => {
    const talk = Conversation.connected();
    for (const name of ['/a', '/b', '/c']) talk.ask(name);
    talk.hear(Buffer.concat([answer(1, { value: 10 }), answer(2, { err: -101 })]));
    talk.hear(answer(3, { value: 30, zxid: 77 }));
    expect(talk.story).toEqual(['/a: answer 0 10', '/b: answer -101', '/c: answer 0 30']);
    expect(talk.session.lastZxid).toBe(77n);
  });

  it('are not harmed by a request that cannot be written, of which nothing is sent', () => {
    const talk = Conversation.connected();
    const half: RequestParts['write'] = (writer) => {
      writer.writeString('/half');
      throw new TypeError('no list');
    };
    talk.ask('/a', { write: half });
    talk.ask('/b', { write: (writer) => void writer.reserve(Number.NaN) });
    talk.ask('/c');
    expect(talk.story).toEqual(['/a: TypeError', '/b: TypeError']);
    const sent = talk.sent();
    expect(sent.map(({ body }) => body.readString())).toEqual(['/c']);
    talk.hear(answer(sent[0]?.xid ?? 0, { value: 1 }));
    expect(talk.story.at(-1)).toBe('/c: answer 0 1');
  });

  it('to nobody, or to somebody else, are the end of the connection', () => {
    const talk = Conversation.connected();
    talk.ask('/a');
    talk.hear(answer(9));
    expect(talk.story).toEqual(['/a: MarshallingError', 'disconnect', 'state connecting']);
  });

  it('that cannot be read fail their request and lose the others', () => {
    const talk = Conversation.connected();
    talk.ask('/a', { answered: (_err, reader) => void reader.readLong() });
    talk.ask('/b');
    talk.hear(answer(1));
    expect(talk.story).toEqual([
      '/a: MarshallingError',
      '/b: ConnectionLossError',
      'disconnect',
      'state connecting',
    ]);
  });

  it('as long as juteMaxBuffer are the end of the connection, and who asked hears why', () => {
    const talk = Conversation.connected({ juteMaxBuffer: 100 });
    talk.ask('/a');
    talk.ask('/b');
    talk.hear(Buffer.from([0, 0, 0, 100]));
    expect(talk.story).toEqual([
      '/a: MarshallingError',
      '/b: ConnectionLossError',
      'disconnect',
      'state connecting',
    ]);
    expect(talk.session.lastError?.message).toContain('jute.maxbuffer is 100');
  });
});

describe('requests', () => {
  it('longer than juteMaxBuffer are refused here and harm no other', () => {
    const talk = Conversation.connected({ juteMaxBuffer: 50 });
    talk.ask('/a');
    talk.ask(`/${'x'.repeat(50)}`);
    talk.ask('/b');
    expect(talk.story[0]).toContain('BadArgumentsError');
    talk.hear(Buffer.concat([answer(1), answer(3)]));
    expect(talk.story.slice(1)).toEqual(['/a: answer 0', '/b: answer 0']);
  });

  it('are refused where too many are under way', () => {
    const talk = Conversation.connected({ maxRequests: 2 });
    for (const name of ['/a', '/b', '/c']) talk.ask(name);
    expect(talk.story).toEqual(['/c: ThrottledOpError']);
  });

  it('end at their deadline, and an answer that comes later goes to nobody', () => {
    const talk = Conversation.connected();
    talk.ask('/a', { deadline: talk.now + 500 });
    talk.ask('/b');
    talk.pass(499);
    expect(talk.story).toEqual([]);
    talk.pass(1);
    expect(talk.story).toEqual(['/a: RequestTimeoutError']);
    talk.hear(Buffer.concat([answer(1), answer(2)]));
    expect(talk.story).toEqual(['/a: RequestTimeoutError', '/b: answer 0']);
  });

  it('that ended before they were sent are not sent', () => {
    const talk = new Conversation();
    talk.ask('/a', { deadline: talk.now + 500 });
    talk.ask('/b');
    talk.pass(600);
    talk.accept();
    expect(talk.sent().map(({ body }) => body.readString())).toEqual(['/b']);
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
