/*
 * Memory is made ready by writing zeros into it, in another thread.
 */
import { describe, expect, it } from 'vitest';
import { memoryWarmer } from '../../../src/server/host/warm-memory.ts';

describe('memory that is warmed', () => {
  it('holds zeros all over, and what is beside it is left alone', async () => {
    const memory = new Uint8Array(3 << 20).fill(9);
    const piece = memory.subarray(1 << 20, 2 << 20);
    await new Promise<void>((resolve) => memoryWarmer()?.(piece, resolve));
    expect(piece.every((byte) => byte === 0)).toBe(true);
    expect([memory[(1 << 20) - 1], memory[2 << 20]]).toEqual([9, 9]);
  });

  it('is told of in a later turn', async () => {
    let isWarm = false;
    const warmed = new Promise<void>((resolve) =>
      memoryWarmer()?.(new Uint8Array(8), () => {
        isWarm = true;
        resolve();
      }),
    );
    expect(isWarm).toBe(false);
    await warmed;
    expect(isWarm).toBe(true);
  });
});
