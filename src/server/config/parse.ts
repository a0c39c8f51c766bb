/*
 * From a path to a checked ServerConfig: reads zoo.cfg, the flags of the JVM, the dynamic file and myid through a small
 * port, fills in the defaults that depend on other values, and applies the rules that span several keys. It starts and
 * creates nothing; what this server cannot do yet is for obstacle.ts to say.
 *
 * Answers to QuorumPeerConfig.parse, parseProperties and setupQuorumPeerConfig.
 */

import type { Membership } from '../../quorum/membership.ts';
import { BadMembership, isMembershipKey, parseConfigText } from '../../quorum/membership-lines.ts';
import type {
  AutopurgeConfig,
  ConnectionThrottleConfig,
  RequestThrottleConfig,
  ServerConfig,
} from './config.ts';
import { ConfigError, placeText } from './config-error.ts';
import { proposedFileName } from './dynamic-files.ts';
import { ensembleConfig } from './ensemble.ts';
import { Given } from './given.ts';
import { type JvmFlags, systemProperties } from './jvm-flags.ts';
import { readMembership, versionOfFileName } from './membership.ts';
import { type Property, readProperties } from './properties.ts';
import {
  checkPeerType,
  checkQuorumSasl,
  clientListenAddress,
  enforcedSchemes,
  isDistributed,
  sessionTimeouts,
} from './rules.ts';
import { settings } from './settings.ts';

/** What reading a file came to. */
export type FileContent =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** The files that a configuration consists of. */
export interface ConfigFiles {
  /** The content of a file. */
  read(path: string): FileContent;
}

/** What is not in the file. */
export interface ConfigSources {
  /** Path of zoo.cfg, as errors will name it. */
  readonly path: string;
  /** Variables with -D settings in the order of Java's command line; none by default. */
  readonly jvmFlags?: readonly JvmFlags[];
}

function contentOf(files: ConfigFiles, path: string, named: Property | null): Uint8Array {
  const content = files.read(path);
  if (content.kind === 'file') return content.bytes;
  const reason = content.kind === 'missing' ? 'there is no such file' : content.reason;
  if (named === null) throw new ConfigError({ file: path, line: null }, null, reason);
  throw new ConfigError(named.place, named.key, `cannot read ${path}: ${reason}`);
}

function myidPath(dataDir: string): string {
  return `${dataDir.replace(/\/+$/, '')}/myid`;
}

/** The first line of dataDir/myid as a number; null without such a file (QuorumPeerConfig.setupMyId). */
function readMyid(files: ConfigFiles, dataDir: string): number | null {
  const path = myidPath(dataDir);
  const content = files.read(path);
  if (content.kind === 'missing') return null;
  const place = { file: path, line: 1 };
  if (content.kind === 'unreadable') throw new ConfigError(place, null, content.reason);
  const text =
    new TextDecoder()
      .decode(content.bytes)
      .split(/\r\n|\r|\n/)[0]
      ?.trim() ?? '';
  if (!/^\+?[0-9]+$/.test(text)) {
    const reason = `the server id ${JSON.stringify(text)} is not a number; the file holds the N of this server's line server.N`;
    throw new ConfigError(place, null, reason);
  }
  if (Number(text) > Number.MAX_SAFE_INTEGER) {
    throw new ConfigError(place, null, `the server id ${text} is too large`);
  }
  return Number(text);
}

/** The lines of the membership: those of zoo.cfg, or those of the dynamic file. */
interface MembershipLines {
  readonly properties: readonly Property[];
  readonly file: string;
  readonly version: bigint;
}

function isDynamicKey(key: string): boolean {
  return isMembershipKey(key) || key === 'version';
}

function membershipLines(
  files: ConfigFiles,
  path: string,
  properties: readonly Property[],
): MembershipLines {
  const lines = properties.filter(({ key }) => isDynamicKey(key));
  const named = properties.findLast(({ key }) => key === settings.dynamicConfigFile.key);
  if (named === undefined) return { properties: lines, file: path, version: 0n };
  const misplaced = lines.find(({ key }) => isMembershipKey(key));
  if (misplaced !== undefined) {
    const text = 'belongs into the file that dynamicConfigFile names';
    throw new ConfigError(misplaced.place, misplaced.key, text);
  }
  const dynamic = readProperties(named.value, contentOf(files, named.value, named));
  const stranger = dynamic.find(({ key }) => !isMembershipKey(key));
  if (stranger !== undefined) {
    const text =
      stranger.key === 'version'
        ? 'does not belong into a dynamic file: the name of the file says its version'
        : 'does not belong into a dynamic file: only server.N, group.N and weight.N do';
    throw new ConfigError(stranger.place, stranger.key, text);
  }
  return { properties: dynamic, file: named.value, version: versionOfFileName(named.value) };
}

