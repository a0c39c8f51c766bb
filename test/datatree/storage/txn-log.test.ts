import { describe, expect, it } from 'vitest';
import { LOG_HEADER } from '../../../src/datatree/storage/log-format.ts';
import { LogReader } from '../../../src/datatree/storage/log-reader.ts';
import { TxnLog } from '../../../src/datatree/storage/txn-log.ts';
import { viewOfRange } from '../../../src/jute/byte-range.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { readTxn, readTxnDigest, readTxnHeader } from '../../../src/jute/txn.ts';
import { MemoryDisk, systemError } from './memory-disk.ts';
import { createTxn, DIRECTORY, golden, recoverFrom, Scene, setTxn, zxid } from './scene.ts';

const SILENT = { onDurable: () => {}, onFailure: () => {}, onSync: () => {}, onSlowSync: () => {} };

function openLog(disk: MemoryDisk): TxnLog {
  const options = {
    directory: DIRECTORY,
    lastZxid: zxid(0),
    preAllocSizeBytes: 64 * 1024,
    sizeLimitBytes: 0,
    forceSync: true,
    fsyncWarningThresholdMs: 1000,
    maxPendingBytes: 1 << 20,
  };
  return new TxnLog(disk, options, SILENT);
}

function flushed(disk: MemoryDisk, log: TxnLog): Buffer {
  log.flush();
  disk.settle();
  return disk.contents(`${DIRECTORY}/log.1`);
}

/** What a log of Java's is before its padding is cut off. */
function padded(log: Buffer): Buffer {
  return Buffer.concat([log, Buffer.alloc(16 + 64 * 1024 - log.length)]);
}

describe('the bytes of a log', () => {
  it('are those of Java for the same transactions, padding included', () => {
    const source = new MemoryDisk();
    source.put('/java', golden('plain/log.1'));
    const java = new LogReader(source, '/java');
    const disk = new MemoryDisk();
    const log = openLog(disk);
    while (java.hasHeader && java.next()) {
      const header = readTxnHeader(java.record);
      const txn = readTxn(header.type, java.record);
      log.append(header, txn, readTxnDigest(java.record) ?? null);
    }
    expect(flushed(disk, log).equals(padded(golden('plain/log.1')))).toBe(true);
    expect(log.txnCount).toBe(34);
  });

  it('are the same for records that are serialised already', () => {
    const source = new MemoryDisk();
    source.put('/java', golden('plain/log.1'));
    const java = new LogReader(source, '/java');
    const disk = new MemoryDisk();
    const log = openLog(disk);
    while (java.next()) {
      const { record } = java;
      log.appendBytes(
        readTxnHeader(record).zxid,
        record.bytes.subarray(record.offset - 32, record.end),
      );
    }
    expect(flushed(disk, log).equals(padded(golden('plain/log.1')))).toBe(true);
  });
});

