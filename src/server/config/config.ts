/*
 * What a checked zoo.cfg says, as types: the one value that the server is started with. Nothing here reads or checks
 * anything (that is parse.ts), and nothing deeper in the server ever sees a key, a string that should be a number, or a
 * default that still has to be filled in. Java keeps the same things in QuorumPeerConfig, ServerConfig and in a hundred
 * system properties that are read in static initialisers all over its classes.
 *
 * Only settings that have an effect are here. The others are accepted and listed in `ignoredKeys`.
 */
import type { Member, Membership } from '../../quorum/membership.ts';
import type { ServerId } from '../../quorum/server-id.ts';

/** A key that was given, is accepted, and changes nothing here; `start` names each once in the log. */
export interface IgnoredKey {
  /** The key as it was written (`zookeeper.` in front of it included). */
  readonly key: string;
  /** Where it was written: `path:line` of the file, or the environment variable. */
  readonly at: string;
  /** Why it has no effect, in a few words for the log. */
  readonly reason: string;
}

/** Something that was corrected or is worth knowing, as Java logs it at WARN; `start` writes each once to the log. */
export interface ConfigWarning {
  /** Where the key was written, or the file that is spoken of. */
  readonly at: string;
  /** One sentence. */
  readonly text: string;
}

/** Limits on concurrent requests (RequestThrottler, keys `request_throttle_*` and `throttled_op_wait_time`). */
export interface RequestThrottleConfig {
  /** Requests in the pipeline above which further ones wait; 0 turns the throttle off. Key `requestThrottleLimit` or `request_throttle_max_requests`. */
  readonly maxRequests: number;
  /** How long a request waits before the limit is looked at again, in ms. */
  readonly stallTimeMs: number;
  /** Whether requests of closed connections or beyond their session timeout are dropped while they wait. */
  readonly dropStale: boolean;
  /** Whether a request is stale once it has waited longer than its session's timeout. */
  readonly staleLatencyCheck: boolean;
  /** Whether a request is stale once its connection is closed. */
  readonly staleConnectionCheck: boolean;
  /** How long shutdown waits for the requests that are in the throttle, in ms. */
  readonly shutdownTimeoutMs: number;
  /** Requests that wait in the throttle longer than this are answered with ThrottledOp, in ms; 0 or less turns it off. */
  readonly throttledOpWaitTimeMs: number;
}

/**
 * The token bucket on new connections (BlueThrottle, keys `connection_throttle_*`). Weights are corrected as Java's static
 * initialiser does; `tokens` and `fillCount` are as configured (Java multiplies both by the global weight when
 * `weightEnabled`, which is the throttle's own business).
 */
export interface ConnectionThrottleConfig {
  /** Size of the bucket in connections; 0 turns the throttle off. */
  readonly tokens: number;
  /** How often the bucket is refilled, in ms. */
  readonly fillTimeMs: number;
  /** Tokens per refill. */
  readonly fillCount: number;
  /** Interval at which the drop probability may change, in ms; -1 turns random drops off. */
  readonly freezeTimeMs: number;
  /** Added to the drop probability when the bucket is empty. */
  readonly dropIncrease: number;
  /** Taken from the drop probability when the bucket is full enough. */
  readonly dropDecrease: number;
  /** Share of the bucket, 0..1, above which the drop probability falls. */
  readonly decreaseRatio: number;
  /** Whether connections count by what their session costs. */
  readonly weightEnabled: boolean;
  /** Weight of a new global session. */
  readonly globalSessionWeight: number;
  /** Weight of a new local session. */
  readonly localSessionWeight: number;
  /** Weight of a re-attached session. */
  readonly renewSessionWeight: number;
}

/** Removal of old snapshots and logs (DatadirCleanupManager). */
export interface AutopurgeConfig {
  /** Snapshots kept, 3 or more. */
  readonly snapRetainCount: number;
  /** Time between two runs, in ms; 0 turns it off. zoo.cfg counts hours unless a unit (ms, s, m, h, d) follows. */
  readonly purgeIntervalMs: number;
}

