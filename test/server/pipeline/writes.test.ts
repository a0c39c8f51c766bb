import { describe, expect, it } from 'vitest';
import { formatSequence } from '../../../src/server/pipeline/prepare-create.ts';
import {
  create,
  createTTL,
  Op,
  pathAndInt,
  pathAndWatch,
  reconfig,
  setACL,
  setData,
} from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { createdIn, familyIn, nodeIn, pathIn, statIn } from '../replies.ts';
import { World } from '../world.ts';

const WALL = 1_700_000_000_000;
const MAX_TTL = 0xff_ffff_ffffn;
const bytes = (text: string) => Buffer.from(text);
const anyone = (perms: number) => [{ perms, scheme: 'world', id: 'anyone' }];
const stranger = [{ perms: 31, scheme: 'digest', id: 'stranger:x' }];

/**
 * /a with the child /a/b (data `b`), /e an ephemeral, /box a container, /locked which nobody may change, and
 * /readable which everybody may only read.
 */
function populated(keys = {}): { world: World; ann: Client } {
  const world = new World(keys);
  const ann = world.connect();
  ann.ask(Op.create, create('/a'));
  ann.ask(Op.create, create('/a/b', bytes('b')));
  ann.ask(Op.create, create('/e', null, 1));
  ann.ask(Op.createContainer, create('/box', null, 4));
  ann.ask(Op.create, create('/locked', bytes('l'), 0, stranger));
  ann.ask(Op.create, create('/readable', null, 0, anyone(1)));
  return { world, ann };
}

describe('create', () => {
  it('makes a znode and tells its path', () => {
    const { ann } = populated();
    const reply = ann.ask(Op.create, create('/a/c', bytes('x')));
    expect(pathIn(reply)).toBe('/a/c');
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/a/c')))).toEqual({
      data: 'x',
      stat: {
        czxid: reply.zxid,
        mzxid: reply.zxid,
        ctime: WALL,
        mtime: WALL,
        version: 0,
        cversion: 0,
        aversion: 0,
        ephemeralOwner: 0n,
        dataLength: 1,
        numChildren: 0,
        pzxid: reply.zxid,
      },
    });
  });

  it('counts in the Stat of the parent', () => {
    const { ann } = populated();
    const { zxid } = ann.ask(Op.create, create('/a/c'));
    expect(familyIn(ann.ask(Op.getChildren2, pathAndWatch('/a')))).toMatchObject({
      names: ['b', 'c'],
      stat: { cversion: 2, numChildren: 2, pzxid: zxid, version: 0 },
    });
  });

  it.each([
    ['create2', Op.create2, 0, 0n],
    ['create2 of an ephemeral', Op.create2, 1, 'own'],
    ['createContainer', Op.createContainer, 4, 0n],
  ])('%s tells the Stat as well', (_what, op, flags, owner) => {
    const { ann } = populated();
    const { path, stat } = createdIn(ann.ask(op, create('/n', bytes('x'), flags)));
    expect(path).toBe('/n');
    expect(stat.ephemeralOwner).toBe(owner === 'own' ? ann.sessionId : owner);
    expect(stat).toMatchObject({ version: 0, dataLength: 1, numChildren: 0 });
  });

  it('hides the marks of containers and TTL znodes from clients', () => {
    const { world, ann } = populated();
    const { stat } = createdIn(ann.ask(Op.createTTL, createTTL('/n', null, 5, 1000n)));
    expect(stat.ephemeralOwner).toBe(0n);
    const { tree } = world;
    const [box, ttl] = ['/box', '/n'].map((path) => tree.ephemeralOwner(tree.findPath(path)));
    expect(box).toBe(-(2n ** 63n));
    expect(ttl).toBe(BigInt.asIntN(64, 0xff00_0000_0000_03e8n));
  });

  it.each([
    ['persistent', Op.create, 2],
    ['ephemeral', Op.create, 3],
    ['with a TTL', Op.createTTL, 6],
  ])('appends a number of ten places to a sequential name: %s', (_what, op, flags) => {
    const { ann } = populated();
    const body = flags === 6 ? createTTL('/a/n-', null, 6, 10n) : create('/a/n-', null, flags);
    const reply = ann.ask(op, body);
    const path = flags === 6 ? createdIn(reply).path : pathIn(reply);
    expect(path).toBe('/a/n-0000000001');
  });

  it('takes a sequential name that is a number alone', () => {
    const { ann } = populated();
    expect(pathIn(ann.ask(Op.create, create('/a/', null, 2)))).toBe('/a/0000000001');
  });

  it('makes a null of data that is absent, and nothing of none', () => {
    const { ann } = populated();
    ann.ask(Op.create, create('/null', null));
    ann.ask(Op.create, create('/none', Buffer.alloc(0)));
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/null'))).data).toBeNull();
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/none'))).data).toBe('');
  });

  it.each([
    ['a parent that is not there', create('/none/x'), -101],
    ['a znode that is there', create('/a'), -110],
    ['the root', create('/'), -110],
    ['a child of an ephemeral', create('/e/x'), -108],
    ['a parent that it may not change', create('/locked/x'), -102],
    ['a parent that it may only read', create('/readable/x'), -102],
    ['no slash', create('x'), -8],
    ['an empty path', create(''), -8],
    ['no path', create(null), -5],
    ['a slash at the end', create('/a/'), -8],
    ['an empty name', create('//'), -8],
    ['an empty name further down', create('/a//x'), -101],
    ['a dot', create('/a/.'), -8],
    ['two dots', create('/a/../x'), -101],
    ['a null character', create('/a/\0'), -8],
    ['a control character', create('/a/\u0001'), -8],
    ['an access list that is empty', create('/x', null, 0, []), -114],
    ['an access list that is null', create('/x', null, 0, null), -114],
    [
      'a scheme that nobody knows',
      create('/x', null, 0, [{ perms: 31, scheme: 'no', id: 'x' }]),
      -114,
    ],
    ['flags that are unknown', create('/x', null, 7), -8],
    ['flags that are negative', create('/x', null, -1), -8],
    ['a TTL mode without a TTL', create('/x', null, 5), -8],
  ])('is refused with %s', (_what, body, err) => {
    const { world, ann } = populated();
    const zxid = world.tree.lastProcessedZxid;
    const reply = ann.ask(Op.create, body);
    expect([reply.err, reply.body.length, reply.zxid]).toEqual([err, 0, zxid + 1n]);
  });

  it.each([
    ['0', createTTL('/x', null, 5, 0n), -8],
    ['negative', createTTL('/x', null, 5, -1n), -8],
    ['the longest', createTTL('/x', null, 5, MAX_TTL), 0],
    ['too long', createTTL('/x', null, 5, MAX_TTL + 1n), -8],
    ['given to a mode that has none', createTTL('/x', null, 0, 5n), -8],
  ])('with a TTL that is %s', (_what, body, err) => {
    const { ann } = populated();
    expect(ann.ask(Op.createTTL, body).err).toBe(err);
  });

  it('with a TTL is Unimplemented where extended types are off', () => {
    const { ann } = populated({ extendedTypesEnabled: false });
    expect(ann.ask(Op.createTTL, createTTL('/x', null, 5, 1000n)).err).toBe(-6);
  });

  it('may have a child of a container or of a TTL znode', () => {
    const { ann } = populated();
    ann.ask(Op.createTTL, createTTL('/t', null, 5, 1000n));
    expect(ann.ask(Op.create, create('/box/x')).err).toBe(0);
    expect(ann.ask(Op.create, create('/t/x')).err).toBe(0);
  });
});

