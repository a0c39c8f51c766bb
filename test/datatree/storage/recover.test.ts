import { describe, expect, it } from 'vitest';
import { toZxid } from '../../../src/jute/int64.ts';
import { changed, erased, offsetOf, readZxids } from './log-images.ts';
import { MemoryDisk } from './memory-disk.ts';
import { refusal, tenTransactions, withLog } from './recovery.ts';
import {
  createTxn,
  DIRECTORY,
  newTree,
  recoverFrom,
  Scene,
  SESSION,
  seen,
  setTxn,
} from './scene.ts';

const SNAPSHOT_0 = `${DIRECTORY}/snapshot.0`;

describe('a new database', () => {
  it('has a snapshot before it has a log', () => {
    const disk = new MemoryDisk();
    const found = recoverFrom(disk);
    expect(found.lastZxid).toBe(0n);
    expect(disk.crash(() => false, 0).listing(DIRECTORY)).toEqual(['snapshot.0']);
    expect(seen(recoverFrom(disk).tree)).toEqual(seen(newTree()));
  });

  it('is not trusted without db.autocreate', () => {
    const disk = new MemoryDisk();
    const found = recoverFrom(disk, { dbAutocreate: false });
    expect(found.lastZxid).toBe(-1n);
    expect(found.tree.lastProcessedZxid).toBe(-1n);
    expect(found.warnings).toEqual(['Unexpected empty data tree, setting zxid to -1']);
    expect(disk.listing(DIRECTORY)).toEqual([]);
  });

  it('is trusted once after initialize', () => {
    const disk = new MemoryDisk();
    disk.put('/data/initialize', Buffer.alloc(0));
    expect(recoverFrom(disk, { dbAutocreate: false }).lastZxid).toBe(0n);
    expect(disk.listing('/data')).toEqual([]);
  });
});

describe('logs without a snapshot', () => {
  it('are refused', () => {
    const disk = tenTransactions().disk;
    disk.removeNow(SNAPSHOT_0);
    expect(refusal(disk).message).toBe(
      'No snapshot found, but there are log entries. Something is broken!',
    );
  });

  it('are replayed where that is trusted, wherever they begin', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(setTxn('/zookeeper', 'x'));
    scene.disk.removeNow(SNAPSHOT_0);
    scene.disk.removeNow(`${DIRECTORY}/log.1`);
    const found = recoverFrom(scene.disk, { snapshotTrustEmpty: true });
    expect(found.lastZxid).toBe(11n);
    expect(found.warnings[0]).toBe(
      'No snapshot found, but there are log entries. This should only be allowed during upgrading.',
    );
  });
});

describe('a log that ends in order', () => {
  it('gives back every transaction, and its session', () => {
    const scene = tenTransactions();
    scene.commit({ type: -10, timeOut: 30000 }, createTxn('/e', '', true));
    const found = recoverFrom(scene.disk);
    expect(found.txnsLoaded).toBe(12);
    expect(seen(found.tree)).toEqual(seen(scene.tree));
    expect(found.warnings).toEqual([]);
  });

  it('is replayed from the snapshot on only', () => {
    const scene = tenTransactions();
    scene.snapshot();
    scene.commit(createTxn('/later'));
    const found = recoverFrom(scene.disk);
    expect(found.txnsLoaded).toBe(1);
    expect(found.snapshot?.zxid).toBe(10n);
    expect(seen(found.tree)).toEqual(seen(scene.tree));
  });

  it('is replayed from the file on that goes on behind the snapshot, without a look at the one before', () => {
    const scene = tenTransactions();
    scene.snapshot();
    scene.log.roll();
    scene.commit(createTxn('/later'));
    const found = recoverFrom(withLog(scene, (log) => Buffer.alloc(log.length, 'spoiled')));
    expect(found.txnsLoaded).toBe(1);
    expect(seen(found.tree)).toEqual(seen(scene.tree));
    expect(found.warnings).toEqual([]);
  });

  it('is replayed from the file before, where the one that goes on behind the snapshot has no transaction', () => {
    const scene = tenTransactions();
    scene.snapshot();
    const disk = withLog(scene, (log) => log);
    disk.put(`${DIRECTORY}/log.b`, Buffer.alloc(4096));
    expect(seen(recoverFrom(disk).tree)).toEqual(seen(scene.tree));
    expect(disk.listing(DIRECTORY)).toEqual(['log.1', 'snapshot.0', 'snapshot.a']);
  });

  it('may begin a later epoch', () => {
    const scene = tenTransactions();
    scene.zxid = toZxid(0x1_0000_0000n);
    scene.log.roll();
    scene.commit(createTxn('/epoch'));
    const found = recoverFrom(scene.disk);
    expect(found.lastZxid).toBe(0x1_0000_0001n);
    expect(found.warnings).toEqual([]);
  });
});

