/*
 * ByteRange: bytes that lie in a larger buffer. A view of them costs ten times as much to make as this, and most are only read
 * from their start to their end.
 */

/** Where something lies: `bytes[start, end)`. */
export interface ByteRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** All of `bytes`. */
export function wholeRange(bytes: Buffer): ByteRange {
  return { bytes, start: 0, end: bytes.length };
}

/** The bytes of a range, as a view. */
export function viewOfRange({ bytes, start, end }: ByteRange): Buffer {
  return bytes.subarray(start, end);
}
