/*
 * Turns: one at a time, in the order in which they ask.
 */
import { describe, expect, it } from 'vitest';
import { Turns } from '../../bench/turns.ts';

describe('turns', () => {
  it('alternate between two that give theirs back again and again', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const run = async (name: string): Promise<void> => {
      await turns.take();
      for (let turn = 0; turn < 3; turn++) {
        seen.push(name);
        turns.pass();
        await turns.take();
      }
      turns.pass();
    };
    await Promise.all([run('a'), run('b')]);
    expect(seen).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('go to whoever is left when one has failed', async () => {
    const turns = new Turns();
    const fail = async (): Promise<void> => {
      await turns.take();
      try {
        throw new Error('broken');
      } finally {
        turns.pass();
      }
    };
    const failed = fail();
    const other = turns.take();
    await expect(failed).rejects.toThrow('broken');
    await other;
    turns.pass();
    await turns.take();
  });
});
