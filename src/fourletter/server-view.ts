/*
 * What the four-letter words want to know of a server, and the three things they may do to it.
 *
 * The server provides one object of this kind for its whole life; every method is called only when a word needs it and
 * only from inside the turn that answers the word, so it may hand out live objects and lazy iterables. Nothing here is
 * formatted: texts, hexadecimal forms and the order of lines are the business of this room. Not for the AdminServer's
 * JSON shapes, which have a view of their own kind.
 *
 * Answers to what org.apache.zookeeper.server.command.* take from ZooKeeperServer, ServerCnxnFactory and ServerStats.
 */

/** What `Mode:` and `zk_server_state` say (getState of ZooKeeperServer and its subclasses). */
export type ServerState = 'standalone' | 'read-only' | 'leader' | 'follower' | 'observer';

/** The facts behind `conf`, in the order of ZooKeeperServer.dumpConf. */
export interface ServerConfiguration {
  /** The port that the client listener is bound to; -1 when there is none. */
  readonly clientPort: number;
  /** The port that the TLS listener is bound to; -1 when there is none. */
  readonly secureClientPort: number;
  /** Absolute path of the snapshot directory, with its `version-2`. */
  readonly dataDir: string;
  /** Absolute path of the transaction log directory, with its `version-2`. */
  readonly dataLogDir: string;
  /** Milliseconds. */
  readonly tickTime: number;
  /** Connections allowed from one address; 0 is no limit. */
  readonly maxClientCnxns: number;
  /** Milliseconds, the value in force (not -1). */
  readonly minSessionTimeout: number;
  /** Milliseconds, the value in force (not -1). */
  readonly maxSessionTimeout: number;
  /** As configured; -1 leaves it to the system. */
  readonly clientPortListenBacklog: number;
  /** The content of myid; 0 for a standalone server. */
  readonly serverId: number;
}

/** What `conf` says of a member besides, in the order of QuorumZooKeeperServer.dumpConf. */
export interface MemberConfiguration {
  /** Ticks. */
  readonly initLimit: number;
  /** Ticks. */
  readonly syncLimit: number;
  /** One for each address of this server. */
  readonly electionPorts: readonly number[];
  readonly quorumPorts: readonly number[];
  readonly isObserver: boolean;
  /** The lines of the membership in force, without a line end behind the last. */
  readonly membership: string;
}

/** What a leader knows of those that follow it (LeaderZooKeeperServer.registerMetrics). */
export interface LeaderGauges {
  /** Links of learners of any kind, however far they have come. */
  readonly learners: number;
  /** Followers that are sent what is proposed. */
  readonly syncedFollowers: number;
  /** Those of them that do not vote. */
  readonly syncedNonVotingFollowers: number;
  readonly syncedObservers: number;
  /** Syncs that are not answered yet. */
  readonly pendingSyncs: number;
  /** Milliseconds since a quorum has followed. */
  readonly leaderUptime: number;
  /** Bytes; each -1 before the first proposal. */
  readonly lastProposalSize: number;
  readonly minProposalSize: number;
  readonly maxProposalSize: number;
}

/** What a member of an ensemble tells besides (QuorumZooKeeperServer and the classes of its roles). */
export interface MemberView {
  /** What it does and how far it has come with that: `following - broadcast` (QuorumPeer.getDetailedPeerState). */
  peerState(): string;
  /** How many servers vote. */
  quorumSize(): number;
  /** Null where it does not lead. */
  leader(): LeaderGauges | null;
  /** Whom an observer learns from; null where it is none. */
  observerMasterId(): number | null;
  configuration(): MemberConfiguration;
}

/**
 * Counts of requests since the start or since `srst`, of all connections together (ServerStats and BufferStats).
 * Latencies are in milliseconds; a size is -1 until the first response.
 */
export interface RequestStatsView {
  minLatency(): number;
  /** Rounded to four digits after the point, half up. */
  avgLatency(): number;
  maxLatency(): number;
  packetsReceived(): number;
  packetsSent(): number;
  /** Bytes of the last response, without its length prefix. */
  lastClientResponseSize(): number;
  minClientResponseSize(): number;
  maxClientResponseSize(): number;
}

