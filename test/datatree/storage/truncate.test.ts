import { describe, expect, it } from 'vitest';
import { truncateLog } from '../../../src/datatree/storage/truncate.ts';
import type { Zxid } from '../../../src/jute/int64.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { changed, offsetOf } from './log-images.ts';
import { MemoryDisk } from './memory-disk.ts';
import { createTxn, DIRECTORY, newTree, recoverFrom, Scene, seen, zxid } from './scene.ts';

const DIRECTORIES = { logDirectory: DIRECTORY, snapshotDirectory: DIRECTORY };

/** What the tree is after each transaction. */
type History = Map<Zxid, unknown>;

/** Thirty transactions in three files (1-10, 11-20, 21-30) and snapshots of 0 and those given. */
function threeFiles(...snapshots: number[]): { scene: Scene; history: History } {
  const scene = new Scene();
  const history: History = new Map([[scene.zxid, seen(scene.tree)]]);
  for (let index = 1; index <= 30; index++) {
    scene.commit(createTxn(`/n${index}`, Buffer.alloc(index * 7, index)));
    history.set(scene.zxid, seen(scene.tree));
    if (snapshots.includes(index)) scene.snapshot();
    if (index % 10 === 0) scene.log.roll();
  }
  return { scene, history };
}

function cut(disk: MemoryDisk, last: Zxid): boolean {
  return truncateLog(disk, DIRECTORIES, last, newTree());
}

describe('truncating the log', () => {
  it.each([1, 9, 10, 11, 15, 20, 21, 29, 30])('to %i leaves what is up to there', (last) => {
    const { scene, history } = threeFiles();
    expect(cut(scene.disk, zxid(last))).toBe(true);
    const found = recoverFrom(scene.disk.crash(() => false));
    expect(found.lastZxid).toBe(zxid(last));
    expect(found.warnings).toEqual([]);
    expect(seen(found.tree)).toEqual(history.get(zxid(last)));
  });

  it('takes away the snapshots above, which would bring everything back', () => {
    const { scene, history } = threeFiles(5, 18, 25);
    expect(cut(scene.disk, zxid(12))).toBe(true);
    expect(scene.disk.listing(DIRECTORY)).toEqual(['log.1', 'log.b', 'snapshot.0', 'snapshot.5']);
    const found = recoverFrom(scene.disk);
    expect(found.lastZxid).toBe(zxid(12));
    expect(seen(found.tree)).toEqual(history.get(zxid(12)));
  });

  it('begins with an older snapshot where the newest is damaged', () => {
    const { scene, history } = threeFiles(18);
    const path = `${DIRECTORY}/snapshot.12`;
    scene.disk.put(path, changed(scene.disk.contents(path), 60));
    expect(cut(scene.disk, zxid(22))).toBe(true);
    const found = recoverFrom(scene.disk);
    expect(found.lastZxid).toBe(zxid(22));
    expect(seen(found.tree)).toEqual(history.get(zxid(22)));
  });

  it('keeps a snapshot of that very zxid, also without a log', () => {
    const { scene } = threeFiles(18);
    for (const name of ['log.1', 'log.b']) scene.disk.removeNow(`${DIRECTORY}/${name}`);
    scene.disk.removeNow(`${DIRECTORY}/snapshot.0`);
    expect(cut(scene.disk, zxid(18))).toBe(true);
    expect(scene.disk.listing(DIRECTORY)).toEqual(['snapshot.12']);
    expect(recoverFrom(scene.disk).lastZxid).toBe(zxid(18));
  });

  it('to the beginning leaves the snapshot of an empty tree', () => {
    const { scene } = threeFiles();
    expect(cut(scene.disk, zxid(0))).toBe(true);
    expect(scene.disk.listing(DIRECTORY)).toEqual(['snapshot.0']);
  });

  it('goes past files larger than what is in memory of them', () => {
    const scene = new Scene();
    for (let index = 1; index <= 20; index++) {
      scene.commit(createTxn(`/n${index}`, Buffer.alloc(100_000, index)));
    }
    expect(cut(scene.disk, zxid(13))).toBe(true);
    expect(recoverFrom(scene.disk).lastZxid).toBe(zxid(13));
  });

  it('lets the next term go on, also in a file with a name that was there', () => {
    const { scene } = threeFiles();
    cut(scene.disk, zxid(20));
    const next = new Scene(scene.disk);
    next.commit(createTxn('/again'));
    expect(recoverFrom(next.disk.crash(() => false)).lastZxid).toBe(zxid(21));
  });
});

describe('truncating is refused, and nothing is changed,', () => {
  function refused(disk: MemoryDisk, last: bigint): void {
    const before = disk.image();
    expect(cut(disk, toZxid(last))).toBe(false);
    expect(disk.image()).toEqual(before);
  }

  it('when the zxid is not in the log', () => {
    const { scene } = threeFiles();
    refused(scene.disk, 31n);
    refused(scene.disk, 0x1_0000_0000n);
  });

  it('when no snapshot is as old', () => {
    const { scene } = threeFiles(25);
    scene.disk.removeNow(`${DIRECTORY}/snapshot.0`);
    refused(scene.disk, 20n);
    refused(new MemoryDisk(), 20n);
  });

  it('when the only snapshot that is as old looks whole and is damaged', () => {
    const { scene } = threeFiles(25);
    const path = `${DIRECTORY}/snapshot.0`;
    scene.disk.put(path, changed(scene.disk.contents(path), 60));
    refused(scene.disk, 20n);
  });

  it('when the log between the snapshot and the zxid is damaged or has gone', () => {
    const { scene } = threeFiles();
    const log = scene.disk.contents(`${DIRECTORY}/log.b`);
    const damaged = scene.disk.crash(() => true);
    damaged.put(`${DIRECTORY}/log.b`, changed(log, offsetOf(log, 13) + 30));
    refused(damaged, 15n);
    refused(damaged, 25n);
    scene.disk.removeNow(`${DIRECTORY}/log.b`);
    refused(scene.disk, 25n);
  });

  it('when the log is damaged at the end of an epoch', () => {
    const { scene } = threeFiles();
    scene.zxid = toZxid(0x1_0000_0000n);
    scene.commit(createTxn('/x'), createTxn('/y'));
    const log = scene.disk.contents(`${DIRECTORY}/log.15`);
    const damaged = scene.disk.crash(() => true);
    damaged.put(`${DIRECTORY}/log.15`, changed(log, offsetOf(log, 30) + 30));
    refused(damaged, 0x1_0000_0001n);
    expect(cut(scene.disk, toZxid(0x1_0000_0001n))).toBe(true);
  });
});

describe('a crash while the log is truncated', () => {
  it('leaves a beginning of the history that has the zxid, after each step', () => {
    for (const last of [5, 10, 11, 18, 24]) {
      const { scene, history } = threeFiles(3, 12, 22, 28);
      const images: MemoryDisk[] = [scene.disk.crash(() => true)];
      scene.disk.onCall = () => {
        images.push(scene.disk.crash(() => true));
        return null;
      };
      expect(cut(scene.disk, zxid(last))).toBe(true);
      images.push(scene.disk.crash(() => true));
      expect(images.length).toBeGreaterThan(2);
      let before = zxid(30);
      for (const image of images) {
        const found = recoverFrom(image);
        expect(found.lastZxid).toBeGreaterThanOrEqual(last);
        expect(found.lastZxid).toBeLessThanOrEqual(before);
        expect(seen(found.tree)).toEqual(history.get(found.lastZxid));
        expect(found.tree.digestMismatchCount).toBe(0);
        before = found.lastZxid;
      }
      expect(before).toBe(zxid(last));
    }
  });
});
