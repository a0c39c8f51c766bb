/*
 * Handshakes: the first exchange on a connection, from the connect request to the moment when requests are taken
 * (Java: ZooKeeperServer.processConnectRequest, reopenSession, finishSessionInit).
 *
 * What a request gets is decided in handshake-verdict.ts. A new session waits for its transaction; one that comes back waits to
 * hear whether it is valid, which in an ensemble the leader says, and then for the writes that it has on their way. Meanwhile
 * nothing is taken from the client (frames.ts), and it may go away at any moment.
 */

import type { SessionId } from '../../jute/int64.ts';
import { toHex, writeInt32 } from '../../jute/int64.ts';
import type { ConnectResponse } from '../../jute/proto.ts';
import { readConnectRequest, writeConnectResponse } from '../../jute/proto.ts';
import type { JuteReader } from '../../jute/reader.ts';
import type { Connection } from './connection.ts';
import { acceptSession, decideHandshake, refuseSession } from './handshake-verdict.ts';
import type { OpenConnections } from './open-connections.ts';
import { describe } from './open-connections.ts';
import type { ClientPortOptions, ClientPortPorts } from './ports.ts';

/** The length in front of a response, in bytes. */
const LENGTH_SIZE = 4;

/** Gives connections their sessions. */
export class Handshakes {
  private readonly ports: ClientPortPorts;
  private readonly options: ClientPortOptions;
  private readonly connections: OpenConnections;

  constructor(ports: ClientPortPorts, options: ClientPortOptions, connections: OpenConnections) {
    this.ports = ports;
    this.options = options;
    this.connections = connections;
  }

  /** Takes a connect request. @throws JuteError where it cannot be read */
  take(connection: Connection, reader: JuteReader): void {
    const { clock, metrics, throttle, tree } = this.ports;
    const request = readConnectRequest(reader);
    if (!throttle.admits(request.sessionId === 0n ? 'new' : 'renew', clock.elapsed)) {
      metrics.connectionRejected.add(1);
      this.connections.fault(connection, 'refused by the connection throttle');
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
        this.create(connection, verdict.timeout);
        break;
      case 'renew':
        this.renew(connection, verdict.sessionId, verdict.timeout);
        break;
      case 'wrong-password':
        this.refuseWrongPassword(connection, verdict.sessionId);
        break;
      case 'close':
        this.connections.fault(connection, verdict.reason);
        break;
    }
  }

  private create(connection: Connection, timeout: number): void {
    const { sessions, clock, pipeline } = this.ports;
    const session = sessions.create(timeout, clock.elapsed);
    connection.session = session;
    connection.sessionTimeout = timeout;
    this.connections.touch(connection);
    this.connections.hold(connection, session.id);
    pipeline.createSession(connection, timeout);
  }

  private renew(connection: Connection, sessionId: SessionId, timeout: number): void {
    const { metrics, revalidate } = this.ports;
    metrics.connectionRevalidateCount.add(1);
    const before = this.connections.holderOf(sessionId);
    if (before !== undefined) this.connections.close(before);
    this.connections.hold(connection, sessionId);
    revalidate(connection, sessionId, timeout, (isValid) => {
      // The client may have gone, or the session may have been taken over or closed, before the answer came.
      if (connection.state !== 'connecting') return;
      if (isValid) this.resume(connection, sessionId, timeout);
      else this.refuseInvalid(connection, sessionId);
    });
  }

  /** Gives a session to the connection that has come back to it. @param timeout ms */
  private resume(connection: Connection, sessionId: SessionId, timeout: number): void {
    const { clock, sessions, stats, pipeline } = this.ports;
    connection.session = sessions.track(sessionId, timeout, clock.elapsed);
    connection.sessionTimeout = timeout;
    this.connections.touch(connection);
    stats.countSent();
    if (!pipeline.awaitWrites(connection, sessionId)) this.ready(connection);
  }

  private refuseInvalid(connection: Connection, sessionId: SessionId): void {
    this.ports.log.info(
      `${describe(connection)}: session 0x${toHex(sessionId)} is not valid, probably expired`,
    );
    this.refuse(connection);
  }

  private refuseWrongPassword(connection: Connection, sessionId: SessionId): void {
    const { log, metrics } = this.ports;
    log.warn(`${describe(connection)}: wrong password for session 0x${toHex(sessionId)}`);
    metrics.connectionRevalidateCount.add(1);
    this.refuse(connection);
  }

  private refuse(connection: Connection): void {
    this.send(connection, refuseSession(connection.isOldClient));
    this.ports.stats.countSent();
    this.connections.closeAfterFlush(connection);
  }

  private send(connection: Connection, response: ConnectResponse): void {
    const out = connection.out();
    const start = out.reserve(LENGTH_SIZE);
    writeConnectResponse(out, response);
    writeInt32(out.buffer, start, out.length - start - LENGTH_SIZE);
    connection.stats.countSent();
  }

  /** Everything that was asked for in this connection's session is applied, its making first of all: the client may know. */
  ready(connection: Connection): void {
    const { session, sessionTimeout, isOldClient } = connection;
    if (connection.state === 'closed') return;
    if (session === null) throw new Error('a connection without a session is ready');
    connection.state = 'open';
    // What the client has asked meanwhile did not wait for the throttle.
    connection.stalledAt = 0;
    this.connections.touch(connection);
    this.send(connection, acceptSession(session.id, sessionTimeout, isOldClient));
  }
}
