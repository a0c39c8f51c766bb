/*
 * Stories about the sections of a snapshot: what a walk that transactions overtake writes, and what a load refuses.
 */

import { describe, expect, it } from 'vitest';
import type { NodeSnapshot } from '../../src/datatree/data-tree.ts';
import { NO_ROW } from '../../src/datatree/data-tree.ts';
import type { Zxid } from '../../src/jute/int64.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { loadInto, ONLY_JOE, OPEN, SESSION, Story, snapshotOf, writeAclLists } from './trees.ts';

const ACLS_AND_ROOT = ((): Buffer => {
  const writer = new JuteWriter();
  writer.writeInt(0);
  writeNode(writer, '');
  return writer.toBuffer();
})();

function writeNode(writer: JuteWriter, path: string, aclId = -1n): void {
  writer.writeString(path);
  writer.writeBuffer(Buffer.from('x'));
  writer.writeLong(aclId);
  writer.writeBytes(new Uint8Array(60));
}

/** A snapshot of a root and znodes at these paths. */
function snapshotWith(...paths: string[]): Buffer {
  const writer = new JuteWriter();
  writer.writeBytes(ACLS_AND_ROOT);
  for (const path of paths) writeNode(writer, path);
  writer.writeString('/');
  return writer.toBuffer();
}

/** Writes one znode, lets `between` happen, and writes the rest. */
function walk(snapshot: NodeSnapshot, writer: JuteWriter, between: () => void): void {
  snapshot.writeSlice(writer, 1);
  between();
  while (!snapshot.writeSlice(writer, 1));
}

describe('a walk over the znodes', () => {
  it('leaves out what is created after its start, with all below', () => {
    const story = new Story();
    story.create('/a');
    const writer = new JuteWriter();
    writeAclLists(story.tree.aclTable, writer);
    walk(story.tree.startNodeSnapshot(), writer, () => {
      for (const path of ['/b', '/b/c', '/a/d']) story.create(path);
    });
    const other = new Story();
    loadInto(other, writer.toBuffer());
    expect(other.tree.childNames(other.tree.findPath('/'))).toEqual(['zookeeper', 'a']);
    expect(other.tree.childNames(other.tree.findPath('/a'))).toEqual([]);
  });

  it('goes on behind a znode that is deleted under its feet, also when its row is used again', () => {
    const story = new Story();
    for (const path of ['/a', '/a/b', '/a/c', '/d']) story.create(path);
    story.delete('/zookeeper/config');
    story.delete('/zookeeper/quota');
    story.delete('/zookeeper');
    const writer = new JuteWriter();
    writeAclLists(story.tree.aclTable, writer);
    walk(story.tree.startNodeSnapshot(), writer, () => {
      for (const path of ['/a/c', '/a/b', '/a']) story.delete(path);
      for (const path of ['/e', '/e/f', '/g']) story.create(path);
    });
    const other = new Story();
    loadInto(other, writer.toBuffer());
    expect(other.tree.childNames(other.tree.findPath('/'))).toEqual(['d']);
  });

  it('writes an ACL that is newer than its start as open', () => {
    const story = new Story();
    story.create('/a', { acl: OPEN });
    const writer = new JuteWriter();
    writeAclLists(story.tree.aclTable, writer);
    walk(story.tree.startNodeSnapshot(), writer, () => story.setAcl('/a', ONLY_JOE));
    const other = new Story();
    loadInto(other, writer.toBuffer());
    expect(other.tree.aclId(other.tree.findPath('/a'))).toBe(-1);
  });

  it('keeps what a load brought from ahead of the log, which nothing will create again', () => {
    const story = new Story();
    for (const path of ['/a', '/b']) story.create(path);
    const other = new Story();
    loadInto(other, snapshotOf(story.tree));
    other.tree.lastProcessedZxid = 1n as Zxid;
    expect(snapshotOf(other.tree)).toEqual(snapshotOf(story.tree));
  });

  it('can be abandoned, and writes nothing more', () => {
    const story = new Story();
    story.create('/a');
    const writer = new JuteWriter();
    const snapshot = story.tree.startNodeSnapshot();
    snapshot.writeSlice(writer, 1);
    const { length } = writer;
    snapshot.abandon();
    story.delete('/a');
    expect(snapshot.writeSlice(writer, 1000)).toBe(true);
    expect(writer.length).toBe(length);
  });

  it('cannot go on when the tree is loaded anew', () => {
    const story = new Story();
    story.create('/a');
    const bytes = snapshotOf(story.tree);
    const snapshot = story.tree.startNodeSnapshot();
    const abandoned = story.tree.startNodeSnapshot();
    abandoned.abandon();
    loadInto(story, bytes);
    expect(() => snapshot.writeSlice(new JuteWriter(), 10)).toThrow('loaded anew');
    expect(abandoned.writeSlice(new JuteWriter(), 10)).toBe(true);
  });

  it('ends a slice even where there is nothing to write', () => {
    const story = new Story();
    const writer = new JuteWriter();
    const snapshot = story.tree.startNodeSnapshot();
    for (let index = 0; index < 100; index++) story.create(`/a${index}`);
    let sliceCount = 1;
    while (!snapshot.writeSlice(writer, 320)) sliceCount += 1;
    expect(sliceCount).toBeGreaterThan(10);
  });
});

