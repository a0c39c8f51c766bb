/*
 * Connection: the state of one client's link (Java: NIOServerCnxn and ServerCnxn).
 *
 * It holds and encodes; it decides nothing. frames.ts takes apart what it sends, the pipeline carries out what it asks.
 */

import type { ConnectionStats } from '../../admin/metrics/connection-stats.ts';
import type { ByteRange } from '../../jute/byte-range.ts';
import type { Id } from '../../jute/data.ts';
import type { ErrorCode } from '../../jute/error-code.ts';
import { Fifo } from '../../jute/fifo.ts';
import type { SessionId } from '../../jute/int64.ts';
import { SESSION_ID_ZERO, writeInt32 } from '../../jute/int64.ts';
import { REPLY_HEADER_SIZE } from '../../jute/proto.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { Session } from '../session/session-tracker.ts';
import type { InputBacklog } from './input-backlog.ts';
import type { Link } from './link.ts';
import type { OutputPool } from './output-pool.ts';

/** Answers and events that a client has not read, in bytes: above this it is dropped, however quickly it reads. */
export const UNSENT_LIMIT = 512 * 1024 * 1024;

/**
 * Where a connection is in its life. `connecting`: its session is not ready, and no request is taken until it is. `closing`:
 * nothing more is read, what was answered is still sent.
 */
export type ConnectionState = 'handshake' | 'connecting' | 'open' | 'closing' | 'closed';

/** What a connection keeps of a request that is not answered yet; pipeline/request.ts has the rest. */
export interface QueuedRequest {
  /** A write, or what else has to be done before what is asked behind it. */
  readonly isBarrier: boolean;
  /** Who the client had proved to be when it asked (Java: Request.authInfo). */
  readonly authIds: readonly Id[];
  readonly cxid: number;
  readonly type: number;
  /** ms of the turn clock (elapsed) */
  readonly receivedAt: number;
  readonly body: ByteRange;
  /** The code it is answered with without being carried out; 0 for a request that is carried out. */
  readonly refusal: ErrorCode;
}

/** A client's connection. */
export class Connection {
  readonly link: Link;
  readonly stats: ConnectionStats;
  private readonly pool: OutputPool;
  /** The connections that have something to send at the end of this turn. */
  private readonly dirty: Connection[];

  state: ConnectionState = 'handshake';
  /** For the queue of connections that have to show up with a handshake. */
  expiresAt = 0;
  /** The session that it has or wants; 0 before its handshake. */
  sessionId: SessionId = SESSION_ID_ZERO;
  /** Its session, once that is known to be valid. */
  session: Session | null = null;
  /** What this connection was promised, in ms; the session itself may have been made with another. */
  sessionTimeout = 0;
  /** A client from before 3.4 sends no read-only flag and must get none. */
  isOldClient = false;
  authIds: readonly Id[];

  backlog: InputBacklog | null = null;
  /** Nothing is read because something has to be finished first. */
  isPaused = false;
  /** Since when the requests in the backlog wait, in ms of the turn clock; 0 while none does. */
  stalledAt = 0;
  output: JuteWriter | null = null;
  isDirty = false;
  /** Writes on their way and the reads that have to wait for them, oldest first; a barrier is always in front. */
  readonly queue = new Fifo<QueuedRequest>();
  /** Requests with a positive xid that are not answered yet (Java: outstandingCount). */
  outstandingCount = 0;

  constructor(
    link: Link,
    shared: {
      readonly stats: ConnectionStats;
      readonly pool: OutputPool;
      readonly dirty: Connection[];
    },
  ) {
    this.link = link;
    this.stats = shared.stats;
    this.pool = shared.pool;
    this.dirty = shared.dirty;
    this.authIds = [{ scheme: 'ip', id: link.remoteAddress }];
  }

  /** The buffer that takes what is to be sent this turn. */
  out(): JuteWriter {
    let { output } = this;
    if (output === null) {
      output = this.pool.take();
      this.output = output;
    }
    if (!this.isDirty) {
      this.isDirty = true;
      this.dirty.push(this);
    }
    return output;
  }

  /**
   * Begins a reply: frame length (4, filled in by endReply), xid, zxid, err.
   * @param zxidBytes 8 bytes, big-endian
   * @returns where the frame starts in out()
   */
  startReply(xid: number, zxidBytes: Uint8Array, err: number): number {
    const out = this.out();
    const start = out.reserve(4 + REPLY_HEADER_SIZE);
    const bytes = out.buffer;
    writeInt32(bytes, start + 4, xid);
    for (let index = 0; index < 8; index++) bytes[start + 8 + index] = zxidBytes[index] as number;
    writeInt32(bytes, start + 16, err);
    return start;
  }

  /** Fills in the length of the frame that startReply began; returns it, in bytes. */
  endReply(start: number): number {
    const out = this.output as JuteWriter;
    const length = out.length - start - 4;
    writeInt32(out.buffer, start, length);
    return length;
  }

  /** Makes the reply that startReply began an error: drops what was appended behind its header. */
  failReply(start: number, err: number): void {
    const out = this.output as JuteWriter;
    out.length = start + 4 + REPLY_HEADER_SIZE;
    writeInt32(out.buffer, start + 16, err);
  }

  /** Hands what was written this turn to the link. Nothing is sent on a connection that is closed. */
  flush(): void {
    this.isDirty = false;
    const { output } = this;
    if (output === null) return;
    this.output = null;
    if (
      this.state === 'closed' ||
      output.length === 0 ||
      this.link.write(output.buffer, output.length)
    ) {
      this.pool.giveBack(output);
    }
  }

  /** Whether nothing more is taken from the client, nor answered. */
  get isEnding(): boolean {
    return this.state === 'closing' || this.state === 'closed';
  }

  /** Bytes that were answered and have not left this process. */
  get unsentSize(): number {
    return this.link.unsentSize + (this.output?.length ?? 0);
  }
}
