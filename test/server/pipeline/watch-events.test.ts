import { describe, expect, it } from 'vitest';
import {
  auth,
  create,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  setACL,
  setData,
  setWatches,
} from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { eventIn, intIn, storyOf } from '../replies.ts';
import { World } from '../world.ts';

const PERSISTENT = 0;
const RECURSIVE = 1;
const bytes = (text: string) => Buffer.from(text);

/** Two clients: one that watches, and one that changes /a, which has the child /a/b. */
function worldWithTwo(): { world: World; ann: Client; bob: Client } {
  const world = new World();
  const [ann, bob] = [world.connect(), world.connect()];
  bob.ask(Op.create, create('/a'));
  bob.ask(Op.create, create('/a/b'));
  return { world, ann, bob };
}

const changes: Readonly<Record<string, readonly (readonly [number, Buffer])[]>> = {
  'set /a': [[Op.setData, setData('/a', bytes('1'))]],
  'create /a/c': [[Op.create, create('/a/c')]],
  'delete /a/b': [[Op.delete, pathAndInt('/a/b', -1)]],
  'delete /a': [
    [Op.delete, pathAndInt('/a/b', -1)],
    [Op.delete, pathAndInt('/a', -1)],
  ],
  'create /x': [[Op.create, create('/x')]],
  'setACL /a': [[Op.setACL, setACL('/a', [{ perms: 1, scheme: 'world', id: 'anyone' }])]],
  'create and delete /x in a multi': [
    [
      Op.multi,
      multi([
        { op: Op.create, body: create('/x') },
        { op: Op.delete, body: pathAndInt('/x', -1) },
      ]),
    ],
  ],
  'a multi that is refused': [
    [
      Op.multi,
      multi([
        { op: Op.setData, body: setData('/a', null) },
        { op: Op.check, body: pathAndInt('/none', -1) },
      ]),
    ],
  ],
};

const watches: Readonly<Record<string, readonly [number, Buffer]>> = {
  'getData /a': [Op.getData, pathAndWatch('/a', true)],
  'exists /a': [Op.exists, pathAndWatch('/a', true)],
  'exists /x': [Op.exists, pathAndWatch('/x', true)],
  'getData /x, which fails': [Op.getData, pathAndWatch('/x', true)],
  'getChildren /a': [Op.getChildren, pathAndWatch('/a', true)],
  'getChildren2 /a': [Op.getChildren2, pathAndWatch('/a', true)],
  'getChildren /': [Op.getChildren, pathAndWatch('/', true)],
  'persistent /a': [Op.addWatch, pathAndInt('/a', PERSISTENT)],
  'persistent /x': [Op.addWatch, pathAndInt('/x', PERSISTENT)],
  'recursive /a': [Op.addWatch, pathAndInt('/a', RECURSIVE)],
  'recursive /': [Op.addWatch, pathAndInt('/', RECURSIVE)],
};

