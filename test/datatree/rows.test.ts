/*
 * Rows by themselves: none is given out twice, and memory follows their number.
 */

import { describe, expect, it } from 'vitest';
import { Field, NO_ROW, Rows } from '../../src/datatree/rows.ts';
import { StatOffset } from '../../src/jute/data.ts';
import { Random } from './random-txns.ts';

const ROWS_PER_SEGMENT = 4096;

describe('Rows', () => {
  it('keep what is in them while others come and go', () => {
    const random = new Random(5);
    const rows = new Rows();
    const used = new Map<number, number>();
    for (const percent of [70, 30, 70, 20, 60]) {
      for (let step = 0; step < 30_000; step++) {
        const [first] = used.keys();
        if (first === undefined || random.chance(percent)) {
          const row = rows.allocate();
          if (used.has(row)) expect.unreachable(`row ${row} is in use`);
          rows.set(row, Field.parent, step);
          used.set(row, step);
        } else {
          rows.free(first);
          used.delete(first);
        }
      }
    }
    expect(rows.count).toBe(used.size);
    expect([...used].filter(([row, value]) => rows.get(row, Field.parent) !== value)).toEqual([]);
  });

  it('give back the memory of segments that nobody uses, and take it again', () => {
    const rows = new Rows();
    const first = [...Array(3 * ROWS_PER_SEGMENT)].map(() => rows.allocate());
    for (const row of first.slice(ROWS_PER_SEGMENT)) rows.free(row);
    const sizes = [0, 1, 2].map((segment) => rows.wordsOf(segment * ROWS_PER_SEGMENT).length);
    expect(sizes.filter((size) => size === 0)).toHaveLength(1);
    const again = [...Array(2 * ROWS_PER_SEGMENT)].map(() => rows.allocate());
    expect(new Set(again)).toEqual(new Set(first.slice(ROWS_PER_SEGMENT)));
    expect(rows.wordsOf(2 * ROWS_PER_SEGMENT).length).toBeGreaterThan(0);
  });

  it('have the usual Stat until they get another, and again when they are used for another znode', () => {
    const rows = new Rows();
    const row = rows.allocate();
    const given = { parent: NO_ROW, acl: -1, stat: Int32Array.of(5, 6, 0, 0, 0, 0, 0, 0, 0) };
    rows.start(row, given, 0, 0, 0);
    const usual = [...rows.stat(row)];
    expect(rows.firstChild(row)).toBe(NO_ROW);
    rows.setFirstChild(row, 77);
    expect([...rows.stat(row)]).toEqual(usual);
    rows.setStatInt(row, StatOffset.cversion, 1);
    rows.setStatInt(row, StatOffset.aversion, 2);
    rows.setStatLong(row, StatOffset.ephemeralOwner, 0x0304_0506_0708_090an);
    rows.setStatInt(row, StatOffset.numChildren, 11);
    rows.setStatWords(row, StatOffset.pzxid, 5, 7);
    const fields = [StatOffset.cversion, StatOffset.aversion, StatOffset.numChildren];
    expect(fields.map((field) => rows.statInt(row, field))).toEqual([1, 2, 11]);
    expect([...rows.stat(row).subarray(44, 52)]).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(rows.firstChild(row)).toBe(77);

    rows.free(row);
    expect(rows.allocate()).toBe(row);
    rows.start(row, given, 0, 0, 0);
    expect([...rows.stat(row)]).toEqual(usual);
    expect(rows.firstChild(row)).toBe(NO_ROW);
  });
});
