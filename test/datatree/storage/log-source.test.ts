import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLogWorthReading,
  LogSource,
  logSizeFrom,
  newestSnapshotSize,
} from '../../../src/datatree/storage/log-source.ts';
import { StorageError } from '../../../src/datatree/storage/storage-error.ts';
import { viewOfRange } from '../../../src/jute/byte-range.ts';
import type { Zxid } from '../../../src/jute/int64.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { changed, offsetOf } from './log-images.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { createTxn, DIRECTORY, Scene, setTxn, zxid } from './scene.ts';

const DIRECTORIES = { logDirectory: DIRECTORY, snapshotDirectory: DIRECTORY };

/** What a source gives, and how. */
interface Given {
  readonly zxids: number[];
  readonly records: Buffer[];
  readonly floor: Zxid | null;
  readonly calls: number;
}

function drain(source: LogSource, maxBytes = 1000): Given {
  const zxids: number[] = [];
  const records: Buffer[] = [];
  for (let calls = 1; ; calls++) {
    const batch = source.next(maxBytes);
    if (batch === null) return { zxids, records, floor: source.floorZxid, calls };
    for (const txn of batch) {
      zxids.push(Number(txn.zxid));
      records.push(Buffer.from(txn.record));
    }
  }
}

function read(disk: MemoryDisk, from: number | bigint, through: number | bigint): Given {
  const source = LogSource.open(disk, DIRECTORIES, toZxid(BigInt(from)), toZxid(BigInt(through)));
  return drain(source);
}

/** Thirty transactions in three files: 1-10, 11-20, 21-30. */
function threeFiles(): Scene {
  const scene = new Scene();
  for (let index = 1; index <= 30; index++) {
    scene.commit(createTxn(`/n${index}`, Buffer.alloc(index * 7, index)));
    if (index % 10 === 0) scene.log.roll();
  }
  return scene;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('the log as a source', () => {
  it.each([
    [0, 30],
    [1, 30],
    [9, 11],
    [10, 20],
    [15, 25],
    [29, 30],
  ])('gives what is above %i, up to %i', (from, through) => {
    const given = read(threeFiles().disk, from, through);
    expect(given.zxids).toEqual(range(from + 1, through));
    expect(given.floor).toBe(zxid(from));
  });

  it('gives nothing where nothing is missing', () => {
    expect(read(threeFiles().disk, 30, 30)).toMatchObject({ zxids: [], floor: 30n });
  });

  it('gives the very bytes that were appended', () => {
    const scene = new Scene();
    const appended: Buffer[] = [];
    const append = scene.log.append.bind(scene.log);
    scene.log.append = (...args) => {
      const record = append(...args);
      appended.push(Buffer.from(viewOfRange(record)));
      return record;
    };
    for (let index = 0; index < 20; index++) scene.append(createTxn(`/n${index}`, `é${index}`));
    scene.flush();
    expect(read(scene.disk, 0, 20).records).toEqual(appended);
  });

  it('reads what is durable while more is written', () => {
    const scene = threeFiles();
    const source = LogSource.open(scene.disk, DIRECTORIES, zxid(12), zxid(30));
    expect(source.next(1)?.map((txn) => txn.zxid)).toEqual([13n]);
    scene.commit(createTxn('/more'), createTxn('/still-more'));
    expect(drain(source).zxids).toEqual(range(14, 30));
  });

  it('is positioned in slices', () => {
    const scene = new Scene();
    scene.commit(createTxn('/a'));
    for (let index = 0; index < 20; index++)
      scene.commit(setTxn('/a', Buffer.alloc(100_000), index));
    const given = drain(LogSource.open(scene.disk, DIRECTORIES, zxid(20), zxid(21)), 1 << 20);
    expect(given.zxids).toEqual([21]);
    expect(given.calls).toBeGreaterThan(6);
  });

  it('tells where a learner is that has what was never committed', () => {
    const disk = twoEpochs();
    const given = read(disk, 0x1_0000_0009n, 0x2_0000_0002n);
    expect(given.floor).toBe(0x1_0000_0003n);
    expect(given.zxids).toEqual([0x2_0000_0001, 0x2_0000_0002]);
  });

  it('does not reach back behind its first file', () => {
    const scene = threeFiles();
    scene.disk.removeNow(`${DIRECTORY}/log.1`);
    expect(read(scene.disk, 9, 30)).toMatchObject({ floor: null, zxids: range(11, 30) });
    expect(read(scene.disk, 10, 30)).toMatchObject({ floor: 10n, zxids: range(11, 30) });
  });

  it('can be closed early', () => {
    const source = LogSource.open(threeFiles().disk, DIRECTORIES, zxid(3), zxid(30));
    source.next(1);
    source.close();
    expect(source.next(1)).toBeNull();
  });
});

/** Epoch 1 with three transactions, then epoch 2 with two. */
function twoEpochs(): MemoryDisk {
  const first = new Scene();
  first.zxid = toZxid(0x1_0000_0000n);
  first.commit(createTxn('/a'), createTxn('/b'), createTxn('/c'));
  const second = new Scene(first.disk);
  second.zxid = toZxid(0x2_0000_0000n);
  second.commit(createTxn('/d'), createTxn('/e'));
  return second.disk;
}

describe('a log that cannot be used', () => {
  it.each([
    ['a damaged record', 15, 12],
    ['a damaged record in the last file', 25, 12],
    ['a damaged last record', 30, 12],
  ])('because of %s has what is before it, and then raises an error', (_name, number, from) => {
    const { disk } = threeFiles();
    const path = `${DIRECTORY}/log.${(Math.floor((number - 1) / 10) * 10 + 1).toString(16)}`;
    const log = disk.contents(path);
    disk.put(path, changed(log, offsetOf(log, number) + 30));
    const source = LogSource.open(disk, DIRECTORIES, zxid(from), zxid(30));
    const zxids: number[] = [];
    expect(() => {
      for (let batch = source.next(1); batch !== null; batch = source.next(1)) {
        zxids.push(...batch.map((txn) => Number(txn.zxid)));
      }
    }).toThrow(StorageError);
    expect(zxids).toEqual(range(from + 1, number - 1));
  });

  it('before it has given anything does not reach back', () => {
    const { disk } = threeFiles();
    const log = disk.contents(`${DIRECTORY}/log.b`);
    disk.put(`${DIRECTORY}/log.b`, changed(log, offsetOf(log, 13) + 30));
    expect(read(disk, 12, 30)).toMatchObject({ floor: null, zxids: [] });
  });

  it('because the end of an epoch is damaged', () => {
    const disk = twoEpochs();
    const path = `${DIRECTORY}/log.100000001`;
    const log = disk.contents(path);
    disk.put(path, changed(log, offsetOf(log, 0x1_0000_0003) + 30));
    const source = LogSource.open(
      disk,
      DIRECTORIES,
      toZxid(0x1_0000_0001n),
      toZxid(0x2_0000_0002n),
    );
    expect(source.next(1)).toHaveLength(1);
    expect(() => source.next(1)).toThrow('stops before its end');
  });

  it('because a whole epoch is damaged', () => {
    const disk = twoEpochs();
    const path = `${DIRECTORY}/log.100000001`;
    disk.put(path, changed(disk.contents(path), 0));
    expect(read(disk, 0, 0x2_0000_0002n)).toMatchObject({ floor: null, zxids: [] });
  });

  it('because a file has gone', () => {
    const { disk } = threeFiles();
    const source = LogSource.open(disk, DIRECTORIES, zxid(5), zxid(30));
    source.next(1);
    disk.removeNow(`${DIRECTORY}/log.b`);
    expect(() => drain(source)).toThrow('ENOENT');
    expect(read(disk, 15, 30).floor).toBeNull();
  });

  it('because an epoch began with a snapshot in place of the log', () => {
    const disk = twoEpochs();
    disk.put(`${DIRECTORY}/snapshot.200000000`, Buffer.from('received by a Java server'));
    expect(read(disk, 0x1_0000_0002n, 0x2_0000_0002n)).toMatchObject({ floor: null, zxids: [] });
    expect(read(disk, 0x2_0000_0000n, 0x2_0000_0002n).zxids).toHaveLength(2);
  });

  it('because a snapshot stands where the files have nothing', () => {
    const disk = twoEpochs();
    disk.put(`${DIRECTORY}/snapshot.100000007`, Buffer.from('received by a Java server'));
    const source = LogSource.open(
      disk,
      DIRECTORIES,
      toZxid(0x1_0000_0002n),
      toZxid(0x2_0000_0002n),
    );
    expect(source.next(1)).toHaveLength(1);
    expect(() => source.next(1)).toThrow('are not in the log');
  });

  it('because it ends too early', () => {
    expect(() => read(threeFiles().disk, 10, 31)).toThrow('ends at 0x1e, before 0x1f');
  });
});

describe('any log', () => {
  it('gives every transaction once, in order, whatever the slices', () => {
    const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(60_000)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.nat(39), fc.nat(5), fc.nat(100_000), (given, from, rolls, maxBytes) => {
        const scene = new Scene();
        for (const [index, size] of given.entries()) {
          scene.append(createTxn(`/n${index}`, Buffer.alloc(size, index)));
          if (index % 6 < rolls) scene.flush();
          if (index % 6 === rolls) scene.log.roll();
        }
        scene.flush();
        const start = Math.min(from, given.length);
        const source = LogSource.open(scene.disk, DIRECTORIES, zxid(start), scene.zxid);
        const { zxids, floor } = drain(source, maxBytes);
        expect(zxids).toEqual(range(start + 1, given.length));
        expect(floor).toBe(zxid(start));
      }),
      { numRuns: 60 },
    );
  });
});