describe('group commit', () => {
  it('makes one batch of what comes while the one before is written', () => {
    const scene = new Scene();
    scene.append(createTxn('/a'));
    scene.log.flush();
    scene.append(createTxn('/b'), createTxn('/c'));
    scene.log.flush();
    expect(scene.log.isFlushing).toBe(true);
    scene.disk.settle();
    expect(scene.durable).toEqual([zxid(1)]);
    scene.flush();
    expect(scene.durable).toEqual([zxid(1), zxid(3)]);
    expect(scene.disk.calls.filter((call) => call === 'write')).toHaveLength(2);
  });

  it('calls nothing durable before the disk has ended the write', () => {
    const scene = new Scene();
    scene.append(createTxn('/a'));
    scene.log.flush();
    expect(scene.log.durableZxid).toBe(zxid(0));
    expect(scene.log.lastAppendedZxid).toBe(zxid(1));
    expect(scene.log.pendingBytes).toBeGreaterThan(0);
    scene.disk.settle();
    expect(scene.log.durableZxid).toBe(zxid(1));
    expect(scene.log.pendingBytes).toBe(0);
  });

  it('syncs the name of a new file before it calls its first transaction durable', () => {
    const scene = new Scene(new MemoryDisk(), { preAllocSizeBytes: 1 << 20 });
    scene.append(createTxn('/a'));
    scene.log.flush();
    while (scene.durable.length === 0) scene.disk.step();
    const calls = scene.disk.calls.slice(scene.disk.calls.indexOf('createLog'));
    expect(calls).toEqual(['createLog', 'write', 'extend', 'syncDirectory']);
  });

  it('asks for a pause when too much is pending', () => {
    const scene = new Scene(new MemoryDisk(), { maxPendingBytes: 1000 });
    scene.append(createTxn('/a', Buffer.alloc(900)));
    expect(scene.log.isFull).toBe(false);
    scene.append(createTxn('/b'));
    expect(scene.log.isFull).toBe(true);
    scene.flush();
    expect(scene.log.isFull).toBe(false);
  });

  it('writes a large batch in pieces, each when the one before is durable', () => {
    const scene = new Scene();
    scene.append(
      createTxn('/a', Buffer.alloc(1_500_000, 1)),
      createTxn('/b', Buffer.alloc(900_000, 2)),
    );
    scene.log.flush();
    const written: number[] = [];
    while (scene.durable.length === 0) {
      scene.disk.step();
      const { calls } = scene.disk;
      written.push(calls.filter((call) => call === 'write').length);
    }
    expect(new Set(written)).toEqual(new Set([1, 2, 3]));
    expect(scene.durable).toEqual([zxid(2)]);
    expect(new Scene(scene.disk).found.lastZxid).toBe(zxid(2));
  });
});

describe('a file of the log', () => {
  it('begins after a roll with the transaction that it is named for', () => {
    const scene = new Scene();
    scene.commit(createTxn('/a'));
    scene.append(createTxn('/b'));
    scene.log.roll();
    expect(scene.log.txnCount).toBe(0);
    scene.append(createTxn('/c'));
    scene.flush();
    expect(scene.disk.listing(DIRECTORY)).toEqual(['log.1', 'log.3', 'snapshot.0']);
    expect(scene.durable).toEqual([zxid(1), zxid(2), zxid(3)]);
    expect(scene.log.txnCount).toBe(1);
  });

  it('is followed by the next one once it is larger than the limit', () => {
    const scene = new Scene(new MemoryDisk(), { sizeLimitBytes: 1000 });
    scene.commit(createTxn('/a'));
    scene.commit(createTxn('/b', Buffer.alloc(1000)));
    scene.commit(createTxn('/c'));
    expect(scene.disk.listing(DIRECTORY)).toEqual(['log.1', 'log.3', 'snapshot.0']);
    expect(scene.log.txnCount).toBe(3);
  });

  it('rolls at the limit in front of what was appended meanwhile', () => {
    const scene = new Scene(new MemoryDisk(), { sizeLimitBytes: 1000 });
    scene.append(createTxn('/a', Buffer.alloc(1000)));
    scene.log.flush();
    scene.append(createTxn('/b'));
    scene.disk.settle();
    scene.flush();
    expect(scene.disk.listing(DIRECTORY)).toEqual(['log.1', 'log.2', 'snapshot.0']);
  });

  it('grows by preAllocSize when less than 4 KB of it are left', () => {
    const scene = new Scene();
    scene.commit(createTxn('/a', Buffer.alloc(61_000)));
    expect(scene.disk.size(`${DIRECTORY}/log.1`)).toBe(16 + 64 * 1024);
    scene.commit(createTxn('/b', Buffer.alloc(400)));
    expect(scene.disk.size(`${DIRECTORY}/log.1`)).toBe(16 + 2 * 64 * 1024);
  });

  it('is as long as its transactions where nothing is allocated ahead', () => {
    const scene = new Scene(new MemoryDisk(), { preAllocSizeBytes: 0 });
    scene.commit(createTxn('/a', 'data'));
    expect(scene.disk.size(`${DIRECTORY}/log.1`)).toBe(16 + scene.log.sizeBytes);
    expect(new Scene(scene.disk).found.lastZxid).toBe(zxid(1));
  });

  it('takes no zxid twice', () => {
    const scene = new Scene();
    scene.append(createTxn('/a'));
    expect(() => scene.log.appendBytes(zxid(1), Buffer.alloc(40))).toThrow('appended behind 1');
  });
});

