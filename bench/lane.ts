/*
 * One connection under load: keeps a fixed number of requests outstanding, checks each reply where it
 * lies in the read buffer, and writes everything that a chunk of replies allows as one buffer. Per reply
 * nothing is allocated and no clock is read. What a load's requests and replies look like is told by
 * its SteadyLoad.
 */
import type { Conversation } from './conversation.ts';
import type { FrameReceiver } from './frames.ts';
import type { Meter } from './meter.ts';
import { getLong, REPLY_HEADER_BYTES, type RequestRing, WrongReply } from './wire.ts';

/** The connection below a lane. */
export interface LaneLink {
  receiver: FrameReceiver;
  /** Writes at once; the bytes stay as they are until a reply to them has come. */
  write(bytes: Buffer): void;
}

/** One kind of load: the same requests again and again over several connections. */
export interface SteadyLoad {
  /** Creates what the load needs, through one session, before any connection bears load. */
  setUp(session: Conversation): Promise<void>;
  /** The requests of one lane, encoded; at least twice as many as may be outstanding. */
  ring(lane: number, outstanding: number): RequestRing;
  /** Called before the request of `slot` is written: patches its bytes and notes what to expect. */
  prepare(lane: Lane, slot: number): void;
  /** Checks the body of the reply to the request of `slot`, from `at` up to `end`; throws WrongReply. */
  check(lane: Lane, slot: number, view: DataView, bytes: Buffer, at: number, end: number): void;
}

/** A connection that bears load. */
export class Lane implements FrameReceiver {
  readonly index: number;
  readonly ring: RequestRing;
  /** For the load to note, by slot, what the reply must say. */
  readonly expected: Int32Array;
  sent = 0;
  received = 0;
  /** The header's zxid of the reply at hand. */
  zxid = 0;
  readonly #link: LaneLink;
  readonly #load: SteadyLoad;
  readonly #meter: Meter;
  readonly #outstanding: number;
  readonly #sentAtMs: Float64Array;
  #limit: number;
  #sendSlot = 0;
  #receiveSlot = 0;
  #idle: (() => void) | undefined;

  /** `limit` is how many requests the lane sends at most. */
  constructor(
    ports: { readonly link: LaneLink; readonly load: SteadyLoad; readonly meter: Meter },
    options: { readonly index: number; readonly outstanding: number; readonly limit: number },
  ) {
    this.#link = ports.link;
    this.#load = ports.load;
    this.#meter = ports.meter;
    this.index = options.index;
    this.#outstanding = options.outstanding;
    this.#limit = options.limit;
    this.ring = ports.load.ring(options.index, options.outstanding);
    this.expected = new Int32Array(this.ring.slotCount);
    this.#sentAtMs = new Float64Array(this.ring.slotCount);
    ports.link.receiver = this;
  }

  /** Sends the first requests up to the limit. */
  start(): void {
    this.#send();
  }

  /** Sends without a limit, at first or after drain() has resolved. */
  resume(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    this.#send();
  }

  /** Sends no more; resolves when every reply has come. */
  drain(): Promise<void> {
    this.#limit = this.sent;
    return this.finished();
  }

  /** Resolves when the lane has sent all it may and every reply has come. */
  finished(): Promise<void> {
    if (this.received === this.#limit) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  /** Whether requests of this lane have no reply yet. */
  get isBusy(): boolean {
    return this.received < this.sent;
  }

  chunkStart(): void {
    this.#meter.turn();
  }

  frame(view: DataView, bytes: Buffer, start: number, end: number): void {
    const slot = this.#receiveSlot;
    if (this.received === this.sent) this.#wrong('a reply came that nobody asked for');
    if (end - start < REPLY_HEADER_BYTES) this.#wrong(`a reply of ${end - start} bytes`);
    const xid = view.getInt32(start);
    if (xid !== this.received + 1) this.#wrong(`xid ${xid} instead of ${this.received + 1}`);
    const zxid = getLong(view, start + 4);
    if (zxid < this.zxid) this.#wrong(`zxid ${zxid} after zxid ${this.zxid}`);
    this.zxid = zxid;
    const error = view.getInt32(start + 12);
    if (error !== 0) this.#wrong(`error code ${error}`);
    this.#load.check(this, slot, view, bytes, start + REPLY_HEADER_BYTES, end);
    this.#meter.record(this.#sentAtMs[slot] ?? 0);
    this.received += 1;
    this.#receiveSlot = slot + 1 === this.ring.slotCount ? 0 : slot + 1;
  }

  chunkEnd(): void {
    if (this.received === this.#limit) {
      this.#idle?.();
      this.#idle = undefined;
      return;
    }
    this.#send();
  }

  closed(reason: string): void {
    this.#wrong(reason);
  }

  /** Writes as many requests as may be outstanding: one write, two where the ring ends. */
  #send(): void {
    let free = Math.min(this.#outstanding - (this.sent - this.received), this.#limit - this.sent);
    while (free > 0) {
      const first = this.#sendSlot;
      const after = Math.min(first + free, this.ring.slotCount);
      const now = performance.now();
      for (let slot = first; slot < after; slot++) {
        this.sent += 1;
        this.ring.view.setInt32(this.ring.at(slot) + 4, this.sent);
        this.#sentAtMs[slot] = now;
        this.#load.prepare(this, slot);
      }
      this.#link.write(this.ring.bytes.subarray(this.ring.at(first), this.ring.at(after)));
      this.#sendSlot = after === this.ring.slotCount ? 0 : after;
      free -= after - first;
    }
  }

  #wrong(what: string): never {
    throw new WrongReply(`connection ${this.index}, reply ${this.received + 1}: ${what}`);
  }
}