describe('the end of the last log', () => {
  it.each([1, 3, 11, 12, 20, 60])('that lacks %d bytes loses its last record only', (missing) => {
    const scene = tenTransactions();
    const disk = withLog(scene, (log) => {
      const end = offsetOf(log, 10) * 2 - offsetOf(log, 9);
      return erased(log, end - missing, missing);
    });
    const found = recoverFrom(disk);
    expect(found.lastZxid).toBe(9n);
    expect(found.warnings[0]).toMatch(/log\.1 has an unfinished write at offset \d+, cut off/);
    expect(readZxids(disk.contents(`${DIRECTORY}/log.1`))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(recoverFrom(disk).warnings).toEqual([]);
  });

  it('may be the end of the file', () => {
    const scene = tenTransactions();
    const disk = withLog(scene, (log) => log.subarray(0, offsetOf(log, 10) + 5));
    expect(recoverFrom(disk).lastZxid).toBe(9n);
  });

  it('is cut off where garbage follows', () => {
    const scene = tenTransactions();
    const disk = withLog(scene, (log) => {
      const end = offsetOf(log, 10) * 2 - offsetOf(log, 9);
      return changed(log, end, 300);
    });
    expect(recoverFrom(disk).lastZxid).toBe(10n);
    expect(recoverFrom(disk).warnings).toEqual([]);
  });

  it('loses a record with a wrong checksum if nothing follows it', () => {
    const disk = withLog(tenTransactions(), (log) => changed(log, offsetOf(log, 10) + 50));
    expect(recoverFrom(disk).lastZxid).toBe(9n);
  });

  it('is cut off at a sector that was not written, though later ones were', () => {
    const scene = new Scene();
    scene.commit(createTxn('/a'));
    scene.append(createTxn('/b', Buffer.alloc(2000, 7)), createTxn('/c'), createTxn('/d'));
    scene.flush();
    const disk = withLog(scene, (log) => erased(log, 1024, 512));
    expect(recoverFrom(disk).lastZxid).toBe(1n);
    expect(readZxids(disk.contents(`${DIRECTORY}/log.1`))).toEqual([1]);
  });

  it.each([
    ['is empty', () => Buffer.alloc(0)],
    ['has half a header', (log: Buffer) => log.subarray(0, 9)],
    ['has zeros for a header', (log: Buffer) => Buffer.alloc(log.length)],
    ['has a header only', (log: Buffer) => Buffer.concat([log.subarray(0, 16), Buffer.alloc(100)])],
  ])('may be a file that %s, which is removed', (_, change) => {
    const scene = tenTransactions();
    const disk = scene.disk;
    disk.put(`${DIRECTORY}/log.b`, change(disk.contents(`${DIRECTORY}/log.1`)));
    const found = recoverFrom(disk);
    expect(found.lastZxid).toBe(10n);
    expect(found.warnings).toEqual([`${DIRECTORY}/log.b has no transaction, removed`]);
    expect(disk.listing(DIRECTORY)).toEqual(['log.1', 'snapshot.0']);
  });
});

describe('what a crash left', () => {
  it('of a snapshot is removed', () => {
    const scene = tenTransactions();
    scene.startSnapshot();
    scene.disk.step();
    const disk = scene.disk.crash(() => true);
    expect(disk.listing(DIRECTORY)).toContain('unfinished.snapshot.a');
    recoverFrom(disk);
    expect(disk.listing(DIRECTORY)).toEqual(['log.1', 'snapshot.0']);
  });
});

describe('sessions', () => {
  it('that are not there lose their ephemerals', () => {
    const scene = new Scene();
    scene.commit({ type: -10, timeOut: 30000 }, createTxn('/e', '', true), createTxn('/p'));
    scene.tree.sessions.delete(SESSION);
    scene.snapshot();
    const found = recoverFrom(scene.disk);
    expect(found.snapshot?.zxid).toBe(3n);
    expect(found.tree.findPath('/e')).toBe(-1);
    expect(found.tree.findPath('/p')).not.toBe(-1);
    expect(found.lastZxid).toBe(3n);
  });
});

describe('digests', () => {
  it('that do not match are told', () => {
    const scene = new Scene();
    scene.append(createTxn('/a'));
    const header = { clientId: SESSION, cxid: 1, zxid: toZxid(2n), time: 5, type: 5 };
    scene.log.append(header, setTxn('/a', 'x'), { version: 2, treeDigest: 4711n });
    scene.flush();
    const found = recoverFrom(scene.disk);
    expect(found.tree.digestMismatchCount).toBe(1);
    expect(found.warnings[0]).toMatch(/^Digests do not match at 0x2: should be 4711/);
  });

  it('are not looked at where they are off', () => {
    const scene = new Scene();
    const header = { clientId: SESSION, cxid: 1, zxid: toZxid(1n), time: 5, type: 1 };
    scene.log.append(header, createTxn('/a'), { version: 2, treeDigest: 4711n });
    scene.flush();
    expect(recoverFrom(scene.disk, { digestEnabled: false }).warnings).toEqual([]);
  });
});
