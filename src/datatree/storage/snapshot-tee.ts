/*
 * SnapshotTee: writes the snapshot that a learner receives to its disk while it arrives, so that the tree need not be cut
 * again before NEWLEADER is acknowledged (Java: ZooKeeperServer.takeSnapshot(syncSnap) in Learner.syncWithLeader).
 *
 *   header, the bytes as they come, seal ─> sync ─> discard.ts: intent, rename, removal of the older history ─> done
 *
 * No digest stands behind the seal: the tree is fuzzy, and only the leader knows up to which zxid. Until it has its name the
 * file is one that neither server takes for a snapshot. It is not read back: what a disk spoils here can be had again.
 */

import type { Zxid } from '../../jute/int64.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { adler32 } from './adler32.ts';
import { discardable, discardIntentPath } from './discard.ts';
import type { Disk, Done, SnapshotFile } from './disk.ts';
import { snapshotName, unfinishedName } from './file-names.ts';
import type { HistoryDirectories } from './log-source.ts';
import { SEAL_SIZE, SNAPSHOT_HEADER, writeSeal } from './snapshot-format.ts';
import type { SnapshotSink } from './snapshot-receiver.ts';

/** Bytes that are handed to the disk at a time. */
const CHUNK_SIZE = 256 * 1024;

/** Bytes that may wait for the disk before `isFull` asks for a pause. */
export const TEE_BACKLOG_LIMIT = 8 << 20;

/** Bytes between syncs, so that the last one has little to do. */
const SYNC_INTERVAL = 16 << 20;

const ABANDONED = new Error('the snapshot was abandoned');

/** One snapshot on its way from a leader to the disk. */
export class SnapshotTee implements SnapshotSink {
  private readonly disk: Disk;
  private readonly directories: HistoryDirectories;
  private readonly zxid: Zxid;
  private readonly onDrained: () => void;
  private readonly path: string;
  private readonly unfinishedPath: string;
  private checksum: number;
  private filling: JuteWriter;
  private readonly full: JuteWriter[] = [];
  /** Chunks that can be filled again: the backlog's limit is theirs. */
  private readonly free: JuteWriter[] = [];
  private backlog = 0;
  private unsynced = 0;
  private file: SnapshotFile | null = null;
  private isBusy = true;
  private failure: Error | null = null;
  private finished: Done | null = null;
  private abandoned: (() => void) | null = null;

  /**
   * Makes the file.
   *
   * @param zxid of the SNAP packet
   * @param onDrained the disk has taken so much that isFull is false again
   */
  constructor(disk: Disk, directories: HistoryDirectories, zxid: Zxid, onDrained: () => void) {
    const name = snapshotName(zxid, '');
    this.disk = disk;
    this.directories = directories;
    this.zxid = zxid;
    this.onDrained = onDrained;
    this.path = `${directories.snapshotDirectory}/${name}`;
    this.unfinishedPath = `${directories.snapshotDirectory}/${unfinishedName(name)}`;
    this.checksum = adler32(SNAPSHOT_HEADER, 0, SNAPSHOT_HEADER.length);
    this.filling = new JuteWriter(CHUNK_SIZE);
    this.filling.writeBytes(SNAPSHOT_HEADER);
    disk.createSnapshot(this.unfinishedPath, 'plain', (error, file) => {
      this.file = file;
      this.called(error);
    });
  }

  /** Whether so much waits for the disk that nothing should be pushed until onDrained. False once it has failed: finish() tells that. */
  get isFull(): boolean {
    return this.backlog >= TEE_BACKLOG_LIMIT;
  }

  /** Takes the next bytes of the snapshot, as a copy. */
  push(bytes: Uint8Array, start: number, end: number): void {
    if (this.failure !== null) return;
    this.checksum = adler32(bytes, start, end, this.checksum);
    for (let at = start; at < end; ) {
      const next = Math.min(end, at + CHUNK_SIZE - this.filling.length);
      this.filling.writeBytes(new Uint8Array(bytes.buffer, bytes.byteOffset + at, next - at));
      at = next;
      if (this.filling.length >= CHUNK_SIZE) this.nextChunk();
    }
  }

