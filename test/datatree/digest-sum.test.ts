/*
 * DigestSum: 64 bits that overflow as Java's long does.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigestSum } from '../../src/datatree/digest-sum.ts';

const digest = fc.integer({ min: 0, max: 0xffff_ffff });
const start = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });

describe('the sum of digests', () => {
  it('is that of bigints, whatever digest takes the place of another', () => {
    fc.assert(
      fc.property(start, fc.array(fc.tuple(digest, digest)), (first, changes) => {
        const sum = new DigestSum();
        sum.value = first;
        let expected = first;
        for (const [before, after] of changes) {
          sum.add(after - before);
          expected = BigInt.asIntN(64, expected + BigInt(after) - BigInt(before));
          expect(sum.value).toBe(expected);
        }
      }),
    );
  });

  it('carries over both borders', () => {
    const sum = new DigestSum();
    sum.add(-1);
    expect(sum.value).toBe(-1n);
    sum.add(0xffff_ffff);
    sum.add(2);
    expect(sum.value).toBe(0x1_0000_0000n);
    sum.value = (1n << 63n) - 1n;
    sum.add(1);
    expect(sum.value).toBe(-(1n << 63n));
  });
});
