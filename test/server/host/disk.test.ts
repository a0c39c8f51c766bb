import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataTree } from '../../../src/datatree/data-tree.ts';
import type { Given, LogFile, ReadBack, SnapshotFile } from '../../../src/datatree/storage/disk.ts';
import { recover } from '../../../src/datatree/storage/recover.ts';
import { SnapshotWriter } from '../../../src/datatree/storage/snapshot-writer.ts';
import { TxnLog } from '../../../src/datatree/storage/txn-log.ts';
import { toSessionId, toZxid } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { NodeDisk } from '../../../src/server/host/disk.ts';

const disk = new NodeDisk();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zk-disk-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function given<T>(call: (given: Given<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (value === null ? reject(error) : resolve(value)));
  });
}

function written(file: LogFile, parts: Buffer[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    file.write(parts, position, (error, ms) => (error === null ? resolve(ms) : reject(error)));
  });
}

async function snapshotFile(file: SnapshotFile, ...parts: Buffer[]): Promise<void> {
  for (const part of parts) await promisify(file.write.bind(file))(part);
  await promisify(file.sync.bind(file))();
  await promisify(file.finish.bind(file))();
}

async function readBack(path: string, packing: 'plain' | 'gzip'): Promise<Buffer> {
  const file = await given<ReadBack>((done) => disk.readBack(path, packing, done));
  const parts: Buffer[] = [];
  for (;;) {
    const bytes = await given<Uint8Array>((done) => file.read(done));
    if (bytes.length === 0) break;
    parts.push(Buffer.from(bytes));
  }
  file.close();
  return Buffer.concat(parts);
}

describe('a log file', () => {
  it.each([true, false])('(durable: %s) gets its parts where they belong', async (isDurable) => {
    const path = join(directory, 'log.1');
    const file = await given<LogFile>((done) => disk.createLog(path, isDurable, done));
    const elapsedMs = await written(file, [Buffer.from('ab'), Buffer.from('cd')], 0);
    await written(file, [Buffer.from('XY')], 3);
    await promisify(file.extend.bind(file))(8);
    await promisify(file.close.bind(file))();
    expect(readFileSync(path).toString('latin1')).toBe('abcXY\0\0\0');
    expect(elapsedMs).toBeGreaterThan(0);
  });

  it('is never made over another one', async () => {
    writeFileSync(join(directory, 'log.1'), 'precious');
    const create = given<LogFile>((done) => disk.createLog(join(directory, 'log.1'), true, done));
    await expect(create).rejects.toThrow('EEXIST');
  });
});

