/*
 * The two directories of a server's files, checked before anything is read: they are there, can be written, and are not
 * mixed up (Java: the constructor of FileTxnSnapLog; ZOOKEEPER-1161, ZOOKEEPER-2967).
 */

import type { Disk } from './disk.ts';
import { isLogName, isSnapshotName } from './file-names.ts';
import { DirectoryError } from './storage-error.ts';

/** Where a server's files are. */
export interface DataDirectories {
  /** Snapshots: version-2 of dataDir. */
  readonly snapshotDirectory: string;
  /** Logs: version-2 of dataLogDir, which may be the same. */
  readonly logDirectory: string;
  /** Whether missing directories are made (datadir.autocreate). */
  readonly autocreate: boolean;
}

/** Makes what is missing where that is allowed; raises DirectoryError, in Java's words, for what cannot be used. */
export function prepareDirectories(disk: Disk, directories: DataDirectories): void {
  const { snapshotDirectory, logDirectory, autocreate } = directories;
  prepare(disk, logDirectory, autocreate, 'data');
  prepare(disk, snapshotDirectory, autocreate, 'snap');
  if (logDirectory === snapshotDirectory) return;
  if (disk.list(logDirectory)?.some(isSnapshotName)) {
    throw new DirectoryError(
      'Log directory has snapshot files. Check if dataLogDir and dataDir configuration is correct.',
    );
  }
  if (disk.list(snapshotDirectory)?.some(isLogName)) {
    throw new DirectoryError(
      'Snapshot directory has log files. Check if dataLogDir and dataDir configuration is correct.',
    );
  }
}

function prepare(disk: Disk, path: string, autocreate: boolean, kind: string): void {
  if (disk.list(path) === null) {
    if (!autocreate) {
      throw new DirectoryError(
        `Missing ${kind} directory ${path}, automatic data directory creation is disabled ` +
          '(zookeeper.datadir.autocreate is false). Please create this directory manually.',
      );
    }
    create(disk, path, kind);
  }
  if (!disk.isWritable(path)) {
    throw new DirectoryError(`Cannot write to ${kind} directory ${path}`);
  }
}

function create(disk: Disk, path: string, kind: string): void {
  try {
    disk.makeDirectory(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DirectoryError(`Unable to create ${kind} directory ${path}: ${reason}`);
  }
}
