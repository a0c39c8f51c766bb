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

/** Warms one piece after the other, each when it is told to. */
class SlowStove {
  readonly warming: { readonly piece: Uint8Array; readonly done: () => void }[] = [];
  readonly warm = (piece: Uint8Array, done: () => void): void => {
    this.warming.push({ piece, done });
  };

  /** The place of the piece that is being warmed, which then is warm. */
  finish(): string {
    const { piece, done } = this.warming.pop() as SlowStove['warming'][number];
    done();
    return placeOf(piece);
  }
}

const arenaIds = new WeakMap<object, number>();
let arenaCount = 0;

function placeOf({ buffer, byteOffset }: Uint8Array): string {
  const id = arenaIds.get(buffer) ?? arenaCount++;
  arenaIds.set(buffer, id);
  return `${id}+${byteOffset}`;
}

describe('Pieces that are warmed', () => {
  const taking = (pieces: Pieces, count: number) => [...Array(count)].map(() => pieces.take());

  it('are the next to be taken, and one at a time is warmed', () => {
    const stove = new SlowStove();
    const pieces = new Pieces(SIZE, stove.warm);
    taking(pieces, 5);
    expect(stove.warming.length).toBe(1);
    const place = stove.finish();
    expect(placeOf(pieces.take())).toBe(place);
    expect(stove.warming.length).toBe(1);
  });

  it('belong to nobody until they are warm', () => {
    const stove = new SlowStove();
    const pieces = new Pieces(SIZE, stove.warm);
    const places = new Set(taking(pieces, 40).map(placeOf));
    expect(places.size).toBe(40);
    expect(places.has(stove.finish())).toBe(false);
  });

  it('are forgotten with the others', () => {
    const stove = new SlowStove();
    const pieces = new Pieces(SIZE, stove.warm);
    taking(pieces, 5);
    pieces.clear();
    const place = stove.finish();
    expect(taking(pieces, 40).map(placeOf)).not.toContain(place);
  });

  it('do not keep an arena that nobody uses', () => {
    const stove = new SlowStove();
    const pieces = new Pieces(SIZE, stove.warm);
    const taken = taking(pieces, 40);
    const [first, second] = [taken[4]?.buffer, taken[39]?.buffer];
    stove.finish();
    for (const piece of taken) if (piece.buffer === second) pieces.giveBack(piece);
    const next = taking(pieces, 2).map(({ buffer }) => buffer);
    expect(next[0]).toBe(first);
    expect(next).not.toContain(second);
  });
});
