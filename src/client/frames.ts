/*
 * FrameReader: the frames in what a socket gives, however it was cut (Java: ClientCnxnSocketNIO.doIO). A frame is a length (4 bytes,
 * not counting itself) and as many bytes. Frames come out as ranges of the buffer that they arrived in; only one that
 * was cut is copied together.
 */

import { readInt32 } from '../jute/int64.ts';
import { JuteError } from '../jute/reader.ts';

const LENGTH_SIZE = 4;

/** A frame whose length cannot be, or is more than is allowed. */
export class FrameSizeError extends JuteError {}

/** Collects chunks and gives whole frames. */
export class FrameReader {
  /** The buffer that `start` and `end` speak of. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where the frame that next() found begins, behind its length. */
  start = 0;
  /** Where it ends. */
  end = 0;
  readonly #maxSize: number;
  /** Chunks behind `bytes`; not empty only while a frame is incomplete. */
  #later: Buffer[] = [];
  #laterSize = 0;

  /** @param maxSize bytes that a frame must stay below (jute.maxbuffer) */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** Forgets everything, for a new connection. */
  reset(): void {
    this.bytes = Buffer.alloc(0);
    this.start = 0;
    this.end = 0;
    this.#later = [];
    this.#laterSize = 0;
  }

  /** Takes what the socket gave. */
  push(chunk: Buffer): void {
    if (this.end === this.bytes.length && this.#later.length === 0) {
      this.bytes = chunk;
      this.end = 0;
      return;
    }
    this.#later.push(chunk);
    this.#laterSize += chunk.length;
  }

  /**
   * Moves on to the next frame: false if it is not whole yet.
   * Raises FrameSizeError for a length that is negative or not below the limit.
   */
  next(): boolean {
    if (!this.isNextWhole()) return false;
    const size = this.#nextSize();
    if (this.bytes.length - this.end < LENGTH_SIZE + size) this.#join();
    this.start = this.end + LENGTH_SIZE;
    this.end = this.start + size;
    return true;
  }

  /** True if next() would find a frame. Raises FrameSizeError as next() does. */
  isNextWhole(): boolean {
    if (this.#nextSize() < 0) {
      if (!this.#isThere(LENGTH_SIZE)) return false;
      this.#join();
    }
    return this.#isThere(LENGTH_SIZE + this.#nextSize());
  }

  /** The first 4 bytes of the next frame if it is whole, else null. Raises FrameSizeError as next() does. */
  peekInt(): number | null {
    if (!this.isNextWhole()) return null;
    if (this.bytes.length - this.end < LENGTH_SIZE + 4) this.#join();
    if (this.bytes.length - this.end < LENGTH_SIZE + 4) return null;
    return readInt32(this.bytes, this.end + LENGTH_SIZE);
  }

  /** The length of the next frame as far as `bytes` tells, or -1. */
  #nextSize(): number {
    if (this.bytes.length - this.end < LENGTH_SIZE) return -1;
    const size = readInt32(this.bytes, this.end);
    if (size < 0 || size >= this.#maxSize) {
      throw new FrameSizeError(`a frame of ${size} bytes, jute.maxbuffer is ${this.#maxSize}`);
    }
    return size;
  }

  #isThere(size: number): boolean {
    return this.bytes.length - this.end + this.#laterSize >= size;
  }

  #join(): void {
    this.bytes = Buffer.concat([this.bytes.subarray(this.end), ...this.#later]);
    this.end = 0;
    this.#later = [];
    this.#laterSize = 0;
  }
}
