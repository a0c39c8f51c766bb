/*
 * The tree against the naive one, and a fuzzy snapshot with its replay against the tree that lived on, over random transactions.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataTreeOptions } from '../../src/datatree/data-tree.ts';
import { DataTree } from '../../src/datatree/data-tree.ts';
import type { Zxid } from '../../src/jute/int64.ts';
import { JuteError, JuteReader } from '../../src/jute/reader.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../src/jute/txn.ts';
import { readTxn, writeTxn } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { expectSame, pathsOf, seenIn, summaryOf } from './compare.ts';
import { NaiveTree } from './naive-tree.ts';
import { quotaTxns, Random, RandomTxns } from './random-txns.ts';
import { loadInto, Story, writeAclLists } from './trees.ts';

const OPTIONS: DataTreeOptions = {
  hashSeed: [0x12345678, 0x9abcdef0],
  digestEnabled: true,
  extendedTypesEnabled: true,
  emulate353TTLNodes: false,
};

interface Step {
  readonly header: TxnHeader;
  readonly txn: Txn;
  readonly digest: TxnDigest;
}

/** A tree and its naive twin that take the same transactions. */
class Twins {
  readonly tree: DataTree;
  readonly naive = new NaiveTree();
  private readonly source: RandomTxns;
  readonly log: Step[] = [];
  private readonly outcomes: unknown[] = [];
  private readonly expectedOutcomes: unknown[] = [];

  constructor(seed: number, isWild: boolean) {
    this.tree = new DataTree(OPTIONS);
    this.tree.recordChanges = true;
    this.source = new RandomTxns(seed, this.naive, { isWild });
  }

  step(): void {
    const { header, txn } = this.source.next();
    this.apply(header, txn);
  }

  apply(header: TxnHeader, txn: Txn): void {
    const { tree, naive } = this;
    const result = tree.apply(header, txn);
    const expected = naive.apply(header, txn);
    const parts = result.parts?.map(({ type, err, path }) => ({ type, err, path })) ?? null;
    const changes = tree.changes.map(({ type, path }) => ({ type, path }));
    this.outcomes.push({ txn, err: result.err, parts, changes });
    this.expectedOutcomes.push({ txn, ...expected, changes: naive.changes });
    this.log.push({ header, txn, digest: { version: 2, treeDigest: tree.treeDigest } });
  }

  /** Expects what happened and what there is to be the same in both. */
  check(): void {
    expect(this.outcomes).toEqual(this.expectedOutcomes);
    this.outcomes.length = 0;
    this.expectedOutcomes.length = 0;
    expectSame(this.tree, this.naive);
  }

  giveQuota(root: string): void {
    for (const txn of quotaTxns(root, this.naive)) {
      const { header } = this.source.next();
      this.apply({ ...header, type: txn.type }, txn);
    }
  }
}

describe('a tree and the naive tree', () => {
  it('are the same after any transactions, also those that fail', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const twins = new Twins(seed, true);
      twins.giveQuota('/a');
      for (let round = 0; round < 6; round++) {
        for (let count = 0; count < 60; count++) twins.step();
        twins.check();
      }
      twins.giveQuota('/a/b');
      for (let count = 0; count < 60; count++) twins.step();
      twins.check();
    });
    // In that one a multi gave a child to what it had made ephemeral, which no server does.
    fc.assert(property, { numRuns: 30, examples: [[-148132139]] });
  });

  it('are the same after a long life', () => {
    const twins = new Twins(42, false);
    twins.giveQuota('/b');
    for (let count = 0; count < 5000; count++) twins.step();
    twins.check();
  });
});

/** Cuts a snapshot of `twins.tree` in small slices with transactions between them. */
function fuzzySnapshot(twins: Twins, random: Random): { bytes: Buffer; startZxid: Zxid } {
  const { tree } = twins;
  const writer = new JuteWriter();
  const startZxid = tree.lastProcessedZxid;
  writeAclLists(tree.aclTable, writer);
  const snapshot = tree.startNodeSnapshot();
  while (!snapshot.writeSlice(writer, 1 + random.below(300))) {
    for (let count = random.below(8); count > 0; count--) twins.step();
  }
  return { bytes: writer.toBuffer(), startZxid };
}

