/*
 * HeldDisk: a disk in memory whose asynchronous calls end only when the test says so, one by one or all at once. What was not
 * ended has not happened: a server that is started again on the same disk does not find it.
 *
 * It is for tests of the server, which want to look between two steps of the disk; what a disk may do to bytes that were never
 * synced is for the tests of the storage.
 */
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
} from '../../src/datatree/storage/disk.ts';

/** A file's bytes; what is behind them up to `size` reads as zeros. */
interface MemoryFile {
  bytes: Buffer;
  size: number;
}

function put(file: MemoryFile, part: Uint8Array, position: number): void {
  const end = position + part.length;
  if (end > file.bytes.length) {
    const larger = Buffer.alloc(Math.max(end, file.bytes.length * 2));
    file.bytes.copy(larger);
    file.bytes = larger;
  }
  file.bytes.set(part, position);
  file.size = Math.max(file.size, end);
}

function take(file: MemoryFile, target: Uint8Array, position: number): number {
  const size = Math.max(0, Math.min(target.length, file.size - position));
  target.fill(0, 0, size);
  target.set(file.bytes.subarray(position, position + size));
  return size;
}

/** The disk. */
export class HeldDisk implements Disk {
  readonly #files = new Map<string, MemoryFile>();
  readonly #directories = new Set(['/']);
  #held: (() => void)[] = [];
  /** What every call from now on ends with. */
  failure: Error | null = null;
  /** Whether a test wants to end the calls itself: World.settle() then leaves them alone. */
  isHeld = false;
  /** Writes of the log that were begun. */
  logWrites = 0;

  /** Whether calls wait for their end. */
  get isBusy(): boolean {
    return this.#held.length > 0;
  }

  /** Ends the oldest call. */
  finishOne(): void {
    this.#held.shift()?.();
  }

  /** Ends all calls, and those that are made on their ends. */
  finish(): void {
    while (this.isBusy) this.finishOne();
  }

  /** Forgets the calls that have not ended, as a crash does. */
  crash(): void {
    this.#held = [];
    this.isHeld = false;
    this.failure = null;
  }

  #later(call: () => void, end: (error: Error | null) => void): void {
    this.#held.push(() => {
      const { failure } = this;
      if (failure === null) call();
      end(failure);
    });
  }

  #file(path: string): MemoryFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new Error(`ENOENT: no such file, ${path}`);
    return file;
  }

  /** The names of the files below a directory, in order. */
  names(directory: string): string[] {
    return (this.list(directory) ?? []).sort();
  }

  list(directory: string): string[] | null {
    if (!this.#directories.has(directory)) return null;
    const prefix = `${directory}/`;
    return [...this.#files.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  makeDirectory(directory: string): void {
    this.#directories.add(directory);
  }

  isWritable(): boolean {
    return true;
  }

  size(path: string): number {
    let total = 0;
    for (const [name, file] of this.#files) {
      if (name === path || name.startsWith(`${path}/`)) total += file.size;
    }
    return total;
  }

  open(path: string): OpenFile {
    const file = this.#file(path);
    return {
      size: file.size,
      read: (target, position) => take(file, target, position),
      close: () => undefined,
    };
  }

  openPacked(path: string): ByteSource {
    throw new Error(`${path} is packed, which these tests do not want`);
  }

  truncate(path: string, size: number): void {
    const file = this.#file(path);
    file.size = size;
    file.bytes = file.bytes.subarray(0, size);
  }

  replace(path: string, bytes: Uint8Array): void {
    this.#files.set(path, { bytes: Buffer.from(bytes), size: bytes.length });
  }

  removeNow(path: string): boolean {
    return this.#files.delete(path);
  }

  createLog(path: string, _isDurable: boolean, given: Given<LogFile>): void {
    const file: MemoryFile = { bytes: Buffer.alloc(0), size: 0 };
    this.#later(
      () => this.#files.set(path, file),
      (error) => given(error, error === null ? this.#logFile(file) : null),
    );
  }

  #logFile(file: MemoryFile): LogFile {
    return {
      write: (parts, start, done) => {
        this.logWrites += 1;
        let position = start;
        const call = (): void => {
          for (const part of parts) {
            put(file, part, position);
            position += part.length;
          }
        };
        this.#later(call, (error) => done(error, 1));
      },
      extend: (size, done) => {
        this.#later(() => {
          file.size = size;
        }, done);
      },
      close: (done) => this.#later(() => undefined, done),
    };
  }

  createSnapshot(path: string, _packing: Packing, given: Given<SnapshotFile>): void {
    const file: MemoryFile = { bytes: Buffer.alloc(0), size: 0 };
    const snapshot: SnapshotFile = {
      write: (bytes, done) => this.#later(() => put(file, bytes, file.size), done),
      sync: (done) => this.#later(() => undefined, done),
      finish: (done) => this.#later(() => undefined, done),
      abandon: () => undefined,
    };
    this.#later(
      () => this.#files.set(path, file),
      (error) => given(error, error === null ? snapshot : null),
    );
  }

  readBack(path: string, _packing: Packing, given: Given<ReadBack>): void {
    let position = 0;
    const read = (next: Given<Uint8Array>): void => {
      const target = Buffer.alloc(64 * 1024);
      let size = 0;
      this.#later(
        () => {
          size = take(this.#file(path), target, position);
          position += size;
        },
        (error) => next(error, error === null ? target.subarray(0, size) : null),
      );
    };
    this.#later(
      () => this.#file(path),
      (error) => given(error, error === null ? { read, close: () => undefined } : null),
    );
  }

  rename(from: string, to: string, done: Done): void {
    this.#later(() => {
      this.#files.set(to, this.#file(from));
      this.#files.delete(from);
    }, done);
  }

  remove(path: string, done: Done): void {
    this.#later(() => this.#files.delete(path), done);
  }

  syncDirectory(_directory: string, done: Done): void {
    this.#later(() => undefined, done);
  }
}