describe('a sync', () => {
  it('that takes long is warned of, in Java’s words', () => {
    const scene = new Scene(new MemoryDisk(), { fsyncWarningThresholdMs: 20 });
    scene.disk.writeMs = 1234.5;
    scene.commit(createTxn('/a'));
    expect(scene.syncs).toEqual([1234.5]);
    expect(scene.slowSyncs).toEqual([
      'fsync-ing the write ahead log in SyncThread:0 took 1234ms which will adversely effect operation latency.' +
        'File size is 65552 bytes. See the ZooKeeper troubleshooting guide',
    ]);
  });

  it('is not waited for where forceSync is off', () => {
    const scene = new Scene(new MemoryDisk(), { forceSync: false });
    scene.commit(createTxn('/a'));
    expect(scene.durable).toEqual([zxid(1)]);
    expect(scene.syncs).toEqual([]);
    expect(scene.disk.calls).not.toContain('syncDirectory');
    expect(scene.disk.tearable().sectors).toBeGreaterThan(0);
  });
});

describe('a disk that fails', () => {
  it.each(['createLog', 'write', 'extend', 'syncDirectory'])(
    'in %s is told once, and nothing is durable afterwards',
    (failing) => {
      const scene = new Scene(new MemoryDisk(), { preAllocSizeBytes: 1 << 20 });
      scene.disk.onCall = (name) => (name === failing ? systemError('ENOSPC') : null);
      scene.append(createTxn('/a'));
      scene.log.flush();
      scene.disk.settle();
      scene.disk.onCall = () => null;
      scene.append(createTxn('/b'));
      scene.log.flush();
      scene.disk.settle();
      expect(scene.failures.map((error) => error.message)).toEqual(['ENOSPC: ']);
      expect(scene.durable).toEqual([]);
    },
  );

  it('keeps what was durable before', () => {
    const scene = new Scene();
    scene.commit(createTxn('/a'));
    scene.disk.onCall = (name) => (name === 'write' ? systemError('EIO') : null);
    scene.append(createTxn('/b'));
    scene.log.flush();
    scene.disk.settle();
    const after = new Scene(scene.disk.crash(() => false));
    expect(after.found.lastZxid).toBe(zxid(1));
  });
});

describe('closing', () => {
  it('writes what is pending first, across a roll', () => {
    const scene = new Scene();
    scene.append(createTxn('/a'));
    scene.log.flush();
    scene.append(createTxn('/b'));
    scene.log.roll();
    scene.append(setTxn('/a', 'x'));
    const ends: (Error | null)[] = [];
    scene.log.close((error) => ends.push(error));
    scene.disk.settle();
    expect(ends).toEqual([null]);
    expect(scene.log.durableZxid).toBe(zxid(3));
  });

  it('waits for a write that begins as soon as the one before is durable', () => {
    const scene = new Scene();
    scene.afterDurable = () => scene.log.flush();
    scene.append(createTxn('/a'));
    scene.log.flush();
    scene.append(createTxn('/b'));
    const durableAtEnd: bigint[] = [];
    scene.log.close(() => durableAtEnd.push(scene.log.durableZxid));
    scene.disk.settle();
    expect(durableAtEnd).toEqual([zxid(2)]);
  });

  it('is the end: what comes afterwards is not written', () => {
    const scene = new Scene();
    scene.commit(createTxn('/a'));
    scene.log.close(() => {});
    scene.disk.settle();
    scene.append(createTxn('/b'));
    scene.log.flush();
    scene.disk.settle();
    expect(scene.durable).toEqual([zxid(1)]);
    expect(recoverFrom(scene.disk).lastZxid).toBe(zxid(1));
  });

  it('tells what the log failed with, before or meanwhile', () => {
    const scene = new Scene();
    scene.disk.onCall = (name) => (name === 'write' ? systemError('EIO') : null);
    scene.append(createTxn('/a'));
    const ends: (string | undefined)[] = [];
    scene.log.close((error) => ends.push(error?.message));
    scene.disk.settle();
    scene.log.close((error) => ends.push(error?.message));
    expect(ends).toEqual(['EIO: ', 'EIO: ']);
  });
});

