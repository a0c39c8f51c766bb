/*
 * CommittedLog: the newest committed transactions in memory, as the bytes that a PROPOSAL carries, so that a learner that was
 * away for a moment gets what it missed without a file being opened (Java: ZKDatabase.committedLog, addCommittedProposal).
 *
 * It never has a hole: a transaction that does not follow the last one empties it first (ZOOKEEPER-4925, where a hole was handed
 * on to learners). Bounded by a count, and by bytes, which Java's is not: 500 proposals of 1 MB are half a gigabyte.
 */

import type { Zxid } from '../../jute/int64.ts';
import { toZxid } from '../../jute/int64.ts';
import { follows } from '../../jute/zxid.ts';

/** How many bytes are kept at most. The newest transaction is kept whatever its size. */
export const COMMITTED_LOG_SIZE_LIMIT = 16 << 20;

/** Transactions are copied into pieces of memory of this size, in bytes; a larger one has its own. */
const CHUNK_SIZE = 64 * 1024;

/** A transaction as the log has it and a PROPOSAL carries it. */
export interface LoggedTxn {
  readonly zxid: Zxid;
  /** Header, transaction, digest. */
  readonly record: Buffer;
}

/** The ring. */
export class CommittedLog {
  private readonly capacity: number;
  private readonly zxids: BigInt64Array;
  private readonly chunks: (Buffer | null)[];
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  /** Where the oldest is. */
  private first = 0;
  private used = 0;
  private bytes = 0;
  /** What is filled now, up to `filled`. Never overwritten, so that views of it stay what they are. */
  private chunk = Buffer.alloc(0);
  private filled = 0;

  /** @param limit transactions kept (commitLogCount) */
  constructor(limit: number) {
    this.capacity = limit;
    this.zxids = new BigInt64Array(limit);
    this.chunks = new Array<Buffer | null>(limit).fill(null);
    this.starts = new Int32Array(limit);
    this.ends = new Int32Array(limit);
  }

  get isEmpty(): boolean {
    return this.used === 0;
  }

  /** The oldest zxid; null where there is none. */
  get minZxid(): Zxid | null {
    return this.used === 0 ? null : this.zxidAt(0);
  }

  /** The newest zxid; null where there is none. */
  get maxZxid(): Zxid | null {
    return this.used === 0 ? null : this.zxidAt(this.used - 1);
  }

  /** The newest zxid that is not above `zxid`; null for none. */
  floor(zxid: Zxid): Zxid | null {
    const index = this.indexAbove(zxid);
    return index === 0 ? null : this.zxidAt(index - 1);
  }

  /** The oldest zxid above `zxid`; null for none. */
  above(zxid: Zxid): Zxid | null {
    const index = this.indexAbove(zxid);
    return index === this.used ? null : this.zxidAt(index);
  }

  /** The transactions above `zxid`, oldest first. To be walked through before the next one is added; the records stay good. */
  *entriesAbove(zxid: Zxid): Generator<LoggedTxn> {
    for (let index = this.indexAbove(zxid); index < this.used; index++) {
      const place = this.placeOf(index);
      const record = this.chunks[place]?.subarray(this.starts[place], this.ends[place]);
      if (record !== undefined) yield { zxid: this.zxidAt(index), record };
    }
  }

  private zxidAt(index: number): Zxid {
    return toZxid(this.zxids[this.placeOf(index)] as bigint);
  }

  private indexAbove(zxid: Zxid): number {
    let low = 0;
    let high = this.used;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.zxidAt(middle) > zxid) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Adds a transaction that was committed; `record` (header, transaction, digest) is copied. */
  add(zxid: Zxid, record: Uint8Array): void {
    const last = this.maxZxid;
    if (last !== null && !follows(last, zxid)) this.clear();
    while (this.used === this.capacity || this.isTooLargeWith(record.length)) this.removeOldest();
    const size = record.length;
    if (this.filled + size > this.chunk.length) {
      this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_SIZE, size));
      this.filled = 0;
    }
    this.chunk.set(record, this.filled);
    const place = this.placeOf(this.used);
    this.zxids[place] = zxid;
    this.chunks[place] = this.chunk;
    this.starts[place] = this.filled;
    this.filled += size;
    this.ends[place] = this.filled;
    this.used += 1;
    this.bytes += size;
  }

  private isTooLargeWith(size: number): boolean {
    return this.used > 0 && this.bytes + size > COMMITTED_LOG_SIZE_LIMIT;
  }

  private removeOldest(): void {
    const place = this.placeOf(0);
    this.bytes -= (this.ends[place] as number) - (this.starts[place] as number);
    this.chunks[place] = null;
    this.first = this.placeOf(1);
    this.used -= 1;
  }

  /** Forgets everything: the tree was loaded anew, by recovery, TRUNC or SNAP. */
  clear(): void {
    while (this.used > 0) this.removeOldest();
  }

  private placeOf(index: number): number {
    return (this.first + index) % this.capacity;
  }
}
