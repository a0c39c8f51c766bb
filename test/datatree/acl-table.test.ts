/*
 * Stories about the table of ACLs: numbers as Java gives them, references, and lists that are not known.
 */

import { describe, expect, it } from 'vitest';
import { AclTable } from '../../src/datatree/acl-table.ts';
import type { ACL } from '../../src/jute/data.ts';
import { writeACLs } from '../../src/jute/data.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { ONLY_JOE, OPEN, Story, writeAclLists } from './trees.ts';

function acl(scheme: string | null, id: string | null, perms = 31): ACL[] {
  return [{ perms, id: { scheme, id } }];
}

function copied(table: AclTable): AclTable {
  const writer = new JuteWriter();
  writeAclLists(table, writer);
  const copy = new AclTable();
  copy.read(new JuteReader(writer.toBuffer()));
  return copy;
}

/** Takes a number as a znode in a snapshot has it, and gives the slot. */
function taken(table: AclTable, id: bigint): number {
  const writer = new JuteWriter();
  writer.writeLong(id);
  return table.takeStored(writer.toBuffer(), 0);
}

/** A table read from a snapshot with these numbers; the list of the first lets in user 0, of the second user 1. */
function readWith(...ids: bigint[]): AclTable {
  const writer = new JuteWriter();
  writer.writeInt(ids.length);
  for (const [index, id] of ids.entries()) {
    writer.writeLong(id);
    writeACLs(writer, acl('digest', `${index}`));
  }
  const table = new AclTable();
  table.read(new JuteReader(writer.toBuffer()));
  return table;
}

describe('AclTable', () => {
  it('gives the same list the same number, in order, and never a number twice', () => {
    const table = new AclTable();
    const slot = table.take(OPEN);
    table.take(ONLY_JOE);
    expect(table.idOf([{ perms: 31, id: { scheme: 'world', id: 'anyone' } }])).toBe(1);
    expect(table.idOf(ONLY_JOE)).toBe(2);
    table.release(slot);
    expect(table.size).toBe(1);
    expect(table.idOfSlot(table.take(OPEN))).toBe(3);
    expect(table.aclsOf(3)).toEqual(OPEN);
  });

  it('takes null for open, which has no entry', () => {
    const table = new AclTable();
    const slot = table.take(null);
    table.release(slot);
    expect(table.idOfSlot(slot)).toBe(-1);
    expect(table.aclsOf(-1)).toEqual(OPEN);
    expect(table.size).toBe(0);
  });

  it('tells lists apart that look alike when they are put together', () => {
    const table = new AclTable();
    const lists = [
      acl('a', 'b:c'),
      acl('a:b', 'c'),
      acl('a', 'bc'),
      acl('ab', 'c'),
      acl(null, 'c'),
      acl('', 'c'),
      acl('-', 'c'),
      acl('a', 'b', 1),
      [...acl('a', 'b'), ...acl('a', 'b')],
      [],
    ];
    expect(lists.map((list) => table.idOf(list))).toEqual(lists.map((_, index) => index + 1));
  });

  it('does not follow the list that it was given when that changes', () => {
    const table = new AclTable();
    const list = acl('digest', 'joe');
    const id = table.idOf(list);
    list.pop();
    expect(table.aclsOf(id)).toEqual(acl('digest', 'joe'));
  });

  it('comes through a snapshot with its numbers; unused lists are purged', () => {
    const table = new AclTable();
    table.take(OPEN);
    table.idOf(ONLY_JOE);
    table.take(acl('ip', '10.0.0.0/8'));
    const copy = copied(table);
    expect(copy.size).toBe(3);
    taken(copy, 3n);
    copy.purgeUnused();
    expect(copy.size).toBe(1);
    expect(copy.aclsOf(3)).toEqual(acl('ip', '10.0.0.0/8'));
    expect(copy.idOf(OPEN)).toBe(4);
  });

  it('lets nobody in under a number that a snapshot does not explain, and does not give it out', () => {
    const table = new AclTable();
    const slot = taken(table, 9n);
    expect(table.aclsOf(9)).toEqual(acl('world', 'anyone', 0));
    expect(table.size).toBe(0);
    expect(copied(table).size).toBe(0);
    expect(table.idOf(OPEN)).toBe(10);
    table.release(slot);
    expect(table.size).toBe(1);
  });

  it('keeps numbers beyond 32 bits', () => {
    const table = readWith(0x1_0000_0005n);
    expect(table.idOfSlot(taken(table, 0x1_0000_0005n))).toBe(0x1_0000_0005);
    expect(table.idOf(OPEN)).toBe(0x1_0000_0006);
  });

  it('tells numbers apart that only 64 bits can, writes them as others, and gives out new ones of its own', () => {
    const stored = [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -2n, -(2n ** 63n)];
    const table = readWith(...stored);
    const ids = stored.map((id) => table.idOfSlot(taken(table, id)));
    expect(ids).toEqual([-2, -3, -4, -5, -6]);
    const copy = copied(table);
    for (const [index, id] of ids.entries()) {
      expect(table.aclsOf(id)).toEqual(acl('digest', `${index}`));
      const again = copy.idOfSlot(taken(copy, BigInt(id)));
      expect(copy.aclsOf(again)).toEqual(acl('digest', `${index}`));
    }
    expect([table.idOf(OPEN), table.idOf(ONLY_JOE)]).toEqual([1, 2]);
  });

  it('does not go on from the numbers of what it has forgotten', () => {
    const table = readWith(7n);
    table.clear();
    expect(table.idOf(OPEN)).toBe(1);
  });

  it('refuses a list that is null in a snapshot', () => {
    const writer = new JuteWriter();
    writer.writeInt(1);
    writer.writeLong(1n);
    writer.writeInt(-1);
    expect(() => new AclTable().read(new JuteReader(writer.toBuffer()))).toThrow('null');
  });
});

describe('the ACL of a znode', () => {
  it('is counted from create, set and delete', () => {
    const story = new Story();
    const { aclTable } = story.tree;
    story.create('/a', { acl: ONLY_JOE });
    story.create('/b', { acl: ONLY_JOE });
    expect(aclTable.size).toBe(2);
    story.setAcl('/a', OPEN, 1);
    story.delete('/b');
    expect(aclTable.size).toBe(2);
    story.setAcl('/a', null, 2);
    expect(aclTable.size).toBe(1);
    expect(story.tree.aclId(story.tree.findPath('/a'))).toBe(-1);
    expect(story.tree.aversion(story.tree.findPath('/a'))).toBe(2);
    expect(story.setAcl('/none', OPEN).err).not.toBe(0);
  });
});
