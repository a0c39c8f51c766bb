import { describe, expect, it } from 'vitest';
import { create, Op, pathAndWatch, setData } from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { nodeIn, pathIn } from '../replies.ts';
import { World } from '../world.ts';

const get = pathAndWatch('/a');

function worldWithNode(keys = {}): { world: World; ann: Client } {
  const world = new World(keys);
  const ann = world.connect();
  ann.ask(Op.create, create('/a'));
  return { world, ann };
}

/** The same where writes wait for company: it takes time. */
function worldWithDelay(keys: Record<string, number>): { world: World; ann: Client } {
  const world = new World(keys);
  const ann = world.open();
  ann.shakeHands();
  world.advance(1000);
  ann.expectSession();
  ann.request(Op.create, create('/a'));
  world.advance(1000);
  ann.take();
  return { world, ann };
}

function writeTimes(client: Client, count: number, from = 0): void {
  for (let index = 0; index < count; index++) {
    client.request(Op.setData, setData('/a', Buffer.from(`v${from + index}`)));
  }
}

describe('a write', () => {
  it('is neither seen nor answered before the disk has it', () => {
    const { world, ann } = worldWithNode();
    const bob = world.connect();
    writeTimes(ann, 1);
    world.turn();
    expect(ann.take()).toEqual([]);
    bob.request(Op.getData, get);
    world.turn();
    expect(bob.take().map((reply) => nodeIn(reply).data)).toEqual(['']);
    world.settle();
    expect(ann.take()).toHaveLength(1);
    expect(nodeIn(bob.ask(Op.getData, get)).data).toBe('v0');
  });

  it('that waits for the one before is on its way to the disk before that one is answered', () => {
    const { world, ann } = worldWithNode();
    const writesBefore = world.disk.logWrites;
    writeTimes(ann, 1);
    world.turn();
    writeTimes(ann, 1, 1);
    world.turn();
    expect(world.disk.logWrites).toBe(writesBefore + 1);
    world.disk.finishOne();
    expect(world.disk.logWrites).toBe(writesBefore + 2);
    expect(ann.take()).toEqual([]);
    world.turn();
    expect(ann.take()).toHaveLength(1);
  });

  it('that was answered is there after a crash, and what was not may be gone', () => {
    const { world: before, ann } = worldWithNode();
    ann.ask(Op.setData, setData('/a', Buffer.from('answered')));
    ann.request(Op.setData, setData('/a', Buffer.from('lost')));
    before.turn();
    const world = before.crashAndRestart();
    expect(nodeIn(world.connect().ask(Op.getData, get)).data).toBe('answered');
    expect(world.logged('recovery')).toEqual([]);
    expect(world.tree.digestMismatchCount).toBe(0);
  });

  it('goes on from the last zxid after a restart', () => {
    const { world: before, ann } = worldWithNode();
    const { zxid } = ann.ask(Op.create, create('/x'));
    const bob = before.crashAndRestart().connect();
    expect(bob.ask(Op.create, create('/y')).zxid).toBe(zxid + 2n);
  });
});

describe('writes that come while the disk is busy', () => {
  it('are written together', () => {
    const { world, ann } = worldWithNode();
    const bob = world.connect();
    const writesBefore = world.disk.logWrites;
    writeTimes(ann, 1);
    world.turn();
    writeTimes(ann, 20);
    writeTimes(bob, 20);
    world.turn();
    expect(world.disk.logWrites - writesBefore).toBe(1);
    world.settle();
    expect(world.disk.logWrites - writesBefore).toBe(2);
    expect([ann.take().length, bob.take().length]).toEqual([21, 20]);
    expect(world.monitor('max_sync_processor_batch_size')).toBe(40);
  });

  it('are not answered with those that were in the write before', () => {
    const { world, ann } = worldWithNode();
    writeTimes(ann, 2);
    world.turn();
    writeTimes(ann, 3);
    world.disk.finishOne();
    world.turn();
    expect(ann.take()).toHaveLength(2);
    expect(world.tree.version(world.tree.findPath('/a'))).toBe(2);
    world.settle();
    expect(ann.take()).toHaveLength(3);
  });

  it('of one turn are one write from the first', () => {
    const { world, ann } = worldWithNode();
    const writesBefore = world.disk.logWrites;
    writeTimes(ann, 30);
    world.settle();
    expect(world.disk.logWrites - writesBefore).toBe(1);
  });

  it('may be made to wait for each other by flushDelay', () => {
    const { world, ann } = worldWithDelay({ flushDelay: 100, maxWriteQueuePollTime: 50 });
    writeTimes(ann, 1);
    world.settle();
    expect(ann.take()).toHaveLength(1);
    writeTimes(ann, 1);
    world.settle();
    expect(ann.take()).toEqual([]);
    expect(world.server.deadline).toBe(world.clock.elapsed + 50);
    world.advance(49);
    writeTimes(ann, 1);
    world.advance(49);
    expect(ann.take()).toEqual([]);
    world.advance(2);
    expect(ann.take()).toHaveLength(2);
  });

  it('do not wait for each other when there are enough of them', () => {
    const keys = { flushDelay: 100, maxWriteQueuePollTime: 100, maxBatchSize: 5 };
    const { world, ann } = worldWithDelay(keys);
    writeTimes(ann, 1);
    world.settle();
    ann.take();
    writeTimes(ann, 4);
    world.settle();
    expect(ann.take()).toEqual([]);
    writeTimes(ann, 1);
    world.settle();
    expect(ann.take()).toHaveLength(5);
  });
});

