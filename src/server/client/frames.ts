/*
 * Frames: takes whole frames off the bytes that clients send, and says when no more are taken from a client for now
 * (Java: NIOServerCnxn.doIO, readLength and readPayload; ZooKeeperServer.shouldThrottle).
 *
 * Frames are read where they have arrived; only parts of frames, and what a client that has to wait has sent already, are kept in
 * a backlog. It knows what a frame's length may be and nothing of what is in it.
 */

import type { FourLetterWord } from '../../fourletter/index.ts';
import { isFourLetterWord } from '../../fourletter/index.ts';
import { readInt32 } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';
import type { Connection } from './connection.ts';
import { InputBacklog } from './input-backlog.ts';
import type { OpenConnections } from './open-connections.ts';
import { UNSENT_HIGH_WATER } from './open-connections.ts';
import type { ClientPortOptions, ClientPortPorts } from './ports.ts';
import type { RequestThrottle } from './request-throttle.ts';

/** The length in front of every frame, in bytes. */
const LENGTH_SIZE = 4;
/** The memory of a backlog of such a size is used again, by whoever needs one next. */
const SPARE_MIN_SIZE = 16 * 1024;
const SPARE_MAX_SIZE = 1024 * 1024;

/** Who understands what clients send. */
export interface FrameReader {
  /** A four-letter word, and the bytes behind it that have arrived; false when more of them are needed. */
  takeWord(connection: Connection, word: FourLetterWord, rest: Buffer): boolean;
  /** A whole frame: `bytes[start, end)` without its length. @throws JuteError where it cannot be read */
  takeFrame(connection: Connection, bytes: Buffer, start: number, end: number): void;
}

/** Takes apart what arrives. */
export class Frames {
  private readonly ports: ClientPortPorts;
  private readonly options: ClientPortOptions;
  private readonly connections: OpenConnections;
  private readonly throttle: RequestThrottle;
  private readonly reader: FrameReader;
  /** Connections that have to wait and that may go on as soon as mayAsk says so. */
  private readonly stalled = new Set<Connection>();
  /** A backlog that nobody needs at the moment. */
  private spare: InputBacklog | null = null;

  constructor(
    ports: ClientPortPorts,
    options: ClientPortOptions,
    parts: {
      readonly connections: OpenConnections;
      readonly throttle: RequestThrottle;
      readonly reader: FrameReader;
    },
  ) {
    this.ports = ports;
    this.options = options;
    this.connections = parts.connections;
    this.throttle = parts.throttle;
    this.reader = parts.reader;
  }

  /** Takes what has arrived: `chunk[0, size)`, which is used for others afterwards. */
  receive(connection: Connection, chunk: Buffer, size: number): void {
    const start = this.receiveIntoBacklog(connection, chunk, size);
    if (start === size) return;
    const taken = this.consume(connection, chunk, start, size);
    if (taken < size) this.keep(connection, chunk, taken, size);
  }

  /** Gives a backlog what the frame at its front lacks, or everything where it cannot be taken; returns how much. */
  private receiveIntoBacklog(connection: Connection, chunk: Buffer, size: number): number {
    let at = 0;
    for (
      let { backlog } = connection;
      backlog !== null && at < size;
      backlog = connection.backlog
    ) {
      const room = this.roomFor(backlog.bytes, backlog.start, backlog.end);
      const wanted = room - backlog.size;
      const end = connection.isPaused || wanted <= 0 ? size : Math.min(size, at + wanted);
      backlog.append(chunk, at, end, room);
      at = end;
      if (!connection.isPaused) this.consumeBacklog(connection, backlog);
    }
    return at;
  }

  /** A paused connection's link has sent everything: its output is no reason to wait any more. */
  drained(connection: Connection): void {
    this.stalled.add(connection);
  }

  /** Goes on with the connections that had to wait, as far as they may. */
  resumeStalled(): void {
    for (const connection of [...this.stalled]) this.resume(connection);
  }

  /** Whether a connection waits for a turn in which it may go on. */
  get isAnyStalled(): boolean {
    return this.stalled.size > 0;
  }

  /** Bytes that the frame which begins `bytes[start, end)` takes, as far as it can be trusted; those of its length where that is not whole. */
  private roomFor(bytes: Buffer, start: number, end: number): number {
    if (end - start < LENGTH_SIZE) return LENGTH_SIZE;
    const length = readInt32(bytes, start);
    return length > 0 && length <= this.options.juteMaxBuffer ? LENGTH_SIZE + length : 0;
  }