describe('a watch', () => {
  it.each([
    ['getData /a', 'set /a', ['changed /a']],
    ['getData /a', 'create /a/c', []],
    ['getData /a', 'delete /a', ['deleted /a']],
    ['getData /a', 'setACL /a', []],
    ['exists /a', 'set /a', ['changed /a']],
    ['exists /a', 'delete /a', ['deleted /a']],
    ['exists /x', 'create /x', ['created /x']],
    ['exists /x', 'create and delete /x in a multi', ['created /x']],
    ['getData /x, which fails', 'create /x', []],
    ['getChildren /a', 'create /a/c', ['children /a']],
    ['getChildren /a', 'delete /a/b', ['children /a']],
    ['getChildren /a', 'set /a', []],
    ['getChildren /a', 'delete /a', ['children /a']],
    ['getChildren2 /a', 'create /a/c', ['children /a']],
    ['getChildren /', 'create /x', ['children /']],
    ['persistent /a', 'set /a', ['changed /a']],
    ['persistent /a', 'create /a/c', ['children /a']],
    ['persistent /a', 'delete /a', ['children /a', 'deleted /a']],
    ['persistent /x', 'create and delete /x in a multi', ['created /x', 'deleted /x']],
    ['recursive /a', 'set /a', ['changed /a']],
    ['recursive /a', 'create /a/c', ['created /a/c']],
    ['recursive /a', 'delete /a', ['deleted /a/b', 'deleted /a']],
    ['recursive /', 'create /x', ['created /x']],
    ['recursive /', 'a multi that is refused', []],
    ['getData /a', 'a multi that is refused', []],
  ])('of %s hears of %s: %j', (watch, change, events) => {
    const { world, ann, bob } = worldWithTwo();
    const [op, body] = watches[watch] ?? [0];
    ann.ask(op, body);
    for (const [changeOp, changeBody] of changes[change] ?? []) bob.ask(changeOp, changeBody);
    world.settle();
    expect(storyOf(ann.take())).toEqual(events);
  });

  it('of one shot is spent by its event', () => {
    const { ann, bob } = worldWithTwo();
    ann.ask(Op.getData, pathAndWatch('/a', true));
    bob.ask(Op.setData, setData('/a', null));
    bob.ask(Op.setData, setData('/a', null));
    expect(storyOf(ann.take())).toEqual(['changed /a']);
  });

  it('that persists hears again and again', () => {
    const { ann, bob } = worldWithTwo();
    expect(intIn(ann.ask(Op.addWatch, pathAndInt('/a', PERSISTENT)))).toBe(0);
    bob.ask(Op.setData, setData('/a', null));
    bob.ask(Op.setData, setData('/a', null));
    expect(storyOf(ann.take())).toEqual(['changed /a', 'changed /a']);
  });

  it('of data and of children hears of a deletion once', () => {
    const { ann, bob } = worldWithTwo();
    bob.ask(Op.delete, pathAndInt('/a/b', -1));
    ann.ask(Op.getData, pathAndWatch('/a', true));
    ann.ask(Op.getChildren, pathAndWatch('/a', true));
    bob.ask(Op.delete, pathAndInt('/a', -1));
    expect(storyOf(ann.take())).toEqual(['deleted /a']);
  });

  it('of several modes on one path hears each event once, and keeps what persists', () => {
    const { ann, bob } = worldWithTwo();
    ann.ask(Op.getData, pathAndWatch('/a', true));
    ann.ask(Op.addWatch, pathAndInt('/a', PERSISTENT));
    ann.ask(Op.addWatch, pathAndInt('/a', RECURSIVE));
    bob.ask(Op.setData, setData('/a', null));
    bob.ask(Op.create, create('/a/c'));
    expect(storyOf(ann.take())).toEqual(['changed /a', 'created /a/c', 'children /a']);
  });

  it('hears with the zxid of the change', () => {
    const { ann, bob } = worldWithTwo();
    ann.ask(Op.getData, pathAndWatch('/a', true));
    const { zxid } = bob.ask(Op.setData, setData('/a', null));
    expect(ann.take()).toMatchObject([{ xid: -1, zxid, err: 0 }]);
  });

  it('of the one who changes hears before the reply', () => {
    const { world, ann } = worldWithTwo();
    ann.ask(Op.getData, pathAndWatch('/a', true));
    ann.request(Op.setData, setData('/a', null));
    world.settle();
    expect(storyOf(ann.take())).toEqual(['changed /a', 2]);
  });

  it('hears of all changes of a turn in one piece, and with them what else is to be told', () => {
    const { world, ann, bob } = worldWithTwo();
    ann.ask(Op.addWatch, pathAndInt('/', RECURSIVE));
    bob.request(Op.setData, setData('/a', null));
    ann.request(Op.setData, setData('/a/b', null));
    bob.request(Op.create, create('/a/c'));
    world.settle();
    expect(ann.link.delivered).toHaveLength(1);
    expect(storyOf(ann.take())).toEqual(['changed /a', 'changed /a/b', 2, 'created /a/c']);
  });

  it('hears the same as all others, even if its link is slow', () => {
    const { world, ann, bob } = worldWithTwo();
    const watchers = [ann, world.connect(), world.connect()];
    for (const each of watchers) each.ask(Op.addWatch, pathAndInt('/a', PERSISTENT));
    ann.link.isSlow = true;
    const zxids = ['1', '2', '3'].map(
      (data) => bob.ask(Op.setData, setData('/a', bytes(data))).zxid,
    );
    ann.drain();
    for (const each of watchers) {
      expect(each.take().map((event) => [event.zxid, storyOf([event])[0]])).toEqual(
        zxids.map((zxid) => [zxid, 'changed /a']),
      );
    }
  });

  it('goes with its connection', () => {
    const { world, ann, bob } = worldWithTwo();
    ann.ask(Op.getData, pathAndWatch('/a', true));
    ann.ask(Op.addWatch, pathAndInt('/', RECURSIVE));
    expect(world.monitor('watch_count')).toBe(2);
    ann.disconnect();
    expect(world.monitor('watch_count')).toBe(0);
    expect(bob.ask(Op.setData, setData('/a', null)).err).toBe(0);
  });

  it('hears of ephemerals that go with their session', () => {
    const { ann, bob } = worldWithTwo();
    bob.ask(Op.create, create('/a/e', null, 1));
    ann.ask(Op.exists, pathAndWatch('/a/e', true));
    ann.ask(Op.getChildren, pathAndWatch('/a', true));
    bob.ask(Op.closeSession);
    expect(storyOf(ann.take())).toEqual(['deleted /a/e', 'children /a']);
  });

  it('tells nothing to whom may not read the znode (CVE-2024-23944)', () => {
    const { ann, bob } = worldWithTwo();
    bob.ask(Op.auth, auth('digest', bytes('bob:x')));
    const own = [{ perms: 31, scheme: 'auth', id: '' }];
    ann.ask(Op.addWatch, pathAndInt('/', RECURSIVE));
    bob.ask(Op.addWatch, pathAndInt('/', RECURSIVE));
    bob.ask(Op.create, create('/secret', bytes('x'), 0, own));
    bob.ask(Op.setData, setData('/secret', bytes('y')));
    bob.ask(Op.delete, pathAndInt('/secret', -1));
    expect(storyOf(ann.take())).toEqual([]);
    expect(storyOf(bob.take())).toEqual(['created /secret', 'changed /secret', 'deleted /secret']);
  });
});

