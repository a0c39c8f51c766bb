import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../../../src/datatree/storage/storage-error.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { changed, erased, offsetOf, readZxids } from './log-images.ts';
import { MemoryDisk } from './memory-disk.ts';
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

/** A log of ten transactions that was closed in order: log.1. */
function tenTransactions(): Scene {
  const scene = new Scene();
  for (let index = 0; index < 10; index++) scene.commit(createTxn(`/n${index}`, `data ${index}`));
  return scene;
}

/** The same disk with another log.1. */
function withLog(scene: Scene, change: (log: Buffer) => Buffer): MemoryDisk {
  const disk = scene.disk.crash(() => true);
  disk.put(`${DIRECTORY}/log.1`, change(scene.disk.contents(`${DIRECTORY}/log.1`)));
  return disk;
}

function refusal(disk: MemoryDisk): StorageError {
  const before = disk.image();
  try {
    recoverFrom(disk);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    expect(disk.image()).toEqual(before);
    return error;
  }
  throw new Error('was not refused');
}

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

describe('a log without a transaction', () => {
  it('in front of another one is no harm', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(createTxn('/x'));
    const { disk } = scene;
    disk.put(`${DIRECTORY}/log.b.2`, disk.contents(`${DIRECTORY}/log.b`));
    disk.put(`${DIRECTORY}/log.b`, Buffer.alloc(0));
    const found = recoverFrom(disk);
    expect(found.lastZxid).toBe(11n);
    expect(found.warnings).toEqual([]);
    expect(disk.listing(DIRECTORY)).toEqual(['log.1', 'log.b', 'log.b.2', 'snapshot.0']);
  });

  it('shows by its name what there had been before', () => {
    const scene = tenTransactions();
    const log = scene.disk.contents(`${DIRECTORY}/log.1`);
    const offset = offsetOf(log, 10);
    scene.disk.put(`${DIRECTORY}/log.b`, Buffer.alloc(0));
    const torn = withLog(scene, () => erased(log, offset + 40, 20));
    expect(refusal(torn).message).toBe(
      'Transactions between 0x9 and 0xb are missing: the log is damaged ' +
        `(${DIRECTORY}/log.1 at offset ${offset})`,
    );
    const found = recoverFrom(withLog(scene, () => log.subarray(0, offset)));
    expect(found.warnings[0]).toMatch(/^Transactions between 0x9 and 0xb are missing in front of/);
  });
});

describe('damage', () => {
  it('in the middle of the last log is refused, with file and offset', () => {
    const scene = tenTransactions();
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 5);
    const error = refusal(withLog(scene, (log) => changed(log, offset + 60)));
    expect(error.path).toBe(`${DIRECTORY}/log.1`);
    expect(error.offset).toBe(offset);
    expect(error.message).toBe(
      `The log is damaged behind transaction 0x4, and more follows (${DIRECTORY}/log.1 at offset ${offset})`,
    );
  });

  it.each([
    ['the checksum', 5],
    ['the length', 9],
    ['the length, which becomes huge', 8],
    ['the zxid', 24],
  ])('of %s of a record is refused when others follow', (_, at) => {
    const scene = tenTransactions();
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 5);
    const error = refusal(withLog(scene, (log) => changed(log, offset + at)));
    expect(error.offset).toBe(offset);
  });

  it('that leaves zeros is refused when more follows than one write can have', () => {
    const scene = new Scene();
    for (let index = 0; index < 30; index++) {
      scene.commit(createTxn(`/n${index}`, Buffer.alloc(60_000, index + 1)));
    }
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 5);
    const error = refusal(withLog(scene, (log) => erased(log, offset, 4096)));
    expect(error.offset).toBe(offset);
  });

  it('at the end of a log is refused when the next one shows that more was there', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(createTxn('/next'));
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 10);
    const error = refusal(withLog(scene, (log) => changed(log, offset + 60)));
    expect(error.message).toBe(
      'Transactions between 0x9 and 0xb are missing: the log is damaged ' +
        `(${DIRECTORY}/log.1 at offset ${offset})`,
    );
  });

  it('is none when the next log goes on where this one stops', () => {
    const scene = tenTransactions();
    const disk = withLog(scene, (log) => changed(log, offsetOf(log, 10) + 60));
    const next = new Scene(disk.crash(() => true));
    next.commit(createTxn('/n10'), createTxn('/n11'));
    disk.put(`${DIRECTORY}/log.a`, next.disk.contents(`${DIRECTORY}/log.a`));
    expect(recoverFrom(disk).lastZxid).toBe(11n);
  });

  it('of a header is refused', () => {
    const error = refusal(withLog(tenTransactions(), (log) => changed(log, 0)));
    expect(error.message).toBe(
      `Transaction log has invalid magic number (${DIRECTORY}/log.1 at offset 0)`,
    );
  });

  it('of a record that is too short to be a transaction is refused', () => {
    const scene = tenTransactions();
    scene.log.appendBytes(toZxid(11n), Buffer.from('short'));
    scene.zxid = toZxid(11n);
    scene.commit(createTxn('/x'), createTxn('/y'));
    expect(refusal(scene.disk).message).toMatch(/^The log is damaged behind transaction 0xa/);
  });

  it('in a transaction that passes its checksum is refused: a newer server wrote it', () => {
    const scene = tenTransactions();
    const record = Buffer.alloc(40);
    record.writeInt32BE(11, 16);
    record.writeInt32BE(77, 28);
    scene.log.appendBytes(toZxid(11n), record);
    scene.flush();
    expect(refusal(scene.disk).message).toMatch(
      /^Transaction 0xb of type 77 cannot be read: no transaction has op code 77 \(/,
    );
  });
});

