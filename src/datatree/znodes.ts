/*
 * Znodes: rows, their names and data, the chains between them, and how a path finds its row.
 *
 * It knows the shape of the tree and nothing of transactions, versions or digests: who creates a znode fills in its Stat.
 * A znode's chunk holds, one after the other: the links of its owner's chain (8 bytes, where it has an owner: owners.ts), its name, its data.
 * Children are a chain in the order of their creation. The root's path is "" here as in Java's snapshots; "/" finds it too.
 */

import {
  CopySource,
  copyBytes,
  copyViewed,
  copyWords,
  WORD_LOOP_MAX_SIZE,
} from '../jute/copy-bytes.ts';
import { StatOffset } from '../jute/data.ts';
import type { JuteWriter } from '../jute/writer.ts';
import { crcCopy, crcUpdate } from './digest.ts';
import type { Warm } from './memory.ts';
import { IS_LITTLE_ENDIAN } from './memory.ts';
import { pathHash } from './path-hash.ts';
import type { PathComparer, PathMatcher } from './path-index.ts';
import { PathIndex } from './path-index.ts';
import type { Row } from './rows.ts';
import { Field, NO_ROW, Rows, STAT_WORDS_IN_ROW } from './rows.ts';
import { Slab } from './slab.ts';

const SLASH = 0x2f;
const NO_BYTES = new Uint8Array(0);
const NO_STAT = new Int32Array(STAT_WORDS_IN_ROW);

/** Whose chain a znode is in. */
export const OwnerKind = { none: 0, session: 1, container: 2, ttl: 3 } as const;

/** One of the kinds above. */
export type OwnerKind = (typeof OwnerKind)[keyof typeof OwnerKind];

/*
 * Field.nameAndFlags: name length << 5 | isReserved << 4 | isExcluded << 3 | owner kind << 1 | has null data
 */
const FLAG_BITS = 5;
const NULL_DATA = 1;
const OWNER_SHIFT = 1;
const OWNER_MASK = 3;
const EXCLUDED = 8;
const RESERVED = 16;
/** The slot of OPEN_ACL_UNSAFE (acl-table.ts). */
const NO_ACL = -1;
const OWNER_LINKS_SIZE = 8;

/** The longest path that can be stored, in bytes; a server's jute.maxbuffer is far below. */
export const MAX_PATH_SIZE = (1 << (31 - FLAG_BITS)) - 1;

/** What is given for a new znode. The path is `bytes[start, end)` and its last component `bytes[nameStart, end)`. */
export interface NewZnode {
  parent: Row;
  hash: number;
  bytes: Uint8Array;
  nameStart: number;
  end: number;
  ownerKind: OwnerKind;
  /** Below /zookeeper/, where no digests are kept. */
  isExcluded: boolean;
  /** The source of the data is `data[dataStart, dataEnd)`; null for null. */
  data: Uint8Array | null;
  dataStart: number;
  dataEnd: number;
  /** A slot of the AclTable. */
  acl: number;
  /** How the Stat begins: STAT_WORDS_IN_ROW words in wire order. */
  stat: Int32Array;
  /** The running CRC of the path. As the data is copied it is taken in too. */
  crc: number;
}

/** One to be filled in, and again for the next znode. @param stat where the Stat is given, which may change with each */
export function blankZnode(stat: Int32Array): NewZnode {
  return {
    parent: NO_ROW,
    hash: 0,
    bytes: NO_BYTES,
    nameStart: 0,
    end: 0,
    ownerKind: OwnerKind.none,
    isExcluded: false,
    data: null,
    dataStart: 0,
    dataEnd: 0,
    acl: NO_ACL,
    stat,
    crc: 0,
  };
}

