/*
 * Stories about znodes: paths, Stats, owners, ACLs, and what a transaction does when it cannot do its work.
 */

import { describe, expect, it } from 'vitest';
import { NO_ROW } from '../../src/datatree/data-tree.ts';
import { ErrorCode } from '../../src/jute/error-code.ts';
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { EventType, OpCode } from '../../src/jute/op-code.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import {
  containersOf,
  createTxn,
  ONLY_JOE,
  OPEN,
  SESSION,
  Story,
  setDataTxn,
  TIME,
  ttlsOf,
} from './trees.ts';

describe('a new tree', () => {
  it('has what Java begins with', () => {
    const { tree } = new Story();
    const config = tree.findPath('/zookeeper/config');
    expect(tree.nodeCount).toBe(5);
    expect(tree.approximateDataSize).toBe(44);
    expect(tree.treeDigest).toBe(1371985504n);
    expect(tree.childNames(tree.findPath('/zookeeper'))).toEqual(['quota', 'config']);
    expect(tree.aversion(config)).toBe(-1);
    expect(tree.aclId(config)).toBe(1);
    expect(tree.aclTable.aclsOf(1)).toEqual([{ perms: 1, id: { scheme: 'world', id: 'anyone' } }]);
    expect(tree.lastProcessedZxidDigest).toEqual({ zxid: 0n, digestVersion: 2, digest: 0n });
  });
});

describe('look-up', () => {
  it('takes nothing and "/" for the root, and finds only proper paths', () => {
    const story = new Story();
    for (const path of ['/a', '/a/b', '/ab']) story.create(path);
    const { tree } = story;
    expect(tree.findPath('')).toBe(tree.findPath('/'));
    expect(tree.pathOf(tree.findPath(''))).toBe('/');
    const improper = ['a', 'a/b', '//a', '/a/', '/a//b', '//', '/b', '/a/b/', '/a/bb', '/A', 'x'];
    expect(improper.filter((path) => tree.findPath(path) !== NO_ROW)).toEqual([]);
  });

  it('takes the path from where it stands in a request', () => {
    const { tree } = new Story();
    const bytes = Buffer.from('xx/zookeeper/quotaxx');
    expect(tree.pathOf(tree.find(bytes, 2, 18))).toBe('/zookeeper/quota');
    expect(tree.find(bytes, 2, 17)).toBe(NO_ROW);
    expect(tree.find(bytes, 1, 18)).toBe(NO_ROW);
    expect(tree.find(bytes, 2, 2)).toBe(tree.findPath('/'));
  });

  it('finds names of any characters and any length', () => {
    const story = new Story();
    const names = ['é', '名前', '😀', ' ', 'x'.repeat(40_000), 'n'.repeat(600)];
    for (const name of names) story.create(`/${name}`, { data: name.slice(0, 3) });
    const { tree } = story;
    for (const name of names) expect(story.text(`/${name}`)).toBe(name.slice(0, 3));
    const writer = new JuteWriter(16);
    tree.writeChildren(tree.findPath('/'), writer);
    expect(new JuteReader(writer.toBuffer()).readStrings()).toEqual(['zookeeper', ...names]);
    expect(tree.pathOf(tree.findPath(`/${names[4]}`))).toBe(`/${names[4]}`);
  });
});

