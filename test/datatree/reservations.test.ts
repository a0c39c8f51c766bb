/*
 * Rows that are reserved for znodes to come.
 */
import { describe, expect, it } from 'vitest';
import { NO_ROW } from '../../src/datatree/data-tree.ts';
import { OPEN_ACL_UNSAFE } from '../../src/jute/data.ts';
import type { SessionId } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { PreparedCreate } from '../../src/jute/prepared-txn.ts';
import { Story, TIME } from './trees.ts';

const MOMENT = {
  zxidHigh: 0,
  zxidLow: 1,
  timeHigh: Math.floor(TIME / 0x1_0000_0000),
  timeLow: TIME | 0,
};

/** Reserves a row for `text` below the row `parentRow`. */
function reserve(story: Story, text: string, parentRow = story.tree.root, owner = 0n) {
  const bytes = Buffer.from(text);
  const data = { bytes: Buffer.from('data'), start: 0, end: 4 };
  const path = { bytes, start: 0, end: bytes.length, charCount: text.length };
  const hash = story.tree.hashOf(bytes, 0, bytes.length);
  const row = story.tree.reservations.reserve(
    parentRow,
    { ...path, lastSlash: text.lastIndexOf('/'), hash },
    {
      dataBytes: data.bytes,
      dataStart: 0,
      dataEnd: 4,
      acl: OPEN_ACL_UNSAFE,
      owner: owner as SessionId,
    },
    MOMENT,
  );
  const txn = new PreparedCreate(path, row, data, {
    type: OpCode.create,
    parentRow,
    acl: OPEN_ACL_UNSAFE,
    verbatimStart: -1,
    verbatimEnd: -1,
    ephemeral: owner !== 0n,
    parentCVersion: 1,
    ttl: -1n,
    isAnsweredWithStat: false,
  });
  return { row, txn };
}

describe('a reserved row', () => {
  it('is nothing that anybody sees', () => {
    const [story, other] = [new Story(), new Story()];
    reserve(story, '/a');
    expect(story.tree.findPath('/a')).toBe(NO_ROW);
    expect(story.tree.nodeCount).toBe(other.tree.nodeCount);
    expect(story.tree.treeDigest).toBe(other.tree.treeDigest);
    expect(story.tree.approximateDataSize).toBe(other.tree.approximateDataSize);
    expect(story.tree.childNames(story.tree.root)).toEqual(['zookeeper']);
  });

  it('becomes the znode that a create from a log makes', () => {
    const [story, other] = [new Story(), new Story()];
    const { txn, row } = reserve(story, '/a');
    story.apply(txn);
    other.create('/a', { data: Buffer.from('data') });
    expect(story.tree.findPath('/a')).toBe(row);
    expect(story.tree.statOf(row)).toEqual(other.tree.statOf(other.tree.findPath('/a')));
    expect(story.tree.treeDigest).toBe(other.tree.treeDigest);
    expect(story.tree.approximateDataSize).toBe(other.tree.approximateDataSize);
    expect(story.tree.changes).toEqual(other.tree.changes);
  });

  it('can be taken back, and the one above it after it', () => {
    const story = new Story();
    const { row } = reserve(story, '/a');
    const below = reserve(story, '/a/b', row);
    const { reservations } = story.tree;
    expect(reservations.count).toBe(2);
    reservations.discard(below.row);
    reservations.discard(row);
    expect(reservations.count).toBe(0);
    expect(story.create('/a').err).toBe(0);
    expect(story.tree.nodeCount).toBe(6);
  });

  it('goes with all others when nothing of what was prepared will be', () => {
    const story = new Story();
    const { row } = reserve(story, '/a');
    reserve(story, '/a/b', row);
    reserve(story, '/c');
    story.tree.reservations.discardAll();
    expect(story.tree.reservations.count).toBe(0);
    for (const path of ['/a', '/a/b', '/c']) expect(story.create(path).err).toBe(0);
    expect(story.tree.nodeCount).toBe(8);
  });

  it('belongs to its session only when it is published', () => {
    const story = new Story();
    const { txn } = reserve(story, '/e', story.tree.root, 0x1234n);
    expect(story.tree.ephemeralsCount).toBe(0);
    story.apply(txn);
    expect(story.tree.ephemeralsOf(0x1234n as SessionId)).toEqual(['/e']);
  });

  it('is not in the way of a create of the same path from elsewhere', () => {
    const story = new Story();
    reserve(story, '/a');
    const { row } = story.create('/a');
    expect(story.tree.findPath('/a')).toBe(row);
  });

  it('is not published twice', () => {
    const story = new Story();
    const { txn } = reserve(story, '/a');
    story.apply(txn);
    expect(() => story.apply(txn)).toThrow('not reserved');
  });
});
