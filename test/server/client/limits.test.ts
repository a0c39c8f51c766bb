import { describe, expect, it } from 'vitest';
import { create, Op, pathAndInt, pathAndWatch, setData } from '../../harness/requests.ts';
import { framed, WireWriter } from '../../harness/wire.ts';
import type { Client } from '../client.ts';
import { World } from '../world.ts';

const MEGABYTE = 1024 * 1024;
const get = pathAndWatch('/a');

/** The frames of `count` changes of /a. */
function changes(client: Client, count: number, size = 1): Buffer {
  const body = setData('/a', Buffer.alloc(size));
  return Buffer.concat(Array.from({ length: count }, () => client.frame(Op.setData, body)));
}

function worldWithNode(keys = {}, data = 'x'): { world: World; ann: Client } {
  const world = new World(keys);
  const ann = world.connect();
  ann.ask(Op.create, create('/a', Buffer.from(data)));
  return { world, ann };
}

describe('globalOutstandingLimit', () => {
  it('stops reading from a client while so many requests are under way', () => {
    const { world, ann } = worldWithNode({ globalOutstandingLimit: 10 });
    ann.send(changes(ann, 30));
    world.turn();
    expect(ann.link.isPaused).toBe(true);
    expect(world.monitor('outstanding_requests')).toBe(11);
    world.settle();
    expect(ann.link.isPaused).toBe(false);
    expect(ann.take().map(({ xid }) => xid)).toEqual(Array.from({ length: 30 }, (_, i) => i + 2));
    expect(world.monitor('outstanding_requests')).toBe(0);
  });

  it('still takes a request from a client that has none under way', () => {
    const { world, ann } = worldWithNode({ globalOutstandingLimit: 10 });
    const bob = world.connect();
    ann.send(changes(ann, 30));
    bob.send(Buffer.concat([changes(bob, 1), bob.frame(Op.getData, get)]));
    world.turn();
    expect(world.monitor('outstanding_requests')).toBe(12);
    expect(bob.link.isPaused).toBe(true);
    world.settle();
    expect(bob.take().map(({ xid }) => xid)).toEqual([1, 2]);
  });

  it('costs no client its session, however long it is not listened to', () => {
    const { world, ann } = worldWithNode({ globalOutstandingLimit: 10 });
    world.disk.isHeld = true;
    ann.send(changes(ann, 30));
    world.turn();
    world.advance(120_000);
    expect([ann.link.isPaused, ann.isClosed]).toEqual([true, false]);
    world.disk.isHeld = false;
    world.settle();
    expect(ann.take()).toHaveLength(30);
  });

  it.each([0, 1, 500])('costs neither where sessions may have a time-out of %d ms', (ms) => {
    const keys = { globalOutstandingLimit: 10, minSessionTimeout: ms, tickTime: 500 };
    const world = new World(keys);
    const ann = world.connect(ms);
    world.disk.isHeld = true;
    ann.send(Buffer.concat([ann.frame(Op.create, create('/a')), changes(ann, 30)]));
    world.turn();
    const end = world.clock.elapsed + 20_000;
    let runs = 0;
    for (; world.server.deadline <= end && runs < 1000; runs++) {
      world.moveClock(Math.max(world.clock.elapsed, world.server.deadline));
      world.server.run();
      world.turn();
    }
    expect(runs).toBeLessThan(100);
    expect([ann.link.isPaused, ann.isClosed]).toEqual([true, false]);
  });

  it('is not exceeded for ever by a client that leaves', () => {
    const { world, ann } = worldWithNode({ globalOutstandingLimit: 10 });
    ann.send(changes(ann, 30));
    world.turn();
    ann.disconnect();
    world.settle();
    expect(world.monitor('outstanding_requests')).toBe(0);
    expect(world.tree.version(world.tree.findPath('/a'))).toBe(11);
  });

  it('counts handshakes that have not ended', () => {
    const { world } = worldWithNode({ globalOutstandingLimit: 10 });
    for (let index = 0; index < 5; index++) world.open().shakeHands();
    world.turn();
    expect(world.monitor('outstanding_requests')).toBe(5);
  });
});

describe('the log', () => {
  it('that has too much to write takes nothing more until the disk has got on', () => {
    const { world, ann } = worldWithNode({ globalOutstandingLimit: 100_000 });
    ann.send(changes(ann, 40, MEGABYTE - 100));
    world.turn();
    expect(ann.link.isPaused).toBe(true);
    const taken = world.monitor('outstanding_requests');
    expect([taken > 30, taken < 36]).toEqual([true, true]);
    const bob = world.open();
    bob.shakeHands();
    world.turn();
    expect(bob.link.isPaused).toBe(true);
    world.settle();
    expect(ann.take()).toHaveLength(40);
    bob.expectSession();
    expect([ann.link.isPaused, bob.link.isPaused]).toEqual([false, false]);
  });
});

