/*
 * TRUNC: a learner forgets the transactions behind the leader's last one (Java: FileTxnLog.truncate, FileTxnSnapLog.truncateLog).
 * They were never committed: whoever leads has a log that a quorum found the longest.
 *
 *   Rule    It is done where a snapshot at or before the zxid that loads and an unbroken log from there on lead to exactly that
 *           zxid. Otherwise nothing is changed, and the learner needs a SNAP.
 *   Java    cuts the log behind the first record that is not below the zxid, so if that record is not there, behind a
 *           discarded one; and keeps snapshots above the zxid, which bring back at the next start what was cut off.
 *   Order   Snapshots above the zxid go first, the newest first of all, then later logs, in the same order; the log that holds the
 *           zxid is cut last. After each step the files are a beginning of the old history that goes beyond the zxid.
 *
 * Everything is durable and synchronous: a learner that is told to TRUNC has nothing else to do. The caller has closed
 * the log, abandoned any snapshot that was being written, and recovers afterwards.
 */

import type { Zxid } from '../../jute/int64.ts';
import { readInt64, toZxid } from '../../jute/int64.ts';
import { follows } from '../../jute/zxid.ts';
import type { DataTree } from '../data-tree.ts';
import type { Disk } from './disk.ts';
import type { NamedFile } from './file-names.ts';
import { logsFrom, sortedLogs, sortedSnapshots } from './file-names.ts';
import { endsAt, isUnwrittenLog } from './log-end.ts';
import { FILE_HEADER_SIZE } from './log-format.ts';
import { LogReader } from './log-reader.ts';
import type { HistoryDirectories } from './log-source.ts';
import { ZXID_OFFSET } from './log-source.ts';
import { isUnusable, loadSnapshot, looksWhole } from './snapshot-load.ts';

/** Where the first transaction behind a zxid is, or would be. */
interface Cut {
  /** The number of the file among those looked at. */
  readonly index: number;
  readonly offset: number;
}

/**
 * Removes everything behind `zxid` from the disk. False, with nothing changed, where that does not leave a history that ends
 * with it. Raises the system's error.
 *
 * @param scratch a tree that nobody needs: snapshots are loaded into it, because one may look whole and be damaged
 */
export function truncateLog(
  disk: Disk,
  directories: HistoryDirectories,
  zxid: Zxid,
  scratch: DataTree,
): boolean {
  const { logDirectory, snapshotDirectory } = directories;
  const snapshots = sortedSnapshots(disk.list(snapshotDirectory) ?? []);
  const base = snapshots.find((snapshot) => {
    return snapshot.zxid <= zxid && isLoadable(disk, snapshotDirectory, snapshot.name, scratch);
  });
  if (base === undefined) return false;
  const logs = logsFrom(sortedLogs(disk.list(logDirectory) ?? []), base.zxid);
  const cut = findCut(disk, logDirectory, logs, base.zxid, zxid);
  if (cut === null) return false;
  for (const snapshot of snapshots) {
    if (snapshot.zxid > zxid) disk.removeNow(`${snapshotDirectory}/${snapshot.name}`);
  }
  for (let index = logs.length - 1; index >= cut.index; index--) {
    const path = `${logDirectory}/${logs[index]?.name}`;
    if (index > cut.index || cut.offset <= FILE_HEADER_SIZE) disk.removeNow(path);
    else disk.truncate(path, cut.offset);
  }
  return true;
}

function isLoadable(disk: Disk, directory: string, name: string, scratch: DataTree): boolean {
  const path = `${directory}/${name}`;
  if (!looksWhole(disk, directory, name)) return false;
  try {
    loadSnapshot(disk, path, scratch);
    return true;
  } catch (error) {
    if (!isUnusable(error, path)) throw error;
    return false;
  }
}

/** Follows the log from the zxid of a snapshot on; null where it does not lead to `zxid`. */
function findCut(
  disk: Disk,
  directory: string,
  logs: readonly NamedFile[],
  from: Zxid,
  zxid: Zxid,
): Cut | null {
  let last = from;
  for (const [index, log] of logs.entries()) {
    const reader = new LogReader(disk, `${directory}/${log.name}`);
    try {
      const isLog = reader.hasHeader;
      while (isLog && reader.next()) {
        const { record } = reader;
        const next = toZxid(readInt64(record.bytes, record.offset + ZXID_OFFSET));
        if (next <= last) continue;
        if (next > zxid) break;
        if (!follows(last, next)) return null;
        last = next;
      }
      if (last === zxid) return { index, offset: reader.offset };
      const isEnd = isLog ? endsAt(reader.file, reader.offset) : isUnwrittenLog(reader.file);
      if (!isEnd) return null;
    } finally {
      reader.close();
    }
  }
  return last === zxid ? { index: logs.length, offset: 0 } : null;
}
