/*
 * The hash table from paths to rows: open addressing with linear probing, 8 bytes a slot (hash, row + 1; 0 is empty).
 *
 * It grows and shrinks without ever paying for the size of the tree in one operation: the next table is filled while the old one is
 * still in use, a few slots at each change. As slots are in the order of the hashes and only whole clusters move, it is known from a hash
 * in which of the two tables to look. Deletion moves followers back, so nothing is left behind by it.
 *
 * A load enters all rows at its end, part of the table after part of the table: at random, each row would cost a miss of the cache,
 * and the table would grow many times.
 *
 * It compares hashes; whether a row has the path that is looked for is said by a PathMatcher, which holds the names.
 */

import { allocateTable } from './memory.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';

/** Whoever knows the paths of rows, and which of two rows with the same path is meant. */
export interface PathMatcher {
  /** Whether `bytes[start, end)` is the path of a row, and the row is there for whoever asks. */
  isAt(row: Row, bytes: Uint8Array, start: number, end: number): boolean;
}

/** Whoever compares the paths of rows. */
export interface PathComparer {
  /** Whether two rows have the same path. */
  isSamePath(one: Row, other: Row): boolean;
}

const MIN_SIZE = 1024;
/** The table grows when more than this part of it is in use, and shrinks when less than that is, each time by GROWTH. */
const MAX_LOAD = 0.7;
const MIN_LOAD = 0.25;
const GROWTH = 1.5;
/** The same for a table that grows in one go: the less often, the less is moved in all. */
const GROWTH_AT_ONCE = 2;
/** How many slots move at each change. The next table is ready long before it could be full itself. */
const MOVED_PER_CHANGE = 8;

/** Which part of the table is in use after a load, unless it is small: it need not grow soon. */
const LOAD_AFTER_BULK = 0.6;
/** In how many parts a load fills the table, so that each fits into a cache; the first bits of a hash say which. */
const BULK_PARTS = 256;
const BULK_PART_SHIFT = 24;
/** Hashes of a load that stand together. */
const BULK_BLOCK_BITS = 14;
const IN_BULK_BLOCK = (1 << BULK_BLOCK_BITS) - 1;

/** One table. A hash belongs to the slot that stands in the table where the hash stands among all hashes. */
class Slots {
  readonly words: Int32Array;
  readonly size: number;
  private readonly scale: number;

  constructor(size: number) {
    this.size = size;
    this.scale = size / 0x1_0000_0000;
    this.words = new Int32Array(allocateTable(8 * size).buffer, 0, 2 * size);
  }

  /** The slot where a hash belongs. */
  home(hash: number): number {
    return ((hash >>> 0) * this.scale) | 0;
  }

  after(slot: number): number {
    return slot + 1 === this.size ? 0 : slot + 1;
  }

  /** How far it is from one slot to another, around the end. */
  distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.size;
  }

  add(hash: number, row: Row): void {
    const { words } = this;
    let slot = this.home(hash);
    while (words[2 * slot + 1] !== 0) slot = this.after(slot);
    words[2 * slot] = hash;
    words[2 * slot + 1] = row + 1;
  }

  /**
   * Empties the slot of a row and closes the gap: a follower moves in if that is not before the slot where it belongs. False when the
   * row is not in.
   */
  remove(hash: number, row: Row): boolean {
    const { words } = this;
    let gap = this.home(hash);
    while (words[2 * gap + 1] !== row + 1) {
      if (words[2 * gap + 1] === 0) return false;
      gap = this.after(gap);
    }
    let slot = gap;
    for (;;) {
      slot = this.after(slot);
      if (words[2 * slot + 1] === 0) break;
      const home = this.home(words[2 * slot] as number);
      if (this.distance(home, slot) < this.distance(gap, slot)) continue;
      words[2 * gap] = words[2 * slot] as number;
      words[2 * gap + 1] = words[2 * slot + 1] as number;
      gap = slot;
    }
    words[2 * gap + 1] = 0;
    return true;
  }
}

