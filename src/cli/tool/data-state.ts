/*
 * What a server's files amount to: its tree after the last transaction, or after an earlier one. It is what recovery does when a server
 * starts, with the same rules for damage (src/datatree/storage/replay.ts), but nothing is changed, so that it can be done
 * beside a server that runs; what that server writes meanwhile is not looked at.
 *
 * A snapshot is cut while transactions go on: it holds some that are newer than its name says. For an earlier point of time it is only
 * good where all that it holds is older.
 */
import { statSync } from 'node:fs';
import type { DataTree, ZxidDigest } from '../../datatree/data-tree.ts';
import type { Disk } from '../../datatree/storage/disk.ts';
import type { NamedFile } from '../../datatree/storage/file-names.ts';
import {
  compressionOf,
  logsFrom,
  sortedLogs,
  sortedSnapshots,
} from '../../datatree/storage/file-names.ts';
import { LogReader } from '../../datatree/storage/log-reader.ts';
import { Replay } from '../../datatree/storage/replay.ts';
import {
  isUnusable,
  loadSnapshot,
  looksWhole,
  SnapshotError,
} from '../../datatree/storage/snapshot-load.ts';
import { ZXID_ZERO, type Zxid } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';
import { readTxnHeader } from '../../jute/txn.ts';
import { isOfTxn } from '../../jute/zxid.ts';
import { disk, versionDirectory } from './log-files.ts';
import type { ToolConsole } from './output.ts';
import { ReadOnlyDisk } from './read-only-disk.ts';
import { newTree, readSnapshotFile } from './snapshot-file.ts';
import { ToolError, ToolExit } from './tool-error.ts';
import { walk } from './tree-walk.ts';
import { hex, isoTime } from './words.ts';

/** Where the files are: version-2 of dataDir and of dataLogDir. */
export interface Directories {
  readonly snapshotDirectory: string;
  readonly logDirectory: string;
}

/** Up to where transactions are wanted; null is no limit. */
export interface Point {
  readonly zxid: Zxid | null;
  /** ms since 1970. */
  readonly timeMs: number | null;
}

/** The newest state. */
export const LATEST: Point = { zxid: null, timeMs: null };

/** What was found. */
export interface DataState {
  readonly tree: DataTree;
  readonly lastZxid: Zxid;
  /** The snapshot that it began with. */
  readonly snapshot: NamedFile;
  /** Up to which zxid there may be something in that snapshot: no earlier state can be made of it. */
  readonly earliestZxid: Zxid;
  /** Whether that snapshot says a digest. */
  readonly hasDigest: boolean;
  readonly txnCount: number;
}

/** The directories of a server, from what a command line says. Raises ToolError where there is nothing. */
export function directoriesOf(dataDir: string, dataLogDir: string | undefined): Directories {
  const snapshotDirectory = versionDirectory(dataDir);
  const logDirectory = versionDirectory(dataLogDir ?? dataDir);
  for (const directory of [snapshotDirectory, logDirectory]) {
    if (disk.list(directory) === null)
      throw new ToolError(`${directory}: there is no such directory`);
  }
  return { snapshotDirectory, logDirectory };
}

/**
 * Reads the state at a point.
 *
 * @param isWanted which of the snapshots may be begun with
 * @throws ToolError, StorageError with file and offset for damage, and where the point cannot be reached
 */
export function readData(
  tool: ToolConsole,
  directories: Directories,
  point: Point,
  isWanted: (snapshot: NamedFile) => boolean = () => true,
): DataState {
  try {
    return new DataReader(tool, directories, isWanted).read(point);
  } finally {
    tool.progress.clear();
  }
}

/**
 * The tree at a point of a data directory or a backup, or the one in a snapshot file.
 *
 * @param dataLogDir where the logs are, if not with the snapshots
 * @throws ToolError, StorageError as readData, and for an earlier point of a single snapshot
 */
export function readTree(
  tool: ToolConsole,
  source: string,
  dataLogDir: string | undefined,
  point: Point,
): DataTree {
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory()) {
    return readData(tool, directoriesOf(source, dataLogDir), point).tree;
  }
  if (point.zxid !== null || point.timeMs !== null) {
    throw new ToolError(
      `${source}: earlier states are in a directory with logs, not in one snapshot`,
      ToolExit.misused,
    );
  }
  return readSnapshotFile(tool, source);
}

interface Base {
  readonly tree: DataTree;
  readonly snapshot: NamedFile;
  readonly digest: ZxidDigest | null;
  readonly earliestZxid: Zxid;
}

class DataReader {
  private readonly tool: ToolConsole;
  private readonly directories: Directories;
  private readonly isWanted: (snapshot: NamedFile) => boolean;
  private readonly disk: Disk;
  /** The newest zxid of a finished snapshot that cannot be read. */
  private knownZxid: Zxid = ZXID_ZERO;

  constructor(
    tool: ToolConsole,
    directories: Directories,
    isWanted: (snapshot: NamedFile) => boolean,
  ) {
    this.tool = tool;
    this.directories = directories;
    this.isWanted = isWanted;
    this.disk = new ReadOnlyDisk(tool.progress);
  }

