/*
 * Lists of children that are kept: a child that came or went is in the next one, or not, whatever the Stat of its parent shows.
 */
import { describe, expect, it } from 'vitest';
import { JuteReader } from '../../../src/jute/reader.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { ChildrenCache } from '../../../src/server/pipeline/children-cache.ts';
import { Story } from '../../datatree/trees.ts';

const COUNT = 40;
const HIGHEST = 2 ** 31 - 1;

/** A znode with so many children that its list is kept, the last of them with this cversion; and what the list says. */
function parentOf(lastCversion: number) {
  const story = new Story();
  story.create('/p');
  for (let index = 1; index <= COUNT; index++) {
    story.create(`/p/c${index}`, { parentCVersion: lastCversion - COUNT + index });
  }
  let hits = 0;
  const options = { countLimit: 10, onHit: () => (hits += 1), onMiss: () => undefined };
  const cache = new ChildrenCache(story.tree, options);
  const count = (): number => {
    const writer = new JuteWriter();
    cache.append(story.tree.findPath('/p'), writer);
    return new JuteReader(writer.toBuffer()).readInt();
  };
  return { story, count, hits: () => hits };
}

describe('a list of children', () => {
  it('is taken from the cache until a child comes', () => {
    const { story, count, hits } = parentOf(COUNT);
    expect([count(), count(), hits()]).toEqual([COUNT, COUNT, 1]);
    story.create('/p/new', { parentCVersion: COUNT + 1 });
    expect([count(), hits()]).toEqual([COUNT + 1, 1]);
  });

  it('has a child that comes when cversion is at its end, and stays there', () => {
    const { story, count } = parentOf(HIGHEST);
    count();
    story.create('/p/new', { parentCVersion: (HIGHEST + 1) | 0 });
    expect(count()).toBe(COUNT + 1);
  });

  it('lacks a child that goes where pzxid is ahead, the end of the log having been lost', () => {
    const { story, count } = parentOf(COUNT);
    count();
    story.zxid = 5n;
    story.delete('/p/c1');
    expect(count()).toBe(COUNT - 1);
  });
});
