/*
 * MemoryDisk: a Disk in memory that knows what is durable. What was written and not synced may be lost at a crash in any
 * part of 512 bytes, names that were not synced in the order in which they were given. crash() is the disk after one such
 * loss; tearable() says what there is to lose, so that a test can try every way.
 *
 * Asynchronous calls end when the test says so: one with step(), all with settle(). A write that has not ended is like one
 * that was not synced.
 */

import { gunzipSync, gzipSync } from 'node:zlib';
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
} from '../../../src/datatree/storage/disk.ts';

const SECTOR = 512;

/** Bytes that may or may not survive. */
interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}

/** What is on the disk under one or no name. */
class Inode {
  /** What survives. */
  stable: Buffer = Buffer.alloc(0);
  /** What may not. */
  unsynced: Write[] = [];

  constructor(stable: Buffer = Buffer.alloc(0)) {
    this.stable = stable;
  }

  /** What a reader sees before a crash. */
  get contents(): Buffer {
    return this.unsynced.reduce(applied, this.stable);
  }

  sync(): void {
    this.stable = this.contents;
    this.unsynced = [];
  }
}

function applied(before: Buffer, write: Write): Buffer {
  const size = Math.max(before.length, write.position + write.bytes.length);
  const after = Buffer.alloc(size);
  before.copy(after);
  write.bytes.copy(after, write.position);
  return after;
}

/** The parts of a write that arrive or do not; zeros on ground that is zero make no difference and are not counted. */
function sectorsOf(write: Write): Write[] {
  const sectors: Write[] = [];
  let at = 0;
  while (at < write.bytes.length) {
    const end = Math.min(write.bytes.length, at + SECTOR - ((write.position + at) % SECTOR));
    const bytes = write.bytes.subarray(at, end);
    if (bytes.some((byte) => byte !== 0)) sectors.push({ position: write.position + at, bytes });
    at = end;
  }
  return sectors;
}

/** A change of the directory: a name gets a file or loses it. */
interface Naming {
  readonly path: string;
  readonly inode: Inode | null;
}

export class MemoryDisk implements Disk {
  private names = new Map<string, Inode>();
  private stableNames = new Map<string, Inode>();
  /** Changes of names since the last sync, several together where they are one. */
  private renamings: Naming[][] = [];
  private directories = new Set<string>();
  private waiting: (() => void)[] = [];
  /** Asynchronous and synchronous calls that change something, by name, oldest first. */
  readonly calls: string[] = [];
  /** Called before each such call with its name; what it raises or returns is the call's error. */
  onCall: (name: string) => Error | null = () => null;
  /** ms that each write of a log takes. */
  writeMs = 0;
  /** Directories that cannot be written to. */
  readonly readOnly = new Set<string>();

  // ---- for the test

  /** Puts a durable file. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new Inode(Buffer.from(bytes));
    this.names.set(path, inode);
    this.stableNames.set(path, inode);
    this.directories.add(directoryOf(path));
  }

  /** What is in a file now. */
  contents(path: string): Buffer {
    return this.inode(path).contents;
  }

  /** Names in a directory, sorted. */
  listing(directory: string): string[] {
    return (this.list(directory) ?? []).sort();
  }

  /** All files and what is in them. */
  image(): Record<string, string> {
    const files = [...this.names].map(([path, inode]) => [path, inode.contents.toString('latin1')]);
    return Object.fromEntries(files.sort()) as Record<string, string>;
  }

  /** Ends one asynchronous call; false if there is none. */
  step(): boolean {
    const next = this.waiting.shift();
    next?.();
    return next !== undefined;
  }

  /** Ends all, and those that they begin. */
  settle(): void {
    while (this.step()) {
      // Each step may begin further calls.
    }
  }

