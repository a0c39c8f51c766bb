import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COMMITTED_LOG_SIZE_LIMIT,
  CommittedLog,
} from '../../../src/datatree/storage/committed-log.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { zxid } from './scene.ts';

function logOf(limit: number, first: number, last: number): CommittedLog {
  const log = new CommittedLog(limit);
  for (let number = first; number <= last; number++) log.add(zxid(number), bytesOf(number));
  return log;
}

function bytesOf(number: number): Buffer {
  return Buffer.alloc(number % 300, number);
}

function above(log: CommittedLog, number: number): number[] {
  return [...log.entriesAbove(zxid(number))].map((txn) => Number(txn.zxid));
}

describe('the committed log', () => {
  it('keeps the newest transactions, up to its limit', () => {
    const log = logOf(500, 1, 1200);
    expect([log.minZxid, log.maxZxid]).toEqual([701n, 1200n]);
    expect(above(log, 1198)).toEqual([1199, 1200]);
    expect(above(log, 0)).toHaveLength(500);
    expect(above(log, 1200)).toEqual([]);
  });

  it('knows what is next to a zxid', () => {
    const log = logOf(10, 5, 9);
    log.add(toZxid(0x1_0000_0001n), bytesOf(1));
    expect([log.floor(zxid(4)), log.floor(zxid(5)), log.floor(zxid(50))]).toEqual([null, 5n, 9n]);
    expect([log.above(zxid(0)), log.above(zxid(9)), log.above(toZxid(1n << 40n))]).toEqual([
      5n,
      0x1_0000_0001n,
      null,
    ]);
  });

  it('copies what it is given', () => {
    const log = new CommittedLog(10);
    const bytes = Buffer.from('before');
    log.add(zxid(1), bytes);
    bytes.fill('x');
    const [txn] = log.entriesAbove(zxid(0));
    for (let number = 2; number < 5000; number++) log.add(zxid(number), bytesOf(number));
    expect(Buffer.from(txn?.record ?? []).toString()).toBe('before');
  });

  it('never has a hole (ZOOKEEPER-4925)', () => {
    const log = logOf(10, 1, 5);
    log.add(zxid(7), bytesOf(7));
    expect([log.minZxid, log.maxZxid]).toEqual([7n, 7n]);
    log.add(toZxid(0x2_0000_0001n), bytesOf(1));
    expect(log.minZxid).toBe(7n);
    log.add(toZxid(0x3_0000_0002n), bytesOf(1));
    expect(log.minZxid).toBe(0x3_0000_0002n);
  });

  it('has a limit in bytes, which one transaction alone may exceed', () => {
    const log = new CommittedLog(500);
    const large = Buffer.alloc(COMMITTED_LOG_SIZE_LIMIT / 4);
    for (let number = 1; number <= 10; number++) log.add(zxid(number), large);
    expect([log.minZxid, log.maxZxid]).toEqual([7n, 10n]);
    log.add(zxid(11), Buffer.alloc(COMMITTED_LOG_SIZE_LIMIT + 1));
    expect([log.minZxid, log.maxZxid]).toEqual([11n, 11n]);
    log.add(zxid(12), large);
    expect([log.minZxid, log.maxZxid]).toEqual([12n, 12n]);
  });

  it('is empty at first and when it is cleared', () => {
    const log = logOf(10, 1, 5);
    log.clear();
    expect([log.isEmpty, log.minZxid, log.maxZxid, log.floor(zxid(9))]).toEqual([
      true,
      null,
      null,
      null,
    ]);
    log.add(zxid(9), bytesOf(9));
    expect(above(log, 0)).toEqual([9]);
  });

  it('gives back what was added, whatever the sizes', () => {
    const sizes = fc.array(fc.nat(100_000), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 20 }), (given, limit) => {
        const log = new CommittedLog(limit);
        const added = given.map((size, index) => Buffer.alloc(size, index));
        for (const [index, bytes] of added.entries()) log.add(zxid(index + 1), bytes);
        const kept = [...log.entriesAbove(zxid(0))];
        expect(kept.length).toBe(Math.min(limit, given.length));
        for (const { zxid: each, record } of kept) {
          expect(Buffer.compare(record, added[Number(each) - 1] ?? Buffer.alloc(0))).toBe(0);
        }
      }),
      { numRuns: 50 },
    );
  });
});
