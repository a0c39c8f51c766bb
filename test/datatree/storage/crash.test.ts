import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpCode } from '../../../src/jute/op-code.ts';
import type { Txn } from '../../../src/jute/txn.ts';
import { MemoryDisk } from './memory-disk.ts';
import { createTxn, DIRECTORY, recoverFrom, Scene, seen, setTxn } from './scene.ts';

/** What a tree looks like after each transaction, by zxid. */
type History = Map<bigint, unknown>;

function note(scene: Scene, history: History): void {
  history.set(scene.zxid, seen(scene.tree));
}

/** Every durable transaction is there, and what is there is what was appended, in order, without a hole. */
function expectRecovered(image: MemoryDisk, durableZxid: bigint, history: History): void {
  const found = recoverFrom(image);
  expect(found.lastZxid).toBeGreaterThanOrEqual(durableZxid);
  expect(history.has(found.lastZxid)).toBe(true);
  expect(seen(found.tree)).toEqual(history.get(found.lastZxid));
  expect(found.tree.digestMismatchCount).toBe(0);
}

/** Calls `each` with the disk after every possible crash now. */
function everyCrash(disk: MemoryDisk, each: (image: MemoryDisk) => void): number {
  const { sectors, namings } = disk.tearable();
  let count = 0;
  for (let names = 0; names <= namings; names++) {
    for (let mask = 0; mask < 2 ** sectors; mask++) {
      each(disk.crash((sector) => ((mask >> sector) & 1) === 1, names));
      count++;
    }
  }
  return count;
}

function begin(): { scene: Scene; history: History } {
  const scene = new Scene();
  const history: History = new Map();
  note(scene, history);
  return { scene, history };
}

function appendNoted(scene: Scene, history: History, ...txns: readonly Txn[]): void {
  for (const txn of txns) {
    scene.append(txn);
    note(scene, history);
  }
}

describe('every torn tail', () => {
  it('of the first write of a log leaves what was durable', () => {
    const { scene, history } = begin();
    appendNoted(scene, history, createTxn('/a', Buffer.alloc(700, 1)), createTxn('/b', 'x'));
    appendNoted(scene, history, setTxn('/a', Buffer.alloc(1900, 3)), { type: 2, path: '/b' });
    scene.log.flush();
    let images = 0;
    do {
      images += everyCrash(scene.disk, (image) => {
        expectRecovered(image, scene.log.durableZxid, history);
      });
    } while (scene.disk.step());
    expect(scene.log.durableZxid).toBe(4n);
    expect(images).toBeGreaterThan(100);
  });

  it('of a later write leaves what was durable, and the next start is equally fine', () => {
    const { scene, history } = begin();
    appendNoted(scene, history, createTxn('/a', Buffer.alloc(333, 1)));
    scene.flush();
    appendNoted(scene, history, createTxn('/b', Buffer.alloc(1200, 2)), createTxn('/c'));
    appendNoted(scene, history, setTxn('/a', Buffer.alloc(1000, 4)));
    scene.log.flush();
    const images = everyCrash(scene.disk, (image) => {
      expectRecovered(image, 1n, history);
      const again = recoverFrom(image);
      expect(again.warnings).toEqual([]);
      const next = new Scene(image);
      next.commit(createTxn('/next', Buffer.alloc(2000, 9)));
      const last = recoverFrom(image.crash(() => false));
      expect(last.lastZxid).toBe(again.lastZxid + 1n);
      expect(last.warnings).toEqual([]);
    });
    expect(images).toBeGreaterThan(60);
  });

  it('of the second piece of a large batch leaves what was durable', () => {
    const { scene, history } = begin();
    const sizes = [900_000, 300_000, 1000, 1000, 200_000];
    appendNoted(
      scene,
      history,
      ...sizes.map((size, index) => createTxn(`/n${index}`, Buffer.alloc(size, 1))),
    );
    scene.log.flush();
    while (scene.disk.calls.filter((call) => call === 'write').length < 2) scene.disk.step();
    const { sectors } = scene.disk.tearable();
    expect(sectors).toBeGreaterThan(600);
    for (let missing = 0; missing < sectors; missing += missing < 20 ? 1 : 97) {
      const image = scene.disk.crash((sector) => sector !== missing);
      expectRecovered(image, 0n, history);
    }
  });

  it('of the first write after a roll leaves the log before it alone', () => {
    const { scene, history } = begin();
    appendNoted(scene, history, createTxn('/a', Buffer.alloc(100, 1)));
    scene.flush();
    scene.log.roll();
    appendNoted(scene, history, createTxn('/b', Buffer.alloc(1100, 2)), createTxn('/c'));
    scene.log.flush();
    do {
      everyCrash(scene.disk, (image) => {
        expectRecovered(image, scene.log.durableZxid, history);
      });
    } while (scene.disk.step());
    expect(scene.log.durableZxid).toBe(3n);
  });
});

