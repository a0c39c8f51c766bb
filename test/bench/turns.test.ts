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
      for (let turn = 0; turn < 3; turn++) {
        const pass = await turns.take();
        seen.push(name);
        pass();
      }
    };
    await Promise.all([run('a'), run('b')]);
    expect(seen).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('end once: who ends one again takes nothing from the next', async () => {
    const turns = new Turns();
    const pass = await turns.take();
    const second = turns.take();
    pass();
    const passSecond = await second;
    let isThird = false;
    const third = turns.take().then(() => {
      isThird = true;
    });
    pass();
    await Promise.resolve();
    expect(isThird).toBe(false);
    passSecond();
    await third;
  });
});
