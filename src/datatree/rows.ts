/*
 * Rows: one record of fixed size for each znode, in segments outside the JavaScript heap. Rows are used again, and a segment without any
 * gives its memory back.
 *
 * A row is 25 words: eight 32-bit numbers of this process (native byte order), then the Stat in its wire layout. All fields of a znode
 * stand together because a look-up at random pays for cache lines, not for bytes. What the fields mean is kept by
 * znodes.ts; this file knows where they are.
 *
 *   byte  0  parent         chain of free rows
 *         4  nameAndFlags   name length in bytes << 5 | flags
 *         8  chunk          where name and data are (slab.ts)
 *        12  firstChild
 *        16  nextSibling    NO_ROW behind the last one
 *        20  previousSibling  of the first child: the last one
 *        24  acl            slot in the AclTable
 *        28  digest
 *        32  Stat, 68 bytes
 */

import { STAT_PERSISTED_PZXID_OFFSET, STAT_SIZE, StatOffset } from '../jute/data.ts';
import { allocateBytes, IS_LITTLE_ENDIAN } from './memory.ts';

/** A znode's place. */
export type Row = number;

/** No znode. */
export const NO_ROW = -1;

/** Where the numbers of a row are, in words from its start. */
export const Field = {
  parent: 0,
  nameAndFlags: 1,
  chunk: 2,
  firstChild: 3,
  nextSibling: 4,
  previousSibling: 5,
  acl: 6,
  digest: 7,
} as const;

/** The slot of OPEN_ACL_UNSAFE (acl-table.ts). */
const NO_ACL = -1;
const STAT_WORD = 8;
const WORDS_PER_ROW = STAT_WORD + STAT_SIZE / 4;
const SEGMENT_BITS = 12;
const ROWS_PER_SEGMENT = 1 << SEGMENT_BITS;
const NO_SEGMENT = -1;
const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const IN_SEGMENT = ROWS_PER_SEGMENT - 1;
const SEGMENT_SIZE = ROWS_PER_SEGMENT * WORDS_PER_ROW * 4;

