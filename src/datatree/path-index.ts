/*
 * The hash table from paths to rows, by linear hashing (Litwin): chains of rows, and one more bucket split for each
 * znode that is added, one fewer for each that goes. So no operation ever pays for the size of the tree, nothing is left
 * behind by deletions, and the memory follows the number of znodes.
 *
 * It stores hashes and compares none of the paths: that is done by znodes.ts, which holds the names.
 */

import { allocateBytes } from './memory.ts';
import type { Row, Rows } from './rows.ts';
import { Field, NO_ROW } from './rows.ts';

const SEGMENT_BITS = 14;
const IN_SEGMENT = (1 << SEGMENT_BITS) - 1;
const MIN_BUCKETS = 1024;

/** Buckets of rows, about one row in each. */
export class PathIndex {
  private readonly rows: Rows;
  private readonly segments: Int32Array[] = [];
  private bucketCount = MIN_BUCKETS;
  /** Buckets below `bucketCount - levelSize` are split already: their hashes take one bit more. */
  private levelSize = MIN_BUCKETS;
  private count = 0;

  constructor(rows: Rows) {
    this.rows = rows;
    this.clear();
  }

  /** Forgets all rows. */
  clear(): void {
    this.segments.length = 0;
    this.addSegment();
    this.bucketCount = MIN_BUCKETS;
    this.levelSize = MIN_BUCKETS;
    this.count = 0;
  }

  private addSegment(): void {
    const words = new Int32Array(allocateBytes(4 << SEGMENT_BITS).buffer);
    this.segments.push(words.fill(NO_ROW));
  }

  private bucketOf(hash: number): number {
    const bucket = hash & (2 * this.levelSize - 1);
    return bucket < this.bucketCount ? bucket : bucket & (this.levelSize - 1);
  }

  private headOf(bucket: number): Row {
    return (this.segments[bucket >> SEGMENT_BITS] as Int32Array)[bucket & IN_SEGMENT] as number;
  }

  private setHead(bucket: number, row: Row): void {
    (this.segments[bucket >> SEGMENT_BITS] as Int32Array)[bucket & IN_SEGMENT] = row;
  }

  /** The first row whose bucket a hash falls into; the others follow by Field.nextInBucket. Their hashes may differ. */
  first(hash: number): Row {
    return this.headOf(this.bucketOf(hash));
  }

  /** Enters a row under its Field.hash. */
  add(row: Row): void {
    const bucket = this.bucketOf(this.rows.get(row, Field.hash));
    this.push(bucket, row);
    this.count += 1;
    if (this.count > this.bucketCount) this.split();
  }

  private push(bucket: number, row: Row): void {
    this.rows.set(row, Field.nextInBucket, this.headOf(bucket));
    this.setHead(bucket, row);
  }

  /** Takes out a row that is in. */
  remove(row: Row): void {
    const { rows } = this;
    const bucket = this.bucketOf(rows.get(row, Field.hash));
    const next = rows.get(row, Field.nextInBucket);
    let before = this.headOf(bucket);
    if (before === row) {
      this.setHead(bucket, next);
    } else {
      for (;;) {
        const after = rows.get(before, Field.nextInBucket);
        if (after === row) break;
        before = after;
      }
      rows.set(before, Field.nextInBucket, next);
    }
    this.count -= 1;
    if (this.count < this.bucketCount >> 1 && this.bucketCount > MIN_BUCKETS) this.merge();
  }

  /** Adds a bucket and moves into it the rows of its counterpart that have the next bit of the hash set. */
  private split(): void {
    const { rows, levelSize } = this;
    const added = this.bucketCount;
    const source = added - levelSize;
    if (added >> SEGMENT_BITS === this.segments.length) this.addSegment();
    let row = this.headOf(source);
    this.setHead(source, NO_ROW);
    while (row !== NO_ROW) {
      const next = rows.get(row, Field.nextInBucket);
      this.push((rows.get(row, Field.hash) & levelSize) === 0 ? source : added, row);
      row = next;
    }
    this.bucketCount += 1;
    if (this.bucketCount === 2 * levelSize) this.levelSize *= 2;
  }

  /** Takes the last bucket away and gives its rows back to its counterpart. */
  private merge(): void {
    if (this.bucketCount === this.levelSize) this.levelSize /= 2;
    this.bucketCount -= 1;
    const removed = this.bucketCount;
    let row = this.headOf(removed);
    this.setHead(removed, NO_ROW);
    while (row !== NO_ROW) {
      const next = this.rows.get(row, Field.nextInBucket);
      this.push(removed - this.levelSize, row);
      row = next;
    }
    if ((removed & IN_SEGMENT) === 0 && removed > 0) this.segments.pop();
  }
}
