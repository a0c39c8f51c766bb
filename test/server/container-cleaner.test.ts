import { describe, expect, it } from 'vitest';
import type { DataTreeOptions } from '../../src/datatree/data-tree.ts';
import { toSessionId } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { ContainerCleaner } from '../../src/server/container-cleaner.ts';
import { OPEN, Story, TIME } from '../datatree/trees.ts';

const INTERVAL = 60_000;

/** A cleaner over a tree in which every znode with a TTL has outlived its time; deletions are not held back. */
function cleanerOver(
  count: number,
  options: Partial<DataTreeOptions> = {},
): {
  story: Story;
  cleaner: ContainerCleaner;
  turn: () => string[];
} {
  const story = new Story(options);
  for (let index = 0; index < count; index++) createTimed(story, `/t${index}`);
  const clock = { elapsed: 0, wall: TIME };
  const asked: string[] = [];
  const cleaner = new ContainerCleaner(
    { tree: story.tree, clock, requestDeletion: (path) => asked.push(path) },
    {
      checkIntervalMs: INTERVAL,
      maxPerMinute: Number.POSITIVE_INFINITY,
      maxNeverUsedIntervalMs: 0,
    },
  );
  const turn = (): string[] => {
    clock.elapsed = Math.max(clock.elapsed, cleaner.deadline);
    clock.wall = TIME + clock.elapsed;
    cleaner.run();
    return asked.splice(0);
  };
  return { story, cleaner, turn };
}

function createTimed(story: Story, path: string): void {
  const parentCVersion = -1;
  story.apply({ type: OpCode.createTTL, path, data: null, acl: OPEN, parentCVersion, ttl: 1n });
}

describe('a check of many znodes', () => {
  it('looks at some of them in a turn, and at all in the end', () => {
    const { turn } = cleanerOver(5000);
    const turns = [turn(), turn(), turn()];
    expect(turns.map((paths) => paths.length)).toEqual([2000, 2000, 1000]);
    expect(new Set(turns.flat()).size).toBe(5000);
  });

  it('waits for the interval when it is over', () => {
    const { cleaner, turn } = cleanerOver(3000);
    turn();
    expect(cleaner.deadline).toBe(INTERVAL);
    turn();
    expect(cleaner.deadline).toBe(2 * INTERVAL);
  });

  it('goes on where it was when znodes go between two turns, those that are next among them', () => {
    const { story, turn } = cleanerOver(5000);
    const first = turn();
    for (let index = 0; index < 1000; index++) story.delete(`/t${2000 + index}`);
    for (const path of first) story.delete(path);
    for (let index = 0; index < 3000; index++) createTimed(story, `/new${index}`);
    const rest = [...turn(), ...turn()];
    expect(rest.sort()).toEqual(Array.from({ length: 2000 }, (_, index) => `/t${index}`).sort());
  });

  it('holds the deletions of one turn back before it looks for more', () => {
    const story = new Story();
    for (let index = 0; index < 3000; index++) createTimed(story, `/t${index}`);
    const clock = { elapsed: 0, wall: TIME + INTERVAL };
    let asked = 0;
    const cleaner = new ContainerCleaner(
      { tree: story.tree, clock, requestDeletion: () => asked++ },
      { checkIntervalMs: INTERVAL, maxPerMinute: 1000, maxNeverUsedIntervalMs: 0 },
    );
    for (let minute = 1; minute <= 3; minute++) {
      while (cleaner.deadline < (minute + 1) * INTERVAL) {
        clock.elapsed = Math.max(clock.elapsed, cleaner.deadline);
        cleaner.run();
      }
      expect(asked).toBe(minute * 1000);
    }
  });
});

describe('a TTL of 0, which the layout of 3.5.3 can have,', () => {
  it('is for ever', () => {
    const { story, turn } = cleanerOver(0, { emulate353TTLNodes: true });
    const session = toSessionId(0x8000_0100_0000_0000n);
    story.create('/ever', { session, isEphemeral: true });
    expect([...story.tree.walkTtls().next(10)]).toHaveLength(1);
    expect(turn()).toEqual([]);
  });
});