  /** How many parts of files, and how many changes of names, a crash now may lose. */
  tearable(): { readonly sectors: number; readonly namings: number } {
    let sectors = 0;
    for (const inode of this.inodes()) {
      for (const write of inode.unsynced) sectors += sectorsOf(write).length;
    }
    return { sectors, namings: this.renamings.length };
  }

  /**
   * The disk after a crash now.
   *
   * @param survives of each part that may be lost, by its number
   * @param namings how many changes of names survive, the oldest first
   */
  crash(survives: (sector: number) => boolean, namings = this.renamings.length): MemoryDisk {
    const after = new MemoryDisk();
    let number = 0;
    const copies = new Map<Inode, Inode>();
    for (const inode of this.inodes()) {
      const kept = inode.unsynced.flatMap(sectorsOf).filter(() => survives(number++));
      copies.set(inode, new Inode(kept.reduce(applied, inode.stable)));
    }
    const names = new Map(this.stableNames);
    for (const naming of this.renamings.slice(0, namings).flat()) rename(names, naming);
    for (const [path, inode] of names) {
      const copy = copies.get(inode);
      if (copy === undefined) throw new Error(`${path} has no file`);
      after.names.set(path, copy);
      after.stableNames.set(path, copy);
    }
    for (const directory of this.directories) after.directories.add(directory);
    return after;
  }

  private inodes(): Inode[] {
    const named = this.renamings.flat().map((naming) => naming.inode);
    const all = new Set([...this.stableNames.values(), ...this.names.values(), ...named]);
    return [...all].filter((inode) => inode !== null);
  }

