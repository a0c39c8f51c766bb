/*
 * How long a learner rests whose terms keep ending.
 */
import { describe, expect, it } from 'vitest';
import { ShortTerms } from '../../src/quorum/short-terms.ts';

describe('a learner', () => {
  const rests = (terms: ShortTerms, durations: readonly number[], random = 0.999) =>
    durations.map((duration) => Math.round(terms.restAfter(duration, () => random)));

  it('does not rest after a few terms that end at once, and then longer and longer', () => {
    const short = Array.from({ length: 12 }, () => 10);
    expect(rests(new ShortTerms(), short)).toEqual([
      0, 0, 0, 50, 100, 200, 400, 800, 1000, 1000, 1000, 1000,
    ]);
  });

  it('may rest half of that, so that two do not come at the same moments', () => {
    expect(rests(new ShortTerms(), [10, 10, 10, 10, 10], 0)).toEqual([0, 0, 0, 25, 50]);
  });

  it('does not rest after a term that lasted, nor right behind it', () => {
    const terms = new ShortTerms();
    rests(terms, [10, 10, 10, 10]);
    expect(rests(terms, [2_000, 10, 10, 10])).toEqual([0, 0, 0, 0]);
  });
});