/** What a member of an ensemble is started with besides. */
export interface EnsembleConfig {
  /** This server, from dataDir/myid. */
  readonly myid: ServerId;
  /** Its own line. */
  readonly own: Member;
  /** `server.1 in conf/zoo.cfg:7`, for errors about its ports. */
  readonly ownLine: string;
  /** All members. */
  readonly membership: Membership;
  /** The membership in zoo.cfg.dynamic.next: proposed by a reconfig, perhaps not committed; null without that file. */
  readonly proposedMembership: Membership | null;
  /** How long a learner may take to connect and to be in sync, in ms (initLimit ticks). */
  readonly initLimitMs: number;
  /** Whether a server may have several addresses (multiAddress.enabled). */
  readonly multiAddressEnabled: boolean;
  /** How long a learner or a leader may be silent, in ms (syncLimit ticks). */
  readonly syncLimitMs: number;
  /** How long a learner tries to reach its leader, in ms (connectToLearnerMasterLimit, else initLimit). */
  readonly connectToLeaderLimitMs: number;
  /** Whether clients may connect to the leader. */
  readonly leaderServes: boolean;
  /** How long a dial for the election may take, in ms. */
  readonly cnxTimeoutMs: number;
  /** How often it is tried to take the election port, 0 for ever. */
  readonly electionPortBindRetry: number;
  /** Whether the ports for other servers are opened on all addresses of the machine. */
  readonly quorumListenOnAllIPs: boolean;
  /** Whether SO_KEEPALIVE is set on connections between servers. */
  readonly tcpKeepAlive: boolean;
  /** Shortest pause between two notifications of one election, in ms. */
  readonly minNotificationIntervalMs: number;
  /** Longest pause, in ms; not below the shortest. */
  readonly maxNotificationIntervalMs: number;
  /** How long a leader waits for a voter that promised to follow, in ms; -1 for no such limit (ZOOKEEPER-3769). */
  readonly maxTimeToWaitForEpochMs: number;
  /** Learners that may be sent a snapshot at once. */
  readonly maxConcurrentSnapSyncs: number;
  /** Learners that may be sent transactions at once. */
  readonly maxConcurrentDiffSyncs: number;
  /** Whether every learner gets a snapshot (for trying that out). */
  readonly forceSnapshotSync: boolean;
  /** The log may be this share of the snapshot to be sent instead; negative for never from the log. */
  readonly snapshotSizeFactor: number;
  /** How long an observer waits before it asks who leads, in ms. */
  readonly observerElectionDelayMs: number;
}

/** A snapshot's compression, by the suffix of its file's name (SnapStream.StreamMode). */
export type SnapshotCompression = '' | 'gz' | 'snappy';

/** Everything that one server is started with. Units last in the names; ms and bytes unless they say otherwise. */
export interface ServerConfig {
  /** The file that was read, as it was named to us. */
  readonly configFile: string;
  /** The text of that file, which /zookeeper/config of a standalone server and `icfg` show. */
  readonly initialConfig: string;

  /** Port for clients, 1..65535; null where none is given (Java then serves nobody in plain text). */
  readonly clientPort: number | null;
  /** Address or name to listen on, without brackets; null for all addresses. */
  readonly clientPortAddress: string | null;
  /** Backlog of the listening socket; -1 leaves it to the system (Java's default of 50). */
  readonly clientPortListenBacklog: number;

  /** Directory of snapshots and myid, as configured (a relative one belongs to the working directory); files are in its version-2. */
  readonly dataDir: string;
  /** Directory of the transaction log; equal to dataDir where not given. */
  readonly dataLogDir: string;
  /** Whether missing data directories are made at start. */
  readonly dataDirAutocreate: boolean;
  /** Whether an empty database may be made at start without `initialize` having been run (db.autocreate). */
  readonly dbAutocreate: boolean;

  /** ms per tick, which expiry rounds up to. */
  readonly tickTime: number;
  /** Shortest session timeout granted, in ms; 2 ticks where not given. */
  readonly minSessionTimeout: number;
  /** Longest session timeout granted, in ms; 20 ticks where not given. */
  readonly maxSessionTimeout: number;

  /** Connections allowed from one address; 0 or less for no limit. */
  readonly maxClientCnxns: number;
  /** Connections allowed in all; 0 or less for no limit. */
  readonly maxCnxns: number;
  /** Time after which a connection that has not sent its connect request is closed, in ms. */
  readonly sessionlessCnxnTimeoutMs: number;
  /** Whether SO_KEEPALIVE is set on client connections. */
  readonly clientTcpKeepAlive: boolean;
  /** Limits on new connections per time. */
  readonly connectionThrottle: ConnectionThrottleConfig;

  /** Largest request, in bytes (jute.maxbuffer). */
  readonly juteMaxBuffer: number;
  /** What a record on disk may be larger than that, in bytes, 1024 or more (jute.maxbuffer.extrasize). */
  readonly juteMaxBufferExtraSize: number;
  /** Requests in the pipeline above which no more are read from connections that have some in it. */
  readonly globalOutstandingLimit: number;
  /** Limits on requests in the pipeline. */
  readonly requestThrottle: RequestThrottleConfig;
  /** Bytes of large requests in the pipeline above which a large request closes its connection. */
  readonly largeRequestMaxBytes: number;
  /** Size in bytes above which a request is large; -1 for none. */
  readonly largeRequestThreshold: number;
  /** Replies of getData kept encoded; 0 for none. */
  readonly maxResponseCacheSize: number;
  /** Replies of getChildren kept encoded; 0 for none. */
  readonly maxGetChildrenResponseCacheSize: number;

