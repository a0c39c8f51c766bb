/*
 * The hash table from paths to rows: open addressing with linear probing, 8 bytes a slot (hash, row + 1; 0 is empty).
 *
 * It grows and shrinks without ever paying for the size of the tree in one operation: the next table is filled while the old one is
 * still in use, a few slots at each change. As slots are in the order of the hashes and only whole clusters move, it is known from a hash
 * which of the two tables has it. Deletion moves followers back, so nothing is left behind by it.
 *
 * It compares hashes; whether a row has the path that is looked for is said by PathMatcher, which holds the names.
 */

import { allocateBytes } from './memory.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';

/** Whoever knows the paths of rows. */
export interface PathMatcher {
  /** Whether `bytes[start, end)` is the path of a row. */
  isAt(row: Row, bytes: Uint8Array, start: number, end: number): boolean;
}

const MIN_BITS = 10;
/** The table grows when more than this part of it is in use, and shrinks when less than that is. */
const MAX_LOAD = 0.7;
const MIN_LOAD = 0.125;
/** How many slots move at each change. The next table is ready long before it could be full itself. */
const MOVED_PER_CHANGE = 8;

/** One table of 2 ** bits slots. A hash belongs to the slot that its highest bits say. */
class Slots {
  readonly words: Int32Array;
  readonly size: number;
  readonly mask: number;
  readonly shift: number;

  constructor(bits: number) {
    this.size = 2 ** bits;
    this.mask = this.size - 1;
    this.shift = 32 - bits;
    this.words = new Int32Array(allocateBytes(8 * this.size).buffer);
  }

  add(hash: number, row: Row): void {
    const { words, mask } = this;
    let slot = hash >>> this.shift;
    while (words[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    words[2 * slot] = hash;
    words[2 * slot + 1] = row + 1;
  }

  /** Empties the slot of a row and closes the gap: a follower moves in if that is not before the slot where it belongs. */
  remove(hash: number, row: Row): void {
    const { words, mask, shift } = this;
    let gap = hash >>> shift;
    while (words[2 * gap + 1] !== row + 1) gap = (gap + 1) & mask;
    let slot = gap;
    for (;;) {
      slot = (slot + 1) & mask;
      if (words[2 * slot + 1] === 0) break;
      const home = (words[2 * slot] as number) >>> shift;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      words[2 * gap] = words[2 * slot] as number;
      words[2 * gap + 1] = words[2 * slot + 1] as number;
      gap = slot;
    }
    words[2 * gap + 1] = 0;
  }
}

/** The table. */
export class PathIndex {
  private readonly matcher: PathMatcher;
  private bits = MIN_BITS;
  private current = new Slots(MIN_BITS);
  /** The table that takes over; null while there is only one. */
  private next: Slots | null = null;
  /** The slot of `current` at which the move began, an empty one, and how many slots from there on have moved. */
  private moveStart = 0;
  private movedCount = 0;
  private count = 0;

  constructor(matcher: PathMatcher) {
    this.matcher = matcher;
  }

  /** Forgets all rows. */
  clear(): void {
    this.bits = MIN_BITS;
    this.current = new Slots(MIN_BITS);
    this.next = null;
    this.count = 0;
  }

  /** The row of the path `bytes[start, end)`, whose hash is given, or NO_ROW. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): Row {
    const slots = this.slotsOf(hash);
    const { words, mask } = slots;
    let slot = hash >>> slots.shift;
    for (;;) {
      const row = (words[2 * slot + 1] as number) - 1;
      if (row === NO_ROW) return NO_ROW;
      if (words[2 * slot] === hash && this.matcher.isAt(row, bytes, start, end)) return row;
      slot = (slot + 1) & mask;
    }
  }

  /** Enters a row whose path is not in yet. */
  add(hash: number, row: Row): void {
    this.slotsOf(hash).add(hash, row);
    this.count += 1;
    if (this.next !== null) this.move(MOVED_PER_CHANGE);
    else if (this.count > this.current.size * MAX_LOAD) this.startMove(this.bits + 1);
  }

  /** Takes out a row that is in. */
  remove(hash: number, row: Row): void {
    this.slotsOf(hash).remove(hash, row);
    this.count -= 1;
    if (this.next !== null) this.move(MOVED_PER_CHANGE);
    else if (this.bits > MIN_BITS && this.count < this.current.size * MIN_LOAD) {
      this.startMove(this.bits - 1);
    }
  }

  private slotsOf(hash: number): Slots {
    const { current, next } = this;
    if (next === null) return current;
    const distance = ((hash >>> current.shift) - this.moveStart) & current.mask;
    return distance < this.movedCount ? next : current;
  }

  private startMove(bits: number): void {
    this.bits = bits;
    this.next = new Slots(bits);
    this.moveStart = 0;
    while (this.current.words[2 * this.moveStart + 1] !== 0) this.moveStart += 1;
    this.movedCount = 0;
  }

  /**
   * Moves at least `slotCount` slots, and on to the end of a cluster. At the end of the table a cluster may have grown around its
   * end into slots that have moved before; it is followed there.
   */
  private move(slotCount: number): void {
    const { current, next } = this;
    if (next === null) return;
    const { words, mask, size } = current;
    const goal = Math.min(size, this.movedCount + slotCount);
    for (;;) {
      const slot = (this.moveStart + this.movedCount) & mask;
      const row = (words[2 * slot + 1] as number) - 1;
      if (row === NO_ROW && this.movedCount >= goal) break;
      if (row !== NO_ROW) {
        next.add(words[2 * slot] as number, row);
        words[2 * slot + 1] = 0;
      }
      this.movedCount += 1;
    }
    if (this.movedCount < size) return;
    this.current = next;
    this.next = null;
  }
}
