/*
 * Cuts the bytes of one connection into frames, however they arrive. Frames are handed on where they lie
 * in the chunk; only one that was cut by the end of a chunk is carried over in a buffer of its own.
 */
import { MAX_FRAME_BYTES, viewOf, WrongReply } from './wire.ts';

/** Takes the frames of one connection. `view` and `bytes` show the same memory and are valid during the call only. */
export interface FrameReceiver {
  /** A chunk has arrived: read the clock once for all its frames. */
  chunkStart(): void;
  /** One frame, without its length: from `start` up to `end`. */
  frame(view: DataView, bytes: Buffer, start: number, end: number): void;
  /** All frames of a chunk were handed over: now is the time to write. */
  chunkEnd(): void;
  /** The connection has ended, by the other side or by an error. */
  closed(reason: string): void;
}

/** The state between two chunks of one connection. */
export class FrameSplitter {
  #carry = Buffer.alloc(0);
  #carryView = viewOf(this.#carry);
  #carried = 0;

  /** Hands over all frames that end within the first `count` bytes of a chunk. Throws WrongReply for an absurd length. */
  split(view: DataView, bytes: Buffer, count: number, receiver: FrameReceiver): void {
    let at = this.#carried > 0 ? this.#completeCarried(bytes, count, receiver) : 0;
    while (count - at >= 4) {
      const end = at + 4 + checkedLength(view.getInt32(at));
      if (end > count) break;
      receiver.frame(view, bytes, at + 4, end);
      at = end;
    }
    if (at < count) this.#append(bytes, at, count);
  }

  /** Completes the frame that was cut; returns how much of the chunk that took. */
  #completeCarried(bytes: Buffer, count: number, receiver: FrameReceiver): number {
    let at = 0;
    if (this.#carried < 4) {
      at = Math.min(4 - this.#carried, count);
      this.#append(bytes, 0, at);
      if (this.#carried < 4) return at;
    }
    const frameEnd = 4 + checkedLength(this.#carryView.getInt32(0));
    const taken = Math.min(frameEnd - this.#carried, count - at);
    this.#append(bytes, at, at + taken);
    at += taken;
    if (this.#carried === frameEnd) {
      this.#carried = 0;
      receiver.frame(this.#carryView, this.#carry, 4, frameEnd);
    }
    return at;
  }

  #append(bytes: Buffer, from: number, to: number): void {
    const needed = this.#carried + to - from;
    if (needed > this.#carry.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#carry.length, 1024));
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
      this.#carryView = viewOf(larger);
    }
    bytes.copy(this.#carry, this.#carried, from, to);
    this.#carried = needed;
  }
}

function checkedLength(length: number): number {
  if (length < 0 || length > MAX_FRAME_BYTES) {
    throw new WrongReply(`a reply claims a length of ${length} bytes`);
  }
  return length;
}