/** The hashes of the rows of a load: row n has the n-th. */
class BulkHashes {
  private readonly blocks: Int32Array[] = [];
  /** How many belong to each part, one place further. */
  private readonly partCounts = new Int32Array(BULK_PARTS + 1);
  private readonly firstRow: Row;
  count = 0;

  constructor(firstRow: Row) {
    this.firstRow = firstRow;
  }

  push(hash: number): void {
    const place = this.count & IN_BULK_BLOCK;
    if (place === 0) this.blocks.push(new Int32Array(1 << BULK_BLOCK_BITS));
    (this.blocks[this.count >> BULK_BLOCK_BITS] as Int32Array)[place] = hash;
    const next = (hash >>> BULK_PART_SHIFT) + 1;
    this.partCounts[next] = (this.partCounts[next] as number) + 1;
    this.count += 1;
  }

  /** Hash and row of each, those first that belong to the beginning of a table; in the order of the rows as far as that goes. */
  inParts(): Int32Array {
    const places = this.partStarts();
    const entries = new Int32Array(2 * this.count);
    let row = this.firstRow;
    for (const block of this.blocks) {
      const size = Math.min(block.length, this.firstRow + this.count - row);
      for (let index = 0; index < size; index++) {
        const hash = block[index] as number;
        const part = hash >>> BULK_PART_SHIFT;
        const place = places[part] as number;
        entries[2 * place] = hash;
        entries[2 * place + 1] = row + index;
        places[part] = place + 1;
      }
      row += size;
    }
    return entries;
  }

  /** Where each part begins among all rows. */
  private partStarts(): Int32Array {
    const starts = this.partCounts.slice();
    for (let part = 1; part < starts.length; part++) {
      starts[part] = (starts[part] as number) + (starts[part - 1] as number);
    }
    return starts;
  }
}

/** The table. */
export class PathIndex {
  private current = new Slots(MIN_SIZE);
  /** The table that takes over; null while there is only one. */
  private next: Slots | null = null;
  /** The slot of `current` at which the move began, an empty one, and how many slots from there on have moved. */
  private moveStart = 0;
  private movedCount = 0;
  private count = 0;
  /** Whether a table that grows is filled in one go: quicker in all, for times at which nobody waits for a single operation. */
  growsAtOnce = false;
  /** Keeps what expect() reads from being left out as good for nothing. */
  touched = 0;
  /** What a load has given so far; null while there is none. */
  private bulk: BulkHashes | null = null;

  /** Forgets all rows. */
  clear(): void {
    this.current = new Slots(MIN_SIZE);
    this.next = null;
    this.count = 0;
    this.bulk = null;
  }

  /**
   * Begins a load into an empty index: addBulk() takes the rows from `firstRow` on, one after the other, and nothing else is to be
   * called until endBulk().
   */
  startBulk(firstRow: Row): void {
    this.bulk = new BulkHashes(firstRow);
  }

  /** Takes the hash of the next row of a load. */
  addBulk(hash: number): void {
    this.bulk?.push(hash);
  }

  /** Enters the rows of a load. Returns one whose path another one has as well, or NO_ROW: then the index is of no use. */
  endBulk(comparer: PathComparer): Row {
    const { bulk } = this;
    if (bulk === null) return NO_ROW;
    this.bulk = null;
    this.count = bulk.count;
    this.current = new Slots(Math.max(MIN_SIZE, Math.ceil(bulk.count / LOAD_AFTER_BULK)));
    let twice = NO_ROW;
    const entries = bulk.inParts();
    for (let index = 0; index < entries.length; index += 2) {
      const row = entries[index + 1] as Row;
      if (!this.addUnlessSame(comparer, entries[index] as number, row)) twice = row;
    }
    return twice;
  }

  /** False where a row of the same path is in. */
  private addUnlessSame(comparer: PathComparer, hash: number, row: Row): boolean {
    const { words, size } = this.current;
    let slot = this.current.home(hash);
    for (;;) {
      const other = (words[2 * slot + 1] as number) - 1;
      if (other === NO_ROW) break;
      if (words[2 * slot] === hash && comparer.isSamePath(other, row)) return false;
      slot += 1;
      if (slot === size) slot = 0;
    }
    words[2 * slot] = hash;
    words[2 * slot + 1] = row + 1;
    return true;
  }

