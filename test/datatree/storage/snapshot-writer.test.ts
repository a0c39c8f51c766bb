import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import type { Txn } from '../../../src/jute/txn.ts';
import { MemoryDisk, systemError } from './memory-disk.ts';
import { createTxn, DIRECTORY, newTree, recoverFrom, Scene, seen, setTxn } from './scene.ts';

/** A tree that takes many slices: some 800 KB in 200 znodes. */
function largeScene(): Scene {
  const scene = new Scene();
  scene.commit({ type: OpCode.createSession, timeOut: 30000 }, createTxn('/d'));
  for (let index = 0; index < 200; index++) {
    scene.commit(createTxn(`/d/n${index}`, Buffer.alloc(4000, index), index % 10 === 0));
  }
  return scene;
}

describe('a snapshot', () => {
  it.each(['', 'gz', 'snappy'] as const)('packed as "%s" holds the whole tree', (compression) => {
    const scene = largeScene();
    const path = scene.snapshot(compression);
    expect(path).toBe(`${DIRECTORY}/snapshot.ca${compression === '' ? '' : `.${compression}`}`);
    const found = recoverFrom(scene.disk);
    expect(found.snapshot?.path).toBe(path);
    expect(found.txnsLoaded).toBe(0);
    expect(seen(found.tree)).toEqual(seen(scene.tree));
    expect(found.warnings).toEqual([]);
  });

  it('is taken in slices, and never more than two chunks are in memory', () => {
    const scene = largeScene();
    const { writer } = scene.startSnapshot();
    let steps = 0;
    while (writer.wantsStep) {
      writer.step();
      steps++;
    }
    expect(writer.isActive).toBe(true);
    expect(steps).toBeGreaterThan(4);
    expect(steps).toBeLessThan(16);
    writer.step();
    scene.disk.settle();
    expect(writer.wantsStep).toBe(true);
  });

  it('waits for the log before it has its name', () => {
    const scene = largeScene();
    let logged = (): void => {};
    const { writer, ends } = scene.startSnapshot('', (done) => {
      logged = done;
    });
    while (writer.wantsStep) {
      writer.step();
      scene.disk.settle();
    }
    expect(scene.disk.calls).not.toContain('rename');
    logged();
    scene.disk.settle();
    expect(ends).toEqual([`${DIRECTORY}/snapshot.ca`]);
  });

  it('can be abandoned while it waits for the log', () => {
    const scene = largeScene();
    let logged = (): void => {};
    const { writer, ends } = scene.startSnapshot('', (done) => {
      logged = done;
    });
    while (writer.wantsStep) {
      writer.step();
      scene.disk.settle();
    }
    let isGone = false;
    writer.abandon(() => {
      isGone = true;
    });
    scene.disk.settle();
    logged();
    scene.disk.settle();
    expect(isGone).toBe(true);
    expect(ends).toEqual([]);
    expect(scene.disk.listing(DIRECTORY).filter((name) => name.includes('snapshot.ca'))).toEqual(
      [],
    );
  });

  it('is synced and read back before it has its name', () => {
    const scene = largeScene();
    scene.disk.calls.length = 0;
    scene.snapshot();
    const order = [...new Set(scene.disk.calls)];
    expect(order).toEqual([
      'createSnapshot',
      'append',
      'sync',
      'finish',
      'readBack',
      'read',
      'rename',
      'syncDirectory',
    ]);
  });

  it('is not the only one of its zxid', () => {
    const scene = largeScene();
    scene.snapshot();
    expect(scene.snapshot()).toBe(`${DIRECTORY}/snapshot.ca`);
    expect(recoverFrom(scene.disk).snapshot?.zxid).toBe(202n);
  });

  it('is synced after every other chunk, so that the log does not wait long behind it', () => {
    const scene = new Scene();
    for (let index = 0; index < 100; index++) {
      scene.append(createTxn(`/n${index}`, Buffer.alloc(100_000, index)));
    }
    scene.flush();
    scene.disk.calls.length = 0;
    scene.snapshot();
    const written = scene.disk.calls.filter((call) => call === 'append' || call === 'sync');
    const runs = written.join(' ').split('sync');
    expect(runs.length).toBeGreaterThan(10);
    expect(new Set(runs.slice(0, -1).map((run) => run.trim()))).toEqual(new Set(['append append']));
  });

  it('may have more sessions and ACLs than are in memory at a time, and larger znodes', () => {
    const scene = new Scene();
    for (let index = 1; index <= 30_000; index++)
      scene.tree.sessions.set(toSessionId(BigInt(index)), index);
    for (let index = 0; index < 3000; index++) {
      const acl = [{ perms: 31, id: { scheme: 'digest', id: `user-${index}:${'x'.repeat(100)}` } }];
      scene.append({ ...createTxn(`/n${index}`), acl } as Txn);
    }
    scene.append(createTxn('/large', Buffer.alloc(1_000_000, 7)));
    scene.flush();
    scene.snapshot();
    const found = recoverFrom(scene.disk);
    expect(found.warnings).toEqual([]);
    expect(found.tree.sessions.size).toBe(30_000);
    expect(found.tree.aclTable.size).toBe(scene.tree.aclTable.size);
    expect(found.tree.treeDigest).toBe(scene.tree.treeDigest);
  });

  it('ends with the zxid of its last slice', () => {
    const scene = largeScene();
    const { writer } = scene.startSnapshot();
    scene.commit(createTxn('/later'));
    while (writer.isActive) {
      writer.step();
      scene.disk.settle();
    }
    const bytes = scene.disk.contents(`${DIRECTORY}/snapshot.ca`);
    expect(bytes.readBigInt64BE(bytes.length - 21)).toBe(0xcbn);
  });

  it('is written alone', () => {
    const { writer } = largeScene().startSnapshot();
    expect(() => writer.start()).toThrow('a snapshot is being written already');
  });

  it('of a tree without digests ends with its seal', () => {
    const scene = new Scene();
    scene.commit(createTxn('/a'));
    const withDigest = scene.disk.size(scene.snapshot());
    const disk = new MemoryDisk();
    recoverFrom(disk, { digestEnabled: false });
    expect(disk.size(`${DIRECTORY}/snapshot.0`)).toBe(478 - 33 - 21);
    expect(withDigest).toBeGreaterThan(478);
  });
});

