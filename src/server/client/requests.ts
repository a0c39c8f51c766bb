/*
 * Requests: what an open connection asks for (Java: ZooKeeperServer.processPacket and submitRequestNow).
 *
 * Packets that say who the client is, and requests that cannot be carried out at all, are answered here at once; all others are
 * handed to the pipeline in the order in which they came.
 */

import type { ByteRange } from '../../jute/byte-range.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { readInt32 } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import { REQUEST_HEADER_SIZE } from '../../jute/proto.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import { readAuthPacket } from '../../jute/requests.ts';
import type { Connection } from './connection.ts';
import type { OpenConnections } from './open-connections.ts';
import { describe } from './open-connections.ts';
import type { ClientPortOptions, ClientPortPorts } from './ports.ts';
import type { RequestThrottle } from './request-throttle.ts';

/** Identities that a connection may prove, one after the other. Nobody has so many; Java takes any number. */
const IDENTITIES_LIMIT = 1000;
/** What a client that begins a SASL exchange gets where there is no SASL: a token that is null. */
const NULL_TOKEN = -1;
/** The zxid in replies to auth packets, which no transaction stands behind. */
const NO_ZXID = new Uint8Array(8);
/** The zxid of a request that nothing has prepared, which Java sends with Unimplemented (Request.zxid): -1. */
const UNPREPARED_ZXID = new Uint8Array(8).fill(0xff);

/** Takes requests. */
export class Requests {
  private readonly ports: ClientPortPorts;
  private readonly options: ClientPortOptions;
  private readonly connections: OpenConnections;
  private readonly throttle: RequestThrottle;
  private readonly reader = new JuteReader(Buffer.alloc(0));
  /** Where the answer that answerNow began starts in the connection's output. */
  private answerStart = 0;

  constructor(
    ports: ClientPortPorts,
    options: ClientPortOptions,
    parts: { readonly connections: OpenConnections; readonly throttle: RequestThrottle },
  ) {
    this.ports = ports;
    this.options = options;
    this.connections = parts.connections;
    this.throttle = parts.throttle;
  }

  /** Takes the request `bytes[start, end)`, its header in front. @throws JuteError where it cannot be read */
  take(connection: Connection, bytes: Buffer, start: number, end: number): void {
    if (end - start < REQUEST_HEADER_SIZE) throw new JuteError('a request without a header');
    const xid = readInt32(bytes, start);
    const type = readInt32(bytes, start + 4);
    if (xid > 0) connection.outstandingCount += 1;
    const recordStart = start + REQUEST_HEADER_SIZE;
    if (type === OpCode.auth) {
      this.authenticate(connection, xid, this.reader.reset(bytes, recordStart, end));
    } else if (type === OpCode.sasl) {
      this.answerSasl(connection, xid, this.reader.reset(bytes, recordStart, end));
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
  private submit(connection: Connection, xid: number, type: number, record: ByteRange): void {
    const { session } = connection;
    const { sessions, clock, pipeline } = this.ports;
    const { sessionTimeout } = connection;
    if (session === null || !sessions.touch(session, sessionTimeout, clock.elapsed)) return;
    if (connection.stalledAt !== 0) {
      const waitedMs = clock.elapsed - connection.stalledAt;
      const verdict = this.throttle.judge(type, waitedMs, sessionTimeout);
      if (verdict === 'drop') {
        this.connections.fault(connection, `had a request wait for ${waitedMs} ms`);
      }
      if (verdict === 'refuse') pipeline.refuse(connection, xid, type, ErrorCode.throttledOp);
      if (verdict !== 'pass') return;
    }
    pipeline.submit(connection, xid, type, record);
  }

  /** Nobody can log in so here; the token is read as far as Java reads it before it says so. */
  private answerSasl(connection: Connection, xid: number, reader: JuteReader): void {
    if (reader.readBuffer() === null) throw new JuteError('a SASL request without a token');
    this.answerNow(connection, xid, ErrorCode.ok);
    connection.out().writeInt(NULL_TOKEN);
    this.finishAnswer(connection, xid);
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
    this.connections.closeAfterFlush(connection);
  }
}
