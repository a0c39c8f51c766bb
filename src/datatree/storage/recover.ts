/*
 * Recovery: the tree from the files that are there when a server starts (Java: FileTxnSnapLog.restore,
 * FileSnap.deserialize, ZooKeeperServer.loadData). All rules in one place:
 *
 *  Snapshot   The newest that looks whole, of at most 100 that do, and loads with the right checksum. One that does not is
 *             passed over with a warning. If none of them loads, the server does not start.
 *  Logs       The newest that starts at or before the snapshot and all later ones; of these, what is above its zxid. Where one
 *             begins with the very next transaction, those before it are not looked at.
 *  No         snapshot: without logs it is a new database, and an empty snapshot.0 is written at once, so that there is
 *             one whenever there are logs. Without db.autocreate and the file `initialize` (which is removed) the zxid is -1.
 *             With logs something is broken: refused unless snapshot.trust.empty.
 *  End        The last log ends where only zeros follow, or where a write was torn, which is cut off: nobody was told that
 *             it was durable. Nothing is ever appended to it; the next transaction begins a new file. A last log without
 *             any transaction (or header) is removed, so that Java takes the directory as well (ZOOKEEPER-2332).
 *  Damage     Anything else at the end of the last log (log-end.ts), or an earlier log that stops and does not lead to the
 *             next one: refused, with file and offset. Nothing is changed. Where the next one begins another epoch, that says
 *             nothing of what it follows: an earlier log may end with a torn write then, unless digests behind it tell otherwise.
 *  Gaps       Zxids of an epoch follow each other. Where they do not and no file is damaged, there is a warning, because Java
 *             starts too; likewise where the logs end before what the snapshot may hold of them. But if a snapshot was
 *             passed over that had been finished, the logs have to lead to its zxid.
 *  Digests    Compared as the transactions say, and with the snapshot's where the replay comes to its zxid: warnings.
 *  Received   A snapshot that a leader sent takes the place of everything else (discard.ts); what a crash left of that is ended first.
 *  Sessions   Ephemerals of sessions that are not there are deleted.
 */

import type { SessionId, Zxid } from '../../jute/int64.ts';
import { toHex, toZxid, ZXID_ZERO } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import { JuteError } from '../../jute/reader.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { isOfTxn } from '../../jute/zxid.ts';
import type { DataTree } from '../data-tree.ts';
import type { DataDirectories } from './directories.ts';
import { prepareDirectories } from './directories.ts';
import { finishDiscard } from './discard.ts';
import type { Disk } from './disk.ts';
import type { NamedFile } from './file-names.ts';
import {
  compressionOf,
  isUnfinished,
  logsFrom,
  snapshotName,
  sortedLogs,
  sortedSnapshots,
} from './file-names.ts';
import { Replay } from './replay.ts';
import type { SnapshotContents } from './snapshot-cut.ts';
import { SnapshotCut } from './snapshot-cut.ts';
import { isUnusable, loadSnapshot, looksWhole, SnapshotError } from './snapshot-load.ts';
import { StorageError } from './storage-error.ts';

/** Where to recover from, and what is allowed. */
export interface RecoverOptions extends DataDirectories, SnapshotContents {
  /** The file that allows an empty database once: `initialize` in dataLogDir. */
  readonly initializePath: string;
  /** Whether an empty database is allowed anyway (db.autocreate). */
  readonly dbAutocreate: boolean;
  /** Whether logs without a snapshot are trusted (snapshot.trust.empty). */
  readonly snapshotTrustEmpty: boolean;
  /** The time in ms, from any beginning. */
  readonly now: () => number;
  /** Hears one line for each thing that an operator should know. */
  readonly onWarning: (message: string) => void;
}

/** What was found. */
export interface Recovery {
  /** The last zxid; -1 for a database that is empty and may not be (it is the tree's lastProcessedZxid as well). */
  readonly lastZxid: Zxid;
  /** The snapshot that was loaded, or written for a new database; null for none. */
  readonly snapshot: { readonly zxid: Zxid; readonly path: string } | null;
  /** ms that loading the snapshot took (Java's metric startup_snap_load_time). */
  readonly snapshotLoadMs: number;
  /** Transactions replayed (startup_txns_loaded), which is how many there are since the snapshot. */
  readonly txnsLoaded: number;
  /** ms that it took (startup_txns_load_time). */
  readonly txnLoadMs: number;
}

/** How many snapshots are tried (Java: FileSnap). */
const SNAPSHOTS_TRIED = 100;

/** The zxid of a database that should have something and has nothing. */
const ZXID_UNKNOWN = toZxid(-1n);

/** What became of the snapshots. */
interface Base {
  readonly snapshot: { readonly zxid: Zxid; readonly path: string } | null;
  /** The newest zxid of a snapshot that had been finished and cannot be loaded; 0 for none. */
  readonly knownZxid: Zxid;
  /** The zxid up to which there may be something in the snapshot: it was cut while transactions went on. */
  readonly fuzzyZxid: Zxid;
}

