/*
 * The history of a member through its terms: whatever ends, the tree and the disk tell the same afterwards.
 */
import { describe, expect, it } from 'vitest';
import type { LoggedTxn } from '../../../src/datatree/storage/committed-log.ts';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import { StorageError } from '../../../src/datatree/storage/storage-error.ts';
import type { Zxid } from '../../../src/jute/int64.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { createTxn, DIRECTORY, recoverFrom, Scene, seen } from '../../datatree/storage/scene.ts';
import { zx } from '../../quorum/zab/links.ts';
import { Member, record } from './member.ts';

/** A create that comes as number `counter` of its epoch. */
function txn(epoch: number, counter: number): LoggedTxn {
  const zxid = zx(epoch, counter);
  const cversion = { parentCVersion: counter };
  return { zxid, record: record(zxid, { ...createTxn(`/${epoch}-${counter}`), ...cversion }) };
}

/** Logs transactions, and makes them durable. */
function logged(member: Member, txns: readonly LoggedTxn[]): void {
  const journal = member.history.openJournal(() => undefined);
  for (const each of txns) journal.appendBytes(each.zxid, each.record);
  journal.flush();
  member.disk.settle();
}

/** The paths below the root. */
function paths({ history: { tree } }: Member): string[] {
  return tree
    .childNames(tree.findPath('/'))
    .filter((name) => name !== 'zookeeper')
    .sort();
}

/** What a start on the same disk would find. */
const found = (member: Member): Record<string, unknown> => seen(recoverFrom(member.disk).tree);

/** A whole tree as a leader sends it: that of another server with two znodes. */
function sentTree(): Buffer {
  const other = new Scene();
  other.commit(createTxn('/x', 'sent'), createTxn('/y', 'z'.repeat(20_000)));
  const writer = new JuteWriter();
  new SnapshotStream(other.tree).writeSlice(writer, Number.POSITIVE_INFINITY);
  return writer.toBuffer();
}

describe('the end of a term', () => {
  it('applies what was logged and not committed: it may have been committed', () => {
    const member = new Member();
    const txns = [txn(1, 1), txn(1, 2)];
    logged(member, txns);
    const end = member.endTerm(txns);
    member.disk.settle();
    expect(end.isDone).toBe(true);
    expect(paths(member)).toEqual(['1-1', '1-2']);
    expect(member.history.lastProcessedZxid).toBe(zx(1, 2));
    expect(member.history.committed.maxZxid).toBe(zx(1, 2));
    expect(found(member)).toEqual(seen(member.history.tree));
  });

  it('comes when the log is on disk, wherever its writing was', () => {
    for (let steps = 0; ; steps++) {
      const member = new Member();
      const journal = member.history.openJournal(() => undefined);
      const txns = [txn(1, 1), txn(1, 2)];
      for (const { zxid, record: bytes } of txns) {
        journal.appendBytes(zxid, bytes);
        journal.flush();
      }
      let taken = 0;
      while (taken < steps && member.disk.step()) taken += 1;
      const end = member.endTerm(txns);
      if (!end.isDone) expect(paths(member)).toEqual([]);
      member.disk.settle();
      expect(end.isDone).toBe(true);
      expect(found(member)).toEqual(seen(member.history.tree));
      if (taken < steps) return;
    }
  });

  it('leaves no snapshot that was being cut, wherever that was', () => {
    for (let steps = 0; ; steps++) {
      const member = new Member();
      logged(member, [txn(1, 1)]);
      member.history.snapshots.start();
      let taken = 0;
      while (taken < steps) {
        member.history.snapshots.step();
        if (!member.disk.step()) break;
        taken += 1;
      }
      const end = member.endTerm([txn(1, 1)]);
      member.disk.settle();
      expect(end.isDone).toBe(true);
      expect(found(member)).toEqual(seen(member.history.tree));
      const left = member.disk.listing(DIRECTORY).filter((name) => name.includes('unfinished'));
      expect(left).toEqual([]);
      if (taken < steps) return;
    }
  });

  it('opens the log of the next one behind it', () => {
    const member = new Member();
    logged(member, [txn(1, 1)]);
    member.endTerm([txn(1, 1)]);
    member.disk.settle();
    logged(member, [txn(2, 1)]);
    member.endTerm([txn(2, 1)]);
    member.disk.settle();
    expect(found(member)).toEqual(seen(member.history.tree));
    expect(recoverFrom(member.disk).lastZxid).toBe(zx(2, 1));
  });

  it('does not come after a failure of the disk: the process ends', () => {
    const member = new Member();
    const journal = member.history.openJournal(() => undefined);
    journal.appendBytes(zx(1, 1), txn(1, 1).record);
    journal.flush();
    member.disk.onCall = () => new Error('broken');
    const end = member.endTerm([txn(1, 1)]);
    member.disk.settle();
    expect(end.isDone).toBe(false);
    expect(member.failure?.message).toBe('broken');
  });
});

describe('a cut', () => {
  const three = [txn(1, 1), txn(1, 2), txn(1, 3)];

  function withThree(): Member {
    const member = new Member();
    logged(member, three);
    member.endTerm(three);
    member.disk.settle();
    return member;
  }

  it('takes the tree and the log back, and what comes next follows', () => {
    const member = withThree();
    member.history.truncate(zx(1, 1));
    expect(paths(member)).toEqual(['1-1']);
    expect(member.history.lastTxnZxid).toBe(zx(1, 1));
    expect(member.history.committed.isEmpty).toBe(true);
    logged(member, [txn(2, 1)]);
    member.endTerm([txn(2, 1)]);
    member.disk.settle();
    expect(paths(member)).toEqual(['1-1', '2-1']);
    expect(found(member)).toEqual(seen(member.history.tree));
  });

  it.each([
    ['to where the log does not lead', zx(0, 7), 'log.100000001', 0],
    ['for which the snapshot is damaged', zx(1, 1), 'snapshot.0', 0x55],
  ])('%s changes nothing, and the leader is asked for its tree', (_what, zxid, name, damage) => {
    const member = withThree();
    const path = `${DIRECTORY}/${name}`;
    const contents = Buffer.from(member.disk.contents(path));
    contents.writeUInt8(contents.readUInt8(60) ^ damage, 60);
    member.disk.put(path, contents);
    const before = member.disk.image();
    expect(() => member.history.truncate(zxid)).toThrow(StorageError);
    expect(member.disk.image()).toEqual(before);
    expect(paths(member)).toEqual(['1-1', '1-2', '1-3']);
    expect(member.history.needsTree).toBe(true);
  });
});