describe('whether the log is worth reading', () => {
  it('goes by the size of the newest snapshot (ZKDatabase.calculateTxnLogSizeLimit)', () => {
    expect(isLogWorthReading(330, 1000, 0.33)).toBe(true);
    expect(isLogWorthReading(331, 1000, 0.33)).toBe(false);
    expect(isLogWorthReading(1, 1_000_000, -1)).toBe(false);
    expect(isLogWorthReading(1e12, 1000, 0)).toBe(true);
    expect(isLogWorthReading(1e12, 0, 0.33)).toBe(true);
  });

  it('counts the files from the first that is needed, without the space made ahead', () => {
    const scene = threeFiles();
    const all = logSizeFrom(scene.disk, DIRECTORY, zxid(0));
    const last = logSizeFrom(scene.disk, DIRECTORY, zxid(22));
    expect(scene.disk.size(`${DIRECTORY}/log.15`)).toBeGreaterThanOrEqual(64 * 1024);
    expect(last).toBe(4096);
    expect(all).toBe(3 * 4096);
    expect(logSizeFrom(scene.disk, '/nothing', zxid(0))).toBe(0);
  });

  it('knows how large the newest snapshot is', () => {
    const scene = threeFiles();
    const before = newestSnapshotSize(scene.disk, DIRECTORY);
    expect(before).toBe(scene.disk.size(`${DIRECTORY}/snapshot.0`));
    expect(newestSnapshotSize(scene.disk, '/nothing')).toBe(0);
    scene.snapshot();
    expect(newestSnapshotSize(scene.disk, DIRECTORY)).toBeGreaterThan(before);
  });
});
