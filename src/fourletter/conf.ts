/*
 * `conf` and `dirs`: how the server is configured, and what its directories hold.
 *
 * Answers to ZooKeeperServer.dumpConf and DirsCommand. Java 3.8.0 has the two sizes the wrong way round (it calls the
 * size of the log directory dataDirSize); later versions put it right, and so does the view.
 */

import type { ServerView } from './server-view.ts';

/** `conf`: a line `key=value` for each setting, in Java's order. */
export function conf(view: ServerView): string {
  const configuration = view.configuration();
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
    '',
  ].join('\n');
}

/** `dirs`: bytes in the snapshot directory and in the log directory. */
export function dirs(view: ServerView): string {
  return `datadir_size: ${view.dataDirSize()}\nlogdir_size: ${view.logDirSize()}\n`;
}
