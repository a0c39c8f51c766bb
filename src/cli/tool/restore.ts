/*
 * restore: the data directory of a new server, with the tree as it was after a transaction, out of a backup or out of the directory of a
 * stopped or running server. What is written is one snapshot; logs begin anew behind it.
 *
 * In an ensemble one member is restored and started with the others empty, or every member from the same backup to the same zxid.
 */
import { resolve } from 'node:path';
import { checkBackup } from './backup.ts';
import { type Directories, type Point, readData } from './data-state.ts';
import type { ToolConsole } from './output.ts';
import { checkHasNoData, writeNewSnapshot } from './snapshot-output.ts';
import { ToolExit } from './tool-error.ts';
import { hex } from './words.ts';

/** Where to restore from, and where to. */
export interface RestoreOptions {
  /** The backup, or a data directory. */
  readonly source: string;
  readonly directories: Directories;
  readonly dataDir: string;
  /** Where the new server will keep its logs, if elsewhere. */
  readonly dataLogDir: string | undefined;
  readonly point: Point;
}

/** Restores. Gives the exit code. Raises ToolError, StorageError; the directory then has no data. */
export async function restore(tool: ToolConsole, options: RestoreOptions): Promise<number> {
  const { source, directories, dataDir, dataLogDir, point } = options;
  checkHasNoData(dataDir);
  if (dataLogDir !== undefined) checkHasNoData(dataLogDir);
  checkBackup(tool, source);
  const { path, zxid, nodeCount } = writeNewSnapshot(tool, resolve(dataDir), () => {
    return readData(tool, directories, point);
  });
  tool.out.line(`${path}: ${nodeCount - 1} znodes as of zxid ${hex(zxid)}`);
  await tool.out.flush();
  return ToolExit.done;
}
