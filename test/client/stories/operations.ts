/*
 * Every operation of the client, against a server of either kind.
 */
import { describe, expect, it } from 'vitest';
import {
  BadArgumentsError,
  BadVersionError,
  CREATOR_ALL_ACL,
  deleteRecursive,
  digestACL,
  digestOf,
  ensurePath,
  InvalidAclError,
  Lock,
  NoAuthError,
  NoChildrenForEphemeralsError,
  NodeExistsError,
  NoNodeError,
  NotEmptyError,
  OPEN_ACL_UNSAFE,
  READ_ACL_UNSAFE,
  ReconfigDisabledError,
  RequestTimeoutError,
  walk,
} from '../../../src/client/index.ts';
import type { ServerKind } from '../../harness/server.ts';
import { until, within } from '../../harness/until.ts';
import { failure, Scene } from './scene.ts';

export function operationStories(kind: ServerKind): void {
  describe(`operations with ${kind}`, () => {
    const scene = new Scene(kind);

    it('create, read, change and delete a znode', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      expect(await zk.create(`${at}/a`, 'äöü')).toBe(`${at}/a`);
      const { data, stat } = await zk.getData(`${at}/a`);
      expect(data?.toString()).toBe('äöü');
      expect(stat).toMatchObject({ version: 0, dataLength: 6, ephemeralOwner: 0n });
      expect(await zk.setData(`${at}/a`, Buffer.from([1]), { version: 0 })).toMatchObject({
        version: 1,
      });
      expect(await zk.exists(`${at}/a`)).toMatchObject({ dataLength: 1, czxid: stat.czxid });
      await zk.delete(`${at}/a`, { version: 1 });
      expect(await zk.exists(`${at}/a`)).toBeNull();
    });

    it('tell null data from empty data', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      await zk.create(`${at}/null`);
      await zk.create(`${at}/empty`, '');
      expect((await zk.getData(`${at}/null`)).data).toBeNull();
      expect((await zk.getData(`${at}/empty`)).data).toEqual(Buffer.alloc(0));
    });

    it('create every kind of znode', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const sequential = await zk.create(`${at}/s-`, null, { mode: 'persistentSequential' });
      expect(sequential).toBe(`${at}/s-0000000000`);
      expect(await zk.create(`${at}/`, null, { mode: 'ephemeralSequential' })).toBe(
        `${at}/0000000001`,
      );
      const ephemeral = await zk.create2(`${at}/e`, 'x', { mode: 'ephemeral' });
      expect(ephemeral.path).toBe(`${at}/e`);
      expect(ephemeral.stat.ephemeralOwner).toBe(zk.sessionId);
      expect(await zk.create(`${at}/c`, null, { mode: 'container' })).toBe(`${at}/c`);
      const ttl = await zk.create2(`${at}/t`, null, { mode: 'persistentWithTTL', ttlMs: 60_000 });
      expect(ttl).toMatchObject({ path: `${at}/t`, stat: { ephemeralOwner: 0n } });
      expect(await zk.getEphemerals(at)).toEqual(
        expect.arrayContaining([`${at}/e`, `${at}/0000000001`]),
      );
      expect(await zk.getEphemerals(`${at}/c`)).toEqual([]);
      expect(await zk.getEphemerals(`${at}/00`)).toEqual([`${at}/0000000001`]);
    });

    it('fail with the class, the code and the path of what went wrong', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      await zk.create(`${at}/e`, null, { mode: 'ephemeral' });
      const none = await failure(zk.getData(`${at}/none`));
      expect(none).toBeInstanceOf(NoNodeError);
      expect(none).toMatchObject({
        name: 'NoNodeError',
        code: -101,
        path: `${at}/none`,
        message: `NoNode for ${at}/none`,
      });
      expect(await failure(zk.create(at))).toBeInstanceOf(NodeExistsError);
      expect(await failure(zk.delete(at))).toBeInstanceOf(NotEmptyError);
      expect(await failure(zk.setData(at, '', { version: 9 }))).toBeInstanceOf(BadVersionError);
      expect(await failure(zk.create(`${at}/e/x`))).toBeInstanceOf(NoChildrenForEphemeralsError);
      expect(await failure(zk.create(`${at}/x`, '', { acl: [] }))).toBeInstanceOf(InvalidAclError);
    });

    it('refuse what no server would take before it is sent', async () => {
      const zk = await scene.client();
      expect(await failure(zk.getData('no-slash'))).toBeInstanceOf(TypeError);
      expect(await failure(zk.create('/a/../b'))).toBeInstanceOf(TypeError);
      expect(await failure(zk.create('/a', null, { ttlMs: 5 }))).toBeInstanceOf(RangeError);
      expect(
        await failure(zk.create('/a', null, { mode: 'persistentWithTTL', ttlMs: 0 })),
      ).toBeInstanceOf(RangeError);
      expect(await failure(zk.create('/a', Buffer.alloc(2 ** 20)))).toBeInstanceOf(
        BadArgumentsError,
      );
      expect(zk.isConnected).toBe(true);
    });

    it('refuse what is of the wrong type, and harm no other', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const refused = [
        zk.create(`${at}/n`, 42 as never),
        zk.create(`${at}/n`, 'x', { acl: 'open' as never }),
        zk.create(`${at}/n`, 'x', { acl: [{ perms: 31, id: { scheme: 'ip', id: 7 as never } }] }),
        zk.getData(at, { watch: true as never }),
        zk.addWatch(at, 'children' as never, () => {}),
        zk.addAuth('digest', 42 as never),
      ];
      for (const error of await Promise.all(refused.map(failure))) {
        expect(error).toBeInstanceOf(TypeError);
      }
      expect(() => zk.watch(at, { mode: 'all' as never })).toThrow(TypeError);
      expect(await zk.getChildren(at)).toEqual([]);
    });

    it('list children, with and without the Stat, and count all below', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      for (const name of ['a', 'b', 'b/c']) await zk.create(`${at}/${name}`);
      expect([...(await zk.getChildren(at))].sort()).toEqual(['a', 'b']);
      const { children, stat } = await zk.getChildren2(at);
      expect([...children].sort()).toEqual(['a', 'b']);
      expect(stat.numChildren).toBe(2);
      expect(await zk.getAllChildrenNumber(at)).toBe(3);
    });

    it('keep others out with access lists', async () => {
      const [owner, stranger] = [await scene.client(), await scene.client()];
      const at = await scene.place(owner);
      await owner.addAuth('digest', 'ann:secret');
      await owner.create(`${at}/mine`, 'x', { acl: CREATOR_ALL_ACL });
      expect((await owner.getACL(`${at}/mine`)).acl).toEqual([digestACL('ann', 'secret')]);
      expect(digestOf('ann', 'secret')).toBe('ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=');
      expect(await failure(stranger.getData(`${at}/mine`))).toBeInstanceOf(NoAuthError);
      const stat = await owner.setACL(
        `${at}/mine`,
        [...READ_ACL_UNSAFE, digestACL('ann', 'secret')],
        {
          version: 0,
        },
      );
      expect(stat.aversion).toBe(1);
      expect((await stranger.getData(`${at}/mine`)).data?.toString()).toBe('x');
      expect(await owner.whoAmI()).toContainEqual({ scheme: 'digest', user: 'ann' });
    });

    it('change several znodes as a whole', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const [path, , stat, created] = await zk
        .multi()
        .create(`${at}/a`, '1')
        .check(`${at}/a`, 0)
        .setData(`${at}/a`, '2')
        .create2(`${at}/e-`, null, { mode: 'ephemeralSequential' })
        .commit();
      expect(path).toBe(`${at}/a`);
      expect(stat.version).toBe(1);
      expect(created.path).toBe(`${at}/e-0000000001`);
      expect(created.stat?.ephemeralOwner).toBe(kind === 'ours' ? zk.sessionId : undefined);
      expect(await zk.multi().commit()).toEqual([]);
    });

    it('change nothing where one part is refused, and say which', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const change = zk.multi().create(`${at}/a`).delete(`${at}/none`).create(`${at}/b`);
      const error = await failure(change.commit());
      expect(error).toBeInstanceOf(NoNodeError);
      expect(error).toMatchObject({
        path: `${at}/none`,
        results: [{ err: 0 }, { err: -101 }, { err: -2 }],
      });
      expect(await zk.getChildren(at)).toEqual([]);
    });

    it('read several znodes at one moment', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      await zk.create(`${at}/a`, 'x');
      const [data, children, none] = await zk
        .multiRead()
        .getData(`${at}/a`)
        .getChildren(at)
        .getData(`${at}/none`)
        .commit();
      expect(data.value?.data?.toString()).toBe('x');
      expect(children.value).toEqual(['a']);
      expect(none.error).toBeInstanceOf(NoNodeError);
    });

    it('create paths that are there already, though nobody may write above them', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      await zk.create(`${at}/mine`);
      await zk.setACL(at, READ_ACL_UNSAFE);
      await ensurePath(zk, `${at}/mine`);
      expect(await failure(ensurePath(zk, `${at}/other`))).toBeInstanceOf(NoAuthError);
    });

    it('cannot make a chroot that is missing, and say so', async () => {
      const zk = await scene.client({}, `${scene.server.address}/no-such-chroot`);
      const making = [ensurePath(zk, '/a/b'), new Lock(zk, '/lock').acquire()].map(failure);
      for (const outcome of making) {
        const error = await within('it to fail', outcome);
        expect(error).toBeInstanceOf(NoNodeError);
        expect(error).toMatchObject({ path: '/' });
      }
    });

    it('put a chroot in front of everything, and take it off again', async () => {
      const outside = await scene.client();
      const at = await scene.place(outside);
      await outside.create(`${at}2`);
      const zk = await scene.client({}, `${scene.server.address}${at}`);
      expect(await zk.create('/a', null, { mode: 'ephemeral' })).toBe('/a');
      const [path] = await zk
        .multi()
        .create('/b-', null, { mode: 'persistentSequential' })
        .commit();
      expect(path).toBe('/b-0000000001');
      expect([...(await zk.getChildren('/'))].sort()).toEqual(['a', 'b-0000000001']);
      expect([...(await outside.getChildren(at))].sort()).toEqual(['a', 'b-0000000001']);
      expect(await zk.getEphemerals()).toEqual(['/a']);
      const events: string[] = [];
      await zk.addWatch('/', 'persistentRecursive', ({ type, path }) =>
        events.push(`${type} ${path}`),
      );
      await outside.delete(`${at}/b-0000000001`);
      await until('the event', () => events.length > 0);
      expect(events).toEqual(['nodeDeleted /b-0000000001']);
    });

    it('tell the configuration of the ensemble, and that it may not be changed', async () => {
      const zk = await scene.client({}, `${scene.server.address}/nowhere`);
      const { stat } = await zk.getConfig();
      expect(stat.version).toBeGreaterThanOrEqual(-1);
      const change = zk.reconfig({ joining: ['server.9=127.0.0.1:1:2;3'] });
      expect(await failure(change)).toBeInstanceOf(ReconfigDisabledError);
    });

    it('end by a timeout or a signal, and harm no other', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      zk.reconnect();
      expect(await failure(zk.getData(at, { timeoutMs: 1 }))).toBeInstanceOf(RequestTimeoutError);
      const reason = new Error('not wanted any more');
      const controller = new AbortController();
      const read = zk.getData(at, { signal: controller.signal });
      controller.abort(reason);
      expect(await failure(read)).toBe(reason);
      expect(await failure(zk.getData(at, { signal: controller.signal }))).toBe(reason);
      expect((await zk.getData(at)).data).toBeNull();
    });

    it('end by the hundred with one signal, of which Node.js does not warn', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const warnings: Error[] = [];
      const warn = (warning: Error): void => void warnings.push(warning);
      process.on('warning', warn);
      const controller = new AbortController();
      const { signal } = controller;
      const numbers = Array.from({ length: 100 }, (_, index) => index);
      await Promise.all(numbers.map(() => zk.getData(at, { signal })));
      const streams = numbers.map(() => zk.watch(at, { mode: 'data', signal }));
      const locks = numbers.map(() => new Lock(zk, at).acquire({ signal }));
      const locking = locks.map((lock) => lock.catch((error: unknown) => error));
      await Promise.all(streams.map((stream) => stream.ready));
      zk.reconnect();
      const reads = numbers.map(() => failure(zk.getData(at, { signal })));
      controller.abort();
      for (const error of await Promise.all(reads)) expect(error).toBe(signal.reason);
      await Promise.all([...locking, ...streams.map((stream) => stream.next())]);
      await zk.sync();
      process.off('warning', warn);
      expect(warnings).toEqual([]);
    });

    it('answer thousands at once, in their order', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const numbers = Array.from({ length: 1_000 }, (_, index) => index);
      const order: number[] = [];
      await Promise.all(
        numbers.map(async (index) => {
          await zk.create(`${at}/${index}`, String(index));
          order.push(index);
        }),
      );
      expect(order).toEqual(numbers);
      const datas = await Promise.all(numbers.map((index) => zk.getData(`${at}/${index}`)));
      expect(datas.map(({ data }) => Number(data))).toEqual(numbers);
      expect(await deleteRecursive(zk, at)).toBe(1_001);
    });

    it('make, walk and delete subtrees', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      await ensurePath(zk, `${at}/b/d/e`);
      await ensurePath(zk, `${at}/a`, { acl: OPEN_ACL_UNSAFE });
      await ensurePath(zk, `${at}/b/d/e`);
      const paths: string[] = [];
      for await (const path of walk(zk, at)) paths.push(path);
      expect(paths).toEqual(['', '/a', '/b', '/b/d', '/b/d/e'].map((end) => at + end));
      const progress: number[] = [];
      const onProgress = (deletedCount: number): void => void progress.push(deletedCount);
      expect(await deleteRecursive(zk, at, { onProgress })).toBe(5);
      expect(progress.at(-1)).toBe(5);
      expect(await failure(deleteRecursive(zk, at))).toBeInstanceOf(NoNodeError);
    });

    it('say sync when the server has everything', async () => {
      const [one, other] = [await scene.client(), await scene.client()];
      const at = await scene.place(one);
      await one.setData(at, 'new');
      await other.sync(at);
      expect((await other.getData(at)).data?.toString()).toBe('new');
    });
  });
}
