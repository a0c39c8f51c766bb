import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectRequest } from '../../harness/raw-client.ts';
import {
  auth,
  create,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  setData,
} from '../../harness/requests.ts';
import { framed, WireWriter } from '../../harness/wire.ts';
import type { Client, Reply } from '../client.ts';
import { nodeIn } from '../replies.ts';
import { World } from '../world.ts';

const get = pathAndWatch('/a');
const empty = Buffer.alloc(0);

/** A whole conversation, from the handshake to closeSession, as one stream of bytes. */
function conversation(client: Client): Buffer {
  return Buffer.concat([
    framed(connectRequest({ readOnly: false })),
    client.frame(Op.create, create('/a', Buffer.from('1'))),
    client.frame(Op.setData, setData('/a', Buffer.alloc(300, 'x'))),
    client.frame(Op.getData, get),
    client.frame(Op.getData, pathAndWatch('/none')),
    client.frame(Op.ping, empty, -2),
    client.frame(Op.closeSession),
  ]);
}

/** What the client hears when the stream comes in pieces of these sizes, each with a turn of its own. */
function heardIn(sizes: readonly number[]): Reply[] {
  const world = new World();
  const ann = world.open();
  let rest = conversation(ann);
  for (const size of [...sizes, rest.length]) {
    ann.send(rest.subarray(0, size));
    rest = rest.subarray(size);
    world.turn();
  }
  world.settle();
  ann.expectSession();
  return ann.take();
}

