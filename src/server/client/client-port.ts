/*
 * ClientPort: everything between the bytes of clients and the pipeline
 * (Java: NIOServerCnxnFactory, NIOServerCnxn.doIO, ZooKeeperServer.processPacket and processConnectRequest).
 *
 * It takes frames off the links, answers four-letter words and handshakes, keeps the limits, and at the end of a turn hands each
 * connection's output to its link in one piece. Whatever a client does wrong ends that client's connection with one line in the
 * log. It does no I/O and asks no clock: the host tells it what has arrived and when a turn ends.
 */

import type { ServerMetrics, ServerStats } from '../../admin/metrics/index.ts';
import { ConnectionStats } from '../../admin/metrics/index.ts';
import type { DataTree } from '../../datatree/data-tree.ts';
import type { Watches } from '../../datatree/watches.ts';
import type { FourLetterWord, ServerView } from '../../fourletter/index.ts';
import { answerFourLetterWord, argumentLength, isFourLetterWord } from '../../fourletter/index.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId } from '../../jute/int64.ts';
import { readInt32, toHex, writeInt32 } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { ConnectResponse } from '../../jute/proto.ts';
import {
  REQUEST_HEADER_SIZE,
  readAuthPacket,
  readConnectRequest,
  writeConnectResponse,
} from '../../jute/proto.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { AccessControl } from '../auth/access.ts';
import type { TurnClock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Pipeline, SessionEvents } from '../pipeline/pipeline.ts';
import { ExpiryQueue } from '../session/expiry-queue.ts';
import type { SessionTracker } from '../session/session-tracker.ts';
import { Connection, UNSENT_LIMIT } from './connection.ts';
import { ConnectionLimits } from './connection-limits.ts';
import type { ConnectionThrottle } from './connection-throttle.ts';
import { acceptSession, decideHandshake, refuseSession } from './handshake.ts';
import { InputBacklog } from './input-backlog.ts';
import type { Link } from './link.ts';
import { OutputPool } from './output-pool.ts';
import { PausedConnections } from './paused-connections.ts';
import type { RequestThrottleOptions } from './request-throttle.ts';
import { RequestThrottle } from './request-throttle.ts';

/** Answers that a client has not read: above this no more requests are taken from it. */
const UNSENT_HIGH_WATER = 1024 * 1024;
/** Identities that a connection may prove, one after the other. Nobody has so many; Java takes any number. */
const IDENTITIES_LIMIT = 1000;
/** The length in front of every frame, in bytes. */
const LENGTH_SIZE = 4;
/** What a client that begins a SASL exchange gets where there is no SASL: a token that is null. */
const NULL_TOKEN = -1;
/** The zxid in replies to auth packets, which no transaction stands behind. */
const NO_ZXID = new Uint8Array(8);

/** The zxid of a request that nothing has prepared, which Java sends with Unimplemented (Request.zxid): -1. */
const UNPREPARED_ZXID = new Uint8Array(8).fill(0xff);

/** Limits and time-outs; units and meaning as in ServerConfig. */
export interface ClientPortOptions {
  readonly juteMaxBuffer: number;
  readonly minSessionTimeout: number;
  readonly maxSessionTimeout: number;
  readonly maxClientCnxns: number;
  readonly maxCnxns: number;
  readonly globalOutstandingLimit: number;
  readonly requestThrottle: RequestThrottleOptions;
  readonly largeRequestThreshold: number;
  readonly largeRequestMaxBytes: number;
  readonly sessionlessCnxnTimeoutMs: number;
  readonly enforceAuthSchemes: readonly string[] | null;
}

/** The port's neighbours. */
export interface ClientPortPorts {
  readonly pipeline: Pipeline;
  readonly view: ServerView;
  readonly tree: DataTree;
  readonly watches: Watches<Connection>;
  readonly sessions: SessionTracker;
  readonly access: AccessControl;
  readonly throttle: ConnectionThrottle;
  readonly clock: TurnClock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly stats: ServerStats;
  /** Whether the log has so much to write that nothing more should be asked of it. */
  readonly isLogFull: () => boolean;
}

