/*
 * What a member of an ensemble is started with, from the keys and lines that were given, and the mistakes that would keep it from
 * being one: a myid that is missing or nobody's, limits that are not set, encryption that is asked for and not there.
 *
 * Answers to QuorumPeerConfig.checkValidity, setupMyId and setupPeerType, and to what QuorumPeerMain and QuorumPeer refuse.
 */
import type { Member, Membership } from '../../quorum/membership.ts';
import type { EnsembleConfig } from './config.ts';
import { ConfigError, type Place, placeText } from './config-error.ts';
import type { Given } from './given.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

/** The largest id that servers with TTL znodes may have (EphemeralType.validateServerId). */
const MAX_SID_WITH_TTL = 254;
/** Ids are documented from 1 to 255: the first byte of every session's id is its server's. */
const MAX_SID = 255;

/** What is known of the ensemble besides keys. */
export interface EnsembleLines {
  readonly membership: Membership;
  /** What the server lines stand in. */
  readonly file: string;
  /** Where each server line stands. */
  readonly placeOf: (sid: number) => Place;
  /** The configuration that was proposed last and may not be committed, or null. */
  readonly proposed: Membership | null;
  /** dataDir/myid, and what it says. */
  readonly myidFile: string;
  readonly myid: number | null;
}

/** This server's own line (QuorumPeerConfig.setupMyId, QuorumPeer.start). */
function ownMember(given: Given, lines: EnsembleLines): Member {
  const { membership, file, myid, myidFile } = lines;
  const ids = [...membership.members.keys()].join(', ');
  if (myid === null) {
    throw given.mistake(
      settings.dataDir,
      `there is no file ${myidFile}: write this server's number into it, one of ${ids} (the N of its line server.N in ${file})`,
    );
  }
  const own = membership.members.get(myid);
  if (own === undefined) {
    throw new ConfigError(
      { file: myidFile, line: 1 },
      null,
      `says that this is server ${myid}, but ${file} has no line server.${myid} (it has ${ids}): correct the one or the other`,
    );
  }
  if (myid > MAX_SID_WITH_TTL && given.read(settings.extendedTypesEnabled)) {
    const text = `${myid} is too large with extendedTypesEnabled: ${MAX_SID_WITH_TTL} is the most`;
    throw new ConfigError({ file: myidFile, line: 1 }, null, text);
  }
  if (myid > MAX_SID) {
    given.warnings.push({
      at: myidFile,
      text: `${myid} is more than ${MAX_SID}: session ids of servers that differ by 256 may be the same`,
    });
  }
  return own;
}

/** Refuses to speak in the clear where that was not asked for. */
function checkSecrecy(given: Given): void {
  if (given.read(settings.sslQuorum)) {
    throw given.mistake(
      settings.sslQuorum,
      'TLS between servers is not supported yet, and without it they would speak in the clear: set it to false on all servers to have that',
    );
  }
  for (const setting of [settings.quorumServerRequireSasl, settings.quorumLearnerRequireSasl]) {
    if (!given.read(setting)) continue;
    throw given.mistake(
      setting,
      'SASL between servers is not supported yet, and without it anybody could take part: set it to false on all servers to have that',
    );
  }
}

/** Warns of what is understood and not done. */
function warnOfMissing(given: Given): void {
  const missing: readonly (readonly [isAsked: boolean, setting: Setting<unknown>, text: string])[] =
    [
      [
        given.read(settings.portUnification),
        settings.portUnification,
        'TLS between servers is not supported yet: only those that do without can connect',
      ],
      [
        given.read(settings.quorumEnableSasl),
        settings.quorumEnableSasl,
        'SASL between servers is not supported yet: nobody has to prove who he is',
      ],
      [
        given.read(settings.observerMasterPort) > 0,
        settings.observerMasterPort,
        'followers do not serve observers here: they connect to the leader',
      ],
      [
        given.read(settings.localSessionsEnabled),
        settings.localSessionsEnabled,
        'sessions of this server are global, all of them',
      ],
      [
        given.read(settings.oraclePath) !== '',
        settings.oraclePath,
        'oracles are not asked here: it takes the majority of the voting servers',
      ],
    ];
  for (const [isAsked, setting, text] of missing) {
    if (!isAsked) continue;
    given.warnings.push({
      at: placeText(given.placeOf(setting)),
      text: `${setting.key}: ${text}`,
    });
  }
}

/**
 * The settings of a member.
 *
 * @throws ConfigError for what keeps it from being one
 */
export function ensembleConfig(given: Given, lines: EnsembleLines): EnsembleConfig {
  for (const setting of [settings.initLimit, settings.syncLimit]) {
    if (given.read(setting) !== 0) continue;
    throw given.mistake(setting, 'is not set, and an ensemble needs it');
  }
  const own = ownMember(given, lines);
  checkSecrecy(given);
  warnOfMissing(given);
  const tickTime = given.read(settings.tickTime);
  const initLimit = given.read(settings.initLimit);
  const syncLimit = given.read(settings.syncLimit);
  const connectLimit = given.read(settings.connectToLearnerMasterLimit);
  const minNotificationIntervalMs = given.read(settings.minNotificationIntervalMs);
  return {
    myid: own.id,
    own,
    ownLine: `server.${own.id} in ${placeText(lines.placeOf(own.id))}`,
    membership: lines.membership,
    proposedMembership: lines.proposed,
    multiAddressEnabled: given.read(settings.multiAddressEnabled),
    initLimitMs: initLimit * tickTime,
    syncLimitMs: syncLimit * tickTime,
    connectToLeaderLimitMs: (connectLimit > 0 ? connectLimit : initLimit) * tickTime,
    leaderServes: given.read(settings.leaderServes),
    cnxTimeoutMs: given.read(settings.cnxTimeoutMs),
    electionPortBindRetry: given.read(settings.electionPortBindRetry),
    quorumListenOnAllIPs: given.read(settings.quorumListenOnAllIPs),
    tcpKeepAlive: given.read(settings.tcpKeepAlive),
    minNotificationIntervalMs,
    maxNotificationIntervalMs: Math.max(
      minNotificationIntervalMs,
      given.read(settings.maxNotificationIntervalMs),
    ),
    maxTimeToWaitForEpochMs: given.read(settings.maxTimeToWaitForEpochMs),
    maxConcurrentSnapSyncs: given.read(settings.maxConcurrentSnapSyncs),
    maxConcurrentDiffSyncs: given.read(settings.maxConcurrentDiffSyncs),
    forceSnapshotSync: given.read(settings.forceSnapshotSync),
    snapshotSizeFactor: given.read(settings.snapshotSizeFactor),
    observerElectionDelayMs: given.read(settings.observerElectionDelayMs),
  };
}
