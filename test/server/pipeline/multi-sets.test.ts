/*
 * Multis of sets, which go their own way, against those with a part of another kind, which do not.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { create, multi, Op, pathAndInt, pathAndWatch, setData } from '../../harness/requests.ts';
import { nodeIn, partsIn } from '../replies.ts';
import { World } from '../world.ts';

const RUNTIME_INCONSISTENCY = -2;

interface Made {
  readonly path: string;
  readonly data: string | null;
  readonly version: number;
}

/** Few znodes, so that some are set twice by one multi, and some are not there; one with a name beyond ASCII. */
const made: fc.Arbitrary<Made> = fc.record({
  path: fc.constantFrom('/a', '/a/b', '/ä', '/', '/missing'),
  data: fc.option(fc.string({ maxLength: 200 })),
  version: fc.constantFrom(-1, -1, -1, -1, 0, 1),
});
const multis = fc.array(fc.array(made, { minLength: 1, maxLength: 6 }), { maxLength: 12 });

const bytes = (data: string | null) => (data === null ? null : Buffer.from(data));
const sets = (list: readonly Made[]) =>
  list.map(({ path, data, version }) => ({
    op: Op.setData,
    body: setData(path, bytes(data), version),
  }));
/** A part that changes nothing and is no set. */
const check = { op: Op.check, body: pathAndInt('/', -1) };

/** A world in which each list was asked for as a multi, behind some other parts; answers, and what a watcher of everything heard. */
function worldWith(lists: readonly (readonly Made[])[], others: readonly (typeof check)[]) {
  const world = new World();
  const [ann, watcher] = [world.connect(), world.connect()];
  for (const path of ['/a', '/a/b', '/ä']) ann.ask(Op.create, create(path, Buffer.from('old')));
  watcher.ask(Op.addWatch, pathAndInt('/', 1));
  const answers = lists.map((list) => {
    const reply = ann.ask(Op.multi, multi([...others, ...sets(list)]));
    return partsIn(reply).slice(others.length);
  });
  world.settle();
  return { world, ann, answers, heard: watcher.take() };
}

describe('a multi of sets', () => {
  it('does what one with another part does, the tree, its digest and its events being the same', () => {
    const property = fc.property(multis, (lists) => {
      const [flat, other] = [worldWith(lists, []), worldWith(lists, [check])];
      expect(flat.answers).toEqual(other.answers);
      expect(flat.heard).toEqual(other.heard);
      expect(flat.world.tree.treeDigest).toBe(other.world.tree.treeDigest);
      expect(flat.world.tree.digestMismatchCount).toBe(0);
      expect(flat.world.tree.approximateDataSize).toBe(other.world.tree.approximateDataSize);
      for (const path of ['/', '/a', '/a/b', '/ä']) {
        const ask = ({ ann }: typeof flat) => nodeIn(ann.ask(Op.getData, pathAndWatch(path)));
        expect(ask(flat)).toEqual(ask(other));
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('answers each part with the Stat that it has left', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/a'));
    const twice = sets([
      { path: '/a', data: 'one', version: 0 },
      { path: '/a', data: 'three', version: 1 },
    ]);
    const parts = partsIn(ann.ask(Op.multi, multi(twice)));
    expect(parts.map(({ stat }) => [stat?.version, stat?.dataLength])).toEqual([
      [1, 3],
      [2, 5],
    ]);
  });

  it('may come behind others of the same znodes that are on their way, and leaves nothing where it is refused', () => {
    const world = new World();
    const [ann, ben] = [world.connect(), world.connect()];
    ann.ask(Op.create, create('/a'));
    const both = (data: string, version: number) =>
      multi(
        sets([
          { path: '/a', data, version },
          { path: '/a', data: `${data} again`, version: version + 1 },
        ]),
      );
    ann.send(ann.frame(Op.multi, both('ann', 0)));
    ben.send(ben.frame(Op.multi, both('ben', 1)));
    ann.send(ann.frame(Op.multi, both('ann later', 2)));
    world.settle();
    const codes = [...ann.take(), ...ben.take()].map((reply) =>
      partsIn(reply).map(({ err }) => err),
    );
    const refused = [-103, RUNTIME_INCONSISTENCY];
    expect(codes).toEqual([[0, 0], [0, 0], refused]);
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/a'))).data).toBe('ann later again');
  });

  it('is found again after a crash', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/a'));
    const list = sets([
      { path: '/a', data: 'kept', version: -1 },
      { path: '/', data: null, version: -1 },
    ]);
    ann.ask(Op.multi, multi(list));
    const digest = world.tree.treeDigest;
    const again = world.crashAndRestart();
    expect(again.tree.treeDigest).toBe(digest);
    expect(nodeIn(again.connect().ask(Op.getData, pathAndWatch('/a'))).data).toBe('kept');
  });
});
