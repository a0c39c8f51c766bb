/*
 * A multi of sets that lies in the bytes of a request is written as one that is a list of transactions.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STAT_SIZE } from '../../src/jute/data.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { SetParts } from '../../src/jute/prepared-sets.ts';
import type { Txn } from '../../src/jute/txn.ts';
import { writeTxn } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';

interface Part {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
  readonly nodeDigest: number;
}

const part: fc.Arbitrary<Part> = fc.record({
  path: fc.stringMatching(/^\/[a-z]{1,40}$/),
  data: fc.option(fc.uint8Array({ maxLength: 700 })),
  version: fc.integer(),
  nodeDigest: fc.nat({ max: 0xffff_ffff }),
});
const parts = fc.array(part, { maxLength: 80 });

/** The parts as they are gathered from a request, the n-th of them in row 2n. */
function gathered(parts: readonly Part[]) {
  const request = new JuteWriter();
  const sets = new SetParts();
  for (const [index, { path, data, version, nodeDigest }] of parts.entries()) {
    request.writeInt(0xabc);
    const start = request.length + 4;
    request.writeString(path);
    const end = request.length;
    request.writeBuffer(data);
    const dataEnd = data === null ? -1 : request.length;
    const bytes = request.buffer;
    const dataRange = { bytes, start: end + 4, end: dataEnd };
    const pathRange = { bytes, start, end, charCount: path.length };
    sets.add(pathRange, 2 * index, dataRange, { version, nodeDigest });
  }
  return sets.toTxn(request.toBuffer());
}

function written(txn: Txn): Buffer {
  const writer = new JuteWriter(4);
  writer.writeInt(1);
  writeTxn(writer, txn);
  return writer.toBuffer();
}

describe('a multi of sets', () => {
  it('is written as any', () => {
    const property = fc.property(parts, (parts) => {
      const txns = parts.map((part) => ({ type: OpCode.setData, ...part }));
      const multi = gathered(parts);
      expect(written(multi)).toEqual(written({ type: OpCode.multi, txns } as Txn));
      expect(written({ type: OpCode.multi, txns: multi.txns })).toEqual(written(multi));
    });
    fc.assert(property);
  });

  it('knows of its parts what the tree wants', () => {
    const property = fc.property(parts, (parts) => {
      const multi = gathered(parts);
      expect(multi.count).toBe(parts.length);
      for (const [index, { path, data, version, nodeDigest }] of parts.entries()) {
        expect(multi.row(index)).toBe(2 * index);
        expect(multi.pathOf(index)).toBe(path);
        expect(multi.version(index)).toBe(version);
        expect(multi.nodeDigest(index)).toBe(nodeDigest);
        expect(multi.dataLength(index)).toBe(data?.length ?? 0);
        const [start, end] = [multi.dataStart(index), multi.dataEnd(index)];
        const found = end < 0 ? null : multi.bytes.subarray(start, end);
        expect(found).toEqual(data === null ? null : Buffer.from(data));
      }
    });
    fc.assert(property);
  });

  it('stays as it is while others are gathered behind it', () => {
    const request = Buffer.from('\0\0\0\x02/a\0\0\0\x01x');
    const path = { bytes: request, start: 4, end: 6, charCount: 2 };
    const data = { bytes: request, start: 10, end: 11 };
    const sets = new SetParts();
    const multis = Array.from({ length: 300 }, (_, multi) => {
      sets.clear();
      for (let part = 0; part < 50; part++) {
        sets.add(path, 1000 * multi + part, data, { version: multi, nodeDigest: part });
      }
      return sets.toTxn(request);
    });
    for (const [multi, txn] of multis.entries()) {
      const expected = Array.from({ length: 50 }, (_, part) => 1000 * multi + part);
      expect(expected.map((_, part) => txn.row(part))).toEqual(expected);
      expect([txn.count, txn.version(49), txn.nodeDigest(49)]).toEqual([50, multi, 49]);
    }
  });

  it('is answered with the Stat of each part', () => {
    const [answer, expected] = [new JuteWriter(4), new JuteWriter()];
    const stats = Uint8Array.from({ length: 2 * STAT_SIZE }, (_, index) => index);
    const set = { path: '/a', data: null, version: 1, nodeDigest: 0 };
    gathered([set, set]).writeResults(answer, new DataView(stats.buffer));
    for (const from of [0, STAT_SIZE]) {
      expected.writeInt(OpCode.setData);
      expected.writeBoolean(false);
      expected.writeInt(0);
      expected.writeBytes(stats.subarray(from, from + STAT_SIZE));
    }
    expect(answer.toBuffer()).toEqual(expected.toBuffer());
  });
});
