/*
 * A summary of DetailLevel.BASIC: count, sum, average, least and greatest of what was recorded.
 *
 * Recording is a few additions and comparisons on numbers and allocates nothing. Answers to AvgMinMaxCounter.
 */

import { javaDouble, type MetricEntry } from '../../fourletter/index.ts';
import type { Metric } from './metric.ts';

/** Digits after the point that an average is rounded to, half up. */
const AVERAGE_DIGITS = 4;

/** A summary of whole numbers: milliseconds, bytes, lengths of queues. */
export class AvgMinMaxCounter implements Metric {
  readonly #name: string;
  #total: number;
  #count: number;
  #min: number;
  #max: number;

  constructor(name: string) {
    this.#name = name;
    this.#total = 0;
    this.#count = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  add(value: number): void {
    this.#total += value;
    this.#count += 1;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** 0 while nothing was recorded. */
  get avg(): number {
    if (this.#count === 0) return 0;
    return Number((this.#total / this.#count).toFixed(AVERAGE_DIGITS));
  }

  /** 0 while nothing was recorded. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  /** 0 while nothing was recorded. */
  get max(): number {
    return this.#count === 0 ? 0 : this.#max;
  }

  get count(): number {
    return this.#count;
  }

  get total(): number {
    return this.#total;
  }

  appendTo(entries: MetricEntry[]): void {
    entries.push(
      [`avg_${this.#name}`, javaDouble(this.avg)],
      [`min_${this.#name}`, this.min],
      [`max_${this.#name}`, this.max],
      [`cnt_${this.#name}`, this.#count],
      [`sum_${this.#name}`, this.#total],
    );
  }

  reset(): void {
    this.#total = 0;
    this.#count = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }
}
