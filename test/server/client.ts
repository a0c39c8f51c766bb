/*
 * A client in a box: one link to the server of a World. It sends frames in whatever pieces it is told to, and reads what the
 * server has given to the link, which takes everything at once unless it is made slow.
 */
import type { ClientPort } from '../../src/server/client/client-port.ts';
import type { Connection } from '../../src/server/client/connection.ts';
import type { Link } from '../../src/server/client/link.ts';
import { connectRequest } from '../harness/raw-client.ts';
import { Op } from '../harness/requests.ts';
import { framed, WireReader, WireWriter } from '../harness/wire.ts';

/** What a client talks to: a World, or a part of a server. */
interface Served {
  readonly server: { readonly clientPort: ClientPort };
  /** Lets everything come to rest. */
  settle(): void;
}

/** What a server says to a connect request. */
export interface Handshake {
  readonly timeout: number;
  readonly sessionId: bigint;
  readonly password: Buffer;
  /** null where the byte is not there. */
  readonly readOnly: boolean | null;
}

/** A reply, or a watch event as a reply with xid -1. */
export interface Reply {
  readonly xid: number;
  readonly zxid: bigint;
  readonly err: number;
  readonly body: Buffer;
}

/** What a client says first. */
export interface Hello {
  /** ms */
  readonly timeout?: number;
  readonly sessionId?: bigint;
  readonly password?: Uint8Array | null;
  readonly lastZxidSeen?: bigint;
  /** Left out, as by clients before 3.4, where it is null. */
  readonly readOnly?: boolean | null;
}

/** A link that the test looks into. */
export class TestLink implements Link {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly delivered: Buffer[] = [];
  /** Bytes that a slow link has not delivered; they are not copied, because nobody may change them. */
  readonly waiting: Buffer[] = [];
  isSlow = false;
  isPaused = false;
  pauses = 0;
  state: 'open' | 'ended' | 'destroyed' = 'open';

  constructor(remoteAddress: string, remotePort: number) {
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get unsentSize(): number {
    return this.waiting.reduce((size, bytes) => size + bytes.length, 0);
  }

  write(buffer: Buffer, size: number): boolean {
    const bytes = buffer.subarray(0, size);
    if (this.state !== 'open') throw new Error('written to a link that is closed');
    if (this.isSlow || this.waiting.length > 0) {
      this.waiting.push(bytes);
      return false;
    }
    this.delivered.push(Buffer.from(bytes));
    return true;
  }

  pause(): void {
    this.isPaused = true;
    this.pauses += 1;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
  }
}

/** All sockets are read into one buffer, as in the host: whoever keeps a view of it sees garbage. */
const readBuffer = Buffer.alloc(64 * 1024);

/** A client. */
export class Client {
  readonly link: TestLink;
  sessionId = 0n;
  password: Buffer = Buffer.alloc(16);
  private readonly world: Served;
  private readonly connection: Connection | null;
  private readonly heard: Buffer[] = [];
  private nextXid = 1;
  private hasToldOfClosing = false;

  constructor(world: Served, address: string, port: number) {
    this.world = world;
    this.link = new TestLink(address, port);
    this.connection = world.server.clientPort.accept(this.link);
  }

  get isClosed(): boolean {
    return this.link.state !== 'open';
  }

  // ---- sending

  /** Gives bytes to the server, as one read of the socket unless they are too many for one. */
  send(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += readBuffer.length) {
      const piece = bytes.subarray(start, start + readBuffer.length);
      if (this.connection === null || this.isClosed) return;
      readBuffer.set(piece);
      this.world.server.clientPort.receive(this.connection, readBuffer, piece.length);
      readBuffer.fill(0xee);
    }
  }

  /** The frame of a request. */
  frame(op: number, body: Uint8Array = Buffer.alloc(0), xid = this.nextXid++): Buffer {
    return framed(new WireWriter().int(xid).int(op).raw(body).bytes());
  }

  /** Sends a request and does nothing more. */
  request(op: number, body?: Uint8Array, xid?: number): void {
    this.send(this.frame(op, body, xid));
  }

  /** Sends a request, lets everything come to rest, and gives the reply; what else has come stays to be taken. */
  ask(op: number, body?: Uint8Array): Reply {
    const xid = this.nextXid;
    this.request(op, body);
    this.world.settle();
    const at = this.pull().findIndex((frame) => frame.readInt32BE(0) === xid);
    const [frame] = at < 0 ? [] : this.heard.splice(at, 1);
    if (frame === undefined) throw new Error(`no reply to operation ${op}`);
    return readReply(frame);
  }

  /** Sends a connect request. */
  shakeHands(hello: Hello = {}): void {
    const { timeout = 30_000, readOnly = false, ...fields } = hello;
    const request = connectRequest({
      ...fields,
      timeoutMs: timeout,
      readOnly: readOnly ?? undefined,
    });
    this.send(framed(request));
  }

  /** Sends a connect request for the session of another client. */
  resume(other: Client, hello: Hello = {}): void {
    this.shakeHands({ sessionId: other.sessionId, password: other.password, ...hello });
  }

  ping(): void {
    this.request(Op.ping, Buffer.alloc(0), -2);
  }

  /** The client says that it sends nothing more. */
  halfClose(): void {
    if (this.connection !== null) this.world.server.clientPort.disconnected(this.connection, null);
  }

  /** The link breaks. */
  disconnect(): void {
    if (this.connection === null) return;
    this.world.server.clientPort.disconnected(this.connection, 'ECONNRESET');
  }

  /** A slow link delivers everything that it has, and is not slow any more. */
  drain(): void {
    this.link.isSlow = false;
    this.link.delivered.push(...this.link.waiting.splice(0).map((bytes) => Buffer.from(bytes)));
    if (this.connection !== null) this.world.server.clientPort.drained(this.connection);
  }

  /** As a socket does once it is closed. */
  tellOfClosing(): void {
    if (!this.isClosed || this.hasToldOfClosing || this.connection === null) return;
    this.hasToldOfClosing = true;
    this.world.server.clientPort.disconnected(this.connection, 'the connection broke');
  }

  // ---- hearing

  /** Frames that have come and were not taken yet, without their lengths. */
  private pull(): Buffer[] {
    let rest: Buffer = Buffer.concat(this.link.delivered.splice(0));
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      this.heard.push(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
    if (rest.length > 0) this.link.delivered.push(rest);
    return this.heard;
  }

  /** Takes all replies and events that have come. */
  take(): Reply[] {
    return this.pull().splice(0).map(readReply);
  }

  /** Takes what has come as text, for four-letter words. */
  takeText(): string {
    return Buffer.concat(this.link.delivered.splice(0)).toString('utf8');
  }

  /** Takes the answer to a connect request; null when it has not come. */
  takeHandshake(): Handshake | null {
    const frame = this.pull().shift();
    if (frame === undefined) return null;
    const reader = new WireReader(frame);
    reader.int();
    return {
      timeout: reader.int(),
      sessionId: reader.long(),
      password: reader.buffer() ?? Buffer.alloc(0),
      readOnly: reader.left === 0 ? null : reader.bool(),
    };
  }

  /** Takes the answer to a connect request and keeps the session that it gives. */
  expectSession(): Handshake {
    const handshake = this.takeHandshake();
    if (handshake === null || handshake.sessionId === 0n) throw new Error('no session was given');
    this.sessionId = handshake.sessionId;
    this.password = handshake.password;
    return handshake;
  }
}

function readReply(frame: Buffer): Reply {
  const reader = new WireReader(frame);
  return { xid: reader.int(), zxid: reader.long(), err: reader.int(), body: reader.rest() };
}
