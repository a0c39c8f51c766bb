/*
 * Rows: one record of fixed size for each znode, and an extension for those that need one.
 *
 * Most znodes never have a child, an owner or another access list. What only others need stands in an extension, which a row gets with the
 * first value that is not the usual one: no child, 0, and of pzxid the czxid. That is 72 bytes for most znodes instead of 100.
 * All numbers are 32 bits; those of this process in its byte order, those of a Stat as on the wire. What they mean is kept
 * by znode-layout.ts; this file knows where they are.
 *
 *   a row, 18 words                                           an extension, 8 words
 *    0  parent           chain of free rows                    0  firstChild      chain of free extensions
 *    1  nameAndFlags     name length in bytes << 5 | flags     1  cversion
 *    2  chunk            where name and data are (slab.ts)     2  aversion
 *    3  nextSibling      NO_ROW behind the last one            3  ephemeralOwner
 *    4  previousSibling  of the first child: the last one      5  numChildren
 *    5  acl              slot in the AclTable                  6  pzxid
 *    6  digest
 *    7  extension        its place + 1, or 0
 *    8  czxid, mzxid, ctime, mtime, version
 *   17  dataLength
 */

import { STAT_PERSISTED_PZXID_OFFSET, STAT_SIZE, StatOffset } from '../jute/data.ts';
import { writeInt64 } from '../jute/int64.ts';
import type { Warm } from './memory.ts';
import { IS_LITTLE_ENDIAN } from './memory.ts';
import { Records } from './records.ts';
import type { TxnMoment } from './txn-moment.ts';

/** A znode's place. */
export type Row = number;

/** No znode. */
export const NO_ROW = -1;

/** Where the numbers of a row are, in words from its start. */
export const Field = {
  parent: 0,
  nameAndFlags: 1,
  chunk: 2,
  nextSibling: 3,
  previousSibling: 4,
  acl: 5,
  digest: 6,
} as const;

const EXTENSION = 7;
const NO_EXTENSION = 0;
const STAT_WORD = 8;
const MZXID = StatOffset.mzxid >> 2;
const MTIME = StatOffset.mtime >> 2;
const VERSION = StatOffset.version >> 2;
const DATA_LENGTH = 17;
const WORDS_PER_ROW = 18;
const SEGMENT_BITS = 12;
const IN_SEGMENT = (1 << SEGMENT_BITS) - 1;

const FIRST_CHILD = 0;
const CVERSION = 1;
const CHILD_COUNT = 5;
const PZXID = 6;
const WORDS_PER_EXTENSION = 8;
const EXTENSION_SEGMENT_BITS = 10;
const IN_EXTENSION_SEGMENT = (1 << EXTENSION_SEGMENT_BITS) - 1;

/** How many words of a StatPersisted every row has: czxid, mzxid, ctime, mtime, version. */
export const STAT_WORDS_IN_ROW = (StatOffset.version >> 2) + 1;