  read(point: Point): DataState {
    const target = this.targetOf(point);
    const base = this.loadBase(target);
    const { tree, snapshot } = base;
    const replay = new Replay(this.disk, tree, {
      logDirectory: this.directories.logDirectory,
      digestEnabled: true,
      isStartUnknown: false,
      knownZxid: this.knownZxid,
      isReadOnly: true,
      ...(target === null ? {} : { throughZxid: target }),
      onWarning: this.tool.warn,
    });
    replay.run(logsFrom(this.logs(), snapshot.zxid));
    const lastZxid = tree.lastProcessedZxid;
    if (target !== null && lastZxid !== target) {
      throw new ToolError(
        `${this.directories.logDirectory}: there is no transaction ${hex(target)}, ` +
          `the last one before it is ${hex(lastZxid)}`,
      );
    }
    if (lastZxid < base.earliestZxid) {
      this.tool.warn(
        `${this.directories.logDirectory}: the logs end at ${hex(lastZxid)}, before ` +
          `${hex(base.earliestZxid)}, up to which ${snapshot.name} may hold transactions`,
      );
    }
    return {
      tree,
      lastZxid,
      snapshot,
      earliestZxid: base.earliestZxid,
      hasDigest: base.digest !== null,
      txnCount: replay.txnCount,
    };
  }

  /** The logs that are there now: asked for behind a snapshot, they have what that was cut from. */
  private logs(): NamedFile[] {
    return sortedLogs(this.disk.list(this.directories.logDirectory) ?? []);
  }

  /** The last transaction that is wanted; null for the last there is. */
  private targetOf(point: Point): Zxid | null {
    if (point.timeMs === null) return point.zxid;
    const zxid = this.lastBefore(point.timeMs);
    return zxid !== null && (point.zxid === null || zxid < point.zxid) ? zxid : point.zxid;
  }

  /** The last transaction that is not later than a time and has no later one before it; null where none is later. */
  private lastBefore(timeMs: number): Zxid | null {
    let last: Zxid | null = null;
    for (const log of this.logs()) {
      const reader = new LogReader(this.disk, `${this.directories.logDirectory}/${log.name}`);
      try {
        const isLog = reader.hasHeader;
        while (isLog && reader.next()) {
          const header = readTxnHeader(reader.record);
          if (header.time <= timeMs) {
            last = header.zxid;
            continue;
          }
          if (last !== null) return last;
          throw new ToolError(
            `${this.directories.logDirectory}: the logs begin at ${isoTime(header.time)} with ` +
              `${hex(header.zxid)}, later than ${isoTime(timeMs)}`,
          );
        }
      } finally {
        reader.close();
      }
    }
    return null;
  }

  /** The newest snapshot from which the target can be reached. */
  private loadBase(target: Zxid | null): Base {
    const { snapshotDirectory } = this.directories;
    const reasons: string[] = [];
    for (const snapshot of sortedSnapshots(this.disk.list(snapshotDirectory) ?? [])) {
      if (!this.isWanted(snapshot)) continue;
      if (target !== null && snapshot.zxid > target) {
        reasons.push(`${snapshot.name} is later`);
        continue;
      }
      const base = this.loadOne(snapshot, reasons);
      if (base === null) continue;
      if (target === null || base.earliestZxid <= target) return base;
      reasons.push(`${snapshot.name} has transactions up to ${hex(base.earliestZxid)}`);
    }
    const wanted = target === null ? '' : ` for ${hex(target)}`;
    const why = reasons.length === 0 ? '' : `: ${reasons.join(', ')}`;
    throw new ToolError(`${snapshotDirectory}: there is no snapshot to begin with${wanted}${why}`);
  }

  private loadOne(snapshot: NamedFile, reasons: string[]): Base | null {
    const { snapshotDirectory } = this.directories;
    const path = `${snapshotDirectory}/${snapshot.name}`;
    if (!looksWhole(this.disk, snapshotDirectory, snapshot.name)) {
      this.tool.warn(`${path}: not a whole snapshot, passed over`);
      reasons.push(`${snapshot.name} is not whole`);
      return null;
    }
    const tree = newTree(true, this.tool.warn);
    tree.recordChanges = false;
    let offset = 0;
    try {
      const { digest } = loadSnapshot(this.disk, path, tree, (end) => {
        offset = end;
      });
      tree.lastProcessedZxid = snapshot.zxid;
      if (digest !== null) tree.expectSnapshotDigest(digest, snapshot.zxid);
      else if (snapshot.zxid > ZXID_ZERO) tree.expectAnyDigest();
      let earliestZxid = digest?.zxid ?? newestZxidIn(tree);
      if (earliestZxid < snapshot.zxid) earliestZxid = snapshot.zxid;
      return { tree, snapshot, digest, earliestZxid };
    } catch (error) {
      if (!isUnusable(error, path)) throw error;
      this.tool.warn(`${path}: damaged at offset ${offset}: ${error.message}, passed over`);
      reasons.push(`${snapshot.name} is damaged at offset ${offset}`);
      if (
        this.knownZxid === ZXID_ZERO &&
        isOfTxn(snapshot.zxid) &&
        wasFinished(snapshot.name, error)
      ) {
        this.knownZxid = snapshot.zxid;
      }
      return null;
    }
  }
}

/** Whether a damaged snapshot was once whole: a packed one looks so by its beginning, and a crash may have left it. */
function wasFinished(name: string, error: Error): boolean {
  if (compressionOf(name) === '') return true;
  return !(error instanceof SnapshotError && error.isUnfinished) && !(error instanceof JuteError);
}

/** The newest transaction that a tree shows; for snapshots of servers that write no digest. */
function newestZxidIn(tree: DataTree): Zxid {
  let newest: Zxid = ZXID_ZERO;
  for (const { row } of walk(tree, '/', tree.root, 'created')) {
    for (const zxid of [tree.czxid(row), tree.mzxid(row), tree.pzxid(row)]) {
      if (zxid > newest) newest = zxid;
    }
  }
  return newest;
}
