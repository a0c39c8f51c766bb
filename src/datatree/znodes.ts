/*
 * Znodes: the znodes of one tree: how a path finds its row, and how rows become znodes and go.
 *
 * Answers to DataTree's map of nodes (NodeHashMap). It knows the shape of the tree and nothing of transactions, versions or digests: who
 * creates a znode fills in its Stat. What a single znode consists of is in znode-rows.ts, the chains between them in children.ts.
 * The root's path is "" here as in Java's snapshots; "/" finds it too.
 */

import { copyBytes } from '../jute/copy-bytes.ts';
import { OPEN_ACL_ID } from './acl-table.ts';
import { appendChild, BulkChildren, removeChild } from './children.ts';
import type { Warm } from './memory.ts';
import { pathHash } from './path-hash.ts';
import type { PathComparer, PathMatcher } from './path-index.ts';
import { PathIndex } from './path-index.ts';
import type { Row } from './rows.ts';
import { Field, NO_ROW, STAT_WORDS_IN_ROW } from './rows.ts';
import type { NewZnode } from './znode-layout.ts';
import { FLAG_BITS, linksSizeOf, RESERVED } from './znode-layout.ts';
import { ZnodeRows } from './znode-rows.ts';

const SLASH = 0x2f;
const NO_STAT = new Int32Array(STAT_WORDS_IN_ROW);

/** The znodes of one tree. */
export class Znodes extends ZnodeRows implements PathComparer, PathMatcher {
  private readonly index = new PathIndex();
  private readonly bulkChildren = new BulkChildren(this.rows);
  /** How many rows are reserved. */
  reservedCount = 0;
  private readonly key0: number;
  private readonly key1: number;
  /** Always there. Its name is empty and its parent NO_ROW. */
  root: Row = NO_ROW;
  /** What findParent() gave last, if it is still there. */
  private lastParent: Row = NO_ROW;

  /** @param hashSeed 64 random bits that clients do not know, in two numbers */
  constructor(hashSeed: readonly [number, number], warm: Warm | null = null) {
    super(warm);
    [this.key0, this.key1] = hashSeed;
    this.clear();
  }

  /** Forgets everything but an empty root, whose Stat is zero. */
  override clear(): void {
    super.clear();
    this.index.clear();
    this.bulkChildren.clear();
    this.lastParent = NO_ROW;
    this.reservedCount = 0;
    this.root = this.rows.allocate();
    const nothing = { parent: NO_ROW, acl: OPEN_ACL_ID, stat: NO_STAT };
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

  // ---- changes

  /** Adds a znode behind its siblings; its parent's numChildren goes up. */
  add(given: NewZnode): Row {
    const row = this.make(given, 0);
    this.index.add(given.hash, row);
    appendChild(this.rows, given.parent, row);
    return row;
  }

  /** Makes the row of a znode that is going to be: publish() makes it one, discard() takes it back. */
  reserve(given: NewZnode): Row {
    this.reservedCount += 1;
    const row = this.make(given, RESERVED);
    this.index.add(given.hash, row);
    return row;
  }

  /** Makes a reserved row a znode, behind its siblings; its parent's numChildren goes up. */
  publish(row: Row): void {
    const { rows } = this;
    const nameAndFlags = rows.get(row, Field.nameAndFlags);
    rows.set(row, Field.nameAndFlags, nameAndFlags & ~RESERVED);
    this.reservedCount -= 1;
    appendChild(rows, rows.get(row, Field.parent), row);
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

  /** Removes a znode that has no children and is not the root; its parent's numChildren goes down. `hash` is that of its path. */
  remove(row: Row, hash: number): void {
    removeChild(this.rows, row);
    if (this.lastParent === row) this.lastParent = NO_ROW;
    this.drop(row, hash);
  }

  private drop(row: Row, hash: number): void {
    this.index.remove(hash, row);
    this.free(row);
  }

  // ---- many at once

  /** Whether the index may take its time for a single znode, as long as many take less. */
  set growsAtOnce(isWanted: boolean) {
    this.index.growsAtOnce = isWanted;
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
    const row = this.makeViewed(given, source);
    this.bulkChildren.append(given.parent, row);
    this.index.addBulk(given.hash);
    return row;
  }

  /** Ends a load. Returns a row whose path another one has too, or NO_ROW. */
  endBulk(): Row {
    this.bulkChildren.end();
    return this.index.endBulk(this);
  }
}
