/*
 * Summaries by key: one for each server that a leader has to do with.
 *
 * Answers to AvgMinMaxCounterSet and AvgMinMaxPercentileCounterSet; those by the first element of a path are
 * NamespaceSummarySet.
 */

import type { MetricEntry } from '../../fourletter/index.ts';
import { keyFor } from './keys.ts';
import type { Metric } from './metric.ts';

/** A summary of either level. */
interface Summary extends Metric {
  add(value: number): void;
}

/** Summaries of one kind; their lines are those of `<key>_<name>`. */
export class SummarySet implements Metric {
  readonly #name: string;
  readonly #make: (name: string) => Summary;
  readonly #summaries: Map<string, Summary>;

  /** @param make a summary, BASIC or ADVANCED, of the name that it is given */
  constructor(name: string, make: (name: string) => Summary) {
    this.#name = name;
    this.#make = make;
    this.#summaries = new Map();
  }

  /** Records a value for a server id. */
  add(key: number, value: number): void {
    const kept = keyFor(String(key), this.#summaries);
    let summary = this.#summaries.get(kept);
    if (summary === undefined) {
      summary = this.#make(`${kept}_${this.#name}`);
      this.#summaries.set(kept, summary);
    }
    summary.add(value);
  }

  appendTo(entries: MetricEntry[]): void {
    for (const summary of this.#summaries.values()) summary.appendTo(entries);
  }

  reset(): void {
    for (const summary of this.#summaries.values()) summary.reset();
  }
}
