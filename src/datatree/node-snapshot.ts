/*
 * NodeSnapshot: the section of znodes in a snapshot, written in slices while transactions go on.
 *
 * Answers to DataTree.serializeNodes; the bytes of a znode are path ustring, data buffer, acl long, StatPersisted. As in Java the result is fuzzy: each znode
 * as it was when the walk came by, and right once every transaction after the one at the start has been replayed. So that it is,
 * - a parent stands before its children, and a znode that the walk has reached is written with all its fields at once;
 * - a znode created after the start is left out with everything below: the log creates it;
 * - an ACL that had no number at the start is written as open: the log sets it.
 *
 * The walk keeps one row, the next to write. When that row is removed it moves on to the following one, which is the whole of the
 * bookkeeping: new siblings come last, so they are met or not, but never twice.
 */

import { copyBytes } from '../jute/copy-bytes.ts';
import { StatOffset } from '../jute/data.ts';
import { readInt32, writeInt32, writeInt64 } from '../jute/int64.ts';
import type { JuteWriter } from '../jute/writer.ts';
import { OPEN_ACL_ID } from './acl-table.ts';
import { nextBelow, nextBeside } from './children.ts';
import type { Row } from './rows.ts';
import { Field, NO_ROW } from './rows.ts';
import type { RowObserver, TreeState } from './tree-state.ts';

/** What leaving out a znode counts for in the size of a slice, in bytes, so that a slice ends in any case. */
const SKIP_COST = 32;
const ACL_SIZE = 8;
const STAT_BEFORE_PZXID_SIZE = 52;

/** A walk over the znodes of a tree. */
export class NodeSnapshot implements RowObserver {
  private readonly state: TreeState;
  private readonly lastAclId: number;
  private readonly startZxidHigh: number;
  private readonly startZxidLow: number;
  private nextRow: Row;
  private isDone = false;
  private isTreeGone = false;

  /** @param state its AclTable is written from now on */
  constructor(state: TreeState) {
    this.state = state;
    this.lastAclId = state.aclTable.lastId;
    let zxid = state.lastProcessedZxid;
    if (state.loadedCzxid > zxid) zxid = state.loadedCzxid;
    const start = new Uint8Array(8);
    writeInt64(start, 0, zxid);
    this.startZxidHigh = readInt32(start, 0);
    this.startZxidLow = readInt32(start, 4);
    this.nextRow = state.znodes.root;
    state.observers.push(this);
  }

  /**
   * Appends whole znodes until about `maxBytes` bytes are written. True when all are, the closing path "/" included; further calls
   * write nothing. Whoever loads the tree anew has to abandon the walk before: there is nothing left to write.
   */
  writeSlice(writer: JuteWriter, maxBytes: number): boolean {
    if (this.isTreeGone) throw new Error('a snapshot of a tree that has been loaded anew');
    if (this.isDone) return true;
    const { znodes } = this.state;
    let budget = maxBytes;
    while (this.nextRow !== NO_ROW) {
      if (budget <= 0) return false;
      const row = this.nextRow;
      if (this.isNew(row)) {
        budget -= SKIP_COST;
        this.nextRow = nextBeside(znodes.rows, row, znodes.root);
      } else {
        const before = writer.length;
        this.writeNode(row, writer);
        budget -= writer.length - before;
        this.nextRow = nextBelow(znodes.rows, row, znodes.root);
      }
    }
    writer.writeString('/');
    this.abandon();
    return true;
  }

  /** Ends the walk, finished or not, so that the tree forgets it. */
  abandon(): void {
    const { observers } = this.state;
    const index = observers.indexOf(this);
    if (index !== -1) observers.splice(index, 1);
    this.isDone = true;
    this.nextRow = NO_ROW;
  }

  /** Called by the tree. */
  rowRemoved(row: Row): void {
    const { znodes } = this.state;
    if (row === this.nextRow) this.nextRow = nextBeside(znodes.rows, row, znodes.root);
  }

  /** Called by the tree. */
  treeCleared(): void {
    this.isTreeGone = true;
  }

  private isNew(row: Row): boolean {
    const { znodes } = this.state;
    const high = znodes.statInt(row, StatOffset.czxid);
    if (high !== this.startZxidHigh) return high > this.startZxidHigh;
    return znodes.statInt(row, StatOffset.czxid + 4) >>> 0 > this.startZxidLow >>> 0;
  }

  private writeNode(row: Row, writer: JuteWriter): void {
    const { znodes } = this.state;
    const { rows } = znodes;
    const pathSize = znodes.pathSize(row);
    const isNull = znodes.hasNullData(row);
    const dataSize = znodes.dataLength(row);
    let at = writer.reserve(4 + pathSize + 4 + dataSize + ACL_SIZE + STAT_BEFORE_PZXID_SIZE + 8);
    const { buffer } = writer;
    writeInt32(buffer, at, pathSize);
    at += 4 + pathSize;
    znodes.writePath(row, buffer, at);
    writeInt32(buffer, at, isNull ? -1 : dataSize);
    at += 4;
    copyBytes(znodes.chunkBytes(row), znodes.dataStart(row), buffer, at, dataSize);
    at += dataSize;
    const aclId = this.writtenAclId(row);
    writeInt32(buffer, at, Math.floor(aclId / 0x1_0000_0000));
    writeInt32(buffer, at + 4, aclId);
    at += ACL_SIZE;
    const stat = rows.stat(row);
    copyBytes(stat, 0, buffer, at, STAT_BEFORE_PZXID_SIZE);
    copyBytes(stat, StatOffset.pzxid, buffer, at + STAT_BEFORE_PZXID_SIZE, 8);
  }

  private writtenAclId(row: Row): number {
    const { aclTable, znodes } = this.state;
    const id = aclTable.idOfSlot(znodes.rows.get(row, Field.acl));
    return id <= this.lastAclId ? id : OPEN_ACL_ID;
  }
}