/** Fills a new tree from the disk, by the rules above. Raises StorageError, or the system's error. */
export function recover(disk: Disk, tree: DataTree, options: RecoverOptions): Recovery {
  prepareDirectories(disk, options);
  finishDiscard(disk, options, options.onWarning);
  removeUnfinished(disk, options.snapshotDirectory);
  tree.recordChanges = false;
  const start = options.now();
  const base = loadNewestSnapshot(disk, tree, options);
  const snapshotLoadMs = options.now() - start;
  const mayBeEmpty = disk.removeNow(options.initializePath) || options.dbAutocreate;
  const logs = sortedLogs(disk.list(options.logDirectory) ?? []);
  if (base.snapshot === null && logs.length === 0) {
    return emptyDatabase(disk, tree, options, mayBeEmpty);
  }
  if (base.snapshot === null) {
    const found = 'No snapshot found, but there are log entries.';
    if (!options.snapshotTrustEmpty) throw new StorageError(`${found} Something is broken!`);
    options.onWarning(`${found} This should only be allowed during upgrading.`);
  }
  const replayStart = options.now();
  const replay = new Replay(disk, tree, {
    logDirectory: options.logDirectory,
    digestEnabled: options.digestEnabled,
    isStartUnknown: base.snapshot === null,
    knownZxid: base.knownZxid,
    onWarning: options.onWarning,
  });
  replay.run(logsFrom(logs, tree.lastProcessedZxid));
  if (tree.lastProcessedZxid < base.fuzzyZxid) {
    options.onWarning(
      `Highest txn zxid 0x${toHex(tree.lastProcessedZxid)} is not covering the snapshot digest zxid ` +
        `0x${toHex(base.fuzzyZxid)}, which might lead to inconsistent state`,
    );
  }
  killDeadSessions(tree);
  return {
    lastZxid: tree.lastProcessedZxid,
    snapshot: base.snapshot,
    snapshotLoadMs,
    txnsLoaded: replay.txnCount,
    txnLoadMs: options.now() - replayStart,
  };
}

/** A crash while a snapshot was written leaves it under a name of its own. */
function removeUnfinished(disk: Disk, directory: string): void {
  for (const name of disk.list(directory) ?? []) {
    if (isUnfinished(name)) disk.removeNow(`${directory}/${name}`);
  }
}

function loadNewestSnapshot(disk: Disk, tree: DataTree, options: RecoverOptions): Base {
  const directory = options.snapshotDirectory;
  let tried = 0;
  let knownZxid = ZXID_ZERO;
  for (const file of sortedSnapshots(disk.list(directory) ?? [])) {
    const path = `${directory}/${file.name}`;
    if (tried === SNAPSHOTS_TRIED) break;
    if (!looksWhole(disk, directory, file.name)) {
      options.onWarning(`invalid snapshot ${path}`);
      continue;
    }
    tried++;
    try {
      const { digest } = loadSnapshot(disk, path, tree);
      tree.lastProcessedZxid = file.zxid;
      if (digest !== null) tree.expectSnapshotDigest(digest, file.zxid);
      else if (file.zxid > ZXID_ZERO) tree.expectAnyDigest();
      const fuzzyZxid = digest?.zxid ?? ZXID_ZERO;
      return { snapshot: { zxid: file.zxid, path }, knownZxid, fuzzyZxid };
    } catch (error) {
      if (!isUnusable(error, path)) throw error;
      options.onWarning(`problem reading snap file ${path}: ${error.message}`);
      if (wasFinished(file, error) && isOfTxn(file.zxid) && knownZxid === ZXID_ZERO) {
        knownZxid = file.zxid;
      }
    }
  }
  if (tried > 0) throw new StorageError(`Not able to find valid snapshots in ${directory}`);
  return { snapshot: null, knownZxid, fuzzyZxid: ZXID_ZERO };
}

/**
 * Whether a snapshot that looks whole and cannot be loaded had once been finished. A plain one looks whole by its end; a
 * packed one by its beginning, so a crash of a Java server may have left it.
 */
function wasFinished(file: NamedFile, error: unknown): boolean {
  if (compressionOf(file.name) === '') return true;
  return !(error instanceof SnapshotError && error.isUnfinished) && !(error instanceof JuteError);
}

function emptyDatabase(
  disk: Disk,
  tree: DataTree,
  options: RecoverOptions,
  mayBeEmpty: boolean,
): Recovery {
  const nothing = { snapshotLoadMs: 0, txnsLoaded: 0, txnLoadMs: 0 };
  if (!mayBeEmpty) {
    options.onWarning('Unexpected empty data tree, setting zxid to -1');
    tree.lastProcessedZxid = ZXID_UNKNOWN;
    return { lastZxid: ZXID_UNKNOWN, snapshot: null, ...nothing };
  }
  const path = `${options.snapshotDirectory}/${snapshotName(ZXID_ZERO, '')}`;
  const cut = new SnapshotCut(tree, options);
  const writer = new JuteWriter();
  while (!cut.writeSlice(writer, Number.POSITIVE_INFINITY)) {
    // The tree of a new database is a few hundred bytes.
  }
  disk.replace(path, writer.view());
  return { lastZxid: ZXID_ZERO, snapshot: { zxid: ZXID_ZERO, path }, ...nothing };
}

/** Sessions that own ephemerals and are not there are closed, without a transaction (Java: ZooKeeperServer.loadData). */
function killDeadSessions(tree: DataTree): void {
  const dead: SessionId[] = [];
  for (const [session] of tree.sessionsWithEphemerals()) {
    if (!tree.sessions.has(session)) dead.push(session);
  }
  for (const clientId of dead) {
    tree.apply(
      { clientId, cxid: 0, zxid: tree.lastProcessedZxid, time: 0, type: OpCode.closeSession },
      { type: OpCode.closeSession, paths2Delete: null },
    );
  }
}
