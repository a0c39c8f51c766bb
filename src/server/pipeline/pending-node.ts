/*
 * PendingNode: a znode as it will be after a transaction that is on its way (Java: ZooKeeperServer.ChangeRecord), and Moment, which says when
 * that transaction happens. Which of them are kept, and for how long, is up to PendingChanges.
 */

import type { Row } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import { finishDigest } from '../../datatree/digest.ts';
import type { TxnMoment } from '../../datatree/txn-moment.ts';
import type { ACL } from '../../jute/data.ts';
import { STAT_SIZE, StatOffset } from '../../jute/data.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import {
  readInt32,
  readInt64,
  writeInt32,
  writeInt64,
  writeTimeMs,
  ZXID_ZERO,
} from '../../jute/int64.ts';

/** Where and when a transaction happens. */
export class Moment implements TxnMoment {
  zxid: Zxid = ZXID_ZERO;
  /** ms since 1970 */
  time = 0;
  /** The zxid as it is written into Stats. */
  zxidHigh = 0;
  zxidLow = 0;
  /** The time as it is written into Stats. */
  timeHigh = 0;
  timeLow = 0;
  private readonly scratch = new Uint8Array(8);

  /** Moves on to another transaction. */
  set(zxid: Zxid, time: number): void {
    this.zxid = zxid;
    this.time = time;
    writeInt64(this.scratch, 0, zxid);
    this.zxidHigh = readInt32(this.scratch, 0);
    this.zxidLow = readInt32(this.scratch, 4);
    writeTimeMs(this.scratch, 0, time);
    this.timeHigh = readInt32(this.scratch, 0);
    this.timeLow = readInt32(this.scratch, 4);
  }
}

/** A znode as it will be after a transaction. */
export class PendingNode {
  row: Row = NO_ROW;
  /** The zxid of its transaction, in two halves. */
  zxidHigh = 0;
  zxidLow = 0;
  /** False: the transaction deletes it. */
  exists = true;
  /** Its Stat in the wire layout; numChildren is kept, dataLength is not. */
  readonly stat: Uint8Array;
  /** The same as words. */
  readonly statWords: Int32Array;
  acls: readonly ACL[] = [];
  /** Bytes of data that it will have; below 0 for what its row has. */
  newDataSize = -1;
  /** What it adds to the digest of the tree. */
  digest = 0;
  /** It is among the records: whoever asks again within the same transaction gets this one and changes it further. */
  isKept = false;
  /** It was counted as the creation of an ephemeral. */
  isNewEphemeral = false;

  /** @param memory where its Stat is, from `at` on */
  constructor(memory: ArrayBuffer, at: number) {
    this.stat = new Uint8Array(memory, at, STAT_SIZE);
    this.statWords = new Int32Array(memory, at, STAT_SIZE / 4);
  }

  /** Notes whose transaction it is. */
  setTxn(moment: Moment): void {
    this.zxidHigh = moment.zxidHigh;
    this.zxidLow = moment.zxidLow;
  }

  /** Whether it is that of this very transaction. */
  isOf(moment: Moment): boolean {
    return this.zxidLow === moment.zxidLow && this.zxidHigh === moment.zxidHigh;
  }

  /** Whether its transaction comes after another one. */
  isAfter(moment: Moment): boolean {
    if (this.zxidHigh !== moment.zxidHigh) return this.zxidHigh > moment.zxidHigh;
    return this.zxidLow >>> 0 > moment.zxidLow >>> 0;
  }

  get version(): number {
    return readInt32(this.stat, StatOffset.version);
  }

  get cversion(): number {
    return readInt32(this.stat, StatOffset.cversion);
  }

  get aversion(): number {
    return readInt32(this.stat, StatOffset.aversion);
  }

  get childCount(): number {
    return readInt32(this.stat, StatOffset.numChildren);
  }

  get ephemeralOwner(): SessionId {
    return readInt64(this.stat, StatOffset.ephemeralOwner) as SessionId;
  }

  /** Sets one of the 32-bit fields of the Stat. */
  setInt(offset: number, value: number): void {
    writeInt32(this.stat, offset, value);
  }

  /** Sets one of the zxids of the Stat to that of the transaction. */
  setZxid(offset: number, moment: Moment): void {
    writeInt32(this.stat, offset, moment.zxidHigh);
    writeInt32(this.stat, offset + 4, moment.zxidLow);
  }

  /** Whether it belongs to nobody: no session, and it is no container and has no TTL. */
  get isWithoutOwner(): boolean {
    const { stat } = this;
    const at = StatOffset.ephemeralOwner;
    return (readInt32(stat, at) | readInt32(stat, at + 4)) === 0;
  }

  /** Sets mtime to that of the transaction. */
  setMtime(moment: Moment): void {
    writeInt32(this.stat, StatOffset.mtime, moment.timeHigh);
    writeInt32(this.stat, StatOffset.mtime + 4, moment.timeLow);
  }

  /** Its digest, where `crc` has taken in path and data. */
  digestFrom(crc: number): number {
    return finishDigest(crc, this.stat, 0);
  }
}

const MADE_AT_ONCE = 64;

/** Some that nobody uses yet. Their Stats lie side by side: each alone would be a piece of memory of its own, and hundreds are looked at in turn. */
export function newPendingNodes(): PendingNode[] {
  const memory = new ArrayBuffer(MADE_AT_ONCE * STAT_SIZE);
  return Array.from(
    { length: MADE_AT_ONCE },
    (_, index) => new PendingNode(memory, index * STAT_SIZE),
  );
}
