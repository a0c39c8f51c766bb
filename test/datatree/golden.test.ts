/*
 * The tree against the files of a real server: Apache ZooKeeper 3.8.0 was driven through kazoo and zkCli (creates of every kind, sets, ACLs,
 * quotas, multis that fail, sessions that end), then stopped; golden/log.1 is its log, golden/snapshot.37 what it cut of the same
 * state when it was started again. Its mntr told the two counts.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DataTree } from '../../src/datatree/data-tree.ts';
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../src/jute/txn.ts';
import { readTxn, readTxnDigest, readTxnHeader } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { pathsOf, seenIn } from './compare.ts';
import { containersOf, ttlsOf, writeAclLists } from './trees.ts';

const LAST_ZXID = 0x37n as Zxid;
const FILE_HEADER_SIZE = 16;

function read(name: string): Buffer {
  return readFileSync(new URL(`./golden/${name}`, import.meta.url));
}

function newTree(warnings: string[] = []): DataTree {
  return new DataTree({
    hashSeed: [7, 8],
    digestEnabled: true,
    extendedTypesEnabled: true,
    emulate353TTLNodes: false,
    onWarning: (message) => warnings.push(message),
  });
}

/** Records of a log: checksum (8), length (4), header, transaction, digest where the server has one, 0x42. */
function* txnsOf(log: Buffer): Iterable<{
  header: TxnHeader;
  txn: Txn;
  digest: TxnDigest | undefined;
}> {
  for (let at = FILE_HEADER_SIZE; at < log.length; ) {
    const start = at + 12;
    const end = start + log.readInt32BE(at + 8);
    const reader = new JuteReader(log, start, end);
    const header = readTxnHeader(reader);
    const txn = readTxn(header.type, reader);
    yield { header, txn, digest: readTxnDigest(reader) };
    at = end + 1;
  }
}

function replayed(warnings: string[] = []): DataTree {
  const tree = newTree(warnings);
  for (const { header, txn, digest } of txnsOf(read('log.1'))) tree.apply(header, txn, digest);
  return tree;
}

/** Loads the snapshot; returns what follows its section of znodes. */
function loaded(warnings: string[] = []): { tree: DataTree; rest: JuteReader } {
  const tree = newTree(warnings);
  const loading = tree.startLoad();
  const reader = new JuteReader(read('snapshot.37'), FILE_HEADER_SIZE);
  for (let count = reader.readInt(); count > 0; count--) {
    tree.sessions.set(reader.readLong() as SessionId, reader.readInt());
  }
  loading.readAcls(reader);
  expect(loading.readNodes(reader)).toBe(true);
  loading.finish();
  tree.lastProcessedZxid = LAST_ZXID;
  return { tree, rest: reader };
}

describe("a real server's log", () => {
  it('gives the digest that the server had, after each transaction', () => {
    const tree = newTree();
    let comparedCount = 0;
    for (const { header, txn, digest } of txnsOf(read('log.1'))) {
      tree.apply(header, txn);
      if (digest === undefined) continue;
      expect({ header, digest: tree.treeDigest }).toEqual({ header, digest: digest.treeDigest });
      comparedCount += 1;
    }
    expect(tree.lastProcessedZxid).toBe(LAST_ZXID);
    expect(comparedCount).toBeGreaterThan(40);
  });

  it('gives the counts that mntr told', () => {
    const warnings: string[] = [];
    const tree = replayed(warnings);
    expect(tree.nodeCount).toBe(29);
    expect(tree.approximateDataSize).toBe(5503);
    expect(tree.ephemeralsCount).toBe(0);
    expect(tree.sessions.size).toBe(0);
    expect(warnings).toEqual([]);
  });
});

describe("a real server's snapshot", () => {
  it('gives the same tree as the log', () => {
    const { tree } = loaded();
    const other = replayed();
    expect(pathsOf(tree)).toEqual(pathsOf(other));
    expect(pathsOf(tree).map((path) => seenIn(tree, path))).toEqual(
      pathsOf(other).map((path) => seenIn(other, path)),
    );
    expect(containersOf(tree)).toEqual(['/cont']);
    expect(ttlsOf(tree).sort()).toEqual(['/ttl', '/ttl-0000000009']);
    expect([...tree.quotaRoots()].sort()).toEqual(['/a', '/q']);
  });

  it('holds the digest of its tree', () => {
    const warnings: string[] = [];
    const { tree, rest } = loaded(warnings);
    rest.skip(8 + 5);
    const zxid = rest.readLong() as Zxid;
    const digest = { zxid, digestVersion: rest.readInt(), digest: rest.readLong() };
    expect(zxid).toBe(LAST_ZXID);
    expect(digest.digest).toBe(tree.treeDigest);
    tree.expectSnapshotDigest(digest, LAST_ZXID);
    expect(tree.digestMismatchCount).toBe(0);
    tree.expectSnapshotDigest({ ...digest, digest: 1n }, LAST_ZXID);
    expect(tree.digestMismatchCount).toBe(1);
    expect(warnings).toHaveLength(1);
  });

  it('has the ACLs as they are written here, and znodes of the same size', () => {
    const { tree, rest } = loaded();
    const writer = new JuteWriter();
    writer.writeInt(0);
    writeAclLists(tree.aclTable, writer);
    const golden = read('snapshot.37').subarray(FILE_HEADER_SIZE, rest.offset);
    expect(golden.subarray(0, writer.length)).toEqual(writer.toBuffer());
    const snapshot = tree.startNodeSnapshot();
    expect(snapshot.writeSlice(writer, 1_000_000)).toBe(true);
    expect(writer.length).toBe(golden.length);
  });
});
