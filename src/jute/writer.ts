/*
 * JuteWriter: appends jute values to a buffer that grows (Java: BinaryOutputArchive).
 *
 * It is made to be used again: reset() keeps the memory. Nothing here allocates per value, apart from growing.
 */

import { CopySource, copyBytes, LOOP_MAX_SIZE } from './copy-bytes.ts';
import { writeInt32, writeInt64, writeTimeMs } from './int64.ts';

/** One for all writers: each of them would keep the request alive that it copied from last. */
const source = new CopySource();

/** A growing byte sequence: `buffer[0, length)` is what was written. */
export class JuteWriter {
  buffer: Buffer;
  length: number;
  private wholeView: DataView | null = null;

  /** @param initialSize bytes allocated at first */
  constructor(initialSize = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(initialSize);
    this.length = 0;
  }

  /** Forgets what was written and keeps the memory. */
  reset(): this {
    this.length = 0;
    return this;
  }

  /** What was written, as a view: copy it if it must outlive the next write. */
  view(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** What was written, as a copy of its own. */
  toBuffer(): Buffer {
    return Buffer.from(this.view());
  }

  /** Makes room for `size` bytes, counts them as written, and returns where they begin. */
  reserve(size: number): number {
    const start = this.length;
    const needed = start + size;
    if (needed > this.buffer.length) this.grow(needed);
    this.length = needed;
    return start;
  }

  /** A view of all of `buffer`, good until something more is written. */
  get bufferView(): DataView {
    const { buffer } = this;
    this.wholeView ??= new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    return this.wholeView;
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
    this.wholeView = null;
  }

  /** 4 bytes. */
  writeInt(value: number): void {
    const at = this.reserve(4);
    writeInt32(this.buffer, at, value);
  }

  /** 8 bytes. */
  writeLong(value: bigint): void {
    const at = this.reserve(8);
    writeInt64(this.buffer, at, value);
  }

  /** 8 bytes that hold a time in ms or another integer of at most 53 bits. */
  writeTimeMs(value: number): void {
    const at = this.reserve(8);
    writeTimeMs(this.buffer, at, value);
  }

  /** 1 byte. */
  writeBoolean(value: boolean): void {
    const at = this.reserve(1);
    this.buffer[at] = value ? 1 : 0;
  }

  /** The bytes alone, without a length. */
  writeBytes(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }

  /** `bytes[start, end)` alone, without a length. */
  writeBytesOf(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const at = this.reserve(size);
    this.copyIn(bytes, start, at, size);
  }

  /** `bytes[start, end)` as a byte or string field: length (4), bytes. */
  writeRange(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const at = this.reserve(4 + size);
    writeInt32(this.buffer, at, size);
    this.copyIn(bytes, start, at + 4, size);
  }

  private copyIn(bytes: Uint8Array, start: number, at: number, size: number): void {
    if (size <= LOOP_MAX_SIZE) copyBytes(bytes, start, this.buffer, at, size);
    else source.copy(bytes, start, this.bufferView, at, size);
  }

  /** A byte field: length (4; -1 for null), bytes. */
  writeBuffer(bytes: Uint8Array | null): void {
    if (bytes === null) {
      this.writeInt(-1);
      return;
    }
    this.writeInt(bytes.length);
    this.writeBytes(bytes);
  }

  /**
   * A string field: length in bytes (4; -1 for null), UTF-8. A character beyond U+FFFF takes four bytes, as its sender wrote it;
   * Java's BinaryOutputArchive makes two surrogates of three bytes of it, which no decoder of UTF-8 takes, not even Java's.
   */
  writeString(text: string | null): void {
    if (text === null) {
      this.writeInt(-1);
      return;
    }
    const lengthAt = this.reserve(4 + text.length);
    const { buffer } = this;
    const bytesAt = lengthAt + 4;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.length = bytesAt;
        this.finishNonAsciiString(text, lengthAt);
        return;
      }
      buffer[bytesAt + index] = unit;
    }
    writeInt32(buffer, lengthAt, text.length);
  }

  private finishNonAsciiString(text: string, lengthAt: number): void {
    const size = Buffer.byteLength(text, 'utf8');
    const at = this.reserve(size);
    this.buffer.write(text, at, size, 'utf8');
    writeInt32(this.buffer, lengthAt, size);
  }

  /** A vector of strings: count (4; -1 for null), strings. */
  writeStrings(strings: readonly (string | null)[] | null): void {
    if (strings === null) {
      this.writeInt(-1);
      return;
    }
    this.writeInt(strings.length);
    for (const text of strings) this.writeString(text);
  }
}
