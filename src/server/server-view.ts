/*
 * The server as the four-letter words see it (src/fourletter/server-view.ts): every answer is looked up when it is asked for.
 *
 * Only looks, but for the trace mask and for the statistics that `srst` and `crst` begin anew. What a word makes of it is in
 * src/fourletter.
 */

import type { ServerMetrics, ServerStats } from '../admin/metrics/index.ts';
import type { DataTree } from '../datatree/data-tree.ts';
import { parseStatsTrack, QUOTA_PATH } from '../datatree/quota.ts';
import type { Watches } from '../datatree/watches.ts';
import type {
  ConnectionView,
  EnvironmentView,
  ExpiryBucketView,
  MemberView,
  MetricEntry,
  MonitorGauges,
  NamespaceQuotaView,
  ServerConfiguration,
  ServerState,
  ServerView,
  WatchSummaryView,
  ZxidDigestView,
} from '../fourletter/index.ts';
import type { ClientPort } from './client/client-port.ts';
import type { Connection } from './client/connection.ts';
import type { ConnectionThrottle } from './client/connection-throttle.ts';
import type { TurnClock } from './clock.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Sessions } from './session/sessions.ts';

/** What only the machine can tell. */
export interface HostFacts {
  /** What stands behind `Zookeeper version: `. */
  readonly version: string;
  environment(): EnvironmentView;
  /** An IANA name. */
  timeZone(): string;
  /** Bytes of all files below a folder. */
  directorySize(path: string): number;
  /** -1 where the system does not tell. */
  openFileDescriptorCount(): number;
  maxFileDescriptorCount(): number;
}

/** What a member of an ensemble can tell of it. */
export interface EnsembleFacts extends MemberView {
  state(): 'leader' | 'follower' | 'observer';
}

/** What the view looks at. */
export interface ViewPorts {
  readonly facts: HostFacts;
  /** Null for a server alone. */
  readonly ensemble: EnsembleFacts | null;
  readonly tree: DataTree;
  readonly watches: Watches<Connection>;
  readonly sessions: Sessions;
  readonly throttle: ConnectionThrottle;
  readonly metrics: ServerMetrics;
  readonly stats: ServerStats;
  readonly clock: TurnClock;
  readonly configuration: () => ServerConfiguration;
  readonly whitelist: ReadonlySet<string>;
  /** The two that are made after the view. */
  readonly clientPort: () => ClientPort;
  readonly pipeline: () => Pipeline;
}

/** Java's default (ZooTrace): client requests, sessions and warnings. */
const INITIAL_TRACE_MASK = 0b100110010n;

/** The view of a server. */
export class ServingView implements ServerView {
  private readonly ports: ViewPorts;
  private readonly startedAt: number;
  private mask = INITIAL_TRACE_MASK;
  /** Whether clients are served. */
  isServing = true;

  constructor(ports: ViewPorts) {
    this.ports = ports;
    this.startedAt = ports.clock.elapsed;
  }

  whitelist(): ReadonlySet<string> {
    return this.ports.whitelist;
  }

  isRunning(): boolean {
    return this.isServing;
  }

  version(): string {
    return this.ports.facts.version;
  }

  serverState(): ServerState {
    return this.ports.ensemble?.state() ?? 'standalone';
  }

  member(): MemberView | null {
    return this.ports.ensemble;
  }

  timeZone(): string {
    return this.ports.facts.timeZone();
  }

  configuration(): ServerConfiguration {
    return this.ports.configuration();
  }

  environment(): EnvironmentView {
    return this.ports.facts.environment();
  }

  dataDirSize(): number {
    return this.ports.facts.directorySize(this.configuration().dataDir);
  }

  logDirSize(): number {
    return this.ports.facts.directorySize(this.configuration().dataLogDir);
  }

  requestStats(): ServerStats {
    return this.ports.stats;
  }

  outstandingRequests(): number {
    return this.ports.pipeline().inProcess;
  }

  lastProcessedZxid(): bigint {
    return this.ports.tree.lastProcessedZxid;
  }

  nodeCount(): number {
    return this.ports.tree.nodeCount;
  }

  gauges(): MonitorGauges {
    const { tree, watches, facts, throttle, clock } = this.ports;
    return {
      uptime: clock.elapsed - this.startedAt,
      watchCount: watches.count,
      ephemeralsCount: tree.ephemeralsCount,
      approximateDataSize: tree.approximateDataSize,
      globalSessions: tree.sessions.size,
      localSessions: 0,
      openFileDescriptorCount: facts.openFileDescriptorCount(),
      maxFileDescriptorCount: facts.maxFileDescriptorCount(),
      connectionDropProbability: throttle.dropProbability,
      authFailedCount: 0,
      outstandingTlsHandshake: 0,
      nonMtlsRemoteConnCount: 0,
      nonMtlsLocalConnCount: 0,
    };
  }

  quotas(): Iterable<NamespaceQuotaView> {
    return namespaceQuotas(this.ports.tree);
  }

  metrics(): Iterable<MetricEntry> {
    return this.ports.metrics.entries();
  }

