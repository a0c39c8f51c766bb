/*
 * SimDisk: the disk of one simulated machine. What was written is not durable until it is synced; a crash keeps a random part of what
 * was not, in units of 512 bytes, and the oldest few of the changes of names. Every asynchronous call takes its time; a call may fail
 * for good, the disk may be full or slow for a while, and a machine may lose its power in the middle of a synchronous change.
 *
 * Unlike MemoryDisk, which tries every way to tear a small file, it lives through whole histories, so syncing costs no more than what was
 * written.
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
import { directoryOf, failureOf, systemError } from '../datatree/storage/memory-disk.ts';
import type { Random } from '../harness/random.ts';

const SECTOR = 512;
/** Bytes that a ReadBack hands out at once. */
const READ_SIZE = 16 * 1024;

/** The machine has lost its power in the middle of a synchronous call. */
export class PowerLoss extends Error {}

/** What a disk needs of the world. */
export interface SimDiskPorts {
  readonly random: Random;
  /** Calls back after so many ms, unless the process has ended by then. */
  readonly after: (ms: number, callback: () => void) => void;
}

/** How a disk behaves at the moment. */
export interface DiskMood {
  /** ms that a call takes, at least and in the mean above that. */
  latencyMin: number;
  latencyMean: number;
  /** How likely a call that changes something fails. */
  failChance: number;
  /** No room for more. */
  isFull: boolean;
  /** How likely the power fails before or after a synchronous change. */
  powerLossChance: number;
}

interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}

class Inode {
  /** What survives, `stable[0, stableSize)`. */
  private stable: Buffer;
  private stableSize: number;
  unsynced: Write[] = [];

  constructor(contents: Uint8Array = Buffer.alloc(0)) {
    this.stable = Buffer.from(contents);
    this.stableSize = contents.length;
  }

  get size(): number {
    let { stableSize } = this;
    for (const { position, bytes } of this.unsynced) {
      stableSize = Math.max(stableSize, position + bytes.length);
    }
    return stableSize;
  }

  /** A copy of what a reader sees. */
  contents(): Buffer {
    const bytes = Buffer.alloc(this.size);
    this.stable.copy(bytes, 0, 0, this.stableSize);
    for (const write of this.unsynced) write.bytes.copy(bytes, write.position);
    return bytes;
  }

  /** Makes the first `count` writes durable. */
  sync(count = this.unsynced.length): void {
    for (const write of this.unsynced.splice(0, count)) this.apply(write);
  }

  private apply({ position, bytes }: Write): void {
    const end = position + bytes.length;
    if (end > this.stable.length) {
      const larger = Buffer.alloc(Math.max(end, 2 * this.stable.length));
      this.stable.copy(larger, 0, 0, this.stableSize);
      this.stable = larger;
    }
    bytes.copy(this.stable, position);
    this.stableSize = Math.max(this.stableSize, end);
  }

  truncate(size: number): void {
    this.sync();
    this.stable.fill(0, size);
    this.stableSize = Math.min(this.stableSize, size);
  }

  /** What a loss of power leaves. */
  crash(random: Random): void {
    const writes = this.unsynced;
    this.unsynced = [];
    // All of it, nothing, the beginning, or any part: each is a way in which systems write back.
    const way = random.below(4);
    const share = random.next();
    for (const { position, bytes } of writes) {
      if (way === 0) this.apply({ position, bytes });
      if (way < 2) continue;
      for (let at = 0; at < bytes.length || at === 0; ) {
        const end = Math.min(bytes.length, at + SECTOR - ((position + at) % SECTOR));
        const survives = way === 2 ? random.next() < share : random.chance(0.5);
        if (survives) this.apply({ position: position + at, bytes: bytes.subarray(at, end) });
        else if (way === 2) return;
        at = Math.max(end, at + 1);
      }
    }
  }
}

interface Naming {
  readonly path: string;
  readonly inode: Inode | null;
}

function rename(names: Map<string, Inode>, { path, inode }: Naming): void {
  if (inode === null) names.delete(path);
  else names.set(path, inode);
}

