/*
 * Ordering: what a server has more that orders the writes of all clients, alone or as a leader (Java: SessionTrackerImpl,
 * ContainerManager and the first processors of ZooKeeperServer and LeaderZooKeeperServer): it gives the zxids, keeps all sessions and
 * expires them, and cleans up containers. Where the transactions go, and when they are committed, is the owner's affair.
 */

import type { ServerMetrics } from '../admin/metrics/index.ts';
import type { DataTree } from '../datatree/data-tree.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { toHex } from '../jute/int64.ts';
import type { TurnClock } from './clock.ts';
import type { ServerConfig } from './config/config.ts';
import { ContainerCleaner } from './container-cleaner.ts';
import type { Log } from './log.ts';
import type { Proposer, TransactionSink } from './pipeline/proposer.ts';
import type { Request } from './pipeline/request.ts';
import type { Serving } from './serving.ts';
import { initialSessionId, SessionTracker } from './session/session-tracker.ts';

/** What ordering needs. */
export interface OrderingPorts {
  readonly tree: DataTree;
  readonly clock: TurnClock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  /** Serves clients, whose sessions these are. */
  readonly serve: (sessions: SessionTracker) => Serving;
  readonly sink: TransactionSink;
  /** Answers a sync once it is sure that nothing newer is acknowledged elsewhere; null where nobody else is. */
  readonly sync: ((request: Request) => void) | null;
}

/** The server that orders writes, from when it begins to. */
export class Ordering {
  readonly sessions: SessionTracker;
  readonly serving: Serving;
  readonly proposer: Proposer;
  private readonly ports: OrderingPorts;
  private readonly containers: ContainerCleaner;

  /** @param from the id that new sessions begin with, and the zxid behind which transactions come */
  constructor(
    ports: OrderingPorts,
    config: ServerConfig,
    from: { readonly sessionServerId: number; readonly lastZxid: Zxid },
  ) {
    const { tree, clock, sink, sync } = ports;
    this.ports = ports;
    this.sessions = this.trackSessions(config.tickTime, from.sessionServerId);
    this.serving = ports.serve(this.sessions);
    const { lastZxid } = from;
    this.proposer = this.serving.orderWrites(this.sessions, sink, { lastZxid, sync });
    this.containers = new ContainerCleaner(
      { tree, clock, requestDeletion: (path) => this.serving.pipeline.deleteContainer(path) },
      {
        checkIntervalMs: config.containerCheckIntervalMs,
        maxPerMinute: config.containerMaxPerMinute,
        maxNeverUsedIntervalMs: config.containerMaxNeverUsedIntervalMs,
      },
    );
  }

  /** Sessions that the tree knows go on: each has its whole time-out to come back. */
  private trackSessions(tickTime: number, serverId: number): SessionTracker {
    const { tree, clock } = this.ports;
    const sessions = new SessionTracker({
      tickTime,
      firstSessionId: initialSessionId(serverId, clock.wall),
      now: clock.elapsed,
    });
    for (const [id, timeout] of tree.sessions) sessions.track(id, timeout, clock.elapsed);
    return sessions;
  }

  /** A session shows that it lives; false where it does not any more. @param timeout ms */
  touch(sessionId: SessionId, timeout: number): boolean {
    const { sessions } = this;
    const session = sessions.get(sessionId);
    return session !== undefined && sessions.touch(session, timeout, this.ports.clock.elapsed);
  }

  /** When run() wants to be called, in ms of the elapsed clock. */
  get deadline(): number {
    return Math.min(this.sessions.deadline, this.containers.deadline);
  }

  /** Does what is due by now: expires sessions, cleans up containers. */
  run(): void {
    const { clock, log, metrics } = this.ports;
    for (const session of this.sessions.expire(clock.elapsed)) {
      metrics.staleSessionsExpired.increment();
      log.info(`Expiring session 0x${toHex(session.id)}, timeout of ${session.timeout}ms exceeded`);
      this.serving.pipeline.closeSession(session.id);
    }
    this.containers.run();
  }
}
