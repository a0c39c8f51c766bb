/*
 * Multis of creates that are replayed as they lie in a log, against the same ones read and applied part by part.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Zxid } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import { RecordedCreates } from '../../src/jute/recorded-creates.ts';
import type { Txn } from '../../src/jute/txn.ts';
import { writeTxn } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { pathsOf, seenIn, summaryOf } from './compare.ts';
import { createTxn, SESSION, Story, TIME } from './trees.ts';

const creates = new RecordedCreates();

/** Applies a multi in one tree, and replays its record in the other. */
function both(applied: Story, replayed: Story, txns: Txn[]): void {
  const multi: Txn = { type: OpCode.multi, txns };
  const writer = new JuteWriter();
  writeTxn(writer, multi);
  applied.apply(multi);
  replayed.zxid = applied.zxid;
  const zxid = replayed.zxid as Zxid;
  expect(creates.read(new JuteReader(writer.toBuffer()))).toBe(true);
  replayed.tree.replayCreates(
    { clientId: SESSION, cxid: 1, zxid, time: TIME, type: OpCode.multi },
    creates,
  );
  expect(replayed.tree.changes).toEqual(applied.tree.changes);
}

function expectSameTrees(one: Story, other: Story): void {
  expect(summaryOf(other.tree)).toEqual(summaryOf(one.tree));
  expect(other.tree.approximateDataSize).toBe(one.tree.approximateDataSize);
  for (const path of pathsOf(one.tree)) {
    expect(seenIn(other.tree, path)).toEqual(seenIn(one.tree, path));
  }
}

const name = fc.constantFrom('a', 'b', 'cc', 'zookeeper');
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((names) => names.map((each) => `/${each}`).join(''));
const odd = fc.constantFrom('', '/', '//', 'a', '/a/', '//a', '/zookeeper/quota/a');
const create = fc
  .tuple(
    fc.oneof({ weight: 20, arbitrary: path }, odd),
    fc.option(fc.string({ maxLength: 600, unit: 'binary-ascii' })),
    fc.integer({ min: -3, max: 12 }),
  )
  .map(([at, data, parentCVersion]) => createTxn(at, { data, parentCVersion }));
const multi = fc.array(create, { minLength: 1, maxLength: 30 });
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: multi }, path), { maxLength: 12 });

describe('multis of creates that are replayed', () => {
  it('do what they do when they are applied part by part', () => {
    const property = fc.property(steps, fc.boolean(), (list, hasQuota) => {
      const [applied, replayed] = [new Story(), new Story()];
      const limits = '/zookeeper/quota/a/zookeeper_limits';
      for (const story of hasQuota ? [applied, replayed] : []) {
        for (const at of ['/a', '/zookeeper/quota/a']) story.create(at);
        story.create(limits, { data: 'count=5,bytes=10' });
        story.create('/zookeeper/quota/a/zookeeper_stats', { data: 'count=0,bytes=0' });
      }
      for (const step of list) {
        if (typeof step === 'string') for (const story of [applied, replayed]) story.delete(step);
        else both(applied, replayed, step);
      }
      expectSameTrees(applied, replayed);
    });
    fc.assert(property);
  });

  it('find a parent that was created in the same multi, and none that was deleted since the last one', () => {
    const [applied, replayed] = [new Story(), new Story()];
    both(applied, replayed, [createTxn('/a'), createTxn('/a/b'), createTxn('/a/b/c')]);
    for (const story of [applied, replayed]) for (const at of ['/a/b/c', '/a/b']) story.delete(at);
    both(applied, replayed, [createTxn('/a/b/d'), createTxn('/a/b'), createTxn('/a/b/e')]);
    expect(replayed.tree.childNames(replayed.tree.findPath('/a/b'))).toEqual(['e']);
    expectSameTrees(applied, replayed);
  });
});
