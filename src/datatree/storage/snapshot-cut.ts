/*
 * SnapshotCut: the bytes of one snapshot file, taken out of the tree slice by slice (layout: snapshot-format.ts): the header,
 * what a SnapshotStream gives, and behind it seal, digest and zxid, which are from the moment of the last slice. What
 * is in it may be newer than the zxid in its name, and replaying the log from that zxid on ends in the same tree (Java:
 * DataTree.serialize, whose snapshots are as fuzzy).
 */

import type { Zxid } from '../../jute/int64.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { DataTree } from '../data-tree.ts';
import { adler32 } from './adler32.ts';
import { SNAPSHOT_HEADER, writeSeal, writeZxidDigest } from './snapshot-format.ts';
import { SnapshotStream } from './snapshot-stream.ts';

/** What stands in a snapshot behind the tree. */
export interface SnapshotContents {
  /** Whether the digest of the tree is written (digest.enabled). */
  readonly digestEnabled: boolean;
  /**
   * Whether the last zxid stands at the end (serializeLastProcessedZxid.enabled). Only behind a digest: without one, a
   * server whose digests are on would take it for one and refuse the file.
   */
  readonly serializeLastProcessedZxid: boolean;
}

/** The bytes of a snapshot that is being cut. */
export class SnapshotCut {
  /** Adler32 of the bytes so far. */
  checksum = 1;
  /** How many bytes there were so far. */
  size = 0;
  private readonly tree: DataTree;
  private readonly contents: SnapshotContents;
  private readonly stream: SnapshotStream;

  constructor(tree: DataTree, contents: SnapshotContents) {
    this.tree = tree;
    this.contents = contents;
    this.stream = new SnapshotStream(tree);
  }

  /** The last zxid when it began, which is the one in the name. */
  get zxid(): Zxid {
    return this.stream.zxid;
  }

  /** Appends the next slice, about `maxBytes`. Returns true once nothing is left, and is then not to be called again. */
  writeSlice(writer: JuteWriter, maxBytes: number): boolean {
    const from = writer.length;
    if (this.size === 0) writer.writeBytes(SNAPSHOT_HEADER);
    const isDone = this.stream.writeSlice(writer, maxBytes);
    this.sum(writer, from);
    if (isDone) this.writeEnd(writer);
    return isDone;
  }

  /** What stands behind the tree: from one moment, that of the last slice. */
  private writeEnd(writer: JuteWriter): void {
    const { tree, contents } = this;
    this.seal(writer);
    if (!contents.digestEnabled) return;
    const from = writer.length;
    writeZxidDigest(writer, tree.lastProcessedZxidDigest);
    this.sum(writer, from);
    this.seal(writer);
    if (!contents.serializeLastProcessedZxid) return;
    const zxidFrom = writer.length;
    writer.writeLong(tree.lastProcessedZxid);
    this.sum(writer, zxidFrom);
    this.seal(writer);
  }

  /** Ends the cut before it is complete, so that the tree forgets it. */
  abandon(): void {
    this.stream.close();
  }

  private seal(writer: JuteWriter): void {
    const from = writer.length;
    writeSeal(writer, this.checksum);
    this.sum(writer, from);
  }

  private sum(writer: JuteWriter, from: number): void {
    this.checksum = adler32(writer.buffer, from, writer.length, this.checksum);
    this.size += writer.length - from;
  }
}
