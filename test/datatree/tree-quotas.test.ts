/*
 * Stories about quotas: the statistics that the tree keeps, and the text that they are kept in.
 */

import { describe, expect, it } from 'vitest';
import { limitPath, parseStatsTrack, StatsTrack, statPath } from '../../src/datatree/quota.ts';
import { QuotaTrie } from '../../src/datatree/quota-trie.ts';
import { loadInto, Story, snapshotOf } from './trees.ts';

function give(story: Story, root: string): void {
  let path = '/zookeeper/quota';
  for (const name of root.slice(1).split('/')) {
    path += `/${name}`;
    story.create(path);
  }
  story.create(limitPath(root), { data: 'count=5,bytes=-1' });
  story.create(statPath(root), { data: '' });
}

describe('a quota', () => {
  it('counts what is there when it is given, and follows what comes, changes and goes', () => {
    const story = new Story();
    for (const path of ['/a', '/a/b', '/ab']) story.create(path, { data: '12345' });
    give(story, '/a');
    expect(story.text(statPath('/a'))).toBe('count=2,bytes=10');
    story.create('/a/b/c', { data: '1' });
    story.setData('/a', null);
    story.setData('/ab', 'elsewhere');
    expect(story.text(statPath('/a'))).toBe('count=3,bytes=6');
    story.delete('/a/b/c');
    story.create('/a/d', { data: null });
    expect(story.text(statPath('/a'))).toBe('count=3,bytes=5');
    expect(story.warnings).toEqual([]);
  });

  it('nearest to a znode counts it, and no other', () => {
    const story = new Story();
    for (const path of ['/a', '/a/b']) story.create(path);
    give(story, '/a');
    story.create('/zookeeper/quota/a/b');
    story.create(limitPath('/a/b'), { data: 'count=5,bytes=-1' });
    story.create(statPath('/a/b'), { data: '' });
    story.create('/a/b/c', { data: 'xx' });
    expect(story.text(statPath('/a'))).toBe('count=2,bytes=0');
    expect(story.text(statPath('/a/b'))).toBe('count=2,bytes=2');
    expect(story.tree.quotaRootOf('/a/b/c/d')).toBe('/a/b');
    expect(story.tree.quotaRootOf('/a/bb')).toBe('/a');
    expect(story.tree.quotaRootOf('/b')).toBeNull();
  });

  it('ends with its limits', () => {
    const story = new Story();
    give(story, '/a');
    story.delete(limitPath('/a'));
    story.create('/a');
    expect(story.text(statPath('/a'))).toBe('count=0,bytes=0');
    expect([...story.tree.quotaRoots()]).toEqual([]);
  });

  it('changes neither the Stat of its statistics, their length aside, nor any digest', () => {
    const story = new Story();
    give(story, '/a');
    const { treeDigest } = story.tree;
    story.create('/a');
    const digestWithQuota = story.tree.treeDigest - treeDigest;
    const { tree } = story;
    const row = tree.findPath(statPath('/a'));
    expect(tree.statOf(row)).toMatchObject({ version: 0, mzxid: 3n, dataLength: 15 });
    expect(tree.nodeDigest(row)).toBe(0);
    expect(digestWithQuota).not.toBe(0n);
  });

  it('warns once a write finds no statistics, or garbage in them', () => {
    const story = new Story();
    give(story, '/a');
    for (const garbage of ['count', 'count=x,bytes=1', 'count=99999999999999999999', null]) {
      story.setData(statPath('/a'), garbage);
      story.warnings.length = 0;
      story.create(`/a${garbage?.length}`);
      story.create('/a');
      story.delete('/a');
      expect(story.warnings.length).toBe(garbage === null ? 0 : 2);
    }
    story.delete(statPath('/a'));
    story.create('/a');
    expect(story.warnings).toHaveLength(1);
  });

  it('of the root does not exist, and what looks like it does no harm', () => {
    const story = new Story();
    story.create('/zookeeper/quota/zookeeper_limits');
    story.create('/zookeeper/quota/zookeeper_stats');
    story.create('/zookeeper/zookeeper_limits');
    story.create('/zookeeper_limits');
    story.create('/a');
    for (const path of ['/zookeeper/zookeeper_limits', '/zookeeper/quota/zookeeper_limits']) {
      expect(story.delete(path).err).toBe(0);
    }
    expect([...story.tree.quotaRoots()]).toEqual([]);
  });

  it('is found again in a snapshot, and counted anew', () => {
    const story = new Story();
    for (const path of ['/a', '/a/b']) story.create(path, { data: 'xyz' });
    give(story, '/a');
    story.setData(statPath('/a'), 'count=77,bytes=77');
    const other = new Story();
    loadInto(other, snapshotOf(story.tree));
    expect(other.text(statPath('/a'))).toBe('count=2,bytes=6');
    other.create('/a/c');
    expect(other.text(statPath('/a'))).toBe('count=3,bytes=6');
  });
});

describe('the text of a quota', () => {
  it('keeps other keys in order behind an odd sign', () => {
    const text = 'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=10';
    expect(parseStatsTrack(text)?.toString()).toBe(text);
    expect(parseStatsTrack(text)?.countHardLimit).toBe(10n);
    expect(parseStatsTrack(text)?.byteHardLimit).toBe(-1n);
    expect(parseStatsTrack(text)?.withUsage(3n, 4n).toString()).toBe(
      'count=3,bytes=4=;byteHardLimit=-1;countHardLimit=10',
    );
  });

  it('reads what Java reads', () => {
    const read = (text: string): string | undefined => parseStatsTrack(text)?.toString();
    expect(read('')).toBe('count=-1,bytes=-1');
    expect(read('bytes=5,count=+7')).toBe('count=7,bytes=5');
    expect(read('count==3;;,bytes=2=9,')).toBe('count=-1,bytes=2');
    expect(read('count=9223372036854775807,bytes=-9223372036854775808')).toBe(
      'count=9223372036854775807,bytes=-9223372036854775808',
    );
    expect(new StatsTrack().count).toBe(-1n);
  });

  it('is refused where Java raises an error', () => {
    const bad = [
      'count',
      'count=',
      '=',
      ',count=1',
      'count=1 ',
      'count=0x1',
      'bytes=9223372036854775808',
    ];
    expect(bad.filter((text) => parseStatsTrack(text) !== null)).toEqual([]);
  });
});

describe('QuotaTrie', () => {
  it('leaves out components that are blank, as Java does', () => {
    const trie = new QuotaTrie();
    trie.add('/a/b');
    expect(trie.longestPrefix('/a/ /b/c')).toBe('/a/b');
    expect(trie.longestPrefix('/')).toBeNull();
  });

  it('keeps what is below a path that loses its quota', () => {
    const trie = new QuotaTrie();
    for (const path of ['/a', '/a/b/c', '/d']) trie.add(path);
    for (const path of ['/a', '/x/y', '/a/x', '/']) trie.delete(path);
    expect(trie.paths().sort()).toEqual(['/a/b/c', '/d']);
    expect(trie.longestPrefix('/a/b')).toBeNull();
    trie.clear();
    expect(trie.longestPrefix('/d')).toBeNull();
  });
});
