/*
 * A summary of DetailLevel.ADVANCED: as the BASIC one, with the quantiles of a sample.
 *
 * Answers to AvgMinMaxPercentileCounter.
 */

import type { MetricEntry } from '../../fourletter/index.ts';
import { AvgMinMaxCounter } from './avg-min-max-counter.ts';
import type { Metric } from './metric.ts';
import { type Random, UniformReservoir } from './uniform-reservoir.ts';

/** A summary that also knows median, 95, 99 and 99.9 percent, as whole numbers. */
export class AvgMinMaxPercentileCounter implements Metric {
  readonly #name: string;
  readonly #counter: AvgMinMaxCounter;
  readonly #reservoir: UniformReservoir;

  constructor(name: string, random: Random) {
    this.#name = name;
    this.#counter = new AvgMinMaxCounter(name);
    this.#reservoir = new UniformReservoir(random);
  }

  add(value: number): void {
    this.#counter.add(value);
    this.#reservoir.update(value);
  }

  appendTo(entries: MetricEntry[]): void {
    this.#counter.appendTo(entries);
    const [p50 = 0, p95 = 0, p99 = 0, p999 = 0] = this.#reservoir.quantiles([
      0.5, 0.95, 0.99, 0.999,
    ]);
    entries.push(
      [`p50_${this.#name}`, Math.round(p50)],
      [`p95_${this.#name}`, Math.round(p95)],
      [`p99_${this.#name}`, Math.round(p99)],
      [`p999_${this.#name}`, Math.round(p999)],
    );
  }

  reset(): void {
    this.#counter.reset();
    this.#reservoir.reset();
  }
}