describe('the terms of a role', () => {
  it('each begin a file of their own, also in a later epoch', () => {
    const first = new Scene();
    first.commit(createTxn('/a'), createTxn('/b'));
    first.log.close(() => {});
    first.disk.settle();
    const second = new Scene(first.disk);
    second.zxid = toZxid(0x2_0000_0000n);
    second.commit(createTxn('/c'));
    expect(second.disk.listing(DIRECTORY)).toEqual(['log.1', 'log.200000001', 'snapshot.0']);
    expect(recoverFrom(second.disk.crash(() => false)).lastZxid).toBe(0x2_0000_0001n);
  });

  it('take the place of a file that has no transaction', () => {
    for (const left of [Buffer.alloc(0), Buffer.alloc(5000), LOG_HEADER]) {
      const scene = new Scene();
      scene.append(createTxn('/a'));
      scene.disk.put(`${DIRECTORY}/log.1`, left);
      scene.flush();
      expect(scene.failures).toEqual([]);
      expect(recoverFrom(scene.disk.crash(() => false)).lastZxid).toBe(1n);
    }
  });

  it('do not touch one that is something else', () => {
    const scene = new Scene();
    scene.disk.put(`${DIRECTORY}/log.1`, Buffer.from('precious'));
    scene.append(createTxn('/a'));
    scene.flush();
    expect(scene.failures[0]?.message).toMatch('A file with content has the name of the next log');
    expect(scene.durable).toEqual([]);
    expect(scene.disk.contents(`${DIRECTORY}/log.1`).toString()).toBe('precious');
  });

  it('do not touch one that has transactions', () => {
    const other = new Scene();
    other.commit(createTxn('/other'));
    const scene = new Scene();
    scene.append(createTxn('/a'));
    scene.disk.put(`${DIRECTORY}/log.1`, other.disk.contents(`${DIRECTORY}/log.1`));
    scene.flush();
    expect(scene.failures[0]?.message).toMatch('A file with content has the name of the next log');
    expect(scene.disk.contents(`${DIRECTORY}/log.1`)).toEqual(
      other.disk.contents(`${DIRECTORY}/log.1`),
    );
  });

  it('count what is appended as bytes like what is appended as a transaction', () => {
    const leader = new Scene();
    const learner = new Scene();
    const append = leader.log.append.bind(leader.log);
    leader.log.append = (header, txn, digest) => {
      const record = append(header, txn, digest);
      learner.log.appendBytes(header.zxid, viewOfRange(record));
      return record;
    };
    for (let index = 0; index < 300; index++)
      leader.append(createTxn(`/n${index}`, Buffer.alloc(index)));
    leader.flush();
    learner.flush();
    const counts = ({ log }: Scene): unknown => [
      log.txnCount,
      log.sizeBytes,
      log.durableZxid,
      log.pendingBytes,
    ];
    expect(counts(learner)).toEqual(counts(leader));
    const path = `${DIRECTORY}/log.1`;
    expect(learner.disk.contents(path).equals(leader.disk.contents(path))).toBe(true);
  });
});