describe('a stream of requests', () => {
  it('is understood in one piece', () => {
    const replies = heardIn([]);
    expect(replies.map(({ xid, err }) => [xid, err])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [4, -101],
      [-2, 0],
      [5, 0],
    ]);
  });

  it('is understood byte by byte', () => {
    expect(heardIn(new Array(2000).fill(1))).toEqual(heardIn([]));
  });

  it('is understood in pieces of any size', () => {
    const whole = heardIn([]);
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 12, size: 'max' });
    fc.assert(
      fc.property(sizes, (pieces) => {
        expect(heardIn(pieces)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('that ends in the middle of a frame has its whole requests carried out', () => {
    const world = new World();
    const ann = world.connect();
    const cut = ann.frame(Op.create, create('/b')).subarray(0, 20);
    ann.send(Buffer.concat([ann.frame(Op.create, create('/a')), cut]));
    ann.halfClose();
    world.settle();
    expect(world.tree.findPath('/a')).toBeGreaterThan(0);
    expect(world.tree.findPath('/b')).toBe(-1);
    expect(ann.isClosed).toBe(true);
  });

  it('may bring the rest of one frame together with many others', () => {
    const world = new World();
    const ann = world.connect();
    const frames = Array.from({ length: 50 }, () => ann.frame(Op.exists, pathAndWatch('/')));
    const bytes = Buffer.concat(frames);
    ann.send(bytes.subarray(0, 6));
    ann.send(bytes.subarray(6));
    world.turn();
    expect(ann.take().map(({ xid }) => xid)).toEqual(frames.map((_frame, index) => index + 1));
  });

  it('may bring a frame that is larger than what is read at once', () => {
    const world = new World();
    const ann = world.connect();
    const large = 'x'.repeat(300_000);
    ann.ask(Op.create, create('/a', Buffer.from(large)));
    expect(nodeIn(ann.ask(Op.getData, get)).data).toBe(large);
  });

  it('may bring large frames of several clients in pieces, in and out of step', () => {
    const world = new World();
    const sizes = fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 1, maxLength: 12 });
    const clients = [world.connect(), world.connect()];
    for (const [index, ann] of clients.entries()) ann.ask(Op.create, create(`/c${index}`));
    const property = fc.property(sizes, sizes, (...streams) => {
      const waiting = clients.map((ann, index) => {
        const texts = (streams[index] ?? []).map((size) => `${index}:${size} `.repeat(size / 8));
        const frames = texts.flatMap((text) => [
          ann.frame(Op.setData, setData(`/c${index}`, Buffer.from(text))),
          ann.frame(Op.getData, pathAndWatch(`/c${index}`)),
        ]);
        return { ann, texts, rest: Buffer.concat(frames) };
      });
      while (waiting.some(({ rest }) => rest.length > 0)) {
        for (const one of waiting) {
          one.ann.send(one.rest.subarray(0, 30_011));
          one.rest = one.rest.subarray(30_011);
        }
        world.turn();
      }
      world.settle();
      for (const { ann, texts } of waiting) {
        const read = ann.take().filter((_reply, index) => index % 2 === 1);
        expect(read.map((reply) => nodeIn(reply).data)).toEqual(texts);
      }
    });
    fc.assert(property, { numRuns: 30 });
  });
});

describe('a length', () => {
  const length = (value: number) => new WireWriter().int(value).bytes();

  it.each([
    ['negative', -1],
    ['the smallest', -(2 ** 31)],
    ['one above jute.maxbuffer', 0x100000],
    ['the largest', 2 ** 31 - 1],
  ])('that is %s ends the connection, in and before a session', (_what, value) => {
    const world = new World();
    const [ann, stranger] = [world.connect(), world.open()];
    ann.send(length(value));
    stranger.send(length(value));
    expect([ann.link.state, stranger.link.state]).toEqual(['destroyed', 'destroyed']);
    expect(world.logged('warn')).toHaveLength(2);
  });

  it('of jute.maxbuffer itself is taken', () => {
    const world = new World({ 'jute.maxbuffer': 5000 });
    const ann = world.connect();
    const around = 8 + create('/a').length;
    expect(ann.ask(Op.create, create('/a', Buffer.alloc(5000 - around))).err).toBe(0);
    expect(ann.isClosed).toBe(false);
    ann.request(Op.create, create('/b', Buffer.alloc(5001 - around)));
    expect(ann.link.state).toBe('destroyed');
  });

  it('that promises much takes no more until it has come', () => {
    const world = new World();
    const ann = world.connect();
    ann.send(length(1000));
    world.turn();
    expect(ann.isClosed).toBe(false);
    ann.send(
      Buffer.concat([
        new WireWriter().int(1).int(Op.exists).raw(pathAndWatch('/')).bytes(),
        Buffer.alloc(1000 - 8 - 6),
      ]),
    );
    world.turn();
    expect(ann.take()).toMatchObject([{ xid: 1, err: 0 }]);
  });

  it.each([0, 3, 7])('of %i bytes is too short for a request and ends the connection', (size) => {
    const world = new World();
    const ann = world.connect();
    ann.send(framed(Buffer.alloc(size)));
    expect(ann.link.state).toBe('destroyed');
  });

  it.each([0, 8, 27])(
    'of %i bytes is too short for a handshake and ends the connection',
    (size) => {
      const world = new World();
      const ann = world.open();
      ann.send(framed(connectRequest({}).subarray(0, size)));
      world.settle();
      expect(ann.link.state).toBe('destroyed');
      expect(world.tree.sessions.size).toBe(0);
    },
  );
});

describe('a record', () => {
  const records: readonly (readonly [string, number, Buffer])[] = [
    ['create', Op.create, create('/x', Buffer.from('data'))],
    ['create2', Op.create2, create('/x', Buffer.from('data'))],
    ['delete', Op.delete, pathAndInt('/a', -1)],
    ['exists', Op.exists, get],
    ['getData', Op.getData, get],
    ['setData', Op.setData, setData('/a', Buffer.from('y'))],
    ['getChildren', Op.getChildren, get],
    ['multi', Op.multi, multi([{ op: Op.delete, body: pathAndInt('/a', -1) }])],
    ['addWatch', Op.addWatch, pathAndInt('/a', 0)],
  ];

  it.each(records)('of %s that is cut short anywhere is a MarshallingError', (_name, op, body) => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/a'));
    const zxids = Array.from(body, (_byte, size) => {
      const { err, body: answer, zxid } = ann.ask(op, body.subarray(0, size));
      expect([size, err, answer.length]).toEqual([size, -5, 0]);
      return zxid;
    });
    expect(zxids).toHaveLength(body.length);
    expect(ann.ask(op, body).err).toBe(0);
  });

  it.each(records)(
    'of %s with something behind it is read as if that were not there',
    (_name, op, body) => {
      const world = new World();
      const ann = world.connect();
      ann.ask(Op.create, create('/a'));
      expect(ann.ask(op, Buffer.concat([body, Buffer.from('garbage')])).err).toBe(0);
    },
  );

  it('with a vector that claims more than there is is a MarshallingError', () => {
    const world = new World();
    const ann = world.connect();
    const body = new WireWriter().string('/x').buffer(null).int(0x7fff_ffff).bytes();
    expect(ann.ask(Op.create, body).err).toBe(-5);
  });

  it('of credentials that is cut short ends the connection', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.auth, auth('digest', Buffer.from('a:b')).subarray(0, 9), -4);
    expect(ann.link.state).toBe('destroyed');
  });
});

