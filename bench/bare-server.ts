/*
 * A server that answers gets without any logic: the ceiling of what one Node process can do over sockets,
 * and the proof that the generator is faster than the servers it measures. It knows the znodes of
 * the get load by their path's digits, accepts creates without doing them, and understands nothing else.
 */
import net from 'node:net';
import { DATA_BYTES, dataPath, fillContent, NODE_COUNT } from './content.ts';
import { Op, REPLY_HEADER_BYTES, STAT_BYTES, viewOf } from './wire.ts';

const REPLY_BYTES = 4 + REPLY_HEADER_BYTES + 4 + DATA_BYTES + STAT_BYTES;
const PATH_AT = 16;
const DIGITS_AT = PATH_AT + dataPath(0).length - 4;
const STAT_DATA_LENGTH = 52;

/** The replies to a get of each znode, one after the other. */
function encodeReplies(): Buffer {
  const replies = Buffer.alloc(NODE_COUNT * REPLY_BYTES);
  const view = viewOf(replies);
  for (let node = 0; node < NODE_COUNT; node++) {
    const at = node * REPLY_BYTES;
    view.setInt32(at, REPLY_BYTES - 4);
    view.setInt32(at + 4 + REPLY_HEADER_BYTES, DATA_BYTES);
    fillContent(view, at + 8 + REPLY_HEADER_BYTES, node, 0);
    view.setInt32(at + REPLY_BYTES - STAT_BYTES + STAT_DATA_LENGTH, DATA_BYTES);
  }
  return replies;
}

/** Serves on 127.0.0.1 until SIGTERM. */
export function serveBare(port: number): void {
  const replies = encodeReplies();
  const server = net.createServer(
    {
      noDelay: true,
    },
    (socket) => new BareConnection(socket, replies),
  );
  process.once('SIGTERM', () => process.exit(0));
  server.listen(port, '127.0.0.1');
}

class BareConnection {
  readonly #socket: net.Socket;
  readonly #replies: Buffer;
  #pending: Buffer = Buffer.alloc(0);
  #shaken = false;

  constructor(socket: net.Socket, replies: Buffer) {
    this.#socket = socket;
    this.#replies = replies;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => this.#received(chunk));
  }

  #received(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const view = viewOf(bytes);
    if (bytes.length >= 4 && bytes.toString('latin1', 0, 4) === 'srvr') {
      this.#socket.end('Mode: standalone\n');
      return;
    }
    const out: number[] = [];
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + view.getInt32(at);
      if (end > bytes.length) break;
      out.push(at);
      at = end;
    }
    this.#pending = bytes.subarray(at);
    this.#answer(view, bytes, out);
  }

  #answer(view: DataView, bytes: Buffer, frames: readonly number[]): void {
    const reply = Buffer.allocUnsafe(frames.length * REPLY_BYTES);
    let length = 0;
    for (const at of frames) {
      if (!this.#shaken) {
        this.#shaken = true;
        reply.fill(0, 0, 41);
        reply.writeInt32BE(37, 0);
        reply.writeInt32BE(30_000, 8);
        reply.writeInt32BE(16, 20);
        length = 41;
      } else if (view.getInt32(at + 8) === Op.getData) {
        const digits = view.getInt32(at + DIGITS_AT) & 0x0f0f0f0f;
        const tens = (digits >>> 24) * 10 + ((digits >>> 16) & 15);
        const node = (tens * 10 + ((digits >>> 8) & 15)) * 10 + (digits & 15);
        this.#replies.copy(reply, length, node * REPLY_BYTES, (node + 1) * REPLY_BYTES);
        reply.writeInt32BE(view.getInt32(at + 4), length + 4);
        length += REPLY_BYTES;
      } else {
        length += this.#echo(view, bytes, at, reply, length);
      }
    }
    this.#socket.write(reply.subarray(0, length));
  }

  /** The reply to a create (its path) or to a closeSession (nothing). */
  #echo(view: DataView, bytes: Buffer, at: number, reply: Buffer, to: number): number {
    const isCreate = view.getInt32(at + 8) === Op.create;
    const body = isCreate ? bytes.subarray(at + 12, at + 16 + view.getInt32(at + 12)) : NOTHING;
    reply.fill(0, to, to + 4 + REPLY_HEADER_BYTES);
    reply.writeInt32BE(REPLY_HEADER_BYTES + body.length, to);
    reply.writeInt32BE(view.getInt32(at + 4), to + 4);
    body.copy(reply, to + 4 + REPLY_HEADER_BYTES);
    return 4 + REPLY_HEADER_BYTES + body.length;
  }
}

const NOTHING = Buffer.alloc(0);
