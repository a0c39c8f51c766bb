/*
 * The bytes that the load generator sends, and what every reply has in common. It is written by hand
 * and apart from src/jute on purpose: the benchmark also checks each reply, and a checker that shares
 * its codec with the server would share its mistakes. Only the request kinds of the loads are here.
 *
 * A request on the wire: length(4) xid(4) opcode(4) body. A reply: length(4) xid(4) zxid(8) err(4) body.
 */

/** Op codes used by the loads (ZooDefs.OpCode). */
export const Op = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getChildren: 8,
  sync: 9,
  multi: 14,
  closeSession: -11,
} as const;

/** The xid of a watch event (ClientCnxn.NOTIFICATION_XID). */
export const NOTIFICATION_XID = -1;

/** Bytes of a reply's header: xid(4) zxid(8) err(4). */
export const REPLY_HEADER_BYTES = 16;

/** Bytes of a Stat record. */
export const STAT_BYTES = 68;

/** Places within a Stat: czxid 0, then these, ctime 16 and mtime 24 between the first two. */
export const STAT_MZXID = 8;
export const STAT_VERSION = 32;
const STAT_EPHEMERAL_OWNER = 44;
export const STAT_DATA_LENGTH = 52;

/** No request of the loads is longer than this; a reply that claims more is wrong. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** A reply that is not what a correct server sends. It ends the whole run. */
export class WrongReply extends Error {
  override readonly name = 'WrongReply';
}

/** Appends requests to one growing buffer. Offsets count from the start of that buffer. */
export class RequestEncoder {
  #bytes = Buffer.alloc(4096);
  #length = 0;
  #frameStart = 0;

  /** How many bytes are encoded so far. */
  get length(): number {
    return this.#length;
  }

  /** Starts a request with its header; `end` closes it. */
  begin(xid: number, op: number): this {
    this.#frameStart = this.#length;
    return this.int(0).int(xid).int(op);
  }

  /** Starts a frame without a request header: the connect request. */
  beginBare(): this {
    this.#frameStart = this.#length;
    return this.int(0);
  }

  /** Writes the length in front of the frame that was begun last. */
  end(): this {
    this.#bytes.writeInt32BE(this.#length - this.#frameStart - 4, this.#frameStart);
    return this;
  }

  int(value: number): this {
    this.#reserve(4);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
    return this;
  }

  bool(value: boolean): this {
    this.#reserve(1);
    this.#length = this.#bytes.writeUInt8(value ? 1 : 0, this.#length);
    return this;
  }

  /** `count` zero bytes: longs that are 0, or room to be filled later. */
  zeros(count: number): this {
    this.#reserve(count);
    this.#bytes.fill(0, this.#length, this.#length + count);
    this.#length += count;
    return this;
  }

  /** length(4) and the UTF-8 bytes. */
  string(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    this.int(bytes.length);
    this.#reserve(bytes.length);
    this.#length += bytes.copy(this.#bytes, this.#length);
    return this;
  }

  /** One ACL entry: everybody may do everything (ZooDefs.Ids.OPEN_ACL_UNSAFE). */
  openAcl(): this {
    return this.int(1).int(31).string('world').string('anyone');
  }

  /** A MultiHeader: type(4) done(1) err(4). */
  multiHeader(type: number, done: boolean): this {
    return this.int(type).bool(done).int(-1);
  }

  /** Puts bytes over those that were encoded at `at`. */
  overwrite(at: number, bytes: Uint8Array): this {
    this.#bytes.set(bytes, at);
    return this;
  }

  /** A copy of what was encoded. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** The 45-byte connect request of a new session with a time-out in milliseconds. */
export function connectRequest(timeoutMs: number): Buffer {
  const request = new RequestEncoder().beginBare();
  // protocolVersion, lastZxidSeen, timeOut, sessionId, passwd, readOnly
  request.int(0).zeros(8).int(timeoutMs).zeros(8).int(16).zeros(16).bool(false);
  return request.end().take();
}

/**
 * Requests encoded once and sent round and round. A load has at least twice as many slots as requests
 * under way, so a slot is only patched again after its reply has come: by then the kernel has taken the
 * bytes, and no write ever needs a copy. Per round only the xid (and what a load patches) changes.
 */
export class RequestRing {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where each request starts, and after the last one the end. */
  readonly offsets: Int32Array;
  readonly slotCount: number;

  constructor(bytes: Buffer, offsets: readonly number[]) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.offsets = Int32Array.from(offsets);
    this.slotCount = offsets.length - 1;
  }

  /** Builds a ring of `slotCount` requests; `encode` appends the request of one slot. */
  static of(slotCount: number, encode: (out: RequestEncoder, slot: number) => void): RequestRing {
    const out = new RequestEncoder();
    const offsets: number[] = [];
    for (let slot = 0; slot < slotCount; slot++) {
      offsets.push(out.length);
      encode(out, slot);
    }
    offsets.push(out.length);
    return new RequestRing(out.take(), offsets);
  }

  /** Where the request of `slot` starts. */
  at(slot: number): number {
    return this.offsets[slot] ?? 0;
  }
}

/** A DataView of exactly the bytes of a Buffer. */
export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Throws unless the body that starts at `at` and ends at `end` has exactly `expected` bytes. */
export function checkLength(at: number, end: number, expected: number): void {
  if (end - at !== expected) {
    throw new WrongReply(`the body has ${end - at} bytes instead of ${expected}`);
  }
}

/**
 * Checks the Stat at `at` of a persistent znode and returns its version.
 * Data length must be `dataLength`, the ephemeral owner 0.
 */
export function checkStat(view: DataView, at: number, dataLength: number): number {
  if (view.getInt32(at + STAT_DATA_LENGTH) !== dataLength) {
    throw new WrongReply(`the Stat says ${view.getInt32(at + STAT_DATA_LENGTH)} bytes of data`);
  }
  if (view.getInt32(at + STAT_EPHEMERAL_OWNER) | view.getInt32(at + STAT_EPHEMERAL_OWNER + 4)) {
    throw new WrongReply('a persistent znode has an ephemeral owner');
  }
  return view.getInt32(at + STAT_VERSION);
}

/** A 64-bit number as a double; exact up to 2^53, which no zxid of a short run reaches. */
export function getLong(view: DataView, at: number): number {
  return view.getInt32(at) * 4294967296 + view.getUint32(at + 4);
}
