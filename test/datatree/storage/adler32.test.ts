import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adler32 } from '../../../src/datatree/storage/adler32.ts';

/** The definition, byte by byte. */
function slowly(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

describe('adler32', () => {
  it('is what everybody computes for a known text', () => {
    expect(adler32(Buffer.from('Wikipedia'), 0, 9)).toBe(0x11e60398);
  });

  it('of nothing is 1', () => {
    expect(adler32(Buffer.alloc(0), 0, 0)).toBe(1);
  });

  it('does not overflow on the largest bytes', () => {
    const bytes = Buffer.alloc(3_000_001, 255);
    expect(adler32(bytes, 0, bytes.length)).toBe(slowly(bytes));
  });

  it('agrees with the definition over any range, at any alignment', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 3000 });
    fc.assert(
      fc.property(bytes, fc.nat(40), fc.nat(40), (array, skip, drop) => {
        const start = Math.min(skip, array.length);
        const end = Math.max(start, array.length - drop);
        const shifted = Buffer.concat([Buffer.alloc(skip % 5), array]).subarray(skip % 5);
        expect(adler32(shifted, start, end)).toBe(slowly(array.subarray(start, end)));
      }),
    );
  });

  it('goes on from where it was', () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 31) & 0xff));
    const first = adler32(bytes, 0, 1234);
    expect(adler32(bytes, 1234, bytes.length, first)).toBe(slowly(bytes));
  });
});