  /** The row of the path `bytes[start, end)`, whose hash is given, or NO_ROW. */
  find(matcher: PathMatcher, hash: number, bytes: Uint8Array, start: number, end: number): Row {
    const slots = this.slotsOf(hash);
    const row = findIn(slots, matcher, hash, bytes, start, end);
    if (row !== NO_ROW || this.next === null || this.next === slots) return row;
    return findIn(this.next, matcher, hash, bytes, start, end);
  }

  /**
   * Is told the hashes of many paths that are looked up next. Their slots lie anywhere in a table that no cache holds: touched in a loop
   * that does nothing else, the processor fetches many of them at a time.
   */
  expect(hashes: Int32Array, count: number): void {
    const { current } = this;
    const { words } = current;
    let touched = 0;
    for (let index = 0; index < count; index++) {
      touched ^= words[2 * current.home(hashes[index] as number)] as number;
    }
    this.touched = touched;
  }

  /** Enters a row. Another with the same path may be in, which the matcher tells apart. */
  add(hash: number, row: Row): void {
    this.slotsOf(hash).add(hash, row);
    this.count += 1;
    const { size } = this.current;
    if (this.next === null && this.count > size * MAX_LOAD) {
      this.startMove(Math.floor(size * (this.growsAtOnce ? GROWTH_AT_ONCE : GROWTH)));
      if (!this.growsAtOnce) return;
    }
    if (this.next !== null) this.move(this.next, this.growsAtOnce ? size : MOVED_PER_CHANGE);
  }

  /** Takes out a row that is in. */
  remove(hash: number, row: Row): void {
    if (!this.slotsOf(hash).remove(hash, row)) this.next?.remove(hash, row);
    this.count -= 1;
    const { size } = this.current;
    if (this.next !== null) this.move(this.next, MOVED_PER_CHANGE);
    else if (this.count < size * MIN_LOAD && size > MIN_SIZE) {
      this.startMove(Math.max(MIN_SIZE, Math.floor(size / GROWTH)));
    }
  }

  /** The table for a hash. While `current` is moving, a row may be in `next` before its time (see move). */
  private slotsOf(hash: number): Slots {
    const { current, next } = this;
    if (next === null) return current;
    const isMoved = current.distance(this.moveStart, current.home(hash)) < this.movedCount;
    return isMoved ? next : current;
  }

  private startMove(size: number): void {
    this.next = new Slots(size);
    this.moveStart = 0;
    while (this.current.words[2 * this.moveStart + 1] !== 0) this.moveStart += 1;
    this.movedCount = 0;
  }

  /**
   * Moves `slotCount` slots, and on to the end of a cluster. At the end of the table a cluster may grow around it into the slots where the
   * move began. Rows that it puts in the way of the move are taken along, ahead of the others with their hash; those that it
   * puts into slots that have moved are followed when the move gets around.
   */
  private move(next: Slots, slotCount: number): void {
    const { current } = this;
    const { words, size } = current;
    const goal = Math.min(size, this.movedCount + slotCount);
    let slot = (this.moveStart + this.movedCount) % size;
    for (;;) {
      const row = (words[2 * slot + 1] as number) - 1;
      if (row === NO_ROW && this.movedCount >= goal) break;
      if (row !== NO_ROW) {
        next.add(words[2 * slot] as number, row);
        words[2 * slot + 1] = 0;
      }
      this.movedCount += 1;
      slot = current.after(slot);
    }
    if (this.movedCount < size) return;
    this.current = next;
    this.next = null;
  }
}

function findIn(
  slots: Slots,
  matcher: PathMatcher,
  hash: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Row {
  const { words, size } = slots;
  let slot = slots.home(hash);
  for (;;) {
    const row = (words[2 * slot + 1] as number) - 1;
    if (row === NO_ROW) return NO_ROW;
    if (words[2 * slot] === hash && matcher.isAt(row, bytes, start, end)) return row;
    slot += 1;
    if (slot === size) slot = 0;
  }
}
