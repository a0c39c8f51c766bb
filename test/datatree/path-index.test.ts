/*
 * The table of paths by itself: it finds what is in and nothing else, however it grows, shrinks and moves.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PathComparer, PathMatcher } from '../../src/datatree/path-index.ts';
import { PathIndex } from '../../src/datatree/path-index.ts';
import { NO_ROW } from '../../src/datatree/rows.ts';
import { Random } from './random-txns.ts';

const NOTHING = Buffer.alloc(0);

/** In a load, rows that are that far apart count as of the same path. */
const SAME_PATH = 60_000;

/** The "path" of a row is its number, given as `start`. */
const BY_NUMBER: PathMatcher & PathComparer = {
  isAt: (row, _bytes, start) => row === start,
  isSamePath: (one, other) => one % SAME_PATH === other % SAME_PATH,
};

function find(index: PathIndex, hash: number, row: number): number {
  return index.find(BY_NUMBER, hash, NOTHING, row, row);
}

/** Adds and removes rows until `targetCount` are in, with some steps the other way; `entries` maps rows to hashes. */
function drive(
  index: PathIndex,
  entries: Map<number, number>,
  options: { random: Random; targetCount: number; hashOf: () => number },
): void {
  const { random, targetCount, hashOf } = options;
  const rows = [...entries.keys()];
  while (entries.size !== targetCount) {
    const isAdding = entries.size < targetCount !== random.chance(20);
    if (isAdding || rows.length === 0) {
      const row = random.below(50_000);
      if (entries.has(row)) continue;
      const hash = hashOf();
      index.add(hash, row);
      entries.set(row, hash);
      rows.push(row);
    } else {
      const [row] = rows.splice(random.below(rows.length), 1);
      if (row === undefined) continue;
      index.remove(entries.get(row) ?? 0, row);
      entries.delete(row);
    }
  }
}

function expectFound(index: PathIndex, entries: Map<number, number>): void {
  const lost = [...entries].filter(([row, hash]) => find(index, hash, row) !== row);
  expect(lost).toEqual([]);
  const absent = [...Array(200).keys()].map((offset) => 50_000 + offset);
  expect(absent.filter((row) => find(index, row * 77_777, row) !== NO_ROW)).toEqual([]);
}

describe('PathIndex', () => {
  it('finds what is in through all its sizes', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const index = new PathIndex();
      const entries = new Map<number, number>();
      const hashOf = (): number => random.below(0x1_0000_0000) | 0;
      for (const targetCount of [717, 730, 900, 5000, 4200, 1100, 20, 0, 8000, 300]) {
        drive(index, entries, { random, targetCount, hashOf });
        expectFound(index, entries);
      }
    });
    fc.assert(property, { numRuns: 12 });
  });

  it('keeps clusters together where all hashes are close, also around the end of the table', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const index = new PathIndex();
      const entries = new Map<number, number>();
      const hashOf = (): number =>
        random.chance(50) ? -1 - random.below(1 << 24) : random.below(1 << 22);
      for (const targetCount of [600, 720, 735, 760, 800, 500, 260, 250, 200, 1500, 100]) {
        drive(index, entries, { random, targetCount, hashOf });
        expectFound(index, entries);
      }
    });
    fc.assert(property, { numRuns: 12 });
  });

  it('tells rows with the same hash apart', () => {
    const index = new PathIndex();
    for (let row = 0; row < 20; row++) index.add(42, row);
    index.remove(42, 7);
    expect(find(index, 42, 7)).toBe(NO_ROW);
    for (let row = 8; row < 20; row++) expect(find(index, 42, row)).toBe(row);
  });

  it('may grow in one go, also from the middle of a move', () => {
    const property = fc.property(fc.integer(), fc.nat(3000), (seed, calmCount) => {
      const random = new Random(seed);
      const index = new PathIndex();
      const entries = new Map<number, number>();
      const hashOf = (): number => random.below(2 ** 31) << 1;
      for (const [growsAtOnce, targetCount] of [
        [false, calmCount],
        [true, 9000],
        [false, 20_000],
        [true, 100],
      ] as const) {
        index.growsAtOnce = growsAtOnce;
        drive(index, entries, { random, targetCount, hashOf });
        expectFound(index, entries);
      }
    });
    fc.assert(property, { numRuns: 20 });
  });

  it('takes a load at once, and goes on from there', () => {
    const property = fc.property(fc.integer(), fc.nat(40_000), fc.nat(20), (seed, count, bits) => {
      const random = new Random(seed);
      const index = new PathIndex();
      const entries = new Map<number, number>();
      // Hashes that are close to each other, or equal, as well.
      const hashOf = (): number => (random.below(2 ** 31) << 1) & (-1 << bits);
      index.startBulk(1);
      for (let row = 1; row <= count; row++) {
        entries.set(row, hashOf());
        index.addBulk(entries.get(row) ?? 0);
      }
      expect(index.endBulk(BY_NUMBER)).toBe(NO_ROW);
      expectFound(index, entries);
      drive(index, entries, { random, targetCount: count >> 1, hashOf });
      expectFound(index, entries);
    });
    fc.assert(property, { numRuns: 20 });
  });

  it('finds a path that comes twice in a load', () => {
    const index = new PathIndex();
    index.startBulk(0);
    for (let row = 0; row <= SAME_PATH; row++) index.addBulk((row % SAME_PATH) * 77_777);
    expect(index.endBulk(BY_NUMBER)).toBe(SAME_PATH);
  });
});
