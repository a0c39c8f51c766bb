/*
 * Siblings: what the children of one znode have in common.
 *
 * Whoever creates many znodes, or has written a snapshot of them, mostly has them parent by parent. So the beginning of a path is compared
 * with that of the one before, and where it is the same, the parent need not be looked up, nor the beginning be digested again.
 */

import { crcUpdate } from './digest.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';

const SLASH = 0x2f;
const NO_BYTES = new Uint8Array(0);

/** What all children of a znode have in common: siblings mostly stand together. */
export class Siblings {
  parent: Row = NO_ROW;
  isExcluded = false;
  /** The path up to the slash in front of the name: its size, 0 before any, its running CRC, and how many characters it has. */
  size = 0;
  crc = 0;
  characters = 0;
  private bytes: Uint8Array = NO_BYTES;
  private view: DataView = new DataView(NO_BYTES.buffer);

  /** Forgets the parent, which may go before the next call. */
  clear(): void {
    this.size = 0;
  }

  /** Takes `bytes[start, nameStart)` as the beginning of their paths. */
  set(parent: Row, isExcluded: boolean, bytes: Uint8Array, start: number, nameStart: number): void {
    this.parent = parent;
    this.isExcluded = isExcluded;
    this.size = nameStart - start;
    this.crc = crcUpdate(-1, bytes, start, nameStart);
    this.characters = charactersIn(bytes, start, nameStart);
    if (this.size > this.bytes.length) {
      this.bytes = new Uint8Array(2 * this.size);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(bytes.subarray(start, nameStart));
  }

  /** Whether the path `view[start, end)` is that of one of them. */
  has(view: DataView, start: number, end: number): boolean {
    const { size } = this;
    if (size === 0 || end - start <= size) return false;
    let at = 0;
    for (; at + 4 <= size; at += 4) {
      if (view.getInt32(start + at) !== this.view.getInt32(at)) return false;
    }
    for (; at < size; at++) if (view.getUint8(start + at) !== this.view.getUint8(at)) return false;
    for (at += start; at < end; at++) if (view.getUint8(at) === SLASH) return false;
    return true;
  }
}

/** How many UTF-16 units a text in UTF-8 has: one for each character that does not continue one, two for those of four bytes. */
export function charactersIn(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
  }
  return count;
}
