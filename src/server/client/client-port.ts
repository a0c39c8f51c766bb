/*
 * ClientPort: the door between the host and everything that clients say (Java: NIOServerCnxnFactory and NIOServerCnxn).
 *
 *   bytes ─> frames.ts ─┬─> words.ts          four-letter words
 *                       ├─> handshakes.ts     the first frame: a session, new or old
 *                       └─> requests.ts ─>    the pipeline
 *
 * Whatever a client does wrong ends that client's connection with one line in the log. At the end of a turn, or when many have
 * asked in it, each connection's output is handed to its link in one piece. There is no I/O and no clock here: the host tells what has arrived and when a turn ends.
 */

import type { SessionId } from '../../jute/int64.ts';
import { JuteReader } from '../../jute/reader.ts';
import { limitedLog } from '../limited-log.ts';
import type { SessionEvents } from '../pipeline/pipeline.ts';
import type { Connection } from './connection.ts';
import { Frames } from './frames.ts';
import { Handshakes } from './handshakes.ts';
import type { Link } from './link.ts';
import { describe, OpenConnections } from './open-connections.ts';
import type { ClientPortOptions, ClientPortPorts } from './ports.ts';
import { RequestThrottle } from './request-throttle.ts';
import { Requests } from './requests.ts';
import { Words } from './words.ts';

/**
 * So many connections are sent their answers before more are read, while their sockets are still in the processor's cache. Measured
 * with a thousand watchers: 4 to 9 % less processor time an event. A few clients that ask much at a time get one piece each in a turn.
 */
const SENT_TOGETHER = 32;

/** Where the host reports what clients do, and the pipeline what becomes of their sessions. */
export class ClientPort implements SessionEvents {
  private readonly ports: ClientPortPorts;
  private readonly open: OpenConnections;
  private readonly frames: Frames;
  private readonly handshakes: Handshakes;
  private readonly requests: Requests;
  private readonly reader = new JuteReader(Buffer.alloc(0));
  private readonly logRefusal: (message: string) => void;
  private isClosed = false;

  constructor(ports: ClientPortPorts, options: ClientPortOptions) {
    const connections = new OpenConnections(ports, options);
    const throttle = new RequestThrottle(options.requestThrottle, ports.metrics);
    const words = new Words(ports, connections);
    this.ports = ports;
    this.open = connections;
    this.logRefusal = limitedLog(
      (message) => ports.log.error(message),
      () => ports.clock.elapsed,
    );
    this.handshakes = new Handshakes(ports, options, connections);
    this.requests = new Requests(ports, options, { connections, throttle });
    const reader = {
      takeWord: words.take.bind(words),
      takeFrame: this.takeFrame.bind(this),
    };
    this.frames = new Frames(ports, options, { connections, throttle, reader });
  }

  /** Every open connection. */
  get connections(): ReadonlySet<Connection> {
    return this.open.all;
  }

  // ---- what the host tells

  /** A client has connected; null when it cannot stay, and then the link is closed already. */
  accept(link: Link): Connection | null {
    if (this.isClosed) {
      link.destroy();
      return null;
    }
    const connection = this.open.open(link);
    if (typeof connection !== 'string') return connection;
    this.ports.metrics.connectionRejected.add(1);
    this.ports.log.warn(connection);
    link.destroy();
    return null;
  }

  /** Bytes have arrived: `chunk[0, size)`, which is used for others afterwards. */
  receive(connection: Connection, chunk: Buffer, size: number): void {
    if (connection.isEnding) return;
    this.open.touch(connection);
    this.frames.receive(connection, chunk, size);
    if (this.open.dirtyCount >= SENT_TOGETHER) this.open.flush();
  }

  private takeFrame(connection: Connection, bytes: Buffer, start: number, end: number): void {
    if (connection.state === 'handshake') {
      this.handshakes.take(connection, this.reader.reset(bytes, start, end));
    } else this.requests.take(connection, bytes, start, end);
  }

  /** The link has sent everything that it was given. */
  drained(connection: Connection): void {
    if (connection.isPaused) this.frames.drained(connection);
    else this.open.paused.delete(connection);
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
    this.open.close(connection);
  }

  /** A client could not be accepted. */
  listenerFailed(error: string): void {
    this.ports.metrics.connectionRejected.add(1);
    this.logRefusal(`a client could not be accepted: ${error}`);
  }

  /** Sends what this turn has written. Returns whether there is input left that could now be taken: then another turn is due. */
  endTurn(): boolean {
    this.open.flush();
    if (!this.frames.isAnyStalled) return false;
    this.frames.resumeStalled();
    return this.open.dirtyCount > 0;
  }

  // ---- time

  /** When a connection has to be looked at, in ms of the elapsed clock. */
  get deadline(): number {
    return this.open.deadline;
  }

  /** Sees to it that no session expires because its client is not listened to. To be called before sessions expire. */
  lookAtPaused(): void {
    this.open.lookAtPaused();
  }

  /** Closes the connections that were silent for too long. */
  expireConnections(): void {
    this.open.expire();
  }

  /** The buckets of connections by the time at which they expire, for `dump`. */
  bucketsByTime(): [expiresAt: number, connections: ReadonlySet<Connection>][] {
    return this.open.bucketsByTime();
  }

  // ---- what the pipeline tells

  /** Everything that was asked for in this connection's session is applied, its making first of all: the client may know. */
  sessionReady(connection: Connection): void {
    this.handshakes.ready(connection);
  }

  /** A session is closed: so is the connection that holds it, after the answer if it was the one that asked. */
  sessionClosed(sessionId: SessionId, connection: Connection | null): void {
    const holder = this.open.holderOf(sessionId);
    if (holder !== undefined && holder !== connection) this.open.close(holder);
    if (connection !== null) this.open.closeAfterFlush(connection);
  }

  /** More waits for a client than it may leave unread. */
  tooMuchUnsent(connection: Connection): void {
    this.open.tooMuchUnsent(connection);
  }

  // ---- the end

  /** Closes every connection and takes no other, when the server stops. */
  closeAll(): void {
    this.isClosed = true;
    this.open.closeAll();
  }
}
