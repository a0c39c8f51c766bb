/*
 * Which files a command is about: a log, a snapshot, or a directory that has them, which may be dataDir or the version-2 in it.
 */

import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { OpenFile } from '../../datatree/storage/disk.ts';
import { sortedLogs } from '../../datatree/storage/file-names.ts';
import { NodeDisk } from '../../server/host/disk.ts';
import { isLogHeader, type LogHeader, LogRecords } from './log-records.ts';
import { isSystemError, ToolError } from './tool-error.ts';

/** The disk that the tools work on. */
export const disk = new NodeDisk();

/** Whether a path is a directory. Raises ToolError where there is nothing. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ToolError(`File doesn't exist or not readable: ${path}`);
  }
}

/** The directory that has a server's files: version-2 in the given one, where there is such a one, else that itself. */
export function versionDirectory(path: string): string {
  const inner = join(path, 'version-2');
  return disk.list(inner) === null ? path : inner;
}

/** The paths of the logs that are meant by a file or a directory, oldest first. Raises ToolError where there is none. */
export function logPaths(path: string): string[] {
  if (!isDirectory(path)) return [path];
  const directory = versionDirectory(path);
  const paths = sortedLogs(disk.list(directory) ?? []).map((log) => join(directory, log.name));
  if (paths.length === 0) throw new ToolError(`${directory}: there is no log`);
  return paths;
}

/** Opens a file that is to be read. Raises ToolError where that is not possible. */
export function openForReading(path: string): OpenFile {
  try {
    return disk.open(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ToolError(`File doesn't exist or not readable: ${path}`);
  }
}

/** An open log. */
export interface OpenLog {
  readonly path: string;
  readonly file: OpenFile;
  readonly header: LogHeader;
  readonly records: LogRecords;
}

/** Opens a log. Raises ToolError for a file that is none, as TxnLogToolkit does, with its exit code. */
export function openLog(path: string): OpenLog {
  const file = openForReading(path);
  const records = new LogRecords(file);
  const header = records.header();
  if (isLogHeader(header)) return { path, file, header, records };
  file.close();
  throw new ToolError(`Invalid magic number for ${basename(path)} (${path} at offset 0)`, 2);
}

/** The first line of TxnLogToolkit about a file. */
export function headerLine(header: LogHeader): string {
  return `ZooKeeper Transactional Log File with dbid ${header.dbid} txnlog format version ${header.version}`;
}
