/*
 * Rows of znodes that transactions on their way are going to create.
 *
 * Whoever prepares a create has to look the path up, to hash it and to compute the digest; so the row is made then, with all that it
 * will be, and applying the transaction only publishes it. Until then no reader finds it (Znodes.isReserved). A create that comes
 * from a log or from another server makes its row in the same way, and it is a znode at once.
 *
 * Nothing here answers to a class of Java's, which makes a DataNode when a transaction is applied and keeps a ChangeRecord until then.
 */

import type { ACL } from '../jute/data.ts';
import { STAT_SIZE, StatOffset } from '../jute/data.ts';
import type { SessionId } from '../jute/int64.ts';
import { crcUpdate, finishDigest, finishDigestWith, statDigest } from './digest.ts';
import type { Row } from './rows.ts';
import { Field, wireOrder } from './rows.ts';
import type { TreeState } from './tree-state.ts';
import type { TxnMoment } from './txn-moment.ts';
import { blankZnode, OwnerKind } from './znode-layout.ts';

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

/** Where fields stand in a Stat, in words. */
const CZXID = StatOffset.czxid >> 2;
const MZXID = StatOffset.mzxid >> 2;
const CTIME = StatOffset.ctime >> 2;
const MTIME = StatOffset.mtime >> 2;
const PZXID = StatOffset.pzxid >> 2;

/** Makes rows of znodes. */
export class Reservations {
  private readonly state: TreeState;
  /** The Stat of what the last transaction created, for a znode without an owner and data; the same as bytes, and its digest. */
  private readonly stat = new Int32Array(STAT_SIZE >> 2);
  private readonly statBytes = new Uint8Array(this.stat.buffer);
  private ofStat = 0;
  private readonly given = blankZnode(this.stat);

  constructor(state: TreeState) {
    this.state = state;
  }

  /** How many rows are reserved and not published. */
  get count(): number {
    return this.state.znodes.reservedCount;
  }

  /** Makes the row of a znode as it will be right after the transaction of `moment`. The path must not be in use. */
  reserve(parent: Row, place: NewPlace, content: NewContent, moment: TxnMoment): Row {
    this.give(parent, place, content, moment);
    this.given.crc = crcUpdate(-1, place.bytes, place.start, place.end);
    const row = this.state.znodes.reserve(this.given);
    this.complete(row, content);
    return row;
  }

  /** The same for a znode that is there at once. @param crc the running CRC of its path */
  create(
    parent: Row,
    place: NewPlace,
    content: NewContent,
    moment: TxnMoment,
    crc = crcUpdate(-1, place.bytes, place.start, place.end),
  ): Row {
    const { state, given } = this;
    this.give(parent, place, content, moment);
    given.crc = crc;
    const row = state.znodes.add(given);
    this.complete(row, content);
    if (given.ownerKind !== OwnerKind.none) state.owners.add(row, content.owner);
    state.digest.add(state.znodes.rows.get(row, Field.digest) >>> 0);
    return row;
  }

  private give(parent: Row, place: NewPlace, content: NewContent, moment: TxnMoment): void {
    const { state, given } = this;
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
    given.acl = state.aclTable.take(content.acl);
    this.setMoment(moment);
  }

  /** Gives a row what it has besides what `given` says: the owner and the digest. */
  private complete(row: Row, content: NewContent): void {
    const { state, given } = this;
    const { rows } = state.znodes;
    const hasOwner = given.ownerKind !== OwnerKind.none;
    if (hasOwner) rows.setStatLong(row, StatOffset.ephemeralOwner, content.owner);
    if (!state.options.digestEnabled || given.isExcluded) return;
    const digest = hasOwner
      ? finishDigest(given.crc, rows.stat(row), 0)
      : finishDigestWith(given.crc, this.ofStat);
    rows.set(row, Field.digest, digest);
  }

  /** Makes the Stat ready. What one transaction creates has the same, but for the owners. */
  private setMoment(moment: TxnMoment): void {
    const { stat } = this;
    const zxidHigh = wireOrder(moment.zxidHigh);
    const zxidLow = wireOrder(moment.zxidLow);
    const timeHigh = wireOrder(moment.timeHigh);
    const timeLow = wireOrder(moment.timeLow);
    const isSame =
      stat[CZXID + 1] === zxidLow &&
      stat[CZXID] === zxidHigh &&
      stat[CTIME + 1] === timeLow &&
      stat[CTIME] === timeHigh;
    if (isSame) return;
    stat[CZXID] = zxidHigh;
    stat[CZXID + 1] = zxidLow;
    stat[MZXID] = zxidHigh;
    stat[MZXID + 1] = zxidLow;
    stat[PZXID] = zxidHigh;
    stat[PZXID + 1] = zxidLow;
    stat[CTIME] = timeHigh;
    stat[CTIME + 1] = timeLow;
    stat[MTIME] = timeHigh;
    stat[MTIME + 1] = timeLow;
    this.ofStat = statDigest(this.statBytes, 0);
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