  /**
   * The snapshot is complete. `done` gets null when it has its name, is durable, and is all the history that there is; or the
   * error that kept it from that, and then the history before still stands, unless the error came in the removal of that:
   * the next start goes on with it. No log may be open, and no log file be made, before `done`: it would be removed.
   */
  finish(done: Done): void {
    this.finished = done;
    if (this.failure !== null) {
      // The file is being removed, or has been.
      if (!this.isBusy) done(this.failure);
      return;
    }
    const at = this.filling.length;
    writeSeal(this.filling, this.checksum);
    if (this.filling.length !== at + SEAL_SIZE) throw new Error('a seal of another size');
    this.nextChunk();
  }

  /**
   * Gives it up: the link broke, or what came is no snapshot. `done` is called, perhaps at once, when nothing is left of it.
   * Once it is about to have its name, it keeps it, and `done` comes when that is over. The `done` of finish is not called.
   */
  abandon(done: () => void): void {
    this.abandoned = done;
    this.finished = null;
    if (!this.isBusy && this.failure !== null) done();
    else if (!this.isBusy) this.fail(ABANDONED);
  }

  private nextChunk(): void {
    this.full.push(this.filling);
    this.backlog += this.filling.length;
    this.filling = this.free.pop()?.reset() ?? new JuteWriter(CHUNK_SIZE + SEAL_SIZE);
    if (!this.isBusy) this.writeNext();
  }

  /** A call to the disk for the file has ended. */
  private called(error: Error | null): void {
    this.isBusy = false;
    if (error !== null) this.fail(error);
    else if (this.abandoned !== null) this.fail(ABANDONED);
    else this.writeNext();
  }

  private writeNext(): void {
    const { file } = this;
    if (file === null) return;
    const chunk = this.full.shift();
    if (chunk === undefined) {
      if (this.finished !== null) this.install(file);
      return;
    }
    this.isBusy = true;
    this.unsynced += chunk.length;
    file.write(chunk.view(), (error) => {
      const wasFull = this.isFull;
      this.backlog -= chunk.length;
      this.free.push(chunk);
      if (wasFull && !this.isFull && this.abandoned === null) this.onDrained();
      if (error !== null || this.unsynced < SYNC_INTERVAL) {
        this.called(error);
        return;
      }
      this.unsynced = 0;
      file.sync((failure) => this.called(failure));
    });
  }

  /** The order of discard.ts. */
  private install(file: SnapshotFile): void {
    this.isBusy = true;
    const { disk, directories, path, unfinishedPath, zxid } = this;
    const { snapshotDirectory, logDirectory } = directories;
    const intent = discardIntentPath(directories, zxid);
    const before: Step[] = [
      (done) => file.finish(done),
      (done) => disk.syncDirectory(snapshotDirectory, done),
    ];
    const after: Step[] = [
      (done) => disk.rename(unfinishedPath, path, done),
      (done) => disk.syncDirectory(snapshotDirectory, done),
      (done) => {
        const paths = discardable(disk, directories, zxid);
        inOrder(
          paths.map((each) => (removed: Done) => disk.remove(each, removed)),
          done,
        );
      },
      (done) => disk.syncDirectory(logDirectory, done),
      (done) => disk.syncDirectory(snapshotDirectory, done),
      (done) => disk.remove(intent, done),
    ];
    inOrder(before, (error) => {
      if (error !== null || this.abandoned !== null) {
        this.called(error);
        return;
      }
      const failure = this.declare(intent);
      if (failure !== null) this.called(failure);
      else inOrder(after, (left) => this.installed(left));
    });
  }

  private declare(intent: string): Error | null {
    try {
      this.disk.replace(intent, Buffer.from(this.path));
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private installed(error: Error | null): void {
    this.isBusy = false;
    this.failure = error ?? ABANDONED;
    if (this.abandoned !== null) this.abandoned();
    else this.finished?.(error);
  }

  private fail(error: Error): void {
    const wasFull = this.isFull;
    this.failure = error;
    this.full.length = 0;
    this.backlog = 0;
    if (wasFull && this.abandoned === null) this.onDrained();
    this.isBusy = true;
    this.file?.abandon();
    this.disk.remove(this.unfinishedPath, () => {
      this.isBusy = false;
      if (this.abandoned !== null) this.abandoned();
      else this.finished?.(error);
    });
  }
}

type Step = (done: Done) => void;

/** Calls one after the other; ends with the first error. */
function inOrder(steps: readonly Step[], done: Done): void {
  const [first, ...rest] = steps;
  if (first === undefined) {
    done(null);
    return;
  }
  first((error) => {
    if (error !== null) done(error);
    else inOrder(rest, done);
  });
}
