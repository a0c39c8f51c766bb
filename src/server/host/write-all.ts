/*
 * Writing all of something, however many calls the system wants for it.
 *
 * writev may take less than it is given, on a disk that is nearly full above all; only the next call then tells the error.
 */

import fs from 'node:fs';
import type { Done } from '../../datatree/storage/disk.ts';

/** Writes `parts`, one behind the other, to a file at `position`. */
export function writeAll(
  descriptor: number,
  parts: readonly Uint8Array[],
  position: number,
  done: Done,
): void {
  fs.writev(descriptor, parts, position, (error, written) => {
    if (error !== null) {
      done(error);
      return;
    }
    const rest = withoutFirst(parts, written);
    if (rest.length === 0) done(null);
    else if (written === 0) done(new Error('the disk takes no more bytes'));
    else writeAll(descriptor, rest, position + written, done);
  });
}

function withoutFirst(parts: readonly Uint8Array[], size: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = size;
  for (const part of parts) {
    if (part.length > skip) rest.push(part.subarray(skip));
    skip = Math.max(0, skip - part.length);
  }
  return rest;
}