describe('a gap', () => {
  it('between logs is told, and no reason to refuse', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(createTxn('/x'));
    scene.log.roll();
    scene.commit(createTxn('/y'));
    scene.disk.removeNow(`${DIRECTORY}/log.b`);
    const found = recoverFrom(scene.disk);
    expect(found.lastZxid).toBe(12n);
    expect(found.warnings).toEqual([
      `Transactions between 0xa and 0xc are missing in front of ${DIRECTORY}/log.c at offset 16`,
      expect.stringMatching(/^Digests do not match at 0xc/),
    ]);
  });
});

describe('a snapshot that cannot be loaded', () => {
  let scene: Scene;
  const path = `${DIRECTORY}/snapshot.a`;

  beforeEach(() => {
    scene = tenTransactions();
    scene.snapshot();
    scene.log.roll();
    scene.commit(createTxn('/later'));
  });

  it('is passed over for an older one and the logs', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    const found = recoverFrom(scene.disk);
    expect(found.snapshot?.zxid).toBe(0n);
    expect(found.txnsLoaded).toBe(11);
    expect(seen(found.tree)).toEqual(seen(scene.tree));
    expect(found.warnings[0]).toMatch(/^problem reading snap file \/data\/version-2\/snapshot.a: /);
  });

  it('is passed over when it was never finished', () => {
    scene.disk.put(path, scene.disk.contents(path).subarray(0, 300));
    const found = recoverFrom(scene.disk);
    expect(found.lastZxid).toBe(11n);
    expect(found.warnings).toEqual([`invalid snapshot ${path}`]);
  });

  it('stops the server where nothing else leads to its zxid', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    scene.disk.removeNow(`${DIRECTORY}/log.1`);
    expect(refusal(scene.disk).message).toBe(
      'Transactions between 0x0 and 0xb are missing, and the snapshot that had them is damaged ' +
        `(${DIRECTORY}/log.b at offset 16)`,
    );
  });

  it('stops the server where the logs end before its zxid', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    scene.disk.removeNow(`${DIRECTORY}/log.1`);
    scene.disk.removeNow(`${DIRECTORY}/log.b`);
    expect(refusal(scene.disk).message).toBe(
      `The log ends at 0x0, but there is a damaged snapshot of 0xa (${DIRECTORY})`,
    );
  });

  it('stops the server when there is no other', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    scene.disk.removeNow(SNAPSHOT_0);
    expect(refusal(scene.disk).message).toBe(`Not able to find valid snapshots in ${DIRECTORY}`);
  });

  it.each([
    ['the magic number', 0],
    ['a session', 17],
    ['the tree', 250],
  ])('may be wrong in %s', (_, offset) => {
    scene.disk.put(path, changed(scene.disk.contents(path), offset));
    expect(recoverFrom(scene.disk).snapshot?.zxid).toBe(0n);
  });

  it('may be wrong anywhere: no changed byte goes unnoticed', () => {
    const whole = scene.disk.contents(path);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (offset) => {
        scene.disk.put(path, changed(whole, offset));
        const found = recoverFrom(scene.disk);
        expect(found.snapshot?.zxid).toBe(0n);
        expect(seen(found.tree)).toEqual(seen(scene.tree));
      }),
    );
  });

  it('may be packed and cut off, as a crash of a Java server leaves it', () => {
    const packed = gzipSync(scene.disk.contents(path));
    scene.disk.removeNow(path);
    scene.disk.put(`${path}.gz`, gzipSync(scene.disk.contents(SNAPSHOT_0).subarray(0, 200)));
    expect(recoverFrom(scene.disk).snapshot?.zxid).toBe(0n);
    scene.disk.put(`${path}.gz`, packed);
    expect(recoverFrom(scene.disk).snapshot?.zxid).toBe(10n);
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
