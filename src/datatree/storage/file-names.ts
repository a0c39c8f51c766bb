/*
 * Names of log and snapshot files, and which of them belong together: log.<hex zxid of its first transaction>,
 * snapshot.<hex zxid it was started at>[.gz|.snappy]. Names alone decide here; nothing is opened.
 * Java: persistence.Util, FileTxnLog.getLogFiles, SnapStream.getStreamMode.
 */

import type { Zxid } from '../../jute/int64.ts';
import { toHex, toZxid, ZXID_ZERO } from '../../jute/int64.ts';

/** How a snapshot is packed, which is the suffix of its name (Java: SnapStream.StreamMode, snapshot.compression.method). */
export type SnapshotCompression = '' | 'gz' | 'snappy';

/** A file by the zxid in its name. */
export interface NamedFile {
  readonly name: string;
  readonly zxid: Zxid;
}

const LOG_PREFIX = 'log';
const SNAPSHOT_PREFIX = 'snapshot';

/**
 * What the name of an unfinished snapshot begins with. Not `snapshot.`: Java takes `snapshot.5.tmp` for a snapshot of
 * zxid 5, and its purge would count it.
 */
const UNFINISHED_PREFIX = 'unfinished.';

/** The name of the log whose first transaction is `zxid`. */
export function logName(zxid: Zxid): string {
  return `${LOG_PREFIX}.${toHex(zxid)}`;
}

/** The name of a snapshot that was started when `zxid` was the last one processed. */
export function snapshotName(zxid: Zxid, compression: SnapshotCompression): string {
  const name = `${SNAPSHOT_PREFIX}.${toHex(zxid)}`;
  return compression === '' ? name : `${name}.${compression}`;
}

/** The name that a snapshot has until it is whole. */
export function unfinishedName(snapshot: string): string {
  return UNFINISHED_PREFIX + snapshot;
}

/** Whether a name is one of unfinishedName. */
export function isUnfinished(name: string): boolean {
  return name.startsWith(`${UNFINISHED_PREFIX}${SNAPSHOT_PREFIX}.`);
}

/** Whether Java takes a name for a log's, whatever follows the prefix. */
export function isLogName(name: string): boolean {
  return name.startsWith(`${LOG_PREFIX}.`);
}

/** Whether Java takes a name for a snapshot's, whatever follows the prefix. */
export function isSnapshotName(name: string): boolean {
  return name.startsWith(`${SNAPSHOT_PREFIX}.`);
}

/** How a snapshot of that name is packed; a suffix that nobody knows means not at all, as in Java. */
export function compressionOf(name: string): SnapshotCompression {
  const suffix = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return suffix === 'gz' || suffix === 'snappy' ? suffix : '';
}

const HEX_LONG = /^[+-]?[0-9a-f]{1,16}$/i;
const LONG_LIMIT = 1n << 63n;

/** The zxid in a name, read as Java's Long.parseLong(…, 16) does; null where Java says -1. Further parts are ignored. */
function zxidIn(name: string, prefix: string): Zxid | null {
  const [first, hex] = name.split('.');
  if (first !== prefix || hex === undefined || !HEX_LONG.test(hex)) return null;
  const isNegative = hex.startsWith('-');
  const magnitude = BigInt(`0x${hex.replace(/^[+-]/, '')}`);
  if (magnitude >= LONG_LIMIT) return null;
  return toZxid(isNegative ? -magnitude : magnitude);
}

function named(names: readonly string[], prefix: string): NamedFile[] {
  const files: NamedFile[] = [];
  for (const name of names) {
    const zxid = zxidIn(name, prefix);
    if (zxid !== null && zxid >= ZXID_ZERO) files.push({ name, zxid });
  }
  return files.sort((left, right) => {
    if (left.zxid !== right.zxid) return left.zxid < right.zxid ? -1 : 1;
    return left.name < right.name ? -1 : 1;
  });
}

/** The logs among `names`, oldest first. */
export function sortedLogs(names: readonly string[]): NamedFile[] {
  return named(names, LOG_PREFIX);
}

/** The snapshots among `names`, newest first. */
export function sortedSnapshots(names: readonly string[]): NamedFile[] {
  return named(names, SNAPSHOT_PREFIX).reverse();
}

/**
 * The logs that may hold transactions behind `zxid`: the newest one that starts at or before it, and all that start
 * later (Java: FileTxnLog.getLogFiles).
 */
export function logsFrom(logs: readonly NamedFile[], zxid: Zxid): NamedFile[] {
  let first = ZXID_ZERO;
  for (const log of logs) {
    if (log.zxid <= zxid && log.zxid > first) first = log.zxid;
  }
  return logs.filter((log) => log.zxid >= first);
}