describe('checkWatches and removeWatches', () => {
  const kinds = { children: 1, data: 2, any: 3, persistent: 4, recursive: 5 } as const;

  it.each([
    ['getData /a', ['data', 'any']],
    ['exists /a', ['data', 'any']],
    ['getChildren /a', ['children', 'any']],
    ['persistent /a', ['persistent', 'any']],
    ['recursive /a', ['recursive', 'any']],
  ])('find the watch of %s as %j', (watch, expected) => {
    for (const operation of [Op.checkWatches, Op.removeWatches]) {
      const found = Object.entries(kinds).filter(([, kind]) => {
        const { ann } = worldWithTwo();
        const [op, body] = watches[watch] ?? [0];
        ann.ask(op, body);
        const { err } = ann.ask(operation, pathAndInt('/a', kind));
        expect([0, -121]).toContain(err);
        return err === 0;
      });
      expect(found.map(([name]) => name).sort()).toEqual([...expected].sort());
    }
  });

  it("do not see other clients' watches", () => {
    const { ann, bob } = worldWithTwo();
    bob.ask(Op.getData, pathAndWatch('/a', true));
    expect(ann.ask(Op.checkWatches, pathAndInt('/a', kinds.data)).err).toBe(-121);
    expect(ann.ask(Op.removeWatches, pathAndInt('/a', kinds.any)).err).toBe(-121);
    bob.ask(Op.setData, setData('/a', null));
    expect(bob.take().map(eventIn)).toEqual(['changed /a']);
  });

  it.each([0, 6, -1, 99])('refuse kind %i with MarshallingError', (kind) => {
    const { ann } = worldWithTwo();
    expect(ann.ask(Op.checkWatches, pathAndInt('/a', kind)).err).toBe(-5);
    expect(ann.ask(Op.removeWatches, pathAndInt('/a', kind)).err).toBe(-5);
    expect(ann.ask(Op.addWatch, pathAndInt('/a', kind === 0 ? 2 : kind)).err).toBe(-5);
  });

  it('answer a null path as Java: checkWatches with MarshallingError, removeWatches with NoWatcher', () => {
    const { ann } = worldWithTwo();
    expect(ann.ask(Op.checkWatches, pathAndInt(null, kinds.any)).err).toBe(-5);
    expect(ann.ask(Op.removeWatches, pathAndInt(null, kinds.any)).err).toBe(-121);
  });

  it('leave nothing of a watch that is removed', () => {
    const { world, ann, bob } = worldWithTwo();
    ann.ask(Op.getData, pathAndWatch('/a', true));
    ann.ask(Op.addWatch, pathAndInt('/a', PERSISTENT));
    ann.ask(Op.removeWatches, pathAndInt('/a', kinds.any));
    bob.ask(Op.setData, setData('/a', null));
    expect(ann.take()).toEqual([]);
    expect(world.monitor('watch_count')).toBe(0);
  });
});

