import { describe, expect, it } from 'vitest';
import {
  compressionOf,
  isUnfinished,
  logName,
  logsFrom,
  snapshotName,
  sortedLogs,
  sortedSnapshots,
  unfinishedName,
} from '../../../src/datatree/storage/file-names.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { zxid } from './scene.ts';

describe('names', () => {
  it('have the zxid in hexadecimal, and how a snapshot is packed', () => {
    expect(logName(toZxid(0x1_0000_00ffn))).toBe('log.1000000ff');
    expect(snapshotName(zxid(10), '')).toBe('snapshot.a');
    expect(snapshotName(zxid(10), 'gz')).toBe('snapshot.a.gz');
  });

  it('of unfinished snapshots are no snapshots, for Java neither', () => {
    const name = unfinishedName('snapshot.5.gz');
    expect(isUnfinished(name)).toBe(true);
    expect(sortedSnapshots([name])).toEqual([]);
    expect(name.startsWith('snapshot.')).toBe(false);
  });

  it.each([
    ['snapshot.5', ''],
    ['snapshot.5.gz', 'gz'],
    ['snapshot.5.GZ', 'gz'],
    ['snapshot.5.snappy', 'snappy'],
    ['snapshot.5.tmp', ''],
  ])('say how %s is packed', (name, compression) => {
    expect(compressionOf(name)).toBe(compression);
  });
});

describe('a list of files', () => {
  it('is sorted by zxid, logs up and snapshots down', () => {
    const names = ['log.10', 'snapshot.2', 'log.9', 'snapshot.1f', 'log.a', 'myid'];
    expect(sortedLogs(names).map((log) => log.name)).toEqual(['log.9', 'log.a', 'log.10']);
    expect(sortedSnapshots(names).map((file) => file.name)).toEqual(['snapshot.1f', 'snapshot.2']);
  });

  it('leaves out what has no zxid that Java could read', () => {
    const names = ['log', 'log.', 'log.x', 'log.-5', 'log.ffffffffffffffff', 'logs.5', 'log.0x5'];
    expect(sortedLogs(names)).toEqual([]);
  });

  it('takes further parts of a name for nothing, as Java does', () => {
    expect(sortedLogs(['log.5.fixed'])).toEqual([{ name: 'log.5.fixed', zxid: zxid(5) }]);
  });
});

describe('the logs that a snapshot needs', () => {
  const logs = sortedLogs(['log.1', 'log.5', 'log.9']);
  it.each([
    [0, ['log.1', 'log.5', 'log.9']],
    [4, ['log.1', 'log.5', 'log.9']],
    [5, ['log.5', 'log.9']],
    [8, ['log.5', 'log.9']],
    [100, ['log.9']],
  ])('of zxid %d are the one before and all later ones', (snapshot, expected) => {
    expect(logsFrom(logs, zxid(snapshot)).map((log) => log.name)).toEqual(expected);
  });
});
