/*
 * `dump`: when sessions and connections expire, and which ephemeral nodes each session owns.
 *
 * Answers to DumpCommand, ExpiryQueue.dump, LearnerSessionTracker.dumpSessions, SessionImpl.toString, NIOServerCnxn.toString and DataTree.dumpEphemerals.
 */

import { toHex } from '../jute/int64.ts';
import { javaDateFormat, javaSocketAddress } from './java-text.ts';
import type { ConnectionView, ExpiryBucketView, ServerView } from './server-view.ts';

/** `dump`. */
export function dump(view: ServerView): string {
  const date = javaDateFormat(view.timeZone());
  return [
    'SessionTracker dump:\n',
    sessions(view, date),
    'ephemeral nodes dump:\n',
    ephemerals(view.ephemerals()),
    'Connections dump:\n',
    `Connections ${expiryQueue(view.connectionExpiry(), date, connectionName)}`,
  ].join('');
}

/** A learner knows which sessions there are, and not when they expire. */
function sessions(view: ServerView, date: (epochMs: number) => string): string {
  const known = view.learnerSessions();
  if (known === null) return `Session ${expiryQueue(view.sessionExpiry(), date, sessionName)}`;
  const sorted = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([sessionId, timeout]) => `${sessionName(sessionId)}\t${timeout}ms\n`);
  return `Global Sessions(${sorted.length}):\n${lines.join('')}`;
}

function sessionName(sessionId: bigint): string {
  return `0x${toHex(sessionId)}`;
}

function connectionName(connection: ConnectionView): string {
  const address = javaSocketAddress(connection.remoteAddress(), connection.remotePort());
  return `ip: ${address} sessionId: 0x${toHex(connection.sessionId())}`;
}

/** First how many buckets and how many elements there are, then each bucket with its date, empty ones too. */
function expiryQueue<Element>(
  buckets: Iterable<ExpiryBucketView<Element>>,
  date: (epochMs: number) => string,
  name: (element: Element) => string,
): string {
  let bucketCount = 0;
  let elementCount = 0;
  let lines = '';
  for (const { expireAt, elements } of buckets) {
    const names = Array.from(elements, name);
    bucketCount += 1;
    elementCount += names.length;
    lines += `${names.length} expire at ${date(expireAt)}:\n`;
    for (const text of names) lines += `\t${text}\n`;
  }
  return `Sets (${bucketCount})/(${elementCount}):\n${lines}`;
}

function ephemerals(owners: Iterable<readonly [bigint, Iterable<string>]>): string {
  let count = 0;
  let lines = '';
  for (const [sessionId, paths] of owners) {
    count += 1;
    lines += `0x${toHex(sessionId)}:\n`;
    for (const path of paths) lines += `\t${path}\n`;
  }
  return `Sessions with Ephemerals (${count}):\n${lines}`;
}