/** The connections of all clients. */
export class ClientPort implements SessionEvents {
  private readonly ports: ClientPortPorts;
  private readonly options: ClientPortOptions;
  private readonly limits: ConnectionLimits;
  private readonly requestThrottle: RequestThrottle;
  private readonly pool = new OutputPool();
  private readonly reader = new JuteReader(Buffer.alloc(0));
  private readonly expiry: ExpiryQueue<Connection>;
  private readonly bySession = new Map<SessionId, Connection>();
  private readonly dirty: Connection[] = [];
  private readonly stalled = new Set<Connection>();
  private readonly paused: PausedConnections;
  private isClosed = false;
  /** Every open connection. */
  readonly connections = new Set<Connection>();

  constructor(ports: ClientPortPorts, options: ClientPortOptions) {
    this.ports = ports;
    this.options = options;
    this.limits = new ConnectionLimits(options);
    this.requestThrottle = new RequestThrottle(options.requestThrottle, ports.metrics);
    this.paused = new PausedConnections(options.minSessionTimeout);
    this.expiry = new ExpiryQueue(options.sessionlessCnxnTimeoutMs, ports.clock.elapsed);
  }

  // ---- what the host tells

  /** A client has connected; null when it cannot stay, and then the link is closed already. */
  accept(link: Link): Connection | null {
    const { clock, log, metrics } = this.ports;
    if (this.isClosed) {
      link.destroy();
      return null;
    }
    const refusal = this.limits.admit(link.remoteAddress);
    if (refusal !== null) {
      metrics.connectionRejected.add(1);
      log.warn(refusal);
      link.destroy();
      return null;
    }
    const stats = new ConnectionStats(clock.wall);
    const connection = new Connection(link, { stats, pool: this.pool, dirty: this.dirty });
    this.connections.add(connection);
    this.expiry.update(connection, this.options.sessionlessCnxnTimeoutMs, clock.elapsed);
    return connection;
  }

  /** Bytes have arrived: `chunk[0, size)`, which is used for others afterwards. */
  receive(connection: Connection, chunk: Buffer, size: number): void {
    if (connection.state === 'closing' || connection.state === 'closed') return;
    this.touchConnection(connection);
    const { backlog } = connection;
    if (backlog !== null) {
      backlog.append(chunk, 0, size, this.roomFor(backlog));
      if (!connection.isPaused) this.consumeBacklog(connection, backlog);
      return;
    }
    const taken = this.consume(connection, chunk, 0, size);
    if (taken < size) this.keep(connection, chunk, taken, size);
  }

  /** The link has sent everything that it was given. */
  drained(connection: Connection): void {
    if (connection.isPaused) this.stalled.add(connection);
    else this.paused.delete(connection);
  }

  /**
   * The client has said that it sends nothing more (`error` is null), or the link broke. Java then drops what it was asked and
   * has not answered; a last answer that is on its way, as that of `echo ruok | nc`, is still sent.
   */
  disconnected(connection: Connection, error: string | null): void {
    if (connection.state === 'closed') return;
    if (connection.state === 'closing' && error === null) return;
    this.ports.metrics.connectionDropCount.add(1);
    this.ports.log.debug(`${describe(connection)}: ${error ?? 'the client has closed it'}`);
    this.close(connection);
  }

  /** Sends what this turn has written. Returns whether there is input left that could now be taken: then another turn is due. */
  endTurn(): boolean {
    this.flush();
    if (this.stalled.size === 0) return false;
    for (const connection of [...this.stalled]) this.resume(connection);
    return this.dirty.length > 0;
  }

  /** When a connection has to be looked at, in ms. */
  get deadline(): number {
    return Math.min(this.expiry.deadline, this.paused.deadline);
  }

