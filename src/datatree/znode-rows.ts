/*
 * ZnodeRows: znodes one by one: what is read from a row and its chunk, and how they get their name and their data.
 *
 * Answers to the fields of DataNode and to what sets them. Where the parts stand is said by znode-layout.ts; what znodes are to each other,
 * and how they are found, by those who build on this: children.ts and znodes.ts.
 */

import {
  CopySource,
  copyBytes,
  copyViewed,
  copyWords,
  WORD_LOOP_MAX_SIZE,
} from '../jute/copy-bytes.ts';
import { StatOffset } from '../jute/data.ts';
import { crcCopy, crcUpdate } from './digest.ts';
import type { Warm } from './memory.ts';
import type { Row } from './rows.ts';
import { Field, Rows } from './rows.ts';
import { Slab } from './slab.ts';
import type { NewZnode, OwnerKind } from './znode-layout.ts';
import {
  dataSizeOf,
  EXCLUDED,
  FLAG_BITS,
  linksSizeOf,
  NULL_DATA,
  OWNER_MASK,
  OWNER_SHIFT,
  RESERVED,
} from './znode-layout.ts';

/** The rows and chunks of one tree. */
export class ZnodeRows {
  readonly rows: Rows;
  /** For loops over many chunks; chunkBytes() and those with it tell where the parts of a single one are. */
  readonly slab: Slab;
  /** What names and data are copied from: the parts of a multi, and requests that come together, stand in the same. */
  private readonly source = new CopySource();

  constructor(warm: Warm | null) {
    this.rows = new Rows(warm);
    this.slab = new Slab(warm);
  }

  /** Gives back all rows and chunks. */
  clear(): void {
    this.rows.clear();
    this.slab.clear();
  }

  // ---- reading a row

  parent(row: Row): Row {
    return this.rows.get(row, Field.parent);
  }

  firstChild(row: Row): Row {
    return this.rows.firstChild(row);
  }

  nextSibling(row: Row): Row {
    return this.rows.get(row, Field.nextSibling);
  }

  nameSize(row: Row): number {
    return this.rows.get(row, Field.nameAndFlags) >>> FLAG_BITS;
  }

  ownerKind(row: Row): OwnerKind {
    return ((this.rows.get(row, Field.nameAndFlags) >>> OWNER_SHIFT) & OWNER_MASK) as OwnerKind;
  }

  /** Whether a row is below /zookeeper/. */
  isExcluded(row: Row): boolean {
    return (this.rows.get(row, Field.nameAndFlags) & EXCLUDED) !== 0;
  }

  /** Whether a row stands for a znode that is only going to be: nobody finds it, and it is nobody's child. */
  isReserved(row: Row): boolean {
    return (this.rows.get(row, Field.nameAndFlags) & RESERVED) !== 0;
  }

  hasNullData(row: Row): boolean {
    return (this.rows.get(row, Field.nameAndFlags) & NULL_DATA) !== 0;
  }

  /** The bytes that hold owner links, name and data of a row. */
  chunkBytes(row: Row): Uint8Array {
    return this.slab.bytesOf(this.rows.get(row, Field.chunk));
  }

  /** Where the links of a row that has an owner begin in chunkBytes(row): next (4), previous (4). */
  ownerLinksStart(row: Row): number {
    return this.slab.startOf(this.rows.get(row, Field.chunk));
  }

  /** Where the name begins in chunkBytes(row). */
  nameStart(row: Row): number {
    return this.slab.startOf(this.rows.get(row, Field.chunk)) + this.linksSize(row);
  }

  private linksSize(row: Row): number {
    return linksSizeOf(this.rows.get(row, Field.nameAndFlags));
  }

  /** Where the data begins in chunkBytes(row). */
  dataStart(row: Row): number {
    return this.nameStart(row) + this.nameSize(row);
  }

  /** Bytes of data; 0 for null. */
  dataLength(row: Row): number {
    return this.statInt(row, StatOffset.dataLength);
  }

  childCount(row: Row): number {
    return this.statInt(row, StatOffset.numChildren);
  }

  /** A 32-bit field of the Stat. */
  statInt(row: Row, offset: number): number {
    return this.rows.statInt(row, offset);
  }

  setStatInt(row: Row, offset: number, value: number): void {
    this.rows.setStatInt(row, offset, value);
  }

  // ---- a new row

  /**
   * Makes the row of a znode, with its name and its data; nobody finds it yet, and it is nobody's child.
   *
   * @param reservedFlag RESERVED or 0
   */
  protected make(given: NewZnode, reservedFlag: number): Row {
    const row = this.place(given, reservedFlag);
    const { bytes, data } = given;
    if (data !== null && data !== bytes) {
      const at = this.nameStart(row);
      const target = this.chunkBytes(row);
      const nameSize = given.end - given.nameStart;
      copyBytes(bytes, given.nameStart, target, at, nameSize);
      copyBytes(data, given.dataStart, target, at + nameSize, dataSizeOf(given));
      given.crc = crcUpdate(given.crc, data, given.dataStart, given.dataEnd);
    } else {
      this.fill(row, given, this.source.viewOf(bytes));
    }
    return row;
  }