  /** KiB by which the log is extended ahead of its writes; 0 or less for none. */
  readonly preAllocSizeKb: number;
  /** Transactions per log file, 2 or more (each round is cut at random between half of it and all of it). */
  readonly snapCount: number;
  /** KiB of log after which a snapshot is cut; 0 or less for no such limit. */
  readonly snapSizeLimitInKb: number;
  /** KiB after which the log goes on in a new file; 0 or less for no such limit. */
  readonly txnLogSizeLimitInKb: number;
  /** Committed transactions kept in memory, 500 or more. */
  readonly commitLogCount: number;
  /** An fsync that takes longer is warned of, in ms. */
  readonly fsyncWarningThresholdMs: number;
  /** Whether a transaction is on disk before it is acknowledged. */
  readonly forceSync: boolean;
  /** How long a write may wait for others to share its fsync, in ms; 0 for not at all. */
  readonly flushDelayMs: number;
  /** Longest wait for a further request before a batch is flushed, in ms (maxWriteQueuePollTime). */
  readonly maxWriteQueuePollTimeMs: number;
  /** Transactions per fsync at most; 0 or less for no limit. */
  readonly maxBatchSize: number;
  /** How snapshots are written. */
  readonly snapshotCompression: SnapshotCompression;
  /** Whether a log without any snapshot is trusted at start. */
  readonly snapshotTrustEmpty: boolean;
  /** Whether the digest of the tree is kept, written and checked. */
  readonly digestEnabled: boolean;
  /** Whether a snapshot ends with the last processed zxid (ZOOKEEPER-4570's format; older servers skip it). */
  readonly serializeLastProcessedZxidEnabled: boolean;
  /** Whether the transaction that closes a session names the paths it deletes. */
  readonly closeSessionTxnEnabled: boolean;
  /** Removal of old snapshots and logs. */
  readonly autopurge: AutopurgeConfig;

  /** Whether hard quotas refuse what goes beyond them. */
  readonly enforceQuota: boolean;
  /** Whether ACLs of writes are looked at before they are forwarded to the leader. */
  readonly enableEagerACLCheck: boolean;
  /** Whether every ACL check passes. */
  readonly skipACL: boolean;
  /** Whether TTL znodes exist. */
  readonly extendedTypesEnabled: boolean;
  /** Whether TTLs are laid out as 3.5.3 laid them out. */
  readonly emulate353TTLNodes: boolean;
  /** Time between two looks for empty containers, in ms. */
  readonly containerCheckIntervalMs: number;
  /** Containers deleted per minute at most. */
  readonly containerMaxPerMinute: number;
  /** Age in ms at which a container that never had a child is deleted; 0 for never. */
  readonly containerMaxNeverUsedIntervalMs: number;

  /** Names of the four-letter words that are answered, `srvr` always among them; `*` stands for all. */
  readonly fourLetterWordsWhitelist: ReadonlySet<string>;
  /** Whether `isro` is answered without being whitelisted (a server alone never serves read-only). */
  readonly readOnlyModeEnabled: boolean;
  /** `super:<base64 digest>` that makes a client of scheme digest the super user; null for nobody. */
  readonly superDigest: string | null;
  /** Whether scheme digest exists. */
  readonly digestAuthEnabled: boolean;
  /** The hash of scheme digest by the name that node:crypto has for it: `sha1`, `sha256`, … */
  readonly digestAlg: string;
  /** Whether a client has to authenticate before anything else, and the schemes that count; null for no such rule (AuthenticationHelper). */
  readonly enforceAuthSchemes: readonly string[] | null;
  /** Whether reconfig is allowed to those who may write /zookeeper/config. */
  readonly reconfigEnabled: boolean;

  /** This server's id from dataDir/myid; null where there is no such file, which a server alone does not need. */
  readonly myid: number | null;
  /** The file that holds the membership instead of zoo.cfg, or null. */
  readonly dynamicConfigFile: string | null;
  /** The ensemble that the file speaks of; null where it has no server.N line. */
  readonly membership: Membership | null;
  /** What this server does as one of an ensemble; null for a server alone. */
  readonly ensemble: EnsembleConfig | null;
  /** Whether one server.N line means a server alone (Java's default) and not an ensemble of one. */
  readonly standaloneEnabled: boolean;
  /** Keys that were given and have no effect. */
  readonly ignoredKeys: readonly IgnoredKey[];
  /** What was corrected, and what an operator should know. */
  readonly warnings: readonly ConfigWarning[];
}
