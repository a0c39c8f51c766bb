import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataTree } from '../../../src/datatree/data-tree.ts';
import {
  ReceivedSnapshotError,
  SnapshotReceiver,
} from '../../../src/datatree/storage/snapshot-receiver.ts';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import type { SessionId } from '../../../src/jute/int64.ts';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import type { Txn } from '../../../src/jute/txn.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { NaiveTree } from '../naive-tree.ts';
import { RandomTxns } from '../random-txns.ts';
import { createTxn, newTree, Scene, seen, setTxn, zxid } from './scene.ts';

/** Everything that a stream still has to give, in slices. */
function rest(stream: SnapshotStream, sliceSize = 64 * 1024): Buffer {
  const writer = new JuteWriter();
  while (!stream.writeSlice(writer, sliceSize));
  return writer.toBuffer();
}

function received(bytes: Buffer, last = zxid(0)): DataTree {
  const tree = newTree();
  const receiver = new SnapshotReceiver(tree, last, null);
  expect(receiver.push(bytes, 0, bytes.length)).toBe(bytes.length);
  expect(receiver.isComplete).toBe(true);
  return tree;
}

/** Some znodes of all kinds, access lists and sessions. */
function someScene(): Scene {
  const scene = new Scene();
  scene.append({ type: OpCode.createSession, timeOut: 30000 });
  for (let index = 0; index < 100; index++) {
    const acl = [{ perms: 31, id: { scheme: 'digest', id: `user-${index % 7}:x` } }];
    const path = `/n${index}-é`;
    scene.append({
      ...createTxn(path, Buffer.alloc(index * 40, index), index % 9 === 0),
      acl,
    } as Txn);
  }
  scene.flush();
  return scene;
}

