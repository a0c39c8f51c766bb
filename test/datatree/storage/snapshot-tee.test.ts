import { describe, expect, it } from 'vitest';
import { SnapshotReceiver } from '../../../src/datatree/storage/snapshot-receiver.ts';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import { SnapshotTee, TEE_BACKLOG_LIMIT } from '../../../src/datatree/storage/snapshot-tee.ts';
import type { Zxid } from '../../../src/jute/int64.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { MemoryDisk, systemError } from './memory-disk.ts';
import { createTxn, DIRECTORY, newTree, recoverFrom, Scene, seen, setTxn, zxid } from './scene.ts';

const DIRECTORIES = { logDirectory: DIRECTORY, snapshotDirectory: DIRECTORY };

/** What a leader has whose last transaction is `last`. */
function leaderWith(last: bigint): { readonly bytes: Buffer; readonly tree: unknown } {
  const scene = new Scene();
  scene.zxid = toZxid(last - 21n);
  scene.commit({ type: -10, timeOut: 30000 });
  for (let index = 0; index < 20; index++) {
    scene.commit(createTxn(`/led${index}`, Buffer.alloc(20_000, index)));
  }
  const writer = new JuteWriter();
  const stream = new SnapshotStream(scene.tree);
  while (!stream.writeSlice(writer, 10_000));
  return { bytes: writer.toBuffer(), tree: seen(scene.tree) };
}

/** A learner with a history of its own: 1 to 10 in two logs, and snapshots. */
function learner(...snapshots: number[]): Scene {
  const scene = new Scene();
  scene.zxid = toZxid(0x1_0000_0000n);
  for (let index = 1; index <= 10; index++) {
    scene.commit(createTxn(`/own${index}`, 'x'));
    if (snapshots.includes(index)) scene.snapshot();
    if (index === 5) scene.log.roll();
  }
  return scene;
}

interface Receiving {
  readonly tee: SnapshotTee;
  readonly ends: (string | null)[];
}

function receive(disk: MemoryDisk, bytes: Buffer, last: Zxid): Receiving {
  const ends: (string | null)[] = [];
  const tee = new SnapshotTee(disk, DIRECTORIES, last, () => {});
  const receiver = new SnapshotReceiver(newTree(), last, tee);
  const behind = Buffer.concat([bytes, Buffer.from('what follows')]);
  for (let at = 0; !receiver.isComplete; )
    at += receiver.push(behind, at, Math.min(at + 9999, behind.length));
  tee.finish((error) => ends.push(error?.message ?? null));
  return { tee, ends };
}

