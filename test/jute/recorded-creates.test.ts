/*
 * Which multis are taken as they lie in a log, and that any other is left alone.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPEN_ACL_UNSAFE } from '../../src/jute/data.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import { RecordedCreates } from '../../src/jute/recorded-creates.ts';
import type { CreateTxn, Txn } from '../../src/jute/txn.ts';
import { writeTxn } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';

function part(change: Partial<CreateTxn> = {}): CreateTxn {
  const plain = { data: Buffer.from('data'), acl: OPEN_ACL_UNSAFE, ephemeral: false };
  return { type: OpCode.create, path: '/path', parentCVersion: 7, ...plain, ...change };
}

function recordOf(...txns: Txn[]): Buffer {
  const writer = new JuteWriter();
  writeTxn(writer, { type: OpCode.multi, txns });
  return writer.toBuffer();
}

describe('RecordedCreates', () => {
  it('have what is in the record, and stop behind it', () => {
    const record = recordOf(part(), part({ path: '/b', data: null, parentCVersion: -1 }));
    const reader = new JuteReader(Buffer.concat([record, Buffer.from('more')]));
    const creates = new RecordedCreates();
    expect(creates.read(reader)).toBe(true);
    expect(reader.remaining).toBe(4);
    expect([creates.count, creates.pathOf(0), creates.pathOf(1)]).toEqual([2, '/path', '/b']);
    expect(record.toString('latin1', creates.dataStart(0), creates.dataEnd(0))).toBe('data');
    expect(creates.dataEnd(1)).toBe(-1);
    expect([creates.parentCVersion(0), creates.parentCVersion(1)]).toEqual([7, -1]);
  });

  it.each<[string, Txn]>([
    ['an ephemeral', part({ ephemeral: true })],
    ['a path that is not ASCII', part({ path: '/ä' })],
    ['another access list', part({ acl: [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }] })],
    ['no access list', part({ acl: null })],
    ['a create2', part({ type: OpCode.create2 })],
    ['a check', { type: OpCode.check, path: '/a', version: 1 }],
    ['an error', { type: OpCode.error, err: -101 }],
  ])('leave a multi alone that has %s', (_, txn) => {
    const reader = new JuteReader(recordOf(part(), txn, part()));
    expect(new RecordedCreates().read(reader)).toBe(false);
    expect(reader.offset).toBe(0);
  });

  it('leave one alone that has no part, or is cut off', () => {
    const record = recordOf(part(), part());
    const creates = new RecordedCreates();
    expect(creates.read(new JuteReader(recordOf()))).toBe(false);
    for (let end = 0; end < record.length; end++) {
      expect(creates.read(new JuteReader(record, 0, end))).toBe(false);
    }
  });

  it('never look behind the record, whatever is in it', () => {
    const record = recordOf(part(), part());
    const changes = fc.array(fc.tuple(fc.nat(record.length - 1), fc.nat(255)), { maxLength: 4 });
    const property = fc.property(changes, (list) => {
      const spoiled = Buffer.from(record);
      for (const [at, byte] of list) spoiled[at] = byte;
      const reader = new JuteReader(spoiled);
      const creates = new RecordedCreates();
      const isTaken = creates.read(reader);
      if (!isTaken) expect([reader.offset, creates.count]).toEqual([0, 0]);
      expect(reader.offset).toBeLessThanOrEqual(spoiled.length);
      for (let index = 0; index < creates.count; index++) {
        expect(creates.pathEnd(index)).toBeGreaterThanOrEqual(creates.pathStart(index));
        expect(creates.pathEnd(index)).toBeLessThan(reader.offset);
        expect(creates.dataEnd(index)).toBeLessThan(reader.offset);
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
