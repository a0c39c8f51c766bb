/*
 * The slab by itself: chunks of all sizes keep their bytes and never overlap, and memory that is given back is used again.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slab } from '../../src/datatree/slab.ts';
import { Random } from './random-txns.ts';

interface Chunk {
  readonly handle: number;
  readonly size: number;
  readonly fill: number;
}

function fill(slab: Slab, handle: number, size: number, byte: number): void {
  const start = slab.startOf(handle);
  slab.bytesOf(handle).fill(byte, start, start + size);
}

function holds(slab: Slab, { handle, size, fill: byte }: Chunk): boolean {
  const start = slab.startOf(handle);
  return slab
    .bytesOf(handle)
    .subarray(start, start + size)
    .every((value) => value === byte);
}

const SIZES = [0, 1, 8, 9, 100, 504, 512, 513, 600, 4000, 16_383, 16_384, 16_385, 70_000];

describe('Slab', () => {
  it('keeps the bytes of every chunk, whatever else comes and goes', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const slab = new Slab();
      const chunks: Chunk[] = [];
      for (let step = 0; step < 1000; step++) {
        if (chunks.length > 0 && random.chance(45)) {
          const [chunk] = chunks.splice(random.below(chunks.length), 1);
          if (chunk === undefined) continue;
          expect(holds(slab, chunk)).toBe(true);
          slab.free(chunk.handle);
        } else {
          const size = random.pick(SIZES) + random.below(3);
          const chunk = { handle: slab.allocate(size), size, fill: step & 0xff };
          fill(slab, chunk.handle, size, chunk.fill);
          chunks.push(chunk);
        }
      }
      expect(chunks.every((chunk) => holds(slab, chunk))).toBe(true);
    });
    fc.assert(property, { numRuns: 10 });
  });

  it('knows whether other content fits into a chunk as it is', () => {
    const slab = new Slab();
    const small = slab.allocate(100);
    expect([97, 104].every((size) => slab.fits(small, size))).toBe(true);
    expect([96, 105, 20_000].some((size) => slab.fits(small, size))).toBe(false);
    const large = slab.allocate(20_000);
    expect(slab.fits(large, 20_000)).toBe(true);
    expect(slab.fits(large, 19_999)).toBe(false);
  });

  it('uses memory again across sizes', () => {
    const slab = new Slab();
    const buffers = new Set<ArrayBufferLike>();
    for (let round = 0; round < 40; round++) {
      const size = 16 + 40 * round;
      const handles: number[] = [];
      for (let bytes = 0; bytes < 4_000_000; bytes += size) handles.push(slab.allocate(size));
      for (const handle of handles) buffers.add(slab.bytesOf(handle).buffer);
      for (const handle of handles) slab.free(handle);
    }
    // 160 MB went through it; each round keeps at most 4 MiB of empty pages and asks for the rest anew.
    const kept = [
      ...new Set([...Array(60)].map(() => slab.bytesOf(slab.allocate(60_000 >> 2)).buffer)),
    ];
    expect(kept.every((buffer) => buffers.has(buffer))).toBe(true);
  });
});
