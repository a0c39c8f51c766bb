/*
 * Copying some bytes from one array to another, quicker than set() where there are few of them, which is the usual case here: a
 * path, the data of a znode, a Stat.
 */

/** Up to this size, in bytes, a loop is quicker than making a view. Measured. */
export const LOOP_MAX_SIZE = 32;

/** Copies `size` bytes from `source[from …]` to `target[to …]`; the caller has checked the bounds. */
export function copyBytes(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  size: number,
): void {
  if (size > LOOP_MAX_SIZE) {
    // Not subarray(): a Buffer's is several times slower.
    const isWhole = size === source.length;
    target.set(
      isWhole ? source : new Uint8Array(source.buffer, source.byteOffset + from, size),
      to,
    );
    return;
  }
  for (let index = 0; index < size; index++) target[to + index] = source[from + index] as number;
}

/** Up to this size, in bytes, a loop over words is quicker than set(). Measured. */
export const WORD_LOOP_MAX_SIZE = 512;

/** Copies `size` bytes from `source[from …]` to `target[to …]`: quicker than copyBytes() where views of both are at hand anyway. */
export function copyViewed(
  source: DataView,
  from: number,
  target: DataView,
  to: number,
  size: number,
): void {
  if (size <= WORD_LOOP_MAX_SIZE) {
    copyWords(source, from, target, to, size);
    return;
  }
  const bytes = new Uint8Array(source.buffer, source.byteOffset + from, size);
  new Uint8Array(target.buffer, target.byteOffset + to, size).set(bytes);
}

/** Copies `size` bytes from `source[from …]` to `target[to …]`, word after word, without making an object. */
export function copyWords(
  source: DataView,
  from: number,
  target: DataView,
  to: number,
  size: number,
): void {
  let index = 0;
  // Four at a time: that takes two thirds of the time. Measured.
  for (; index + 16 <= size; index += 16) {
    const first = source.getInt32(from + index, true);
    const second = source.getInt32(from + index + 4, true);
    const third = source.getInt32(from + index + 8, true);
    const fourth = source.getInt32(from + index + 12, true);
    target.setInt32(to + index, first, true);
    target.setInt32(to + index + 4, second, true);
    target.setInt32(to + index + 8, third, true);
    target.setInt32(to + index + 12, fourth, true);
  }
  for (; index + 4 <= size; index += 4) {
    target.setInt32(to + index, source.getInt32(from + index, true), true);
  }
  for (; index < size; index++) target.setUint8(to + index, source.getUint8(from + index));
}

const NO_BYTES = new Uint8Array();
const NO_VIEW = new DataView(NO_BYTES.buffer);

/**
 * Copies from one array to others again and again, as requests lie in the same block one after the other: a view of the array is made
 * once for all of them, and not for each. The array that it copied from last lives as long as it does, so there should be few of these.
 */
export class CopySource {
  private bytes: Uint8Array = NO_BYTES;
  private view: DataView = NO_VIEW;

  /** Copies `size` bytes from `source[from …]` to `target[to …]`; the caller has checked the bounds. */
  copy(source: Uint8Array, from: number, target: DataView, to: number, size: number): void {
    copyViewed(this.viewOf(source), from, target, to, size);
  }

  /** A view of all of `source`. */
  viewOf(source: Uint8Array): DataView {
    if (source !== this.bytes) {
      this.bytes = source;
      this.view = new DataView(source.buffer, source.byteOffset, source.length);
    }
    return this.view;
  }
}
