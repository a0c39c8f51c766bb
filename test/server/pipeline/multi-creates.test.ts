/*
 * Multis of plain creates, which go their own way, against those with a part of another kind, which do not.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { create, multi, Op, pathAndInt, pathAndWatch } from '../../harness/requests.ts';
import { familyIn, nodeIn, partsIn } from '../replies.ts';
import { World } from '../world.ts';

interface Made {
  readonly path: string;
  readonly data: string | null;
  readonly flags: number;
}

const EPHEMERAL = 1;
const SEQUENTIAL = 2;

/** Few names, so that some are children of others and some are there already. */
const made: fc.Arbitrary<Made> = fc.record({
  path: fc
    .array(fc.constantFrom('a', 'b', 'a-longer-name'), { minLength: 1, maxLength: 3 })
    .map((names) => `/${names.join('/')}`),
  data: fc.option(fc.string({ maxLength: 200 })),
  flags: fc.constantFrom(0, 0, 0, 0, EPHEMERAL, SEQUENTIAL),
});
const multis = fc.array(fc.array(made, { minLength: 1, maxLength: 6 }), { maxLength: 12 });

/** A world in which each list was asked for as a multi, the answers, and what a watcher of everything heard. */
function worldWith(lists: readonly (readonly Made[])[], op: number) {
  const world = new World();
  const [ann, watcher] = [world.connect(), world.connect()];
  watcher.ask(Op.addWatch, pathAndInt('/', 1));
  const answers = lists.map((list) => {
    const parts = list.map(({ path, data, flags }) => ({
      op,
      body: create(path, data === null ? null : Buffer.from(data), flags),
    }));
    const reply = ann.ask(Op.multi, multi(parts));
    return partsIn(reply).map(({ err, ...part }) => ({ err, path: part.path ?? null }));
  });
  world.settle();
  return { world, ann, answers, heard: watcher.take() };
}

describe('a multi of plain creates', () => {
  it('does what one of create2 does, the tree, its digest and its events being the same', () => {
    const property = fc.property(multis, (lists) => {
      const [plain, other] = [worldWith(lists, Op.create), worldWith(lists, Op.create2)];
      expect(plain.answers).toEqual(other.answers);
      expect(plain.heard).toEqual(other.heard);
      expect(plain.world.tree.treeDigest).toBe(other.world.tree.treeDigest);
      expect(plain.world.tree.digestMismatchCount).toBe(0);
      expect(plain.world.tree.nodeCount).toBe(other.world.tree.nodeCount);
      expect(plain.world.tree.approximateDataSize).toBe(other.world.tree.approximateDataSize);
      for (const path of ['/', '/a', '/a/b']) {
        const ask = ({ ann }: typeof plain) => ann.ask(Op.getChildren2, pathAndWatch(path));
        const [one, two] = [ask(plain), ask(other)];
        expect(one.err).toBe(two.err);
        if (one.err === 0) expect(familyIn(one)).toEqual(familyIn(two));
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('may come while others of the same parents are on their way', () => {
    const world = new World();
    const [ann, ben] = [world.connect(), world.connect()];
    ann.ask(Op.create, create('/a'));
    const children = (name: string) =>
      multi(
        Array.from({ length: 20 }, (_, index) => ({
          op: Op.create,
          body: create(`/a/${name}${index}`, Buffer.from(name)),
        })),
      );
    ann.send(ann.frame(Op.multi, children('x')));
    ben.send(ben.frame(Op.multi, children('y')));
    ann.send(ann.frame(Op.multi, children('x')));
    world.settle();
    const firstCodes = [...ann.take(), ...ben.take()].map((reply) => partsIn(reply)[0]?.err);
    expect(firstCodes).toEqual([0, -110, 0]);
    const { names, stat } = familyIn(ann.ask(Op.getChildren2, pathAndWatch('/a')));
    expect(names).toHaveLength(40);
    expect(stat).toMatchObject({ numChildren: 40, cversion: 40 });
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/a/y7'))).data).toBe('y');
  });
});
