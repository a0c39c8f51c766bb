/*
 * A latency histogram with logarithmic buckets in typed arrays: recording is a handful of integer
 * operations and allocates nothing, so that the load generator can afford it for every reply.
 * Values are kept in units of 100 ns; up to 25.6 µs a bucket is one unit wide, above that it is
 * less than 0.8 % of its value. Only the maximum is kept exactly.
 */

const UNITS_PER_MS = 10_000;
const SUB_BUCKET_BITS = 7;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const LARGEST_UNITS = 0x7fffffff;
const BUCKETS = (31 - SUB_BUCKET_BITS) * SUB_BUCKETS + SUB_BUCKETS;

/** What is told about a distribution of latencies; all times in microseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** Counts of latencies by logarithmic bucket. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #maxUnits = 0;

  /** Counts one latency of `ms` milliseconds (fractions count; more than 214 s counts as 214 s). */
  record(ms: number): void {
    const exact = ms * UNITS_PER_MS;
    const units = exact < LARGEST_UNITS ? exact | 0 : LARGEST_UNITS;
    const bucket = bucketOf(units);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (units > this.#maxUnits) this.#maxUnits = units;
  }

  /** How many latencies were counted. */
  get count(): number {
    return this.#count;
  }

  /** Forgets everything, for the start of the counted part of a load. */
  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxUnits = 0;
  }

  /** The latency in microseconds that a share `q` (0 to 1) of all counted ones does not exceed; 0 when nothing was counted. */
  percentileUs(q: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return Math.min(middleOf(bucket), this.#maxUnits) / 10;
    }
    return this.#maxUnits / 10;
  }

  /** The figures that are reported, in microseconds. */
  summary(): LatencySummary {
    return {
      count: this.#count,
      p50Us: this.percentileUs(0.5),
      p99Us: this.percentileUs(0.99),
      p999Us: this.percentileUs(0.999),
      maxUs: this.#maxUnits / 10,
    };
  }

  /** The non-empty buckets as [bucket, count, bucket, count, …], small enough to send to another process. */
  toSparse(): number[] {
    const sparse: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] ?? 0;
      if (count > 0) sparse.push(bucket, count);
    }
    return sparse;
  }

  /** Adds what {@link toSparse} gave; the maximum is then known to the width of its bucket only. */
  addSparse(sparse: readonly number[]): void {
    for (let i = 0; i + 1 < sparse.length; i += 2) {
      const bucket = sparse[i] ?? 0;
      const count = sparse[i + 1] ?? 0;
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
      this.#count += count;
      this.#maxUnits = Math.max(this.#maxUnits, middleOf(bucket));
    }
  }
}

function bucketOf(units: number): number {
  if (units < 2 * SUB_BUCKETS) return units;
  const shift = 31 - Math.clz32(units) - SUB_BUCKET_BITS;
  return (shift << SUB_BUCKET_BITS) + (units >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = (bucket >>> SUB_BUCKET_BITS) - 1;
  const low = (bucket - (shift << SUB_BUCKET_BITS)) * 2 ** shift;
  return low + 2 ** shift / 2;
}
