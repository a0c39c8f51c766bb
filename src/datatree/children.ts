/*
 * Children: the chains between znodes: adding to one, taking out, the ways along them.
 *
 * Answers to DataNode's set of children. Here a znode keeps its first child, and children a chain in the order of their creation, through
 * Field.nextSibling; the way back, Field.previousSibling, is closed to a ring, so that the first child knows the last one. Whoever
 * comes or goes counts in numChildren of the parent's Stat at once, but for BulkChildren.
 */

import { copyBytes } from '../jute/copy-bytes.ts';
import { StatOffset } from '../jute/data.ts';
import type { JuteWriter } from '../jute/writer.ts';
import { IS_LITTLE_ENDIAN } from './memory.ts';
import type { Row, Rows } from './rows.ts';
import { Field, NO_ROW } from './rows.ts';
import { FLAG_BITS, linksSizeOf } from './znode-layout.ts';
import type { ZnodeRows } from './znode-rows.ts';

/** How far a copy of whole words may write behind a name, in bytes. */
const WORD_OVERSHOOT = 3;

/** Puts a row behind its siblings; its parent's numChildren goes up. */
export function appendChild(rows: Rows, parent: Row, row: Row): void {
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
  addToCount(rows, parent, 1);
}

/** Takes a row out from among its siblings; its parent's numChildren goes down. */
export function removeChild(rows: Rows, row: Row): void {
  const parent = rows.get(row, Field.parent);
  const next = rows.get(row, Field.nextSibling);
  const previous = rows.get(row, Field.previousSibling);
  const first = rows.firstChild(parent);
  if (first === row) {
    rows.setFirstChild(parent, next);
    if (next !== NO_ROW) rows.set(next, Field.previousSibling, previous);
  } else {
    rows.set(previous, Field.nextSibling, next);
    rows.set(next === NO_ROW ? first : next, Field.previousSibling, previous);
  }
  addToCount(rows, parent, -1);
}

function addToCount(rows: Rows, parent: Row, difference: number): void {
  const count = rows.statInt(parent, StatOffset.numChildren);
  rows.setStatInt(parent, StatOffset.numChildren, count + difference);
}

/**
 * Children that come by the thousand while a tree is loaded, those of one parent mostly together: the parent itself is told when another's
 * come. Until then its numChildren, and what its first child knows of the last one, do not stand.
 */
export class BulkChildren {
  private readonly rows: Rows;
  /** The parent whose children come, the last of them, and how many they are. */
  private parent: Row = NO_ROW;
  private last: Row = NO_ROW;
  private count = 0;

  constructor(rows: Rows) {
    this.rows = rows;
  }

  /** Forgets what was not told yet. */
  clear(): void {
    this.parent = NO_ROW;
  }

  /** Puts a row behind its siblings. */
  append(parent: Row, row: Row): void {
    const { rows } = this;
    if (parent !== this.parent) this.start(parent);
    if (this.last === NO_ROW) {
      rows.setFirstChild(parent, row);
    } else {
      rows.set(this.last, Field.nextSibling, row);
      rows.set(row, Field.previousSibling, this.last);
    }
    this.last = row;
    this.count += 1;
  }

  private start(parent: Row): void {
    const { rows } = this;
    this.end();
    const first = rows.firstChild(parent);
    this.parent = parent;
    this.last = first === NO_ROW ? NO_ROW : rows.get(first, Field.previousSibling);
    this.count = rows.statInt(parent, StatOffset.numChildren);
  }

  /** Tells the last parent. */
  end(): void {
    const { parent, rows } = this;
    if (parent === NO_ROW) return;
    rows.set(rows.firstChild(parent), Field.previousSibling, this.last);
    rows.setStatInt(parent, StatOffset.numChildren, this.count);
    this.parent = NO_ROW;
  }
}

/** The row after `row` in a walk over everything below `top`, parents first; NO_ROW behind the last. */
export function nextBelow(rows: Rows, row: Row, top: Row): Row {
  const child = rows.firstChild(row);
  return child !== NO_ROW ? child : nextBeside(rows, row, top);
}

/** The same, leaving out what is below `row`. */
export function nextBeside(rows: Rows, row: Row, top: Row): Row {
  for (let current = row; current !== top; current = rows.get(current, Field.parent)) {
    const sibling = rows.get(current, Field.nextSibling);
    if (sibling !== NO_ROW) return sibling;
  }
  return NO_ROW;
}

/** Counts the znodes below a row, by a walk over them. */
export function countBelow(rows: Rows, top: Row): number {
  let count = 0;
  for (let row = nextBelow(rows, top, top); row !== NO_ROW; row = nextBelow(rows, row, top)) {
    count += 1;
  }
  return count;
}

/** Writes the names of the children, vector<ustring>, in the order of their creation. */
export function writeChildNames(znodes: ZnodeRows, parent: Row, writer: JuteWriter): void {
  const { rows, slab } = znodes;
  writer.writeInt(znodes.childCount(parent));
  let row = rows.firstChild(parent);
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