  /** The same where `source` views both the name and the data, if there is any, at the same offsets as `given` has them. */
  protected makeViewed(given: NewZnode, source: DataView): Row {
    const row = this.place(given, 0);
    this.fill(row, given, source);
    return row;
  }

  /** Makes room for a znode, with everything in it but its name and its data. */
  private place(given: NewZnode, reservedFlag: number): Row {
    const { rows } = this;
    const nameSize = given.end - given.nameStart;
    const dataSize = dataSizeOf(given);
    const flags =
      reservedFlag |
      (given.isExcluded ? EXCLUDED : 0) |
      (given.ownerKind << OWNER_SHIFT) |
      (given.data === null ? NULL_DATA : 0);
    const row = rows.allocate();
    const chunk = this.slab.allocate(linksSizeOf(flags) + nameSize + dataSize);
    rows.start(row, given, (nameSize << FLAG_BITS) | flags, chunk, dataSize);
    return row;
  }

  /** Copies name and data to where they belong, both from `given.bytes`, of which `source` is a view. */
  private fill(row: Row, given: NewZnode, source: DataView): void {
    const { slab } = this;
    const { nameStart, dataStart } = given;
    const nameSize = given.end - nameStart;
    const dataSize = dataSizeOf(given);
    const chunk = this.rows.get(row, Field.chunk);
    const at = this.nameStart(row);
    if (chunk >= 0 && nameSize + dataSize <= WORD_LOOP_MAX_SIZE) {
      const target = slab.viewOf(chunk);
      copyWords(source, nameStart, target, at, nameSize);
      given.crc = crcCopy(given.crc, source, dataStart, target, at + nameSize, dataSize);
    } else {
      copyBytes(given.bytes, nameStart, slab.bytesOf(chunk), at, nameSize);
      copyBytes(given.bytes, dataStart, slab.bytesOf(chunk), at + nameSize, dataSize);
      given.crc = crcUpdate(given.crc, given.bytes, dataStart, dataStart + dataSize);
    }
  }

  /** Gives a row back, and its chunk. */
  protected free(row: Row): void {
    const { rows } = this;
    this.slab.free(rows.get(row, Field.chunk));
    rows.free(row);
  }

  // ---- data

  /** Copies the data of a znode to `target[at …]`. */
  copyData(row: Row, target: DataView, at: number): void {
    copyViewed(this.viewOfChunk(row), this.dataStart(row), target, at, this.dataLength(row));
  }

  /** A view of chunkBytes(row). */
  private viewOfChunk(row: Row): DataView {
    const chunk = this.rows.get(row, Field.chunk);
    if (chunk >= 0) return this.slab.viewOf(chunk);
    const bytes = this.slab.bytesOf(chunk);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Replaces the data of a znode by a copy of `data[start, end)`, all of it unless said otherwise, and dataLength with it. */
  setData(row: Row, data: Uint8Array | null, start = 0, end = data?.length ?? 0): void {
    if (data === null) this.startData(row, 0, true);
    else this.setDataViewed(row, this.source.viewOf(data), start, end);
  }

  /** The same where a view of the data is at hand, as it is of all parts of a multi. */
  setDataViewed(row: Row, source: DataView, start: number, end: number): void {
    const size = end - start;
    const at = this.startData(row, size, false);
    copyViewed(source, start, this.viewOfChunk(row), at, size);
  }

  /** Makes room for other data of `size` bytes; returns where it has to be put in chunkBytes(row). */
  private startData(row: Row, size: number, isNull: boolean): number {
    const { rows, slab } = this;
    const nameAndFlags = rows.get(row, Field.nameAndFlags);
    const keptSize = linksSizeOf(nameAndFlags) + (nameAndFlags >>> FLAG_BITS);
    let chunk = rows.get(row, Field.chunk);
    if (!slab.fits(chunk, keptSize + size)) chunk = this.moveChunk(row, keptSize, size);
    rows.set(row, Field.nameAndFlags, (nameAndFlags & ~NULL_DATA) | (isNull ? NULL_DATA : 0));
    this.setStatInt(row, StatOffset.dataLength, size);
    return slab.startOf(chunk) + keptSize;
  }

  /** Gives a row a chunk of another size, with owner links and name as they are; returns its handle. */
  private moveChunk(row: Row, keptSize: number, dataSize: number): number {
    const { rows, slab } = this;
    const before = rows.get(row, Field.chunk);
    const chunk = slab.allocate(keptSize + dataSize);
    const [source, target] = [slab.bytesOf(before), slab.bytesOf(chunk)];
    copyBytes(source, slab.startOf(before), target, slab.startOf(chunk), keptSize);
    slab.free(before);
    rows.set(row, Field.chunk, chunk);
    return chunk;
  }
}
