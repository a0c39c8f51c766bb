/*
 * What becomes of a learner's own history when it takes over the leader's tree by SNAP. From then on its history is: the
 * received snapshot, and what is logged behind it. Java keeps the older files, and two things come of that:
 *
 * - A log may go on behind the zxid of the snapshot with transactions that were never committed: those of a deposed leader. The next
 *   start replays them over the received tree (so does an older snapshot with a higher zxid, which is then the newest).
 * - Below that zxid the log may have transactions that another history wrote, too, or may end before those that the snapshot
 *   holds. A later leader that hands out its log would give both to others (ZOOKEEPER-2418 is one way to such a gap).
 *
 * So everything else goes. Not before the snapshot is durable: what was acknowledged is in the old files. And not half: a crash in
 * between must not leave the new snapshot beside old logs. The order:
 *
 *   1. The snapshot is durable under the name that it has while unfinished.
 *   2. The file `discarding.<zxid>` says what is about to happen. Durable.
 *   3. The snapshot gets its name. Durable. From here on the new history counts.
 *   4. All other snapshots and all logs are removed, then the file of step 2.
 *
 * Recovery begins with what a crash left of it: with the file of step 2 and without an unfinished snapshot, step 4 is done;
 * otherwise the file is removed and the old history counts, whole.
 */

import type { Zxid } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import type { Disk } from './disk.ts';
import { isLogName, isSnapshotName, snapshotName, unfinishedName } from './file-names.ts';
import type { HistoryDirectories } from './log-source.ts';

const INTENT_PREFIX = 'discarding.';

/** The path of the file that says that everything but the snapshot of `zxid` goes. */
export function discardIntentPath(directories: HistoryDirectories, zxid: Zxid): string {
  return `${directories.snapshotDirectory}/${INTENT_PREFIX}${toHex(zxid)}`;
}

/** The paths of all snapshots and logs but the plain snapshot of `zxid`. */
export function discardable(disk: Disk, directories: HistoryDirectories, zxid: Zxid): string[] {
  return allBut(disk, directories, snapshotName(zxid, ''));
}

function allBut(disk: Disk, directories: HistoryDirectories, kept: string): string[] {
  const { snapshotDirectory, logDirectory } = directories;
  const snapshots = (disk.list(snapshotDirectory) ?? [])
    .filter((name) => isSnapshotName(name) && name !== kept)
    .map((name) => `${snapshotDirectory}/${name}`);
  const logs = (disk.list(logDirectory) ?? [])
    .filter(isLogName)
    .map((name) => `${logDirectory}/${name}`);
  return [...snapshots, ...logs];
}

/** Ends what a crash interrupted. To be called before anything is read. */
export function finishDiscard(
  disk: Disk,
  directories: HistoryDirectories,
  onWarning: (message: string) => void,
): void {
  const { snapshotDirectory } = directories;
  for (const name of disk.list(snapshotDirectory) ?? []) {
    if (!name.startsWith(INTENT_PREFIX)) continue;
    const kept = `snapshot.${name.slice(INTENT_PREFIX.length)}`;
    const names = disk.list(snapshotDirectory) ?? [];
    if (names.includes(kept) && !names.includes(unfinishedName(kept))) {
      onWarning(`${kept} was received from a leader: what was there before is removed`);
      for (const path of allBut(disk, directories, kept)) disk.removeNow(path);
    }
    disk.removeNow(`${snapshotDirectory}/${name}`);
  }
}
