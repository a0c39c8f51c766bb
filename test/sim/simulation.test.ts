/*
 * A fixed set of simulated histories. Each is a world of its own; what a failing one has done is shown by
 * `npm run simulate -- --seed N`.
 */
import { describe, expect, it } from 'vitest';
import { drawOptions } from './options.ts';
import { World } from './world.ts';

const SEEDS = Array.from({ length: 24 }, (_, index) => index + 1);

describe('a simulated ensemble', () => {
  it.each(SEEDS)('keeps every promise with seed %i', { timeout: 120_000 }, (seed) => {
    const outcome = new World(seed, drawOptions(seed), null).run();
    expect(outcome.error).toBeNull();
    expect(outcome.committed).toBeGreaterThan(0);
  });

  it('does the same twice', () => {
    const hashes = [5, 5, 6].map((seed) => new World(seed, drawOptions(seed), null).run().hash);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('elects another leader where one is killed, and goes on writing', () => {
    const options = drawOptions(7);
    const world = new World(
      7,
      { ...options, voters: 3, observers: 0, faults: [[1, 'killLeader']], faultEveryMs: 2000 },
      null,
    );
    const outcome = world.run();
    expect(outcome.error).toBeNull();
    expect(outcome.epochs).toBeGreaterThan(1);
    expect(world.clients.every((client) => client.writesDone > 0)).toBe(true);
  });
});
