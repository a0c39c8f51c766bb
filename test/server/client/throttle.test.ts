import { describe, expect, it } from 'vitest';
import { create, Op, pathAndWatch, setData, setWatches } from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { World } from '../world.ts';

const THROTTLED = -127;
const get = pathAndWatch('/a');

function worldWithNode(keys: Record<string, number | boolean>): { world: World; ann: Client } {
  const world = new World(keys);
  const ann = world.connect();
  ann.ask(Op.create, create('/a'));
  return { world, ann };
}

function changes(client: Client, count: number): Buffer {
  const body = setData('/a', Buffer.from('x'));
  return Buffer.concat(Array.from({ length: count }, () => client.frame(Op.setData, body)));
}

/** Lets the disk finish what it has, a second later, and the server take what now fits. */
function afterASecond(world: World): void {
  world.moveClock(world.clock.elapsed + 1000);
  world.disk.finish();
  world.turn();
}

describe('the request throttle', () => {
  it('lets only so many requests in at once, and the others when there is room', () => {
    const { world, ann } = worldWithNode({ request_throttle_max_requests: 3 });
    ann.send(changes(ann, 7));
    world.turn();
    expect(world.monitor('outstanding_requests')).toBe(3);
    expect(ann.link.isPaused).toBe(true);
    expect(world.monitor('request_throttle_wait_count')).toBe(1);
    world.settle();
    expect(ann.take().map(({ err }) => err)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(ann.link.isPaused).toBe(false);
  });

  it('holds back reads as well, as long as writes are in the way', () => {
    const { world, ann } = worldWithNode({ request_throttle_max_requests: 2 });
    const bob = world.connect();
    ann.send(changes(ann, 2));
    bob.request(Op.getData, get);
    world.turn();
    expect(bob.take()).toEqual([]);
    world.settle();
    expect(bob.take()).toHaveLength(1);
  });

  it('answers a request that waited too long with ThrottledOp, and does not carry it out', () => {
    const keys = { request_throttle_max_requests: 2, throttled_op_wait_time: 500 };
    const { world, ann } = worldWithNode(keys);
    ann.send(Buffer.concat([changes(ann, 3), ann.frame(Op.getData, get)]));
    world.turn();
    afterASecond(world);
    world.settle();
    expect(ann.take().map(({ xid, err }) => [xid, err])).toEqual([
      [2, 0],
      [3, 0],
      [4, THROTTLED],
      [5, THROTTLED],
    ]);
    expect(world.tree.version(world.tree.findPath('/a'))).toBe(2);
    expect(world.monitor('throttled_ops')).toBe(2);
    expect([world.monitor('op_count_set_data'), world.monitor('op_count_get_data')]).toEqual([
      2, 0,
    ]);
    expect(world.monitor('outstanding_requests')).toBe(0);
  });

  it('refuses to set watches again as well', () => {
    const keys = { request_throttle_max_requests: 1, throttled_op_wait_time: 500 };
    const { world, ann } = worldWithNode(keys);
    const missed = setWatches(0n, [['/a'], [], []]);
    ann.send(Buffer.concat([changes(ann, 1), ann.frame(Op.setWatches, missed, -8)]));
    world.turn();
    afterASecond(world);
    expect(ann.take().map(({ xid, err }) => [xid, err])).toEqual([
      [2, 0],
      [-8, THROTTLED],
    ]);
  });

  it('counts the whole time that a request has waited, however often others were let in before it', () => {
    const keys = { request_throttle_max_requests: 1, throttled_op_wait_time: 1500 };
    const { world, ann } = worldWithNode(keys);
    ann.send(changes(ann, 4));
    world.turn();
    for (let round = 0; round < 4; round++) afterASecond(world);
    expect(ann.take().map(({ err }) => err)).toEqual([0, 0, THROTTLED, THROTTLED]);
  });

  it('counts anew for what comes after the wait', () => {
    const keys = { request_throttle_max_requests: 1, throttled_op_wait_time: 1500 };
    const { world, ann } = worldWithNode(keys);
    for (let round = 0; round < 4; round++) {
      ann.send(changes(ann, 2));
      world.turn();
      afterASecond(world);
      afterASecond(world);
    }
    expect(ann.take().map(({ err }) => err)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('spares pings and closeSession', () => {
    const keys = { request_throttle_max_requests: 2, throttled_op_wait_time: 500 };
    const { world, ann } = worldWithNode(keys);
    const ping = ann.frame(Op.ping, Buffer.alloc(0), -2);
    ann.send(Buffer.concat([changes(ann, 2), ping, ann.frame(Op.closeSession)]));
    world.turn();
    afterASecond(world);
    world.settle();
    expect(ann.take().map(({ xid, err }) => [xid, err])).toEqual([
      [2, 0],
      [3, 0],
      [-2, 0],
      [4, 0],
    ]);
  });

  it('drops the connection of a request that waited longer than its session may be silent', () => {
    const keys = { request_throttle_max_requests: 1, request_stale_latency_check: true };
    const { world, ann } = worldWithNode({ ...keys, minSessionTimeout: 500 });
    const bob = world.connect(500);
    ann.send(changes(ann, 1));
    bob.send(changes(bob, 1));
    world.turn();
    afterASecond(world);
    expect(bob.link.state).toBe('destroyed');
    expect(world.monitor('stale_requests_dropped')).toBe(1);
    expect(world.tree.version(world.tree.findPath('/a'))).toBe(1);
  });

  it('lets a stale request through where it is told not to drop any', () => {
    const keys = { request_throttle_max_requests: 1, request_stale_latency_check: true };
    const { world } = worldWithNode({
      ...keys,
      request_throttle_drop_stale: false,
      minSessionTimeout: 500,
    });
    const [ann, bob] = [world.connect(), world.connect(500)];
    ann.send(changes(ann, 1));
    bob.send(changes(bob, 1));
    world.turn();
    afterASecond(world);
    world.settle();
    expect(bob.take().map(({ err }) => err)).toEqual([0]);
    expect(world.monitor('stale_requests')).toBe(1);
  });
});

describe('the connection throttle', () => {
  const open = (world: World): boolean => {
    const client = world.open(`10.1.0.${world.clients.length}`);
    client.shakeHands();
    world.settle();
    return !client.isClosed;
  };

  it('lets in as many as there are tokens, and more when they are filled up', () => {
    const world = new World({ connection_throttle_tokens: 2, connection_throttle_fill_time: 1000 });
    expect([open(world), open(world), open(world)]).toEqual([true, true, false]);
    expect(world.monitor('connection_rejected')).toBe(1);
    world.advance(1001);
    expect([open(world), open(world)]).toEqual([true, false]);
    world.advance(60_000);
    expect([open(world), open(world), open(world)]).toEqual([true, true, false]);
  });

  it('takes more tokens for a new session than for one that comes back', () => {
    const world = new World({
      connection_throttle_tokens: 2,
      connection_throttle_fill_time: 1_000_000,
      connection_throttle_weight_enabled: true,
      connection_throttle_global_session_weight: 3,
      connection_throttle_renew_session_weight: 1,
    });
    const ann = world.connect();
    const back = [1, 2, 3, 4].map(() => {
      const client = world.open();
      client.resume(ann);
      world.settle();
      return client.takeHandshake() !== null;
    });
    expect(back).toEqual([true, true, true, false]);
  });

  it('drops by chance, ever more, as long as the tokens run out', () => {
    const world = new World({
      connection_throttle_tokens: 1,
      connection_throttle_fill_time: 1000,
      connection_throttle_freeze_time: 100,
      connection_throttle_drop_increase: 0.5,
    });
    const probabilities = [1, 2, 3].map(() => {
      open(world);
      world.moveClock(world.clock.elapsed + 101);
      return world.monitor('connection_drop_probability');
    });
    expect(probabilities).toEqual([0, 0.5, 1]);
    world.moveClock(world.clock.elapsed + 1001);
    expect(open(world)).toBe(false);
    expect(world.monitor('connection_drop_probability')).toBeCloseTo(0.998);
  });

  it('is off unless it is asked for', () => {
    const world = new World({ maxClientCnxns: 0 });
    expect(Array.from({ length: 200 }, () => open(world)).every(Boolean)).toBe(true);
  });
});