  private keep(connection: Connection, chunk: Buffer, from: number, to: number): void {
    const room = Math.max(to - from, this.roomFor(chunk, from, to));
    const { spare } = this;
    const backlog = spare !== null && spare.bytes.length >= room ? spare : new InputBacklog(room);
    if (backlog === spare) this.spare = null;
    backlog.append(chunk, from, to, room);
    connection.backlog = backlog;
  }

  private consumeBacklog(connection: Connection, backlog: InputBacklog): void {
    const { bytes, start, end } = backlog;
    const taken = this.consume(connection, bytes, start, end);
    backlog.start = taken;
    if (taken < end) return;
    connection.backlog = null;
    if (bytes.length < SPARE_MIN_SIZE || bytes.length > SPARE_MAX_SIZE) return;
    backlog.clear();
    this.spare = backlog;
  }

  /** Takes whole frames from `bytes[start, end)` as long as the connection may ask; returns where the next one begins. */
  private consume(connection: Connection, bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (end - at >= LENGTH_SIZE) {
      if (connection.isEnding) return end;
      const length = readInt32(bytes, at);
      if (connection.state === 'handshake') {
        const word = isFourLetterWord(length);
        if (word !== null) {
          const rest = bytes.subarray(at + LENGTH_SIZE, end);
          return this.reader.takeWord(connection, word, rest) ? end : at;
        }
      }
      const refusal = this.refuseLength(length);
      if (refusal !== null) {
        this.connections.fault(connection, refusal);
        return end;
      }
      const frameEnd = at + LENGTH_SIZE + length;
      if (frameEnd > end) break;
      if (!this.mayAsk(connection)) {
        this.stall(connection);
        break;
      }
      this.takeFrame(connection, bytes, at + LENGTH_SIZE, frameEnd);
      at = frameEnd;
    }
    return at;
  }

  /** Why a connection that sends a frame of this length is closed, or null. */
  private refuseLength(length: number): string | null {
    const { juteMaxBuffer } = this.options;
    if (length < 0 || length > juteMaxBuffer) {
      return `sent a length of ${length} bytes (jute.maxbuffer=${juteMaxBuffer})`;
    }
    if (!this.ports.view.isRunning()) return 'ZooKeeperServer not running';
    if (!this.isTooMuchAtOnce(length)) return null;
    this.ports.metrics.largeRequestsRejected.increment();
    return `sent a large request of ${length} bytes while others are under way`;
  }

  private isTooMuchAtOnce(length: number): boolean {
    const { largeRequestThreshold, largeRequestMaxBytes } = this.options;
    if (largeRequestThreshold < 0 || length <= largeRequestThreshold) return false;
    return this.ports.pipeline.largeBytesInProcess + length > largeRequestMaxBytes;
  }

  /** Whether another request of this connection can be taken now; if not, its bytes wait, and then the client. */
  private mayAsk(connection: Connection): boolean {
    if (connection.state === 'connecting') return false;
    const { inProcess } = this.ports.pipeline;
    const { globalOutstandingLimit } = this.options;
    if (inProcess > globalOutstandingLimit && connection.outstandingCount > 0) return false;
    if (!this.throttle.hasRoom(inProcess)) return false;
    return connection.unsentSize < UNSENT_HIGH_WATER && !this.ports.isLogFull();
  }

  private stall(connection: Connection): void {
    this.stalled.add(connection);
    if (connection.isPaused) return;
    connection.isPaused = true;
    this.connections.paused.add(connection);
    if (connection.stalledAt === 0) connection.stalledAt = this.ports.clock.elapsed;
    const hasRoom = this.throttle.hasRoom(this.ports.pipeline.inProcess);
    if (!hasRoom) this.ports.metrics.requestThrottleWaitCount.increment();
    connection.link.pause();
  }

  private resume(connection: Connection): void {
    if (connection.state === 'closed') {
      this.stalled.delete(connection);
      return;
    }
    if (!this.mayAsk(connection)) {
      // The link says when it has sent everything; all other reasons to wait pass with the pipeline.
      if (connection.link.unsentSize >= UNSENT_HIGH_WATER) this.stalled.delete(connection);
      return;
    }
    this.stalled.delete(connection);
    this.connections.paused.delete(connection);
    connection.isPaused = false;
    if (connection.backlog !== null) this.consumeBacklog(connection, connection.backlog);
    if (connection.isPaused) return;
    connection.stalledAt = 0;
    connection.link.resume();
  }

  private takeFrame(connection: Connection, bytes: Buffer, start: number, end: number): void {
    connection.stats.countReceived();
    this.ports.stats.countReceived(LENGTH_SIZE + end - start);
    try {
      this.reader.takeFrame(connection, bytes, start, end);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.connections.fault(connection, `sent a packet that cannot be read: ${error.message}`);
    }
  }
}
