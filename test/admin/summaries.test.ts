import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvgMinMaxCounter } from '../../src/admin/metrics/avg-min-max-counter.ts';
import { AvgMinMaxPercentileCounter } from '../../src/admin/metrics/avg-min-max-percentile-counter.ts';
import type { Metric } from '../../src/admin/metrics/metric.ts';
import { UniformReservoir } from '../../src/admin/metrics/uniform-reservoir.ts';
import type { MetricEntry } from '../../src/fourletter/index.ts';

function linesOf(metric: Metric): string {
  const entries: MetricEntry[] = [];
  metric.appendTo(entries);
  return entries.map(([name, value]) => `${name}\t${value}\n`).join('');
}

/** The values that the golden summaries were fed with: from 0 to 996, in no order. */
function* valuesFed(count: number): Generator<number> {
  let state = 12345n;
  for (let index = 0; index < count; index++) {
    state = (state * 1103515245n + 12345n) % 2147483648n;
    yield Number((state / 65536n) % 997n);
  }
}

/** Numbers from 0 to 1 that look random and are the same in each run. */
function seededRandom(): () => number {
  let state = 42;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a BASIC summary', () => {
  it('is all zeros before anything was recorded', () => {
    expect(linesOf(new AvgMinMaxCounter('fsynctime'))).toBe(
      'avg_fsynctime\t0.0\nmin_fsynctime\t0\nmax_fsynctime\t0\ncnt_fsynctime\t0\nsum_fsynctime\t0\n',
    );
  });

  it('keeps count, sum, least, greatest and the average of four digits', () => {
    const summary = new AvgMinMaxCounter('fsynctime');
    for (const value of [7, 1, 2]) summary.add(value);
    expect(linesOf(summary)).toBe(
      'avg_fsynctime\t3.3333\nmin_fsynctime\t1\nmax_fsynctime\t7\ncnt_fsynctime\t3\nsum_fsynctime\t10\n',
    );
  });

  it('rounds an average half up, as BigDecimal does with the exact value of the double', () => {
    const summary = new AvgMinMaxCounter('x');
    for (let index = 0; index < 16; index++) summary.add(index === 0 ? 5 : 0);
    expect(summary.avg).toBe(0.3125);
    for (let index = 0; index < 16; index++) summary.add(0);
    expect(summary.avg).toBe(0.1563);
  });

  it('starts anew after a reset', () => {
    const summary = new AvgMinMaxCounter('x');
    summary.add(9);
    summary.reset();
    expect([summary.avg, summary.min, summary.max, summary.count, summary.total]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    summary.add(4);
    expect([summary.min, summary.max]).toEqual([4, 4]);
  });

  it('agrees with arithmetic on any numbers', () => {
    const numbers = fc.array(fc.integer({ min: -1_000_000, max: 2_000_000_000 }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, (values) => {
        const summary = new AvgMinMaxCounter('x');
        for (const value of values) summary.add(value);
        const sum = values.reduce((left, right) => left + right, 0);
        expect(summary.total).toBe(sum);
        expect(summary.min).toBe(Math.min(...values));
        expect(summary.max).toBe(Math.max(...values));
        expect(Math.abs(summary.avg - sum / values.length)).toBeLessThanOrEqual(0.000051);
      }),
    );
  });
});

describe('an ADVANCED summary', () => {
  const golden = readFileSync(
    new URL('golden/avg-min-max-percentile-counter.txt', import.meta.url),
    'utf8',
  );

  it.each([0, 1, 2, 3, 10, 100, 1000, 4096])('prints what Java prints of %d values', (count) => {
    const summary = new AvgMinMaxPercentileCounter(`lat_${count}`, seededRandom());
    for (const value of valuesFed(count)) summary.add(value);
    const expected = golden.split('\n').filter((line) => line.includes(`_lat_${count}\t`));
    expect(linesOf(summary)).toBe(`${expected.join('\n')}\n`);
  });

  it('forgets its sample with a reset', () => {
    const summary = new AvgMinMaxPercentileCounter('lat', seededRandom());
    for (const value of valuesFed(4096)) summary.add(value);
    summary.reset();
    summary.add(5);
    expect(linesOf(summary)).toContain('cnt_lat\t1\nsum_lat\t5\np50_lat\t5\np95_lat\t5\n');
  });
});

describe('the sample of an ADVANCED summary', () => {
  it('has all of the first 4096 values', () => {
    const reservoir = new UniformReservoir(seededRandom());
    for (let value = 4096; value > 0; value--) reservoir.update(value);
    expect(reservoir.quantiles([0, 0.5, 1])).toEqual([1, 2048.5, 4096]);
  });

  it('puts a later value in the place that chance says', () => {
    const reservoir = new UniformReservoir(() => 0);
    for (let index = 0; index < 4096; index++) reservoir.update(1000);
    reservoir.update(1);
    reservoir.update(2);
    expect(reservoir.quantiles([0, 0.5, 1])).toEqual([2, 1000, 1000]);
  });

  it('passes over values that chance leaves out', () => {
    const reservoir = new UniformReservoir(() => 1 - 2 ** -32);
    for (let index = 0; index < 4096; index++) reservoir.update(1000);
    reservoir.update(1);
    expect(reservoir.quantiles([0, 1])).toEqual([1000, 1000]);
  });

  it('draws for few values only of a long stream', () => {
    let draws = 0;
    const random = seededRandom();
    const reservoir = new UniformReservoir(() => {
      draws += 1;
      return random();
    });
    for (let value = 0; value < 409_600; value++) reservoir.update(value);
    // 4096 times the logarithm of 100 values enter a sample that was full, at three draws each.
    expect(draws / 3).toBeGreaterThan(4096 * Math.log(100) * 0.95);
    expect(draws / 3).toBeLessThan(4096 * Math.log(100) * 1.05);
  });

  it('is fair: of a rising stream it keeps early and late values alike', () => {
    const reservoir = new UniformReservoir(seededRandom());
    for (let value = 0; value < 100_000; value++) reservoir.update(value);
    const [low = 0, median = 0, high = 0] = reservoir.quantiles([0.1, 0.5, 0.9]);
    expect(Math.abs(low - 10_000)).toBeLessThan(2_500);
    expect(Math.abs(median - 50_000)).toBeLessThan(2_500);
    expect(Math.abs(high - 90_000)).toBeLessThan(2_500);
  });
});
