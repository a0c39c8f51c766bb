/*
 * Where the tree gets its memory. Nothing else in this room makes large buffers, so that they can become
 * SharedArrayBuffers for reader threads by a change in this file alone.
 */

/** `size` bytes of zeros outside the JavaScript heap; the view begins at 0 of its buffer. */
export function allocateBytes(size: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(size));
}

/** The byte order of this machine. */
export const IS_LITTLE_ENDIAN = new Uint8Array(new Int32Array([1]).buffer)[0] === 1;