/** Turns the byte order of this machine into that of the wire, and back. */
export function wireOrder(word: number): number {
  if (!IS_LITTLE_ENDIAN) return word;
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Where in a row a field of the Stat is that every row has, or -1. */
function wordInRow(offset: number): number {
  if (offset <= StatOffset.version) return STAT_WORD + (offset >> 2);
  return offset === StatOffset.dataLength ? DATA_LENGTH : -1;
}

/** Where in an extension one of the others is. */
function wordInExtension(offset: number): number {
  const isBehindDataLength = offset > StatOffset.dataLength;
  return ((offset - StatOffset.cversion) >> 2) + (isBehindDataLength ? 0 : CVERSION);
}

/** The records. */
export class Rows extends Records {
  private readonly extensions = new Records(WORDS_PER_EXTENSION, EXTENSION_SEGMENT_BITS);
  private readonly extensionWords = this.extensions.wordSegments;
  private readonly scratch = new Uint8Array(STAT_SIZE);
  private readonly scratchWords = new Int32Array(this.scratch.buffer);
  private readonly scratchView = new DataView(this.scratch.buffer);

  constructor(warm: Warm | null = null) {
    super(WORDS_PER_ROW, SEGMENT_BITS, warm);
  }

  /** Gives a row back, and its extension. */
  override free(row: Row): void {
    const extension = this.get(row, EXTENSION);
    if (extension !== NO_EXTENSION) {
      this.extensions.free(extension - 1);
      this.set(row, EXTENSION, NO_EXTENSION);
    }
    super.free(row);
  }

  override clear(): void {
    super.clear();
    this.extensions.clear();
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

  firstChild(row: Row): Row {
    const extension = this.get(row, EXTENSION);
    return extension === NO_EXTENSION ? NO_ROW : this.inExtension(extension, FIRST_CHILD);
  }

  setFirstChild(row: Row, child: Row): void {
    this.setInExtension(this.extensionOf(row), FIRST_CHILD, child);
  }

  // ---- the Stat

  /** A 32-bit field of the Stat, or half of a longer one, by its offset in bytes. */
  statInt(row: Row, offset: number): number {
    return wireOrder(this.statWord(row, offset));
  }

  setStatInt(row: Row, offset: number, value: number): void {
    this.setStatWord(row, offset, wireOrder(value));
  }

  /** Sets a 64-bit field of the Stat from two words that are in wire order already (wireOrder). A czxid comes before the pzxid. */
  setStatWords(row: Row, offset: number, first: number, second: number): void {
    this.setStatWord(row, offset, first);
    this.setStatWord(row, offset + 4, second);
  }

  /** Sets what becomes of mzxid, mtime and version when the data of a row is set. */
  setModified(row: Row, moment: TxnMoment, version: number): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const stat = (row & IN_SEGMENT) * WORDS_PER_ROW + STAT_WORD;
    words[stat + MZXID] = wireOrder(moment.zxidHigh);
    words[stat + MZXID + 1] = wireOrder(moment.zxidLow);
    words[stat + MTIME] = wireOrder(moment.timeHigh);
    words[stat + MTIME + 1] = wireOrder(moment.timeLow);
    words[stat + VERSION] = wireOrder(version);
  }

  /** Sets a 64-bit field of the Stat. */
  setStatLong(row: Row, offset: number, value: bigint): void {
    const { scratchWords } = this;
    writeInt64(this.scratch, 0, value);
    this.setStatWords(row, offset, scratchWords[0] as number, scratchWords[1] as number);
  }

  /** The Stat of a row in its wire layout, 68 bytes: good until the next call. */
  stat(row: Row): Uint8Array {
    this.copyStat(row, this.scratchWords, 0);
    return this.scratch;
  }

  /** The same as a view, over the same memory. */
  statView(row: Row): DataView {
    this.stat(row);
    return this.scratchView;
  }

  /** Copies the Stat of a row, 17 words as they stand in memory, to `target[at …]`. */
  copyStat(row: Row, target: Int32Array, at: number): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const start = (row & IN_SEGMENT) * WORDS_PER_ROW;
    const stat = start + STAT_WORD;
    for (let word = 0; word <= StatOffset.version >> 2; word++) {
      target[at + word] = words[stat + word] as number;
    }
    target[at + (StatOffset.dataLength >> 2)] = words[start + DATA_LENGTH] as number;
    const extension = words[start + EXTENSION] as number;
    if (extension !== NO_EXTENSION) {
      this.copyExtension(extension, target, at);
      return;
    }
    const cversion = at + (StatOffset.cversion >> 2);
    target[cversion] = 0;
    target[cversion + 1] = 0;
    target[cversion + 2] = 0;
    target[cversion + 3] = 0;
    target[at + (StatOffset.numChildren >> 2)] = 0;
    target[at + (StatOffset.pzxid >> 2)] = words[stat] as number;
    target[at + (StatOffset.pzxid >> 2) + 1] = words[stat + 1] as number;
  }

  private copyExtension(extension: number, target: Int32Array, at: number): void {
    const words = this.extensionWords[(extension - 1) >> EXTENSION_SEGMENT_BITS] as Int32Array;
    const start = ((extension - 1) & IN_EXTENSION_SEGMENT) * WORDS_PER_EXTENSION;
    const cversion = at + (StatOffset.cversion >> 2);
    for (let word = 0; word < CHILD_COUNT - CVERSION; word++) {
      target[cversion + word] = words[start + CVERSION + word] as number;
    }
    const numChildren = at + (StatOffset.numChildren >> 2);
    for (let word = 0; word < WORDS_PER_EXTENSION - CHILD_COUNT; word++) {
      target[numChildren + word] = words[start + CHILD_COUNT + word] as number;
    }
  }

  /** Takes the fields of a Stat from the words of a StatPersisted; dataLength and numChildren stay. */
  takePersistedStat(row: Row, stat: Int32Array): void {
    for (let word = 0; word < STAT_WORDS_IN_ROW; word++) {
      this.set(row, STAT_WORD + word, stat[word] as number);
    }
    for (let offset = StatOffset.cversion; offset < StatOffset.dataLength; offset += 4) {
      this.setStatWord(row, offset, stat[offset >> 2] as number);
    }
    const pzxid = STAT_PERSISTED_PZXID_OFFSET >> 2;
    const [high, low] = [stat[pzxid] as number, stat[pzxid + 1] as number];
    this.setStatWords(row, StatOffset.pzxid, high, low);
  }

  /**
   * Sets the numbers of a row that is new and has neither children nor siblings. Its Stat begins with the words of `stat`, which are in
   * wire order, and is the usual one otherwise.
   */
  start(
    row: Row,
    given: { readonly parent: Row; readonly acl: number; readonly stat: Int32Array },
    nameAndFlags: number,
    chunk: number,
    dataLength: number,
  ): void {
    const words = this.wordSegments[row >> SEGMENT_BITS] as Int32Array;
    const at = (row & IN_SEGMENT) * WORDS_PER_ROW;
    const { stat } = given;
    words[at + Field.parent] = given.parent;
    words[at + Field.nameAndFlags] = nameAndFlags;
    words[at + Field.chunk] = chunk;
    words[at + Field.nextSibling] = NO_ROW;
    words[at + Field.previousSibling] = NO_ROW;
    words[at + Field.acl] = given.acl;
    words[at + Field.digest] = 0;
    words[at + EXTENSION] = NO_EXTENSION;
    for (let word = 0; word < STAT_WORDS_IN_ROW; word++) {
      words[at + STAT_WORD + word] = stat[word] as number;
    }
    words[at + DATA_LENGTH] = wireOrder(dataLength);
  }

  private statWord(row: Row, offset: number): number {
    const word = wordInRow(offset);
    if (word >= 0) return this.get(row, word);
    const extension = this.get(row, EXTENSION);
    if (extension === NO_EXTENSION) return this.usualWord(row, offset);
    return this.inExtension(extension, wordInExtension(offset));
  }

  private setStatWord(row: Row, offset: number, value: number): void {
    const word = wordInRow(offset);
    if (word >= 0) {
      this.set(row, word, value);
      return;
    }
    if (this.get(row, EXTENSION) === NO_EXTENSION && value === this.usualWord(row, offset)) return;
    this.setInExtension(this.extensionOf(row), wordInExtension(offset), value);
  }

  /** What a field of the Stat is for a row without an extension. */
  private usualWord(row: Row, offset: number): number {
    if (offset < StatOffset.pzxid) return 0;
    return this.get(row, STAT_WORD + ((offset - StatOffset.pzxid) >> 2));
  }

  /** The extension of a row, which gets one if it has none. */
  private extensionOf(row: Row): number {
    const there = this.get(row, EXTENSION);
    if (there !== NO_EXTENSION) return there;
    const extension = this.extensions.allocate() + 1;
    this.set(row, EXTENSION, extension);
    this.setInExtension(extension, FIRST_CHILD, NO_ROW);
    for (let word = CVERSION; word < PZXID; word++) this.setInExtension(extension, word, 0);
    this.setInExtension(extension, PZXID, this.get(row, STAT_WORD));
    this.setInExtension(extension, PZXID + 1, this.get(row, STAT_WORD + 1));
    return extension;
  }

  private inExtension(extension: number, word: number): number {
    const words = this.extensionWords[(extension - 1) >> EXTENSION_SEGMENT_BITS] as Int32Array;
    const start = ((extension - 1) & IN_EXTENSION_SEGMENT) * WORDS_PER_EXTENSION;
    return words[start + word] as number;
  }

  private setInExtension(extension: number, word: number, value: number): void {
    const words = this.extensionWords[(extension - 1) >> EXTENSION_SEGMENT_BITS] as Int32Array;
    words[((extension - 1) & IN_EXTENSION_SEGMENT) * WORDS_PER_EXTENSION + word] = value;
  }
}