describe('a crash while a snapshot is written', () => {
  it('leaves the one before or the new one, whole, with everything since', () => {
    const { scene, history } = begin();
    appendNoted(scene, history, createTxn('/a', 'one'), createTxn('/a/b', Buffer.alloc(600, 5)));
    scene.flush();
    const { writer, ends } = scene.startSnapshot();
    appendNoted(scene, history, setTxn('/a', 'two'), createTxn('/c'));
    scene.flush();
    const found = new Set<bigint | undefined>();
    while (ends.length === 0) {
      writer.step();
      everyCrash(scene.disk, (image) => {
        expectRecovered(image, 4n, history);
        found.add(recoverFrom(image).snapshot?.zxid);
      });
      scene.disk.step();
    }
    expect(ends).toEqual([`${DIRECTORY}/snapshot.2`]);
    everyCrash(scene.disk, (image) => expectRecovered(image, 4n, history));
    expect(found).toEqual(new Set([0n, 2n]));
  });
});

describe('a crash during recovery', () => {
  it('leaves what the next recovery can use', () => {
    const { scene, history } = begin();
    appendNoted(scene, history, createTxn('/a', Buffer.alloc(700, 1)), createTxn('/b'));
    scene.flush();
    const torn = scene.disk.crash(() => true);
    torn.put(`${DIRECTORY}/log.1`, torn.contents(`${DIRECTORY}/log.1`).subarray(0, 830));
    torn.put(`${DIRECTORY}/log.2`, Buffer.alloc(0));
    for (let survived = 0; survived < 3; survived++) {
      const disk = torn.crash(() => true);
      let calls = 0;
      disk.onCall = () => (calls++ < survived ? null : new Error('power is gone'));
      if (survived < 2) expect(() => recoverFrom(disk)).toThrow('power is gone');
      expectRecovered(
        disk.crash(() => true),
        1n,
        history,
      );
    }
  });
});

/** What a random run does next. */
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append'), size: fc.nat(3000) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush'), size: fc.constant(0) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('step'), size: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('roll'), size: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('snapshot'), size: fc.constant(0) }) },
);

const life = fc.record({
  actions: fc.array(action, { maxLength: 40 }),
  survivors: fc.infiniteStream(fc.boolean()),
  namings: fc.nat(5),
});

describe('lives that end in crashes', () => {
  it('lose nothing that was durable, one after the other on the same disk', () => {
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 4 }), (lives) => {
        const { history } = begin();
        let disk = new MemoryDisk();
        for (const { actions, survivors, namings } of lives) {
          const scene = new Scene(disk);
          live(scene, actions, history);
          const lost = Math.min(namings, disk.tearable().namings);
          disk = disk.crash(() => survivors.next().value === true, disk.tearable().namings - lost);
          expectRecovered(disk, scene.log.durableZxid, history);
        }
      }),
      { numRuns: 150 },
    );
  });
});

function live(
  scene: Scene,
  actions: readonly { readonly kind: string; readonly size: number }[],
  history: History,
): void {
  let snapshot: ReturnType<Scene['startSnapshot']> | null = null;
  for (const { kind, size } of actions) {
    if (kind === 'append') {
      const path = `/n${size % 5}`;
      const isThere = scene.tree.findPath(path) !== -1;
      const data = Buffer.alloc(size, size);
      if (size % 7 === 0 && isThere) appendNoted(scene, history, { type: OpCode.delete, path });
      else appendNoted(scene, history, isThere ? setTxn(path, data) : createTxn(path, data));
    }
    if (kind === 'flush') scene.log.flush();
    if (kind === 'step') scene.disk.step();
    if (kind === 'roll') scene.log.roll();
    // As in the server, a snapshot holds only what is durable.
    if (kind === 'snapshot' && scene.log.durableZxid === scene.zxid)
      snapshot = scene.startSnapshot();
    if (snapshot !== null && scene.log.durableZxid === scene.zxid) snapshot.writer.step();
  }
}
