import { describe, expect, it } from 'vitest';
import {
  create,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  pathOnly,
  setData,
} from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { nodeIn, storyOf } from '../replies.ts';
import { World } from '../world.ts';

const get = (path: string, watch = false) => pathAndWatch(path, watch);

/** Sends all requests as one piece. */
function pipeline(client: Client, ...requests: readonly (readonly [number, Buffer?])[]): void {
  client.send(Buffer.concat(requests.map(([op, body]) => client.frame(op, body))));
}

describe("a session's requests", () => {
  it('are carried out in order, though they come in one piece', () => {
    const world = new World();
    const ann = world.connect();
    pipeline(
      ann,
      [Op.create, create('/a')],
      [Op.create, create('/a/b', Buffer.from('1'))],
      [Op.setData, setData('/a/b', Buffer.from('2'), 0)],
      [Op.getData, get('/a/b')],
      [Op.delete, pathAndInt('/a/b', 1)],
      [Op.exists, get('/a/b')],
    );
    world.settle();
    const replies = ann.take();
    expect(replies.map(({ xid }) => xid)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(replies.map(({ err }) => err)).toEqual([0, 0, 0, 0, 0, -101]);
    expect(replies.slice(3, 4).map(nodeIn)).toMatchObject([{ data: '2', stat: { version: 1 } }]);
  });

  it('are not answered before what was asked earlier', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/a'));
    ann.request(Op.getData, get('/a'));
    ann.ping();
    world.turn();
    expect(ann.take()).toEqual([]);
    world.disk.finish();
    world.turn();
    expect(ann.take().map(({ xid }) => xid)).toEqual([1, 2, -2]);
  });

  it('are answered with what had been applied when their turn came', () => {
    const world = new World();
    const ann = world.connect();
    const zxid = world.tree.lastProcessedZxid;
    pipeline(ann, [Op.create, create('/a')], [Op.sync, pathOnly('/')], [Op.create, create('/b')]);
    world.settle();
    expect(ann.take().map((reply) => reply.zxid - zxid)).toEqual([1n, 1n, 2n]);
  });

  it('do not wait when there is no write among them', () => {
    const world = new World();
    const ann = world.connect();
    world.disk.isHeld = true;
    pipeline(ann, [Op.getData, get('/')], [Op.getChildren, get('/')], [Op.getData, get('/x')]);
    world.turn();
    expect(ann.take().map(({ err }) => err)).toEqual([0, 0, -101]);
  });

  it('that were asked before closeSession are answered before it', () => {
    const world = new World();
    const ann = world.connect();
    pipeline(ann, [Op.create, create('/a')], [Op.getData, get('/a')], [Op.closeSession]);
    world.settle();
    expect(ann.take().map(({ xid, err }) => [xid, err])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    expect(ann.link.state).toBe('ended');
  });

  it('that come behind closeSession get no answer', () => {
    const world = new World();
    const ann = world.connect();
    pipeline(ann, [Op.closeSession], [Op.getData, get('/')], [Op.create, create('/a')]);
    world.settle();
    expect(ann.take().map(({ xid }) => xid)).toEqual([1]);
    expect(world.tree.findPath('/a')).toBe(-1);
    expect(world.monitor('outstanding_requests')).toBe(0);
  });
});

describe('the requests of others', () => {
  it('are answered while a write is on its way, from the tree as it was', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    ann.request(Op.create, create('/a'));
    bob.request(Op.exists, get('/a'));
    world.turn();
    expect(bob.take().map(({ err }) => err)).toEqual([-101]);
    expect(ann.take()).toEqual([]);
  });

  it('that write see what is on its way', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    ann.request(Op.create, create('/a'));
    bob.request(Op.create, create('/a'));
    bob.request(Op.create, create('/a/b'));
    world.settle();
    expect(bob.take().map(({ err }) => err)).toEqual([-110, 0]);
  });

  it('are told of a change before they can read it', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    bob.ask(Op.exists, get('/a', true));
    ann.request(Op.create, create('/a'));
    bob.request(Op.create, create('/b'));
    bob.request(Op.exists, get('/a'));
    world.settle();
    expect(storyOf(bob.take())).toEqual(['created /a', 2, 3]);
  });
});

describe('a write', () => {
  it('that is refused has a zxid of its own and waits for the disk as well', () => {
    const world = new World();
    const ann = world.connect();
    const zxid = world.tree.lastProcessedZxid;
    ann.request(Op.delete, pathAndInt('/none', -1));
    world.turn();
    expect(ann.take()).toEqual([]);
    world.settle();
    expect(ann.take()).toMatchObject([{ err: -101, zxid: zxid + 1n }]);
  });

  it('of a client that has left is carried out all the same', () => {
    const world = new World();
    const ann = world.connect();
    pipeline(ann, [Op.create, create('/a')], [Op.getData, get('/a')], [Op.create, create('/a/b')]);
    world.turn();
    ann.disconnect();
    world.settle();
    expect(world.tree.findPath('/a/b')).toBeGreaterThan(0);
    expect(world.monitor('outstanding_requests')).toBe(0);
  });

  it('shares its zxid with all parts of its multi', () => {
    const world = new World();
    const ann = world.connect();
    const parts = ['/a', '/a/b'].map((path) => ({ op: Op.create, body: create(path) }));
    const { zxid } = ann.ask(Op.multi, multi(parts));
    for (const path of ['/a', '/a/b']) {
      expect(nodeIn(ann.ask(Op.getData, get(path))).stat.czxid).toBe(zxid);
    }
  });
});