describe('setWatches', () => {
  /** The lists of setWatches2: data, exist, child, persistent, recursive. */
  const none: readonly string[] = [];

  it('tells what was missed before its own reply, with zxid -1', () => {
    const { world, ann, bob } = worldWithTwo();
    const seen = world.tree.lastProcessedZxid;
    bob.ask(Op.setData, setData('/a', null));
    bob.ask(Op.create, create('/new'));
    const lists = [['/a', '/gone'], ['/new'], ['/', '/nochild']];
    ann.request(Op.setWatches, setWatches(seen, lists), -8);
    world.settle();
    const replies = ann.take();
    expect(storyOf(replies)).toEqual([
      'changed /a',
      'deleted /gone',
      'created /new',
      'children /',
      'deleted /nochild',
      -8,
    ]);
    expect(replies[0]?.zxid).toBe(-1n);
    expect(world.monitor('watch_count')).toBe(0);
  });

  it('leaves those watches again that have missed nothing', () => {
    const { world, ann, bob } = worldWithTwo();
    const seen = world.tree.lastProcessedZxid;
    ann.request(Op.setWatches2, setWatches(seen, [['/a'], ['/x'], ['/a'], ['/p'], ['/r']]), -8);
    world.settle();
    expect(storyOf(ann.take())).toEqual([-8]);
    for (const path of ['/x', '/p', '/r', '/r/1', '/a/c']) bob.ask(Op.create, create(path));
    bob.ask(Op.setData, setData('/a', null));
    expect(storyOf(ann.take())).toEqual([
      'created /x',
      'created /p',
      'created /r',
      'created /r/1',
      'children /a',
      'changed /a',
    ]);
  });

  it.each([
    ['a list that is null', setWatches(0n, [null, none, none])],
    ['a path that is null', setWatches(0n, [none, [null], none])],
    ['too few lists', setWatches(0n, [none])],
  ])('with %s is a MarshallingError, and the connection goes on', (_what, body) => {
    const { ann } = worldWithTwo();
    expect(ann.ask(Op.setWatches, body).err).toBe(-5);
    expect(ann.ask(Op.exists, pathAndWatch('/a')).err).toBe(0);
  });
});
