/*
 * RowMap: a hash table from rows to what is known of them, open addressing with linear probing.
 *
 * Each part of a write looks its znode up four times here. A Map takes three times as long, and grows and shrinks all the time where entries
 * come and go by the hundred.
 *
 * Keyed, because clients choose in a way which rows there are: they are numbered in the order of their creation. A client that could
 * compute where they come to lie would write to those that lie side by side, and keep the server busy with one multi for many seconds.
 */

import type { Row } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';

const MIN_SIZE_BITS = 8;
/** A table of more slots than this is given back when it is empty: a burst made it. */
const KEPT_SIZE_BITS = 14;
/** 2 to the power of 32 by the golden ratio: what differs little comes to lie far apart (Knuth, volume 3, 6.4). */
const SPREAD = 0x9e3779b1;

/** Values by row. */
export class RowMap<T extends object> {
  private readonly key: number;
  private readonly factor: number;
  private sizeBits = MIN_SIZE_BITS;
  private rows = emptyRows(MIN_SIZE_BITS);
  private values: (T | undefined)[] = emptyValues(MIN_SIZE_BITS);
  /** How many rows have a value. */
  size = 0;

  /** @param keys 64 random bits that clients do not know, in two numbers */
  constructor(keys: readonly [number, number]) {
    this.key = keys[0];
    this.factor = keys[1] | 1;
  }

  /** What is known of a row. */
  get(row: Row): T | undefined {
    return this.values[this.slotOf(row)];
  }

  /** Sets what is known of a row; returns what was before. */
  put(row: Row, value: T): T | undefined {
    const slot = this.slotOf(row);
    const before = this.values[slot];
    this.rows[slot] = row;
    this.values[slot] = value;
    if (before !== undefined) return before;
    this.size += 1;
    if (this.size > this.rows.length >> 1) this.resize(this.sizeBits + 1);
    return undefined;
  }

  /** Forgets a row, or does so only if it has this very value. */
  delete(row: Row, value?: T): void {
    const slot = this.slotOf(row);
    const before = this.values[slot];
    if (before === undefined || (value !== undefined && before !== value)) return;
    this.closeGap(slot);
    this.size -= 1;
    if (this.size === 0 && this.sizeBits > KEPT_SIZE_BITS) this.resize(MIN_SIZE_BITS);
  }

  /** Where a row is, or would be. */
  private slotOf(row: Row): number {
    const { rows } = this;
    const mask = rows.length - 1;
    let slot = this.homeOf(row);
    for (;;) {
      const other = rows[slot];
      if (other === row || other === NO_ROW) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private homeOf(row: Row): number {
    const mixed = Math.imul(row ^ this.key, this.factor);
    return Math.imul(mixed ^ (mixed >>> 15), SPREAD) >>> (32 - this.sizeBits);
  }

  /** Empties a slot. A follower moves in if that is not before the slot where it belongs. */
  private closeGap(emptied: number): void {
    const { rows, values } = this;
    const mask = rows.length - 1;
    let gap = emptied;
    for (let slot = (gap + 1) & mask; rows[slot] !== NO_ROW; slot = (slot + 1) & mask) {
      const row = rows[slot] as Row;
      const fromHome = (slot - this.homeOf(row)) & mask;
      if (fromHome < ((slot - gap) & mask)) continue;
      rows[gap] = row;
      values[gap] = values[slot];
      gap = slot;
    }
    rows[gap] = NO_ROW;
    values[gap] = undefined;
  }

  private resize(sizeBits: number): void {
    const { rows, values } = this;
    this.sizeBits = sizeBits;
    this.rows = emptyRows(sizeBits);
    this.values = emptyValues(sizeBits);
    for (let slot = 0; slot < rows.length; slot++) {
      const row = rows[slot] as Row;
      if (row === NO_ROW) continue;
      const place = this.slotOf(row);
      this.rows[place] = row;
      this.values[place] = values[slot];
    }
  }
}

function emptyRows(sizeBits: number): Int32Array {
  return new Int32Array(1 << sizeBits).fill(NO_ROW);
}

function emptyValues<T>(sizeBits: number): (T | undefined)[] {
  return new Array<T | undefined>(1 << sizeBits).fill(undefined);
}