/** A disk. */
export class SimDisk implements Disk {
  readonly mood: DiskMood;
  private readonly ports: SimDiskPorts;
  private readonly names = new Map<string, Inode>();
  private readonly stableNames = new Map<string, Inode>();
  /** Changes of names that are not durable, oldest first, each of several that are one. */
  private renamings: (readonly Naming[])[] = [];
  private readonly directories = new Set<string>();

  constructor(ports: SimDiskPorts, mood: DiskMood) {
    this.ports = ports;
    this.mood = mood;
  }

  /** What the machine finds when it is started again. @param isPowerLoss false: only the process has ended, the system writes everything */
  crash(isPowerLoss: boolean): void {
    const { random } = this.ports;
    const kept = isPowerLoss ? random.below(this.renamings.length + 1) : this.renamings.length;
    const inodes = new Set([...this.names.values(), ...this.stableNames.values()]);
    for (const naming of this.renamings.slice(0, kept).flat()) {
      if (naming.inode !== null) inodes.add(naming.inode);
      rename(this.stableNames, naming);
    }
    this.renamings = [];
    for (const inode of inodes) {
      if (isPowerLoss) inode.crash(random);
      else inode.sync();
    }
    this.names.clear();
    for (const [path, inode] of this.stableNames) this.names.set(path, inode);
  }

  /** The names of all files. */
  paths(): string[] {
    return [...this.names.keys()].sort();
  }

  /** What is in a file, for whoever looks at the disk of a machine that is down; null where there is none. */
  contents(path: string): Buffer | null {
    return this.names.get(path)?.contents() ?? null;
  }

  /** Other bytes stand in a file than were written, and nobody has noticed. */
  overwrite(path: string, bytes: Buffer): void {
    const inode = new Inode(bytes);
    this.names.set(path, inode);
    this.stableNames.set(path, inode);
  }

  /** An operator removes all files. */
  wipe(): void {
    this.names.clear();
    this.stableNames.clear();
    this.renamings = [];
  }

