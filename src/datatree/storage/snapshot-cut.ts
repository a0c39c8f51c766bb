/*
 * SnapshotCut: the bytes of one snapshot, taken out of the tree slice by slice (layout: snapshot-format.ts). What has to
 * be from one moment, the zxid, sessions and ACLs, is taken at once; the znodes of later slices may be newer, and
 * replaying the log from that zxid on ends in the same tree (Java: DataTree.serialize, whose snapshots are as fuzzy).
 */

import type { Zxid } from '../../jute/int64.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { DataTree, NodeSnapshot } from '../data-tree.ts';
import { adler32 } from './adler32.ts';
import { SNAPSHOT_HEADER, writeSeal, writeSessions, writeZxidDigest } from './snapshot-format.ts';

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
  /** The last zxid when it began, which is the one in the name. */
  readonly zxid: Zxid;
  /** Adler32 of the bytes so far. */
  checksum = 1;
  /** How many bytes there were so far. */
  size = 0;
  private readonly tree: DataTree;
  private readonly contents: SnapshotContents;
  private nodes: NodeSnapshot | null = null;

  constructor(tree: DataTree, contents: SnapshotContents) {
    this.tree = tree;
    this.contents = contents;
    this.zxid = tree.lastProcessedZxid;
  }

  /** Appends everything that stands before the znodes. To be called first, in the turn in which the cut was made. */
  writeStart(writer: JuteWriter): void {
    const from = writer.length;
    writer.writeBytes(SNAPSHOT_HEADER);
    writeSessions(writer, this.tree.sessions);
    this.tree.writeAcls(writer);
    this.nodes = this.tree.startNodeSnapshot();
    this.sum(writer, from);
  }

  /** Appends the next znodes, about `maxBytes` of them. Returns true once nothing is left; the end of the snapshot then stands behind them. */
  writeSlice(writer: JuteWriter, maxBytes: number): boolean {
    const { nodes } = this;
    if (nodes === null) throw new Error('a snapshot that has not begun or is complete');
    const from = writer.length;
    const isDone = nodes.writeSlice(writer, maxBytes);
    this.sum(writer, from);
    if (isDone) {
      this.nodes = null;
      this.writeEnd(writer);
    }
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
    this.nodes?.abandon();
    this.nodes = null;
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