describe('a snapshot that arrives', () => {
  it('is on the disk as a snapshot, and is all the history there is', () => {
    const last = toZxid(0x3_0000_0020n);
    const leader = leaderWith(last);
    const { disk } = learner(3);
    const { ends } = receive(disk, leader.bytes, last);
    disk.settle();
    expect(ends).toEqual([null]);
    const after = disk.crash(() => false);
    expect(after.listing(DIRECTORY)).toEqual(['snapshot.300000020']);
    const found = recoverFrom(after);
    expect(found.warnings).toEqual([]);
    expect(seen(found.tree)).toEqual(leader.tree);
  });

  it('is followed by the log that begins behind it', () => {
    const last = toZxid(0x3_0000_0020n);
    const { disk } = learner();
    receive(disk, leaderWith(last).bytes, last);
    disk.settle();
    const scene = new Scene(disk);
    scene.commit(setTxn('/led3', 'later'));
    const found = recoverFrom(disk.crash(() => false));
    expect(found.lastZxid).toBe(last + 1n);
    expect(seen(found.tree)).toEqual(seen(scene.tree));
    expect(found.warnings).toEqual([]);
  });

  it('takes the place of one with its zxid', () => {
    const last = toZxid(0x1_0000_0005n);
    const leader = leaderWith(last);
    const { disk } = learner(5, 8);
    receive(disk, leader.bytes, last);
    disk.settle();
    expect(disk.listing(DIRECTORY)).toEqual(['snapshot.100000005']);
    expect(seen(recoverFrom(disk).tree)).toEqual(leader.tree);
  });

  it('asks for a pause while much waits for the disk', () => {
    const disk = new MemoryDisk();
    let drained = 0;
    const tee = new SnapshotTee(disk, DIRECTORIES, zxid(5), () => drained++);
    const chunk = Buffer.alloc(1 << 20);
    while (!tee.isFull) tee.push(chunk, 0, chunk.length);
    tee.push(chunk, 0, chunk.length);
    disk.settle();
    expect([tee.isFull, drained]).toEqual([false, 1]);
    expect(disk.contents(`${DIRECTORY}/unfinished.snapshot.5`).length).toBeGreaterThan(
      TEE_BACKLOG_LIMIT,
    );
  });

  it.each(['createSnapshot', 'append', 'finish', 'replace', 'rename'])(
    'and fails in %s leaves the history of before',
    (failing) => {
      const last = toZxid(0x3_0000_0020n);
      const scene = learner(3);
      scene.disk.onCall = (name) => (name === failing ? systemError('ENOSPC') : null);
      const { ends } = receive(scene.disk, leaderWith(last).bytes, last);
      scene.disk.settle();
      expect(ends).toEqual(['ENOSPC: ']);
      scene.disk.onCall = () => null;
      const found = recoverFrom(scene.disk.crash(() => true));
      expect(seen(found.tree)).toEqual(seen(scene.tree));
    },
  );

  it('and is given up leaves nothing, at whatever step', () => {
    const last = toZxid(0x3_0000_0020n);
    const leader = leaderWith(last);
    for (let steps = 0; steps < 12; steps++) {
      const scene = learner(3);
      const { tee, ends } = receive(scene.disk, leader.bytes, last);
      for (let step = 0; step < steps; step++) scene.disk.step();
      let isOver = false;
      tee.abandon(() => {
        isOver = true;
      });
      scene.disk.settle();
      expect([isOver, ends.filter((end) => end !== null)]).toEqual([true, []]);
      const names = scene.disk
        .listing(DIRECTORY)
        .filter((name) => /unfinished|discarding/.test(name));
      expect(names).toEqual([]);
      const found = recoverFrom(scene.disk);
      expect([seen(scene.tree), leader.tree]).toContainEqual(seen(found.tree));
    }
  });
});

describe('a crash while a snapshot takes the place of the history', () => {
  it.each([
    ['that is older', 0x3_0000_0020n, [3]],
    ['whose log goes on behind it', 0x1_0000_0006n, []],
    ['whose log and snapshots go on behind it', 0x1_0000_0006n, [2, 4, 8]],
    ['that has one with its zxid', 0x1_0000_0006n, [6, 9]],
    ['at the beginning of an epoch', 0x3_0000_0000n, [7]],
  ] as const)('%s leaves one or the other, never both', (_name, number, snapshots) => {
    const last = toZxid(number);
    const leader = leaderWith(last);
    const scene = learner(...snapshots);
    const own = seen(scene.tree);
    const { ends } = receive(scene.disk, leader.bytes, last);
    let wasInstalled = false;
    let images = 0;
    do {
      const { namings } = scene.disk.tearable();
      for (let names = 0; names <= namings; names++) {
        for (const survives of [true, false]) {
          const image = scene.disk.crash(() => survives, names);
          const found = recoverFrom(image);
          const isNew = found.lastZxid === last;
          expect(seen(found.tree)).toEqual(isNew ? leader.tree : own);
          if (isNew) expect(image.listing(DIRECTORY)).toHaveLength(1);
          if (ends.length > 0) expect(isNew).toBe(true);
          expect(image.listing(DIRECTORY).join()).not.toMatch(/discarding|unfinished/);
          wasInstalled ||= isNew;
          images++;
        }
      }
    } while (scene.disk.step());
    expect(ends).toEqual([null]);
    expect(wasInstalled).toBe(true);
    expect(images).toBeGreaterThan(15);
  });
});