  private inode(path: string): Inode {
    const inode = this.names.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  private failure(what: string): Error | null {
    const { random } = this.ports;
    if (this.mood.isFull) return systemError('ENOSPC', what);
    return random.chance(this.mood.failChance) ? systemError('EIO', what) : null;
  }

  /** A synchronous change: it may fail, and the power may be lost before or behind it. */
  private now(what: string, work: () => void): void {
    const { random } = this.ports;
    const isLost = random.chance(this.mood.powerLossChance);
    if (isLost && random.chance(0.5)) throw new PowerLoss(what);
    const failure = this.failure(what);
    if (failure !== null) throw failure;
    work();
    if (isLost) throw new PowerLoss(what);
  }

  /** An asynchronous call. */
  private later(what: string, work: () => void, done: Done): void {
    this.ports.after(this.latency(), () => {
      let failure = what === '' ? null : this.failure(what);
      if (failure === null) failure = failureOf(work);
      done(failure);
    });
  }

  private latency(): number {
    const { latencyMin, latencyMean } = this.mood;
    return latencyMin - Math.log(1 - this.ports.random.next()) * latencyMean;
  }

  private name(changes: readonly Naming[], isDurable: boolean): void {
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
    this.directories.add(directory);
  }

  isWritable(): boolean {
    return true;
  }

  size(path: string): number {
    const inode = this.names.get(path);
    if (inode !== undefined) return inode.size;
    return (this.list(path) ?? []).reduce((sum, name) => sum + this.size(`${path}/${name}`), 0);
  }

  open(path: string): OpenFile {
    const contents = this.inode(path).contents();
    return {
      size: contents.length,
      read: (target, position) =>
        position >= contents.length ? 0 : contents.copy(target, 0, position),
      close: () => undefined,
    };
  }

  openPacked(path: string): ByteSource {
    throw new Error(`${path}: packed files are not simulated`);
  }

  truncate(path: string, size: number): void {
    this.now(`truncate ${path}`, () => this.inode(path).truncate(size));
  }

  replace(path: string, bytes: Uint8Array): void {
    this.now(`replace ${path}`, () => this.name([{ path, inode: new Inode(bytes) }], true));
  }

  removeNow(path: string): boolean {
    if (!this.names.has(path)) return false;
    this.now(`remove ${path}`, () => this.name([{ path, inode: null }], true));
    return true;
  }

  // ---- while serving

  createLog(path: string, isDurable: boolean, given: Given<LogFile>): void {
    const inode = new Inode();
    const make = (): void => {
      if (this.names.has(path)) throw systemError('EEXIST', path);
      this.name([{ path, inode }], false);
    };
    this.later(`create ${path}`, make, (error) => {
      given(error, error === null ? this.logFile(path, inode, isDurable) : null);
    });
  }

  private logFile(path: string, inode: Inode, isDurable: boolean): LogFile {
    return {
      write: (parts, position, done) => {
        // From now on some of it may be on the disk; whether it is, the end of the call says.
        inode.unsynced.push({ position, bytes: Buffer.concat(parts) });
        const count = inode.unsynced.length;
        const sync = (): void => {
          if (isDurable) inode.sync(count);
        };
        const elapsedMs = this.latency();
        this.ports.after(elapsedMs, () => {
          const failure = this.failure(`write ${path}`);
          if (failure === null) sync();
          done(failure, Math.round(elapsedMs));
        });
      },
      extend: (size, done) => {
        const grow = { position: size, bytes: Buffer.alloc(0) };
        this.later(`extend ${path}`, () => inode.unsynced.push(grow), done);
      },
      close: (done) => this.later('', () => undefined, done),
    };
  }

  createSnapshot(path: string, _packing: Packing, given: Given<SnapshotFile>): void {
    const inode = new Inode();
    this.later(
      `create ${path}`,
      () => this.name([{ path, inode }], false),
      (error) => given(error, error === null ? this.snapshotFile(path, inode) : null),
    );
  }

  private snapshotFile(path: string, inode: Inode): SnapshotFile {
    let size = 0;
    return {
      write: (bytes, done) => {
        const append = (): void => {
          inode.unsynced.push({ position: size, bytes: Buffer.from(bytes) });
          size += bytes.length;
        };
        this.later(`write ${path}`, append, done);
      },
      sync: (done) => this.later(`sync ${path}`, () => inode.sync(), done),
      finish: (done) => this.later(`finish ${path}`, () => inode.sync(), done),
      abandon: () => undefined,
    };
  }

  readBack(path: string, _packing: Packing, given: Given<ReadBack>): void {
    let contents: Buffer = Buffer.alloc(0);
    let position = 0;
    const read = (chunk: Given<Uint8Array>): void => {
      this.later(
        '',
        () => undefined,
        () => {
          const bytes = contents.subarray(position, position + READ_SIZE);
          position += bytes.length;
          chunk(null, bytes);
        },
      );
    };
    this.later(
      '',
      () => {
        contents = this.inode(path).contents();
      },
      (error) => given(error, error === null ? { read, close: () => undefined } : null),
    );
  }

  rename(from: string, to: string, done: Done): void {
    const move = (): void => {
      const inode = this.inode(from);
      const changes = [
        { path: from, inode: null },
        { path: to, inode },
      ];
      this.name(changes, false);
    };
    this.later(`rename ${from}`, move, done);
  }

  remove(path: string, done: Done): void {
    const forget = (): void => {
      if (this.names.has(path)) this.name([{ path, inode: null }], false);
    };
    this.later('', forget, done);
  }

  syncDirectory(directory: string, done: Done): void {
    // What changes after the call has begun may come too late for it.
    const concerned = this.renamings.filter((changes) =>
      changes.some(({ path }) => directoryOf(path) === directory),
    );
    const sync = (): void => {
      for (const changes of concerned) {
        if (!this.renamings.includes(changes)) continue;
        for (const change of changes) rename(this.stableNames, change);
      }
      this.renamings = this.renamings.filter((changes) => !concerned.includes(changes));
    };
    this.later(`sync ${directory}`, sync, done);
  }
}

/** Whether an error is one that a simulated disk has raised. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}