describe('a load', () => {
  it('takes whatever part of the bytes there is', () => {
    const story = new Story();
    story.create('/a', { data: 'some data' });
    story.create('/a/é', { data: null });
    const bytes = snapshotOf(story.tree);
    const other = new Story();
    const loading = other.tree.startLoad();
    const reader = new JuteReader(bytes);
    loading.readAcls(reader);
    for (let end = reader.offset; end < bytes.length; end++) {
      expect(loading.readNodes(reader.reset(bytes, reader.offset, end))).toBe(false);
    }
    expect(loading.readNodes(reader.reset(bytes, reader.offset, bytes.length))).toBe(true);
    loading.finish();
    expect(other.tree.treeDigest).toBe(story.tree.treeDigest);
    expect(other.tree.approximateDataSize).toBe(story.tree.approximateDataSize);
    expect(snapshotOf(other.tree)).toEqual(bytes);
  });

  it('replaces everything that was there', () => {
    const story = new Story();
    story.create('/a', { isEphemeral: true });
    story.tree.sessions.set(SESSION, 1);
    loadInto(story, snapshotWith('/b', '/b/c'));
    expect(story.tree.nodeCount).toBe(4);
    expect(story.tree.findPath('/zookeeper')).toBe(NO_ROW);
    expect([...story.tree.sessionsWithEphemerals()]).toEqual([]);
    expect(story.tree.sessions.size).toBe(0);
    expect(story.tree.approximateDataSize).toBe(1 + 1 + (0 + 1) + (2 + 1) + (4 + 1));
  });

  it('refuses znodes that cannot be', () => {
    const bad: [string[], string][] = [
      [['/a/b'], 'no parent'],
      [['/a', '/b/c'], 'no parent'],
      [['a'], 'no parent'],
      [['//a'], 'no parent'],
      [['/a/'], 'no parent'],
      [['/a', '/a'], 'twice'],
      [['/a', '/a/b', '/a/b/c', '/a/b'], '/a/b comes twice'],
      [['/a', '/b', '/a/c', '/b/c', '/a/c'], '/a/c comes twice'],
      [['/a', '/b', '/b', '/a/c'], '/b comes twice'],
      [[''], 'twice'],
    ];
    for (const [paths, message] of bad) {
      expect(() => loadInto(new Story(), snapshotWith(...paths))).toThrow(message);
    }
  });

  it('takes znodes in any order that has the parents first', () => {
    const paths = ['/a', '/b', '/a/c', '/b/c', '/a/c/é', '/aa', '/b/c/d', '/a/e', '/f', '/f/a'];
    const story = new Story();
    loadInto(story, snapshotWith(...paths));
    const sorted = new Story();
    loadInto(sorted, snapshotWith(...[...paths].sort()));
    expect(paths.filter((path) => story.tree.findPath(path) === NO_ROW)).toEqual([]);
    expect(paths.map((path) => story.tree.pathOf(story.tree.findPath(path)))).toEqual(paths);
    expect(story.tree.treeDigest).toBe(sorted.tree.treeDigest);
    expect(story.tree.approximateDataSize).toBe(sorted.tree.approximateDataSize);
    expect(story.tree.childNames(story.tree.findPath('/a'))).toEqual(['c', 'e']);
  });

  it('leaves families to which children can be added and from which they can go', () => {
    const story = new Story();
    loadInto(story, snapshotWith('/a', '/a/b', '/a/b/c', '/a/d', '/a/d/e', '/a/f', '/g'));
    story.create('/a/h');
    for (const path of ['/a/f', '/a/b/c', '/a/b']) story.delete(path);
    story.create('/a/i');
    story.create('/j');
    const namesAt = (path: string): readonly string[] =>
      story.tree.childNames(story.tree.findPath(path));
    expect(namesAt('/a')).toEqual(['d', 'h', 'i']);
    expect(namesAt('/')).toEqual(['a', 'g', 'j']);
    expect(
      ['/a', '/', '/a/d'].map((path) => story.tree.childCount(story.tree.findPath(path))),
    ).toEqual([3, 3, 1]);
  });

  it('goes back from a deep branch to any znode above', () => {
    const deep = Array.from({ length: 50 }, (_, depth) => '/a'.repeat(depth + 1));
    const back = [40, 40, 7, 1].map((depth) => `${'/a'.repeat(depth)}/b${depth}`);
    const paths = [...deep, ...new Set(back), '/b'];
    const story = new Story();
    loadInto(story, snapshotWith(...paths));
    expect(paths.map((path) => story.tree.pathOf(story.tree.findPath(path)))).toEqual(paths);
  });

  it('refuses lengths that cannot be', () => {
    for (const [offset, length] of [
      [4, -1],
      [4, 0x7fff_ffff],
      [8, -2],
    ] as const) {
      const bytes = snapshotWith();
      bytes.writeInt32BE(length, offset);
      expect(() => loadInto(new Story(), bytes)).toThrow('a znode with');
    }
  });

  it('refuses to end without a root', () => {
    const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from([0, 0, 0, 1, 0x2f])]);
    expect(() => loadInto(new Story(), bytes)).toThrow('no root');
  });

  it('lets nobody into a znode whose ACL is not explained, and keeps the number', () => {
    const writer = new JuteWriter();
    writer.writeBytes(ACLS_AND_ROOT);
    writeNode(writer, '/a', 12n);
    writer.writeString('/');
    const story = new Story();
    loadInto(story, writer.toBuffer());
    const id = story.tree.aclId(story.tree.findPath('/a'));
    expect(id).toBe(12);
    expect(story.tree.aclTable.aclsOf(id)[0]?.perms).toBe(0);
    expect(snapshotOf(story.tree)).toEqual(writer.toBuffer());
  });
});
