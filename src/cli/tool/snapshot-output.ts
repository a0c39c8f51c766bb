/*
 * Writes a tree as the snapshot that a new server begins with, into a directory that has nothing yet: under another name first, durable,
 * read back, and only then under its own.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { DataTree } from '../../datatree/data-tree.ts';
import {
  isLogName,
  isSnapshotName,
  isUnfinished,
  snapshotName,
  unfinishedName,
} from '../../datatree/storage/file-names.ts';
import { SnapshotCut } from '../../datatree/storage/snapshot-cut.ts';
import type { Zxid } from '../../jute/int64.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { disk } from './log-files.ts';
import type { ToolConsole } from './output.ts';
import { newTree, readSnapshotFile } from './snapshot-file.ts';
import { isSystemError, namingFile, ToolError } from './tool-error.ts';

/** Bytes that are cut out of the tree and written at a time. */
const SLICE_SIZE = 1 << 20;

/** Refuses a directory that has logs or snapshots, in itself or in its version-2, also half ones. Raises ToolError. */
export function checkHasNoData(directory: string): void {
  for (const place of [directory, join(directory, 'version-2')]) {
    const names = namesIn(place);
    const found = names.find((name) => isLogName(name) || isSnapshotName(name));
    if (found !== undefined) {
      throw new ToolError(
        `${place} is not empty: it has ${found}, and nothing is ever overwritten`,
      );
    }
    const half = names.find(isUnfinished);
    if (half !== undefined) {
      throw new ToolError(
        `${join(place, half)} is there: another restore or load runs, or one was interrupted; remove it then`,
      );
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT') return [];
    throw new ToolError(`${directory}: ${error.message}`);
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes all bytes. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

/** A tree that is to be written. */
export interface NewTree {
  readonly tree: DataTree;
  /** Whether the digest of the tree stands in the snapshot, and its zxid behind that; the tree has to keep it. */
  readonly hasDigest: boolean;
}

/** What was written. */
export interface NewSnapshot {
  readonly path: string;
  readonly zxid: Zxid;
  readonly nodeCount: number;
}

/** What is compared of a tree with what is read back. */
interface Written extends Omit<NewSnapshot, 'path'> {
  readonly digest: bigint;
}

/**
 * Writes version-2/snapshot.<zxid> below `dataDir`, which has no data, and makes the directory where it is missing.
 *
 * @param make gives the tree, and keeps none of it: by the time it is read back it need not be in memory any more
 * @throws ToolError where there is data, or the snapshot reads back as another tree; and what `make` raises
 */
export function writeNewSnapshot(
  tool: ToolConsole,
  dataDir: string,
  make: () => NewTree,
): NewSnapshot {
  checkHasNoData(dataDir);
  const directory = join(dataDir, 'version-2');
  const unfinished = (zxid: Zxid): string =>
    join(directory, unfinishedName(snapshotName(zxid, '')));
  const written = writeMade(tool, make, unfinished);
  const { zxid, nodeCount } = written;
  const path = join(directory, snapshotName(zxid, ''));
  removingUnlessDone(tool, unfinished(zxid), () => {
    checkReadBack(tool, written, unfinished(zxid));
    renameSync(unfinished(zxid), path);
  });
  syncDirectory(directory);
  return { path, zxid, nodeCount };
}

/** A function of its own, so that the tree ends with it. */
function writeMade(
  tool: ToolConsole,
  make: () => NewTree,
  unfinished: (zxid: Zxid) => string,
): Written {
  const { tree, hasDigest } = make();
  const { lastProcessedZxid: zxid, nodeCount, treeDigest: digest } = tree;
  const path = unfinished(zxid);
  disk.makeDirectory(dirname(path));
  removingUnlessDone(tool, path, () => {
    namingFile(path, () => writeCut(tool, tree, path, hasDigest));
  });
  return { zxid, nodeCount, digest };
}

function removingUnlessDone(tool: ToolConsole, path: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    tool.progress.clear();
  }
}

function writeCut(tool: ToolConsole, tree: DataTree, path: string, hasDigest: boolean): void {
  const descriptor = openSync(path, 'wx');
  try {
    const cut = new SnapshotCut(tree, {
      digestEnabled: hasDigest,
      serializeLastProcessedZxid: hasDigest,
    });
    const writer = new JuteWriter(2 * SLICE_SIZE);
    for (let isDone = false; !isDone; writer.reset()) {
      isDone = cut.writeSlice(writer, SLICE_SIZE);
      writeAll(descriptor, writer.view());
      tool.progress.report('writing, bytes', cut.size);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function checkReadBack(tool: ToolConsole, written: Written, path: string): void {
  const back = readSnapshotFile(tool, path, newTree(true));
  if (back.treeDigest !== written.digest || back.nodeCount !== written.nodeCount) {
    throw new ToolError(`${path}: reads back differently than written`);
  }
}