  *connections(): Iterable<ConnectionView> {
    for (const connection of this.ports.clientPort().connections) yield viewOf(connection);
  }

  numAliveConnections(): number {
    return this.ports.clientPort().connections.size;
  }

  *connectionExpiry(): Iterable<ExpiryBucketView<ConnectionView>> {
    for (const [expiresAt, connections] of this.ports.clientPort().bucketsByTime()) {
      yield { expireAt: this.wallTime(expiresAt), elements: [...connections].map(viewOf) };
    }
  }

  *sessionExpiry(): Iterable<ExpiryBucketView<bigint>> {
    for (const [expiresAt, sessions] of this.ports.sessions.bucketsByTime()) {
      yield {
        expireAt: this.wallTime(expiresAt),
        elements: [...sessions].map((session) => session.id),
      };
    }
  }

  learnerSessions(): Iterable<readonly [sessionId: bigint, timeout: number]> | null {
    const { ensemble, tree } = this.ports;
    return ensemble === null || ensemble.state() === 'leader' ? null : tree.sessions;
  }

  private wallTime(elapsed: number): number {
    const { clock } = this.ports;
    return clock.wall + elapsed - clock.elapsed;
  }

  ephemerals(): Iterable<readonly [sessionId: bigint, paths: Iterable<string>]> {
    return this.ports.tree.sessionsWithEphemerals();
  }

  watchSummary(): WatchSummaryView {
    return this.ports.watches.summary;
  }

  *watchesByPath(): Iterable<readonly [path: string, sessionIds: Iterable<bigint>]> {
    for (const [path, watchers] of this.ports.watches.dataWatchesByPath()) {
      yield [path, watchers.map(sessionIdOf)];
    }
  }

  *watchesBySession(): Iterable<readonly [sessionId: bigint, paths: Iterable<string>]> {
    for (const [watcher, paths] of this.ports.watches.dataWatchesByWatcher()) {
      yield [sessionIdOf(watcher), paths];
    }
  }

  digestLog(): Iterable<ZxidDigestView> {
    return this.ports.tree.digestLog;
  }

  traceMask(): bigint {
    return this.mask;
  }

  setTraceMask(mask: bigint): void {
    this.mask = mask;
  }

  resetServerStats(): void {
    this.ports.stats.reset();
  }

  resetConnectionStats(): void {
    for (const { stats } of this.ports.clientPort().connections) stats.reset();
  }
}

function sessionIdOf(connection: Connection): bigint {
  return connection.session?.id ?? 0n;
}

/** 1: requests are read; 4: output waits; the connection that asks a word has done with both. */
function interestOps(connection: Connection): number {
  if (connection.state === 'handshake' || connection.state === 'connecting') return 0;
  return (connection.isPaused ? 0 : 1) + (connection.link.unsentSize > 0 ? 4 : 0);
}

function viewOf(connection: Connection): ConnectionView {
  return {
    remoteAddress: () => (connection.state === 'closed' ? null : connection.link.remoteAddress),
    remotePort: () => connection.link.remotePort,
    interestOps: () => interestOps(connection),
    outstandingRequests: () => connection.outstandingCount,
    sessionId: () => sessionIdOf(connection),
    sessionTimeout: () => connection.sessionTimeout,
    stats: () => connection.stats,
  };
}

/** Limits and usage below /zookeeper/quota, added up by the first element of the path (Java: QuotaMetricsUtils). */
function namespaceQuotas(tree: DataTree): Iterable<NamespaceQuotaView> {
  const byNamespace = new Map<string, NamespaceQuotaView>();
  for (const root of tree.quotaRoots()) {
    const namespace = root.split('/')[1] ?? '';
    const before = byNamespace.get(namespace) ?? { namespace, limits: null, usage: null };
    const limits = statsAt(tree, `${QUOTA_PATH}${root}/zookeeper_limits`, 'limits');
    const usage = statsAt(tree, `${QUOTA_PATH}${root}/zookeeper_stats`, 'usage');
    byNamespace.set(namespace, {
      namespace,
      limits: sum(before.limits, limits),
      usage: sum(before.usage, usage),
    });
  }
  return byNamespace.values();
}

type Amounts = NamespaceQuotaView['limits'];

function statsAt(tree: DataTree, path: string, kind: 'limits' | 'usage'): Amounts {
  const row = tree.findPath(path);
  const track = row < 0 ? null : parseStatsTrack(tree.dataOf(row)?.toString('utf8') ?? '');
  if (track === null) return null;
  if (kind === 'usage') return { count: track.count, bytes: track.bytes };
  const count = track.countHardLimit > -1n ? track.countHardLimit : track.count;
  const bytes = track.byteHardLimit > -1n ? track.byteHardLimit : track.bytes;
  return { count, bytes };
}

function sum(a: Amounts, b: Amounts): Amounts {
  if (a === null || b === null) return a ?? b;
  return { count: toLong(a.count + b.count), bytes: toLong(a.bytes + b.bytes) };
}

/** A sum as Java's longs have it. */
function toLong(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
