/*
 * The Disk port: what the transaction log, the snapshots and recovery want of a disk, and nothing more. The real one is
 * src/server/host/disk.ts; tests and the simulator have one in memory that forgets what was never synced.
 *
 * Two halves. Before the server serves, everything is synchronous: nobody waits but the operator. While it serves, every
 * call returns at once and tells its end through a callback, which is always called in a later turn and exactly once.
 *
 * Durable means: still there after a loss of power. A method that does not promise it may lose what it did, in any
 * order and in any part of 512 bytes, until a later call on the same file or directory promises it.
 */

/** Tells the end of an asynchronous call: null, or what went wrong. */
export type Done = (error: Error | null) => void;

/** Tells the end of an asynchronous call that gives something: either the error or the value is null. */
export type Given<T> = (error: Error | null, value: T | null) => void;

/** A file that is open for reading at start. */
export interface OpenFile {
  /** Bytes that the file had when it was opened. */
  readonly size: number;
  /** Fills `target` from `position` on; returns how many bytes there were, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

/** Bytes that can be taken once, from the first to the last. */
export interface ByteSource {
  /**
   * Puts the next bytes into `target`; returns how many, 0 at the end only, also where a packed stream is cut off there.
   * Raises an error for a packed stream that is damaged.
   */
  read(target: Uint8Array): number;
  close(): void;
}

/** The open transaction log. One call at a time. */
export interface LogFile {
  /**
   * Writes `parts`, one behind the other, at `position`. The parts must not change until it is done. `elapsedMs` is
   * the time that it took; where the file was created durable, the bytes then are.
   */
  write(
    parts: readonly Uint8Array[],
    position: number,
    done: (error: Error | null, elapsedMs: number) => void,
  ): void;
  /** Makes the file `size` bytes long; what is new reads as zeros and takes no space. Durable with the next write. */
  extend(size: number, done: Done): void;
  close(done: Done): void;
}

/** A snapshot that is being written. One call at a time. */
export interface SnapshotFile {
  /** Appends. `bytes` must not change until it is done. Not durable. */
  write(bytes: Uint8Array, done: Done): void;
  /** Makes durable what was appended so far; of a compressed file, what has left the compressor. */
  sync(done: Done): void;
  /** Ends the compressed stream where there is one, makes everything durable and closes, also when it fails. */
  finish(done: Done): void;
  /** Closes without finishing, after a failure; does nothing once it is closed. */
  abandon(): void;
}

/** A file that is read from its beginning to its end while the server serves. One call at a time. */
export interface ReadBack {
  /** The next bytes, which stay as they are until the next call; an empty array at the end. */
  read(given: Given<Uint8Array>): void;
  close(): void;
}

/** Whether a file's bytes are a gzip stream, to be packed or unpacked on the way. */
export type Packing = 'plain' | 'gzip';

/** Files in directories. Paths are absolute, with `/` between the parts. Synchronous methods raise the system's error. */
export interface Disk {
  // ---- at start
  /** Names of what is in a directory, in no order; null if there is no such directory. */
  list(directory: string): string[] | null;
  /** Makes a directory and those above it; does nothing if it is there. Durable. */
  makeDirectory(directory: string): void;
  /** Whether files can be made in a directory. */
  isWritable(directory: string): boolean;
  /** Size of a file in bytes, or of everything below a directory; 0 if there is nothing. */
  size(path: string): number;
  open(path: string): OpenFile;
  /** Opens a gzip file to be unpacked. */
  openPacked(path: string): ByteSource;
  /** Cuts a file off at `size` bytes. Durable. */
  truncate(path: string, size: number): void;
  /**
   * Makes or replaces a whole file; after a crash there is all of it or what was there before (and perhaps a file
   * `unfinished.<name>` beside it). Durable.
   */
  replace(path: string, bytes: Uint8Array): void;
  /** Removes a file. Durable. Returns false if there was none. */
  removeNow(path: string): boolean;

  // ---- while serving
  /** Makes a file that must not exist yet. `isDurable`: each write is durable when it is done. The name is not, until syncDirectory. */
  createLog(path: string, isDurable: boolean, given: Given<LogFile>): void;
  /** Makes or empties a file. */
  createSnapshot(path: string, packing: Packing, given: Given<SnapshotFile>): void;
  readBack(path: string, packing: Packing, given: Given<ReadBack>): void;
  /** Gives a file a name in the same directory, replacing what had it. Durable with syncDirectory. */
  rename(from: string, to: string, done: Done): void;
  /** Removes a file; no error if there is none. Durable with syncDirectory. */
  remove(path: string, done: Done): void;
  /** Makes the names in a directory durable. */
  syncDirectory(directory: string, done: Done): void;
}
