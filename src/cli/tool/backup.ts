/*
 * backup: a copy of a server's data from which it can be restored: the newest snapshots that are good, and the logs behind them up to a
 * transaction. The server may run: it only ever appends to its last log, makes new files and removes the oldest.
 *
 *   read everything as a server does when it starts ─> copy, each log up to the last transaction that was read ─> read the copy the
 *   same way ─> the same zxid, znodes and digest ─> backup.json with the sums of all files ─> the directory gets its name
 *
 * The last transactions in the log of a follower may be such that its leader never commits; there are more of them in no case than a
 * backup a moment later would have.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { NamedFile } from '../../datatree/storage/file-names.ts';
import { logsFrom, sortedLogs, sortedSnapshots } from '../../datatree/storage/file-names.ts';
import { LogReader } from '../../datatree/storage/log-reader.ts';
import type { Zxid } from '../../jute/int64.ts';
import { readTxnHeader } from '../../jute/txn.ts';
import { type DataState, type Directories, LATEST, readData } from './data-state.ts';
import { disk } from './log-files.ts';
import type { ToolConsole } from './output.ts';
import { syncDirectory, writeAll } from './snapshot-output.ts';
import { isMissingFile, namingFile, ToolError, ToolExit } from './tool-error.ts';
import { hex, isoTime } from './words.ts';

/** The name of the file that says what a backup has. */
const MANIFEST = 'backup.json';

/** Its layout. */
const FORMAT = 1;

/** A file of a backup. */
interface BackupFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** How often a backup is begun anew when files go away under it. */
const ATTEMPTS = 3;

/** Bytes that are copied at a time. */
const PIECE_SIZE = 1 << 20;

/**
 * Makes a backup in a directory that does not exist yet or is empty. Gives the exit code. Raises ToolError, StorageError.
 *
 * @param snapshotCount how many snapshots are in it: with more of them, earlier points of time can be restored
 */
export async function backUp(
  tool: ToolConsole,
  source: Directories,
  target: string,
  snapshotCount: number,
): Promise<number> {
  const path = resolve(target);
  if (existsSync(path) && readdirSync(path).length > 0) {
    throw new ToolError(`${target} is not empty, and nothing is ever overwritten`);
  }
  const unfinished = join(dirname(path), `unfinished.${basename(path)}`);
  if (existsSync(unfinished)) {
    throw new ToolError(
      `${unfinished} is there: another backup runs, or one was interrupted; remove it then`,
    );
  }
  for (let attempt = 1; ; attempt++) {
    try {
      disk.makeDirectory(join(unfinished, 'version-2'));
      const state = copyChecked(tool, source, unfinished, snapshotCount);
      renameSync(unfinished, path);
      syncDirectory(dirname(path));
      tell(tool, target, state);
      await tool.out.flush();
      return ToolExit.done;
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      // A server that purges has taken a file away after it was listed.
      if (!isMissingFile(error) || attempt === ATTEMPTS) throw error;
    } finally {
      tool.progress.clear();
    }
  }
}

function tell(tool: ToolConsole, target: string, state: Reading): void {
  const { nodeCount, earliestZxid, lastZxid } = state;
  tool.out.line(
    `${target}: ${nodeCount - 1} znodes, can be restored to any zxid from ${hex(earliestZxid)} to ${hex(lastZxid)}`,
  );
}

/** What is compared of two readings: their trees need not be in memory at the same time. */
interface Reading extends Omit<DataState, 'tree'> {
  readonly nodeCount: number;
  readonly treeDigest: bigint;
}

function reading(...from: Parameters<typeof readData>): Reading {
  const { tree, ...rest } = readData(...from);
  return { ...rest, nodeCount: tree.nodeCount, treeDigest: tree.treeDigest };
}

/** Gives the state that the copy begins with and ends with. */
function copyChecked(
  tool: ToolConsole,
  source: Directories,
  unfinished: string,
  snapshotCount: number,
): Reading {
  const newest = reading(tool, source, LATEST);
  if (newest.lastZxid < newest.earliestZxid) {
    throw new ToolError(
      `${source.logDirectory}: the logs behind ${newest.snapshot.name} are missing`,
    );
  }
  const snapshots = sortedSnapshots(disk.list(source.snapshotDirectory) ?? [])
    .filter((snapshot) => snapshot.zxid <= newest.snapshot.zxid)
    .slice(0, snapshotCount);
  const oldest = snapshots.at(-1) ?? newest.snapshot;
  const directory = join(unfinished, 'version-2');
  const logs = logsFrom(sortedLogs(disk.list(source.logDirectory) ?? []), oldest.zxid);
  const files = [
    ...snapshots.map(({ name }) => {
      return copyFile(tool, join(source.snapshotDirectory, name), join(directory, name));
    }),
    ...logs
      .filter((log) => log.zxid <= newest.lastZxid)
      .flatMap((log) => copyLog(tool, source.logDirectory, directory, log, newest.lastZxid)),
  ];
  const copied: Directories = { snapshotDirectory: directory, logDirectory: directory };
  const state = reading(tool, copied, LATEST, (snapshot) => snapshot.name === oldest.name);
  if (
    state.lastZxid !== newest.lastZxid ||
    state.nodeCount !== newest.nodeCount ||
    state.treeDigest !== newest.treeDigest
  ) {
    throw new ToolError(`${unfinished}: the copy is not what was copied`);
  }
  writeManifest(unfinished, state, files);
  syncDirectory(directory);
  return state;
}

