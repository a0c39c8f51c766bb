/*
 * SnapshotReceiver: fills a tree with what a leader sends behind a SNAP packet, as it comes off the network
 * (Java: ZKDatabase.deserializeSnapshot; layout: snapshot-format.ts). Nothing says how long it is: it ends with the path
 * "/" behind the last znode, and what follows is the caller's.
 *
 * Chunks are read in place; only an entry that is cut in two by their border is copied. The tree is fuzzy: it is that of the
 * zxid in the packet once the transactions behind that zxid have been applied.
 */

import type { Zxid } from '../../jute/int64.ts';
import { readInt32, toSessionId } from '../../jute/int64.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { DataTree, TreeLoad } from '../data-tree.ts';
import { SESSION_SIZE } from './snapshot-format.ts';

/** The parts of a snapshot, in their order. */
export type SnapshotSection = 'sessions' | 'acls' | 'znodes';

/** What a leader sent is no snapshot. */
export class ReceivedSnapshotError extends Error {
  override readonly name = 'ReceivedSnapshotError';
  /** Where it is wrong. */
  readonly section: SnapshotSection;

  constructor(section: SnapshotSection, message: string) {
    super(`The leader sent a snapshot with wrong ${section}: ${message}`);
    this.section = section;
  }
}

/** Hears the bytes of the snapshot, all of them and in order; they change after the call. */
export interface SnapshotSink {
  push(bytes: Uint8Array, start: number, end: number): void;
}

/** A larger session, access list or znode is not believed, in bytes; jute.maxbuffer is far below. */
const RECEIVED_ENTRY_LIMIT = 64 << 20;

/** How much of a chunk is copied behind a cut entry at first; twice as much each time that it is not enough. In bytes. */
const FIRST_COPY_SIZE = 1024;

const COUNT_SIZE = 4;
const ACL_LIST_MIN_SIZE = 12;
/** An ACL has at least perms and two lengths. */
const ACL_MIN_SIZE = 12;

/** A snapshot on its way into a tree. */
export class SnapshotReceiver {
  private readonly tree: DataTree;
  private readonly zxid: Zxid;
  private readonly sink: SnapshotSink | null;
  private readonly load: TreeLoad;
  private readonly reader = new JuteReader(Buffer.alloc(0));
  private section: SnapshotSection | null = 'sessions';
  /** Entries of this section that are to come; -1 before its count. */
  private left = -1;
  /** The beginning of an entry whose rest has not come yet: `cut[0, cutSize)`. */
  private cut = Buffer.allocUnsafeSlow(FIRST_COPY_SIZE);
  private cutSize = 0;

  /**
   * @param tree a new one, which nobody reads yet; if the snapshot never becomes complete, it is of no use
   * @param zxid of the SNAP packet, which becomes the tree's
   * @param sink gets the same bytes (SnapshotTee)
   */
  constructor(tree: DataTree, zxid: Zxid, sink: SnapshotSink | null) {
    this.tree = tree;
    this.zxid = zxid;
    this.sink = sink;
    this.load = tree.startLoad();
  }

  /** Whether the tree is whole: push() takes nothing more. */
  get isComplete(): boolean {
    return this.section === null;
  }

  /**
   * Takes what belongs to the snapshot of `bytes[start, end)` and returns how many bytes that were: all of them unless it is
   * complete now. Raises ReceivedSnapshotError; nothing is to be pushed afterwards.
   */
  push(bytes: Buffer, start: number, end: number): number {
    let at = start;
    if (this.cutSize > 0 && this.section !== null) at = this.goOnWithCut(bytes, at, end);
    if (at < end && this.section !== null) {
      at += this.read(bytes, at, end);
      if (this.section !== null) {
        this.keep(bytes, at, end);
        at = end;
      }
    }
    this.sink?.push(bytes, start, at);
    return at - start;
  }

  /** Copies behind the cut entry until it is whole; returns up to where the chunk is used. */
  private goOnWithCut(bytes: Buffer, start: number, end: number): number {
    const before = this.cutSize;
    let copied = 0;
    for (let size = FIRST_COPY_SIZE; start + copied < end; size *= 2) {
      const next = Math.min(end, start + copied + size);
      this.keep(bytes, start + copied, next);
      copied = next - start;
      const used = this.read(this.cut, 0, this.cutSize);
      if (used > 0) {
        this.cutSize = 0;
        return start + used - before;
      }
    }
    return end;
  }

  private keep(bytes: Buffer, start: number, end: number): void {
    const size = this.cutSize + end - start;
    if (size > RECEIVED_ENTRY_LIMIT) throw this.wrong(`an entry of more than ${size} bytes`);
    if (size > this.cut.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.cut.length));
      this.cut.copy(larger, 0, 0, this.cutSize);
      this.cut = larger;
    }
    bytes.copy(this.cut, this.cutSize, start, end);
    this.cutSize = size;
  }

  /** Takes the whole entries at the beginning of `bytes[start, end)`; returns how many bytes they have. */
  private read(bytes: Buffer, start: number, end: number): number {
    const reader = this.reader.reset(bytes, start, end);
    try {
      if (this.section === 'sessions' && this.readSessions(reader)) this.begin('acls');
      if (this.section === 'acls' && this.readAcls(reader)) this.begin('znodes');
      if (this.section === 'znodes' && this.load.readNodes(reader)) this.finish();
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      throw this.wrong(error.message);
    }
    return reader.offset - start;
  }

  private begin(section: SnapshotSection): void {
    this.section = section;
    this.left = -1;
  }

  private readSessions(reader: JuteReader): boolean {
    const { sessions } = this.tree;
    if (!this.readCount(reader)) return false;
    for (; this.left > 0; this.left--) {
      if (reader.remaining < SESSION_SIZE) return false;
      const id = toSessionId(reader.readLong());
      sessions.set(id, reader.readInt());
    }
    return true;
  }

  private readAcls(reader: JuteReader): boolean {
    if (!this.readCount(reader)) return false;
    for (; this.left > 0; this.left--) {
      if (!this.hasAclList(reader)) return false;
      this.load.readAcl(reader);
    }
    return true;
  }

  /** False where the count of the section has not come yet. */
  private readCount(reader: JuteReader): boolean {
    if (this.left >= 0) return true;
    if (reader.remaining < COUNT_SIZE) return false;
    this.left = reader.readInt();
    if (this.left < 0) throw this.wrong(`there are ${this.left}`);
    return true;
  }

  /** Whether a whole list is there: number long, count int, then perms int, scheme ustring and id ustring each. */
  private hasAclList(reader: JuteReader): boolean {
    const { bytes, offset, end } = reader;
    if (end - offset < ACL_LIST_MIN_SIZE) return false;
    const count = readInt32(bytes, offset + 8);
    if (count < -1 || count > RECEIVED_ENTRY_LIMIT / ACL_MIN_SIZE) {
      throw this.wrong(`a list of ${count}`);
    }
    let at = offset + ACL_LIST_MIN_SIZE;
    for (let index = 0; index < count; index++) {
      at += 4;
      for (let texts = 2; texts > 0; texts--) {
        if (at + 4 > end) return false;
        const size = readInt32(bytes, at);
        if (size < -1) throw this.wrong(`a text of ${size} bytes`);
        at += 4 + Math.max(0, size);
      }
      if (at > end) return false;
    }
    return true;
  }

  private finish(): void {
    this.load.finish();
    this.tree.lastProcessedZxid = this.zxid;
    this.tree.expectAnyDigest();
    this.section = null;
  }

  private wrong(message: string): ReceivedSnapshotError {
    return new ReceivedSnapshotError(this.section ?? 'znodes', message);
  }
}