describe('a tree of a leader', () => {
  const bytes = sentTree();

  /** A member with a history of its own that takes a tree at 1:7. */
  function receiving(size = bytes.length): Member {
    const member = new Member();
    logged(member, [txn(1, 1)]);
    member.endTerm([txn(1, 1)]);
    member.disk.settle();
    member.history.startSnapshot(zx(1, 7));
    member.history.receiveSnapshot(bytes, 0, size);
    return member;
  }

  function finished(member: Member): (Error | null)[] {
    const ends: (Error | null)[] = [];
    member.history.finishSnapshot((error) => ends.push(error));
    return ends;
  }

  it('becomes the history when it is on disk', () => {
    const member = receiving();
    expect(member.history.isSnapshotWhole).toBe(true);
    const ends = finished(member);
    expect([ends.length, paths(member)]).toEqual([0, ['1-1']]);
    member.disk.settle();
    expect([ends, paths(member)]).toEqual([[null], ['x', 'y']]);
    expect(member.history.lastTxnZxid).toBe(zx(1, 7));
    expect(found(member)).toEqual(seen(member.history.tree));
    expect(member.disk.listing(DIRECTORY).filter((name) => name.startsWith('log'))).toEqual([]);
  });

  it('that is not whole when the term ends leaves the history as it was', () => {
    const member = receiving(1000);
    const end = member.endTerm([]);
    member.disk.settle();
    expect([end.isDone, member.history.isReceiving]).toEqual([true, false]);
    expect(paths(member)).toEqual(['1-1']);
    expect(found(member)).toEqual(seen(member.history.tree));
    expect(member.disk.listing(DIRECTORY).join()).not.toContain('unfinished');
  });

  it('is the history or is not, the same in memory and on disk, wherever the end of the term comes', () => {
    const outcomes = new Set<string>();
    for (let steps = 0; ; steps++) {
      const member = receiving();
      const ends = finished(member);
      let taken = 0;
      while (taken < steps && member.disk.step()) taken += 1;
      const end = member.endTerm([]);
      member.disk.settle();
      expect(end.isDone).toBe(true);
      expect(found(member)).toEqual(seen(member.history.tree));
      expect(member.disk.listing(DIRECTORY).join()).not.toContain('unfinished');
      outcomes.add(paths(member).join());
      expect(ends).toEqual(taken < steps ? [null] : ends.slice(0, 1));
      // Another tree can be taken in the next term.
      member.history.startSnapshot(zx(2, 3));
      member.history.receiveSnapshot(bytes, 0, bytes.length);
      finished(member);
      member.disk.settle();
      expect(member.history.lastProcessedZxid).toBe(zx(2, 3));
      if (taken < steps) break;
    }
    expect(outcomes).toEqual(new Set(['1-1', 'x,y']));
  });

  it('that the disk does not take leaves the history as it was', () => {
    const member = receiving();
    member.disk.onCall = (name) => (name === 'append' ? new Error('no space') : null);
    const ends = finished(member);
    member.disk.settle();
    expect(ends.map((error) => error?.message)).toEqual(['no space']);
    member.disk.onCall = () => null;
    const end = member.endTerm([]);
    member.disk.settle();
    expect(end.isDone).toBe(true);
    expect(paths(member)).toEqual(['1-1']);
    expect(found(member)).toEqual(seen(member.history.tree));
  });

  it('that is nonsense is refused', () => {
    const member = receiving(0);
    const nonsense = Buffer.from([0xff, 0xff, 0xff, 0xfe]);
    expect(() => member.history.receiveSnapshot(nonsense, 0, 4)).toThrow('wrong sessions');
  });
});

describe('a stop', () => {
  it('comes when what was appended is on disk', () => {
    const member = new Member();
    const journal = member.history.openJournal(() => undefined);
    journal.appendBytes(zx(1, 1), txn(1, 1).record);
    const ends: (Error | null)[] = [];
    member.history.close((error) => ends.push(error));
    expect(ends).toEqual([]);
    member.disk.settle();
    expect(ends).toEqual([null]);
    expect(recoverFrom(member.disk).lastZxid).toBe(zx(1, 1));
  });

  it('while a term ends comes when that is over', () => {
    const member = new Member();
    const journal = member.history.openJournal(() => undefined);
    journal.appendBytes(zx(1, 1), txn(1, 1).record);
    member.endTerm([txn(1, 1)]);
    const ends: Zxid[] = [];
    member.history.close(() => ends.push(recoverFrom(member.disk).lastZxid));
    member.disk.settle();
    expect(ends).toEqual([zx(1, 1)]);
  });

  it('while a tree is received leaves nothing of it', () => {
    const member = new Member();
    member.history.startSnapshot(zx(1, 7));
    let isDone = false;
    member.history.close(() => {
      isDone = true;
    });
    member.disk.settle();
    expect(isDone).toBe(true);
    expect(member.disk.listing(DIRECTORY).join()).not.toContain('unfinished');
  });
});