describe('a tree that is sent', () => {
  it('is the same where it arrives', () => {
    const scene = someScene();
    const tree = received(rest(new SnapshotStream(scene.tree)), scene.zxid);
    expect(seen(tree)).toEqual(seen(scene.tree));
    expect(tree.digestMismatchCount).toBe(0);
  });

  it('ends where its own bytes end, however they are cut', () => {
    const scene = someScene();
    const bytes = rest(new SnapshotStream(scene.tree));
    const behind = Buffer.concat([bytes, Buffer.from('BenWasHere and more')]);
    const cuts = fc.array(fc.oneof(fc.nat(20), fc.nat(5000)), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(cuts, (sizes) => {
        const tree = newTree();
        const receiver = new SnapshotReceiver(tree, scene.zxid, null);
        let at = 0;
        for (let turn = 0; !receiver.isComplete; turn++) {
          const end = Math.min(behind.length, at + 1 + (sizes[turn % sizes.length] ?? 0));
          at += receiver.push(Buffer.from(behind.subarray(at, end)), 0, end - at);
          expect(at === end || receiver.isComplete).toBe(true);
        }
        expect(at).toBe(bytes.length);
        expect(tree.treeDigest).toBe(scene.tree.treeDigest);
        expect(seen(tree)).toEqual(seen(scene.tree));
        expect(receiver.push(behind, at, behind.length)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('may arrive byte by byte', () => {
    const scene = new Scene();
    scene.commit({ type: OpCode.createSession, timeOut: 5 }, createTxn('/a', 'x'.repeat(3000)));
    const bytes = rest(new SnapshotStream(scene.tree));
    const tree = newTree();
    const receiver = new SnapshotReceiver(tree, scene.zxid, null);
    for (let at = 0; at < bytes.length; at++) expect(receiver.push(bytes, at, at + 1)).toBe(1);
    expect(receiver.isComplete).toBe(true);
    expect(seen(tree)).toEqual(seen(scene.tree));
  });

  it('is the same after any transactions', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat(200),
        fc.integer({ min: 1, max: 3000 }),
        (seed, count, size) => {
          const naive = new NaiveTree();
          const txns = new RandomTxns(seed, naive, { isWild: false });
          const tree = newTree();
          for (let index = 0; index < count; index++) {
            const { header, txn } = txns.next();
            naive.apply(header, txn);
            tree.apply(header, txn);
          }
          const other = received(rest(new SnapshotStream(tree), size), tree.lastProcessedZxid);
          expect(seen(other)).toEqual(seen(tree));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('can be sent to several at once, beside a snapshot that is cut', () => {
    const scene = someScene();
    const { writer, ends } = scene.startSnapshot();
    const streams = [new SnapshotStream(scene.tree), new SnapshotStream(scene.tree)];
    const writers = streams.map(() => new JuteWriter());
    let done = 0;
    while (done < 2 || writer.isActive) {
      done = streams.filter((stream, index) =>
        stream.writeSlice(writers[index] as JuteWriter, 999 + 3000 * index),
      ).length;
      writer.step();
      scene.disk.settle();
    }
    for (const each of writers)
      expect(seen(received(each.toBuffer(), scene.zxid))).toEqual(seen(scene.tree));
    expect(ends).toHaveLength(1);
  });
});

/** What happens to the tree between two slices. */
const change = fc.record({
  kind: fc.constantFrom('set', 'delete', 'create', 'acl', 'session', 'close'),
  index: fc.nat(40),
});

function applyChange(scene: Scene, kind: string, index: number): void {
  const path = `/n${index}`;
  const isThere = scene.tree.findPath(path) !== -1;
  if (kind === 'set' && isThere) scene.append(setTxn(path, Buffer.alloc(index * 50, 1), index));
  if (kind === 'delete' && isThere) scene.append({ type: OpCode.delete, path });
  if (kind === 'create' && !isThere) scene.append(createTxn(path, 'new'));
  const acl = [{ perms: 31, id: { scheme: 'digest', id: `later-${index % 5}:x` } }];
  if (kind === 'acl' && isThere) scene.append({ type: OpCode.setACL, path, acl, version: 9 });
  if (kind === 'session') scene.append({ type: OpCode.createSession, timeOut: index });
  if (kind === 'close') scene.append({ type: OpCode.closeSession, paths2Delete: null });
}

describe('a tree that is sent while transactions go on', () => {
  it('is the same once these are applied to it as well', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 30 }), (turns) => {
        const scene = new Scene();
        for (let index = 1; index <= 300; index++) scene.tree.sessions.set(session(index), index);
        for (let index = 0; index < 40; index++) {
          const acl = [{ perms: 31, id: { scheme: 'digest', id: `user-${index}:x` } }];
          scene.append({ ...createTxn(`/n${index}`, Buffer.alloc(500, index)), acl } as Txn);
        }
        scene.flush();
        const start = scene.zxid;
        scene.log.roll();
        const stream = new SnapshotStream(scene.tree);
        const writer = new JuteWriter();
        for (const changes of turns) {
          stream.writeSlice(writer, 500);
          for (const { kind, index } of changes) applyChange(scene, kind, index);
        }
        while (!stream.writeSlice(writer, 5000));
        scene.flush();
        const other = received(writer.toBuffer(), start);
        for (const apply of scene.applied)
          if (apply.header.zxid > start) other.apply(apply.header, apply.txn, apply.digest);
        expect(seen(other)).toEqual(seen(scene.tree));
        expect(other.digestMismatchCount).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('may lose all sessions and access lists meanwhile, whose counts have been sent', () => {
    const scene = new Scene();
    for (let index = 1; index <= 50; index++) scene.tree.sessions.set(session(index), index);
    const acl = [{ perms: 31, id: { scheme: 'digest', id: 'joe:x' } }];
    scene.commit({ ...createTxn('/a'), acl } as Txn);
    const stream = new SnapshotStream(scene.tree);
    const writer = new JuteWriter();
    stream.writeSlice(writer, 1);
    scene.tree.sessions.clear();
    stream.writeSlice(writer, 600);
    scene.commit({ type: OpCode.delete, path: '/a' });
    const tree = received(Buffer.concat([writer.view(), rest(stream)]), zxid(1));
    expect([...tree.sessions]).toEqual([[session(1), 1]]);
    expect(tree.findPath('/a')).toBe(-1);
  });

  it('is no longer followed when it is closed', () => {
    const scene = someScene();
    const stream = new SnapshotStream(scene.tree);
    stream.writeSlice(new JuteWriter(), 1);
    stream.close();
    scene.commit({ type: OpCode.delete, path: '/n1-é' });
    const writer = new JuteWriter();
    expect(stream.writeSlice(writer, 1000)).toBe(true);
    expect(writer.length).toBe(0);
  });
});

function session(index: number): SessionId {
  return toSessionId(BigInt(index));
}

describe('what is no snapshot', () => {
  const scene = someScene();
  const good = rest(new SnapshotStream(scene.tree));
  const sessionsEnd = 4 + 12;

  function refusal(bytes: Buffer): ReceivedSnapshotError {
    const receiver = new SnapshotReceiver(newTree(), zxid(1), null);
    try {
      receiver.push(bytes, 0, bytes.length);
    } catch (error) {
      if (error instanceof ReceivedSnapshotError) return error;
      throw error;
    }
    throw new Error(`was not refused, ${receiver.isComplete}`);
  }

  function withInt(at: number, value: number): Buffer {
    const bytes = Buffer.from(good);
    bytes.writeInt32BE(value, at);
    return bytes;
  }

  it('has a negative count of sessions or lists', () => {
    expect(refusal(withInt(0, -1)).section).toBe('sessions');
    expect(refusal(withInt(sessionsEnd, -5)).section).toBe('acls');
    expect(refusal(withInt(sessionsEnd + 12, 0x7fffffff)).section).toBe('acls');
    expect(refusal(withInt(sessionsEnd + 20, -9)).section).toBe('acls');
  });

  it('has a list that is null', () => {
    expect(refusal(withInt(sessionsEnd + 12, -1)).message).toMatch('an access list that is null');
  });

  it('has a znode without its parent, twice, or with impossible lengths', () => {
    const node = (path: string): Buffer => {
      const writer = new JuteWriter();
      writer.writeString(path);
      writer.writeBuffer(Buffer.from('x'));
      writer.writeLong(-1n);
      writer.writeBytes(Buffer.alloc(60));
      return writer.toBuffer();
    };
    const nothing = Buffer.alloc(8);
    const end = Buffer.from([0, 0, 0, 1, 0x2f]);
    const refused = (...parts: Buffer[]): string =>
      refusal(Buffer.concat([nothing, ...parts])).message;
    expect(refused(node(''), node('/a/b'))).toMatch('no parent of /a/b');
    expect(refused(node(''), node('/a'), node('/a'), end)).toMatch('/a comes twice');
    expect(refused(node('/a'))).toMatch('no parent of /a');
    expect(refused(end)).toMatch('no root');
    expect(refused(Buffer.from([0xff, 0, 0, 0]))).toMatch('a path of -16777216 bytes');
    expect(refused(Buffer.from([0, 0, 0, 0, 0xff, 0, 0, 0]))).toMatch('-16777216 bytes of data');
  });

  it('has an entry that never ends', () => {
    const receiver = new SnapshotReceiver(newTree(), zxid(1), null);
    const chunk = Buffer.alloc(8 << 20);
    receiver.push(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0]), 0, 16);
    expect(() => {
      for (let index = 0; index < 9; index++) receiver.push(chunk, 0, chunk.length);
    }).toThrow('an entry of more than');
  });

  it('may be anything, and harms nobody', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(good);
          for (const [at, byte] of changes) bytes[at] = byte;
          const receiver = new SnapshotReceiver(newTree(), zxid(1), null);
          try {
            receiver.push(bytes, 0, bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(ReceivedSnapshotError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