/** One client connection as `cons`, `stat` and `dump` show it (ServerCnxn). */
export interface ConnectionView {
  /** The peer's address as the socket gives it (`127.0.0.1`, `::1`, `::ffff:10.0.0.1`); null once the socket is closed. */
  remoteAddress(): string | null;
  remotePort(): number;
  /** 1 while requests are read from it, plus 4 while output waits for the socket; 0 for the connection that asks a word. */
  interestOps(): number;
  /** Requests taken in and not yet answered. */
  outstandingRequests(): number;
  /** 0n until a session is attached; then the fields below are shown as well. */
  sessionId(): bigint;
  /** Negotiated, in milliseconds. */
  sessionTimeout(): number;
  stats(): ConnectionStatsView;
}

/** The numbers of one connection since it was made or since `crst` (the Stats interface of ServerCnxn). */
export interface ConnectionStatsView {
  packetsReceived(): number;
  packetsSent(): number;
  /** Four letters as Java names operations (`GETD`, `PING`, `SESS`, `NA` after a reset), or null before the first. */
  lastOperation(): string | null;
  /** Milliseconds since 1970. */
  established(): number;
  /** -1 after a reset, which hides it. */
  lastCxid(): number;
  lastZxid(): bigint;
  /** Milliseconds of the server's monotonic clock, not of the wall. */
  lastResponseTime(): number;
  /** Milliseconds. */
  lastLatency(): number;
  minLatency(): number;
  /** Whole milliseconds, cut off. */
  avgLatency(): number;
  maxLatency(): number;
}

/** One bucket of an ExpiryQueue: what expires together. */
export interface ExpiryBucketView<Element> {
  /** Milliseconds since 1970: the bucket's moment on the wall's clock. */
  readonly expireAt: number;
  readonly elements: Iterable<Element>;
}

/** The data watches of the tree in three numbers (WatchManager.toString of DataTree.dataWatches; child watches are not in). */
export interface WatchSummaryView {
  readonly connections: number;
  readonly paths: number;
  readonly watches: number;
}

/** One entry of the digest log: the tree's digest after a transaction (DataTree.ZxidDigest). */
export interface ZxidDigestView {
  readonly zxid: bigint;
  /** A signed 64-bit number. */
  readonly digest: bigint;
}

/** The gauges of `mntr` that no other method tells (ZooKeeperServer.registerMetrics). */
export interface MonitorGauges {
  /** Milliseconds since the server began to serve. */
  readonly uptime: number;
  /** Watches of both kinds, data and child. */
  readonly watchCount: number;
  readonly ephemeralsCount: number;
  /** Bytes of all paths and data together. */
  readonly approximateDataSize: number;
  readonly globalSessions: number;
  readonly localSessions: number;
  /** -1 where the system does not tell. */
  readonly openFileDescriptorCount: number;
  /** -1 where the system does not tell. */
  readonly maxFileDescriptorCount: number;
  /** Between 0 and 1 (BlueThrottle). */
  readonly connectionDropProbability: number;
  /** TLS connections whose certificate was refused; this one and the three below are 0 on a server without TLS. */
  readonly authFailedCount: number;
  readonly outstandingTlsHandshake: number;
  readonly nonMtlsRemoteConnCount: number;
  readonly nonMtlsLocalConnCount: number;
}

/**
 * Limits and usage of quotas added up for one top namespace, the first element of the path without its slash
 * (QuotaMetricsUtils). A limit is the hard one where it is set, else the soft one, -1 for none. The limits are null where
 * no `zookeeper_limits` node is below the namespace, the usage where there is no `zookeeper_stats`.
 */
export interface NamespaceQuotaView {
  readonly namespace: string;
  readonly limits: { readonly count: bigint; readonly bytes: bigint } | null;
  readonly usage: { readonly count: bigint; readonly bytes: bigint } | null;
}

