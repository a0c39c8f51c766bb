/*
 * A table from rows to values behaves as a Map does.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowMap } from '../../../src/server/pipeline/row-map.ts';

interface Value {
  readonly turn: number;
}

const KEYS = [0x1234567, -0x7654321] as const;

const row = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 0x7ffffffe }));
const step = fc.record({ row, what: fc.constantFrom('put', 'put', 'delete', 'delete if') });

describe('RowMap', () => {
  it('holds what a Map would hold, whatever is put and deleted', () => {
    const property = fc.property(fc.array(step, { maxLength: 1200 }), (steps) => {
      const [table, model] = [new RowMap<Value>(KEYS), new Map<number, Value>()];
      for (const [turn, { row, what }] of steps.entries()) {
        const value = { turn };
        if (what === 'put') {
          expect(table.put(row, value)).toBe(model.get(row));
          model.set(row, value);
        } else if (what === 'delete') {
          table.delete(row);
          model.delete(row);
        } else table.delete(row, value);
        expect(table.get(row)).toBe(model.get(row));
      }
      expect(table.size).toBe(model.size);
      for (const [row, value] of model) expect(table.get(row)).toBe(value);
    });
    fc.assert(property);
  });

  it('forgets a row that has the very value, and no other', () => {
    const [table, first, second] = [new RowMap<Value>(KEYS), { turn: 1 }, { turn: 2 }];
    table.put(7, first);
    table.delete(7, second);
    expect(table.get(7)).toBe(first);
    table.delete(7, first);
    expect([table.get(7), table.size]).toEqual([undefined, 0]);
  });

  it('holds a hundred thousand rows, and is as good as new when they are gone', () => {
    const table = new RowMap<Value>(KEYS);
    const values = Array.from({ length: 100_000 }, (_, turn) => ({ turn }));
    for (const value of values) table.put(3 * value.turn, value);
    expect(values.every((value) => table.get(3 * value.turn) === value)).toBe(true);
    for (const value of values) table.delete(3 * value.turn, value);
    expect([table.size, table.get(3)]).toEqual([0, undefined]);
    table.put(5, { turn: 5 });
    expect(table.get(5)?.turn).toBe(5);
  });

  // Ten seconds where they lie side by side, some milliseconds where they do not.
  it('keeps apart rows that somebody has chosen who knows all but the keys', {
    timeout: 5000,
  }, () => {
    const product = (row: number) => Math.imul(row, 0x9e3779b1) >>> 0;
    const rows = Array.from({ length: 400_000 }, (_, row) => row);
    const chosen = rows.sort((one, other) => product(one) - product(other)).slice(0, 16_000);
    const table = new RowMap<Value>(KEYS);
    for (const row of chosen) table.put(row, { turn: row });
    for (const row of chosen) table.delete(row);
    expect(table.size).toBe(0);
  });
});
