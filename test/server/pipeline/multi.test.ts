import { describe, expect, it } from 'vitest';
import { containersOf, ttlsOf } from '../../datatree/trees.ts';
import {
  create,
  createTTL,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  setACL,
  setData,
} from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { codesIn, familyIn, nodeIn, partsIn } from '../replies.ts';
import { World } from '../world.ts';

const bytes = (text: string) => Buffer.from(text);
const RUNTIME_INCONSISTENCY = -2;

/** /a with data `a`, and /a/b. */
function populated(keys = {}): { world: World; ann: Client } {
  const world = new World(keys);
  const ann = world.connect();
  ann.ask(Op.create, create('/a', bytes('a')));
  ann.ask(Op.create, create('/a/b'));
  return { world, ann };
}

const check = (path: string, version: number) => ({
  op: Op.check,
  body: pathAndInt(path, version),
});
const make = (path: string | null, flags = 0) => ({
  op: Op.create,
  body: create(path, null, flags),
});
const remove = (path: string) => ({ op: Op.delete, body: pathAndInt(path, -1) });
const set = (path: string, text: string, version = -1) => ({
  op: Op.setData,
  body: setData(path, bytes(text), version),
});

describe('a multi of many parts', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `/m${index}`);

  it.each([63, 64, 65, 127, 128, 129, 200])('creates all of %i', (count) => {
    const { world, ann } = populated();
    const parts = partsIn(ann.ask(Op.multi, multi(names(count).map((path) => make(path)))));
    expect(parts.map((part) => part.err)).toEqual(Array(count).fill(0));
    expect(world.tree.digestMismatchCount).toBe(0);
    expect(ann.ask(Op.getData, pathAndWatch(`/m${count - 1}`)).err).toBe(0);
  });

  it.each([0, 62, 63, 64, 65, 127, 128])('does nothing where part %i is refused', (refused) => {
    const { ann } = populated();
    const parts = names(130).map((path, index) => (index === refused ? remove('/no') : make(path)));
    const codes = partsIn(ann.ask(Op.multi, multi(parts))).map((part) => part.err);
    const behind = Array(129 - refused).fill(RUNTIME_INCONSISTENCY);
    expect(codes).toEqual([...Array(refused).fill(0), -101, ...behind]);
    expect(ann.ask(Op.getData, pathAndWatch('/m0')).err).toBe(-101);
  });

  it.each([1, 63, 64, 65])('is an error as a whole where part %i cannot be read', (unreadable) => {
    const { ann } = populated();
    const parts = names(unreadable).map((path) => make(path));
    const broken = { op: Op.getData, body: pathAndWatch('/a') };
    expect(ann.ask(Op.multi, multi([...parts, broken])).err).toBe(-5);
    expect(ann.ask(Op.getData, pathAndWatch('/m0')).err).toBe(-101);
  });
});

