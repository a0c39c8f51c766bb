/*
 * `srvr`, `stat` and `srst`: the server in a few lines, with or without its clients, and starting its numbers anew.
 *
 * zkServer.sh reads the `Mode:` line of `srvr`; kazoo and others read the version out of the first line.
 * Answers to StatCommand, StatResetCommand and ServerStats.toString.
 */

import { toHex } from '../jute/int64.ts';
import { connectionBrief } from './connections.ts';
import { javaDouble } from './java-text.ts';
import type { ServerView } from './server-view.ts';

/** `srvr`. */
export function srvr(view: ServerView): string {
  return heading(view) + serverStats(view);
}

/** `stat`: as `srvr`, with the connections between the version and the numbers. */
export function stat(view: ServerView): string {
  let clients = 'Clients:\n';
  for (const connection of view.connections()) clients += `${connectionBrief(connection)}\n`;
  return `${heading(view) + clients}\n${serverStats(view)}`;
}

/** `srst`. */
export function srst(view: ServerView): string {
  view.resetServerStats();
  return 'Server stats reset.\n';
}

function heading(view: ServerView): string {
  const version = `Zookeeper version: ${view.version()}\n`;
  const isReadOnly = view.serverState() === 'read-only';
  return isReadOnly ? `${version}READ-ONLY mode; serving only read-only clients\n` : version;
}

function serverStats(view: ServerView): string {
  const stats = view.requestStats();
  const latencies = [stats.minLatency(), javaDouble(stats.avgLatency()), stats.maxLatency()];
  return [
    `Latency min/avg/max: ${latencies.join('/')}`,
    `Received: ${stats.packetsReceived()}`,
    `Sent: ${stats.packetsSent()}`,
    `Connections: ${view.numAliveConnections()}`,
    `Outstanding: ${view.outstandingRequests()}`,
    `Zxid: 0x${toHex(view.lastProcessedZxid())}`,
    `Mode: ${view.serverState()}`,
    `Node count: ${view.nodeCount()}`,
    proposalSizes(view),
  ].join('\n');
}

function proposalSizes(view: ServerView): string {
  const leader = view.member()?.leader() ?? null;
  if (leader === null) return '';
  const { lastProposalSize, minProposalSize, maxProposalSize } = leader;
  const sizes = [lastProposalSize, minProposalSize, maxProposalSize].join('/');
  return `Proposal sizes last/min/max: ${sizes}\n`;
}
