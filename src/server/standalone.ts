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
import { toHex } from '../jute/int64.ts';
import { Autopurge } from './autopurge.ts';
import type { ClientPort } from './client/client-port.ts';
import type { TurnClock } from './clock.ts';
import type { ServerConfig } from './config/config.ts';
import { ContainerCleaner } from './container-cleaner.ts';
import { Journal } from './journal.ts';
import type { Log } from './log.ts';
import type { Proposer } from './pipeline/proposer.ts';
import type { HostFacts } from './server-view.ts';
import { Serving } from './serving.ts';
import { initialSessionId, SessionTracker } from './session/session-tracker.ts';

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
  private readonly sessions: SessionTracker;
  private readonly serving: Serving;
  private readonly proposer: Proposer;
  private readonly journal: Journal;
  private readonly containers: ContainerCleaner;
  private readonly autopurge: Autopurge;
  /** Nothing is begun any more, neither by clients nor by the clock. */
  private isStopping = false;

  /** @param listeningPort the port that clients reach, -1 for none */
  constructor(ports: StandalonePorts, config: ServerConfig, listeningPort: number) {
    this.ports = ports;
    const { tree, clock } = ports;
    this.journal = this.openJournal(config);
    this.sessions = this.trackSessions(config);
    this.serving = new Serving(
      {
        ...ports,
        sessions: this.sessions,
        revalidate: (_connection, sessionId, timeout, answer) => {
          const session = this.sessions.get(sessionId);
          answer(session !== undefined && this.sessions.touch(session, timeout, clock.elapsed));
        },
        ensemble: null,
        isLogFull: () => this.journal.isFull,
      },
      { config, serverId: SERVER_ID, listeningPort },
    );
    const { journal } = this;
    this.proposer = this.serving.orderWrites(
      this.sessions,
      { append: (header, txn, digest) => void journal.append(header, txn, digest) },
      { lastZxid: tree.lastProcessedZxid, sync: null },
    );
    this.containers = new ContainerCleaner(
      { tree, clock, requestDeletion: (path) => this.serving.pipeline.deleteContainer(path) },
      {
        checkIntervalMs: config.containerCheckIntervalMs,
        maxPerMinute: config.containerMaxPerMinute,
        maxNeverUsedIntervalMs: config.containerMaxNeverUsedIntervalMs,
      },
    );
    this.autopurge = new Autopurge(ports, {
      snapshotDirectory: `${config.dataDir}/version-2`,
      logDirectory: `${config.dataLogDir}/version-2`,
      retainCount: config.autopurge.snapRetainCount,
      intervalMs: config.autopurge.purgeIntervalMs,
    });
  }

  /** Where the host reports what clients do. */
  get clientPort(): ClientPort {
    return this.serving.clientPort;
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
        durable: (zxid) => this.proposer.commitThrough(zxid),
      },
      config,
      ports.tree.lastProcessedZxid,
    );
  }

  /** Sessions that the disk knows go on: each has its whole time-out to come back. */
  private trackSessions(config: ServerConfig): SessionTracker {
    const { tree, clock } = this.ports;
    const sessions = new SessionTracker({
      tickTime: config.tickTime,
      firstSessionId: initialSessionId(SESSION_SERVER_ID, clock.wall),
      now: clock.elapsed,
    });
    for (const [id, timeout] of tree.sessions) sessions.track(id, timeout, clock.elapsed);
    return sessions;
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
      this.sessions.deadline,
      this.clientPort.deadline,
      this.containers.deadline,
      this.autopurge.deadline,
      this.journal.deadline,
    );
  }

  /** Does what is due by now: expires sessions and connections, cleans up containers, purges old files. */
  run(): void {
    if (this.isStopping) return;
    const { clock, log, metrics } = this.ports;
    this.clientPort.lookAtPaused();
    for (const session of this.sessions.expire(clock.elapsed)) {
      metrics.staleSessionsExpired.increment();
      log.info(`Expiring session 0x${toHex(session.id)}, timeout of ${session.timeout}ms exceeded`);
      this.serving.pipeline.closeSession(session.id);
    }
    this.clientPort.expireConnections();
    this.containers.run();
    this.autopurge.run();
  }

  /** The disk has failed: nobody is answered any more. */
  halt(): void {
    this.isStopping = true;
    this.serving.end();
  }

  /** Ends: takes nothing more, closes all connections, and calls back when everything that was taken is on disk. */
  stop(done: (error: Error | null) => void): void {
    this.halt();
    this.journal.close(done);
  }
}