function copyFile(tool: ToolConsole, from: string, to: string): BackupFile {
  const file = disk.open(from);
  try {
    return copyBytes(tool, file, file.size, to);
  } finally {
    file.close();
  }
}

/** Copies a log up to a transaction; nothing where it has none up to there. */
function copyLog(
  tool: ToolConsole,
  directory: string,
  target: string,
  log: NamedFile,
  through: Zxid,
): BackupFile[] {
  const reader = new LogReader(disk, join(directory, log.name));
  try {
    if (!reader.hasHeader) return [];
    let count = 0;
    for (; reader.next(); count++) {
      if (readTxnHeader(reader.record).zxid > through) break;
    }
    if (count === 0) return [];
    return [copyBytes(tool, reader.file, reader.offset, join(target, log.name))];
  } finally {
    reader.close();
  }
}

function copyBytes(
  tool: ToolConsole,
  file: ReturnType<typeof disk.open>,
  size: number,
  to: string,
): BackupFile {
  const name = basename(to);
  const sum = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(PIECE_SIZE);
  const descriptor = openSync(to, 'wx');
  try {
    for (let at = 0; at < size; ) {
      const part = piece.subarray(0, Math.min(PIECE_SIZE, size - at));
      if (file.read(part, at) < part.length) throw new ToolError(`${name} became shorter`);
      sum.update(part);
      namingFile(to, () => writeAll(descriptor, part));
      at += part.length;
      tool.progress.report(`copying ${name}`, at, size);
    }
    namingFile(to, () => fsyncSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
  return { name, size, sha256: sum.digest('hex') };
}

function writeManifest(unfinished: string, state: Reading, files: readonly BackupFile[]): void {
  const manifest = {
    format: FORMAT,
    madeAt: isoTime(Date.now()),
    earliestZxid: hex(state.earliestZxid),
    lastZxid: hex(state.lastZxid),
    znodes: state.nodeCount - 1,
    digest: hex(state.treeDigest),
    files,
  };
  const path = join(unfinished, MANIFEST);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  namingFile(path, () => writeFileSync(path, text, { flush: true }));
  syncDirectory(unfinished);
}

/** Compares the files of a backup with what its manifest says. Does nothing for a directory that is none. Raises ToolError. */
export function checkBackup(tool: ToolConsole, directory: string): void {
  const path = join(directory, MANIFEST);
  if (!existsSync(path)) return;
  for (const { name, size, sha256 } of filesIn(path)) {
    const file = join(directory, 'version-2', name);
    if (!existsSync(file)) throw new ToolError(`${file} is missing, which ${path} tells of`);
    const found = sumOf(tool, file);
    if (found.size !== size) {
      throw new ToolError(`${file} has ${found.size} bytes, and should have ${size} (${path})`);
    }
    if (found.sha256 !== sha256) {
      throw new ToolError(`${file} is damaged: it has not the sha256 that ${path} says`);
    }
  }
  tool.progress.clear();
}

function sumOf(tool: ToolConsole, path: string): { size: number; sha256: string } {
  const file = disk.open(path);
  const sum = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(PIECE_SIZE);
  try {
    for (let at = 0; at < file.size; ) {
      const size = file.read(piece, at);
      sum.update(piece.subarray(0, size));
      at += size;
      tool.progress.report(`checking ${basename(path)}`, at, file.size);
    }
    return { size: file.size, sha256: sum.digest('hex') };
  } finally {
    file.close();
  }
}

function filesIn(path: string): BackupFile[] {
  const manifest = parsed(path);
  if (typeof manifest !== 'object' || manifest === null || !('format' in manifest)) {
    throw new ToolError(`${path}: not what a backup says of itself`);
  }
  if (manifest.format !== FORMAT) {
    throw new ToolError(`${path}: format ${String(manifest.format)} is not known here`);
  }
  const files: unknown = 'files' in manifest ? manifest.files : null;
  if (!Array.isArray(files) || !files.every(isBackupFile)) {
    throw new ToolError(`${path}: its files are not listed as they should be`);
  }
  return files;
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new ToolError(`${path}: ${error.message}`);
    throw error;
  }
}

function isBackupFile(value: unknown): value is BackupFile {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value && 'size' in value && 'sha256' in value)) return false;
  const { name, size, sha256 } = value;
  if (typeof name !== 'string' || name !== basename(name)) return false;
  return typeof size === 'number' && typeof sha256 === 'string';
}
