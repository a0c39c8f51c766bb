/*
 * Every key that is understood, as data: where Java reads it from, how its text becomes a value, what it is without being
 * given, and for those that are only checked, why they change nothing here. Those of an ensemble are in ensemble-settings.ts.
 * What is accepted without being looked at is in ignored-keys.ts; server.N, group.N and weight.N are membership.ts's.
 *
 * Answers to QuorumPeerConfig.parseProperties (`fromFile`) and to the system properties of the classes named beside each
 * group (`fromAnywhere`): in Java a key unknown to QuorumPeerConfig becomes the system property `zookeeper.<key>`, and
 * those can be given with -D as well.
 */
import { ensembleSettings } from './ensemble-settings.ts';
import { checked, fromAnywhere, fromFile } from './setting.ts';
import {
  boolean,
  commaList,
  corrected,
  decimal,
  exceptWord,
  hashName,
  integer,
  long,
  nonEmpty,
  onlyWord,
  type Parse,
  purgeInterval,
  real,
  snapshotCompression,
  strictBoolean,
} from './values.ts';

const TLS = 'TLS is not supported yet';
const JVM = 'there is no Java virtual machine to watch';

const port = decimal(0, 65_535);
const anyInteger = integer();
const atLeastOne = decimal(1);

function positiveOr(fallback: number): Parse<number> {
  return corrected(anyInteger, (value) => value > 0, 'is not above 0', fallback);
}

