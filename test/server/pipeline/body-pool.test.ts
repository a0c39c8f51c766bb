/*
 * Memory for the records of large writes.
 */
import { describe, expect, it } from 'vitest';
import { type ByteRange, viewOfRange } from '../../../src/jute/byte-range.ts';
import { BodyPool } from '../../../src/server/pipeline/body-pool.ts';

const LARGE = 20_000;
const bytes = Buffer.alloc(3 * LARGE, 'some record ');

describe('the memory of a large record', () => {
  it('holds a copy of what was given', () => {
    const body = new BodyPool().copy({ bytes, start: 5, end: 5 + LARGE });
    expect(viewOfRange(body).equals(bytes.subarray(5, 5 + LARGE))).toBe(true);
    expect(body.bytes).not.toBe(bytes);
  });

  it('is used again when it was given back, and not before', () => {
    const pool = new BodyPool();
    const [first, second] = [
      pool.copy({ bytes, start: 0, end: LARGE }),
      pool.copy({ bytes, start: 0, end: LARGE }),
    ];
    expect(second.bytes).not.toBe(first.bytes);
    pool.giveBack(first);
    const third = pool.copy({ bytes, start: 7, end: 7 + LARGE + 100 });
    expect(third.bytes).toBe(first.bytes);
    expect(viewOfRange(third).equals(bytes.subarray(7, 7 + LARGE + 100))).toBe(true);
    expect(viewOfRange(second).equals(bytes.subarray(0, LARGE))).toBe(true);
  });

  it('is not that of a record of another size', () => {
    const pool = new BodyPool();
    const large = pool.copy({ bytes, start: 0, end: 2 * LARGE });
    pool.giveBack(large);
    expect(pool.copy({ bytes, start: 0, end: LARGE }).bytes).not.toBe(large.bytes);
  });

  it('is left to the collector where there is plenty', () => {
    const pool = new BodyPool();
    const bodies = Array.from({ length: 300 }, () =>
      pool.copy({ bytes, start: 0, end: 2 * LARGE }),
    );
    for (const body of bodies) pool.giveBack(body);
    const kept = new Set(bodies.map((body) => body.bytes));
    const again = bodies.map(() => pool.copy({ bytes, start: 0, end: 2 * LARGE }).bytes);
    expect(again.filter((memory) => kept.has(memory))).toHaveLength(128);
  });
});

describe('the memory of a small record', () => {
  it('is never given to another', () => {
    const pool = new BodyPool();
    const small = pool.copy({ bytes, start: 0, end: 10 });
    pool.giveBack(small);
    pool.copy({ bytes, start: 10, end: 20 });
    expect(viewOfRange(small).equals(bytes.subarray(0, 10))).toBe(true);
  });

  it('holds what was given, block after block, up to the size of a large one', () => {
    const pool = new BodyPool();
    const sizes = [1, 16_383, 9000, 16_384, 0, 16_000, 16_383, 16_383, 5, 60, 16_383];
    const bodies = sizes.map((size, index) =>
      pool.copy({ bytes, start: index, end: index + size }),
    );
    for (const [index, size] of sizes.entries()) {
      const body = bodies[index] as ByteRange;
      expect(viewOfRange(body).equals(bytes.subarray(index, index + size))).toBe(true);
    }
  });
});
