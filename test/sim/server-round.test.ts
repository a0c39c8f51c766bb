/*
 * How a simulated client goes through its servers.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../harness/random.ts';
import { ServerRound } from './server-round.ts';

describe('a simulated client', () => {
  it('tries each server once in each round, however it is drawn (simulated seed 4058)', () => {
    const servers = ['s1', 's2', 's3', 's4', 's5'];
    for (let seed = 1; seed <= 100; seed++) {
      const round = new ServerRound(new Random(seed), servers);
      for (let count = 0; count < 5; count++) {
        expect(servers.map(() => round.next()).sort()).toEqual(servers);
      }
    }
  });

  it('goes round in another order each time', () => {
    const round = new ServerRound(new Random(1), ['s1', 's2', 's3']);
    const orders = Array.from({ length: 20 }, () => [1, 2, 3].map(() => round.next()).join(' '));
    expect(new Set(orders).size).toBeGreaterThan(3);
  });
});