  /** Sees to it that no session expires because its client is not listened to. To be called before sessions expire. */
  lookAtPaused(): void {
    const { clock, sessions } = this.ports;
    this.paused.look(clock.elapsed, UNSENT_HIGH_WATER, {
      alive: (connection) => {
        this.touchConnection(connection);
        const { session } = connection;
        if (session !== null) sessions.touch(session, connection.sessionTimeout, clock.elapsed);
      },
      stuck: (connection) => this.tooMuchUnsent(connection),
    });
  }

  /** A client could not be accepted. */
  listenerFailed(error: string): void {
    this.ports.metrics.connectionRejected.add(1);
    this.ports.log.error(`a client could not be accepted: ${error}`);
  }

  /** Closes the connections that were silent for too long. */
  expireConnections(): void {
    for (const connection of this.expiry.poll(this.ports.clock.elapsed)) {
      this.ports.metrics.sessionlessConnectionsExpired.add(1);
      this.ports.log.info(`${describe(connection)}: closed, nothing was heard for too long`);
      this.close(connection);
    }
  }

  /** Closes every connection and takes no other, when the server stops. */
  closeAll(): void {
    this.isClosed = true;
    for (const connection of [...this.connections]) this.close(connection);
  }

  /** The buckets of connections by the time at which they expire, for `dump`. */
  bucketsByTime(): [expiresAt: number, connections: ReadonlySet<Connection>][] {
    return this.expiry.bucketsByTime();
  }

  // ---- frames

  private touchConnection(connection: Connection): void {
    const isNew = connection.session === null;
    const timeout = isNew ? this.options.sessionlessCnxnTimeoutMs : connection.sessionTimeout;
    this.expiry.update(connection, timeout, this.ports.clock.elapsed);
  }

  /** Bytes that the frame at the front of a backlog takes, as far as it can be trusted. */
  private roomFor(backlog: InputBacklog): number {
    if (backlog.size < LENGTH_SIZE) return 0;
    const length = readInt32(backlog.bytes, backlog.start);
    return length > 0 && length <= this.options.juteMaxBuffer ? LENGTH_SIZE + length : 0;
  }

  private keep(connection: Connection, chunk: Buffer, from: number, to: number): void {
    const backlog = new InputBacklog(chunk, from, to);
    connection.backlog = backlog;
    const room = this.roomFor(backlog);
    if (room > backlog.size) backlog.makeRoom(room);
  }

  private consumeBacklog(connection: Connection, backlog: InputBacklog): void {
    const { bytes, start, end } = backlog;
    const taken = this.consume(connection, bytes, start, end);
    if (taken === end) connection.backlog = null;
    else backlog.start = taken;
  }

