/*
 * Medians over rounds, ratios round by round, and verdicts: what decides whether the report says that a goal
 * is reached.
 */
import { describe, expect, it } from 'vitest';
import { type Goal, judge, ratioOf, spreadOf } from '../../bench/figures.ts';
import { isWarm } from '../../bench/warm-up.ts';

const rate = (...values: number[]) => values.map((ratePerSecond) => ({ ratePerSecond }));

describe('figures', () => {
  it('have the middle value with its range', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([])).toBeUndefined();
  });

  it('are compared round by round, so that a slow minute of the machine cancels out', () => {
    const ratio = ratioOf(rate(200, 100, 330), rate(100, 50, 110), 'ratePerSecond');
    expect(ratio).toEqual({ median: 2, min: 2, max: 3 });
  });

  it('are not compared where the other side has none', () => {
    expect(ratioOf(rate(1), [], 'ratePerSecond')).toBeUndefined();
    expect(ratioOf(rate(1), [{}], 'ratePerSecond')).toBeUndefined();
  });

  it.each([
    [{ of: 'ratio', bound: 'atLeast', limit: 2 }, true],
    [{ of: 'ratio', bound: 'atLeast', limit: 2.1 }, false],
    [{ of: 'ratio', bound: 'atMost', limit: 2 }, true],
    [{ of: 'value', bound: 'atMost', limit: 199 }, false],
    [{ of: 'value', bound: 'atMost', limit: 200 }, true],
  ] as const)('reach the goal %o: %s', (bounds, isReached) => {
    const goal: Goal = { metric: 'ratePerSecond', ...bounds };
    expect(judge(goal, rate(200), rate(100)).isReached).toBe(isReached);
  });

  it('leave a goal open that could not be seen', () => {
    const goal: Goal = { metric: 'p99Us', of: 'ratio', bound: 'atMost', limit: 1 };
    expect(judge(goal, rate(1), rate(1))).toEqual({ goal, seen: undefined, isReached: undefined });
  });
});

describe('a server', () => {
  it('is warm when its CPU time per operation has stopped falling', () => {
    expect(isWarm([90, 60, 45, 35, 30, 27])).toBe(false);
    expect(isWarm([90, 60, 45, 35, 30, 27, 24, 21, 20, 20, 20, 20, 20])).toBe(true);
    expect(isWarm([1, 1, 1, 1, 1])).toBe(false);
  });

  it('is not called cold because of one slice that was disturbed', () => {
    expect(isWarm([20, 20, 20, 20, 35, 20])).toBe(true);
    expect(isWarm([60, 200, 50, 30, 25, 24])).toBe(false);
  });
});