/** The membership of zoo.cfg.dynamic.next, which Java looks for where there is a dynamic file (QuorumPeerConfig.parse). */
function proposedMembership(
  files: ConfigFiles,
  path: string,
  membershipFile: string,
  given: Given,
): Membership | null {
  if (membershipFile === path) return null;
  const next = proposedFileName(path);
  const content = files.read(next);
  if (content.kind === 'missing') return null;
  const read =
    content.kind === 'unreadable'
      ? content.reason
      : parseConfigText(new TextDecoder().decode(content.bytes));
  if (typeof read !== 'string' && !(read instanceof BadMembership)) return read;
  const reason = typeof read === 'string' ? read : read.message;
  given.warnings.push({ at: next, text: `the proposed configuration is not used: ${reason}` });
  return null;
}

/** Reads every key that is checked and not used, for the errors and warnings in it. */
function checkUnused(given: Given): void {
  for (const setting of Object.values(settings)) {
    if (setting.noEffect !== null) given.read<unknown>(setting);
  }
}

/** VerifyingFileFactory.doWarnForRelativePath. */
function warnOfRelativePaths(given: Given): void {
  for (const setting of [settings.dataDir, settings.dataLogDir]) {
    const path = given.read(setting);
    if (path === null || /^(\/|\.\/|\.$)/.test(path)) continue;
    given.warnings.push({
      at: placeText(given.placeOf(setting)),
      text: `${setting.key}: ${path} is relative to the working directory; put ./ in front to say so`,
    });
  }
}

function requestThrottle(given: Given): RequestThrottleConfig {
  return {
    maxRequests: given.read(settings.requestThrottleMaxRequests),
    stallTimeMs: given.read(settings.requestThrottleStallTimeMs),
    dropStale: given.read(settings.requestThrottleDropStale),
    staleLatencyCheck: given.read(settings.requestStaleLatencyCheck),
    staleConnectionCheck: given.read(settings.requestStaleConnectionCheck),
    shutdownTimeoutMs: given.read(settings.requestThrottlerShutdownTimeoutMs),
    throttledOpWaitTimeMs: given.read(settings.throttledOpWaitTimeMs),
  };
}

function connectionThrottle(given: Given): ConnectionThrottleConfig {
  const local = given.read(settings.localSessionWeight);
  return {
    tokens: given.read(settings.connectionThrottleTokens),
    fillTimeMs: given.read(settings.connectionThrottleFillTimeMs),
    fillCount: given.read(settings.connectionThrottleFillCount),
    freezeTimeMs: given.read(settings.connectionThrottleFreezeTimeMs),
    dropIncrease: given.read(settings.connectionThrottleDropIncrease),
    dropDecrease: given.read(settings.connectionThrottleDropDecrease),
    decreaseRatio: given.read(settings.connectionThrottleDecreaseRatio),
    weightEnabled: given.read(settings.connectionThrottleWeightEnabled),
    // A session that costs more than a local one cannot weigh less (BlueThrottle).
    globalSessionWeight: Math.max(local, given.read(settings.globalSessionWeight)),
    localSessionWeight: local,
    renewSessionWeight: Math.max(local, given.read(settings.renewSessionWeight)),
  };
}

function autopurge(given: Given): AutopurgeConfig {
  return {
    snapRetainCount: given.read(settings.snapRetainCount),
    purgeIntervalMs: given.read(settings.purgeIntervalMs),
  };
}

/** `srvr` is always answered, and `isro` where a server may serve read-only (FourLetterCommands.isEnabled). */
function whitelist(given: Given): ReadonlySet<string> {
  const names = new Set(given.read(settings.fourLetterWordsWhitelist));
  names.add('srvr');
  if (given.read(settings.readOnlyModeEnabled)) names.add('isro');
  return names;
}

/** How transactions and snapshots are kept. */
function storageValues(given: Given) {
  const flushDelayMs = given.read(settings.flushDelayMs);
  return {
    dataDirAutocreate: given.read(settings.dataDirAutocreate),
    dbAutocreate: given.read(settings.dbAutocreate),
    preAllocSizeKb: given.read(settings.preAllocSizeKb),
    snapCount: given.read(settings.snapCount),
    snapSizeLimitInKb: given.read(settings.snapSizeLimitInKb),
    txnLogSizeLimitInKb: given.read(settings.txnLogSizeLimitInKb),
    commitLogCount: given.read(settings.commitLogCount),
    fsyncWarningThresholdMs: given.read(settings.fsyncWarningThresholdMs),
    forceSync: given.read(settings.forceSync),
    flushDelayMs,
    maxWriteQueuePollTimeMs:
      given.read(settings.maxWriteQueuePollTimeMs) ?? Math.trunc(flushDelayMs / 3),
    maxBatchSize: given.read(settings.maxBatchSize),
    snapshotCompression: given.read(settings.snapshotCompression),
    snapshotTrustEmpty: given.read(settings.snapshotTrustEmpty),
    digestEnabled: given.read(settings.digestEnabled),
    serializeLastProcessedZxidEnabled: given.read(settings.serializeLastProcessedZxidEnabled),
    closeSessionTxnEnabled: given.read(settings.closeSessionTxnEnabled),
    autopurge: autopurge(given),
  };
}

