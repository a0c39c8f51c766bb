/*
 * A multi of creates that lies in the bytes of a request is written as one that is a list of transactions.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPEN_ACL_UNSAFE, writeACLs } from '../../src/jute/data.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { CreateParts } from '../../src/jute/prepared-creates.ts';
import type { Txn } from '../../src/jute/txn.ts';
import { writeTxn } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';

interface Part {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly ephemeral: boolean;
  readonly parentCVersion: number;
}

const part: fc.Arbitrary<Part> = fc.record({
  path: fc.stringMatching(/^\/[a-z]{1,40}$/),
  data: fc.option(fc.uint8Array({ maxLength: 700 })),
  ephemeral: fc.boolean(),
  parentCVersion: fc.integer(),
});

/** The parts as they are gathered from a request, the n-th of them in row 2n, below row 2n + 1. */
function gathered(parts: readonly Part[]) {
  const request = new JuteWriter();
  const creates = new CreateParts();
  for (const [index, { path, data, ephemeral, parentCVersion }] of parts.entries()) {
    request.writeInt(0xabc);
    const verbatimStart = request.length;
    request.writeString(path);
    const pathEnd = request.length;
    request.writeBuffer(data);
    const dataEnd = request.length;
    writeACLs(request, OPEN_ACL_UNSAFE);
    const bytes = request.buffer;
    const pathRange = { bytes, start: verbatimStart + 4, end: pathEnd, charCount: path.length };
    const dataRange = { bytes, start: pathEnd + 4, end: data === null ? -1 : dataEnd };
    const fields = {
      type: OpCode.create,
      parentRow: 2 * index + 1,
      acl: OPEN_ACL_UNSAFE,
      verbatimStart,
      verbatimEnd: request.length,
      ephemeral,
      parentCVersion,
      ttl: -1n,
      isAnsweredWithStat: false,
    } as const;
    expect(creates.canTake(fields)).toBe(true);
    creates.add(pathRange, 2 * index, dataRange, fields);
  }
  return creates.toTxn(request.toBuffer());
}

function written(txn: Txn): Buffer {
  const writer = new JuteWriter(4);
  writer.writeInt(1);
  writeTxn(writer, txn);
  return writer.toBuffer();
}

const parts = fc.array(part, { maxLength: 80 });

describe('a multi of creates', () => {
  it('is written as any', () => {
    const property = fc.property(parts, (parts) => {
      const txns = parts.map((part) => ({
        type: OpCode.create,
        acl: OPEN_ACL_UNSAFE,
        ...part,
      }));
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
      for (const [index, { path, data, parentCVersion }] of parts.entries()) {
        expect(multi.row(index)).toBe(2 * index);
        expect(multi.parentRow(index)).toBe(2 * index + 1);
        expect(multi.parentCVersion(index)).toBe(parentCVersion);
        expect(multi.pathOf(index)).toBe(path);
        expect(multi.dataLength(index)).toBe(data?.length ?? 0);
      }
    });
    fc.assert(property);
  });

  it('is answered with its paths', () => {
    const property = fc.property(parts, (parts) => {
      const [answer, expected] = [new JuteWriter(4), new JuteWriter()];
      gathered(parts).writeResults(answer);
      for (const { path } of parts) {
        expected.writeInt(OpCode.create);
        expected.writeBoolean(false);
        expected.writeInt(0);
        expected.writeString(path);
      }
      expect(answer.toBuffer()).toEqual(expected.toBuffer());
    });
    fc.assert(property);
  });
});

describe('a part of a multi of creates', () => {
  const plain = {
    type: OpCode.create,
    parentRow: 1,
    acl: OPEN_ACL_UNSAFE,
    verbatimStart: 4,
    verbatimEnd: 40,
    ephemeral: false,
    parentCVersion: 1,
    ttl: -1n,
    isAnsweredWithStat: false,
  } as const;

  it.each([
    ['a container', { type: OpCode.createContainer }],
    ['one whose record is not that of the request', { verbatimStart: -1 }],
    ['one with an access list of its own', { acl: [] }],
    ['one that is answered with a Stat', { isAnsweredWithStat: true }],
  ])('cannot be %s', (_what, fields) => {
    expect(new CreateParts().canTake({ ...plain, ...fields })).toBe(false);
  });
});
