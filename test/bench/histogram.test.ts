/*
 * The latency histogram against exact percentiles of the same values, over its whole range, and its sparse
 * form, in which the generator sends it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../bench/histogram.ts';

function exactPercentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
}

/** Latencies in units of 100 ns, from nothing to a minute. */
const units = fc.integer({ min: 0, max: 600_000_000 });

describe('Histogram', () => {
  it('tells every percentile to within 0.8 percent or one unit of 100 ns', () => {
    fc.assert(
      fc.property(
        fc.array(units, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const histogram = new Histogram();
          for (const value of values) histogram.record((value + 0.5) / 10_000);
          const exactUs = exactPercentile(values, q) / 10;
          const error = Math.abs(histogram.percentileUs(q) - exactUs);
          expect(error).toBeLessThanOrEqual(Math.max(0.1, exactUs * 0.008));
        },
      ),
    );
  });

  it('keeps the maximum exactly and counts everything', () => {
    const histogram = new Histogram();
    for (const ms of [0.01, 3.2, 123.4567]) histogram.record(ms);
    expect(histogram.summary()).toMatchObject({ count: 3, maxUs: 123_456.7 });
  });

  it('counts what takes longer than its range as the longest', () => {
    const histogram = new Histogram();
    histogram.record(1e9);
    expect(histogram.summary().maxUs).toBe(214_748_364.7);
  });

  it('has no percentile when nothing was counted', () => {
    const histogram = new Histogram();
    histogram.record(5);
    histogram.clear();
    expect(histogram.summary()).toEqual({ count: 0, p50Us: 0, p99Us: 0, p999Us: 0, maxUs: 0 });
  });

  it('adds up from its sparse form', () => {
    fc.assert(
      fc.property(fc.array(units), fc.array(units), (some, others) => {
        const whole = new Histogram();
        const parts = [new Histogram(), new Histogram()] as const;
        for (const value of some) parts[0].record(value / 10_000);
        for (const value of others) parts[1].record(value / 10_000);
        for (const value of [...some, ...others]) whole.record(value / 10_000);
        const sum = new Histogram();
        for (const part of parts) sum.addSparse(part.toSparse());
        expect(sum.toSparse()).toEqual(whole.toSparse());
        expect(sum.count).toBe(some.length + others.length);
      }),
    );
  });
});
