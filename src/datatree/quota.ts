/*
 * Quotas: where their znodes are, and the text in them.
 *
 * Answers to Quotas and StatsTrack. Who has a quota is in quota-trie.ts; keeping the statistics true is in tree-quotas.ts.
 */

const ASCII_COUNT = 'count';
const ASCII_BYTES = 'bytes';
const COUNT_HARD_LIMIT = 'countHardLimit';
const BYTE_HARD_LIMIT = 'byteHardLimit';

/** Below it is the system's part of the tree. */
export const ZOOKEEPER_PATH = '/zookeeper';

/** Below it stand the quotas: /zookeeper/quota/a/b/zookeeper_limits limits /a/b. */
export const QUOTA_PATH = '/zookeeper/quota';

/** The membership of the ensemble. */
export const CONFIG_PATH = '/zookeeper/config';

/** The name of a znode that holds limits. */
export const LIMIT_NODE = 'zookeeper_limits';

/** The name of a znode that holds what is used. */
export const STAT_NODE = 'zookeeper_stats';

/** Where the limits of `path` stand. */
export function limitPath(path: string): string {
  return `${QUOTA_PATH}${path}/${LIMIT_NODE}`;
}

/** Where the statistics of `path` stand. */
export function statPath(path: string): string {
  return `${QUOTA_PATH}${path}/${STAT_NODE}`;
}

/** Longs in Java; -1 where nothing is said. */
export class StatsTrack {
  private readonly values: Map<string, bigint>;

  constructor(values: ReadonlyMap<string, bigint> = new Map()) {
    this.values = new Map(values);
  }

  get count(): bigint {
    return this.values.get(ASCII_COUNT) ?? -1n;
  }

  get bytes(): bigint {
    return this.values.get(ASCII_BYTES) ?? -1n;
  }

  get countHardLimit(): bigint {
    return this.values.get(COUNT_HARD_LIMIT) ?? -1n;
  }

  get byteHardLimit(): bigint {
    return this.values.get(BYTE_HARD_LIMIT) ?? -1n;
  }

  /** The same with other numbers for what is used; everything else stays. */
  withUsage(count: bigint, bytes: bigint): StatsTrack {
    const changed = new StatsTrack(this.values);
    changed.values.set(ASCII_COUNT, BigInt.asIntN(64, count));
    changed.values.set(ASCII_BYTES, BigInt.asIntN(64, bytes));
    return changed;
  }

  /**
   * The text in the znode: `count=3,bytes=12`, then, where there are other keys, `=;` and them in order. The odd `=` makes
   * servers before 3.7 stop reading there.
   */
  toString(): string {
    const others = [...this.values.keys()].filter(
      (key) => key !== ASCII_COUNT && key !== ASCII_BYTES,
    );
    const rest = others.sort().map((key) => `;${key}=${this.values.get(key)}`);
    return `count=${this.count},bytes=${this.bytes}${rest.length === 0 ? '' : '='}${rest.join('')}`;
  }
}

const MAX_LONG = 0x7fff_ffff_ffff_ffffn;

/** Reads the text of a limits or statistics znode; null for one on which Java's StatsTrack raises an error. */
export function parseStatsTrack(text: string): StatsTrack | null {
  const pairs = text.split(/[,;]+/);
  while (pairs.length > 0 && pairs[pairs.length - 1] === '') pairs.pop();
  const values = new Map<string, bigint>();
  for (const pair of pairs) {
    const parts = pair.split('=');
    while (parts.length > 0 && parts[parts.length - 1] === '') parts.pop();
    const [key, digits] = parts;
    if (key === undefined || digits === undefined) return null;
    const value = digits === '' ? -1n : parseLong(digits);
    if (value === null) return null;
    values.set(key, value);
  }
  return new StatsTrack(values);
}

function parseLong(digits: string): bigint | null {
  if (!/^[+-]?[0-9]{1,40}$/.test(digits)) return null;
  const value = BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
  return value > MAX_LONG || value < -MAX_LONG - 1n ? null : value;
}