describe('a snapshot that fails', () => {
  it.each(['createSnapshot', 'append', 'finish', 'readBack', 'read', 'rename'])(
    'in %s is told, and leaves nothing',
    (failing) => {
      const scene = largeScene();
      scene.disk.onCall = (name) => (name === failing ? systemError('ENOSPC') : null);
      expect(scene.snapshot()).toBe('ENOSPC: ');
      expect(scene.disk.listing(DIRECTORY)).toEqual(['log.1', 'snapshot.0']);
      scene.disk.onCall = () => null;
      expect(scene.snapshot()).toBe(`${DIRECTORY}/snapshot.ca`);
    },
  );

  it('because the disk gives back other bytes gets no name', () => {
    const scene = largeScene();
    scene.disk.onCall = (name) => {
      const path = `${DIRECTORY}/unfinished.snapshot.ca`;
      if (name === 'readBack')
        scene.disk.put(path, scene.disk.contents(path).fill(250, 5000, 5001));
      return null;
    };
    expect(scene.snapshot()).toBe('a snapshot reads back differently than written');
    expect(scene.disk.listing(DIRECTORY)).toEqual(['log.1', 'snapshot.0']);
  });

  it('because the disk gives back no Snappy at all gets no name', () => {
    const scene = largeScene();
    scene.disk.onCall = (name) => {
      const path = `${DIRECTORY}/unfinished.snapshot.ca.snappy`;
      if (name === 'readBack') scene.disk.put(path, scene.disk.contents(path).fill(255, 16, 30));
      return null;
    };
    expect(scene.snapshot('snappy')).toMatch(/^a Snappy block of -1 bytes/);
  });
});