describe('a client that does not read', () => {
  const large = 'x'.repeat(300_000);

  it('is asked for nothing more once a megabyte waits for it', () => {
    const { world, ann } = worldWithNode({}, large);
    ann.link.isSlow = true;
    ann.send(Buffer.concat(Array.from({ length: 10 }, () => ann.frame(Op.getData, get))));
    world.turn();
    expect(ann.link.isPaused).toBe(true);
    expect(ann.link.unsentSize).toBeLessThan(1.3 * MEGABYTE);
    world.settle();
    expect(ann.link.isPaused).toBe(true);
    ann.drain();
    world.turn();
    expect(ann.link.isPaused).toBe(false);
    expect(ann.take()).toHaveLength(10);
  });

  it('does not hold up others', () => {
    const { world, ann } = worldWithNode({}, large);
    ann.link.isSlow = true;
    ann.send(Buffer.concat(Array.from({ length: 10 }, () => ann.frame(Op.getData, get))));
    world.turn();
    const bob = world.connect();
    expect(bob.ask(Op.getData, get).err).toBe(0);
  });

  it('is dropped when 64 megabytes of events wait for it and it takes none', () => {
    const { world, ann } = worldWithNode();
    const bob = world.connect();
    ann.ask(Op.addWatch, pathAndInt('/a', 0));
    ann.link.waiting.push(Buffer.alloc(64 * MEGABYTE));
    bob.ask(Op.setData, setData('/a', null));
    world.advance(3000);
    expect(ann.link.state).toBe('destroyed');
    expect(world.logged('warn')).toEqual([expect.stringContaining('does not read')]);
    expect(world.monitor('watch_count')).toBe(0);
  });

  it('has a second to begin with an answer, however large it is', () => {
    const { world, ann } = worldWithNode();
    const bob = world.connect();
    ann.ask(Op.addWatch, pathAndInt('/a', 0));
    world.moveClock(world.clock.elapsed + 1500);
    ann.link.waiting.push(Buffer.alloc(65 * MEGABYTE));
    bob.ask(Op.setData, setData('/a', null));
    world.server.run();
    world.advance(999);
    expect(ann.link.state).toBe('open');
  });

  it('gets everything that waited behind one write, however much that is, as long as it reads', () => {
    const { world, ann } = worldWithNode({}, 'x'.repeat(900_000));
    const reads = Array.from({ length: 100 }, () => ann.frame(Op.getData, get));
    ann.send(Buffer.concat([ann.frame(Op.setData, setData('/b', null)), ...reads]));
    world.settle();
    expect(ann.take()).toHaveLength(101);
    expect(world.monitor('outstanding_requests')).toBe(0);
  });

  it('keeps its session as long as it takes some of what waits for it', () => {
    const { world, ann } = worldWithNode({}, large);
    ann.link.isSlow = true;
    for (let ask = 0; ask < 40; ask++) ann.send(ann.frame(Op.getData, get));
    world.turn();
    ann.link.waiting.push(...Array.from({ length: 60 }, () => Buffer.alloc(100_000)));
    for (let second = 0; second < 45; second++) {
      ann.link.waiting.pop();
      world.advance(1000);
    }
    expect(ann.link.state).toBe('open');
    world.advance(45_000);
    expect(ann.link.state).toBe('destroyed');
  });

  it('is forgotten when it goes, also in a turn in which it is told something', () => {
    const { world, ann } = worldWithNode();
    const bob = world.connect();
    ann.ask(Op.addWatch, pathAndInt('/a', 0));
    ann.link.isSlow = true;
    ann.link.waiting.push(Buffer.alloc(70 * MEGABYTE));
    bob.request(Op.setData, setData('/a', null));
    world.turn();
    world.disk.finish();
    ann.disconnect();
    for (let second = 0; second < 5; second++) {
      world.settle();
      world.advance(1000);
    }
    expect(world.lines.filter((line) => line.includes('does not read'))).toEqual([]);
  });

  it('still gets what it reads in the end, in order', () => {
    const { world, ann } = worldWithNode();
    ann.link.isSlow = true;
    for (let round = 0; round < 5; round++) {
      ann.request(Op.setData, setData('/a', Buffer.from(String(round))));
      world.settle();
    }
    ann.drain();
    ann.request(Op.getData, get);
    world.settle();
    expect(ann.take().map(({ xid }) => xid)).toEqual([2, 3, 4, 5, 6, 7]);
  });
});

