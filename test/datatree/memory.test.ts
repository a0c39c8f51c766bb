/*
 * Pieces: memory that large trees take in arenas.
 */

import { describe, expect, it } from 'vitest';
import { Pieces } from '../../src/datatree/memory.ts';

const SIZE = 1 << 20;

describe('Pieces', () => {
  it('hold zeros and belong to one alone, the first ones and those of an arena', () => {
    const pieces = new Pieces(SIZE);
    const taken = [...Array(8)].map(() => pieces.take());
    taken.forEach((piece, index) => {
      if (piece.some((byte) => byte !== 0)) expect.unreachable(`piece ${index} is in use`);
      piece.fill(index + 1);
    });
    expect(taken.map((piece) => piece.length)).toEqual(Array(8).fill(SIZE));
    expect(taken.map((piece) => piece[SIZE - 1])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('are given out again, empty', () => {
    const pieces = new Pieces(SIZE);
    const last = [...Array(8)].map(() => pieces.take())[7] as Uint8Array;
    last.fill(9);
    pieces.giveBack(last);
    const again = pieces.take();
    expect([again.buffer === last.buffer, again.byteOffset]).toEqual([true, last.byteOffset]);
    expect(again.some((byte) => byte !== 0)).toBe(false);
  });

  it('let go of an arena that nobody uses when there is room in another', () => {
    const pieces = new Pieces(SIZE);
    const taken = [...Array(40)].map(() => pieces.take());
    const arena = taken[4]?.buffer;
    expect(taken[39]?.buffer).not.toBe(arena);
    const inArena = taken.filter(({ buffer }) => buffer === arena);
    for (const piece of inArena) pieces.giveBack(piece);
    const next = [...Array(32)].map(() => pieces.take().buffer);
    expect(next).not.toContain(arena);
  });
});