/** Loads what fuzzySnapshot wrote, handed over in pieces of random size. */
function load(bytes: Buffer, random: Random, warnings: string[]): DataTree {
  const tree = new DataTree({
    ...OPTIONS,
    hashSeed: [1, 2],
    onWarning: (text) => warnings.push(text),
  });
  const loading = tree.startLoad();
  const reader = new JuteReader(bytes);
  loading.readAcls(reader);
  let end = reader.offset;
  let isDone = false;
  while (!isDone) {
    end = Math.min(bytes.length, end + 1 + random.below(2000));
    isDone = loading.readNodes(reader.reset(bytes, reader.offset, end));
  }
  expect(reader.offset).toBe(bytes.length);
  loading.finish();
  return tree;
}

describe('a snapshot that is cut while transactions go on', () => {
  it('gives the same tree once the transactions since its start are replayed', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const twins = new Twins(seed, false);
      twins.giveQuota('/a');
      for (let count = 50 + random.below(300); count > 0; count--) twins.step();
      const sessions = new Map(twins.tree.sessions);
      const { bytes, startZxid } = fuzzySnapshot(twins, random);
      const said = twins.tree.lastProcessedZxidDigest;
      for (let count = random.below(50); count > 0; count--) twins.step();

      const warnings: string[] = [];
      const loaded = load(bytes, random, warnings);
      loaded.lastProcessedZxid = startZxid;
      for (const [id, timeout] of sessions) loaded.sessions.set(id, timeout);
      loaded.expectSnapshotDigest(said, startZxid);
      for (const { header, txn, digest } of twins.log) {
        if (header.zxid > startZxid) loaded.apply(header, txn, digest);
      }

      expect(pathsOf(loaded).map((path) => seenIn(loaded, path))).toEqual(
        pathsOf(twins.tree).map((path) => seenIn(twins.tree, path)),
      );
      expect(withoutEmptySessions(summaryOf(loaded))).toEqual(
        withoutEmptySessions(summaryOf(twins.tree)),
      );
      expect(warnings).toEqual([]);
      expect(loaded.digestMismatchCount).toBe(0);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

/** A session that owns nothing any more is not in a snapshot. */
function withoutEmptySessions(summary: Record<string, unknown>): Record<string, unknown> {
  const ephemerals = summary['ephemerals'] as [bigint, string[]][];
  return { ...summary, ephemerals: ephemerals.filter(([, paths]) => paths.length > 0) };
}

describe('a tree that is replayed from the bytes of a log', () => {
  it('is the tree that wrote it, though each record takes the place of the one before', () => {
    const property = fc.property(fc.integer(), fc.boolean(), (seed, isWild) => {
      const twins = new Twins(seed, isWild);
      const replayed = new DataTree(OPTIONS);
      const place = Buffer.alloc(1 << 20);
      for (let count = 0; count < 300; count++) {
        if (count === 100) twins.giveQuota('/a');
        twins.step();
      }
      for (const { header, txn, digest } of twins.log) {
        const writer = new JuteWriter();
        writeTxn(writer, txn);
        const record = writer.toBuffer();
        place.fill(0xff);
        record.copy(place, 7);
        const reader = new JuteReader(place, 7, 7 + record.length);
        replayed.apply(header, readTxn(header.type, reader, true));
        expect(replayed.treeDigest).toBe(digest.treeDigest);
      }
      expect(summaryOf(replayed)).toEqual(summaryOf(twins.tree));
      for (const path of pathsOf(twins.tree)) {
        expect(seenIn(replayed, path)).toEqual(seenIn(twins.tree, path));
      }
    });
    fc.assert(property, { numRuns: 15 });
  });
});

describe('a snapshot that is damaged', () => {
  it('leaves nothing behind in the tree that the next one is loaded into', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const [damaged, whole] = [seed, seed + 1].map((each) => {
        const twins = new Twins(each, false);
        twins.giveQuota('/a');
        for (let count = 0; count < 60; count++) twins.step();
        return fuzzySnapshot(twins, random).bytes;
      }) as [Buffer, Buffer];
      damaged[random.below(damaged.length)] = random.below(256);
      const [used, fresh] = [new Story(), new Story()];
      try {
        loadInto(used, damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(JuteError);
      }
      loadInto(used, whole);
      loadInto(fresh, whole);
      const paths = pathsOf(fresh.tree);
      expect(pathsOf(used.tree)).toEqual(paths);
      expect(paths.map((path) => seenIn(used.tree, path))).toEqual(
        paths.map((path) => seenIn(fresh.tree, path)),
      );
      expect(summaryOf(used.tree)).toEqual(summaryOf(fresh.tree));
      expect(used.tree.aclTable.lastId).toBe(fresh.tree.aclTable.lastId);
    });
    fc.assert(property, { numRuns: 100 });
  });
});