describe('a disk that fails', () => {
  it('stops the server, and nobody is answered any more', () => {
    const { world, ann } = worldWithNode();
    const bob = world.connect();
    writeTimes(ann, 2);
    world.turn();
    world.disk.failure = new Error('ENOSPC');
    bob.request(Op.getData, get);
    world.settle();
    expect(world.failure?.message).toBe('ENOSPC');
    expect(ann.take()).toEqual([]);
    expect([ann.link.state, bob.link.state]).toEqual(['destroyed', 'destroyed']);
  });

  it('leaves what was answered for the next start', () => {
    const { world: before, ann } = worldWithNode();
    ann.ask(Op.setData, setData('/a', Buffer.from('answered')));
    before.disk.failure = new Error('EIO');
    writeTimes(ann, 3);
    before.settle();
    const world = before.crashAndRestart();
    expect(nodeIn(world.connect().ask(Op.getData, get)).data).toBe('answered');
  });

  it('is told once, and counted', () => {
    const { world, ann } = worldWithNode();
    world.disk.failure = new Error('EIO');
    writeTimes(ann, 1);
    world.settle();
    expect(world.metrics.unrecoverableErrorCount).toMatchObject({ value: 1 });
  });
});

describe('a turn', () => {
  it.each([
    { what: 'little', size: 100, isBusy: false },
    { what: 'much', size: 10_000, isBusy: true },
  ])('that brings $what has the disk begin before its end: $isBusy', ({ size, isBusy }) => {
    const { world, ann } = worldWithNode();
    for (let set = 0; set < 10; set++) {
      ann.request(Op.setData, setData('/a', Buffer.alloc(size)));
    }
    expect(world.disk.isBusy).toBe(isBusy);
    world.settle();
    expect(ann.take().map(({ err }) => err)).toEqual(Array(10).fill(0));
  });
});

describe('a slow disk', () => {
  it('does not let a session expire that is heard of', () => {
    const { world } = worldWithNode();
    const ann = world.connect(6000);
    world.disk.isHeld = true;
    writeTimes(ann, 1);
    for (let round = 0; round < 4; round++) {
      world.advance(4000);
      ann.ping();
    }
    world.disk.isHeld = false;
    world.settle();
    expect(ann.take().map(({ xid, err }) => [xid, err])).toEqual([
      [1, 0],
      [-2, 0],
      [-2, 0],
      [-2, 0],
      [-2, 0],
    ]);
  });
});

describe('stop', () => {
  it('ends all connections, and calls back when everything that was taken is on disk', () => {
    const { world: before, ann } = worldWithNode();
    writeTimes(ann, 1);
    before.turn();
    writeTimes(ann, 5, 1);
    let end: Error | null | undefined;
    before.server.stop((error) => {
      end = error;
    });
    expect(ann.link.state).toBe('destroyed');
    expect(end).toBeUndefined();
    before.settle();
    expect(end).toBeNull();
    const world = before.crashAndRestart();
    expect(nodeIn(world.connect().ask(Op.getData, get))).toMatchObject({
      data: 'v5',
      stat: { version: 6 },
    });
  });

  it('is quick where there is nothing to do', () => {
    const world = new World();
    let hasEnded = false;
    world.server.stop(() => {
      hasEnded = true;
    });
    world.settle();
    expect(hasEnded).toBe(true);
  });

  it('tells of a disk that fails', () => {
    const { world, ann } = worldWithNode();
    writeTimes(ann, 1);
    world.disk.failure = new Error('EIO');
    let end: Error | null = null;
    world.server.stop((error) => {
      end = error;
    });
    world.settle();
    expect(end).toMatchObject({ message: 'EIO' });
  });

  it('does not let time go on: no session expires behind it', () => {
    const { world } = worldWithNode();
    world.connect(6000);
    world.server.stop(() => undefined);
    world.advance(20_000);
    expect(world.logged('info')).toEqual([]);
    expect(world.tree.sessions.size).toBe(2);
  });

  it('takes nobody in behind it', () => {
    const world = new World();
    world.server.stop(() => undefined);
    const late = world.open();
    expect(late.link.state).toBe('destroyed');
  });
});

describe('a restart', () => {
  it('again and again loses nothing', () => {
    let world = new World();
    const paths: (string | null)[] = [];
    for (let round = 0; round < 6; round++) {
      const client = world.connect();
      paths.push(pathIn(client.ask(Op.create, create('/r', null, 2))));
      world = world.crashAndRestart();
    }
    const client = world.connect();
    expect(paths.map((path) => client.ask(Op.exists, pathAndWatch(path)).err)).toEqual(
      paths.map(() => 0),
    );
    expect(new Set(paths).size).toBe(6);
  });
});
