/*
 * A number that grows, alone or by key.
 *
 * Answers to SimpleCounter and SimpleCounterSet.
 */

import type { MetricEntry } from '../../fourletter/index.ts';
import { keyFor } from './keys.ts';
import type { Metric } from './metric.ts';

/** Counts events, or bytes. */
export class SimpleCounter implements Metric {
  readonly #name: string;
  #value: number;

  constructor(name: string) {
    this.#name = name;
    this.#value = 0;
  }

  get value(): number {
    return this.#value;
  }

  /** One more. */
  increment(): void {
    this.#value += 1;
  }

  add(delta: number): void {
    this.#value += delta;
  }

  appendTo(entries: MetricEntry[]): void {
    entries.push([this.#name, this.#value]);
  }

  reset(): void {
    this.#value = 0;
  }
}

/** Counts by key; its lines are `<key>_<name>`. */
export class SimpleCounterSet implements Metric {
  readonly #name: string;
  readonly #counters: Map<string, SimpleCounter>;

  constructor(name: string) {
    this.#name = name;
    this.#counters = new Map();
  }

  add(key: string, delta: number): void {
    const kept = keyFor(key, this.#counters);
    let counter = this.#counters.get(kept);
    if (counter === undefined) {
      counter = new SimpleCounter(`${kept}_${this.#name}`);
      this.#counters.set(kept, counter);
    }
    counter.add(delta);
  }

  appendTo(entries: MetricEntry[]): void {
    for (const counter of this.#counters.values()) counter.appendTo(entries);
  }

  reset(): void {
    for (const counter of this.#counters.values()) counter.reset();
  }
}
