/*
 * JuteReader: takes jute values off a byte range, one after the other (Java: BinaryInputArchive).
 *
 * Every read checks that the bytes are there before it takes them or allocates anything; a record that ends early or a length
 * that cannot be true raises JuteError, which a server answers with MarshallingError or by closing that one connection.
 * Byte fields come back as views of the input: copy what must outlive it.
 */

import type { ByteRange } from './byte-range.ts';
import { readInt32, readInt64, readTimeMs } from './int64.ts';

/** A record that does not follow its layout: too short, or with a length that cannot be true. */
export class JuteError extends Error {
  override readonly name = 'JuteError';
}

/** A cursor over `bytes[offset, end)`. */
export class JuteReader {
  bytes: Buffer;
  offset: number;
  end: number;

  /** @param end the offset behind the last byte that may be read; the end of `bytes` when not given */
  constructor(bytes: Buffer, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** Starts again over another range, so that one reader can serve many frames. */
  reset(bytes: Buffer, offset: number, end: number): this {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    return this;
  }

  /** The same over a range. */
  resetTo({ bytes, start, end }: ByteRange): this {
    return this.reset(bytes, start, end);
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.end - this.offset;
  }

  /** Moves past `size` bytes and returns where they began. Raises JuteError when there are fewer. */
  skip(size: number): number {
    const start = this.offset;
    if (size > this.end - start) {
      throw new JuteError(`needs ${size} bytes, has ${this.end - start}`);
    }
    this.offset = start + size;
    return start;
  }

  /** 4 bytes, signed. */
  readInt(): number {
    return readInt32(this.bytes, this.skip(4));
  }

  /** 8 bytes, signed. */
  readLong(): bigint {
    return readInt64(this.bytes, this.skip(8));
  }

  /** 8 bytes that hold a time in ms or another number of at most 53 bits. */
  readTimeMs(): number {
    return readTimeMs(this.bytes, this.skip(8));
  }

  /** 1 byte; true unless it is 0, as DataInput.readBoolean. */
  readBoolean(): boolean {
    return this.bytes[this.skip(1)] !== 0;
  }

  /** The length in front of a byte or string field, 4 bytes, -1 for null; raises JuteError for one that is otherwise negative or beyond the end. */
  readLength(): number {
    const length = this.readInt();
    if (length < -1 || length > this.end - this.offset) {
      throw new JuteError(`unreasonable length ${length}, ${this.remaining} bytes are left`);
    }
    return length;
  }

  /** A byte field: length (4), bytes. A view of the input, or null for length -1. */
  readBuffer(): Buffer | null {
    const length = this.readLength();
    if (length < 0) return null;
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  /** A string field: length (4), UTF-8, see decodeString. Null for length -1. */
  readString(): string | null {
    const length = this.readLength();
    if (length < 0) return null;
    const start = this.skip(length);
    return decodeString(this.bytes, start, start + length);
  }

  /**
   * The count of a vector: -1 for a null vector; another negative count is an empty vector, as in the code that jute generates.
   * `elementMinSize` (bytes) bounds what a count may claim, so that a huge one is refused before anything is allocated.
   */
  readVectorSize(elementMinSize: number): number {
    const count = this.readInt();
    if (count > 0 && count > this.remaining / elementMinSize) {
      throw new JuteError(`a vector of ${count} elements in ${this.remaining} bytes`);
    }
    return count < -1 ? 0 : count;
  }

  /** A vector of strings: count (4), strings. Null for count -1. Null elements are kept. */
  readStrings(): (string | null)[] | null {
    const count = this.readVectorSize(4);
    if (count < 0) return null;
    const strings: (string | null)[] = [];
    for (let index = 0; index < count; index++) strings.push(this.readString());
    return strings;
  }
}

/**
 * Decodes `bytes[start, end)` as UTF-8; the usual case, plain ASCII, does not go through the decoder.
 * Bytes that are no UTF-8 become U+FFFD, as many as in Java.
 */
export function decodeString(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) > 0x7f) return decodeNonAscii(bytes, start, end);
  }
  return bytes.toString('latin1', start, end);
}

function decodeNonAscii(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes('\ufffd') ? withoutSurrogates(bytes.subarray(start, end)) : text;
}

/**
 * Java's clients and servers encode the two halves of a character beyond U+FFFF by themselves (BinaryOutputArchive), ED A0..BF
 * and one more byte for each. Reading that, Java takes each for one malformed sequence, Node.js for three.
 */
function withoutSurrogates(bytes: Buffer): string {
  const kept = Buffer.from(bytes);
  let length = 0;
  for (let at = 0; at < bytes.length; length++) {
    const size = surrogateSize(bytes, at);
    kept[length] = size === 0 ? (bytes[at] as number) : NEVER_IN_UTF8;
    at += Math.max(size, 1);
  }
  return kept.toString('utf8', 0, length);
}

const NEVER_IN_UTF8 = 0xff;

/** How many bytes of an encoded surrogate stand at `at`: 3, or 2 when the last is missing, or 0 when there is none. */
function surrogateSize(bytes: Buffer, at: number): 0 | 2 | 3 {
  if (bytes[at] !== 0xed || ((bytes[at + 1] ?? 0) & 0xe0) !== 0xa0) return 0;
  return ((bytes[at + 2] ?? 0) & 0xc0) === 0x80 ? 3 : 2;
}
