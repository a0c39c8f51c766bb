/*
 * The digest of a znode against zlib's CRC32, whatever its parts are, and by the change of its Stat alone.
 */

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  crcCopy,
  crcUpdate,
  digestChange,
  finishDigest,
  finishDigestWith,
  statDigest,
} from '../../src/datatree/digest.ts';
import { ErrorCode } from '../../src/jute/error-code.ts';
import type { Zxid } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { Story } from './trees.ts';

/** The 60 bytes as Java puts them together. */
function digested(stat: Buffer): Buffer {
  return Buffer.concat([stat.subarray(0, 16), stat.subarray(60, 68), stat.subarray(16, 52)]);
}

/** The digest of a znode, taken in part by part. */
function nodeDigest(path: string, data: Uint8Array | null, stat: Uint8Array): number {
  const name = Buffer.from(path);
  const crc = crcUpdate(-1, name, 0, name.length);
  return finishDigest(crcUpdate(crc, data ?? name, 0, data?.length ?? 0), stat, 0);
}

const bytesOf = (size: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes));

describe('the digest of a znode', () => {
  it('is the CRC32 of path, data and Stat', () => {
    const data = fc.option(fc.uint8Array({ maxLength: 1200 }));
    const property = fc.property(
      fc.string({ unit: 'grapheme' }),
      data,
      bytesOf(68),
      (name, bytes, stat) => {
        const whole = [Buffer.from(name), bytes ?? Buffer.alloc(0), digested(stat)];
        expect(nodeDigest(name, bytes, stat)).toBe(crc32(Buffer.concat(whole)));
      },
    );
    fc.assert(property);
  });

  it('follows from the old one when only pzxid, cversion and aversion change', () => {
    const ints = fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer());
    const property = fc.property(bytesOf(68), ints, ints, (stat, before, after) => {
      const digestWith = (values: readonly number[]): number => {
        for (const [index, offset] of [60, 64, 36, 40].entries())
          stat.writeInt32BE(values[index] ?? 0, offset);
        return nodeDigest('/a', null, stat);
      };
      const [a = 0, b = 0, c = 0, d = 0] = before.map(
        (value, index) => value ^ (after[index] ?? 0),
      );
      expect((digestWith(before) ^ digestChange(a, b, c, d)) >>> 0).toBe(digestWith(after));
    });
    fc.assert(property);
  });

  it('takes a Stat in by its own digest', () => {
    const property = fc.property(fc.integer(), bytesOf(68), (crc, stat) => {
      expect(finishDigestWith(crc, statDigest(stat, 0))).toBe(finishDigest(crc, stat, 0));
    });
    fc.assert(property);
  });

  it('can be taken in pieces of any size', () => {
    const bytes = Buffer.alloc(3000, 'some bytes of no meaning ');
    for (const size of [1, 7, 8, 100, 383, 384, 1000]) {
      let crc = -1;
      for (let at = 0; at < bytes.length; at += size)
        crc = crcUpdate(crc, bytes, at, Math.min(at + size, bytes.length));
      expect(~crc >>> 0).toBe(crc32(bytes));
    }
  });

  it('can be taken from bytes that are copied', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(7),
      fc.nat(7),
      (bytes, from, to) => {
        const source = Buffer.concat([Buffer.alloc(from, 1), bytes, Buffer.alloc(3, 2)]);
        const target = Buffer.alloc(to + bytes.length + 3);
        const views = [source, target].map(
          ({ buffer, byteOffset, length }) => new DataView(buffer, byteOffset, length),
        ) as [DataView, DataView];
        const crc = crcCopy(-1, views[0], from, views[1], to, bytes.length);
        expect(~crc >>> 0).toBe(crc32(bytes));
        expect([...target.subarray(to)]).toEqual([...bytes, 0, 0, 0]);
      },
    );
    fc.assert(property);
  });

  it('is nothing below /zookeeper/', () => {
    const { tree } = new Story();
    expect(tree.nodeDigest(tree.findPath('/zookeeper/config'))).toBe(0);
    expect(tree.nodeDigest(tree.findPath('/zookeeper'))).not.toBe(0);
  });

  it('takes the path of the root as nothing', () => {
    const { tree } = new Story();
    expect(tree.nodeDigest(tree.root)).toBe(nodeDigest('', null, new Uint8Array(68)));
  });
});

describe('the digest of the tree', () => {
  it('is not kept when digests are off', () => {
    const story = new Story({ digestEnabled: false });
    story.create('/a', { data: 'x' });
    story.delete('/a');
    expect(story.tree.treeDigest).toBe(0n);
    story.apply({ type: OpCode.error, err: 0 }, undefined, { version: 2, treeDigest: 99n });
    expect(story.tree.digestMismatchCount).toBe(0);
  });

  it('is compared with what comes with a transaction, of the same version', () => {
    const story = new Story();
    const txn = { type: OpCode.error, err: ErrorCode.noNode };
    story.apply(txn, undefined, { version: 2, treeDigest: story.tree.treeDigest });
    story.apply(txn, undefined, { version: 3, treeDigest: 99n });
    expect(story.tree.digestMismatchCount).toBe(0);
    story.apply(txn, undefined, { version: 2, treeDigest: 99n });
    expect(story.tree.digestMismatchCount).toBe(1);
    expect(story.warnings).toHaveLength(2);
  });

  it('is not compared before the zxid that a fuzzy snapshot brings, and is there', () => {
    const story = new Story();
    const txn = { type: OpCode.error, err: ErrorCode.noNode };
    const wrong = { version: 2, treeDigest: 99n };
    const digest = { zxid: 3n as Zxid, digestVersion: 2, digest: 5n };
    story.tree.expectSnapshotDigest(digest, 0n as Zxid);
    story.apply(txn, undefined, wrong);
    story.apply(txn, undefined, wrong);
    expect(story.tree.digestMismatchCount).toBe(0);
    expect(story.tree.lastProcessedZxidDigest.zxid).toBe(0n);
    story.apply(txn);
    expect(story.tree.digestMismatchCount).toBe(1);
    expect(story.tree.lastProcessedZxidDigest.zxid).toBe(3n);
    story.apply(txn, undefined, wrong);
    expect(story.tree.digestMismatchCount).toBe(2);
  });

  it('that a snapshot brings for a zxid before its own start, or none, is not waited for', () => {
    const story = new Story();
    const wrong = { version: 2, treeDigest: 99n };
    for (const zxid of [0n, 6n] as Zxid[]) {
      story.tree.expectSnapshotDigest({ zxid, digestVersion: 2, digest: 5n }, 7n as Zxid);
    }
    story.apply({ type: OpCode.error, err: 0 }, undefined, wrong);
    expect(story.tree.digestMismatchCount).toBe(1);
  });

  it('says so when the zxid that a snapshot brings has no transaction', () => {
    const story = new Story();
    story.zxid = 10n;
    story.tree.expectSnapshotDigest({ zxid: 9n as Zxid, digestVersion: 2, digest: 5n }, 8n as Zxid);
    story.apply({ type: OpCode.error, err: 0 });
    expect(story.warnings).toHaveLength(1);
  });

  it('has a history of every 128th zxid, 1,024 of them', () => {
    const story = new Story();
    const txn = { type: OpCode.error, err: ErrorCode.noNode };
    for (let count = 0; count < 128 * 1030; count++) story.apply(txn);
    const { digestLog } = story.tree;
    expect(digestLog).toHaveLength(1024);
    expect(digestLog[0]).toEqual({ zxid: 128n * 7n, digestVersion: 2, digest: 1371985504n });
    expect(digestLog.at(-1)?.zxid).toBe(128n * 1030n);
  });
});
