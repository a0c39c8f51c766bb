/*
 * Standalone: one server that agrees with nobody but its own disk (Java: ZooKeeperServer with its three processors).
 *
 * It puts the parts together and says when it wants to be woken. The host (host/server-host.ts) tells it what clients send, what
 * the disk has done and what time it is; a simulator can do the same.
 *
 *   host: accept, receive, drained, disconnected ─> ClientPort ─> Pipeline ─> TxnLog ─> disk
 *   disk: durable ─> Pipeline.commitThrough ─> DataTree, watches, replies
 *   host: endTurn ─> one write per connection, one write and sync of the log
 */

import { type ServerMetrics, ServerStats } from '../admin/metrics/index.ts';
import type { DataTree } from '../datatree/data-tree.ts';
import type { Disk } from '../datatree/storage/disk.ts';
import type { SnapshotWriter } from '../datatree/storage/snapshot-writer.ts';
import { TxnLog } from '../datatree/storage/txn-log.ts';
import { Watches } from '../datatree/watches.ts';
import { fourLetterWordWhitelist } from '../fourletter/index.ts';
import type { Zxid } from '../jute/int64.ts';
import type { Txn, TxnDigest, TxnHeader } from '../jute/txn.ts';
import { AccessControl } from './auth/access.ts';
import { authSchemes } from './auth/schemes.ts';
import { Autopurge } from './autopurge.ts';
import { ClientPort } from './client/client-port.ts';
import type { Connection } from './client/connection.ts';
import { ConnectionThrottle } from './client/connection-throttle.ts';
import type { TurnClock } from './clock.ts';
import type { ServerConfig } from './config/config.ts';
import { ContainerCleaner } from './container-cleaner.ts';
import { limitedLog } from './limited-log.ts';
import type { Log } from './log.ts';
import { ChildrenCache } from './pipeline/children-cache.ts';
import { PendingChanges } from './pipeline/pending-changes.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { Prepare } from './pipeline/prepare.ts';
import { QuotaCheck } from './pipeline/quota-check.ts';
import { Reads } from './pipeline/reads.ts';
import { WatchRequests } from './pipeline/watch-requests.ts';
import type { HostFacts } from './server-view.ts';
import { StandaloneView } from './server-view.ts';
import { initialSessionId, SessionTracker } from './session/session-tracker.ts';

/** Bytes of transactions that wait for the disk: above this nothing more is read from clients. */
const LOG_BACKLOG_LIMIT = 32 * 1024 * 1024;

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

/** A server that answers clients. */
export class Standalone {
  private readonly ports: StandalonePorts;
  private readonly config: ServerConfig;
  private readonly sessions: SessionTracker;
  private readonly pipeline: Pipeline;
  private readonly containers: ContainerCleaner;
  private readonly autopurge: Autopurge;
  private readonly txnLog: TxnLog;
  private readonly view: StandaloneView;
  /** Where the host reports what clients do. */
  readonly clientPort: ClientPort;
  /** The port that clients reach, as it is after listening. */
  listeningPort = -1;
  /** Nothing is begun any more, neither by clients nor by the clock. */
  private isStopping = false;
  /** Transactions appended since the last write of the log began; when the last one was, and when that write began, in ms. */
  private unflushedCount = 0;
  private lastAppendAt = 0;
  private lastFlushAt = 0;
  /** Transactions and bytes after which the next snapshot is cut; drawn anew each time, so that servers do not cut all at once. */
  private snapshotAfter: { readonly txns: number; readonly bytes: number };

