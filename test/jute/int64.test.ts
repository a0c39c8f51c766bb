/*
 * 32- and 64-bit numbers in byte arrays, held against DataView and BigInt.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  nextZxid,
  readInt32,
  readInt64,
  readTimeMs,
  toHex,
  toSessionId,
  toZxid,
  writeInt32,
  writeInt64,
  writeTimeMs,
} from '../../src/jute/int64.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const long = fc.bigInt({ min: MIN, max: MAX });
/** Around each power of two, where halves are put together wrongly if they ever are. */
const edges = [...Array(64).keys()].flatMap((power) =>
  [-1n, 0n, 1n].flatMap((by) => [2n ** BigInt(power) + by, by - 2n ** BigInt(power)]),
);

/** Sixteen bytes of 0xaa, and a DataView of the same memory. */
function memory(): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(16).fill(0xaa);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** True where only `size` bytes at offset 3 were written. */
function isUntouchedOutside(bytes: Uint8Array, size: number): boolean {
  return bytes.every((byte, at) => byte === 0xaa || (at >= 3 && at < 3 + size));
}

describe('int32', () => {
  it('writes what DataView reads, and reads what DataView writes', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const { bytes, view } = memory();
        writeInt32(bytes, 3, value);
        expect(view.getInt32(3)).toBe(value);
        expect(isUntouchedOutside(bytes, 4)).toBe(true);
        view.setInt32(5, value);
        expect(readInt32(bytes, 5)).toBe(value);
      }),
    );
  });
});

describe('int64', () => {
  it('writes what DataView reads, and reads what DataView writes', () => {
    fc.assert(
      fc.property(long, (value) => {
        const { bytes, view } = memory();
        writeInt64(bytes, 3, value);
        expect(view.getBigInt64(3)).toBe(value);
        expect(isUntouchedOutside(bytes, 8)).toBe(true);
        view.setBigInt64(5, value);
        expect(readInt64(bytes, 5)).toBe(value);
      }),
    );
  });

  it('does so at the edges, and keeps the low 64 bits of what is larger', () => {
    const { bytes, view } = memory();
    const read = edges.map((value) => {
      writeInt64(bytes, 3, value);
      return [view.getBigInt64(3), readInt64(bytes, 3)];
    });
    expect(read).toEqual(edges.map((value) => Array(2).fill(BigInt.asIntN(64, value))));
  });
});

describe('a time in ms', () => {
  it('has the bytes of the same number as a long, of either sign', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const { bytes, view } = memory();
        writeTimeMs(bytes, 3, value);
        expect(view.getBigInt64(3)).toBe(BigInt(value));
        expect(isUntouchedOutside(bytes, 8)).toBe(true);
        expect(readTimeMs(bytes, 3)).toBe(value);
      }),
    );
  });

  it('does so at the edges of 32 and of 53 bits', () => {
    const times = edges.map(Number).filter(Number.isSafeInteger);
    const { bytes, view } = memory();
    const read = times.map((value) => {
      writeTimeMs(bytes, 3, value);
      return [view.getBigInt64(3), readTimeMs(bytes, 3)];
    });
    expect(times.length).toBeGreaterThan(300);
    expect(read).toEqual(times.map((value) => [BigInt(value), value]));
  });
});

describe('ids', () => {
  it('are signed 64 bits, whatever they are made of', () => {
    const made = edges.map((value) => [toZxid(value), toSessionId(value)]);
    expect(made).toEqual(edges.map((value) => Array(2).fill(BigInt.asIntN(64, value))));
    expect(toZxid(0x1_8000_0000_0000_0001n)).toBe(MIN + 1n);
  });

  it('are followed by the next, through the sign and around the end', () => {
    expect(nextZxid(toZxid(-1n))).toBe(0n);
    expect(nextZxid(toZxid(0xffffffffn))).toBe(0x100000000n);
    expect(nextZxid(toZxid(MAX))).toBe(MIN);
  });

  it('are printed as Long.toHexString does', () => {
    const printed = [0n, 10n, MAX, MIN, -1n, 0x100000abcdef0001n].map(toHex);
    expect(printed).toEqual([
      '0',
      'a',
      '7fffffffffffffff',
      '8000000000000000',
      'ffffffffffffffff',
      '100000abcdef0001',
    ]);
  });
});