describe('create', () => {
  it('refuses what is no path, and leaves the tree as it was', () => {
    const story = new Story();
    story.create('/a');
    const digest = story.tree.treeDigest;
    const errors = ['', 'a', '/a/', '//b', '/a//b', '/none/b', '/'].map(
      (path) => story.create(path).err,
    );
    const { badArguments: bad, noNode } = ErrorCode;
    expect(errors).toEqual([bad, bad, bad, noNode, noNode, noNode, bad]);
    expect(story.tree.nodeCount).toBe(6);
    expect(story.tree.aclTable.size).toBe(2);
    expect(story.tree.treeDigest).toBe(digest);
  });

  it('counts in the cversion that is stored; clients see creates and deletes', () => {
    const story = new Story();
    for (const path of ['/p', '/p/a', '/p/b', '/p/c']) story.create(path);
    story.delete('/p/b');
    const row = story.tree.findPath('/p');
    expect(story.tree.cversion(row)).toBe(3);
    expect(story.tree.statOf(row)).toMatchObject({
      cversion: 4,
      numChildren: 2,
      pzxid: 5n,
      czxid: 1n,
    });
  });

  it('sets the cversion that the transaction names, but never back', () => {
    const story = new Story();
    story.create('/p');
    story.create('/p/a', { parentCVersion: 7 });
    story.create('/p/b', { parentCVersion: 3 });
    expect(story.tree.cversion(story.tree.findPath('/p'))).toBe(7);
    expect(story.tree.pzxid(story.tree.findPath('/p'))).toBe(2n);
  });

  it('overflows as a Java int does', () => {
    const story = new Story();
    story.create('/p', { parentCVersion: 1 });
    story.create('/p/a', { parentCVersion: 0x7fff_ffff });
    expect(story.tree.statOf(story.tree.findPath('/p')).cversion).toBe(-3);
    story.create('/p/b', { parentCVersion: -1 });
    expect(story.tree.cversion(story.tree.findPath('/p'))).toBe(0x7fff_ffff);
  });

  it('that meets its znode gives it the ACL and advances the parent (ZOOKEEPER-4846)', () => {
    const story = new Story();
    story.create('/p');
    story.create('/p/a', { data: 'old', acl: ONLY_JOE });
    const { err } = story.create('/p/a', { data: 'new', parentCVersion: 9 });
    const { tree } = story;
    expect(err).toBe(ErrorCode.nodeExists);
    expect(story.text('/p/a')).toBe('old');
    expect(tree.aclTable.aclsOf(tree.aclId(tree.findPath('/p/a')))).toEqual(OPEN);
    expect(tree.statOf(tree.findPath('/p'))).toMatchObject({ cversion: 17, pzxid: 3n });
  });

  it('of the second version that meets its znode leaves the parent alone, as in Java', () => {
    const story = new Story();
    story.create('/a');
    const txn = { ...createTxn('/a', { parentCVersion: 50 }), type: OpCode.create2 };
    expect(story.apply(txn as ReturnType<typeof createTxn>).err).toBe(ErrorCode.nodeExists);
    expect(story.tree.cversion(story.tree.findPath('/'))).toBe(1);
  });
});

describe('delete', () => {
  it('advances the pzxid of the parent even where there is nothing to delete', () => {
    const story = new Story();
    story.create('/p');
    expect(story.delete('/p/none').err).toBe(ErrorCode.noNode);
    expect(story.tree.pzxid(story.tree.findPath('/p'))).toBe(2n);
    expect(story.delete('/none/x').err).toBe(ErrorCode.noNode);
  });

  it('does not touch the root', () => {
    const story = new Story();
    expect([story.delete('/').err, story.delete('').err]).toEqual([
      ErrorCode.badArguments,
      ErrorCode.badArguments,
    ]);
    expect(story.tree.nodeCount).toBe(5);
  });

  it('takes along what is below, which no server asks for, and says so', () => {
    const story = new Story();
    story.create('/p');
    const { treeDigest, approximateDataSize } = story.tree;
    for (const path of ['/p/a', '/p/a/b', '/p/c'])
      story.create(path, { isEphemeral: true, data: 'xyz' });
    story.delete('/p');
    story.zxid = 0n;
    story.create('/p');
    expect(story.warnings).toHaveLength(1);
    expect(story.tree.nodeCount).toBe(6);
    expect(story.tree.ephemeralsCount).toBe(0);
    expect(story.tree.approximateDataSize).toBe(approximateDataSize);
    expect(story.tree.findPath('/p/a/b')).toBe(NO_ROW);
    expect(story.tree.treeDigest).not.toBe(treeDigest);
  });
});

describe('data', () => {
  it('keeps null apart from nothing', () => {
    const story = new Story();
    story.create('/null', { data: null });
    story.create('/empty', { data: '' });
    const { tree } = story;
    expect(tree.dataSize(tree.findPath('/null'))).toBe(-1);
    expect(tree.dataSize(tree.findPath('/empty'))).toBe(0);
    expect(tree.statOf(tree.findPath('/null')).dataLength).toBe(0);
    story.setData('/empty', null);
    story.setData('/null', '');
    expect([story.text('/empty'), story.text('/null')]).toEqual([null, '']);
  });

  it('of any size replaces data of any size', () => {
    const story = new Story();
    story.create('/a', { isEphemeral: true });
    for (const size of [1, 100, 101, 600, 5_000_000, 20_000, 0, 17, 900_000, 3]) {
      const data = Buffer.alloc(size, `${size}.`);
      story.setData('/a', data, size);
      expect(story.tree.dataOf(story.tree.findPath('/a'))?.equals(data)).toBe(true);
    }
    expect(story.tree.ephemeralsOf(SESSION)).toEqual(['/a']);
    expect(story.tree.approximateDataSize).toBe(44 + 2 + 3);
  });

  it('has its zxid, time and version', () => {
    const story = new Story();
    story.create('/a', { data: 'x' });
    const { row } = story.setData('/a', 'yy', 41);
    expect(story.tree.statOf(row)).toEqual({
      czxid: 1n,
      mzxid: 2n,
      ctime: TIME,
      mtime: TIME,
      version: 41,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: 2,
      numChildren: 0,
      pzxid: 1n,
    });
    expect(story.setData('/none', 'x').err).toBe(ErrorCode.noNode);
  });
});

