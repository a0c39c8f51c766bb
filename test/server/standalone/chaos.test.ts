/*
 * Everything at once: many clients that ask, leave, come back, send nonsense or do not read, and a clock and a disk that go on
 * between. Whatever it was, a server at rest has nothing left of it, and one that is started on its files is the same again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  auth,
  create,
  createTTL,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  pathOnly,
  setACL,
  setData,
  setWatches,
} from '../../harness/requests.ts';
import { framed, WireWriter } from '../../harness/wire.ts';
import type { Client } from '../client.ts';
import { World } from '../world.ts';

interface Asked {
  readonly op: number;
  readonly body: Buffer;
  readonly xid?: number;
}

const path = fc.constantFrom('/a', '/b', '/a/a', '/a/b', '/a/a/a', '/box', '/box/x', '/', 'x');
const version = fc.constantFrom(-1, -1, 0, 1);
const data = fc.constantFrom(null, Buffer.from('x'), Buffer.alloc(5000, 'y'));
const ownAcl = [{ perms: 31, scheme: 'auth', id: '' }];
const readable = [{ perms: 1, scheme: 'world', id: 'anyone' }];

const creation = fc
  .tuple(
    path,
    data,
    fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, -1),
    fc.constantFrom(undefined, ownAcl),
  )
  .map(([at, bytes, flags, acl]): Asked => {
    if (flags > 4) return { op: Op.createTTL, body: createTTL(at, bytes, flags, 1000n, acl) };
    const op = flags === 4 ? Op.createContainer : Op.create2;
    return { op, body: create(at, bytes, flags, acl) };
  });
const change = fc.oneof(
  fc.tuple(path, version).map(([at, v]): Asked => ({ op: Op.delete, body: pathAndInt(at, v) })),
  fc
    .tuple(path, data, version)
    .map(([at, bytes, v]): Asked => ({ op: Op.setData, body: setData(at, bytes, v) })),
  path.map((at): Asked => ({ op: Op.setACL, body: setACL(at, readable) })),
);
const reading = fc
  .tuple(
    fc.constantFrom(Op.getData, Op.exists, Op.getChildren, Op.getChildren2),
    path,
    fc.boolean(),
  )
  .map(([op, at, watch]): Asked => ({ op, body: pathAndWatch(at, watch) }));
const other = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(Op.addWatch, Op.removeWatches, Op.checkWatches),
      path,
      fc.nat({ max: 5 }),
    )
    .map(([op, at, kind]): Asked => ({ op, body: pathAndInt(at, kind) })),
  fc
    .tuple(fc.constantFrom(Op.sync, Op.getACL, Op.getEphemerals, Op.getAllChildrenNumber), path)
    .map(([op, at]): Asked => ({ op, body: pathOnly(at) })),
  path.map(
    (at): Asked => ({ op: Op.setWatches, body: setWatches(3n, [[at], [at], [at]]), xid: -8 }),
  ),
  fc.constantFrom('ann:x', 'bob:y').map((credentials): Asked => {
    return { op: Op.auth, body: auth('digest', Buffer.from(credentials)), xid: -4 };
  }),
  fc
    .constantFrom(Op.ping, Op.whoAmI, Op.reconfig, Op.closeSession, Op.check, 99)
    .map((op): Asked => ({ op, body: Buffer.alloc(0) })),
);
const several = fc
  .array(fc.oneof(creation, change), { maxLength: 5 })
  .map((parts): Asked => ({ op: Op.multi, body: multi(parts) }));
const asked = fc.oneof(
  { weight: 4, arbitrary: creation },
  { weight: 3, arbitrary: change },
  { weight: 3, arbitrary: reading },
  { weight: 3, arbitrary: other },
  { weight: 2, arbitrary: several },
);

type Deed =
  | { readonly what: 'ask'; readonly requests: readonly Asked[] }
  | { readonly what: 'send'; readonly bytes: Uint8Array }
  | { readonly what: 'leave' | 'half-close' | 'come back' | 'stop reading' | 'read' | 'stranger' };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant('ask' as const),
      requests: fc.array(asked, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('send' as const),
      bytes: fc.uint8Array({ maxLength: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom('leave', 'half-close', 'come back', 'stop reading', 'read', 'stranger'),
    }),
  },
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.nat({ max: 3 }), deed) },
  { weight: 3, arbitrary: fc.constantFrom('turn', 'disk') },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
);

/** Clients by number; one that is gone is replaced by a new one. */
class Crowd {
  private readonly world: World;
  private readonly clients: Client[] = [];

  constructor(world: World) {
    this.world = world;
  }

  private at(index: number): Client {
    const client = this.clients[index];
    return client === undefined || client.isClosed ? this.replace(index) : client;
  }

  private replace(index: number): Client {
    const client = this.world.open();
    client.shakeHands({ timeout: 6000 });
    this.clients[index] = client;
    return client;
  }

  do(index: number, deed: Deed): void {
    const client = this.at(index);
    switch (deed.what) {
      case 'ask':
        client.send(
          Buffer.concat(deed.requests.map(({ op, body, xid }) => client.frame(op, body, xid))),
        );
        return;
      case 'send':
        client.send(deed.bytes);
        return;
      case 'leave':
        client.disconnect();
        return;
      case 'half-close':
        client.halfClose();
        return;
      case 'come back':
        this.comeBack(index, client);
        return;
      case 'stop reading':
        client.link.isSlow = true;
        return;
      case 'read':
        if (!client.isClosed) client.drain();
        return;
      case 'stranger':
        this.world.open().send(framed(new WireWriter().int(0).long(0n).bytes()));
    }
  }

  private comeBack(index: number, before: Client): void {
    this.world.settle();
    const handshake = before.takeHandshake();
    if (handshake === null || handshake.password.length !== 16) return;
    const { sessionId, password } = handshake;
    const client = this.world.open();
    client.shakeHands({ timeout: 6000, sessionId, password });
    this.clients[index] = client;
  }
}

const keys = {
  globalOutstandingLimit: 6,
  snapCount: 40,
  maxClientCnxns: 0,
  'znode.container.checkIntervalMs': 5000,
};

describe('a server that has seen everything', () => {
  it('is at rest in the end, and the same after a restart', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const world = new World(keys);
        const crowd = new Crowd(world);
        for (const each of steps) {
          if (each === 'turn') world.turn();
          else if (each === 'disk') world.disk.finishOne();
          else if (typeof each === 'number') world.advance(each);
          else crowd.do(...each);
        }
        world.settle();
        world.advance(120_000);
        const { tree } = world;
        expect(world.server.clientPort.connections.size).toBe(0);
        expect(tree.sessions.size).toBe(0);
        expect(world.monitor('outstanding_requests')).toBe(0);
        expect(world.monitor('watch_count')).toBe(0);
        expect(world.monitor('ephemerals_count')).toBe(0);
        expect(world.server['ordering'].serving.pipeline.largeBytesInProcess).toBe(0);
        expect([tree.digestMismatchCount, world.logged('tree'), world.failure]).toEqual([
          0,
          [],
          null,
        ]);
        const { treeDigest, nodeCount, lastProcessedZxid } = tree;
        const again = world.crashAndRestart(keys);
        expect(again.tree).toMatchObject({ treeDigest, nodeCount, lastProcessedZxid });
        expect([again.tree.digestMismatchCount, again.logged('recovery')]).toEqual([0, []]);
      }),
      { numRuns: 100 },
    );
  });
});