describe('an operation', () => {
  it.each([
    ['that nobody knows', 99],
    ['of a server', -10],
    ['that is only for multis', Op.check],
    ['that is a notification', 0],
    ['that is an error', -1],
  ])('%s is Unimplemented with zxid -1, and the connection ends', (_what, op) => {
    const world = new World();
    const ann = world.connect();
    ann.request(op, pathAndInt('/', -1));
    ann.request(Op.create, create('/behind'));
    world.settle();
    expect(ann.take()).toMatchObject([{ xid: 1, err: -6, zxid: -1n }]);
    expect(ann.link.state).toBe('ended');
    expect(world.tree.findPath('/behind')).toBe(-1);
  });

  it('of the clean-up of containers is refused, whatever its path', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.createContainer, create('/box', null, 4));
    expect(ann.ask(Op.deleteContainer, Buffer.from('/box')).err).toBe(-8);
    expect(ann.ask(Op.deleteContainer, pathAndInt('/box', -1)).err).toBe(-8);
    expect(world.tree.findPath('/box')).toBeGreaterThan(0);
  });

  it('of SASL is answered with a token that is null', () => {
    const world = new World();
    const ann = world.connect();
    const { err, body } = ann.ask(Op.sasl, new WireWriter().buffer(Buffer.from('x')).bytes());
    expect([err, body.readInt32BE(0), body.length]).toEqual([0, -1, 4]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a null token', Buffer.from('ffffffff', 'hex')],
    ['a token that ends early', Buffer.from('0000000378', 'hex')],
  ])('of SASL with %s closes the connection, as in Java', (_what, body) => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.sasl, body);
    world.settle();
    expect(ann.take()).toEqual([]);
    expect(ann.link.state).toBe('destroyed');
  });

  it('that is unknown does not disturb the session, whose client may come back', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(99);
    world.settle();
    const again = world.open();
    again.resume(ann);
    world.settle();
    expect(again.expectSession().sessionId).toBe(ann.sessionId);
  });
});

describe('what comes in one piece behind the end of a connection', () => {
  it.each([
    ['an unknown operation', (client: Client) => client.frame(99)],
    ['closeSession', (client: Client) => client.frame(Op.closeSession)],
    ['a request without a header', () => framed(Buffer.alloc(3))],
    ['credentials that fail', (client: Client) => client.frame(Op.auth, auth('no', empty), -4)],
  ])('is not carried out: %s', (_what, last) => {
    const world = new World();
    const ann = world.connect();
    const late = ann.frame(Op.create, create('/late'));
    const missed = ann.frame(Op.exists, pathAndWatch('/', true));
    ann.send(Buffer.concat([last(ann), late, missed]));
    world.settle();
    expect(ann.take().length).toBeLessThan(2);
    expect(ann.isClosed).toBe(true);
    expect(world.tree.findPath('/late')).toBe(-1);
    expect(world.monitor('outstanding_requests')).toBe(0);
    expect(world.monitor('watch_count')).toBe(0);
  });
});

describe('anything at all', () => {
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.integer({ min: -12, max: 110 }), fc.uint8Array({ maxLength: 80 }))
      .map(([op, body]) => framed(new WireWriter().int(1).int(op).raw(body).bytes())),
  );

  it('may come from a client, and others are served as before', () => {
    fc.assert(
      fc.property(
        fc.array(junk, { maxLength: 12, size: 'max' }),
        fc.boolean(),
        (pieces, hasSession) => {
          const world = new World();
          const [ann, mallory] = [world.connect(), hasSession ? world.connect() : world.open()];
          for (const piece of pieces) {
            mallory.send(piece);
            world.turn();
          }
          world.settle();
          expect(ann.ask(Op.create, create('/ann')).err).toBe(0);
          mallory.disconnect();
          expect(world.monitor('outstanding_requests')).toBe(0);
          expect(world.failure).toBeNull();
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('answers', () => {
  it('leave at the end of a turn, and before it where very many clients ask in it', () => {
    const world = new World();
    const clients = Array.from({ length: 40 }, () => world.connect());
    const answered = () => clients.filter(({ link }) => link.delivered.length === 1).length;
    for (const each of clients.slice(0, 31)) each.request(Op.exists, pathAndWatch('/'));
    expect(answered()).toBe(0);
    for (const each of clients.slice(31)) each.request(Op.exists, pathAndWatch('/'));
    expect(answered()).toBe(32);
    world.settle();
    expect(answered()).toBe(40);
  });
});