describe('owners', () => {
  const other = 5n as SessionId;

  it('of a session go with it', () => {
    const story = new Story();
    story.apply({ type: OpCode.createSession, timeOut: 4000 });
    for (const path of ['/a', '/b', '/c']) story.create(path, { isEphemeral: true });
    story.create('/d', { isEphemeral: true, session: other });
    story.delete('/b');
    expect(story.tree.sessions.get(SESSION)).toBe(4000);
    expect(story.tree.ephemeralsOf(SESSION).sort()).toEqual(['/a', '/c']);
    story.apply({ type: OpCode.closeSession, paths2Delete: ['/a', '/c', '/never'] });
    expect([...story.tree.sessionsWithEphemerals()]).toEqual([[other, ['/d']]]);
    expect(story.tree.sessions.size).toBe(0);
    expect(story.warnings).toEqual([]);
  });

  it('that the end of a session does not name go too, with a warning', () => {
    const story = new Story();
    story.create('/a', { isEphemeral: true });
    story.create('/b', { isEphemeral: true });
    story.apply({ type: OpCode.closeSession, paths2Delete: ['/a'] });
    expect(story.tree.findPath('/b')).toBe(NO_ROW);
    expect(story.warnings).toHaveLength(1);
  });

  it('are found by the tree itself for a log before 3.6', () => {
    const story = new Story();
    story.create('/a', { isEphemeral: true });
    story.apply({ type: OpCode.closeSession, paths2Delete: null });
    expect(story.tree.nodeCount).toBe(5);
    expect(story.warnings).toEqual([]);
  });

  it('keep a session listed whose ephemerals are gone, until it ends', () => {
    const story = new Story();
    story.create('/a', { isEphemeral: true });
    story.delete('/a');
    expect([...story.tree.sessionsWithEphemerals()]).toEqual([[SESSION, []]]);
    story.apply({ type: OpCode.closeSession, paths2Delete: [] });
    expect([...story.tree.sessionsWithEphemerals()]).toEqual([]);
  });

  it('of containers and TTLs are hidden from clients', () => {
    const story = new Story();
    const node = { data: null, acl: null, parentCVersion: -1 };
    story.apply({ type: OpCode.createContainer, path: '/c', ...node });
    story.apply({ type: OpCode.createTTL, path: '/t', ttl: 5000n, ...node });
    const { tree } = story;
    expect([...containersOf(tree), ...ttlsOf(tree)]).toEqual(['/c', '/t']);
    const owners = ['/c', '/t'].map((path) => tree.ephemeralOwner(tree.findPath(path)));
    expect(owners).toEqual([-(1n << 63n), -(1n << 56n) + 5000n]);
    expect(owners.map((owner) => tree.ephemeralTypeOf(owner))).toEqual(['container', 'ttl']);
    expect(tree.statOf(tree.findPath('/c')).ephemeralOwner).toBe(0n);
    expect(tree.statOf(tree.findPath('/t')).ephemeralOwner).toBe(0n);
    for (const path of ['/c', '/t']) story.delete(path);
    expect([...containersOf(tree), ...ttlsOf(tree)]).toEqual([]);
  });

  it('with a TTL are sessions to a server that does not know them', () => {
    const story = new Story({ extendedTypesEnabled: false });
    const node = { data: null, acl: null, parentCVersion: -1 };
    const { row } = story.apply({ type: OpCode.createTTL, path: '/t', ttl: 5000n, ...node });
    expect(story.tree.ephemeralsCount).toBe(1);
    expect(story.tree.statOf(row).ephemeralOwner).toBe(-(1n << 56n) + 5000n);
  });

  it('with a TTL that cannot be are refused', () => {
    const story = new Story();
    const node = { data: null, acl: null, parentCVersion: -1 };
    for (const ttl of [0n, -1n, 1n << 40n]) {
      const { err } = story.apply({ type: OpCode.createTTL, path: '/t', ttl, ...node });
      expect(err).toBe(ErrorCode.badArguments);
    }
  });
});