describe('a multi', () => {
  it('gives each part its result', () => {
    const { ann } = populated();
    const reply = ann.ask(
      Op.multi,
      multi([
        check('/a', 0),
        make('/x'),
        { op: Op.create2, body: create('/y', bytes('yy')) },
        set('/a', 'new', 0),
        remove('/a/b'),
        check('/a', 1),
      ]),
    );
    expect(partsIn(reply)).toMatchObject([
      { type: Op.check, err: 0 },
      { type: Op.create, err: 0, path: '/x' },
      { type: Op.create2, err: 0, path: '/y', stat: { dataLength: 2, czxid: reply.zxid } },
      { type: Op.setData, err: 0, stat: { version: 1, dataLength: 3, mzxid: reply.zxid } },
      { type: Op.delete, err: 0 },
      { type: Op.check, err: 0 },
    ]);
  });

  it('answers containers and TTL znodes as a create2', () => {
    const { world, ann } = populated();
    const reply = ann.ask(
      Op.multi,
      multi([
        { op: Op.createContainer, body: create('/box', null, 4) },
        { op: Op.createTTL, body: createTTL('/t', null, 5, 1000n) },
        { op: Op.create, body: create('/c', null, 4) },
      ]),
    );
    const parts = partsIn(reply);
    expect(parts.map(({ type, path }) => [type, path])).toEqual([
      [Op.create2, '/box'],
      [Op.create2, '/t'],
      [Op.create2, '/c'],
    ]);
    expect(containersOf(world.tree).sort()).toEqual(['/box', '/c']);
    expect(ttlsOf(world.tree)).toEqual(['/t']);
  });

  it('sees in each part what the parts before it have done', () => {
    const { ann } = populated();
    const reply = ann.ask(
      Op.multi,
      multi([make('/x'), make('/x/y'), set('/x/y', '1', 0), remove('/x/y'), remove('/x')]),
    );
    expect(partsIn(reply).map(({ err }) => err)).toEqual([0, 0, 0, 0, 0]);
    expect(ann.ask(Op.exists, pathAndWatch('/x')).err).toBe(-101);
  });

  it('counts sequential names on', () => {
    const { ann } = populated();
    const reply = ann.ask(Op.multi, multi([make('/a/s', 2), make('/a/s', 2), make('/a/s', 3)]));
    expect(partsIn(reply).map(({ path }) => path)).toEqual([
      '/a/s0000000001',
      '/a/s0000000002',
      '/a/s0000000003',
    ]);
  });

  it('shows in the Stat of each part how it was right behind it', () => {
    const { ann } = populated();
    const reply = ann.ask(Op.multi, multi([set('/a', '1'), set('/a', '22'), set('/a', '333')]));
    expect(partsIn(reply).map(({ stat }) => [stat?.version, stat?.dataLength])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('of nothing is answered with nothing', () => {
    const { ann } = populated();
    expect(partsIn(ann.ask(Op.multi, multi([])))).toEqual([]);
  });

  it('of thousands of parts is carried out', () => {
    const { world, ann } = populated();
    const parts = Array.from({ length: 5000 }, (_part, index) => make(`/a/n${index}`));
    expect(partsIn(ann.ask(Op.multi, multi(parts)))).toHaveLength(5000);
    expect(world.tree.childCount(world.tree.findPath('/a'))).toBe(5001);
    expect(world.tree.digestMismatchCount).toBe(0);
  });
});

describe('a multi with a part that is refused', () => {
  it.each([
    ['the first', [check('/a', 5), make('/x'), remove('/a/b')], [-103, -2, -2]],
    ['one in the middle', [make('/x'), make('/a'), remove('/a/b')], [0, -110, -2]],
    ['the last', [make('/x'), remove('/a/b'), remove('/none')], [0, 0, -101]],
    ['what an earlier part has done', [make('/x'), make('/x')], [0, -110]],
    ['a child of what it creates as an ephemeral', [make('/x', 1), make('/x/y')], [0, -108]],
    ['a path that is none', [make('/x'), make('nonsense')], [0, -8]],
    ['flags that are none', [make('/x', 9)], [-8]],
  ])('changes nothing: %s', (_what, parts, codes) => {
    const { world, ann } = populated();
    const { treeDigest, nodeCount } = world.tree;
    const reply = ann.ask(Op.multi, multi(parts));
    expect(codesIn(reply)).toEqual(codes);
    expect(partsIn(reply).map(({ err }) => err)).toEqual(codes);
    expect(codes.indexOf(RUNTIME_INCONSISTENCY)).not.toBe(0);
    expect(world.tree).toMatchObject({ treeDigest, nodeCount, digestMismatchCount: 0 });
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/a'))).data).toBe('a');
  });

  it('is itself a success, with the zxid that it took', () => {
    const { world, ann } = populated();
    const before = world.tree.lastProcessedZxid;
    expect(ann.ask(Op.multi, multi([remove('/none')]))).toMatchObject({
      err: 0,
      zxid: before + 1n,
    });
  });

  it('leaves versions and numbers to those behind it as they were', () => {
    const { world, ann } = populated();
    const refused = multi([set('/a', '1'), make('/a/s', 2), make('/a/s', 3), remove('/none')]);
    ann.request(Op.multi, refused);
    ann.request(Op.setData, setData('/a', bytes('2'), 0));
    ann.request(Op.create, create('/a/s', null, 2));
    world.settle();
    expect(ann.take().map(({ err }) => err)).toEqual([0, 0, 0]);
    expect(familyIn(ann.ask(Op.getChildren2, pathAndWatch('/a')))).toMatchObject({
      names: ['b', 's0000000001'],
      stat: { version: 1, cversion: 2, numChildren: 2 },
    });
  });

  it('leaves no ephemeral behind that the end of the session would look for', () => {
    const { world, ann } = populated();
    ann.request(Op.multi, multi([make('/e', 1), remove('/none')]));
    ann.request(Op.create, create('/e'));
    ann.request(Op.closeSession);
    world.settle();
    expect(world.tree.findPath('/e')).toBeGreaterThan(0);
    expect(world.tree.digestMismatchCount).toBe(0);
  });
});

describe('a multi that cannot be read', () => {
  const whole = multi([make('/x'), make('/y')]);

  it.each([
    ['without an end', whole.subarray(0, whole.length - 9)],
    ['with a part cut short', whole.subarray(0, 30)],
    ['with an operation that cannot be a part', multi([{ op: Op.setACL, body: setACL('/a', []) }])],
    ['with a closeSession', multi([{ op: Op.closeSession, body: Buffer.alloc(0) }])],
    ['with a multi in it', multi([{ op: Op.multi, body: whole }])],
    ['that reads', multi([{ op: Op.getData, body: pathAndWatch('/a') }])],
    ['with a part without a path', multi([make('/x'), make(null)])],
    ['with a TTL mode that has no TTL', multi([make('/x'), make('/t', 5)])],
    ['that is empty', Buffer.alloc(0)],
  ])('%s is a MarshallingError as a whole', (_what, body) => {
    const { world, ann } = populated();
    const { treeDigest } = world.tree;
    const reply = ann.ask(Op.multi, body);
    expect([reply.err, reply.body.length]).toEqual([-5, 0]);
    expect(world.tree).toMatchObject({ treeDigest, digestMismatchCount: 0 });
    expect(ann.ask(Op.create, create('/x')).err).toBe(0);
  });
});