/** Every key that is understood. */
export const settings = {
  ...ensembleSettings,

  // QuorumPeerConfig
  dataDir: fromFile<string | null>('dataDir', nonEmpty, null),
  dataLogDir: fromFile<string | null>('dataLogDir', nonEmpty, null),
  clientPort: fromFile('clientPort', port, 0),
  clientPortAddress: fromFile<string | null>('clientPortAddress', nonEmpty, null),
  clientPortListenBacklog: fromFile('clientPortListenBacklog', decimal(-1), -1),
  secureClientPort: checked(TLS, fromFile('secureClientPort', port, 0)),
  secureClientPortAddress: checked(
    TLS,
    fromFile<string | null>('secureClientPortAddress', nonEmpty, null),
  ),
  tickTime: fromFile('tickTime', atLeastOne, 3000),
  minSessionTimeout: fromFile('minSessionTimeout', decimal(-1), -1),
  maxSessionTimeout: fromFile('maxSessionTimeout', decimal(-1), -1),
  maxClientCnxns: fromFile('maxClientCnxns', decimal(-2_147_483_648), 60),
  snapRetainCount: fromFile(
    'autopurge.snapRetainCount',
    corrected(
      decimal(-2_147_483_648),
      (count) => count >= 3,
      'is less than the 3 that are always kept',
      3,
    ),
    3,
  ),
  purgeIntervalMs: fromFile('autopurge.purgeInterval', purgeInterval, 0),
  standaloneEnabled: fromFile('standaloneEnabled', strictBoolean, true),
  reconfigEnabled: fromFile('reconfigEnabled', strictBoolean, false),
  dynamicConfigFile: fromFile<string | null>('dynamicConfigFile', nonEmpty, null),
  jvmPauseMonitor: checked(JVM, fromFile('jvm.pause.monitor', strictBoolean, false)),
  jvmPauseSleepTimeMs: checked(JVM, fromFile('jvm.pause.sleep.time.ms', decimal(0), 500)),
  jvmPauseInfoThresholdMs: checked(JVM, fromFile('jvm.pause.info-threshold.ms', decimal(0), 1000)),
  jvmPauseWarnThresholdMs: checked(
    JVM,
    fromFile('jvm.pause.warn-threshold.ms', decimal(0), 10_000),
  ),

  // FileTxnSnapLog, FileTxnLog, FilePadding, SnapStream, ZKDatabase, SyncRequestProcessor
  dataDirAutocreate: fromAnywhere('datadir.autocreate', boolean, true),
  dbAutocreate: fromAnywhere('db.autocreate', boolean, true),
  preAllocSizeKb: fromAnywhere('preAllocSize', long(), 65_536),
  snapCount: fromAnywhere(
    'snapCount',
    corrected(anyInteger, (count) => count >= 2, 'is less than 2', 2),
    100_000,
  ),
  snapSizeLimitInKb: fromAnywhere('snapSizeLimitInKb', long(), 4_194_304),
  txnLogSizeLimitInKb: fromAnywhere('txnLogSizeLimitInKb', long(), -1),
  commitLogCount: fromAnywhere(
    'commitLogCount',
    corrected(anyInteger, (count) => count >= 500, 'is less than the least of 500', 500),
    500,
  ),
  fsyncWarningThresholdMs: fromAnywhere('fsync.warningthresholdms', long(), 1000),
  forceSync: fromAnywhere('forceSync', exceptWord('no', 'yes'), true),
  flushDelayMs: fromAnywhere('flushDelay', long(), 0),
  maxWriteQueuePollTimeMs: fromAnywhere<number | null>('maxWriteQueuePollTime', long(), null),
  maxBatchSize: fromAnywhere('maxBatchSize', anyInteger, 1000),
  snapshotCompression: fromAnywhere('snapshot.compression.method', snapshotCompression, ''),
  snapshotTrustEmpty: fromAnywhere('snapshot.trust.empty', boolean, false),
  digestEnabled: fromAnywhere('digest.enabled', boolean, true),
  serializeLastProcessedZxidEnabled: fromAnywhere(
    'serializeLastProcessedZxid.enabled',
    boolean,
    true,
  ),
  closeSessionTxnEnabled: fromAnywhere('closeSessionTxn.enabled', boolean, true),

  // BinaryInputArchive, ZooKeeperServer, RequestThrottler, Request, ResponseCache
  juteMaxBuffer: fromAnywhere('jute.maxbuffer', integer(1), 0xfffff),
  juteMaxBufferExtraSize: fromAnywhere<number | null>(
    'jute.maxbuffer.extrasize',
    corrected(anyInteger, (size) => size >= 1024, 'is less than 1024', 1024),
    null,
  ),
  globalOutstandingLimit: fromAnywhere('globalOutstandingLimit', integer(0), 1000),
  requestThrottleMaxRequests: fromAnywhere('request_throttle_max_requests', anyInteger, 0, [
    'requestThrottleLimit',
  ]),
  requestThrottleStallTimeMs: fromAnywhere('request_throttle_stall_time', integer(0), 100, [
    'requestThrottleStallTime',
  ]),
  requestThrottleDropStale: fromAnywhere('request_throttle_drop_stale', boolean, true, [
    'requestThrottleDropStale',
  ]),
  requestStaleLatencyCheck: fromAnywhere('request_stale_latency_check', boolean, false, [
    'requestStaleLatencyCheck',
  ]),
  requestStaleConnectionCheck: fromAnywhere('request_stale_connection_check', boolean, true, [
    'requestStaleConnectionCheck',
  ]),
  requestThrottlerShutdownTimeoutMs: fromAnywhere(
    'request_throttler.shutdownTimeout',
    integer(0),
    10_000,
  ),
  throttledOpWaitTimeMs: fromAnywhere('throttled_op_wait_time', anyInteger, 0),
  largeRequestMaxBytes: fromAnywhere(
    'largeRequestMaxBytes',
    positiveOr(100 * 1024 * 1024),
    100 * 1024 * 1024,
  ),
  largeRequestThreshold: fromAnywhere(
    'largeRequestThreshold',
    corrected(anyInteger, (bytes) => bytes === -1 || bytes > 0, 'is neither -1 nor above 0', -1),
    -1,
  ),
  maxResponseCacheSize: fromAnywhere('maxResponseCacheSize', anyInteger, 400),
  maxGetChildrenResponseCacheSize: fromAnywhere('maxGetChildrenResponseCacheSize', anyInteger, 400),
  enforceQuota: fromAnywhere('enforceQuota', boolean, false),
  enableEagerACLCheck: fromAnywhere('enableEagerACLCheck', boolean, false),
  skipACL: fromAnywhere('skipACL', onlyWord('yes', 'no'), false),
  extendedTypesEnabled: fromAnywhere('extendedTypesEnabled', boolean, false),
  emulate353TTLNodes: fromAnywhere('emulate353TTLNodes', boolean, false),
  containerCheckIntervalMs: fromAnywhere('znode.container.checkIntervalMs', integer(1), 60_000),
  containerMaxPerMinute: fromAnywhere('znode.container.maxPerMinute', integer(1), 10_000),
  containerMaxNeverUsedIntervalMs: fromAnywhere(
    'znode.container.maxNeverUsedIntervalMs',
    long(),
    0,
  ),

  // ServerCnxnFactory, NIOServerCnxnFactory, NIOServerCnxn, BlueThrottle
  maxCnxns: fromAnywhere('maxCnxns', anyInteger, 0),
  sessionlessCnxnTimeoutMs: fromAnywhere('nio.sessionlessCnxnTimeout', integer(1), 10_000),
  clientTcpKeepAlive: fromAnywhere('clientTcpKeepAlive', boolean, false),
  connectionThrottleTokens: fromAnywhere('connection_throttle_tokens', integer(0), 0),
  connectionThrottleFillTimeMs: fromAnywhere('connection_throttle_fill_time', integer(1), 1),
  connectionThrottleFillCount: fromAnywhere('connection_throttle_fill_count', integer(0), 1),
  connectionThrottleFreezeTimeMs: fromAnywhere('connection_throttle_freeze_time', anyInteger, -1),
  connectionThrottleDropIncrease: fromAnywhere('connection_throttle_drop_increase', real, 0.02),
  connectionThrottleDropDecrease: fromAnywhere('connection_throttle_drop_decrease', real, 0.002),
  connectionThrottleDecreaseRatio: fromAnywhere('connection_throttle_decrease_ratio', real, 0),
  connectionThrottleWeightEnabled: fromAnywhere(
    'connection_throttle_weight_enabled',
    boolean,
    false,
  ),
  globalSessionWeight: fromAnywhere('connection_throttle_global_session_weight', positiveOr(3), 3),
  localSessionWeight: fromAnywhere('connection_throttle_local_session_weight', positiveOr(1), 1),
  renewSessionWeight: fromAnywhere('connection_throttle_renew_session_weight', positiveOr(2), 2),

  // FourLetterCommands, DigestAuthenticationProvider, AuthenticationHelper
  fourLetterWordsWhitelist: fromAnywhere<readonly string[]>(
    '4lw.commands.whitelist',
    commaList,
    [],
  ),
  readOnlyModeEnabled: fromAnywhere('readonlymode.enabled', boolean, false),
  superDigest: fromAnywhere<string | null>(
    'DigestAuthenticationProvider.superDigest',
    nonEmpty,
    null,
  ),
  digestAuthEnabled: fromAnywhere('DigestAuthenticationProvider.enabled', boolean, true),
  digestAlg: fromAnywhere('DigestAuthenticationProvider.digestAlg', hashName, 'sha1'),
  enforceAuthEnabled: fromAnywhere('enforce.auth.enabled', boolean, false),
  enforceAuthSchemes: fromAnywhere<readonly string[]>('enforce.auth.schemes', commaList, []),
  sessionRequireClientSaslAuth: fromAnywhere('sessionRequireClientSASLAuth', boolean, false),
} as const;