describe('a multi', () => {
  it('gives each part its result, with the Stat as it was then', () => {
    const story = new Story();
    const txns = [createTxn('/a'), setDataTxn('/a', 'x', 1), setDataTxn('/a', 'yy', 2)];
    const { err, path, parts } = story.apply({
      type: OpCode.multi,
      txns: [
        ...txns,
        { type: OpCode.delete, path: '/a' },
        { type: OpCode.check, path: '/', version: 0 },
      ],
    });
    expect({ err, path }).toEqual({ err: 0, path: null });
    expect(parts?.map((part) => part.path)).toEqual(['/a', '/a', '/a', '/a', '/']);
    const lengths = parts?.map((part) => {
      const stat = new JuteWriter();
      part.writeStat(stat);
      return stat.length === 0 ? null : stat.view().readInt32BE(52);
    });
    expect(lengths).toEqual([0, 1, 2, null, null]);
    expect(story.tree.findPath('/a')).toBe(NO_ROW);
  });

  it('with an error among its parts does nothing', () => {
    const story = new Story();
    const error = { type: OpCode.error, err: ErrorCode.badVersion };
    const { err, parts } = story.apply({
      type: OpCode.multi,
      txns: [createTxn('/a'), error, createTxn('/b')],
    });
    expect(err).toBe(ErrorCode.badVersion);
    const { ok, badVersion, runtimeInconsistency } = ErrorCode;
    expect(parts?.map((part) => part.err)).toEqual([ok, badVersion, runtimeInconsistency]);
    expect(parts?.every((part) => part.type === OpCode.error)).toBe(true);
    expect(story.tree.nodeCount).toBe(5);
    expect(story.tree.lastProcessedZxid).toBe(1n);
  });

  it('inside a multi is nothing', () => {
    const story = new Story();
    const inner = { type: OpCode.multi, txns: [createTxn('/a')] };
    expect(story.apply({ type: OpCode.multi, txns: [inner] }).err).toBe(ErrorCode.unimplemented);
    expect(story.tree.nodeCount).toBe(5);
  });
});

describe('changes', () => {
  it('come in the order of the watches, with the ACL that decides', () => {
    const story = new Story();
    story.create('/p', { acl: ONLY_JOE });
    story.create('/p/a');
    const { nodeCreated, nodeChildrenChanged, nodeDeleted, nodeDataChanged } = EventType;
    expect(story.tree.changes).toEqual([
      { type: nodeCreated, path: '/p/a', aclId: 3 },
      { type: nodeChildrenChanged, path: '/p', aclId: 2 },
    ]);
    story.setData('/p', 'x');
    expect(story.tree.changes).toEqual([{ type: nodeDataChanged, path: '/p', aclId: 2 }]);
    story.delete('/p/a');
    expect(story.tree.changes).toEqual([
      { type: nodeDeleted, path: '/p/a', aclId: 3 },
      { type: nodeChildrenChanged, path: '/p', aclId: 2 },
    ]);
    expect(story.tree.aclTable.aclsOf(3)).toEqual(OPEN);
    story.setAcl('/p', OPEN);
    expect(story.tree.changes).toEqual([]);
    expect(story.tree.aclTable.aclsOf(3)).toEqual([{ ...OPEN[0], perms: 0 }]);
  });

  it('are not noted when nobody wants them, nor where nothing changed', () => {
    const story = new Story();
    story.create('/a');
    story.create('/a');
    expect(story.tree.changes).toEqual([]);
    story.tree.recordChanges = false;
    story.delete('/a');
    expect(story.tree.changes).toEqual([]);
  });
});

describe('a transaction', () => {
  it('sets the last zxid, but not back', () => {
    const story = new Story();
    story.create('/a');
    story.apply({ type: OpCode.error, err: ErrorCode.noAuth });
    const header = { clientId: SESSION, cxid: 1, zxid: 1n as Zxid, time: TIME, type: OpCode.error };
    story.tree.apply(header, { type: OpCode.error, err: -1 });
    expect(story.tree.lastProcessedZxid).toBe(2n);
    expect([...story.tree.lastProcessedZxidBytes]).toEqual([0, 0, 0, 0, 0, 0, 0, 2]);
  });

  it('counts descendants without counting the znode itself', () => {
    const story = new Story();
    for (const path of ['/a', '/a/b', '/a/b/c', '/ab']) story.create(path);
    const sizes = ['/', '/a', '/a/b', '/ab'].map((path) =>
      story.tree.subtreeSize(story.tree.findPath(path)),
    );
    expect(sizes).toEqual([7, 2, 1, 0]);
  });
});
