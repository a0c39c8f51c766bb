/*
 * One TCP connection of the generator: bytes in, whole frames out, nothing allocated per reply. All
 * connections read into one shared buffer (`onread`), and frames are handed on where they lie; only a
 * frame that was cut by the end of a chunk is carried over in a buffer of the connection's own.
 * What the frames mean is the receiver's business; it is exchanged when a connection changes from
 * setting up to bearing load.
 */
import net from 'node:net';
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

const SHARED_BYTES = 256 * 1024;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
const sharedView = viewOf(shared);

/** A connection to 127.0.0.1. */
export class Link {
  receiver: FrameReceiver;
  readonly #socket: net.Socket;
  #carry = Buffer.alloc(0);
  #carryView = viewOf(this.#carry);
  #carried = 0;
  #ended = false;

  constructor(port: number, receiver: FrameReceiver, connected: () => void) {
    this.receiver = receiver;
    this.#socket = net.connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (count: number): boolean => {
          this.#received(count);
          return true;
        },
      },
    });
    this.#socket.once('connect', connected);
    let reason = 'the server closed the connection';
    this.#socket.on('error', (error) => {
      reason = error.message;
    });
    this.#socket.once('close', () => {
      if (!this.#ended) this.receiver.closed(reason);
    });
  }

  /** Writes at once. The bytes must stay as they are until a reply to them has come. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Drops the connection; the receiver is not told. */
  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #received(count: number): void {
    this.receiver.chunkStart();
    let at = this.#carried > 0 ? this.#completeCarried(count) : 0;
    while (count - at >= 4) {
      const end = at + 4 + checkedLength(sharedView.getInt32(at));
      if (end > count) break;
      this.receiver.frame(sharedView, shared, at + 4, end);
      at = end;
    }
    if (at < count) this.#append(at, count);
    this.receiver.chunkEnd();
  }

  /** Completes the frame that was cut; returns how much of the chunk that took. */
  #completeCarried(count: number): number {
    let at = 0;
    if (this.#carried < 4) {
      at = Math.min(4 - this.#carried, count);
      this.#append(0, at);
      if (this.#carried < 4) return at;
    }
    const frameEnd = 4 + checkedLength(this.#carryView.getInt32(0));
    const taken = Math.min(frameEnd - this.#carried, count - at);
    this.#append(at, at + taken);
    at += taken;
    if (this.#carried === frameEnd) {
      this.#carried = 0;
      this.receiver.frame(this.#carryView, this.#carry, 4, frameEnd);
    }
    return at;
  }

  #append(from: number, to: number): void {
    const needed = this.#carried + to - from;
    if (needed > this.#carry.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#carry.length, 1024));
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
      this.#carryView = viewOf(larger);
    }
    shared.copy(this.#carry, this.#carried, from, to);
    this.#carried = needed;
  }
}

function checkedLength(length: number): number {
  if (length < 0 || length > MAX_FRAME_BYTES) {
    throw new WrongReply(`a reply claims a length of ${length} bytes`);
  }
  return length;
}