describe('the number of a sequential name', () => {
  it('goes round to the negative, as far as creates are on their way, and no further (as in Java)', () => {
    const { world, ann } = populated();
    const { tree } = world;
    const zxid = (tree.lastProcessedZxid + 1n) as typeof tree.lastProcessedZxid;
    const header = { clientId: 0n as never, cxid: 0, zxid, time: 0, type: Op.create };
    const made = { data: null, acl: [], ephemeral: false, parentCVersion: 0x7fff_ffff };
    tree.apply(header, { type: Op.create, path: '/a/made', ...made });
    for (const path of ['/a/1-', '/a/2-', '/a/3-']) ann.request(Op.create, create(path, null, 2));
    world.settle();
    expect(ann.take().map(pathIn)).toEqual([
      '/a/1-2147483647',
      '/a/2--2147483648',
      '/a/3--2147483647',
    ]);
    expect(pathIn(ann.ask(Op.create, create('/a/4-', null, 2)))).toBe('/a/4-2147483647');
  });

  it('is filled up to ten places, of which a minus is one', () => {
    const printed = [0, 42, -5, -999_999_999, -1_000_000_000].map(formatSequence);
    expect(printed).toEqual([
      '0000000000',
      '0000000042',
      '-000000005',
      '-999999999',
      '-1000000000',
    ]);
  });

  it('goes on from the creates of the parent, whatever was deleted', () => {
    const { ann } = populated();
    ann.ask(Op.delete, pathAndInt('/a/b', -1));
    expect(pathIn(ann.ask(Op.create, create('/a/n', null, 2)))).toBe('/a/n0000000001');
  });
});

