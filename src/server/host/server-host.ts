/*
 * ServerHost: gives a server, alone or a member of an ensemble, its sockets, timers and turns (Java: the threads of NIOServerCnxnFactory, SessionTrackerImpl and
 * SyncRequestProcessor).
 *
 * A turn begins with the first thing that happens after the last one ended, be it a socket that was read, a disk that is done or
 * a timer, and ends when the loop has handed out everything that was ready. Then all is written: one write per
 * connection, one write and sync for the log. Where very many clients ask in one turn, some are answered before its end.
 */

import type { SnapshotWriter } from '../../datatree/storage/snapshot-writer.ts';
import type { ClientPort } from '../client/client-port.ts';
import type { Connection } from '../client/connection.ts';
import type { Link } from '../client/link.ts';
import type { TurnClock } from '../clock.ts';
import type { ClientEvents } from './client-listener.ts';

/** The monotonic time in whole ms; it does not begin anew with the process. */
export function elapsedMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + Math.floor(nanoseconds / 1_000_000);
}

/** A clock that shows the present. */
export function startClock(): TurnClock {
  return { elapsed: elapsedMs(), wall: Date.now() };
}

/** What a host drives: Standalone or Replica. */
export interface HostedServer {
  /** Where clients are heard at the moment. */
  readonly clientPort: ClientPort;
  /** The snapshots of the tree that it has at the moment. */
  readonly snapshots: SnapshotWriter;
  /** When run() wants to be called, in ms of the elapsed clock. */
  readonly deadline: number;
  run(): void;
  /** Ends a turn; returns whether another is due at once. */
  endTurn(): boolean;
}

/** Runs one server. */
export class ServerHost implements ClientEvents {
  private readonly clock: TurnClock;
  private server: HostedServer | null = null;
  /** Sends to other servers what was written in this turn. */
  private flushPeers: () => void = () => undefined;
  private isTurnOpen = false;
  private timer: NodeJS.Timeout | null = null;
  private timerDeadline = Number.POSITIVE_INFINITY;
  private isStopped = false;

  constructor(clock: TurnClock) {
    this.clock = clock;
  }

  /** Sets the clock to the present. */
  setClock(): void {
    this.clock.elapsed = elapsedMs();
    this.clock.wall = Date.now();
  }

  /** Starts to drive a server. */
  start(server: HostedServer): void {
    this.server = server;
    this.openTurn();
  }

  /** At the end of each turn `flush` is called, behind everything else. */
  onTurnEnd(flush: () => void): void {
    this.flushPeers = flush;
  }

  /** Something happens: the turn's clock is set, and its end will come. */
  readonly openTurn = (): void => {
    if (this.isTurnOpen || this.isStopped) return;
    this.isTurnOpen = true;
    this.setClock();
    setImmediate(this.endTurn);
  };

  private readonly endTurn = (): void => {
    this.isTurnOpen = false;
    const { server } = this;
    if (server === null || this.isStopped) return;
    // Not in the timer itself: after a pause of the process, what clients have sent meanwhile is read before sessions expire.
    if (server.deadline <= this.clock.elapsed) server.run();
    const isMoreToDo = server.endTurn();
    this.flushPeers();
    const { snapshots } = server;
    if (snapshots.isActive) snapshots.step();
    this.setTimer(server.deadline);
    if (isMoreToDo || snapshots.wantsStep) this.openTurn();
  };

  private setTimer(deadline: number): void {
    if (deadline === this.timerDeadline) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timerDeadline = deadline;
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.timer = setTimeout(this.onTimer, Math.max(0, deadline - this.clock.elapsed));
  }

  private readonly onTimer = (): void => {
    this.timerDeadline = Number.POSITIVE_INFINITY;
    this.openTurn();
  };

  /** No more turns and timers. */
  stop(): void {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  accept(link: Link): Connection | null {
    this.openTurn();
    if (this.server !== null) return this.server.clientPort.accept(link);
    // A member that still waits for its election port: the client had better try another one.
    link.destroy();
    return null;
  }

  receive(connection: Connection, chunk: Buffer, size: number): void {
    this.openTurn();
    this.server?.clientPort.receive(connection, chunk, size);
  }

  drained(connection: Connection): void {
    this.openTurn();
    this.server?.clientPort.drained(connection);
  }

  listenerFailed(error: string): void {
    this.openTurn();
    this.server?.clientPort.listenerFailed(error);
  }

  disconnected(connection: Connection, error: string | null): void {
    this.openTurn();
    this.server?.clientPort.disconnected(connection, error);
  }
}
