/*
 * One TCP connection of the generator: bytes in, whole frames out, nothing allocated per reply. All
 * connections read into one shared buffer (`onread`). What the frames mean is the receiver's business; it
 * is exchanged when a connection changes from setting up to bearing load.
 */
import net from 'node:net';
import { descriptorOf, send } from '../src/server/host/socket-handle.ts';
import { type FrameReceiver, FrameSplitter } from './frames.ts';
import { viewOf } from './wire.ts';

const SHARED_BYTES = 256 * 1024;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
const sharedView = viewOf(shared);

/** A connection to 127.0.0.1. */
export class Link {
  receiver: FrameReceiver;
  readonly #socket: net.Socket;
  readonly #splitter = new FrameSplitter();
  #descriptor = -1;
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
    this.#socket.once('connect', () => {
      this.#descriptor = descriptorOf(this.#socket);
      connected();
    });
    let reason = 'the server closed the connection';
    this.#socket.on('error', (error) => {
      reason = error.message;
    });
    this.#socket.once('close', () => {
      if (!this.#ended) this.receiver.closed(reason);
    });
  }

  /** Writes at once. The bytes must stay as they are until a reply to them has come. */
  write(bytes: Buffer): void {
    send(this.#socket, this.#descriptor, bytes, bytes.length);
  }

  /** Drops the connection; the receiver is not told. */
  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #received(count: number): void {
    this.receiver.chunkStart();
    this.#splitter.split(sharedView, shared, count, this.receiver);
    this.receiver.chunkEnd();
  }
}