  /** Takes whole frames from `bytes[start, end)` as long as the connection may ask; returns where the next one begins. */
  private consume(connection: Connection, bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (end - at >= LENGTH_SIZE) {
      if (connection.state === 'closing' || connection.state === 'closed') return end;
      const length = readInt32(bytes, at);
      if (connection.state === 'handshake') {
        const word = isFourLetterWord(length);
        if (word !== null) {
          return this.takeWord(connection, word, bytes.subarray(at + LENGTH_SIZE, end)) ? end : at;
        }
      }
      if (length < 0 || length > this.options.juteMaxBuffer) {
        this.fault(
          connection,
          `sent a length of ${length} bytes (jute.maxbuffer=${this.options.juteMaxBuffer})`,
        );
        return end;
      }
      if (this.isTooMuchAtOnce(length)) {
        this.ports.metrics.largeRequestsRejected.increment();
        this.fault(
          connection,
          `sent a large request of ${length} bytes while others are under way`,
        );
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
    if (!this.requestThrottle.hasRoom(inProcess)) return false;
    return connection.unsentSize < UNSENT_HIGH_WATER && !this.ports.isLogFull();
  }

  private stall(connection: Connection): void {
    this.stalled.add(connection);
    if (connection.isPaused) return;
    connection.isPaused = true;
    this.paused.add(connection);
    if (connection.stalledAt === 0) connection.stalledAt = this.ports.clock.elapsed;
    const hasRoom = this.requestThrottle.hasRoom(this.ports.pipeline.inProcess);
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
    this.paused.delete(connection);
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
      if (connection.state === 'handshake') this.takeConnectRequest(connection, bytes, start, end);
      else this.takeRequest(connection, bytes, start, end);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.fault(connection, `sent a packet that cannot be read: ${error.message}`);
    }
  }

  // ---- four-letter words

  /** Answers a word and ends the connection; false when the word's argument is not there yet. */
  private takeWord(connection: Connection, word: FourLetterWord, rest: Buffer): boolean {
    const { view, log, stats } = this.ports;
    const size = argumentLength(word, view);
    if (rest.length < size) return false;
    connection.stats.countReceived();
    stats.countReceived(LENGTH_SIZE);
    log.debug(`Processing ${word} command from ${describe(connection)}`);
    const answer = answerFourLetterWord(word, rest.subarray(0, size), view);
    connection.out().writeBytes(Buffer.from(answer, 'utf8'));
    connection.stats.countSent();
    stats.countSent();
    this.closeAfterFlush(connection);
    return true;
  }

  // ---- handshakes

  private takeConnectRequest(
    connection: Connection,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const { clock, metrics, throttle, tree, pipeline, log } = this.ports;
    const request = readConnectRequest(this.reader.reset(bytes, start, end));
    if (!throttle.admits(request.sessionId === 0n ? 'new' : 'renew', clock.elapsed)) {
      metrics.connectionRejected.add(1);
      this.fault(connection, 'refused by the connection throttle');
      return;
    }
    metrics.connectionTokenDeficit.add(throttle.deficit);
    metrics.connectionRequestCount.add(1);
    connection.isOldClient = request.readOnly === null;
    const verdict = decideHandshake(request, {
      lastProcessedZxid: tree.lastProcessedZxid,
      minSessionTimeout: this.options.minSessionTimeout,
      maxSessionTimeout: this.options.maxSessionTimeout,
    });
    connection.state = 'connecting';
    switch (verdict.kind) {
      case 'new':
        connection.session = this.ports.sessions.create(verdict.timeout, clock.elapsed);
        connection.sessionTimeout = verdict.timeout;
        this.touchConnection(connection);
        this.bySession.set(connection.session.id, connection);
        pipeline.createSession(connection, verdict.timeout);
        break;
      case 'renew':
        this.renew(connection, verdict.sessionId, verdict.timeout);
        break;
      case 'wrong-password':
        log.warn(
          `${describe(connection)}: wrong password for session 0x${toHex(verdict.sessionId)}`,
        );
        metrics.connectionRevalidateCount.add(1);
        this.refuse(connection);
        break;
      case 'close':
        this.fault(connection, verdict.reason);
        break;
    }
  }

  private renew(connection: Connection, sessionId: SessionId, timeout: number): void {
    const { clock, log, metrics, sessions, pipeline, stats } = this.ports;
    metrics.connectionRevalidateCount.add(1);
    const before = this.bySession.get(sessionId);
    if (before !== undefined) this.close(before);
    const session = sessions.get(sessionId);
    if (session === undefined || !sessions.touch(session, timeout, clock.elapsed)) {
      log.info(
        `${describe(connection)}: session 0x${toHex(sessionId)} is not valid, probably expired`,
      );
      this.refuse(connection);
      return;
    }
    connection.session = session;
    connection.sessionTimeout = timeout;
    this.touchConnection(connection);
    this.bySession.set(sessionId, connection);
    stats.countSent();
    if (!pipeline.awaitWrites(connection, sessionId)) this.sessionReady(connection);
  }

  private refuse(connection: Connection): void {
    this.sendConnectResponse(connection, refuseSession(connection.isOldClient));
    this.ports.stats.countSent();
    this.closeAfterFlush(connection);
  }

  private sendConnectResponse(connection: Connection, response: ConnectResponse): void {
    const out = connection.out();
    const start = out.reserve(LENGTH_SIZE);
    writeConnectResponse(out, response);
    writeInt32(out.buffer, start, out.length - start - LENGTH_SIZE);
    connection.stats.countSent();
  }

  /** Everything that was asked for in this connection's session is applied, its making first of all: the client may know. */
  sessionReady(connection: Connection): void {
    const { session, sessionTimeout, isOldClient } = connection;
    if (connection.state === 'closed') return;
    if (session === null) throw new Error('a connection without a session is ready');
    connection.state = 'open';
    // What the client has asked meanwhile did not wait for the throttle.
    connection.stalledAt = 0;
    this.touchConnection(connection);
    this.sendConnectResponse(connection, acceptSession(session.id, sessionTimeout, isOldClient));
  }

  /** A session is closed: so is the connection that holds it, after the answer if it was the one that asked. */
  sessionClosed(sessionId: SessionId, connection: Connection | null): void {
    const holder = this.bySession.get(sessionId);
    if (holder !== undefined && holder !== connection) this.close(holder);
    if (connection !== null) this.closeAfterFlush(connection);
  }

  /** More waits for a client than it may leave unread. */
  tooMuchUnsent(connection: Connection): void {
    this.fault(connection, `does not read: ${connection.unsentSize} bytes wait for it`);
  }

  // ---- requests

  private takeRequest(connection: Connection, bytes: Buffer, start: number, end: number): void {
    if (end - start < REQUEST_HEADER_SIZE) throw new JuteError('a request without a header');
    const xid = readInt32(bytes, start);
    const type = readInt32(bytes, start + 4);
    if (xid > 0) connection.outstandingCount += 1;
    const recordStart = start + REQUEST_HEADER_SIZE;
    if (type === OpCode.auth) {
      this.authenticate(connection, xid, this.reader.reset(bytes, recordStart, end));
    } else if (type === OpCode.sasl) {
      this.answerNow(connection, xid, ErrorCode.ok);
      connection.out().writeInt(NULL_TOKEN);
      this.finishAnswer(connection, xid);
    } else if (!this.isAuthenticatedEnough(connection)) {
      this.ports.log.warn(
        `${describe(connection)}: has not authenticated with a scheme that is demanded`,
      );
      this.answerAndClose(connection, xid, ErrorCode.sessionClosedRequireSaslAuth);
    } else if (!this.ports.pipeline.knows(type)) {
      this.ports.log.warn(`${describe(connection)}: asked for unknown operation ${type}`);
      this.answerAndClose(connection, xid, ErrorCode.unimplemented, UNPREPARED_ZXID);
    } else this.submit(connection, xid, type, { bytes, start: recordStart, end });
  }

  /** A session that is gone or going gets no answer any more, as in Java; its connection is closed in a moment. */
  private submit(
    connection: Connection,
    xid: number,
    type: number,
    record: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  ): void {
    const { session } = connection;
    const { sessions, clock, pipeline } = this.ports;
    const { sessionTimeout } = connection;
    if (session === null || !sessions.touch(session, sessionTimeout, clock.elapsed)) return;
    if (connection.stalledAt !== 0) {
      const waitedMs = clock.elapsed - connection.stalledAt;
      const verdict = this.requestThrottle.judge(type, waitedMs, sessionTimeout);
      if (verdict === 'drop') this.fault(connection, `had a request wait for ${waitedMs} ms`);
      if (verdict === 'refuse') pipeline.refuse(connection, xid, type, ErrorCode.throttledOp);
      if (verdict !== 'pass') return;
    }
    pipeline.submit(connection, xid, type, record);
  }

  private isAuthenticatedEnough(connection: Connection): boolean {
    const demanded = this.options.enforceAuthSchemes;
    return (
      demanded === null || connection.authIds.some(({ scheme }) => demanded.includes(scheme ?? ''))
    );
  }

  private authenticate(connection: Connection, xid: number, reader: JuteReader): void {
    const packet = readAuthPacket(reader);
    const scheme = this.ports.access.schemes.get(packet.scheme ?? '');
    const ids = scheme?.authenticate(packet.auth, connection.link.remoteAddress) ?? null;
    if (ids === null) {
      this.ports.log.warn(
        `${describe(connection)}: authentication failed for scheme ${packet.scheme}`,
      );
      this.answerAndClose(connection, xid, ErrorCode.authFailed);
      return;
    }
    const known = connection.authIds;
    const isNew = (id: (typeof ids)[number]): boolean =>
      !known.some((other) => other.scheme === id.scheme && other.id === id.id);
    connection.authIds = [...known, ...ids.filter(isNew)];
    if (this.areTooMany(connection.authIds)) {
      this.ports.log.warn(`${describe(connection)}: has proved more identities than it may`);
      this.answerAndClose(connection, xid, ErrorCode.authFailed);
      return;
    }
    this.answerNow(connection, xid, ErrorCode.ok);
    this.finishAnswer(connection, xid);
  }

  /** Each access list is held against all identities, and they are kept as long as the connection. */
  private areTooMany(ids: Connection['authIds']): boolean {
    const size = ids.reduce((sum, { id }) => sum + (id?.length ?? 0), 0);
    return ids.length > IDENTITIES_LIMIT || size > this.options.juteMaxBuffer;
  }

  private answerStart = 0;

  /** Begins an answer that does not wait for anything that was asked before. */
  private answerNow(connection: Connection, xid: number, err: number, zxidBytes = NO_ZXID): void {
    this.answerStart = connection.startReply(xid, zxidBytes, err);
  }

  private finishAnswer(connection: Connection, xid: number): void {
    const size = connection.endReply(this.answerStart);
    if (xid > 0) connection.outstandingCount -= 1;
    connection.stats.countSent();
    this.ports.stats.countRead(0, size);
  }

  private answerAndClose(
    connection: Connection,
    xid: number,
    err: number,
    zxidBytes = NO_ZXID,
  ): void {
    this.answerNow(connection, xid, err, zxidBytes);
    this.finishAnswer(connection, xid);
    this.closeAfterFlush(connection);
  }

  // ---- ends

  private flush(): void {
    const { dirty } = this;
    for (const connection of dirty) {
      connection.flush();
      if (connection.state === 'closing') {
        this.close(connection);
      } else if (connection.link.unsentSize >= UNSENT_HIGH_WATER) {
        if (connection.link.unsentSize > UNSENT_LIMIT) this.tooMuchUnsent(connection);
        else this.paused.add(connection);
      }
    }
    dirty.length = 0;
  }

  /** Nothing more is taken from the connection; it is closed when its output is sent. */
  private closeAfterFlush(connection: Connection): void {
    if (connection.state === 'closed') return;
    connection.state = 'closing';
    connection.out();
  }

  /** Ends a connection for what its client did, with one line in the log. */
  private fault(connection: Connection, what: string): void {
    this.ports.log.warn(`${describe(connection)}: ${what}; closing it`);
    this.close(connection);
  }

  private close(connection: Connection): void {
    if (connection.state === 'closed') return;
    const isOrderly = connection.state === 'closing' && !connection.isDirty;
    connection.state = 'closed';
    this.connections.delete(connection);
    this.paused.delete(connection);
    this.stalled.delete(connection);
    this.expiry.remove(connection);
    this.limits.leave(connection.link.remoteAddress);
    this.ports.watches.removeAll(connection);
    this.ports.pipeline.forgetReads(connection);
    connection.backlog = null;
    const { session } = connection;
    if (session !== null && this.bySession.get(session.id) === connection) {
      this.bySession.delete(session.id);
    }
    if (isOrderly) connection.link.end();
    else connection.link.destroy();
  }
}

function describe(connection: Connection): string {
  const { link, session } = connection;
  const client = `client ${link.remoteAddress}:${link.remotePort}`;
  return session === null ? client : `${client} session 0x${toHex(session.id)}`;
}
