/*
 * Standalone: one server that agrees with nobody but its own disk (Java: ZooKeeperServer with its three processors).
 *
 * It puts the parts together and says when it wants to be woken. The host (host/server-host.ts) tells it what clients send, what
 * the disk has done and what time it is; a simulator can do the same.
 *
 *   host: accept, receive, drained, disconnected ─> ClientPort ─> Pipeline ─> Proposer ─> Journal ─> disk
 *   disk: durable ─> Proposer.commitThrough ─> Pipeline.commit ─> DataTree, watches, replies
 *   host: endTurn ─> one write per connection, one write and sync of the log
 */

import type { ServerMetrics } from '../admin/metrics/index.ts';
import type { DataTree } from '../datatree/data-tree.ts';
import type { Disk } from '../datatree/storage/disk.ts';
import type { SnapshotWriter } from '../datatree/storage/snapshot-writer.ts';
import type { Autopurge } from './autopurge.ts';
import { autopurge } from './autopurge.ts';
import type { ClientPort } from './client/client-port.ts';
import type { TurnClock } from './clock.ts';
import type { ServerConfig } from './config/config.ts';
import { Journal } from './journal.ts';
import type { Log } from './log.ts';
import { Ordering } from './ordering.ts';
import type { HostFacts } from './server-view.ts';
import { Serving } from './serving.ts';
import type { SessionTracker } from './session/session-tracker.ts';

/** What a server needs of the world. */
export interface StandalonePorts {
  readonly disk: Disk;
  readonly clock: TurnClock;
  readonly log: Log;
  readonly facts: HostFacts;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** The tree as recovery has left it. */
  readonly tree: DataTree;
  readonly snapshots: SnapshotWriter;
  readonly metrics: ServerMetrics;
  /** A turn is due: something happened outside of one. */
  readonly wake: () => void;
  /** The disk has failed: nothing can be acknowledged any more. */
  readonly fail: (error: Error) => void;
}

/** Java gives it to a server without an id, and sessions begin with it. */
const SERVER_ID = 0;
const SESSION_SERVER_ID = 1;

/** A server that answers clients. */
export class Standalone {
  private readonly ports: StandalonePorts;
  private readonly ordering: Ordering;
  private readonly journal: Journal;
  private readonly autopurge: Autopurge;
  /** Nothing is begun any more, neither by clients nor by the clock. */
  private isStopping = false;

  /** @param listeningPort the port that clients reach, -1 for none */
  constructor(ports: StandalonePorts, config: ServerConfig, listeningPort: number) {
    this.ports = ports;
    const { tree } = ports;
    const journal = this.openJournal(config);
    this.journal = journal;
    this.ordering = new Ordering(
      {
        ...ports,
        serve: (sessions) => this.serve(sessions, config, listeningPort),
        sink: { append: (header, txn, digest) => void journal.append(header, txn, digest) },
        sync: null,
      },
      config,
      { sessionServerId: SESSION_SERVER_ID, lastZxid: tree.lastProcessedZxid },
    );
    this.autopurge = autopurge(ports, config);
  }

  private serve(sessions: SessionTracker, config: ServerConfig, listeningPort: number): Serving {
    return new Serving(
      {
        ...this.ports,
        sessions,
        revalidate: (_connection, sessionId, timeout, answer) => {
          answer(this.ordering.touch(sessionId, timeout));
        },
        ensemble: null,
        isLogFull: () => this.journal.isFull,
      },
      { config, serverId: SERVER_ID, listeningPort },
    );
  }

  /** Where the host reports what clients do. */
  get clientPort(): ClientPort {
    return this.ordering.serving.clientPort;
  }

  /** The snapshots that the host drives on. */
  get snapshots(): SnapshotWriter {
    return this.ports.snapshots;
  }

  private openJournal(config: ServerConfig): Journal {
    const { ports } = this;
    return new Journal(
      {
        ...ports,
        durable: (zxid) => this.ordering.proposer.commitThrough(zxid),
      },
      config,
      ports.tree.lastProcessedZxid,
    );
  }

  // ---- turns and time

  /** Ends a turn: sends replies, starts the next write of the log. Returns whether another turn is due at once. */
  endTurn(): boolean {
    this.journal.flush();
    const isMoreToDo = this.clientPort.endTurn();
    this.journal.flush();
    return isMoreToDo;
  }

  /** When run() wants to be called, in ms of the elapsed clock; infinite once the server stops. */
  get deadline(): number {
    if (this.isStopping) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.ordering.deadline,
      this.clientPort.deadline,
      this.autopurge.deadline,
      this.journal.deadline,
    );
  }

  /** Does what is due by now: expires sessions and connections, cleans up containers, purges old files. */
  run(): void {
    if (this.isStopping) return;
    this.clientPort.lookAtPaused();
    this.ordering.run();
    this.clientPort.expireConnections();
    this.autopurge.run();
  }

  /** The disk has failed: nobody is answered any more. */
  halt(): void {
    this.isStopping = true;
    this.ordering.serving.end();
  }

  /** Ends: takes nothing more, closes all connections, and calls back when everything that was taken is on disk. */
  stop(done: (error: Error | null) => void): void {
    this.halt();
    this.journal.close(done);
  }
}
