/*
 * One snapshot file as a tree, or the reason why not, with file and offset. The tree lies outside the JavaScript heap: some 250 bytes
 * for a znode with its data of 100.
 */

import { randomFillSync } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { DataTree } from '../../datatree/data-tree.ts';
import { compressionOf } from '../../datatree/storage/file-names.ts';
import { isUnusable, loadSnapshot, looksWhole } from '../../datatree/storage/snapshot-load.ts';
import { StorageError } from '../../datatree/storage/storage-error.ts';
import { disk } from './log-files.ts';
import type { ToolConsole } from './output.ts';
import { ReadOnlyDisk } from './read-only-disk.ts';
import { isSystemError, ToolError, ToolExit } from './tool-error.ts';

/** A tree to read files into. */
export function newTree(digestEnabled: boolean, warn?: (message: string) => void): DataTree {
  const [high = 0, low = 0] = randomFillSync(new Uint32Array(2));
  return new DataTree({
    hashSeed: [high, low],
    digestEnabled,
    // Znodes with a TTL are understood whatever the server's settings are: nothing is deleted here.
    extendedTypesEnabled: true,
    emulate353TTLNodes: false,
    ...(warn === undefined ? {} : { onWarning: warn }),
  });
}

/** Refuses what is no file that can be read (Java: ZKUtil.validateFileInput). Raises ToolError. */
export function checkSnapshotFile(path: string): void {
  try {
    if (!statSync(path).isDirectory()) return;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ToolError(
      error.code === 'ENOENT' || error.code === 'ENOTDIR'
        ? `File '${resolve(path)}' does not exist.`
        : `Read permission is denied on the file '${resolve(path)}'`,
      ToolExit.misused,
    );
  }
  throw new ToolError(`'${resolve(path)}' is a directory. it must be a file.`, ToolExit.misused);
}

/** The last bytes are under no checksum; a server takes no file that has not those of a snapshot. Raises ToolError. */
function checkEnd(path: string, offset: number): void {
  if (looksWhole(disk, dirname(path), basename(path))) return;
  throw new ToolError(`${path}: damaged at offset ${offset}: it does not end as a snapshot`);
}

/** Reads a snapshot file. Raises ToolError, with the offset, for one that is damaged. */
export function readSnapshotFile(tool: ToolConsole, path: string, tree = newTree(false)): DataTree {
  checkSnapshotFile(path);
  let offset = 0;
  try {
    loadSnapshot(new ReadOnlyDisk(tool.progress), path, tree, (end) => {
      offset = end;
    });
    checkEnd(path, offset);
    return tree;
  } catch (error) {
    if (error instanceof StorageError) throw new ToolError(error.message);
    if (!isUnusable(error, path)) throw error;
    const unpacked = compressionOf(path) === '' ? '' : ' of the unpacked bytes';
    throw new ToolError(`${path}: damaged at offset ${offset}${unpacked}: ${error.message}`);
  } finally {
    tool.progress.clear();
  }
}
