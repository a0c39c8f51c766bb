/*
 * The files of snapshots on the real disk: written and read back while the server serves, plain or packed by gzip, and
 * unpacked at start. Descriptors come from disk.ts and are closed here.
 */

import fs from 'node:fs';
import { pipeline } from 'node:stream';
import zlib from 'node:zlib';
import { Gunzip } from 'minizlib';
import type {
  ByteSource,
  Done,
  Given,
  ReadBack,
  SnapshotFile,
} from '../../datatree/storage/disk.ts';
import { writeAll } from './write-all.ts';

/** Bytes taken from a file at a time where it is read from end to end. */
const READ_SIZE = 256 * 1024;

/** What zlib hands out at a time, in bytes. */
const ZLIB_CHUNK_SIZE = 64 * 1024;

/** A snapshot that is written as it is. */
export class PlainSnapshotFile implements SnapshotFile {
  private readonly descriptor: number;
  private position = 0;
  private isClosed = false;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  write(bytes: Uint8Array, done: Done): void {
    const { position } = this;
    this.position += bytes.length;
    writeAll(this.descriptor, [bytes], position, done);
  }

  sync(done: Done): void {
    fs.fdatasync(this.descriptor, done);
  }

  finish(done: Done): void {
    this.isClosed = true;
    fs.fsync(this.descriptor, (error) => {
      fs.close(this.descriptor, (closeError) => done(error ?? closeError ?? null));
    });
  }

  abandon(): void {
    if (!this.isClosed) fs.close(this.descriptor, () => {});
    this.isClosed = true;
  }
}

/** A snapshot that is packed, in the thread pool; what comes out is written before the next bytes are taken. */
export class GzipSnapshotFile implements SnapshotFile {
  private readonly file: PlainSnapshotFile;
  private readonly gzip: zlib.Gzip;
  private packed: Buffer[] = [];
  private finishing: Done | null = null;

  constructor(descriptor: number) {
    this.file = new PlainSnapshotFile(descriptor);
    this.gzip = zlib.createGzip({ chunkSize: ZLIB_CHUNK_SIZE });
    this.gzip.on('data', (chunk: Buffer) => this.packed.push(chunk));
    // Of a write, the error comes to its callback as well.
    this.gzip.on('error', (error) => this.finishing?.(error));
  }

  write(bytes: Uint8Array, done: Done): void {
    this.gzip.write(bytes, (error) => {
      if (error) done(error);
      else this.writePacked(done);
    });
  }

  private writePacked(done: Done): void {
    const chunks = this.packed;
    this.packed = [];
    if (chunks.length === 0) done(null);
    else this.file.write(Buffer.concat(chunks), done);
  }

  sync(done: Done): void {
    this.file.sync(done);
  }

  finish(done: Done): void {
    this.finishing = done;
    this.gzip.once('end', () => {
      this.writePacked((error) => {
        if (error === null) this.file.finish(done);
        else done(error);
      });
    });
    this.gzip.end();
  }

  abandon(): void {
    this.gzip.destroy();
    this.file.abandon();
  }
}

/** Reads a file from end to end, in the thread pool. */
export class PlainReadBack implements ReadBack {
  private readonly descriptor: number;
  private readonly buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  private position = 0;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  read(given: Given<Uint8Array>): void {
    fs.read(this.descriptor, this.buffer, 0, READ_SIZE, this.position, (error, size) => {
      if (error !== null) {
        given(error, null);
        return;
      }
      this.position += size;
      given(null, this.buffer.subarray(0, size));
    });
  }

  close(): void {
    fs.close(this.descriptor, () => {});
  }
}

/** The same, unpacked in the thread pool as well. */
export class GzipReadBack implements ReadBack {
  private readonly gunzip: zlib.Gunzip;
  private readonly chunks: AsyncIterator<Buffer>;

  constructor(descriptor: number) {
    this.gunzip = zlib.createGunzip({ chunkSize: ZLIB_CHUNK_SIZE });
    const file = fs.createReadStream('', { fd: descriptor, highWaterMark: READ_SIZE });
    // An error of either stream also ends the iteration, where it is told.
    pipeline(file, this.gunzip, () => {});
    this.chunks = this.gunzip[Symbol.asyncIterator]();
  }

  read(given: Given<Uint8Array>): void {
    this.chunks.next().then(
      (next) => given(null, next.done === true ? Buffer.alloc(0) : next.value),
      (error: unknown) => given(asError(error), null),
    );
  }

  close(): void {
    this.gunzip.destroy();
  }
}

/** Reads a gzip file synchronously, in pieces; node:zlib alone can do that for whole files only. */
export class GzipSource implements ByteSource {
  private readonly descriptor: number;
  private readonly gunzip = new Gunzip({});
  private readonly packed = Buffer.allocUnsafeSlow(ZLIB_CHUNK_SIZE);
  private readonly chunks: Uint8Array[] = [];
  private error: Error | null = null;
  private isEnded = false;

  constructor(path: string) {
    this.descriptor = fs.openSync(path, 'r');
    this.gunzip.on('data', (chunk) => {
      this.chunks.push(chunk);
    });
    this.gunzip.on('error', (error) => {
      if (!isCutOff(error)) this.error ??= asError(error);
    });
  }

  read(target: Uint8Array): number {
    while (this.chunks.length === 0 && !this.isEnded) this.unpackMore();
    if (this.error !== null) throw this.error;
    let filled = 0;
    while (filled < target.length) {
      const chunk = this.chunks.shift();
      if (chunk === undefined) break;
      const size = Math.min(chunk.length, target.length - filled);
      target.set(chunk.subarray(0, size), filled);
      if (size < chunk.length) this.chunks.unshift(chunk.subarray(size));
      filled += size;
    }
    return filled;
  }

  private unpackMore(): void {
    const size = fs.readSync(this.descriptor, this.packed);
    if (size > 0) {
      this.gunzip.write(this.packed.subarray(0, size));
      return;
    }
    this.isEnded = true;
    this.gunzip.end();
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}

/** Whether zlib only says that a stream ends early. */
function isCutOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
