import { describe, expect, it } from 'vitest';
import { isUnwrittenLog, logEndAt } from '../../../src/datatree/storage/log-end.ts';
import { changed, erased, offsetOf } from './log-images.ts';
import { MemoryDisk } from './memory-disk.ts';
import { createTxn, DIRECTORY, Scene } from './scene.ts';

/** A log of records of a given size each, as it is after an orderly end. */
function logOf(count: number, size: number): Buffer {
  const scene = new Scene();
  for (let index = 0; index < count; index++) {
    scene.append(createTxn(`/n${index}`, Buffer.alloc(size, index + 1)));
  }
  scene.flush();
  return scene.disk.contents(`${DIRECTORY}/log.1`);
}

function endOf(log: Buffer, offset: number): string {
  const disk = new MemoryDisk();
  disk.put('/log', log);
  return logEndAt(disk.open('/log'), offset);
}

describe('behind the last record', () => {
  const log = logOf(3, 1000);
  const third = offsetOf(log, 3);
  const second = offsetOf(log, 2);

  it('zeros are the end', () => {
    expect(endOf(log, third * 2 - second)).toBe('clean');
    expect(endOf(log.subarray(0, third), third)).toBe('clean');
  });

  it('part of a record is a torn write', () => {
    expect(endOf(log.subarray(0, third + 100), third)).toBe('torn');
    expect(endOf(erased(log, third + 600, 500), third)).toBe('torn');
  });

  it('a record of another time is damage when nothing between is missing', () => {
    expect(endOf(changed(log, second + 30), second)).toBe('damaged');
    expect(endOf(erased(log, second + 30, 200), second)).toBe('damaged');
  });

  it('a record behind a missing sector belongs to the same torn write', () => {
    const start = Math.ceil(second / 512) * 512;
    expect(endOf(erased(log, start, 512), second)).toBe('torn');
  });

  it('a record behind an old end of a sector belongs to the same torn write', () => {
    const endOfSector = Math.ceil(second / 512) * 512;
    expect(endOf(erased(log, second, endOfSector - second), second)).toBe('torn');
  });

  it('a record of which a missing sector had only the first zeros belongs to the same torn write', () => {
    const sizes = Array.from({ length: 512 }, (_, size) => size + 1);
    const logs = sizes
      .map((size) => logOf(3, size))
      .filter((each) => offsetOf(each, 3) % 512 > 507);
    expect(logs.length).toBeGreaterThan(1);
    for (const each of logs) {
      const end = Math.ceil(offsetOf(each, 3) / 512) * 512;
      const start = Math.max(offsetOf(each, 2), end - 512);
      expect(endOf(erased(each, start, end - start), offsetOf(each, 2))).toBe('torn');
    }
  });

  it('the zeros that every record begins with are no missing sector', () => {
    const sizes = Array.from({ length: 512 }, (_, size) => size + 1);
    const logs = sizes
      .map((size) => logOf(3, size))
      .filter((each) => offsetOf(each, 2) % 512 > 508);
    expect(logs.length).toBeGreaterThan(1);
    for (const each of logs) {
      const offset = offsetOf(each, 2);
      expect(endOf(changed(each, offset + 20), offset)).toBe('damaged');
    }
  });

  it('anything further away than one write reaches is damage', () => {
    const long = logOf(40, 60_000);
    const offset = offsetOf(long, 3);
    expect(endOf(erased(long, offset, 60_000), offset)).toBe('damaged');
    const cut = long.subarray(0, offset + 500_000);
    expect(endOf(erased(cut, offset, 60_000), offset)).toBe('torn');
  });

  it('a record may be longer than one write', () => {
    const long = logOf(2, 3_000_000);
    const offset = offsetOf(long, 2);
    expect(endOf(long.subarray(0, offset + 2_900_000), offset)).toBe('torn');
  });
});

describe('a file without a header', () => {
  function isUnwritten(log: Buffer): boolean {
    const disk = new MemoryDisk();
    disk.put('/log', log);
    return isUnwrittenLog(disk.open('/log'));
  }

  it('was never written if what there is is a beginning of one', () => {
    expect(isUnwritten(Buffer.alloc(0))).toBe(true);
    expect(isUnwritten(Buffer.alloc(5000))).toBe(true);
    expect(isUnwritten(Buffer.from('ZKLG'))).toBe(true);
    expect(isUnwritten(erased(logOf(1, 2000), 0, 512))).toBe(true);
  });

  it('is something else otherwise', () => {
    expect(isUnwritten(Buffer.from('a text of somebody'))).toBe(false);
    expect(isUnwritten(erased(logOf(1, 2000), 0, 16))).toBe(false);
  });
});
