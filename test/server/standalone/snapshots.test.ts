import { describe, expect, it } from 'vitest';
import { create, Op, pathAndWatch, setData } from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { nodeIn } from '../replies.ts';
import { World } from '../world.ts';

function write(client: Client, count: number, size = 1): void {
  for (let index = 0; index < count; index++) {
    client.request(Op.create, create('/n', Buffer.alloc(size, 'x'), 2));
  }
}

const files = (world: World, kind: 'log' | 'snapshot') =>
  world.disk.names('/data/version-2').filter((name) => name.startsWith(`${kind}.`));

describe('a snapshot', () => {
  it('is cut after snapCount transactions at the latest, and the log goes on in a new file', () => {
    const world = new World({ snapCount: 20 });
    const ann = world.connect();
    for (let round = 0; round < 21; round++) {
      write(ann, 1);
      world.settle();
    }
    expect(files(world, 'snapshot').length).toBeGreaterThan(1);
    expect(files(world, 'log').length).toBeGreaterThan(1);
    expect(world.logged('info')[0]).toMatch(/^info snapshot \/data\/version-2\/snapshot\./);
  });

  it('is not cut before half of snapCount', () => {
    const world = new World({ snapCount: 20 });
    const ann = world.connect();
    write(ann, 9);
    world.settle();
    expect(files(world, 'snapshot')).toEqual(['snapshot.0']);
  });

  it('is cut after snapSizeLimitInKb', () => {
    const world = new World({ snapSizeLimitInKb: 100 });
    const ann = world.connect();
    write(ann, 4, 10_000);
    world.settle();
    expect(files(world, 'snapshot')).toEqual(['snapshot.0']);
    write(ann, 8, 10_000);
    world.settle();
    expect(files(world, 'snapshot')).toHaveLength(2);
  });

  it('is cut while writes go on, and a server recovers from it and the logs', () => {
    const before = new World({ snapCount: 50 });
    const ann = before.connect();
    ann.ask(Op.create, create('/a'));
    for (let round = 0; round < 60; round++) {
      write(ann, 3, 3000);
      ann.request(Op.setData, setData('/a', Buffer.from(`v${round}`)));
      before.turn();
      before.disk.finishOne();
      before.disk.finishOne();
    }
    before.settle();
    const { treeDigest, nodeCount, lastProcessedZxid } = before.tree;
    expect(files(before, 'snapshot').length).toBeGreaterThan(1);
    const world = before.crashAndRestart();
    expect(world.tree).toMatchObject({ treeDigest, nodeCount, lastProcessedZxid });
    expect(world.tree.digestMismatchCount).toBe(0);
    expect(nodeIn(world.connect().ask(Op.getData, pathAndWatch('/a'))).data).toBe('v59');
  });

  it('that is not finished when the server crashes is no loss', () => {
    const before = new World({ snapCount: 20 });
    const ann = before.connect();
    write(ann, 25);
    before.turn();
    for (let step = 0; step < 4; step++) before.disk.finishOne();
    const answered = ann.take().length;
    const world = before.crashAndRestart();
    expect(world.tree.nodeCount).toBeGreaterThanOrEqual(5 + answered);
    expect(world.logged('recovery')).toEqual([]);
  });

  it('is skipped while another is being cut, with a warning', () => {
    const world = new World({ snapCount: 4 });
    const ann = world.connect();
    write(ann, 30);
    world.settle();
    expect(world.logged('warn')).toContain('warn Too busy to snap, skipping');
    expect(ann.take().every(({ err }) => err === 0)).toBe(true);
    expect(world.crashAndRestart().tree.nodeCount).toBe(world.tree.nodeCount);
  });
});

describe('old files', () => {
  it('are purged at start and then at intervals, but for the newest', () => {
    const before = new World({ snapCount: 4 });
    const ann = before.connect();
    for (let round = 0; round < 40; round++) {
      write(ann, 1);
      before.settle();
    }
    const { nodeCount } = before.tree;
    expect(files(before, 'snapshot').length).toBeGreaterThan(3);
    const world = before.crashAndRestart({ 'autopurge.purgeInterval': 1 });
    world.server.run();
    world.settle();
    expect(files(world, 'snapshot')).toHaveLength(3);
    expect(world.crashAndRestart().tree.nodeCount).toBe(nodeCount);
  });

  it('stay where nobody asked for it', () => {
    const world = new World({ snapCount: 4 });
    const ann = world.connect();
    for (let round = 0; round < 40; round++) {
      write(ann, 1);
      world.settle();
    }
    const count = files(world, 'snapshot').length;
    world.advance(86_400_000);
    expect(files(world, 'snapshot').length).toBe(count);
  });
});
