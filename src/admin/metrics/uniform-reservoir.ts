/*
 * A fair sample of a stream of numbers: each of them is in it with the same chance.
 *
 * Java draws a random number for every value (Vitter's algorithm R). The values that enter the sample are far apart once
 * it is full, so here the distance to the next of them is drawn instead (Li's algorithm L): the chances are the same, and
 * all other values cost a comparison.
 *
 * Answers to AvgMinMaxPercentileCounter.ResettableUniformReservoir and to UniformSnapshot of the metrics library.
 */

/** Gives numbers from 0 up to but not including 1. */
export type Random = () => number;

/** Values in the sample, as in Java. */
const RESERVOIR_SIZE = 4096;

/** A sample of at most 4096 values. */
export class UniformReservoir {
  readonly #random: Random;
  readonly #values: Float64Array;
  /** Values seen. */
  #count: number;
  /** How many values will have been seen before the next one that enters the full sample. */
  #next: number;
  /** The chance that a value enters, given those in the sample; W in Li's paper. */
  #chance: number;

  constructor(random: Random) {
    this.#random = random;
    this.#values = new Float64Array(RESERVOIR_SIZE);
    this.#count = 0;
    this.#next = 0;
    this.#chance = 1;
  }

  update(value: number): void {
    const seen = this.#count;
    this.#count = seen + 1;
    if (seen < this.#next) return;
    if (seen < RESERVOIR_SIZE) {
      this.#values[seen] = value;
      if (seen === RESERVOIR_SIZE - 1) this.#drawNext(seen);
      return;
    }
    this.#values[Math.floor(this.#random() * RESERVOIR_SIZE)] = value;
    this.#drawNext(seen);
  }

  #drawNext(seen: number): void {
    this.#chance *= Math.exp(this.#drawLogarithm() / RESERVOIR_SIZE);
    const skipped = Math.floor(this.#drawLogarithm() / Math.log1p(-this.#chance));
    this.#next = seen + 1 + skipped;
  }

  /** The logarithm of a random number above 0 and up to 1. */
  #drawLogarithm(): number {
    return Math.log(1 - this.#random());
  }

  /** The values below which the given shares (0 to 1) of the sample lie, between two of them in proportion; 0 when empty. */
  quantiles(shares: readonly number[]): number[] {
    const sorted = this.#values.slice(0, Math.min(this.#count, RESERVOIR_SIZE)).sort();
    return shares.map((share) => quantile(sorted, share));
  }

  reset(): void {
    this.#count = 0;
    this.#next = 0;
    this.#chance = 1;
  }
}

function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length + 1);
  const index = Math.floor(position);
  const upper = sorted[Math.min(index, sorted.length - 1)] ?? 0;
  const lower = sorted[Math.max(index - 1, 0)] ?? 0;
  if (index < 1) return lower;
  if (index >= sorted.length) return upper;
  return lower + (position - index) * (upper - lower);
}
