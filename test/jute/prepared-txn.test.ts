/*
 * Transactions that lie in the bytes of a request are written as those that lie in fields.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteRange } from '../../src/jute/byte-range.ts';
import type { ACL } from '../../src/jute/data.ts';
import { OPEN_ACL_UNSAFE } from '../../src/jute/data.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import type { PathRange } from '../../src/jute/prepared-txn.ts';
import { PreparedCreate, PreparedDelete, PreparedSetData } from '../../src/jute/prepared-txn.ts';
import type { Txn } from '../../src/jute/txn.ts';
import { writeTxn } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';

const readable: readonly ACL[] = [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }];

function pathRange(path: string): PathRange {
  const bytes = Buffer.from(`??${path}?`);
  return { bytes, start: 2, end: bytes.length - 1, charCount: path.length };
}

function dataRange(data: Uint8Array | null): ByteRange {
  const bytes = Buffer.concat([Buffer.from('???'), data ?? Buffer.alloc(0), Buffer.from('??')]);
  return { bytes, start: 3, end: data === null ? -1 : bytes.length - 2 };
}

function written(txn: Txn): string {
  const writer = new JuteWriter(4);
  writeTxn(writer, txn);
  return writer.view().toString('hex');
}

const path = fc.constantFrom('/a', '/a/long/path/with/many/elements-in-it', '/é/😀');
const data = fc.option(fc.uint8Array({ maxLength: 300 }));

describe('a prepared transaction', () => {
  it('to create is written as any', () => {
    const type = fc.constantFrom(
      OpCode.create,
      OpCode.create2,
      OpCode.createContainer,
      OpCode.createTTL,
    );
    const acl = fc.constantFrom(OPEN_ACL_UNSAFE, readable);
    fc.assert(
      fc.property(type, path, data, acl, fc.boolean(), (type, path, data, acl, ephemeral) => {
        const fields = {
          type,
          acl,
          ephemeral,
          parentCVersion: 7,
          ttl: 5000n,
          isAnsweredWithStat: false,
        };
        const place = { parentRow: 1, verbatimStart: -1, verbatimEnd: -1 };
        const txn = new PreparedCreate(pathRange(path), 3, dataRange(data), {
          ...fields,
          ...place,
        });
        expect(written(txn)).toBe(written({ ...fields, path, data } as Txn));
        expect(txn).toMatchObject({ path, pathCharCount: path.length, row: 3 });
        expect(txn.data).toEqual(data === null ? null : Buffer.from(data));
      }),
    );
  });

  it('to create takes what stands together in the request as it is', () => {
    const record = new JuteWriter();
    record.writeInt(99);
    record.writeString('/a');
    record.writeBuffer(Buffer.from('data'));
    record.writeBytes(Buffer.from('0000001f', 'hex'));
    const bytes = record.toBuffer();
    const [path, data] = [
      { bytes, start: 8, end: 10, charCount: 2 },
      { bytes, start: 14, end: 18 },
    ];
    const txn = new PreparedCreate(path, 3, data, {
      type: OpCode.create,
      parentRow: 1,
      acl: OPEN_ACL_UNSAFE,
      verbatimStart: 4,
      verbatimEnd: 22,
      ephemeral: true,
      parentCVersion: 7,
      ttl: -1n,
      isAnsweredWithStat: false,
    });
    expect(written(txn)).toBe(`${bytes.subarray(4, 22).toString('hex')}0100000007`);
  });

  it('to set or delete is written as any', () => {
    fc.assert(
      fc.property(path, data, (path, data) => {
        const after = { version: 4, nodeDigest: 9 };
        const set = new PreparedSetData(pathRange(path), 3, dataRange(data), after);
        expect(written(set)).toBe(written({ type: OpCode.setData, path, data, version: 4 }));
        const place = { parentRow: 1, pathHash: 2 };
        const remove = new PreparedDelete(pathRange(path), 3, place);
        expect(written(remove)).toBe(written({ type: OpCode.delete, path }));
      }),
    );
  });
});