/** The znodes of one tree. */
export class Znodes implements PathComparer, PathMatcher {
  readonly rows: Rows;
  private readonly slab: Slab;
  /** What names and data are copied from: the parts of a multi, and requests that come together, stand in the same. */
  private readonly source = new CopySource();
  private readonly index = new PathIndex();
  /** How many rows are reserved. */
  reservedCount = 0;
  private readonly key0: number;
  private readonly key1: number;
  /** Always there. Its name is empty and its parent NO_ROW. */
  root: Row = NO_ROW;
  /** What findParent() gave last, if it is still there. */
  private lastParent: Row = NO_ROW;
  /** During a load: the parent whose children come, the last of them, and how many they are. The parent itself is told when another's come. */
  private bulkParent: Row = NO_ROW;
  private bulkLast: Row = NO_ROW;
  private bulkCount = 0;

  /** @param hashSeed 64 random bits that clients do not know, in two numbers */
  constructor(hashSeed: readonly [number, number], warm: Warm | null = null) {
    [this.key0, this.key1] = hashSeed;
    this.rows = new Rows(warm);
    this.slab = new Slab(warm);
    this.clear();
  }

  /** Forgets everything but an empty root, whose Stat is zero. */
  clear(): void {
    this.rows.clear();
    this.slab.clear();
    this.index.clear();
    this.lastParent = NO_ROW;
    this.bulkParent = NO_ROW;
    this.reservedCount = 0;
    this.root = this.rows.allocate();
    const nothing = { parent: NO_ROW, acl: NO_ACL, stat: NO_STAT };
    this.rows.start(this.root, nothing, 0, this.slab.allocate(0), 0);
  }

  /** How many znodes there are, the root included and those that are only reserved not. */
  get count(): number {
    return this.rows.count - this.reservedCount;
  }

  // ---- paths

  /** The hash under which a path is entered. */
  hashOf(bytes: Uint8Array, start: number, end: number): number {
    return pathHash(bytes, start, end, this.key0, this.key1);
  }

  /** The row of the path `bytes[start, end)`, or NO_ROW. */
  find(bytes: Uint8Array, start: number, end: number): Row {
    if (end - start <= 1) {
      return start === end || bytes[start] === SLASH ? this.root : NO_ROW;
    }
    return this.index.find(this, this.hashOf(bytes, start, end), bytes, start, end);
  }

  /** The same where the hash is known; not for the root. */
  findHashed(hash: number, bytes: Uint8Array, start: number, end: number): Row {
    return this.index.find(this, hash, bytes, start, end);
  }

  /** The first `count` of these hashes are going to be looked up. */
  expect(hashes: Int32Array, count: number): void {
    this.index.expect(hashes, count);
  }

