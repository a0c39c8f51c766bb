/*
 * OpenConnections: the connections that are open, which session each holds, when it has been silent for too long, what it has to
 * send, and the ways in which it ends (Java: ServerCnxnFactory with its sessionMap, and NIOServerCnxn.close).
 *
 * It knows nothing of what clients say: frames.ts, words.ts, handshakes.ts and requests.ts do.
 */

import { ConnectionStats } from '../../admin/metrics/index.ts';
import type { SessionId } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import { ExpiryQueue } from '../session/expiry-queue.ts';
import { Connection, UNSENT_LIMIT } from './connection.ts';
import { ConnectionLimits } from './connection-limits.ts';
import type { Link } from './link.ts';
import { OutputPool } from './output-pool.ts';
import { PausedConnections } from './paused-connections.ts';
import type { ClientPortOptions, ClientPortPorts } from './ports.ts';

/** Answers that a client has not read, in bytes: above this no more requests are taken from it. */
export const UNSENT_HIGH_WATER = 1024 * 1024;

/** The connections of all clients. */
export class OpenConnections {
  private readonly ports: ClientPortPorts;
  private readonly options: ClientPortOptions;
  private readonly limits: ConnectionLimits;
  private readonly pool = new OutputPool();
  private readonly expiry: ExpiryQueue<Connection>;
  private readonly bySession = new Map<SessionId, Connection>();
  /** Those that have something to send at the end of this turn. */
  private readonly dirty: Connection[] = [];
  /** Those that are not read for now, or that have much to send before they would be. */
  readonly paused = new PausedConnections();
  /** Every open connection. */
  readonly all = new Set<Connection>();

  constructor(ports: ClientPortPorts, options: ClientPortOptions) {
    this.ports = ports;
    this.options = options;
    this.limits = new ConnectionLimits(options);
    this.expiry = new ExpiryQueue(options.sessionlessCnxnTimeoutMs, ports.clock.elapsed);
  }

  /** Makes a connection of a link, or gives the limit that forbids it as text. */
  open(link: Link): Connection | string {
    const refusal = this.limits.admit(link.remoteAddress);
    if (refusal !== null) return refusal;
    const stats = new ConnectionStats(this.ports.clock.wall);
    const connection = new Connection(link, { stats, pool: this.pool, dirty: this.dirty });
    this.all.add(connection);
    this.touch(connection);
    return connection;
  }

  // ---- sessions

  /** The connection that has a session, or that wants it and waits to hear whether it is valid. */
  holderOf(sessionId: SessionId): Connection | undefined {
    return this.bySession.get(sessionId);
  }

  /** Makes `connection` the one that holds a session. Whoever held it before is to be closed first. */
  hold(connection: Connection, sessionId: SessionId): void {
    connection.sessionId = sessionId;
    this.bySession.set(sessionId, connection);
  }

  // ---- time

  /** Something was heard of a connection: its time begins anew. */
  touch(connection: Connection): void {
    const isNew = connection.session === null;
    const timeout = isNew ? this.options.sessionlessCnxnTimeoutMs : connection.sessionTimeout;
    this.expiry.update(connection, timeout, this.ports.clock.elapsed);
  }

  /** When a connection has to be looked at, in ms of the elapsed clock. */
  get deadline(): number {
    return Math.min(this.expiry.deadline, this.paused.deadline);
  }

  /** Sees to it that no session expires because its client is not listened to. To be called before sessions expire. */
  lookAtPaused(): void {
    const { clock, sessions } = this.ports;
    const dueAt = Math.min(this.paused.deadline, this.expiry.deadline, sessions.deadline);
    if (clock.elapsed < dueAt) return;
    this.paused.look(clock.elapsed, UNSENT_HIGH_WATER, {
      alive: (connection) => {
        const { session } = connection;
        // Who waits to hear whether its session is valid has its time for a handshake, and no more.
        if (session === null && connection.state === 'connecting') return;
        this.touch(connection);
        if (session !== null) sessions.touch(session, connection.sessionTimeout, clock.elapsed);
      },
      stuck: (connection) => this.tooMuchUnsent(connection),
    });
  }

  /** Closes the connections that were silent for too long. */
  expire(): void {
    for (const connection of this.expiry.poll(this.ports.clock.elapsed)) {
      this.ports.metrics.sessionlessConnectionsExpired.add(1);
      this.ports.log.info(`${describe(connection)}: closed, nothing was heard for too long`);
      this.close(connection);
    }
  }

  /** The buckets of connections by the time at which they expire, for `dump`. */
  bucketsByTime(): [expiresAt: number, connections: ReadonlySet<Connection>][] {
    return this.expiry.bucketsByTime();
  }

  // ---- output

  /** How many connections have something to send at the end of this turn. */
  get dirtyCount(): number {
    return this.dirty.length;
  }

  /** Hands what was written this turn to the links, and closes those that were to be closed then. */
  flush(): void {
    const { dirty } = this;
    for (const connection of dirty) {
      connection.flush();
      if (connection.state === 'closing') {
        this.close(connection);
      } else if (connection.state !== 'closed' && connection.link.unsentSize >= UNSENT_HIGH_WATER) {
        if (connection.link.unsentSize > UNSENT_LIMIT) this.tooMuchUnsent(connection);
        else this.paused.add(connection);
      }
    }
    dirty.length = 0;
  }

  // ---- ends

  /** More waits for a client than it may leave unread. */
  tooMuchUnsent(connection: Connection): void {
    this.fault(connection, `does not read: ${connection.unsentSize} bytes wait for it`);
  }

  /** Nothing more is taken from the connection, nor answered; it is closed when its output is sent. */
  closeAfterFlush(connection: Connection): void {
    if (connection.state === 'closed') return;
    connection.state = 'closing';
    this.ports.pipeline.forgetReads(connection);
    connection.out();
  }

  /** Ends a connection for what its client did, with one line in the log. */
  fault(connection: Connection, what: string): void {
    this.ports.log.warn(`${describe(connection)}: ${what}; closing it`);
    this.close(connection);
  }

  /** Closes a connection: at once, or when its last answer is sent if it was to be closed after that. */
  close(connection: Connection): void {
    if (connection.state === 'closed') return;
    const isOrderly = connection.state === 'closing' && !connection.isDirty;
    connection.state = 'closed';
    this.all.delete(connection);
    this.paused.delete(connection);
    this.expiry.remove(connection);
    this.limits.leave(connection.link.remoteAddress);
    this.ports.watches.removeAll(connection);
    this.ports.pipeline.forgetReads(connection);
    connection.backlog = null;
    const { sessionId } = connection;
    if (this.bySession.get(sessionId) === connection) this.bySession.delete(sessionId);
    if (isOrderly) connection.link.end();
    else connection.link.destroy();
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const connection of [...this.all]) this.close(connection);
  }
}

/** A connection as lines of the log name it. */
export function describe(connection: Connection): string {
  const { link, session } = connection;
  const client = `client ${link.remoteAddress}:${link.remotePort}`;
  return session === null ? client : `${client} session 0x${toHex(session.id)}`;
}
