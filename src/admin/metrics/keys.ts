/*
 * How many keys a set of metrics takes.
 *
 * Java's sets keep a counter for every key they ever saw. A key here is the first element of a path, so a client could
 * make the server keep, and print, as many as it likes; beyond the limits below they share one counter.
 */

/** Keys that a set tells apart. A thousand times what `mntr` is readable with. */
export const MAX_KEYS = 10_000;

/** Characters of the longest key that is told apart. */
export const MAX_KEY_LENGTH = 255;

/** The key that all others are counted under when a set is full or a key too long. */
export const OTHER_KEYS = 'other_namespaces';

/** The key to count under: `key` itself, if the set has it or may take it. */
export function keyFor(key: string, counters: ReadonlyMap<string, unknown>): string {
  if (counters.has(key)) return key;
  return counters.size < MAX_KEYS && key.length <= MAX_KEY_LENGTH ? key : OTHER_KEYS;
}
