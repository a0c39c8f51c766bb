/*
 * Claims about the requests of one session and their answers, each against a server in memory. Java: ClientCnxn's outgoingQueue and
 * pendingQueue.
 */
import { describe, expect, it } from 'vitest';
import type { RequestParts } from '../../src/client/request.ts';
import { answer, Conversation } from './conversation.ts';

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
