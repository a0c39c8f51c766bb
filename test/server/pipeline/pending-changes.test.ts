import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  create,
  createTTL,
  multi,
  Op,
  openAcl,
  pathAndInt,
  pathAndWatch,
  setACL,
  setData,
} from '../../harness/requests.ts';
import { codesIn, nodeIn, pathIn } from '../replies.ts';
import { World } from '../world.ts';

const EPHEMERAL = 1;
const SEQUENTIAL = 2;

interface Asked {
  readonly who: number;
  readonly op: number;
  readonly body: Buffer;
}

// Few paths, so that requests meet.
const path = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('/a', '/b', '/a/a', '/b/a') },
  { weight: 1, arbitrary: fc.constantFrom('/a/a/a', '/', '/a/', 'x') },
);
const version = fc.constantFrom(-1, -1, 0, 1, 2);
const data = fc.constantFrom(null, Buffer.from('x'), Buffer.alloc(40, 'y'));
const readable = [{ perms: 1, scheme: 'world', id: 'anyone' }];

const part = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(path, data, fc.constantFrom(0, 0, 1, 1, 2, 3, 4)) },
  { weight: 1, arbitrary: fc.tuple(path, data, fc.constant(5)) },
);
const creation = part.map(([at, bytes, flags]) =>
  flags === 5
    ? { op: Op.createTTL, body: createTTL(at, bytes, flags, 1000n) }
    : { op: flags === 4 ? Op.createContainer : Op.create, body: create(at, bytes, flags) },
);
const deletion = fc
  .tuple(path, version)
  .map(([at, expected]) => ({ op: Op.delete, body: pathAndInt(at, expected) }));
const change = fc
  .tuple(path, data, version)
  .map(([at, bytes, expected]) => ({ op: Op.setData, body: setData(at, bytes, expected) }));
const check = fc
  .tuple(path, version)
  .map(([at, expected]) => ({ op: Op.check, body: pathAndInt(at, expected) }));
const aclChange = fc
  .tuple(path, fc.constantFrom(openAcl, readable), version)
  .map(([at, acl, expected]) => ({ op: Op.setACL, body: setACL(at, acl, expected) }));
const several = fc
  .array(fc.oneof(creation, deletion, change, check), { maxLength: 5 })
  .map((parts) => ({ op: Op.multi, body: multi(parts) }));
const write = fc.oneof(
  { weight: 5, arbitrary: creation },
  { weight: 3, arbitrary: deletion },
  { weight: 2, arbitrary: change },
  { weight: 1, arbitrary: aclChange },
  { weight: 3, arbitrary: several },
  { weight: 1, arbitrary: fc.constant({ op: Op.closeSession, body: Buffer.alloc(0) }) },
);
const asked = fc
  .array(fc.tuple(fc.nat({ max: 2 }), write), { minLength: 1, maxLength: 30, size: 'max' })
  .map((list): Asked[] => list.map(([who, { op, body }]) => ({ who, op, body })));

/** What each client hears, and what becomes of the tree, when the disk finishes after every `pace` requests. */
function outcome(requests: readonly Asked[], pace: number) {
  const world = new World();
  const clients = [world.connect(), world.connect(), world.connect()];
  requests.forEach(({ who, op, body }, index) => {
    clients[who]?.request(op, body);
    if (index % pace === pace - 1) world.settle();
  });
  world.settle();
  return {
    heard: clients.map((client) => client.take()),
    zxid: world.tree.lastProcessedZxid,
    digest: world.tree.treeDigest,
    mismatches: world.tree.digestMismatchCount,
    size: sizeOf(world),
    sizeFromLog: sizeOf(new World({}, world)),
    outstanding: world.monitor('outstanding_requests'),
  };
}

/** What the tree says of itself; the one that is made anew from the log computes all of it by itself. */
function sizeOf({ tree, lines }: World) {
  const { nodeCount, approximateDataSize, ephemeralsCount, treeDigest } = tree;
  const complaints = lines.filter((line) => line.includes('igest'));
  return { nodeCount, approximateDataSize, ephemeralsCount, treeDigest, complaints };
}

describe('writes on their way', () => {
  it('come to the same, whether each waits for the disk or none does', () => {
    fc.assert(
      fc.property(asked, fc.integer({ min: 2, max: 30 }), (requests, pace) => {
        const patient = outcome(requests, 1);
        expect(patient.sizeFromLog).toEqual(patient.size);
        expect(outcome(requests, pace)).toEqual(patient);
        expect(patient).toMatchObject({ mismatches: 0, outstanding: 0 });
      }),
      { numRuns: 100 },
    );
  });

  it('count on the number of sequential names', () => {
    const world = new World();
    const ann = world.connect();
    for (let count = 0; count < 3; count++) ann.request(Op.create, create('/s', null, SEQUENTIAL));
    world.settle();
    const names = ['/s0000000000', '/s0000000001', '/s0000000002'];
    expect(ann.take().map(pathIn)).toEqual(names);
  });

  it('of a multi that is refused give the number of a sequential name back', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/s', null, SEQUENTIAL));
    const refused = [
      { op: Op.create, body: create('/s', null, SEQUENTIAL) },
      { op: Op.check, body: pathAndInt('/none', -1) },
    ];
    ann.request(Op.multi, multi(refused));
    ann.request(Op.create, create('/s', null, SEQUENTIAL));
    world.settle();
    const [first, failed, second] = ann.take();
    expect([first, second].map((reply) => reply && pathIn(reply))).toEqual([
      '/s0000000000',
      '/s0000000001',
    ]);
    expect(failed && codesIn(failed)).toEqual([0, -101]);
  });

  it('of a multi that is refused show what they were to others before it', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/a', Buffer.from('1')));
    const refused = [
      { op: Op.setData, body: setData('/a', Buffer.from('2')) },
      { op: Op.delete, body: pathAndInt('/a', -1) },
      { op: Op.check, body: pathAndInt('/none', -1) },
    ];
    ann.request(Op.multi, multi(refused));
    ann.request(Op.setData, setData('/a', Buffer.from('3'), 0));
    world.settle();
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/a')))).toMatchObject({
      data: '3',
      stat: { version: 1 },
    });
  });
});

describe('the end of a session', () => {
  it('takes the ephemerals with it that are only on their way', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/e', null, EPHEMERAL));
    ann.request(Op.closeSession);
    world.settle();
    expect(world.tree.findPath('/e')).toBe(-1);
    expect(world.tree.ephemeralsCount).toBe(0);
  });

  it('spares a znode that has taken the place of an ephemeral of it', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/e', null, EPHEMERAL));
    ann.request(Op.delete, pathAndInt('/e', -1));
    ann.request(Op.create, create('/e', Buffer.from('stays')));
    ann.request(Op.closeSession);
    world.settle();
    const bob = world.connect();
    expect(nodeIn(bob.ask(Op.getData, pathAndWatch('/e'))).data).toBe('stays');
  });

  it("spares another session's ephemeral in the place of its own", () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    ann.ask(Op.create, create('/e', null, EPHEMERAL));
    bob.request(Op.delete, pathAndInt('/e', -1));
    bob.request(Op.create, create('/e', null, EPHEMERAL));
    ann.request(Op.closeSession);
    world.settle();
    const { stat } = nodeIn(bob.ask(Op.getData, pathAndWatch('/e')));
    expect(stat.ephemeralOwner).toBe(bob.sessionId);
  });
});