describe('delete', () => {
  it('removes a znode, and tells nothing', () => {
    const { ann } = populated();
    const reply = ann.ask(Op.delete, pathAndInt('/a/b', 0));
    expect([reply.err, reply.body.length]).toEqual([0, 0]);
    expect(familyIn(ann.ask(Op.getChildren2, pathAndWatch('/a')))).toMatchObject({
      names: [],
      stat: { cversion: 2, numChildren: 0, pzxid: reply.zxid },
    });
  });

  it.each([
    ['a znode that is not there', pathAndInt('/none', -1), -101],
    ['a parent that is not there', pathAndInt('/none/x', -1), -101],
    ['another version', pathAndInt('/a/b', 1), -103],
    ['children', pathAndInt('/a', -1), -111],
    ['children, but first another version', pathAndInt('/a', 7), -103],
    ['the root', pathAndInt('/', -1), -8],
    ['/zookeeper', pathAndInt('/zookeeper', -1), -8],
    ['/zookeeper/quota', pathAndInt('/zookeeper/quota', -1), -8],
    ['/zookeeper/config', pathAndInt('/zookeeper/config', -1), -8],
    ['no slash', pathAndInt('x', -1), -8],
    ['a null character', pathAndInt('/a\0', -1), -8],
    ['no path', pathAndInt(null, -1), -5],
    ['a slash at the end', pathAndInt('/a/b/', -1), -101],
  ])('is refused with %s', (_what, body, err) => {
    const { ann } = populated();
    expect(ann.ask(Op.delete, body).err).toBe(err);
  });
});

describe('setData', () => {
  it('counts the version up and tells the Stat', () => {
    const { world, ann } = populated();
    world.clock.wall += 5;
    const reply = ann.ask(Op.setData, setData('/a/b', bytes('new'), 0));
    expect(statIn(reply)).toMatchObject({
      version: 1,
      mzxid: reply.zxid,
      ctime: WALL,
      mtime: WALL + 5,
      dataLength: 3,
    });
    expect(nodeIn(ann.ask(Op.getData, pathAndWatch('/a/b'))).data).toBe('new');
  });

  it('skips the version that would mean any (ZOOKEEPER-4743)', () => {
    const { world, ann } = populated();
    const row = world.tree.findPath('/a/b');
    const zxid = (world.tree.lastProcessedZxid + 1n) as typeof world.tree.lastProcessedZxid;
    world.tree.apply(
      { clientId: 0n as never, cxid: 0, zxid, time: 0, type: Op.setData },
      { type: Op.setData, path: '/a/b', data: null, version: -2 },
    );
    expect(world.tree.version(row)).toBe(-2);
    expect(statIn(ann.ask(Op.setData, setData('/a/b', null))).version).toBe(0);
  });

  it.each([
    ['a znode that is not there', setData('/none', null), -101],
    ['another version', setData('/a', null, 1), -103],
    ['a znode that it may not change', setData('/locked', null), -102],
    ['a znode that it may only read, whatever the version', setData('/readable', null, 9), -102],
    ['a slash at the end', setData('/a/', null), -8],
    ['no path', setData(null, null), -8],
  ])('is refused with %s', (_what, body, err) => {
    const { ann } = populated();
    expect(ann.ask(Op.setData, body).err).toBe(err);
  });
});

describe('setACL', () => {
  it('counts the version of the list up and tells the Stat', () => {
    const { ann } = populated();
    const reply = ann.ask(Op.setACL, setACL('/a', anyone(1), 0));
    expect(statIn(reply)).toMatchObject({ aversion: 1, version: 0, cversion: 1 });
    expect(ann.ask(Op.create, create('/a/x')).err).toBe(-102);
  });

  it.each([
    ['a znode that is not there', setACL('/none', anyone(1)), -101],
    ['another version', setACL('/a', anyone(1), 3), -103],
    ['a znode that it may not administer', setACL('/locked', anyone(1)), -102],
    ['an empty list', setACL('/a', []), -114],
    ['an empty list, before it looks for the znode', setACL('/none', []), -114],
    ['a bad path', setACL('a', anyone(1)), -8],
    ['no path', setACL(null, anyone(1)), -8],
  ])('is refused with %s', (_what, body, err) => {
    const { ann } = populated();
    expect(ann.ask(Op.setACL, body).err).toBe(err);
  });
});

describe('reconfig', () => {
  it('is refused where it is disabled, and is not for a server alone where it is not', () => {
    expect(populated().ann.ask(Op.reconfig, reconfig('', '')).err).toBe(-123);
    const { ann } = populated({ reconfigEnabled: true, skipACL: 'yes' });
    expect(ann.ask(Op.reconfig, reconfig('', '')).err).toBe(-6);
  });
});

describe('a write that is refused', () => {
  it('leaves nothing behind', () => {
    const { world, ann } = populated();
    const { treeDigest, nodeCount } = world.tree;
    ann.request(Op.create, create('/a/x', null, 9));
    ann.request(Op.delete, pathAndInt('/a', -1));
    ann.request(Op.setData, setData('/a', bytes('x'), 5));
    ann.request(Op.create, create('/e/x'));
    world.settle();
    expect(ann.take().map(({ err }) => err)).toEqual([-8, -111, -103, -108]);
    expect(world.tree).toMatchObject({ treeDigest, nodeCount, digestMismatchCount: 0 });
    expect(pathIn(ann.ask(Op.create, create('/a/n', null, 2)))).toBe('/a/n0000000001');
  });
});
