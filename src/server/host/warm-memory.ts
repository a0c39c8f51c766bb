/*
 * Makes memory ready for the tree (src/datatree/memory.ts): a read of zeros, which libuv does in one of its threads, has the system map
 * the pages there, and not where clients wait.
 */

import fs from 'node:fs';
import type { Warm } from '../../datatree/memory.ts';

/** Zeros without end, open once for all; null before the first use and where the system has none. */
let zeros: number | null = null;

/** What warms memory here; null where the system has no zeros to read, and memory is used as it is. */
export function memoryWarmer(): Warm | null {
  try {
    zeros ??= fs.openSync('/dev/zero', 'r');
  } catch {
    return null;
  }
  const source = zeros;
  return (bytes, done) => {
    fs.read(source, bytes, 0, bytes.length, null, () => done());
  };
}
