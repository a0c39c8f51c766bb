/*
 * The real Disk, over node:fs (the port is src/datatree/storage/disk.ts).
 *
 * Durable writes of the log: on Linux the descriptor is opened with O_DSYNC, so write and sync are one trip to the
 * thread pool instead of two (measured on ext4, 20 KB into allocated blocks: 0.20 ms against 0.25 ms). Elsewhere the
 * write is followed by fdatasync, which libuv makes F_FULLFSYNC on macOS; O_DSYNC would not reach past the drive's cache there.
 */

import fs from 'node:fs';
import { basename, dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import type {
  ByteSource,
  Disk,
  Done,
  Given,
  LogFile,
  OpenFile,
  Packing,
  ReadBack,
  SnapshotFile,
} from '../../datatree/storage/disk.ts';
import { makeDirectories } from './make-directories.ts';
import {
  GzipReadBack,
  GzipSnapshotFile,
  GzipSource,
  PlainReadBack,
  PlainSnapshotFile,
} from './snapshot-files.ts';
import { writeAll } from './write-all.ts';

const HAS_SYNCED_WRITES = process.platform === 'linux';

/** ms between two attempts to open a file that the system has no descriptor for, and how many there are. */
const RETRY_INTERVAL = 50;
const RETRY_COUNT = 100;

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

/**
 * Opens what the log needs to go on. Descriptors run short when too much is open at one moment, here or in the whole system, and
 * the moment passes; until then nothing is acknowledged. After five seconds it is an error like any other, and stops the server.
 */
function openPatiently(
  path: string,
  flags: string | number,
  given: Given<number>,
  attemptsLeft = RETRY_COUNT,
): void {
  fs.open(path, flags, (error, descriptor) => {
    if (error === null) given(null, descriptor);
    else if (attemptsLeft === 0 || !hasCode(error, 'EMFILE', 'ENFILE')) given(error, null);
    else {
      setTimeout(() => openPatiently(path, flags, given, attemptsLeft - 1), RETRY_INTERVAL);
    }
  });
}

class NodeLogFile implements LogFile {
  private readonly descriptor: number;
  private readonly mustSync: boolean;

  constructor(descriptor: number, mustSync: boolean) {
    this.descriptor = descriptor;
    this.mustSync = mustSync;
  }

  write(
    parts: readonly Uint8Array[],
    position: number,
    done: (error: Error | null, elapsedMs: number) => void,
  ): void {
    const start = performance.now();
    const end: Done = (error) => done(error, performance.now() - start);
    writeAll(this.descriptor, parts, position, (error) => {
      if (error !== null || !this.mustSync) end(error);
      else fs.fdatasync(this.descriptor, end);
    });
  }

  extend(size: number, done: Done): void {
    fs.ftruncate(this.descriptor, size, done);
  }

  close(done: Done): void {
    fs.close(this.descriptor, (error) => done(error ?? null));
  }
}

class NodeOpenFile implements OpenFile {
  readonly size: number;
  private readonly descriptor: number;

  constructor(path: string) {
    this.descriptor = fs.openSync(path, 'r');
    this.size = fs.fstatSync(this.descriptor).size;
  }

  read(target: Uint8Array, position: number): number {
    let filled = 0;
    while (filled < target.length) {
      const wanted = target.length - filled;
      const size = fs.readSync(this.descriptor, target, filled, wanted, position + filled);
      if (size === 0) break;
      filled += size;
    }
    return filled;
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}

function syncNow(path: string): void {
  const descriptor = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const descriptor = fs.openSync(path, 'w');
  try {
    let written = 0;
    while (written < bytes.length) written += fs.writeSync(descriptor, bytes, written);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The disk of this machine. Its asynchronous calls run in libuv's thread pool. */
export class NodeDisk implements Disk {
  list(directory: string): string[] | null {
    try {
      return fs.readdirSync(directory);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  makeDirectory(directory: string): void {
    for (const made of makeDirectories(directory)) syncNow(dirname(made));
  }

  isWritable(directory: string): boolean {
    try {
      fs.accessSync(directory, fs.constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }

  size(path: string): number {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 0;
    if (!stat.isDirectory()) return stat.size;
    let total = 0;
    for (const name of this.list(path) ?? []) total += this.size(`${path}/${name}`);
    return total;
  }

  open(path: string): OpenFile {
    return new NodeOpenFile(path);
  }

  openPacked(path: string): ByteSource {
    return new GzipSource(path);
  }

  truncate(path: string, size: number): void {
    const descriptor = fs.openSync(path, 'r+');
    try {
      fs.ftruncateSync(descriptor, size);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  replace(path: string, bytes: Uint8Array): void {
    const unfinished = `${dirname(path)}/unfinished.${basename(path)}`;
    writeWhole(unfinished, bytes);
    fs.renameSync(unfinished, path);
    syncNow(dirname(path));
  }

  removeNow(path: string): boolean {
    try {
      fs.unlinkSync(path);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    syncNow(dirname(path));
    return true;
  }

  createLog(path: string, isDurable: boolean, given: Given<LogFile>): void {
    const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = fs.constants;
    const isSynced = isDurable && HAS_SYNCED_WRITES;
    const flags = O_WRONLY | O_CREAT | O_EXCL | (isSynced ? O_DSYNC : 0);
    openPatiently(path, flags, (error, descriptor) => {
      if (descriptor === null) given(error, null);
      else given(null, new NodeLogFile(descriptor, isDurable && !isSynced));
    });
  }

  createSnapshot(path: string, packing: Packing, given: Given<SnapshotFile>): void {
    fs.open(path, 'w', (error, descriptor) => {
      if (error !== null) given(error, null);
      else if (packing === 'gzip') given(null, new GzipSnapshotFile(descriptor));
      else given(null, new PlainSnapshotFile(descriptor));
    });
  }

  readBack(path: string, packing: Packing, given: Given<ReadBack>): void {
    fs.open(path, 'r', (error, descriptor) => {
      if (error !== null) given(error, null);
      else if (packing === 'gzip') given(null, new GzipReadBack(descriptor));
      else given(null, new PlainReadBack(descriptor));
    });
  }

  rename(from: string, to: string, done: Done): void {
    fs.rename(from, to, done);
  }

  remove(path: string, done: Done): void {
    fs.unlink(path, (error) => done(error === null || isMissing(error) ? null : error));
  }

  syncDirectory(directory: string, done: Done): void {
    openPatiently(directory, 'r', (error, descriptor) => {
      if (descriptor === null) {
        done(error);
        return;
      }
      fs.fsync(descriptor, (syncError) => {
        fs.close(descriptor, (closeError) => done(syncError ?? closeError ?? null));
      });
    });
  }
}
