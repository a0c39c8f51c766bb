/*
 * SnapshotWriter: cuts a snapshot out of the tree while transactions go on (Java: FileSnap.serialize in a thread of its own).
 *
 * start() takes the zxid in the name; step() takes the next slice of the tree, once per turn and for a fraction of a
 * millisecond. Slices may be newer than that zxid: replaying the log from there on ends in the same tree, as with Java's
 * snapshots.
 *
 *   cut slices, write chunks behind each other, sync every half MB ─> sync ─> read everything back and compare
 *   ─> wait for the log ─> rename ─> sync the directory ─> onDone
 *
 * The tree of one of an ensemble may show what is on the disks of others and not yet on its own. A snapshot of it with a name would tell
 * recovery that the log had come so far, and that its torn end is damage.
 *
 * Until the rename the file has a name that neither server takes for a snapshot. Whatever fails, the file is removed.
 */

import type { Zxid } from '../../jute/int64.ts';
import { JuteWriter } from '../../jute/writer.ts';
import type { DataTree } from '../data-tree.ts';
import type { Disk, Done, Packing, SnapshotFile } from './disk.ts';
import type { SnapshotCompression } from './file-names.ts';
import { snapshotName, unfinishedName } from './file-names.ts';
import { compareWith } from './read-back.ts';
import { packSnappy, SNAPPY_HEADER } from './snappy-frames.ts';
import type { SnapshotContents } from './snapshot-cut.ts';
import { SnapshotCut } from './snapshot-cut.ts';

/** What snapshots are like. */
export interface SnapshotWriterOptions extends SnapshotContents {
  /** Where the files go: version-2 of dataDir. */
  readonly directory: string;
  /** How they are packed (snapshot.compression.method). */
  readonly compression: SnapshotCompression;
  /** The time in ms, from any beginning. */
  readonly now: () => number;
}

/** A snapshot that is whole, checked and durable. */
export interface SnapshotInfo {
  readonly zxid: Zxid;
  readonly path: string;
  /** How long it took from start() on, in ms. */
  readonly elapsedMs: number;
}

/** What the writer tells, from the disk's callbacks. */
export interface SnapshotEvents {
  /** The disk has taken a chunk: step() may have something to do again. */
  onChunkWritten(): void;
  onDone(snapshot: SnapshotInfo): void;
  /** Nothing of the snapshot is left. The server can go on: the log has everything. */
  onFailure(error: Error): void;
}

/** Bytes of znodes that one step takes: 0.15 ms for znodes of 100 bytes, on one core of an AMD EPYC. */
const SLICE_SIZE = 64 * 1024;

/** Bytes that are handed to the disk at a time. */
const CHUNK_SIZE = 256 * 1024;

/** Chunks that exist: one is filled while the other is written. */
const CHUNK_COUNT = 2;

/**
 * Bytes between syncs, so that the disk never has much of the snapshot before it when the log wants to sync. Measured, the longest time
 * without a reply in the middle of four to ten snapshots: 24 ms with 4 MB, 10 ms with 1 MB, 7 ms with this and 8 ms with half of it.
 */
const SYNC_INTERVAL = 512 * 1024;

const ABANDONED = new Error('the snapshot was abandoned');

/** One snapshot on its way to the disk. */
interface Writing {
  readonly cut: SnapshotCut;
  readonly path: string;
  readonly unfinishedPath: string;
  /** ms of options.now */
  readonly startedAt: number;
  isCut: boolean;
  /** The chunk that is being filled. */
  chunk: JuteWriter;
  file: SnapshotFile | null;
  isBusy: boolean;
  /** Bytes written since the last sync. */
  unsynced: number;
  /** Calls back when everything is on disk that the tree shows. */
  readonly whenLogged: (done: () => void) => void;
  /** Ends the wait for that; null while there is none. */
  endWait: (() => void) | null;
  /** Who waits for nothing to be left of it; null unless it was abandoned. */
  abandoned: (() => void) | null;
}

/** Writes the snapshots of one tree, one at a time. */
export class SnapshotWriter {
  private readonly disk: Disk;
  private readonly tree: DataTree;
  private readonly options: SnapshotWriterOptions;
  private readonly events: SnapshotEvents;
  private readonly packing: Packing;
  private writing: Writing | null = null;
  /** Chunks that wait to be written. */
  private readonly full: JuteWriter[] = [];
  /** Chunks that can be filled. */
  private readonly free: JuteWriter[] = [];

  constructor(disk: Disk, tree: DataTree, options: SnapshotWriterOptions, events: SnapshotEvents) {
    this.disk = disk;
    this.tree = tree;
    this.options = options;
    this.events = events;
    this.packing = options.compression === 'gz' ? 'gzip' : 'plain';
  }

  /** Whether a snapshot is on its way: start() is then not to be called. */
  get isActive(): boolean {
    return this.writing !== null;
  }

  /** Whether step() has something to do now; otherwise the disk has to get on first. */
  get wantsStep(): boolean {
    const { writing } = this;
    if (writing === null || writing.isCut) return false;
    return writing.chunk.length < CHUNK_SIZE || this.free.length > 0;
  }

