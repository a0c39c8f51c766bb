/*
 * A client of the bare protocol: it sends the frames it is given, well formed or not, and hands out the frames that come
 * back in the order they came. It keeps no state for its user: no automatic ping, no reconnect, no watch table.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { patienceMs, within } from './until.ts';
import { framed, WireReader, WireWriter } from './wire.ts';

/** The answer to a connect request. */
export interface Handshake {
  readonly protocolVersion: number;
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Buffer;
  /** What follows the ConnectResponse: one byte `readOnly`, or nothing for a client that did not send it. */
  readonly rest: Buffer;
}

/** A frame from the server, its reply header decoded. */
export interface Reply {
  readonly xid: number;
  readonly zxid: bigint;
  readonly err: number;
  readonly body: Buffer;
}

/** Fields of a connect request; the password may be of any length or absent. */
export interface ConnectRequest {
  readonly protocolVersion?: number;
  readonly lastZxidSeen?: bigint;
  readonly timeoutMs?: number;
  readonly sessionId?: bigint;
  readonly password?: Uint8Array | null;
  /** The byte that clients from 3.4 on send; undefined leaves it out. */
  readonly readOnly?: boolean | undefined;
}

/** The bytes of a connect request without their length. */
export function connectRequest(request: ConnectRequest): Buffer {
  const writer = new WireWriter()
    .int(request.protocolVersion ?? 0)
    .long(request.lastZxidSeen ?? 0n)
    .int(request.timeoutMs ?? 30_000)
    .long(request.sessionId ?? 0n)
    .buffer(request.password === undefined ? Buffer.alloc(16) : request.password);
  if (request.readOnly !== undefined) writer.bool(request.readOnly);
  return writer.bytes();
}

/** Reads the answer to a connect request. */
export function readHandshake(frame: Buffer): Handshake {
  const reader = new WireReader(frame);
  return {
    protocolVersion: reader.int(),
    timeoutMs: reader.int(),
    sessionId: reader.long(),
    password: reader.buffer() ?? Buffer.alloc(0),
    rest: reader.rest(),
  };
}

/** Reads the reply header of a frame. */
export function readReply(frame: Buffer): Reply {
  const reader = new WireReader(frame);
  return { xid: reader.int(), zxid: reader.long(), err: reader.int(), body: reader.rest() };
}

/** One TCP connection, with the frames that arrive on it. */
export class RawConnection {
  readonly socket: Socket;
  readonly #frames: Buffer[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (part: Buffer) => this.#take(part));
    // A reset is an end like any other here; 'close' follows it.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  #take(part: Buffer): void {
    let bytes = this.#pending.length === 0 ? part : Buffer.concat([this.#pending, part]);
    while (bytes.length >= 4) {
      const end = 4 + bytes.readInt32BE(0);
      if (bytes.length < end) break;
      this.#frames.push(bytes.subarray(4, end));
      bytes = bytes.subarray(end);
    }
    this.#pending = bytes;
    this.#wake?.();
  }

  /** Whether the server has closed the connection; frames may be left to read. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Sends a request: its header, its body, and their length in front. */
  send(xid: number, op: number, body: Uint8Array = Buffer.alloc(0)): void {
    const header = new WireWriter().int(xid).int(op).bytes();
    this.write(framed(Buffer.concat([header, body])));
  }

  /** The next frame without its length, or null when the server has closed and nothing is left. */
  async frame(timeoutMs = patienceMs): Promise<Buffer | null> {
    while (this.#frames.length === 0 && !this.#closed) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await within('a frame from the server', woken, timeoutMs);
      this.#wake = null;
    }
    return this.#frames.shift() ?? null;
  }

  /** The next frame as a reply or an event, or null when the server has closed. */
  async reply(timeoutMs = patienceMs): Promise<Reply | null> {
    const frame = await this.frame(timeoutMs);
    return frame === null ? null : readReply(frame);
  }

  /** Waits until the server closes; frames that come first are kept. */
  async end(timeoutMs = patienceMs): Promise<void> {
    if (this.#closed) return;
    await within('the server to close the connection', once(this.socket, 'close'), timeoutMs);
  }

  /**
   * Ends this side of the connection and waits until the server has closed its own. Apache ZooKeeper finds a session's
   * connection in a map from which the end of an earlier one can remove the newer one (ServerCnxnFactory
   * .removeCnxnFromSessionMap): a session that comes back while its old end is still to be noticed is then never closed.
   */
  async hangUp(): Promise<void> {
    this.socket.end();
    await this.end();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.socket.destroy();
  }
}

/** Opens a TCP connection to a port of 127.0.0.1. */
export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return new RawConnection(socket);
}

/** A connection after its handshake, and requests one at a time. Events are put aside in the order they came. */
export class RawSession {
  readonly connection: RawConnection;
  readonly handshake: Handshake;
  /** The watch events that came so far. */
  readonly events: Reply[] = [];
  #xid = 0;

  constructor(connection: RawConnection, handshake: Handshake) {
    this.connection = connection;
    this.handshake = handshake;
  }

  /** Sends a request and returns its reply; an error if the server closes instead. */
  async request(op: number, body: Uint8Array = Buffer.alloc(0), xid = ++this.#xid): Promise<Reply> {
    this.connection.send(xid, op, body);
    for (;;) {
      const reply = await this.connection.reply();
      if (reply === null) throw new Error(`the server closed instead of answering op ${op}`);
      if (reply.xid === -1) this.events.push(reply);
      else return reply;
    }
  }

  /** Closes the session and waits until the server has closed the connection. */
  async close(): Promise<void> {
    await this.request(-11);
    await this.connection.end();
  }
}

/** Opens a connection and a session on it: a new one, or the one named in the request. */
export async function openSession(
  port: number,
  request: ConnectRequest = { readOnly: false },
): Promise<RawSession> {
  const connection = await openConnection(port);
  connection.write(framed(connectRequest(request)));
  const frame = await connection.frame();
  if (frame === null) throw new Error('the server closed instead of answering the handshake');
  return new RawSession(connection, readHandshake(frame));
}
