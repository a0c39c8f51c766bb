/*
 * Makes memory ready for the tree (src/datatree/memory.ts): a read of zeros, which libuv does in one of its threads, has the system map
 * the pages there, and not where clients wait.
 */

import fs from 'node:fs';
import type { Warm } from '../../datatree/memory.ts';

/** Zeros without end, open once for all; null before the first use, and where the system has none. */
let zeros: number | null = null;

/** What warms memory here; null where the system has no zeros to read, and memory is used as it is. */
export function memoryWarmer(): Warm | null {
  zeros ??= openZeros();
  if (zeros === null) return null;
  const source = zeros;
  return (bytes, done) => {
    fs.read(source, bytes, 0, bytes.length, null, () => done());
  };
}

function openZeros(): number | null {
  try {
    const source = fs.openSync('/dev/zero', 'r');
    if (fs.fstatSync(source).isCharacterDevice()) return source;
    // A file of that name, as some containers have, may hold anything.
    fs.closeSync(source);
    return null;
  } catch {
    return null;
  }
}
