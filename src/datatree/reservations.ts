/*
 * Rows of znodes that transactions on their way are going to create.
 *
 * Whoever prepares a create has to look the path up, to hash it and to compute the digest; so the row is made then, with all that it
 * will be, and applying the transaction only publishes it. Until then no reader finds it (Znodes.isReserved). A create that comes
 * from a log or from another server reserves its row and publishes it at once, so that there is one way of making a znode.
 *
 * Nothing here answers to a class of Java's, which makes a DataNode when a transaction is applied and keeps a ChangeRecord until then.
 */

import type { ACL } from '../jute/data.ts';
import { StatOffset } from '../jute/data.ts';
import type { SessionId } from '../jute/int64.ts';
import { crcUpdate, finishDigest, finishDigestWith, statDigest } from './digest.ts';
import type { Row } from './rows.ts';
import { Field, wireOrder } from './rows.ts';
import type { TreeState } from './tree-state.ts';
import { blankZnode, OwnerKind } from './znodes.ts';

/** When a transaction happens, in words: how it is written into Stats. */
export interface TxnMoment {
  readonly zxidHigh: number;
  readonly zxidLow: number;
  /** ms since 1970 */
  readonly timeHigh: number;
  readonly timeLow: number;
}

/** The place of a new znode: its path is `bytes[start, end)`, and its parent is there or reserved. */
export interface NewPlace {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Where the last slash stands in `bytes`. */
  readonly lastSlash: number;
  readonly hash: number;
}

/** What a new znode has. */
export interface NewContent {
  /** The source of the data is `dataBytes[dataStart, dataEnd)`; a dataEnd below 0 is for null. */
  readonly dataBytes: Uint8Array;
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly acl: readonly ACL[] | null;
  readonly owner: SessionId;
}

/** Makes rows of znodes. */
export class Reservations {
  private readonly state: TreeState;
  private readonly given = blankZnode();
  /** The transaction that last created something without an owner, and the digest of the Stat that it gave it. */
  private readonly digested = { zxidHigh: 0, zxidLow: 0, timeHigh: 0, timeLow: 0, ofStat: 0 };

  constructor(state: TreeState) {
    this.state = state;
  }

  /** How many rows are reserved and not published. */
  get count(): number {
    return this.state.znodes.reservedCount;
  }

  /** Makes the row of a znode as it will be right after the transaction of `moment`. The path must not be in use. */
  reserve(parent: Row, place: NewPlace, content: NewContent, moment: TxnMoment): Row {
    const { state, given } = this;
    const { znodes } = state;
    const { rows } = znodes;
    const { bytes, start, end } = place;
    given.parent = parent;
    given.hash = place.hash;
    given.bytes = bytes;
    given.nameStart = place.lastSlash + 1;
    given.end = end;
    given.ownerKind = state.ownerKindOf(content.owner);
    given.isExcluded = state.isExcluded(bytes, start, end);
    given.data = content.dataEnd < 0 ? null : content.dataBytes;
    given.dataStart = content.dataStart;
    given.dataEnd = content.dataEnd;
    const row = znodes.reserve(given);
    const [zxidHigh, zxidLow] = [wireOrder(moment.zxidHigh), wireOrder(moment.zxidLow)];
    const [timeHigh, timeLow] = [wireOrder(moment.timeHigh), wireOrder(moment.timeLow)];
    rows.setStatWords(row, StatOffset.czxid, zxidHigh, zxidLow);
    rows.setStatWords(row, StatOffset.mzxid, zxidHigh, zxidLow);
    rows.setStatWords(row, StatOffset.pzxid, zxidHigh, zxidLow);
    rows.setStatWords(row, StatOffset.ctime, timeHigh, timeLow);
    rows.setStatWords(row, StatOffset.mtime, timeHigh, timeLow);
    if (given.ownerKind !== OwnerKind.none) {
      rows.setStatLong(row, StatOffset.ephemeralOwner, content.owner);
    }
    rows.set(row, Field.acl, state.aclTable.take(content.acl));
    if (state.options.digestEnabled && !given.isExcluded) {
      rows.set(row, Field.digest, this.digestOf(row, place, content, moment));
    }
    return row;
  }

  /** The digest of a row that is new. The Stats of what one transaction creates are the same, but for the owners. */
  private digestOf(row: Row, place: NewPlace, content: NewContent, moment: TxnMoment): number {
    const { rows } = this.state.znodes;
    let crc = crcUpdate(-1, place.bytes, place.start, place.end);
    if (content.dataEnd >= 0) {
      crc = crcUpdate(crc, content.dataBytes, content.dataStart, content.dataEnd);
    }
    if (this.given.ownerKind !== OwnerKind.none) {
      return finishDigest(crc, rows.stat(row), 0);
    }
    const { digested } = this;
    const isSame =
      digested.zxidLow === moment.zxidLow &&
      digested.zxidHigh === moment.zxidHigh &&
      digested.timeLow === moment.timeLow &&
      digested.timeHigh === moment.timeHigh;
    if (!isSame) {
      digested.zxidLow = moment.zxidLow;
      digested.zxidHigh = moment.zxidHigh;
      digested.timeLow = moment.timeLow;
      digested.timeHigh = moment.timeHigh;
      digested.ofStat = statDigest(rows.stat(row), 0);
    }
    return finishDigestWith(crc, digested.ofStat);
  }

  /** Makes a reserved row a znode of the tree. */
  publish(row: Row): void {
    const { state } = this;
    const { znodes } = state;
    if (!znodes.isReserved(row)) throw new Error(`row ${row} is published, but not reserved`);
    znodes.publish(row);
    if (znodes.ownerKind(row) !== OwnerKind.none) state.owners.add(row, state.ownerOf(row));
    state.digest.add(znodes.rows.get(row, Field.digest) >>> 0);
  }

  /** Takes a reserved row back, whose transaction will not be. What was reserved below it has been taken back before. */
  discard(row: Row): void {
    this.drop(row, this.hashOf(row));
  }

  /**
   * Takes all back: this server orders writes no more, and what it has prepared and may still be committed comes back to it as any
   * transaction of another server. To be called before anything else is applied.
   */
  discardAll(): void {
    const rows = this.state.znodes.reservedRows();
    // Paths go through parents, which may be among them.
    const found = rows.map((row) => ({ row, hash: this.hashOf(row) }));
    for (const { row, hash } of found) this.drop(row, hash);
  }

  private hashOf(row: Row): number {
    const { pathBytes, znodes } = this.state;
    const size = pathBytes.encode(this.state.pathOf(row));
    return znodes.hashOf(pathBytes.bytes, 0, size);
  }

  private drop(row: Row, hash: number): void {
    const { aclTable, znodes } = this.state;
    aclTable.release(znodes.rows.get(row, Field.acl));
    znodes.discard(row, hash);
  }
}
