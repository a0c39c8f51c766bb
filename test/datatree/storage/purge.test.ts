import { describe, expect, it } from 'vitest';
import { prepareDirectories } from '../../../src/datatree/storage/directories.ts';
import { purge } from '../../../src/datatree/storage/purge.ts';
import { MemoryDisk, systemError } from './memory-disk.ts';
import { createTxn, DIRECTORY, recoverFrom, Scene } from './scene.ts';

/** A disk with snapshots of given zxids and logs that begin at others. */
function diskWith(snapshots: readonly string[], logs: readonly string[]): MemoryDisk {
  const whole = new Scene().disk.contents(`${DIRECTORY}/snapshot.0`);
  const disk = new MemoryDisk();
  for (const name of snapshots) disk.put(`${DIRECTORY}/snapshot.${name}`, whole);
  for (const name of logs) disk.put(`${DIRECTORY}/log.${name}`, Buffer.from('log'));
  return disk;
}

function purged(disk: MemoryDisk, retainCount = 3): string[] {
  const removed: string[] = [];
  const options = {
    snapshotDirectory: DIRECTORY,
    logDirectory: DIRECTORY,
    retainCount,
    onRemove: (path: string) => removed.push(path.slice(DIRECTORY.length + 1)),
  };
  purge(disk, options, (error) => {
    if (error !== null) removed.push(error.message);
  });
  disk.settle();
  return removed;
}

describe('purge', () => {
  it('keeps the newest snapshots, the logs behind the oldest of them and the one before', () => {
    const disk = diskWith(['0', '5', 'a', 'f', '14'], ['1', '4', '8', 'b', '10', '15']);
    expect(purged(disk)).toEqual(['snapshot.0', 'snapshot.5', 'log.1', 'log.4']);
    expect(disk.listing(DIRECTORY)).toEqual(
      ['log.10', 'log.15', 'log.8', 'log.b', 'snapshot.14', 'snapshot.a', 'snapshot.f'].sort(),
    );
  });

  it('keeps everything while there are no more than that', () => {
    expect(purged(diskWith(['0', '5', 'a'], ['1', '6']))).toEqual([]);
    expect(purged(diskWith([], ['1', '6']))).toEqual([]);
  });

  it('does not count a snapshot that is not whole, but removes it with the others', () => {
    const disk = diskWith(['1', '5', 'a', 'f', '14'], ['1']);
    disk.put(`${DIRECTORY}/snapshot.14`, Buffer.from('broken'));
    expect(purged(disk)).toEqual(['snapshot.1']);
  });

  it('leaves what is left as good as it was', () => {
    const scene = new Scene();
    for (let index = 0; index < 5; index++) {
      scene.commit(createTxn(`/n${index}`));
      scene.snapshot();
      scene.log.roll();
    }
    scene.commit(createTxn('/last'));
    expect(purged(scene.disk)).toHaveLength(5);
    expect(recoverFrom(scene.disk).lastZxid).toBe(6n);
  });

  it('ends with the first error', () => {
    const disk = diskWith(['0', '5', 'a', 'f', '14'], []);
    disk.onCall = () => systemError('EIO');
    expect(purged(disk)).toEqual(['snapshot.0', 'EIO: ']);
  });

  it('never keeps fewer than three', () => {
    expect(() => purged(diskWith([], []), 2)).toThrow('count should be greater than or equal to 3');
  });
});

describe('the directories', () => {
  const apart = {
    snapshotDirectory: '/snap/version-2',
    logDirectory: '/log/version-2',
    autocreate: true,
  };

  it('are made where they are missing', () => {
    const disk = new MemoryDisk();
    prepareDirectories(disk, apart);
    expect(disk.list('/snap/version-2')).toEqual([]);
    expect(disk.list('/log/version-2')).toEqual([]);
  });

  it('are not made where that is forbidden', () => {
    expect(() => prepareDirectories(new MemoryDisk(), { ...apart, autocreate: false })).toThrow(
      'Missing data directory /log/version-2, automatic data directory creation is disabled ' +
        '(zookeeper.datadir.autocreate is false). Please create this directory manually.',
    );
  });

  it('have to be writable', () => {
    const disk = new MemoryDisk();
    disk.readOnly.add('/snap/version-2');
    expect(() => prepareDirectories(disk, apart)).toThrow(
      'Cannot write to snap directory /snap/version-2',
    );
  });

  it('may be impossible to make', () => {
    const disk = new MemoryDisk();
    disk.onCall = () => systemError('EROFS', 'read-only');
    expect(() => prepareDirectories(disk, apart)).toThrow(
      'Unable to create data directory /log/version-2: EROFS: read-only',
    );
  });

  it('must not be mixed up', () => {
    const disk = new MemoryDisk();
    disk.put('/log/version-2/snapshot.5', Buffer.alloc(0));
    expect(() => prepareDirectories(disk, apart)).toThrow('Log directory has snapshot files.');
    const other = new MemoryDisk();
    other.put('/snap/version-2/log.5', Buffer.alloc(0));
    expect(() => prepareDirectories(other, apart)).toThrow('Snapshot directory has log files.');
  });
});
