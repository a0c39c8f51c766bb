/*
 * Summaries by top namespace, the first element of a path: `/app/lock/1` counts for `app`.
 *
 * Reads are counted from the bytes of the path as they stand in the request, so a small cache answers which counter
 * belongs to these bytes without making a string. Names that push each other out of it only cost each other a string, so
 * nobody gains by choosing names that do.
 * Answers to AvgMinMaxCounterSet as DataTree.updateReadStat and updateWriteStat use it, and to PathUtils.getTopNamespace.
 */

import type { MetricEntry } from '../../fourletter/index.ts';
import { AvgMinMaxCounter } from './avg-min-max-counter.ts';
import { keyFor, MAX_KEY_LENGTH, OTHER_KEYS } from './keys.ts';
import type { Metric } from './metric.ts';

/** Slots of the cache; a power of two. Few trees have as many namespaces. */
const CACHE_SLOTS = 1024;

/** Neighbouring slots that a name may stand in. */
const CACHE_WAYS = 4;

const SLASH = 0x2f;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** What is remembered of a namespace. */
interface CachedNamespace {
  readonly name: Uint8Array;
  readonly counter: AvgMinMaxCounter;
}

/** BASIC summaries by top namespace; the lines are those of `<namespace>_<name>`. */
export class NamespaceSummarySet implements Metric {
  readonly #name: string;
  readonly #counters: Map<string, AvgMinMaxCounter>;
  readonly #cache: (CachedNamespace | undefined)[];
  /** The one that was counted last: mostly it is the next as well. */
  #last: CachedNamespace | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#counters = new Map();
    this.#cache = new Array<CachedNamespace | undefined>(CACHE_SLOTS).fill(undefined);
  }

  /** Records a value for a path given as a string. The root has no namespace and is not counted. */
  add(path: string, value: number): void {
    const end = path.indexOf('/', 1);
    const namespace = path.slice(1, end === -1 ? path.length : end);
    if (namespace !== '') this.#counterOf(namespace).add(value);
  }

  /** The same for a path given as UTF-8 from `start` up to but not including `end`. */
  addBytes(bytes: Uint8Array, start: number, end: number, value: number): void {
    const nameStart = start + 1;
    const last = this.#last;
    if (last !== undefined && isNamespace(last.name, bytes, nameStart, end)) {
      last.counter.add(value);
      return;
    }
    const limit = Math.min(end, nameStart + MAX_KEY_LENGTH + 1);
    let hash = FNV_OFFSET;
    let nameEnd = nameStart;
    for (; nameEnd < limit; nameEnd++) {
      const byte = bytes[nameEnd] as number;
      if (byte === SLASH) break;
      hash = Math.imul(hash ^ byte, FNV_PRIME);
    }
    if (nameEnd <= nameStart) return;
    if (nameEnd - nameStart > MAX_KEY_LENGTH) {
      this.#counterOf(OTHER_KEYS).add(value);
      return;
    }
    const namespace = this.#namespaceOf(bytes, nameStart, nameEnd, hash ^ (hash >>> 16));
    this.#last = namespace;
    namespace.counter.add(value);
  }

  appendTo(entries: MetricEntry[]): void {
    for (const counter of this.#counters.values()) counter.appendTo(entries);
  }

  reset(): void {
    for (const counter of this.#counters.values()) counter.reset();
  }

  #namespaceOf(bytes: Uint8Array, start: number, end: number, hash: number): CachedNamespace {
    let slot = hash & (CACHE_SLOTS - 1);
    for (let way = 0; way < CACHE_WAYS; way++) {
      const cached = this.#cache[slot];
      if (cached === undefined) break;
      if (isSameName(cached.name, bytes, start, end)) return cached;
      if (way < CACHE_WAYS - 1) slot = (slot + 1) & (CACHE_SLOTS - 1);
    }
    const name = Buffer.from(bytes.subarray(start, end));
    const counter = this.#counterOf(name.toString('utf8'));
    const namespace = { name, counter };
    this.#cache[slot] = namespace;
    return namespace;
  }

  #counterOf(namespace: string): AvgMinMaxCounter {
    const key = keyFor(namespace, this.#counters);
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = new AvgMinMaxCounter(`${key}_${this.#name}`);
      this.#counters.set(key, counter);
    }
    return counter;
  }
}

/** Whether `name` is the first element of a path that goes on from `start` to `end`. */
function isNamespace(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const nameEnd = start + name.length;
  if (nameEnd > end || (nameEnd < end && bytes[nameEnd] !== SLASH)) return false;
  return isSameName(name, bytes, start, nameEnd);
}

function isSameName(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (name[index] !== bytes[start + index]) return false;
  }
  return true;
}
