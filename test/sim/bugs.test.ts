/*
 * Every deliberate bug is found within the number of seeds that is said of it: what this simulator passes over, it would pass over
 * in the product as well.
 */
import { describe, expect, it } from 'vitest';
import { BUGS, optionsFor } from './bugs.ts';
import { World } from './world.ts';

/** The first seed whose world notices a bug; null where none does. */
function findingSeed(bug: string, seeds: number): number | null {
  for (let seed = 1; seed <= seeds; seed++) {
    if (new World(seed, optionsFor(seed, bug), bug).run().error !== null) return seed;
  }
  return null;
}

describe('the simulator', () => {
  it.each(Object.entries(BUGS))('finds %s', { timeout: 240_000 }, (bug, { seeds }) => {
    expect(findingSeed(bug, seeds)).not.toBeNull();
  });
});
