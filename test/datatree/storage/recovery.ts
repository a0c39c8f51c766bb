/*
 * Disks to recover from, and recoveries that are refused.
 */

import { expect } from 'vitest';
import { StorageError } from '../../../src/datatree/storage/storage-error.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { createTxn, DIRECTORY, recoverFrom, Scene } from './scene.ts';

/** A log of ten transactions that was closed in order: log.1. */
export function tenTransactions(): Scene {
  const scene = new Scene();
  for (let index = 0; index < 10; index++) scene.commit(createTxn(`/n${index}`, `data ${index}`));
  return scene;
}

/** The same disk with another log.1. */
export function withLog(scene: Scene, change: (log: Buffer) => Buffer): MemoryDisk {
  const disk = scene.disk.crash(() => true);
  disk.put(`${DIRECTORY}/log.1`, change(scene.disk.contents(`${DIRECTORY}/log.1`)));
  return disk;
}

/** The error of a recovery, which has changed nothing. */
export function refusal(disk: MemoryDisk): StorageError {
  const before = disk.image();
  try {
    recoverFrom(disk);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    expect(disk.image()).toEqual(before);
    return error;
  }
  throw new Error('was not refused');
}