  /** The same as findHashed() among all rows that `matcher` takes, those that are only reserved included. */
  findMatching(
    matcher: PathMatcher,
    hash: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Row {
    return this.index.find(matcher, hash, bytes, start, end);
  }

  /**
   * The row of the path in front of the slash at `slash`, or NO_ROW, also where there is no slash: "//a" has no parent, although "/"
   * alone is the root. Whoever creates znodes mostly creates them in one place, so the last answer is looked at first.
   */
  findParent(bytes: Uint8Array, start: number, slash: number): Row {
    if (bytes[slash] !== SLASH || slash - start === 1) return NO_ROW;
    if (this.lastParent !== NO_ROW && this.hasPath(this.lastParent, bytes, start, slash)) {
      return this.lastParent;
    }
    this.lastParent = this.find(bytes, start, slash);
    return this.lastParent;
  }

  /** Whether `bytes[start, end)` is the path of a row that is more than reserved. */
  isAt(row: Row, bytes: Uint8Array, start: number, end: number): boolean {
    return !this.isReserved(row) && this.hasPath(row, bytes, start, end);
  }

  /** Whether `bytes[start, end)` is the path of a row: its names are compared upwards. */
  hasPath(row: Row, bytes: Uint8Array, start: number, end: number): boolean {
    const { rows, slab, root } = this;
    let at = end;
    let current = row;
    while (current !== root) {
      const words = rows.wordsOf(current);
      const rowStart = rows.startOf(current);
      const nameAndFlags = words[rowStart + Field.nameAndFlags] as number;
      const size = nameAndFlags >>> FLAG_BITS;
      at -= size;
      if (at <= start || bytes[at - 1] !== SLASH) return false;
      const handle = words[rowStart + Field.chunk] as number;
      const chunk = slab.bytesOf(handle);
      const name = slab.startOf(handle) + linksSizeOf(nameAndFlags);
      for (let index = 0; index < size; index++) {
        if (chunk[name + index] !== bytes[at + index]) return false;
      }
      at -= 1;
      current = words[rowStart + Field.parent] as Row;
    }
    return at === start;
  }

  /** Whether two rows have the same path, which two znodes can only while a snapshot is loaded. */
  isSamePath(one: Row, other: Row): boolean {
    let [a, b] = [one, other];
    while (a !== b) {
      if (a === this.root || b === this.root || !this.isSameName(a, b)) return false;
      a = this.parent(a);
      b = this.parent(b);
    }
    return true;
  }

  private isSameName(one: Row, other: Row): boolean {
    const size = this.nameSize(one);
    if (size !== this.nameSize(other)) return false;
    const [a, b] = [this.chunkBytes(one), this.chunkBytes(other)];
    const [atA, atB] = [this.nameStart(one), this.nameStart(other)];
    for (let index = 0; index < size; index++) {
      if (a[atA + index] !== b[atB + index]) return false;
    }
    return true;
  }

  /** Size of the path of a row, in bytes; 0 for the root. */
  pathSize(row: Row): number {
    let size = 0;
    for (let current = row; current !== this.root; current = this.parent(current)) {
      size += 1 + this.nameSize(current);
    }
    return size;
  }

  /** Writes the path of a row so that it ends at `end`; its size is pathSize(row). */
  writePath(row: Row, target: Uint8Array, end: number): void {
    let at = end;
    for (let current = row; current !== this.root; current = this.parent(current)) {
      const size = this.nameSize(current);
      at -= size;
      copyBytes(this.chunkBytes(current), this.nameStart(current), target, at, size);
      at -= 1;
      target[at] = SLASH;
    }
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

  /** Counts the znodes below a row, by a walk over them. */
  countBelow(top: Row): number {
    let count = 0;
    for (let row = this.next(top, top); row !== NO_ROW; row = this.next(row, top)) count += 1;
    return count;
  }

  /** The row after `row` in a walk over everything below `top`, parents first. */
  next(row: Row, top: Row): Row {
    const child = this.firstChild(row);
    return child !== NO_ROW ? child : this.nextBeside(row, top);
  }

  /** The same, leaving out what is below `row`. */
  nextBeside(row: Row, top: Row): Row {
    for (let current = row; current !== top; current = this.parent(current)) {
      const sibling = this.nextSibling(current);
      if (sibling !== NO_ROW) return sibling;
    }
    return NO_ROW;
  }

  /** Writes the names of the children, vector<ustring>, in the order of their creation. */
  writeChildren(parent: Row, writer: JuteWriter): void {
    const { rows, slab } = this;
    writer.writeInt(this.childCount(parent));
    let row = this.firstChild(parent);
    if (row === NO_ROW) return;
    let at = writer.length;
    let target = writer.bufferView;
    while (row !== NO_ROW) {
      const words = rows.wordsOf(row);
      const start = rows.startOf(row);
      const nameAndFlags = words[start + Field.nameAndFlags] as number;
      const size = nameAndFlags >>> FLAG_BITS;
      const handle = words[start + Field.chunk] as number;
      if (at + 4 + size + WORD_OVERSHOOT > target.byteLength) {
        writer.length = at;
        writer.reserve(4 + size + WORD_OVERSHOOT);
        target = writer.bufferView;
      }
      target.setInt32(at, size);
      at += 4;
      if (handle < 0) {
        copyBytes(slab.bytesOf(handle), linksSizeOf(nameAndFlags), writer.buffer, at, size);
      } else {
        // Whole words: a chunk begins at one, and what is written behind the name is overwritten.
        const source = slab.wordsOf(handle);
        const name = (slab.startOf(handle) + linksSizeOf(nameAndFlags)) >> 2;
        for (let index = 0; index < size; index += 4) {
          target.setInt32(at + index, source[name + (index >> 2)] as number, IS_LITTLE_ENDIAN);
        }
      }
      at += size;
      row = words[start + Field.nextSibling] as Row;
    }
    writer.length = at;
  }

  // ---- changes

  /** Adds a znode behind its siblings; its parent's numChildren goes up. */
  add(given: NewZnode): Row {
    const row = this.make(given, 0);
    this.appendChild(given.parent, row);
    return row;
  }

  /** Makes the row of a znode that is going to be: publish() makes it one, discard() takes it back. */
  reserve(given: NewZnode): Row {
    this.reservedCount += 1;
    return this.make(given, RESERVED);
  }

  private make(given: NewZnode, reservedFlag: number): Row {
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
    this.index.add(given.hash, row);
    return row;
  }

  /** Makes a reserved row a znode, behind its siblings; its parent's numChildren goes up. */
  publish(row: Row): void {
    const { rows } = this;
    const nameAndFlags = rows.get(row, Field.nameAndFlags);
    rows.set(row, Field.nameAndFlags, nameAndFlags & ~RESERVED);
    this.reservedCount -= 1;
    this.appendChild(rows.get(row, Field.parent), row);
  }

  /** Takes a reserved row back. `hash` is that of its path. */
  discard(row: Row, hash: number): void {
    this.reservedCount -= 1;
    this.rows.set(row, Field.nameAndFlags, 0);
    this.drop(row, hash);
  }

  /** All rows that are reserved, found by a look at every row. */
  reservedRows(): Row[] {
    const found: Row[] = [];
    if (this.reservedCount === 0) return found;
    for (let row = 0; row < this.rows.limit; row++) if (this.isReserved(row)) found.push(row);
    return found;
  }

  /** Makes room for a znode, with everything in it but its name and its data. */
  private place(given: NewZnode, reservedFlag: number): Row {
    const { rows } = this;
    const nameSize = given.end - given.nameStart;
    const dataSize = dataSizeOf(given);
    const linksSize = given.ownerKind === OwnerKind.none ? 0 : OWNER_LINKS_SIZE;
    const flags =
      reservedFlag |
      (given.isExcluded ? EXCLUDED : 0) |
      (given.ownerKind << OWNER_SHIFT) |
      (given.data === null ? NULL_DATA : 0);
    const row = rows.allocate();
    const chunk = this.slab.allocate(linksSize + nameSize + dataSize);
    rows.start(row, given, (nameSize << FLAG_BITS) | flags, chunk, dataSize);
    return row;
  }

  /**
   * Begins a load into an empty tree: until endBulk() znodes are added by addBulk() alone, and found by their place beside others, not
   * by their paths. Numbers of children and the last of them stand only when their parent has no more to come.
   */
  startBulk(): void {
    this.index.startBulk(this.root + 1);
  }

  /**
   * The same as add(), during a load; whether the path is there already is found out by endBulk().
   *
   * @param source views both the name and the data, if there is any, at the same offsets as `given` has them
   */
  addBulk(given: NewZnode, source: DataView): Row {
    const { rows } = this;
    const row = this.place(given, 0);
    if (given.parent !== this.bulkParent) this.startChildren(given.parent);
    if (this.bulkLast === NO_ROW) {
      rows.setFirstChild(given.parent, row);
    } else {
      rows.set(this.bulkLast, Field.nextSibling, row);
      rows.set(row, Field.previousSibling, this.bulkLast);
    }
    this.bulkLast = row;
    this.bulkCount += 1;
    this.fill(row, given, source);
    this.index.addBulk(given.hash);
    return row;
  }

  private startChildren(parent: Row): void {
    this.endChildren();
    const first = this.firstChild(parent);
    this.bulkParent = parent;
    this.bulkLast = first === NO_ROW ? NO_ROW : this.rows.get(first, Field.previousSibling);
    this.bulkCount = this.childCount(parent);
  }

  private endChildren(): void {
    const parent = this.bulkParent;
    if (parent === NO_ROW) return;
    this.rows.set(this.firstChild(parent), Field.previousSibling, this.bulkLast);
    this.setStatInt(parent, StatOffset.numChildren, this.bulkCount);
    this.bulkParent = NO_ROW;
  }

  /** Copies name and data to where they belong, both from `given.bytes`, of which `source` is a view. */
  private fill(row: Row, given: NewZnode, source: DataView): void {
    const { slab } = this;
    const { nameStart, dataStart } = given;
    const nameSize = given.end - nameStart;
    const dataSize = dataSizeOf(given);
    const chunk = this.rows.get(row, Field.chunk);
    const linksSize = given.ownerKind === OwnerKind.none ? 0 : OWNER_LINKS_SIZE;
    const at = slab.startOf(chunk) + linksSize;
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

  /** Ends a load. Returns a row whose path another one has too, or NO_ROW. */
  endBulk(): Row {
    this.endChildren();
    return this.index.endBulk(this);
  }

  /** Whether the index may take its time for a single znode, as long as many take less. */
  set growsAtOnce(isWanted: boolean) {
    this.index.growsAtOnce = isWanted;
  }

  private appendChild(parent: Row, row: Row): void {
    const { rows } = this;
    const first = rows.firstChild(parent);
    if (first === NO_ROW) {
      rows.setFirstChild(parent, row);
      rows.set(row, Field.previousSibling, row);
    } else {
      const last = rows.get(first, Field.previousSibling);
      rows.set(last, Field.nextSibling, row);
      rows.set(row, Field.previousSibling, last);
      rows.set(first, Field.previousSibling, row);
    }
    this.setStatInt(parent, StatOffset.numChildren, this.childCount(parent) + 1);
  }

  /** Removes a znode that has no children and is not the root; its parent's numChildren goes down. `hash` is that of its path. */
  remove(row: Row, hash: number): void {
    const { rows } = this;
    const parent = this.parent(row);
    const next = this.nextSibling(row);
    const previous = rows.get(row, Field.previousSibling);
    const first = this.firstChild(parent);
    if (first === row) {
      rows.setFirstChild(parent, next);
      if (next !== NO_ROW) rows.set(next, Field.previousSibling, previous);
    } else {
      rows.set(previous, Field.nextSibling, next);
      rows.set(next === NO_ROW ? first : next, Field.previousSibling, previous);
    }
    this.setStatInt(parent, StatOffset.numChildren, this.childCount(parent) - 1);
    if (this.lastParent === row) this.lastParent = NO_ROW;
    this.drop(row, hash);
  }

  private drop(row: Row, hash: number): void {
    const { rows } = this;
    this.index.remove(hash, row);
    this.slab.free(rows.get(row, Field.chunk));
    rows.free(row);
  }

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

/** How far a copy of whole words may write behind a name, in bytes. */
const WORD_OVERSHOOT = 3;

/** Bytes of data; 0 for null. */
function dataSizeOf(given: NewZnode): number {
  return given.data === null ? 0 : given.dataEnd - given.dataStart;
}

/** Size of the links in front of the name. */
function linksSizeOf(nameAndFlags: number): number {
  return (nameAndFlags & (OWNER_MASK << OWNER_SHIFT)) === 0 ? 0 : OWNER_LINKS_SIZE;
}