  private inode(path: string): Inode {
    const inode = this.names.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  private begin(name: string): void {
    this.calls.push(name);
    const error = this.onCall(name);
    if (error !== null) throw error;
  }

  /** Does `work` when the test ends the call, unless the call is to fail. */
  private later(name: string, work: () => void, done: Done): void {
    this.calls.push(name);
    this.waiting.push(() => {
      done(this.onCall(name) ?? failureOf(work));
    });
  }

  private name(changes: Naming[], isDurable: boolean): void {
    for (const change of changes) rename(this.names, change);
    if (isDurable) for (const change of changes) rename(this.stableNames, change);
    else this.renamings.push(changes);
  }

  // ---- at start

  list(directory: string): string[] | null {
    if (!this.directories.has(directory)) return null;
    const within = [...this.names.keys()].filter((path) => directoryOf(path) === directory);
    return within.map((path) => path.slice(directory.length + 1));
  }

  makeDirectory(directory: string): void {
    this.begin('makeDirectory');
    this.directories.add(directory);
  }

  isWritable(directory: string): boolean {
    return !this.readOnly.has(directory);
  }

  size(path: string): number {
    const inode = this.names.get(path);
    if (inode !== undefined) return inode.contents.length;
    return (this.list(path) ?? []).reduce((sum, name) => sum + this.size(`${path}/${name}`), 0);
  }

  open(path: string): OpenFile {
    const { contents } = this.inode(path);
    return {
      size: contents.length,
      read: (target, position) => {
        if (position >= contents.length) return 0;
        return contents.copy(target, 0, position);
      },
      close: () => {},
    };
  }

  openPacked(path: string): ByteSource {
    const contents = gunzipSync(this.inode(path).contents);
    let position = 0;
    return {
      read: (target) => {
        const size = contents.copy(target, 0, position);
        position += size;
        return size;
      },
      close: () => {},
    };
  }

  truncate(path: string, size: number): void {
    this.begin('truncate');
    const inode = this.inode(path);
    inode.sync();
    inode.stable = inode.stable.subarray(0, size);
  }

  replace(path: string, bytes: Uint8Array): void {
    this.begin('replace');
    this.name([{ path, inode: new Inode(Buffer.from(bytes)) }], true);
  }

  removeNow(path: string): boolean {
    if (!this.names.has(path)) return false;
    this.begin('removeNow');
    this.name([{ path, inode: null }], true);
    return true;
  }

  // ---- while serving

  createLog(path: string, isDurable: boolean, given: Given<LogFile>): void {
    const inode = new Inode();
    const make = (): void => {
      if (this.names.has(path)) throw systemError('EEXIST', path);
      this.name([{ path, inode }], false);
    };
    this.later('createLog', make, (error) => {
      given(error, error === null ? this.logFile(inode, isDurable) : null);
    });
  }

  private logFile(inode: Inode, isDurable: boolean): LogFile {
    return {
      write: (parts, position, done) => {
        const write = { position, bytes: Buffer.concat(parts) };
        // From now on some of it may be on the disk; whether it is, the end of the call says.
        inode.unsynced.push(write);
        this.calls.push('write');
        this.waiting.push(() => {
          const error = this.onCall('write');
          if (error === null && isDurable) inode.sync();
          done(error, this.writeMs);
        });
      },
      extend: (size, done) => {
        const grow = { position: size, bytes: Buffer.alloc(0) };
        this.later('extend', () => inode.unsynced.push(grow), done);
      },
      close: (done) => this.later('close', () => {}, done),
    };
  }

  createSnapshot(path: string, packing: Packing, given: Given<SnapshotFile>): void {
    const inode = new Inode();
    this.later(
      'createSnapshot',
      () => this.name([{ path, inode }], false),
      (error) => given(error, error === null ? this.snapshotFile(inode, packing) : null),
    );
  }

  private snapshotFile(inode: Inode, packing: Packing): SnapshotFile {
    const unpacked: Buffer[] = [];
    const append = (bytes: Buffer): void => {
      inode.unsynced.push({ position: inode.contents.length, bytes });
    };
    return {
      write: (bytes, done) => {
        this.later(
          'append',
          () => {
            if (packing === 'gzip') unpacked.push(Buffer.from(bytes));
            else append(Buffer.from(bytes));
          },
          done,
        );
      },
      sync: (done) => this.later('sync', () => inode.sync(), done),
      finish: (done) => {
        this.later(
          'finish',
          () => {
            if (packing === 'gzip') append(gzipSync(Buffer.concat(unpacked)));
            inode.sync();
          },
          done,
        );
      },
      abandon: () => {},
    };
  }

  readBack(path: string, packing: Packing, given: Given<ReadBack>): void {
    let contents: Buffer = Buffer.alloc(0);
    let position = 0;
    const read = (chunk: Given<Uint8Array>): void => {
      this.later(
        'read',
        () => {},
        (error) => {
          const bytes = contents.subarray(position, position + 10_000);
          position += bytes.length;
          chunk(error, error === null ? bytes : null);
        },
      );
    };
    this.later(
      'readBack',
      () => {
        const file = this.inode(path).contents;
        contents = packing === 'gzip' ? gunzipSync(file) : file;
      },
      (error) => given(error, error === null ? { read, close: () => {} } : null),
    );
  }

  rename(from: string, to: string, done: Done): void {
    const move = (): void => {
      const inode = this.inode(from);
      this.name(
        [
          { path: from, inode: null },
          { path: to, inode },
        ],
        false,
      );
    };
    this.later('rename', move, done);
  }

  remove(path: string, done: Done): void {
    const forget = (): void => {
      if (this.names.has(path)) this.name([{ path, inode: null }], false);
    };
    this.later('remove', forget, done);
  }

  syncDirectory(_directory: string, done: Done): void {
    const sync = (): void => {
      this.stableNames = new Map(this.names);
      this.renamings = [];
    };
    this.later('syncDirectory', sync, done);
  }
}

function rename(names: Map<string, Inode>, naming: Naming): void {
  if (naming.inode === null) names.delete(naming.path);
  else names.set(naming.path, naming.inode);
}

/** The system's error that `work` raises; null for none. */
export function failureOf(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error;
    throw error;
  }
}

/** The directory that a file is in. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** An error as the system gives it. */
export function systemError(code: string, what = ''): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
