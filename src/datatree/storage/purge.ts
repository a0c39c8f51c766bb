/*
 * Purge: which files can go once enough newer snapshots are there (Java: PurgeTxnLog; the timer of
 * DatadirCleanupManager belongs to the server). Kept are the newest `retainCount` snapshots that look whole and every log
 * that any of them needs: those that start behind the oldest of them, and the one before.
 */

import type { Disk, Done } from './disk.ts';
import type { NamedFile } from './file-names.ts';
import { logsFrom, sortedLogs, sortedSnapshots } from './file-names.ts';
import { looksWhole } from './snapshot-load.ts';

/** Where to purge, and what to keep. */
export interface PurgeOptions {
  readonly snapshotDirectory: string;
  readonly logDirectory: string;
  /** Snapshots kept, at least MIN_RETAIN_COUNT (autopurge.snapRetainCount). */
  readonly retainCount: number;
  /** Hears the path of each file that is removed. */
  readonly onRemove: (path: string) => void;
}

/** Fewer snapshots than this are never kept. */
export const MIN_RETAIN_COUNT = 3;

/**
 * The paths of the files that are no longer needed, in the order in which they may go: a snapshot before the logs that it
 * needs. Raises a RangeError for a retain count below 3.
 */
export function purgeable(disk: Disk, options: PurgeOptions): string[] {
  const { snapshotDirectory, logDirectory, retainCount } = options;
  if (retainCount < MIN_RETAIN_COUNT) {
    throw new RangeError('count should be greater than or equal to 3');
  }
  const snapshots = sortedSnapshots(disk.list(snapshotDirectory) ?? []);
  const oldest = oldestRetained(disk, snapshotDirectory, snapshots, retainCount);
  if (oldest === null) return [];
  const logs = sortedLogs(disk.list(logDirectory) ?? []);
  const neededLogs = new Set(logsFrom(logs, oldest.zxid));
  const oldSnapshots = snapshots.filter((snapshot) => snapshot.zxid < oldest.zxid).reverse();
  const oldLogs = logs.filter((log) => !neededLogs.has(log) && log.zxid < oldest.zxid);
  return [
    ...oldSnapshots.map((snapshot) => `${snapshotDirectory}/${snapshot.name}`),
    ...oldLogs.map((log) => `${logDirectory}/${log.name}`),
  ];
}

function oldestRetained(
  disk: Disk,
  directory: string,
  snapshots: readonly NamedFile[],
  retainCount: number,
): NamedFile | null {
  let oldest: NamedFile | null = null;
  let count = 0;
  for (const snapshot of snapshots) {
    if (count === retainCount) break;
    if (!looksWhole(disk, directory, snapshot.name)) continue;
    oldest = snapshot;
    count++;
  }
  return oldest;
}

/** Removes the files that are no longer needed, one after the other; ends with the first error. */
export function purge(disk: Disk, options: PurgeOptions, done: Done): void {
  const paths = purgeable(disk, options);
  const next: Done = (error) => {
    const path = paths.shift();
    if (error !== null || path === undefined) {
      done(error);
      return;
    }
    options.onRemove(path);
    disk.remove(path, next);
  };
  next(null);
}
