/*
 * `conf` and `dirs`: how the server is configured, and what its directories hold.
 *
 * Answers to ZooKeeperServer.dumpConf, QuorumZooKeeperServer.dumpConf and DirsCommand. Java 3.8.0 has the two sizes the wrong way round (it calls the
 * size of the log directory dataDirSize); later versions put it right, and so does the view.
 */

import type { MemberConfiguration, ServerView } from './server-view.ts';

/** `conf`: a line `key=value` for each setting, in Java's order; that of a member ends with the membership, and with no end of line. */
export function conf(view: ServerView): string {
  const configuration = view.configuration();
  const member = view.member()?.configuration();
  return [
    `clientPort=${configuration.clientPort}`,
    `secureClientPort=${configuration.secureClientPort}`,
    `dataDir=${configuration.dataDir}`,
    `dataDirSize=${view.dataDirSize()}`,
    `dataLogDir=${configuration.dataLogDir}`,
    `dataLogSize=${view.logDirSize()}`,
    `tickTime=${configuration.tickTime}`,
    `maxClientCnxns=${configuration.maxClientCnxns}`,
    `minSessionTimeout=${configuration.minSessionTimeout}`,
    `maxSessionTimeout=${configuration.maxSessionTimeout}`,
    `clientPortListenBacklog=${configuration.clientPortListenBacklog}`,
    `serverId=${configuration.serverId}`,
    member === undefined ? '' : memberLines(member),
  ].join('\n');
}

/** The only election algorithm there is (FastLeaderElection). */
const ELECTION_ALG = 3;

function memberLines(member: MemberConfiguration): string {
  return [
    `initLimit=${member.initLimit}`,
    `syncLimit=${member.syncLimit}`,
    `electionAlg=${ELECTION_ALG}`,
    `electionPort=${member.electionPorts.join('|')}`,
    `quorumPort=${member.quorumPorts.join('|')}`,
    `peerType=${member.isObserver ? 1 : 0}`,
    'membership: ',
    member.membership,
  ].join('\n');
}

/** `dirs`: bytes in the snapshot directory and in the log directory. */
export function dirs(view: ServerView): string {
  return `datadir_size: ${view.dataDirSize()}\nlogdir_size: ${view.logDirSize()}\n`;
}