describe('connections', () => {
  it('from one address are limited, and there is room again when one goes', () => {
    const world = new World({ maxClientCnxns: 2 });
    const [first, second, third] = [world.open(), world.open(), world.open()];
    const other = world.open('10.0.0.2');
    expect([first, second, third, other].map((each) => each.link.state)).toEqual([
      'open',
      'open',
      'destroyed',
      'open',
    ]);
    expect(world.logged('warn')).toEqual(['warn Too many connections from 10.0.0.1 - max is 2']);
    first.disconnect();
    expect(world.open().isClosed).toBe(false);
  });

  it('are limited in all', () => {
    const world = new World({ maxCnxns: 2, maxClientCnxns: 0 });
    const [first, , third] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((at) => world.open(at));
    expect(third?.link.state).toBe('destroyed');
    expect(world.logged('warn')).toEqual(['warn Too many connections max allowed is 2']);
    first?.disconnect();
    expect(world.open().isClosed).toBe(false);
  });

  it('are unlimited with 0', () => {
    const world = new World({ maxClientCnxns: 0 });
    const clients = Array.from({ length: 100 }, () => world.open());
    expect(clients.some(({ isClosed }) => isClosed)).toBe(false);
  });

  it('are counted once, however they end', () => {
    const world = new World({ maxClientCnxns: 1 });
    const endings: readonly ((client: Client) => void)[] = [
      (client) => client.disconnect(),
      (client) => client.halfClose(),
      (client) => client.send(Buffer.from('ruok')),
      (client) => client.send(new WireWriter().int(-1).bytes()),
      (client) => client.shakeHands({ sessionId: 5n }),
      (client) => client.shakeHands({ lastZxidSeen: 500n }),
    ];
    for (const end of endings) {
      const client = world.open();
      end(client);
      world.settle();
      expect(client.isClosed).toBe(true);
      client.disconnect();
    }
    expect(world.open().isClosed).toBe(false);
    expect(world.open().isClosed).toBe(true);
  });
});

describe('a connection that says nothing', () => {
  it('is closed after a while, before and after the handshake began', () => {
    const world = new World();
    const [silent, slow] = [world.open(), world.open()];
    slow.send(new WireWriter().int(44).bytes());
    world.advance(10_000);
    expect([silent.isClosed, slow.isClosed]).toEqual([false, false]);
    world.advance(10_000);
    expect([silent.link.state, slow.link.state]).toEqual(['destroyed', 'destroyed']);
    expect(world.monitor('sessionless_connections_expired')).toBe(2);
  });

  it('within a session is closed by the time-out of the session', () => {
    const world = new World();
    const ann = world.connect(60_000);
    world.advance(40_000);
    expect(ann.isClosed).toBe(false);
    world.advance(40_000);
    expect(ann.isClosed).toBe(true);
  });
});

describe('large requests', () => {
  const keys = { largeRequestThreshold: 1000, largeRequestMaxBytes: 5000 };

  it('are refused when there are too many of them under way', () => {
    const { world, ann } = worldWithNode(keys);
    const bob = world.connect();
    ann.send(changes(ann, 2, 2000));
    bob.send(changes(bob, 1, 2000));
    expect(bob.link.state).toBe('destroyed');
    expect(world.monitor('large_requests_rejected')).toBe(1);
    world.settle();
    expect(ann.take()).toHaveLength(2);
    ann.send(changes(ann, 2, 2000));
    world.settle();
    expect(ann.take()).toHaveLength(2);
  });

  it('are not hindered by small ones', () => {
    const { world, ann } = worldWithNode(keys);
    const bob = world.connect();
    ann.send(changes(ann, 10, 900));
    bob.send(changes(bob, 1, 2000));
    world.settle();
    expect(bob.take().map(({ err }) => err)).toEqual([0]);
  });

  it('are refused for their length alone, before they have come', () => {
    const { world, ann } = worldWithNode(keys);
    ann.send(new WireWriter().int(5001).bytes());
    expect(ann.link.state).toBe('destroyed');
    expect(world.monitor('large_requests_rejected')).toBe(1);
  });

  it('are as good as others where there is no threshold', () => {
    const { world, ann } = worldWithNode({ largeRequestMaxBytes: 5000 });
    ann.send(changes(ann, 10, 2000));
    world.settle();
    expect(ann.take()).toHaveLength(10);
  });
});

describe('what a connection had waiting', () => {
  it('is not counted any more when it is gone', () => {
    const { world, ann } = worldWithNode({ largeRequestThreshold: 1, largeRequestMaxBytes: 5000 });
    ann.send(Buffer.concat([changes(ann, 3, 1000), ann.frame(Op.getData, get), changes(ann, 1)]));
    ann.send(framed(Buffer.alloc(20)).subarray(0, 9));
    world.turn();
    ann.disconnect();
    expect(world.monitor('outstanding_requests')).toBe(4);
    world.settle();
    expect(world.monitor('outstanding_requests')).toBe(0);
    const bob = world.connect();
    bob.send(changes(bob, 2, 2000));
    world.settle();
    expect(bob.take()).toHaveLength(2);
  });
});