  constructor(ports: StandalonePorts, config: ServerConfig) {
    this.ports = ports;
    this.config = config;
    const { tree, clock, metrics } = ports;
    const stats = new ServerStats(metrics);
    const watches = new Watches<Connection>();
    const access = new AccessControl(authSchemes(config), config);
    const throttle = new ConnectionThrottle(config.connectionThrottle, ports.random, clock.elapsed);
    this.txnLog = this.openLog();
    this.sessions = this.trackSessions();
    this.view = new StandaloneView({
      facts: ports.facts,
      tree,
      watches,
      sessions: this.sessions,
      throttle,
      metrics,
      stats,
      clock,
      configuration: () => this.configuration(),
      whitelist: fourLetterWordWhitelist(config.fourLetterWordsWhitelist),
      clientPort: () => this.clientPort,
      pipeline: () => this.pipeline,
    });
    this.pipeline = this.makePipeline({ watches, access, stats });
    this.containers = new ContainerCleaner(
      { tree, clock, requestDeletion: (path) => this.pipeline.deleteContainer(path) },
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
    this.clientPort = new ClientPort(
      {
        pipeline: this.pipeline,
        view: this.view,
        tree,
        watches,
        sessions: this.sessions,
        revalidate: (_connection, sessionId, timeout, answer) => {
          const session = this.sessions.get(sessionId);
          answer(session !== undefined && this.sessions.touch(session, timeout, clock.elapsed));
        },
        access,
        throttle,
        clock,
        log: ports.log,
        metrics,
        stats,
        isLogFull: () => this.txnLog.isFull,
      },
      config,
    );
    this.snapshotAfter = this.drawSnapshotThreshold();
  }

  private openLog(): TxnLog {
    const { ports, config } = this;
    const { metrics } = ports;
    const options = {
      directory: `${config.dataLogDir}/version-2`,
      lastZxid: ports.tree.lastProcessedZxid,
      preAllocSizeBytes: config.preAllocSizeKb * 1024,
      sizeLimitBytes: config.txnLogSizeLimitInKb * 1024,
      forceSync: config.forceSync,
      fsyncWarningThresholdMs: config.fsyncWarningThresholdMs,
      maxPendingBytes: LOG_BACKLOG_LIMIT,
    };
    return new TxnLog(ports.disk, options, {
      onDurable: (zxid) => this.durable(zxid),
      onFailure: (error) => {
        metrics.unrecoverableErrorCount.increment();
        this.isStopping = true;
        this.view.isServing = false;
        ports.fail(error);
      },
      onSync: (elapsedMs) => metrics.fsyncTime.add(Math.trunc(elapsedMs)),
      onSlowSync: (message) => ports.log.warn(message),
    });
  }

  /** Sessions that the disk knows go on: each has its whole time-out to come back. */
  private trackSessions(): SessionTracker {
    const { tree, clock } = this.ports;
    const sessions = new SessionTracker({
      tickTime: this.config.tickTime,
      firstSessionId: initialSessionId(1, clock.wall),
      now: clock.elapsed,
    });
    for (const [id, timeout] of tree.sessions) sessions.track(id, timeout, clock.elapsed);
    return sessions;
  }

  private makePipeline(parts: {
    readonly watches: Watches<Connection>;
    readonly access: AccessControl;
    readonly stats: ServerStats;
  }): Pipeline {
    const { config, sessions } = this;
    const { tree, clock, metrics, log } = this.ports;
    const { watches, access, stats } = parts;
    const pending = new PendingChanges(tree, config);
    const warn = limitedLog(
      (message) => log.warn(message),
      () => clock.elapsed,
    );
    const quotas = new QuotaCheck(tree, {
      enforceQuota: config.enforceQuota,
      onExceeded: (path, message, isRefused) => {
        if (isRefused) metrics.quotaExceededErrorPerNamespace.add(path.split('/')[1] ?? '', 1);
        warn(message);
      },
    });
    const childrenCache = new ChildrenCache(tree, {
      countLimit: config.maxGetChildrenResponseCacheSize,
      onHit: () => metrics.responsePacketGetChildrenCacheHits.increment(),
      onMiss: () => metrics.responsePacketGetChildrenCacheMisses.increment(),
    });
    return new Pipeline(
      {
        tree,
        watches,
        sessions,
        pending,
        prepare: new Prepare({ pending, sessions, access, quotas }, config),
        reads: new Reads({ tree, watches, access, metrics, childrenCache }),
        watchRequests: new WatchRequests({ tree, watches, access, stats, metrics }),
        sink: {
          append: (header, txn, digest) => this.append(header, txn, digest),
        },
        events: {
          sessionReady: (connection) => this.clientPort.sessionReady(connection),
          sessionClosed: (id, connection) => this.clientPort.sessionClosed(id, connection),
          tooMuchUnsent: (connection) => this.clientPort.tooMuchUnsent(connection),
        },
        clock,
        metrics,
        stats,
      },
      config,
    );
  }

  private append(header: TxnHeader, txn: Txn, digest: TxnDigest | null): void {
    this.txnLog.append(header, txn, digest);
    this.ports.metrics.syncProcessorRequestQueued.increment();
    this.unflushedCount += 1;
    this.lastAppendAt = this.ports.clock.elapsed;
    this.snapshotWhenDue();
  }

  private configuration(): ReturnType<StandaloneView['configuration']> {
    const { config } = this;
    return {
      clientPort: this.listeningPort,
      secureClientPort: -1,
      dataDir: `${config.dataDir}/version-2`,
      dataLogDir: `${config.dataLogDir}/version-2`,
      tickTime: config.tickTime,
      maxClientCnxns: config.maxClientCnxns,
      minSessionTimeout: config.minSessionTimeout,
      maxSessionTimeout: config.maxSessionTimeout,
      clientPortListenBacklog: config.clientPortListenBacklog,
      serverId: 0,
    };
  }

  /** The disk has everything up to `zxid`: it is applied and answered. */
  private durable(zxid: Zxid): void {
    const { wake, metrics, clock } = this.ports;
    wake();
    metrics.syncProcessorQueueFlushTime.add(clock.elapsed - this.lastFlushAt);
    this.pipeline.commitThrough(zxid);
  }

  // ---- snapshots

  /** Between half and all of snapCount, and of snapSizeLimitInKb (Java: SyncRequestProcessor.resetSnapshotStats). */
  private drawSnapshotThreshold(): { readonly txns: number; readonly bytes: number } {
    const { random } = this.ports;
    const halfCount = Math.floor(this.config.snapCount / 2);
    const halfBytes = (this.config.snapSizeLimitInKb * 1024) / 2;
    return {
      txns: halfCount + Math.floor(random() * halfCount),
      bytes: halfBytes <= 0 ? Number.POSITIVE_INFINITY : halfBytes + random() * halfBytes,
    };
  }

  private snapshotWhenDue(): void {
    const { txns, bytes } = this.snapshotAfter;
    if (this.txnLog.txnCount <= txns && this.txnLog.sizeBytes <= bytes) return;
    this.snapshotAfter = this.drawSnapshotThreshold();
    this.txnLog.roll();
    if (this.ports.snapshots.isActive) this.ports.log.warn('Too busy to snap, skipping');
    else this.ports.snapshots.start();
  }

  // ---- turns and time

  /** Ends a turn: sends replies, starts the next write of the log. Returns whether another turn is due at once. */
  endTurn(): boolean {
    this.flushLog();
    const isMoreToDo = this.clientPort.endTurn();
    this.flushLog();
    return isMoreToDo;
  }

  /** Starts to write what was appended, unless flushDelay lets it wait for company. */
  private flushLog(): void {
    const { unflushedCount } = this;
    if (unflushedCount === 0 || this.txnLog.isFlushing) return;
    const { elapsed } = this.ports.clock;
    const { maxBatchSize } = this.config;
    const isBatchFull = maxBatchSize > 0 && unflushedCount >= maxBatchSize;
    if (!isBatchFull && elapsed < this.flushDeadline) return;
    this.ports.metrics.syncProcessorBatchSize.add(unflushedCount);
    this.unflushedCount = 0;
    this.lastFlushAt = elapsed;
    this.txnLog.flush();
    // A roll parts what is pending: what goes into the next file waits for another flush.
    if (this.txnLog.hasPending) this.unflushedCount = 1;
  }

  /** When the log has to be flushed at the latest, in ms (Java: SyncRequestProcessor.getRemainingDelay and its poll). */
  private get flushDeadline(): number {
    const { flushDelayMs, maxWriteQueuePollTimeMs } = this.config;
    if (this.unflushedCount === 0) return Number.POSITIVE_INFINITY;
    return Math.min(this.lastFlushAt + flushDelayMs, this.lastAppendAt + maxWriteQueuePollTimeMs);
  }

  /** When run() wants to be called, in ms of the elapsed clock; infinite once the server stops. */
  get deadline(): number {
    if (this.isStopping) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.sessions.deadline,
      this.clientPort.deadline,
      this.containers.deadline,
      this.autopurge.deadline,
      this.txnLog.isFlushing ? Number.POSITIVE_INFINITY : this.flushDeadline,
    );
  }

  /** Does what is due by now: expires sessions and connections, cleans up containers, purges old files. */
  run(): void {
    if (this.isStopping) return;
    const { clock, log, metrics } = this.ports;
    this.clientPort.lookAtPaused();
    for (const session of this.sessions.expire(clock.elapsed)) {
      metrics.staleSessionsExpired.increment();
      log.info(
        `Expiring session 0x${BigInt.asUintN(64, session.id).toString(16)}, timeout of ${session.timeout}ms exceeded`,
      );
      this.pipeline.closeSession(session.id);
    }
    this.clientPort.expireConnections();
    this.containers.run();
    this.autopurge.run();
  }

  /** Ends: takes nothing more, closes all connections, and calls back when everything that was taken is on disk. */
  stop(done: (error: Error | null) => void): void {
    this.isStopping = true;
    this.view.isServing = false;
    this.clientPort.closeAll();
    this.txnLog.close(done);
  }
}
