/*
 * Rows: one record of fixed size for each znode, in segments outside the JavaScript heap, used again through a free list.
 *
 * A row is 27 words: ten 32-bit numbers of this process (native byte order), then the Stat in its wire layout. All fields of a znode
 * stand together because a look-up at random pays for cache lines, not for bytes. What the fields mean is kept by
 * znodes.ts; this file knows where they are.
 *
 *   byte  0  hash           of the path
 *         4  nextInBucket   chain of the path index; chain of free rows
 *         8  parent
 *        12  nameAndFlags   name length in bytes << 5 | flags
 *        16  chunk          where name and data are (slab.ts)
 *        20  firstChild
 *        24  nextSibling    NO_ROW behind the last one
 *        28  previousSibling  of the first child: the last one
 *        32  acl            slot in the AclTable
 *        36  digest
 *        40  Stat, 68 bytes
 */

import { STAT_SIZE } from '../jute/data.ts';
import { allocateBytes } from './memory.ts';

/** A znode's place. */
export type Row = number;

/** No znode. */
export const NO_ROW = -1;

/** Where the numbers of a row are, in words from its start. */
export const Field = {
  hash: 0,
  nextInBucket: 1,
  parent: 2,
  nameAndFlags: 3,
  chunk: 4,
  firstChild: 5,
  nextSibling: 6,
  previousSibling: 7,
  acl: 8,
  digest: 9,
} as const;

const STAT_WORD = 10;
const WORDS_PER_ROW = STAT_WORD + STAT_SIZE / 4;
const SEGMENT_BITS = 12;
const ROWS_PER_SEGMENT = 1 << SEGMENT_BITS;
const IN_SEGMENT = ROWS_PER_SEGMENT - 1;
const SEGMENT_SIZE = ROWS_PER_SEGMENT * WORDS_PER_ROW * 4;

/** The records. */
export class Rows {
  private readonly wordSegments: Int32Array[] = [];
  private readonly byteSegments: Uint8Array[] = [];
  private firstFree: Row = NO_ROW;
  private limit = 0;
  /** How many rows are in use. */
  count = 0;

  /** Takes a row; its fields hold whatever they held. */
  allocate(): Row {
    this.count += 1;
    const row = this.firstFree;
    if (row !== NO_ROW) {
      this.firstFree = this.get(row, Field.nextInBucket);
      return row;
    }
    if (this.limit >> SEGMENT_BITS === this.wordSegments.length) {
      const bytes = allocateBytes(SEGMENT_SIZE);
      this.byteSegments.push(bytes);
      this.wordSegments.push(new Int32Array(bytes.buffer));
    }
    return this.limit++;
  }

  /** Gives a row back. */
  free(row: Row): void {
    this.count -= 1;
    this.set(row, Field.nextInBucket, this.firstFree);
    this.firstFree = row;
  }

  /** Gives back all rows and their memory. */
  clear(): void {
    this.wordSegments.length = 0;
    this.byteSegments.length = 0;
    this.firstFree = NO_ROW;
    this.limit = 0;
    this.count = 0;
  }

  get(row: Row, field: number): number {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    return words[(row & IN_SEGMENT) * WORDS_PER_ROW + field] as number;
  }

  set(row: Row, field: number, value: number): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    words[(row & IN_SEGMENT) * WORDS_PER_ROW + field] = value;
  }

  /** The bytes in which the Stat of a row stands, from statStart(row) on. */
  statBytes(row: Row): Uint8Array {
    return this.byteSegments[row >> SEGMENT_BITS] as Uint8Array;
  }

  /** Where the Stat begins in statBytes(row). */
  statStart(row: Row): number {
    return ((row & IN_SEGMENT) * WORDS_PER_ROW + STAT_WORD) * 4;
  }

  /** Sets the whole Stat of a row to zero. */
  clearStat(row: Row): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const start = (row & IN_SEGMENT) * WORDS_PER_ROW;
    for (let word = STAT_WORD; word < WORDS_PER_ROW; word++) words[start + word] = 0;
  }
}