describe('a snapshot file', () => {
  const parts = [Buffer.from('one '), Buffer.alloc(300_000, 'two'), Buffer.from('end')];

  it('holds what was written', async () => {
    const path = join(directory, 's');
    await snapshotFile(await given((done) => disk.createSnapshot(path, 'plain', done)), ...parts);
    expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true);
    expect((await readBack(path, 'plain')).equals(Buffer.concat(parts))).toBe(true);
  });

  it('may be packed, and is unpacked in pieces', async () => {
    const path = join(directory, 's.gz');
    await snapshotFile(await given((done) => disk.createSnapshot(path, 'gzip', done)), ...parts);
    expect(statSync(path).size).toBeLessThan(10_000);
    expect((await readBack(path, 'gzip')).equals(Buffer.concat(parts))).toBe(true);
    const source = disk.openPacked(path);
    const target = Buffer.alloc(1000);
    const unpacked: Buffer[] = [];
    for (let size = source.read(target); size > 0; size = source.read(target)) {
      unpacked.push(Buffer.from(target.subarray(0, size)));
    }
    source.close();
    expect(Buffer.concat(unpacked).equals(Buffer.concat(parts))).toBe(true);
  });

  it('can be abandoned, and again', async () => {
    for (const packing of ['plain', 'gzip'] as const) {
      const path = join(directory, packing);
      const file = await given<SnapshotFile>((done) => disk.createSnapshot(path, packing, done));
      await promisify(file.write.bind(file))(Buffer.from('x'));
      file.abandon();
      file.abandon();
      await promisify(disk.remove.bind(disk))(path);
    }
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a packed file that is damaged', () => {
  const packed = gzipSync(Buffer.alloc(500_000, 'some text of no great variety '));

  it('is an error, at start and when it is read back', async () => {
    const path = join(directory, 'bad.gz');
    const bad = Buffer.from(packed);
    bad.fill(0x77, 50, 60);
    writeFileSync(path, bad);
    await expect(readBack(path, 'gzip')).rejects.toThrow();
    const target = Buffer.alloc(1 << 20);
    const source = disk.openPacked(path);
    expect(() => {
      while (source.read(target) > 0) {
        // Up to the damage the bytes may be right.
      }
    }).toThrow();
    source.close();
  });

  it('ends at start where it was cut off', () => {
    const path = join(directory, 'cut.gz');
    writeFileSync(path, packed.subarray(0, packed.length - 20));
    const source = disk.openPacked(path);
    const target = Buffer.alloc(1 << 20);
    let total = 0;
    for (let size = source.read(target); size > 0; size = source.read(target)) total += size;
    source.close();
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(500_000);
  });
});

describe('files and directories', () => {
  it('are made, listed, measured, cut off and removed', () => {
    const deep = join(directory, 'a/b/version-2');
    expect(disk.list(deep)).toBe(null);
    disk.makeDirectory(deep);
    disk.makeDirectory(deep);
    expect(disk.list(deep)).toEqual([]);
    disk.replace(`${deep}/x`, Buffer.from('first'));
    disk.replace(`${deep}/x`, Buffer.from('second'));
    appendFileSync(`${deep}/y`, 'yy');
    expect(disk.size(join(directory, 'a'))).toBe(8);
    disk.truncate(`${deep}/x`, 3);
    expect(readFileSync(`${deep}/x`, 'latin1')).toBe('sec');
    expect(disk.removeNow(`${deep}/x`)).toBe(true);
    expect(disk.removeNow(`${deep}/x`)).toBe(false);
    expect(disk.list(deep)).toEqual(['y']);
    expect(disk.size(join(directory, 'nothing'))).toBe(0);
  });

  it('are read from any place', () => {
    writeFileSync(join(directory, 'f'), '0123456789');
    const file = disk.open(join(directory, 'f'));
    const target = Buffer.alloc(4);
    expect(file.size).toBe(10);
    expect(file.read(target, 3)).toBe(4);
    expect(target.toString()).toBe('3456');
    expect(file.read(target, 8)).toBe(2);
    expect(file.read(target, 10)).toBe(0);
    file.close();
  });

  it('are renamed, and a file that is not there is removed without an error', async () => {
    writeFileSync(join(directory, 'from'), 'x');
    await promisify(disk.rename.bind(disk))(join(directory, 'from'), join(directory, 'to'));
    await promisify(disk.syncDirectory.bind(disk))(directory);
    await promisify(disk.remove.bind(disk))(join(directory, 'nothing'));
    expect(readdirSync(directory)).toEqual(['to']);
  });

  it('tell an error where something is missing', async () => {
    const missing = join(directory, 'missing/x');
    await expect(given((done) => disk.createSnapshot(missing, 'plain', done))).rejects.toThrow(
      'ENOENT',
    );
    await expect(given((done) => disk.readBack(missing, 'gzip', done))).rejects.toThrow('ENOENT');
    await expect(promisify(disk.syncDirectory.bind(disk))(missing)).rejects.toThrow('ENOENT');
    await expect(promisify(disk.rename.bind(disk))(missing, missing)).rejects.toThrow('ENOENT');
    expect(() => disk.open(missing)).toThrow('ENOENT');
  });

  it('can be asked whether they are writable', () => {
    expect(disk.isWritable(directory)).toBe(true);
    expect(disk.isWritable(join(directory, 'missing'))).toBe(false);
  });
});

describe('a server’s files', () => {
  const seed = {
    hashSeed: [1, 2],
    digestEnabled: true,
    extendedTypesEnabled: false,
    emulate353TTLNodes: false,
  } as const;

  it.each(['', 'gz', 'snappy'] as const)(
    'come back from a real disk (snapshot: "%s")',
    async (compression) => {
      const path = join(directory, 'version-2');
      const options = {
        snapshotDirectory: path,
        logDirectory: path,
        autocreate: true,
        initializePath: join(directory, 'initialize'),
        dbAutocreate: true,
        snapshotTrustEmpty: false,
        digestEnabled: true,
        serializeLastProcessedZxid: true,
        now: () => performance.now(),
        onWarning: (message: string) => expect.unreachable(message),
      };
      const tree = new DataTree(seed);
      recover(disk, tree, options);
      const clientId = toSessionId(7n);
      const append = async (log: TxnLog, zxid: bigint, durable: Promise<void>): Promise<void> => {
        const header = {
          clientId,
          cxid: 1,
          zxid: toZxid(zxid),
          time: 1,
          type: OpCode.createSession,
        };
        const txn = { type: OpCode.createSession, timeOut: Number(zxid) } as const;
        tree.apply(header, txn);
        log.append(header, txn, null);
        log.flush();
        await durable;
      };
      let reached = (): void => {};
      const log = new TxnLog(
        disk,
        {
          directory: path,
          lastZxid: toZxid(0n),
          preAllocSizeBytes: 1 << 20,
          sizeLimitBytes: 0,
          forceSync: true,
          fsyncWarningThresholdMs: 60_000,
          maxPendingBytes: 1 << 20,
        },
        {
          onDurable: () => reached(),
          onFailure: (error) => expect.unreachable(error.message),
          onSync: () => {},
          onSlowSync: () => {},
        },
      );
      const nextDurable = (): Promise<void> => new Promise((resolve) => (reached = resolve));
      await append(log, 1n, nextDurable());
      await new Promise<void>((resolve, reject) => {
        const writer = new SnapshotWriter(
          disk,
          tree,
          { ...options, directory: path, compression },
          { onChunkWritten: () => {}, onDone: () => resolve(), onFailure: reject },
        );
        writer.start();
        while (writer.wantsStep) writer.step();
      });
      log.roll();
      await append(log, 2n, nextDurable());
      await promisify(log.close.bind(log))();
      const again = new DataTree(seed);
      const found = recover(disk, again, options);
      expect(found.txnsLoaded).toBe(1);
      expect(found.lastZxid).toBe(2n);
      expect(again.sessions.get(clientId)).toBe(2);
      expect(statSync(`${path}/log.1`).size).toBe((1 << 20) + 16);
    },
  );
});
