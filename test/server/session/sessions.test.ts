import { describe, expect, it } from 'vitest';
import { create, Op, pathAndInt, pathAndWatch } from '../../harness/requests.ts';
import { storyOf } from '../replies.ts';
import { World } from '../world.ts';

// A tick is 3 s: sessions expire together at multiples of it.

describe('a session that is not heard of', () => {
  it('lives for its time-out and to the end of the bucket', () => {
    const world = new World();
    world.connect(6000);
    const due = Math.floor(world.clock.elapsed / 3000 + 3) * 3000;
    world.advance(due - world.clock.elapsed - 1);
    expect(world.tree.sessions.size).toBe(1);
    world.advance(1);
    expect(world.tree.sessions.size).toBe(0);
    expect(world.logged('info')).toEqual([
      expect.stringMatching(/^info Expiring session 0x[0-9a-f]+, timeout of 6000ms exceeded$/),
    ]);
    expect(world.monitor('stale_sessions_expired')).toBe(1);
  });

  it('takes its ephemerals with it, which those who watch are told', () => {
    const world = new World();
    const [ann, bob] = [world.connect(6000), world.connect(60_000)];
    ann.ask(Op.create, create('/a'));
    ann.ask(Op.create, create('/a/e', null, 1));
    bob.ask(Op.exists, pathAndWatch('/a/e', true));
    bob.ask(Op.getChildren, pathAndWatch('/a', true));
    world.advance(9000);
    expect(storyOf(bob.take())).toEqual(['deleted /a/e', 'children /a']);
    expect(world.tree.findPath('/a')).toBeGreaterThan(0);
  });

  it('has its connection closed, once the disk knows', () => {
    const world = new World();
    const ann = world.connect(6000);
    world.disk.isHeld = true;
    world.advance(9000);
    expect(ann.isClosed).toBe(false);
    world.disk.isHeld = false;
    world.settle();
    expect(ann.link.state).toBe('destroyed');
  });

  it('expires although its client has gone', () => {
    const world = new World();
    world.connect(6000).disconnect();
    expect(world.tree.sessions.size).toBe(1);
    world.advance(9000);
    expect(world.tree.sessions.size).toBe(0);
  });
});

describe('a session that is expiring', () => {
  it('answers nothing that comes too late', () => {
    const world = new World();
    const ann = world.connect(6000);
    world.disk.isHeld = true;
    world.advance(9000);
    ann.request(Op.create, create('/late'));
    ann.request(Op.getData, pathAndWatch('/'));
    ann.ping();
    world.disk.isHeld = false;
    world.settle();
    expect(ann.take()).toEqual([]);
    expect(world.tree.findPath('/late')).toBe(-1);
    expect(world.monitor('outstanding_requests')).toBe(0);
  });

  it('cannot be taken over', () => {
    const world = new World();
    const ann = world.connect(6000);
    world.disk.isHeld = true;
    world.advance(9000);
    const again = world.open();
    again.resume(ann);
    world.turn();
    expect(again.takeHandshake()).toMatchObject({ sessionId: 0n });
  });
});

describe('a session is kept alive', () => {
  it.each([
    ['a ping', (client: ReturnType<World['connect']>) => client.ping()],
    ['a read', (client: ReturnType<World['connect']>) => client.request(Op.sync, Buffer.alloc(4))],
    ['a write', (client: ReturnType<World['connect']>) => client.request(Op.create, create('/'))],
  ])('by %s', (_what, speak) => {
    const world = new World();
    const ann = world.connect(6000);
    for (let round = 0; round < 5; round++) {
      world.advance(5000);
      speak(ann);
      world.settle();
    }
    expect(world.tree.sessions.size).toBe(1);
    expect(ann.take()).toHaveLength(5);
  });

  it('and its connection as well, however short their time-outs', () => {
    const world = new World({ 'nio.sessionlessCnxnTimeout': 1000 });
    const ann = world.connect(6000);
    world.advance(5000);
    expect(ann.isClosed).toBe(false);
  });
});

describe('closeSession', () => {
  it('is answered, and then the connection is closed in good order', () => {
    const world = new World();
    const ann = world.connect();
    const { err, body } = ann.ask(Op.closeSession);
    expect([err, body.length]).toEqual([0, 0]);
    expect(ann.link.state).toBe('ended');
    expect(world.tree.sessions.size).toBe(0);
    expect(world.monitor('global_sessions')).toBe(0);
  });

  it('is the end of the session: nothing is left to expire', () => {
    const world = new World();
    world.connect(6000).ask(Op.closeSession);
    const { lastProcessedZxid } = world.tree;
    world.advance(60_000);
    expect(world.logged('info')).toEqual([]);
    expect(world.tree.lastProcessedZxid).toBe(lastProcessedZxid);
  });

  it('makes room at once: whoever asks behind it finds the ephemerals gone', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    bob.ask(Op.create, create('/p'));
    ann.ask(Op.create, create('/p/mine', null, 1));
    ann.request(Op.closeSession);
    bob.request(Op.create, create('/p/mine', null, 1), 10);
    bob.request(Op.delete, pathAndInt('/p/mine', -1), 11);
    bob.request(Op.delete, pathAndInt('/p', -1), 12);
    world.settle();
    expect(bob.take().map(({ xid, err }) => [xid, err])).toEqual([
      [10, 0],
      [11, 0],
      [12, 0],
    ]);
    expect(world.monitor('digest_mismatches_count')).toBe(0);
  });

  it('closes only its own session', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    ann.ask(Op.closeSession);
    expect(bob.ask(Op.exists, pathAndWatch('/')).err).toBe(0);
  });

  it('is carried out although its client does not wait for the answer', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.closeSession);
    ann.disconnect();
    world.settle();
    expect(world.tree.sessions.size).toBe(0);
    expect(world.monitor('outstanding_requests')).toBe(0);
  });
});

describe('dump', () => {
  it('shows sessions by the time at which they expire, and what they own', () => {
    const world = new World();
    const ann = world.connect(6000);
    ann.ask(Op.create, create('/e', null, 1));
    const id = `0x${ann.sessionId.toString(16)}`;
    const text = world.word('dump');
    expect(text).toContain(`\t${id}`);
    expect(text).toContain(`${id}:\n\t/e`);
  });
});

describe('the ids of sessions', () => {
  it('do not come back after a restart, though no time has passed', () => {
    const before = new World();
    const ids = [before.connect().sessionId];
    const world = before.crashAndRestart();
    ids.push(world.connect().sessionId);
    expect(new Set(ids).size).toBe(2);
    expect(ids[1] ?? 0n).toBeGreaterThan(ids[0] ?? 0n);
  });
});
