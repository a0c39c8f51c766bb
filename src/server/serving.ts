/*
 * Serving: the parts that serve clients from one tree, put together (Java: ZooKeeperServer without its first processors).
 *
 *   host: accept, receive, drained, disconnected ─> ClientPort ─> Pipeline ─> reads, or the WritePath
 *
 * A standalone server has one for its whole life; a member of an ensemble makes a new one for each term of a role, because what
 * clients have under way ends with the term, and the tree may be another.
 */

import type { ServerMetrics } from '../admin/metrics/index.ts';
import { ServerStats } from '../admin/metrics/index.ts';
import type { DataTree } from '../datatree/data-tree.ts';
import { Watches } from '../datatree/watches.ts';
import { fourLetterWordWhitelist } from '../fourletter/index.ts';
import type { Zxid } from '../jute/int64.ts';
import type { ServerId } from '../quorum/server-id.ts';
import { AccessControl } from './auth/access.ts';
import { authSchemes } from './auth/schemes.ts';
import { ClientPort } from './client/client-port.ts';
import type { Connection } from './client/connection.ts';
import { ConnectionThrottle } from './client/connection-throttle.ts';
import type { Revalidate } from './client/ports.ts';
import type { TurnClock } from './clock.ts';
import type { ServerConfig } from './config/config.ts';
import { limitedLog } from './limited-log.ts';
import type { Log } from './log.ts';
import { ChildrenCache } from './pipeline/children-cache.ts';
import { PendingChanges } from './pipeline/pending-changes.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { Prepare } from './pipeline/prepare.ts';
import type { TransactionSink } from './pipeline/proposer.ts';
import { Proposer } from './pipeline/proposer.ts';
import { QuotaCheck } from './pipeline/quota-check.ts';
import { Reads } from './pipeline/reads.ts';
import type { Request } from './pipeline/request.ts';
import { WatchRequests } from './pipeline/watch-requests.ts';
import type { EnsembleFacts, HostFacts } from './server-view.ts';
import { ServingView } from './server-view.ts';
import type { SessionTracker } from './session/session-tracker.ts';
import type { Sessions } from './session/sessions.ts';

/** What serving needs. */
export interface ServingPorts {
  readonly clock: TurnClock;
  readonly log: Log;
  readonly facts: HostFacts;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly tree: DataTree;
  readonly metrics: ServerMetrics;
  readonly sessions: Sessions;
  readonly revalidate: Revalidate;
  /** What a member of an ensemble can tell of it; null for a server alone. */
  readonly ensemble: EnsembleFacts | null;
  /** Whether the log has so much to write that nothing more should be asked of it. */
  readonly isLogFull: () => boolean;
}

/** How it is set: the configuration, and who this server is. */
export interface ServingOptions {
  readonly config: ServerConfig;
  /** 0 for a server alone. */
  readonly serverId: ServerId;
  /** The port that clients reach; -1 for none. */
  readonly listeningPort: number;
}

/** A server's side towards its clients. */
export class Serving {
  readonly clientPort: ClientPort;
  readonly pipeline: Pipeline;
  readonly view: ServingView;
  readonly stats: ServerStats;
  private readonly ports: ServingPorts;
  private readonly options: ServingOptions;
  private readonly access: AccessControl;

  constructor(ports: ServingPorts, options: ServingOptions) {
    this.ports = ports;
    this.options = options;
    const { config } = options;
    const { tree, clock, metrics } = ports;
    this.stats = new ServerStats(metrics);
    const watches = new Watches<Connection>();
    this.access = new AccessControl(authSchemes(config), config);
    const throttle = new ConnectionThrottle(config.connectionThrottle, ports.random, clock.elapsed);
    this.view = new ServingView({
      facts: ports.facts,
      ensemble: ports.ensemble,
      tree,
      watches,
      sessions: ports.sessions,
      throttle,
      metrics,
      stats: this.stats,
      clock,
      configuration: () => this.configuration(),
      whitelist: fourLetterWordWhitelist(config.fourLetterWordsWhitelist),
      clientPort: () => this.clientPort,
      pipeline: () => this.pipeline,
    });
    this.pipeline = this.makePipeline(watches);
    this.clientPort = new ClientPort(
      {
        pipeline: this.pipeline,
        view: this.view,
        tree,
        watches,
        sessions: ports.sessions,
        revalidate: ports.revalidate,
        access: this.access,
        throttle,
        clock,
        log: ports.log,
        metrics,
        stats: this.stats,
        isLogFull: ports.isLogFull,
      },
      config,
    );
  }

  private makePipeline(watches: Watches<Connection>): Pipeline {
    const { config, serverId } = this.options;
    const { tree, clock, metrics, sessions } = this.ports;
    const { access, stats } = this;
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
        reads: new Reads({ tree, watches, access, metrics, childrenCache }),
        watchRequests: new WatchRequests({ tree, watches, access, stats, metrics }),
        events: {
          sessionReady: (connection) => this.clientPort.sessionReady(connection),
          sessionClosed: (id, connection) => this.clientPort.sessionClosed(id, connection),
          tooMuchUnsent: (connection) => this.clientPort.tooMuchUnsent(connection),
        },
        clock,
        metrics,
        stats,
      },
      { serverId, largeRequestThreshold: config.largeRequestThreshold },
    );
  }

  /** Makes this the server that orders writes: they are prepared here, behind `lastZxid`, and go to `sink`. */
  orderWrites(
    sessions: SessionTracker,
    sink: TransactionSink,
    order: { readonly lastZxid: Zxid; readonly sync: ((request: Request) => void) | null },
  ): Proposer {
    const { config } = this.options;
    const { tree, clock, metrics, log } = this.ports;
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
    const pending = new PendingChanges(tree, config);
    const prepare = new Prepare({ pending, sessions, access: this.access, quotas }, config);
    const commit = this.pipeline.commit.bind(this.pipeline);
    const proposer = new Proposer(
      { pending, prepare, sink, commit, clock, metrics },
      { digestEnabled: config.digestEnabled, ...order },
    );
    this.pipeline.setWritePath(proposer);
    return proposer;
  }

  private configuration(): ReturnType<ServingView['configuration']> {
    const { config, serverId, listeningPort } = this.options;
    return {
      clientPort: listeningPort,
      secureClientPort: -1,
      dataDir: `${config.dataDir}/version-2`,
      dataLogDir: `${config.dataLogDir}/version-2`,
      tickTime: config.tickTime,
      maxClientCnxns: config.maxClientCnxns,
      minSessionTimeout: config.minSessionTimeout,
      maxSessionTimeout: config.maxSessionTimeout,
      clientPortListenBacklog: config.clientPortListenBacklog,
      serverId,
    };
  }

  /** Serves no more: every connection is closed, and no other is taken. */
  end(): void {
    this.view.isServing = false;
    this.clientPort.closeAll();
  }
}
