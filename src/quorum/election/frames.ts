/*
 * Frames of an election link: a length of four bytes, then that many bytes, which are one message. Answers to the loop of
 * Java's QuorumCnxManager.RecvWorker and to SendWorker.send.
 */
import { readInt32, writeInt32 } from '../../jute/int64.ts';

/** The longest message that is taken, bytes (QuorumCnxManager.PACKETMAXSIZE). */
export const MESSAGE_SIZE_LIMIT = 512 * 1024;

const LENGTH_SIZE = 4;

/** A message with its length in front. */
export function frame(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_SIZE + message.length);
  writeInt32(bytes, 0, message.length);
  bytes.set(message, LENGTH_SIZE);
  return bytes;
}

/** Finds the messages in a stream that comes in any pieces. */
export class FrameReader {
  /** The part of a frame that has come: `part[0, partSize)`. */
  private part = new Uint8Array(256);
  private partSize = 0;

  /**
   * Takes `chunk[offset, end)`.
   *
   * @param message takes one message, which is a view for the time of the call; false when no more is to be taken
   * @returns null, or why this is no election link
   */
  take(
    chunk: Uint8Array,
    offset: number,
    end: number,
    message: (bytes: Uint8Array) => boolean,
  ): string | null {
    let at = offset;
    while (at < end) {
      at = this.fill(chunk, at, end, LENGTH_SIZE);
      if (this.partSize < LENGTH_SIZE) break;
      const length = readInt32(this.part, 0);
      if (length <= 0 || length > MESSAGE_SIZE_LIMIT) return `a message of ${length} bytes`;
      at = this.fill(chunk, at, end, LENGTH_SIZE + length);
      if (this.partSize < LENGTH_SIZE + length) break;
      this.partSize = 0;
      if (!message(this.part.subarray(LENGTH_SIZE, LENGTH_SIZE + length))) break;
    }
    return null;
  }

  /** Moves bytes into the part until it has `size`; memory grows with what has come, not with what a length claims. */
  private fill(chunk: Uint8Array, offset: number, end: number, size: number): number {
    const taken = Math.min(Math.max(size - this.partSize, 0), end - offset);
    const needed = this.partSize + taken;
    if (needed > this.part.length) {
      const larger = new Uint8Array(Math.max(needed, this.part.length * 2));
      larger.set(this.part.subarray(0, this.partSize));
      this.part = larger;
    }
    this.part.set(chunk.subarray(offset, offset + taken), this.partSize);
    this.partSize = needed;
    return offset + taken;
  }
}
