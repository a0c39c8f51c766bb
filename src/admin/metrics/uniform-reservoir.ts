/*
 * A fair sample of a stream of numbers: each of them is in it with the same chance (Vitter's algorithm R).
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
  #count: number;

  constructor(random: Random) {
    this.#random = random;
    this.#values = new Float64Array(RESERVOIR_SIZE);
    this.#count = 0;
  }

  update(value: number): void {
    const seen = this.#count;
    this.#count = seen + 1;
    if (seen < RESERVOIR_SIZE) {
      this.#values[seen] = value;
      return;
    }
    const slot = Math.floor(this.#random() * (seen + 1));
    if (slot < RESERVOIR_SIZE) this.#values[slot] = value;
  }

  /** The values below which the given shares (0 to 1) of the sample lie, between two of them in proportion; 0 when empty. */
  quantiles(shares: readonly number[]): number[] {
    const sorted = this.#values.slice(0, Math.min(this.#count, RESERVOIR_SIZE)).sort();
    return shares.map((share) => quantile(sorted, share));
  }

  reset(): void {
    this.#count = 0;
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