  /**
   * Begins a snapshot of the tree as it is now.
   *
   * @param whenLogged calls back when the log has on disk what the tree shows by then; a server alone shows nothing else
   */
  start(whenLogged: (done: () => void) => void = (done) => done()): void {
    if (this.writing !== null) throw new Error('a snapshot is being written already');
    const { directory, compression } = this.options;
    const cut = new SnapshotCut(this.tree, this.options);
    const name = snapshotName(cut.zxid, compression);
    const writing: Writing = {
      cut,
      path: `${directory}/${name}`,
      unfinishedPath: `${directory}/${unfinishedName(name)}`,
      startedAt: this.options.now(),
      isCut: false,
      chunk: newChunk(),
      file: null,
      isBusy: true,
      unsynced: 0,
      whenLogged,
      endWait: null,
      abandoned: null,
    };
    while (this.free.length < CHUNK_COUNT - 1) this.free.push(newChunk());
    this.writing = writing;
    this.disk.createSnapshot(writing.unfinishedPath, this.packing, (error, file) => {
      writing.file = file;
      if (file === null) this.fail(writing, error ?? new Error('no file'));
      else if (writing.abandoned !== null) this.fail(writing, ABANDONED);
      else if (compression !== 'snappy') this.written(writing, null);
      else file.write(SNAPPY_HEADER, (failure) => this.written(writing, failure));
    });
  }

  /** Takes the next slice; does nothing unless wantsStep. */
  step(): void {
    const { writing } = this;
    if (writing === null || !this.wantsStep) return;
    if (writing.chunk.length >= CHUNK_SIZE) this.nextChunk(writing);
    writing.isCut = writing.cut.writeSlice(writing.chunk, SLICE_SIZE);
    if (!writing.isCut) return;
    this.full.push(writing.chunk);
    this.writeNext(writing);
  }

  /**
   * Ends the snapshot that is on its way, if there is one: at the end of a role, because what is applied next may never be
   * committed. `done` is called, perhaps at once, when no call to the disk is under way for it and nothing is left of it;
   * one that had its name already stays, being whole. SnapshotEvents hears nothing of it any more.
   */
  abandon(done: () => void): void {
    const { writing } = this;
    if (writing === null) {
      done();
      return;
    }
    writing.abandoned = done;
    writing.isCut = true;
    writing.cut.abandon();
    if (writing.endWait !== null) writing.endWait();
    else if (!writing.isBusy) this.fail(writing, ABANDONED);
  }

  private nextChunk(writing: Writing): void {
    const free = this.free.pop();
    if (free === undefined) throw new Error('no chunk is free');
    this.full.push(writing.chunk);
    writing.chunk = free.reset();
    this.writeNext(writing);
  }

  private writeNext(writing: Writing): void {
    const { file } = writing;
    if (writing.isBusy || file === null) return;
    const chunk = this.full.shift();
    if (chunk === undefined) {
      if (writing.isCut) this.finish(writing, file);
      return;
    }
    writing.isBusy = true;
    const bytes = this.options.compression === 'snappy' ? packSnappy(chunk.view()) : chunk.view();
    writing.unsynced += bytes.length;
    file.write(bytes, (error) => {
      this.free.push(chunk);
      if (writing.abandoned === null) this.events.onChunkWritten();
      if (error !== null || writing.abandoned !== null || writing.unsynced < SYNC_INTERVAL) {
        this.written(writing, error);
        return;
      }
      writing.unsynced = 0;
      file.sync((failure) => this.written(writing, failure));
    });
  }

  private written(writing: Writing, error: Error | null): void {
    writing.isBusy = false;
    if (error !== null) this.fail(writing, error);
    else if (writing.abandoned !== null) this.fail(writing, ABANDONED);
    else this.writeNext(writing);
  }

  private finish(writing: Writing, file: SnapshotFile): void {
    writing.isBusy = true;
    const { disk, packing } = this;
    const { directory, compression } = this.options;
    const { cut, path, unfinishedPath } = writing;
    const rename = (done: Done): void => {
      if (writing.abandoned === null) disk.rename(unfinishedPath, path, done);
      else done(ABANDONED);
    };
    const steps: ((done: Done) => void)[] = [
      (done) => file.finish(done),
      (done) => disk.readBack(unfinishedPath, packing, compareWith(cut, compression, done)),
      (done) => this.waitForLog(writing, done),
      rename,
      (done) => disk.syncDirectory(directory, done),
    ];
    const goOn: Done = (error) => {
      const step = steps.shift();
      if (error !== null) this.fail(writing, error);
      else if (step !== undefined) step(goOn);
      else this.finished(writing);
    };
    goOn(null);
  }

  private waitForLog(writing: Writing, done: Done): void {
    if (writing.abandoned !== null) {
      done(ABANDONED);
      return;
    }
    const end = (): void => {
      if (writing.endWait !== end) return;
      writing.endWait = null;
      done(writing.abandoned === null ? null : ABANDONED);
    };
    writing.endWait = end;
    writing.whenLogged(end);
  }

  private finished(writing: Writing): void {
    this.release();
    const { abandoned, cut, path, startedAt } = writing;
    if (abandoned !== null) abandoned();
    else this.events.onDone({ zxid: cut.zxid, path, elapsedMs: this.options.now() - startedAt });
  }

  private fail(writing: Writing, error: Error): void {
    writing.isCut = true;
    writing.cut.abandon();
    writing.file?.abandon();
    writing.isBusy = true;
    this.disk.remove(writing.unfinishedPath, () => {
      this.release();
      if (writing.abandoned !== null) writing.abandoned();
      else this.events.onFailure(error);
    });
  }

  /** Gives the memory back: the next snapshot is long away. */
  private release(): void {
    this.writing = null;
    this.full.length = 0;
    this.free.length = 0;
  }
}

function newChunk(): JuteWriter {
  return new JuteWriter(CHUNK_SIZE + 2 * SLICE_SIZE);
}
