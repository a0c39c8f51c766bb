/*
 * The digest of the whole tree: the sum of its znodes' digests, its history, and the comparison with what a log or a snapshot says.
 *
 * Answers to AdHash and to DataTree.compareDigest, compareSnapshotDigests, logZxidDigest. While a fuzzy snapshot is being
 * caught up with, digests say nothing; the snapshot brings the zxid at which they do again, and the digest there.
 */

import type { Zxid } from '../jute/int64.ts';
import { toHex, ZXID_ZERO } from '../jute/int64.ts';
import type { TxnDigest } from '../jute/txn.ts';
import { DIGEST_VERSION } from './digest.ts';
import { DigestSum } from './digest-sum.ts';

/** A digest of the tree and when it had it (Java: DataTree.ZxidDigest). */
export interface ZxidDigest {
  readonly zxid: Zxid;
  readonly digestVersion: number;
  readonly digest: bigint;
}

/** What a snapshot says when no transaction has been applied yet. */
const EMPTY_ZXID_DIGEST: ZxidDigest = {
  zxid: ZXID_ZERO,
  digestVersion: DIGEST_VERSION,
  digest: 0n,
};

/** Every 128th zxid goes into the history. */
const HISTORY_MASK = 127;
const HISTORY_LIMIT = 1024;

/** The running digest. */
export class TreeDigest {
  private readonly isEnabled: boolean;
  private readonly warn: (message: string) => void;
  private readonly sum = new DigestSum();
  private expected: ZxidDigest | null = null;
  /** Whether a snapshot is caught up with that does not say where it ends. */
  private isEndUnknown = false;
  /** The last transaction with whose digest `value` agrees; null before any, and while a snapshot is caught up with. */
  private lastZxid: Zxid | null = null;
  private readonly log: ZxidDigest[] = [];
  /** How often a digest was not what a log or a snapshot said. */
  mismatchCount = 0;

  constructor(isEnabled: boolean, warn: (message: string) => void) {
    this.isEnabled = isEnabled;
    this.warn = warn;
  }

  /** The sum, as a signed 64-bit number like Java's. */
  get value(): bigint {
    return this.sum.value;
  }

  /** Adds what digests of znodes, 32 bits unsigned, have changed by. */
  add(change: number): void {
    this.sum.add(change);
  }

  /** Sets the sum to zero and forgets what a snapshot said. */
  clear(): void {
    this.sum.value = 0n;
    this.expected = null;
    this.isEndUnknown = false;
    this.lastZxid = null;
  }

  /** Every 128th zxid, at most 1,024, oldest first. */
  get history(): readonly ZxidDigest[] {
    return this.log;
  }

  /** The digest after the last transaction, for the end of a snapshot; empty before any, and while it says nothing. */
  get last(): ZxidDigest {
    if (this.lastZxid === null) return EMPTY_ZXID_DIGEST;
    return { zxid: this.lastZxid, digestVersion: DIGEST_VERSION, digest: this.value };
  }

  /**
   * Takes what a snapshot that was begun at `startZxid` says of itself. It is compared when a transaction with its zxid
   * has been applied, at once if that is where the snapshot was begun.
   */
  expect(said: ZxidDigest, startZxid: Zxid): void {
    if (!this.isEnabled || said.zxid <= 0n || said.zxid < startZxid) return;
    this.expected = said;
    this.compareWithSnapshot(startZxid);
  }

  /** The same for a snapshot that says nothing: the first digest of a transaction that agrees is where it ends. */
  expectAny(): void {
    this.isEndUnknown = this.isEnabled;
  }

  /** The tree is exactly that of its last transaction: whatever came while it was written has been applied. */
  expectEvery(): void {
    this.isEndUnknown = false;
  }

  /** Whether a snapshot is still caught up with, so that digests say nothing. */
  get isCatchingUp(): boolean {
    return this.expected !== null || this.isEndUnknown;
  }

  /** Is to be called after each transaction, with the low half of its zxid besides (Java: the end of processTxn). */
  afterTxn(zxid: Zxid, zxidLow: number): void {
    if (this.expected !== null) {
      this.compareWithSnapshot(zxid);
      return;
    }
    if (this.isEndUnknown) return;
    this.lastZxid = zxid;
    if ((zxidLow & HISTORY_MASK) !== 0) return;
    this.log.push(this.last);
    if (this.log.length > HISTORY_LIMIT) this.log.shift();
  }

  private compareWithSnapshot(zxid: Zxid): void {
    const { expected } = this;
    if (expected === null) return;
    if (zxid === expected.zxid) {
      this.expected = null;
      this.lastZxid = zxid;
      if (expected.digestVersion === DIGEST_VERSION && expected.digest !== this.value) {
        this.reportMismatch(zxid, expected.digest);
      }
    } else if (zxid > expected.zxid) {
      this.warn(`No transaction 0x${toHex(expected.zxid)}, at which the snapshot has its digest.`);
    }
  }

  /** Compares with what came with a transaction that has just been applied. */
  compare(zxid: Zxid, said: TxnDigest): void {
    if (!this.isEnabled || this.expected !== null) return;
    if (said.version !== DIGEST_VERSION) {
      this.warn(`The digest of 0x${toHex(zxid)} has another version: ${said.version}.`);
      return;
    }
    if (said.treeDigest === this.value) this.isEndUnknown = false;
    else if (!this.isEndUnknown) this.reportMismatch(zxid, said.treeDigest);
  }

  private reportMismatch(zxid: Zxid, said: bigint): void {
    this.mismatchCount += 1;
    this.warn(
      `Digests do not match at 0x${toHex(zxid)}: should be ${said}, the tree has ${this.value}.`,
    );
  }
}