/** How connections and requests are taken in. */
function connectionValues(given: Given) {
  const juteMaxBuffer = given.read(settings.juteMaxBuffer);
  return {
    clientPortListenBacklog: given.read(settings.clientPortListenBacklog),
    maxClientCnxns: given.read(settings.maxClientCnxns),
    maxCnxns: given.read(settings.maxCnxns),
    sessionlessCnxnTimeoutMs: given.read(settings.sessionlessCnxnTimeoutMs),
    clientTcpKeepAlive: given.read(settings.clientTcpKeepAlive),
    connectionThrottle: connectionThrottle(given),
    juteMaxBuffer,
    juteMaxBufferExtraSize:
      given.read(settings.juteMaxBufferExtraSize) ?? Math.max(1024, juteMaxBuffer),
    globalOutstandingLimit: given.read(settings.globalOutstandingLimit),
    requestThrottle: requestThrottle(given),
    largeRequestMaxBytes: given.read(settings.largeRequestMaxBytes),
    largeRequestThreshold: given.read(settings.largeRequestThreshold),
    maxResponseCacheSize: given.read(settings.maxResponseCacheSize),
    maxGetChildrenResponseCacheSize: given.read(settings.maxGetChildrenResponseCacheSize),
  };
}

/** What requests may do. */
function treeValues(given: Given) {
  return {
    enforceQuota: given.read(settings.enforceQuota),
    enableEagerACLCheck: given.read(settings.enableEagerACLCheck),
    skipACL: given.read(settings.skipACL),
    extendedTypesEnabled: given.read(settings.extendedTypesEnabled),
    emulate353TTLNodes: given.read(settings.emulate353TTLNodes),
    containerCheckIntervalMs: given.read(settings.containerCheckIntervalMs),
    containerMaxPerMinute: given.read(settings.containerMaxPerMinute),
    containerMaxNeverUsedIntervalMs: given.read(settings.containerMaxNeverUsedIntervalMs),
    fourLetterWordsWhitelist: whitelist(given),
    readOnlyModeEnabled: given.read(settings.readOnlyModeEnabled),
    superDigest: given.read(settings.superDigest),
    digestAuthEnabled: given.read(settings.digestAuthEnabled),
    digestAlg: given.read(settings.digestAlg),
    enforceAuthSchemes: enforcedSchemes(given),
    reconfigEnabled: given.read(settings.reconfigEnabled),
  };
}

/**
 * Reads and checks a configuration.
 *
 * @param files where files are read
 * @param sources the path of zoo.cfg, and what is given beside it
 * @returns everything a server is started with, defaults filled in
 * @throws ConfigError for a mistake, or for a file that cannot be read
 */
export function parseConfig(files: ConfigFiles, sources: ConfigSources): ServerConfig {
  const { path } = sources;
  const bytes = contentOf(files, path, null);
  const properties = readProperties(path, bytes);
  const lines = membershipLines(files, path, properties);
  const given = new Given(
    path,
    systemProperties(sources.jvmFlags ?? []),
    properties.filter(({ key }) => !isDynamicKey(key)),
  );
  checkUnused(given);
  checkQuorumSasl(given);

  const dataDir = given.read(settings.dataDir);
  if (dataDir === null) throw given.mistake(settings.dataDir, 'is not set');
  warnOfRelativePaths(given);
  const tickTime = given.read(settings.tickTime);
  const timeouts = sessionTimeouts(given, tickTime);

  const standaloneEnabled = given.read(settings.standaloneEnabled);
  const multiAddressEnabled = given.read(settings.multiAddressEnabled);
  const warn = (text: string) => given.warnings.push({ at: lines.file, text });
  const place = { file: lines.file, line: null };
  const membership = readMembership(
    lines.properties,
    place,
    { multiAddressEnabled, standaloneEnabled, version: lines.version },
    warn,
  );
  const myid = readMyid(files, dataDir);
  const client = clientListenAddress(given, membership, myid);
  checkPeerType(given, membership, myid, warn);
  const isEnsemble = membership !== null && isDistributed({ membership, standaloneEnabled });
  const ensemble = isEnsemble
    ? ensembleConfig(given, {
        membership,
        file: lines.file,
        placeOf: (sid) =>
          lines.properties.find(({ key }) => key === `server.${sid}`)?.place ?? place,
        proposed: proposedMembership(files, path, lines.file, given),
        myidFile: myidPath(dataDir),
        myid,
      })
    : null;
  return {
    configFile: path,
    initialConfig: new TextDecoder().decode(bytes),
    clientPort: client?.port ?? null,
    clientPortAddress: client?.host ?? null,
    dataDir,
    dataLogDir: given.read(settings.dataLogDir) ?? dataDir,
    tickTime,
    minSessionTimeout: timeouts.min,
    maxSessionTimeout: timeouts.max,
    ...storageValues(given),
    ...connectionValues(given),
    ...treeValues(given),
    myid,
    dynamicConfigFile: given.read(settings.dynamicConfigFile),
    membership,
    ensemble,
    standaloneEnabled,
    ignoredKeys: given.ignored(isEnsemble),
    warnings: given.warnings,
  };
}