/** What happens to the tree between two slices. */
const change = fc.record({
  kind: fc.constantFrom('set', 'delete', 'create', 'ephemeral', 'close'),
  index: fc.nat(60),
  size: fc.nat(4000),
});

describe('a snapshot that is cut while transactions go on', () => {
  it('gives with the log behind it the same tree', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }), (turns) => {
        const scene = new Scene();
        scene.commit({ type: OpCode.createSession, timeOut: 30000 });
        for (let index = 0; index < 60; index++) {
          scene.commit(createTxn(`/n${index}`, Buffer.alloc(5000, index)));
        }
        const { writer, ends } = scene.startSnapshot();
        scene.log.roll();
        for (const changes of turns) {
          for (const each of changes) applyChange(scene, each);
          scene.flush();
          writer.step();
        }
        while (writer.isActive) {
          writer.step();
          scene.disk.settle();
        }
        expect(ends).toEqual([`${DIRECTORY}/snapshot.3d`]);
        const found = recoverFrom(scene.disk.crash(() => true));
        expect(seen(found.tree)).toEqual(seen(scene.tree));
        expect(found.tree.digestMismatchCount).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

function applyChange(
  scene: Scene,
  { kind, index, size }: { kind: string; index: number; size: number },
): void {
  const path = `/n${index}`;
  const isThere = scene.tree.findPath(path) !== -1;
  if (kind === 'set' && isThere) scene.append(setTxn(path, Buffer.alloc(size, 1), index));
  if (kind === 'delete' && isThere) scene.append({ type: OpCode.delete, path });
  if (kind === 'create' && !isThere) scene.append(createTxn(path, Buffer.alloc(size, 2)));
  if (kind === 'ephemeral' && !isThere && scene.tree.sessions.size > 0)
    scene.append(createTxn(path, 'e', true));
  if (kind === 'close') {
    const owner = scene.tree.sessions.keys().next().value;
    if (owner === undefined) return;
    const paths2Delete = scene.tree.ephemeralsOf(owner);
    scene.append({ type: OpCode.closeSession, paths2Delete });
  }
}

describe('a tree', () => {
  it('of which nothing was ever changed is the one that a new database has', () => {
    expect(seen(recoverFrom(new MemoryDisk()).tree)).toEqual(seen(newTree()));
  });
});

describe('a snapshot that is abandoned', () => {
  it('is gone at whatever step, and tells nothing', () => {
    for (let steps = 0; steps < 30; steps++) {
      const scene = largeScene();
      const { writer, ends } = scene.startSnapshot();
      for (let step = 0; step < steps && writer.isActive; step++) {
        writer.step();
        scene.disk.step();
      }
      const wasDone = ends.length > 0;
      let isOver = false;
      writer.abandon(() => {
        isOver = true;
      });
      scene.disk.settle();
      expect([isOver, writer.isActive, wasDone ? 0 : ends.length]).toEqual([true, false, 0]);
      const names = scene.disk.listing(DIRECTORY);
      expect(names.filter((name) => name.startsWith('unfinished'))).toEqual([]);
      scene.commit(createTxn('/after'));
      expect(recoverFrom(scene.disk).lastZxid).toBe(203n);
      expect(scene.snapshot()).toBe(`${DIRECTORY}/snapshot.cb`);
    }
  });

  it('says so at once where there is none', () => {
    const { writer } = largeScene().startSnapshot();
    const calls: string[] = [];
    writer.abandon(() => calls.push('first'));
    expect(calls).toEqual([]);
    const idle = new Scene();
    const other = idle.startSnapshot().writer;
    while (other.isActive) {
      other.step();
      idle.disk.settle();
    }
    other.abandon(() => calls.push('second'));
    expect(calls).toEqual(['second']);
  });
});