/** The facts behind `envi`, as Node.js tells them; `<NA>` for what it does not know. */
export interface EnvironmentView {
  /** Fully qualified where the resolver knows it. */
  readonly hostName: string;
  /** The version of Node.js, as `20.20.2`. */
  readonly nodeVersion: string;
  /** Absolute path of the program that runs the server. */
  readonly execPath: string;
  /** As os.type() says: `Linux`, `Darwin`. */
  readonly osName: string;
  /** As process.arch says: `x64`, `arm64`. */
  readonly osArch: string;
  /** The release of the kernel. */
  readonly osVersion: string;
  readonly userName: string;
  readonly userHome: string;
  /** The working directory. */
  readonly userDir: string;
  /** Bytes that this process could still take (free memory of the machine, or what its container leaves). */
  readonly memoryFree: number;
  /** Bytes that this process may hold at most. */
  readonly memoryMax: number;
  /** Bytes that this process holds now. */
  readonly memoryTotal: number;
}

/** A line of `mntr` without its `zk_`: numbers are whole and printed as they are, a text (an average) as it stands. */
export type MetricEntry = readonly [name: string, value: number | string];

/**
 * A server, as the four-letter words see it. While `isRunning()` is false only `whitelist`, `version`, `environment`,
 * `traceMask` and `setTraceMask` are called besides it.
 */
export interface ServerView {
  /** The words that may be answered (fourLetterWordWhitelist of the names in the configuration). */
  whitelist(): ReadonlySet<string>;
  /** Whether client requests are being served (ZooKeeperServer.isRunning). */
  isRunning(): boolean;
  /** The whole of what follows `Zookeeper version: `, as `3.8.0-<revision>, built on <date>`. */
  version(): string;
  serverState(): ServerState;
  /** Null for a server alone. */
  member(): MemberView | null;
  /** An IANA name, such as `Europe/Berlin`: the dates of `dump` are local ones. */
  timeZone(): string;
  configuration(): ServerConfiguration;
  environment(): EnvironmentView;
  /** Bytes of the files in the snapshot directory. */
  dataDirSize(): number;
  /** Bytes of the files in the transaction log directory. */
  logDirSize(): number;

  requestStats(): RequestStatsView;
  /** Requests taken in and not yet answered, of all connections. */
  outstandingRequests(): number;
  lastProcessedZxid(): bigint;
  nodeCount(): number;
  gauges(): MonitorGauges;
  quotas(): Iterable<NamespaceQuotaView>;
  /** Everything that ServerMetrics counts, in the order it is to be printed. */
  metrics(): Iterable<MetricEntry>;

  /** Every open connection, the one that asks included. */
  connections(): Iterable<ConnectionView>;
  numAliveConnections(): number;
  /** The buckets of connections, empty ones included, soonest first. */
  connectionExpiry(): Iterable<ExpiryBucketView<ConnectionView>>;
  /** The buckets of session ids, empty ones included, soonest first. */
  sessionExpiry(): Iterable<ExpiryBucketView<bigint>>;
  /** All sessions of the ensemble with their time-outs in ms, where the leader expires them; null where this server does. */
  learnerSessions(): Iterable<readonly [sessionId: bigint, timeout: number]> | null;
  /** The paths that each session owns; a session that once owned some stays with none until it ends. */
  ephemerals(): Iterable<readonly [sessionId: bigint, paths: Iterable<string>]>;

  watchSummary(): WatchSummaryView;
  /** The data watches by path, with the session of each watcher. */
  watchesByPath(): Iterable<readonly [path: string, sessionIds: Iterable<bigint>]>;
  /** The data watches by session. */
  watchesBySession(): Iterable<readonly [sessionId: bigint, paths: Iterable<string>]>;
  /** The digests that were kept, oldest first (DataTree.getDigestLog). */
  digestLog(): Iterable<ZxidDigestView>;

  /** The bits that choose what is traced, a signed 64-bit number (ZooTrace). */
  traceMask(): bigint;
  setTraceMask(mask: bigint): void;
  /** `srst`: request stats and all metrics start anew (ServerStats.reset). */
  resetServerStats(): void;
  /** `crst`: the stats of every connection start anew. */
  resetConnectionStats(): void;
}