/** Turns the byte order of this machine into that of the wire, and back. */
export function wireOrder(word: number): number {
  if (!IS_LITTLE_ENDIAN) return word;
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** What is known of a segment. */
class Segment {
  usedCount = 0;
  /** Rows from here on were never used since the segment got its memory. */
  freshIndex = 0;
  firstFree: Row = NO_ROW;
  /** Its neighbours among the segments that have room. */
  previous = NO_SEGMENT;
  next = NO_SEGMENT;
}

/** The records. */
export class Rows {
  /** The memory of each segment; without content while the segment has none. */
  private readonly wordSegments: Int32Array[] = [];
  private readonly byteSegments: Uint8Array[] = [];
  private readonly segments: Segment[] = [];
  private readonly freeSegments: number[] = [];
  private segmentWithRoom = NO_SEGMENT;
  /** How many rows are in use. */
  count = 0;

  /** Every row that is or was in use is below this. */
  get limit(): Row {
    return this.segments.length << SEGMENT_BITS;
  }

  /** Takes a row; its fields hold whatever they held. */
  allocate(): Row {
    if (this.segmentWithRoom === NO_SEGMENT) this.addSegment();
    const index = this.segmentWithRoom;
    const segment = this.segments[index] as Segment;
    let row = segment.firstFree;
    if (row === NO_ROW) {
      row = (index << SEGMENT_BITS) + segment.freshIndex;
      segment.freshIndex += 1;
    } else {
      segment.firstFree = this.get(row, Field.parent);
    }
    segment.usedCount += 1;
    this.count += 1;
    if (segment.usedCount === ROWS_PER_SEGMENT) this.unlink(index);
    return row;
  }

  /** Gives a row back. The last one of a segment gives back the memory too, if there is room elsewhere. */
  free(row: Row): void {
    const index = row >> SEGMENT_BITS;
    const segment = this.segments[index] as Segment;
    if (segment.usedCount === ROWS_PER_SEGMENT) this.link(index);
    segment.usedCount -= 1;
    this.count -= 1;
    this.set(row, Field.parent, segment.firstFree);
    segment.firstFree = row;
    const isOnlyRoom = this.segmentWithRoom === index && segment.next === NO_SEGMENT;
    if (segment.usedCount === 0 && !isOnlyRoom) this.dropSegment(index);
  }

  /** Gives back all rows and their memory. */
  clear(): void {
    this.wordSegments.length = 0;
    this.byteSegments.length = 0;
    this.segments.length = 0;
    this.freeSegments.length = 0;
    this.segmentWithRoom = NO_SEGMENT;
    this.count = 0;
  }

  private addSegment(): void {
    const index = this.freeSegments.pop() ?? this.segments.length;
    const bytes = allocateBytes(SEGMENT_SIZE);
    this.byteSegments[index] = bytes;
    this.wordSegments[index] = new Int32Array(bytes.buffer);
    this.segments[index] = new Segment();
    this.link(index);
  }

  private dropSegment(index: number): void {
    this.unlink(index);
    this.byteSegments[index] = NO_BYTES;
    this.wordSegments[index] = NO_WORDS;
    this.freeSegments.push(index);
  }

  private link(index: number): void {
    const segment = this.segments[index] as Segment;
    const next = this.segmentWithRoom;
    segment.next = next;
    segment.previous = NO_SEGMENT;
    if (next !== NO_SEGMENT) (this.segments[next] as Segment).previous = index;
    this.segmentWithRoom = index;
  }

  private unlink(index: number): void {
    const { previous, next } = this.segments[index] as Segment;
    if (previous === NO_SEGMENT) this.segmentWithRoom = next;
    else (this.segments[previous] as Segment).next = next;
    if (next !== NO_SEGMENT) (this.segments[next] as Segment).previous = previous;
  }

  /** The words in which the numbers of a row stand, from startOf(row) on: for loops that look at several. */
  wordsOf(row: Row): Int32Array {
    return this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
  }

  /** Where a row begins in wordsOf(row). */
  startOf(row: Row): number {
    return (row & IN_SEGMENT) * WORDS_PER_ROW;
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

  /** Copies the Stat of a row, 17 words as they stand in memory, to `target[at …]`. Quicker than as bytes, and no view is made for it. */
  copyStat(row: Row, target: Int32Array, at: number): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const stat = (row & IN_SEGMENT) * WORDS_PER_ROW + STAT_WORD;
    for (let word = 0; word < STAT_SIZE >> 2; word++) {
      target[at + word] = words[stat + word] as number;
    }
  }

  /** A 32-bit field of the Stat, by its offset in bytes. */
  statInt(row: Row, offset: number): number {
    return wireOrder(this.get(row, STAT_WORD + (offset >> 2)));
  }

  setStatInt(row: Row, offset: number, value: number): void {
    this.set(row, STAT_WORD + (offset >> 2), wireOrder(value));
  }

  /** Takes the fields of a Stat from a StatPersisted at `source[at …]`; dataLength and numChildren stay. */
  takePersistedStat(row: Row, source: DataView, at: number): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const stat = (row & IN_SEGMENT) * WORDS_PER_ROW + STAT_WORD;
    for (let word = 0; word < StatOffset.dataLength >> 2; word++) {
      words[stat + word] = source.getInt32(at + 4 * word, IS_LITTLE_ENDIAN);
    }
    const pzxid = at + STAT_PERSISTED_PZXID_OFFSET;
    words[stat + (StatOffset.pzxid >> 2)] = source.getInt32(pzxid, IS_LITTLE_ENDIAN);
    words[stat + (StatOffset.pzxid >> 2) + 1] = source.getInt32(pzxid + 4, IS_LITTLE_ENDIAN);
  }

  /** Sets a 64-bit field of the Stat from two words that are in wire order already (wireOrder). */
  setStatWords(row: Row, offset: number, first: number, second: number): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const at = (row & IN_SEGMENT) * WORDS_PER_ROW + STAT_WORD + (offset >> 2);
    words[at] = first;
    words[at + 1] = second;
  }

  /** Sets the numbers of a row that is new, and its Stat to zero. */
  start(row: Row, parent: Row, nameAndFlags: number): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const at = (row & IN_SEGMENT) * WORDS_PER_ROW;
    words[at + Field.parent] = parent;
    words[at + Field.nameAndFlags] = nameAndFlags;
    words[at + Field.firstChild] = NO_ROW;
    words[at + Field.nextSibling] = NO_ROW;
    words[at + Field.previousSibling] = NO_ROW;
    words[at + Field.acl] = NO_ACL;
    words[at + Field.digest] = 0;
    for (let word = STAT_WORD; word < WORDS_PER_ROW; word++) words[at + word] = 0;
  }
}
