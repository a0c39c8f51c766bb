/*
 * `cons` and `crst`: the client connections with all that is known of them, and starting their numbers anew.
 *
 * Answers to ConsCommand, CnxnStatResetCommand and ServerCnxn.dumpConnectionInfo.
 */

import { toHex } from '../jute/int64.ts';
import { javaSocketAddress } from './java-text.ts';
import type { ConnectionView, ServerView } from './server-view.ts';

/** `cons`: one line for each connection, then an empty one. */
export function cons(view: ServerView): string {
  let text = '';
  for (const connection of view.connections()) text += `${connectionInfo(connection)}\n`;
  return `${text}\n`;
}

/** `crst`. */
export function crst(view: ServerView): string {
  view.resetConnectionStats();
  return 'Connection stats reset.\n';
}

/** A connection in short, as `stat` lists it: address, interest in hexadecimal, counts of packets. */
export function connectionBrief(connection: ConnectionView): string {
  return `${traffic(connection)})`;
}

/** The same with its session; a connection without one, a word that asks for instance, has nothing more to tell. */
function connectionInfo(connection: ConnectionView): string {
  return `${traffic(connection)}${sessionPart(connection)})`;
}

function traffic(connection: ConnectionView): string {
  const address = javaSocketAddress(connection.remoteAddress(), connection.remotePort());
  const stats = connection.stats();
  return (
    ` ${address}[${connection.interestOps().toString(16)}]` +
    `(queued=${connection.outstandingRequests()}` +
    `,recved=${stats.packetsReceived()},sent=${stats.packetsSent()}`
  );
}

function sessionPart(connection: ConnectionView): string {
  const sessionId = connection.sessionId();
  if (sessionId === 0n) return '';
  const stats = connection.stats();
  const lastCxid = stats.lastCxid();
  return (
    `,sid=0x${toHex(sessionId)},lop=${stats.lastOperation()}` +
    `,est=${stats.established()},to=${connection.sessionTimeout()}` +
    (lastCxid >= 0 ? `,lcxid=0x${lastCxid.toString(16)}` : '') +
    `,lzxid=0x${toHex(stats.lastZxid())},lresp=${stats.lastResponseTime()}` +
    `,llat=${stats.lastLatency()},minlat=${stats.minLatency()}` +
    `,avglat=${stats.avgLatency()},maxlat=${stats.maxLatency()}`
  );
}
