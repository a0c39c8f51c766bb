/*
 * The keys that mean something in an ensemble only: those of QuorumPeerConfig.parseProperties, and the system properties of
 * QuorumPeer, QuorumCnxManager, FastLeaderElection, Leader, LearnerMaster, LearnerHandler, Observer and ZKDatabase.
 */
import type { PeerType } from '../../quorum/membership.ts';
import { peerType } from './membership.ts';
import { checked, forEnsemble, fromAnywhere, fromFile } from './setting.ts';
import {
  anyText,
  BadValue,
  boolean,
  corrected,
  decimal,
  exceptWord,
  integer,
  long,
  type Parse,
  real,
  strictBoolean,
} from './values.ts';

const ALL_DIALLED = 'all addresses of a server are dialled, and the first that answers is taken';
const OBSERVERS_LOG = 'every observer keeps a log and snapshots, and so starts from where it was';
const THREADS = 'it tunes the threads and sockets of the Java server';

const anyInteger = integer();

function onlyThree(text: string): number {
  if (text !== '3') throw new BadValue(`${text} is not supported, there is only 3`);
  return 3;
}

/** A number that has to be above zero. */
function aboveZero(fallback: number): Parse<number> {
  return corrected(anyInteger, (value) => value > 0, 'is not above 0', fallback);
}

/** What an ensemble understands. */
export const ensembleSettings = {
  // QuorumPeerConfig
  initLimit: forEnsemble(fromFile('initLimit', decimal(0), 0)),
  syncLimit: forEnsemble(fromFile('syncLimit', decimal(0), 0)),
  connectToLearnerMasterLimit: forEnsemble(fromFile('connectToLearnerMasterLimit', decimal(0), 0)),
  electionAlg: checked('there is only one algorithm', fromFile('electionAlg', onlyThree, 3)),
  peerType: forEnsemble(fromFile<PeerType>('peerType', peerType, 'participant')),
  quorumListenOnAllIPs: forEnsemble(fromFile('quorumListenOnAllIPs', strictBoolean, false)),
  syncEnabled: checked(OBSERVERS_LOG, fromFile('syncEnabled', strictBoolean, true)),
  observerMasterPort: forEnsemble(fromFile('observerMasterPort', decimal(-1, 65_535), 0)),
  localSessionsEnabled: forEnsemble(fromFile('localSessionsEnabled', strictBoolean, false)),
  localSessionsUpgradingEnabled: checked(
    'all sessions are global',
    fromFile('localSessionsUpgradingEnabled', strictBoolean, false),
  ),
  oraclePath: forEnsemble(fromFile('oraclePath', anyText, '')),
  multiAddressEnabled: forEnsemble(fromAnywhere('multiAddress.enabled', strictBoolean, false)),
  multiAddressReachabilityCheckTimeoutMs: checked(
    ALL_DIALLED,
    fromAnywhere('multiAddress.reachabilityCheckTimeoutMs', decimal(0), 1000),
  ),
  multiAddressReachabilityCheckEnabled: checked(
    ALL_DIALLED,
    fromAnywhere('multiAddress.reachabilityCheckEnabled', strictBoolean, true),
  ),
  quorumCnxnThreadsSize: checked(THREADS, fromFile('quorum.cnxn.threads.size', decimal(0), 20)),
  sslQuorum: forEnsemble(fromFile('sslQuorum', strictBoolean, false)),
  portUnification: forEnsemble(fromFile('portUnification', strictBoolean, false)),
  sslQuorumReloadCertFiles: checked(
    'TLS is not supported yet',
    fromFile('sslQuorumReloadCertFiles', strictBoolean, false),
  ),
  quorumEnableSasl: forEnsemble(fromFile('quorum.auth.enableSasl', strictBoolean, false)),
  quorumServerRequireSasl: forEnsemble(
    fromFile('quorum.auth.serverRequireSasl', strictBoolean, false),
  ),
  quorumLearnerRequireSasl: forEnsemble(
    fromFile('quorum.auth.learnerRequireSasl', strictBoolean, false),
  ),

  // QuorumPeer, QuorumCnxManager, FastLeaderElection
  cnxTimeoutMs: forEnsemble(fromAnywhere('cnxTimeout', aboveZero(5000), 5000)),
  quorumCnxnTimeoutMs: checked(
    'a handshake of the election may take cnxTimeout',
    fromAnywhere('quorumCnxnTimeoutMs', anyInteger, -1),
  ),
  electionPortBindRetry: forEnsemble(
    fromAnywhere(
      'electionPortBindRetry',
      corrected(anyInteger, (value) => value >= 0, 'is less than 0', 3),
      3,
    ),
  ),
  tcpKeepAlive: forEnsemble(fromAnywhere('tcpKeepAlive', boolean, false)),
  minNotificationIntervalMs: forEnsemble(
    fromAnywhere('fastleader.minNotificationInterval', aboveZero(200), 200),
  ),
  maxNotificationIntervalMs: forEnsemble(
    fromAnywhere('fastleader.maxNotificationInterval', aboveZero(60_000), 60_000),
  ),

  // Leader, LearnerMaster, LearnerHandler, ZKDatabase
  leaderServes: forEnsemble(fromAnywhere('leaderServes', exceptWord('no', 'yes'), true)),
  maxTimeToWaitForEpochMs: forEnsemble(
    fromAnywhere('leader.maxTimeToWaitForEpoch', anyInteger, -1),
  ),
  maxConcurrentSnapSyncs: forEnsemble(
    fromAnywhere('leader.maxConcurrentSnapSyncs', aboveZero(10), 10),
  ),
  maxConcurrentDiffSyncs: forEnsemble(
    fromAnywhere('leader.maxConcurrentDiffSyncs', aboveZero(100), 100),
  ),
  forceSnapshotSync: forEnsemble(fromAnywhere('forceSnapshotSync', boolean, false)),
  snapshotSizeFactor: forEnsemble(
    fromAnywhere(
      'snapshotSizeFactor',
      corrected(real, (value) => value <= 1, 'is more than 1', 0.33),
      0.33,
    ),
  ),

  // Observer
  observerSyncEnabled: checked(
    OBSERVERS_LOG,
    fromAnywhere<boolean | null>('observer.syncEnabled', boolean, null),
  ),
  observerReconnectDelayMs: checked(
    'an observer without observer masters waits observer.election.DelayMs',
    fromAnywhere('observer.reconnectDelayMs', long(0), 0),
  ),
  observerElectionDelayMs: forEnsemble(fromAnywhere('observer.election.DelayMs', long(0), 200)),
} as const;
