/*
 * Watches against a server of either kind: who is told what, in which order, and what is set again after a lost connection.
 */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { NoWatcherError, type WatchedEvent, type ZooKeeper } from '../../../src/client/index.ts';
import type { ServerKind } from '../../harness/server.ts';
import { until, within } from '../../harness/until.ts';
import { failure, losing, Scene } from './scene.ts';

const told = (event: WatchedEvent): string => `${event.type} ${event.path}`;

export function watchStories(kind: ServerKind): void {
  describe(`watches with ${kind}`, () => {
    const scene = new Scene(kind);

    it('of one shot are told once', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const events: string[] = [];
      const watch = (event: WatchedEvent): void => void events.push(told(event));
      await zk.exists(`${at}/a`, { watch });
      await zk.create(`${at}/a`);
      await zk.getData(`${at}/a`, { watch });
      await zk.getChildren(at, { watch });
      await zk.setData(`${at}/a`, '1');
      await zk.setData(`${at}/a`, '2');
      await zk.create(`${at}/b`);
      await zk.create(`${at}/c`);
      expect(events).toEqual([
        `nodeCreated ${at}/a`,
        `nodeDataChanged ${at}/a`,
        `nodeChildrenChanged ${at}`,
      ]);
      expect(zk.watchCount).toBe(0);
    });

    it('are told to all, also where one throws, which the program hears of', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const usual = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      const uncaught = once(process, 'uncaughtException');
      try {
        const events: string[] = [];
        const mistake = new Error('a mistake');
        await zk.getData(at, {
          watch: () => {
            throw mistake;
          },
        });
        await zk.getData(at, { watch: ({ type }) => events.push(type) });
        await zk.setData(at, 'x');
        expect((await within('the exception', uncaught))[0]).toBe(mistake);
        expect(events).toEqual(['nodeDataChanged']);
      } finally {
        for (const listener of usual) process.on('uncaughtException', listener);
      }
    });

    it('that stay are told again and again, and those below a path of everything there', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const [one, all]: [string[], string[]] = [[], []];
      await zk.create(`${at}/a`);
      await zk.addWatch(`${at}/a`, 'persistent', (event) => one.push(told(event)));
      await zk.addWatch(at, 'persistentRecursive', (event) => all.push(told(event)));
      await zk.setData(`${at}/a`, '1');
      await zk.create(`${at}/a/b`);
      await zk.setData(`${at}/a/b`, '1');
      expect(one).toEqual([`nodeDataChanged ${at}/a`, `nodeChildrenChanged ${at}/a`]);
      expect(all).toEqual([
        `nodeDataChanged ${at}/a`,
        `nodeCreated ${at}/a/b`,
        `nodeDataChanged ${at}/a/b`,
      ]);
    });

    it('are set again after a lost connection, and told what happened meanwhile', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const at = await scene.place(zk);
      const events: string[] = [];
      const hear = (event: WatchedEvent): void => void events.push(told(event));
      await zk.getData(at, { watch: hear });
      await zk.exists(`${at}/new`, { watch: hear });
      await zk.getChildren(at, { watch: hear });
      await zk.addWatch(at, 'persistentRecursive', hear);
      await losing(zk, () => wire.shut());
      await other.setData(at, 'x');
      await other.create(`${at}/new`);
      wire.open();
      await zk.sync(at);
      expect(events[0]).toBe(`none ${at}`);
      expect([...events].sort()).toEqual([
        `nodeChildrenChanged ${at}`,
        `nodeCreated ${at}/new`,
        `nodeDataChanged ${at}`,
        `none ${at}`,
      ]);
      await other.delete(`${at}/new`);
      await until('the watch that stays', () => events.includes(`nodeDeleted ${at}/new`));
    });

    it('by the ten thousand are set again in several requests', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const at = await scene.place(zk);
      const long = 'x'.repeat(100);
      const paths = Array.from({ length: 10_000 }, (_, index) => `${at}/${long}-${index}`);
      let heard = 0;
      const watch = (): void => {
        heard += 1;
      };
      await Promise.all(paths.map((path) => zk.exists(path, { watch })));
      await losing(zk, () => wire.cut());
      await zk.sync(at);
      const chosen = paths.filter((_, index) => index % 1_000 === 0);
      for (const path of chosen) await other.create(path);
      await until('the events', () => heard === chosen.length);
      expect(zk.watchCount).toBe(paths.length - chosen.length);
    });

    it('can be removed, one or all', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const events: string[] = [];
      const [one, two] = ['one', 'two'].map(
        (name) => (event: WatchedEvent) => void events.push(`${name} ${event.type}`),
      );
      await zk.getData(at, { watch: one });
      await zk.getData(at, { watch: two });
      expect(await zk.checkWatches(at, 'data')).toBe(true);
      await zk.removeWatches(at, { watcher: one });
      await zk.removeWatches(at);
      await until('the farewells', () => events.length === 2);
      expect(events).toEqual(['one dataWatchRemoved', 'two dataWatchRemoved']);
      expect(await zk.checkWatches(at, 'data')).toBe(false);
      expect(await failure(zk.removeWatches(at))).toBeInstanceOf(NoWatcherError);
      await zk.setData(at, 'x');
      expect(events).toHaveLength(2);
    });

    it('that are being set stay while another one of their path is removed', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const events: string[] = [];
      const goes = (): void => {};
      await zk.getData(at, { watch: goes });
      const set = zk.getData(at, { watch: ({ type }) => void events.push(type) });
      await Promise.all([set, zk.removeWatches(at, { watcher: goes })]);
      await zk.setData(at, 'x');
      await until('the watch that stays', () => events.length > 0);
      expect(events).toEqual(['nodeDataChanged']);
    });

    it('that are set behind a removal of all stay', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const events: string[] = [];
      const hear = ({ type }: WatchedEvent): void => void events.push(type);
      await zk.getData(at, { watch: hear });
      await Promise.all([zk.removeWatches(at), zk.getData(at, { watch: hear })]);
      await zk.setData(at, 'x');
      await until('the watch that stays', () => events.length > 1);
      expect(events).toEqual(['dataWatchRemoved', 'nodeDataChanged']);
    });

    it('come as an iteration, which removes them when it is left', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const stream = zk.watch(at, { mode: 'persistentRecursive' });
      await stream.ready;
      await zk.create(`${at}/a`);
      await zk.delete(`${at}/a`);
      const events: string[] = [];
      for await (const event of stream) {
        events.push(told(event));
        if (event.type === 'nodeDeleted') break;
      }
      expect(events).toEqual([`nodeCreated ${at}/a`, `nodeDeleted ${at}/a`]);
      await until('its removal', async () => !(await zk.checkWatches(at)));
    });

    it('of one shot come as an iteration that goes on', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const controller = new AbortController();
      const stream = zk.watch(`${at}/a`, { mode: 'data', signal: controller.signal });
      await stream.ready;
      const events: string[] = [];
      await zk.create(`${at}/a`);
      for await (const { type } of stream) {
        events.push(type);
        if (type === 'nodeCreated') await zk.setData(`${at}/a`, 'x');
        else if (type === 'nodeDataChanged') await zk.delete(`${at}/a`);
        else controller.abort();
      }
      expect(events).toEqual(['nodeCreated', 'nodeDataChanged', 'nodeDeleted']);
    });

    it('as an iteration survive a connection that breaks while they are set', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const at = await scene.place(zk);
      wire.loseNextAnswer();
      const stream = zk.watch(at, { mode: 'children' });
      await stream.ready;
      await other.create(`${at}/a`);
      expect((await stream.next()).value).toMatchObject({ type: 'nodeChildrenChanged' });
      await stream.return();
    });

    it('as an iteration end with the session', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      const stream = zk.watch(at, { mode: 'persistent' });
      await stream.ready;
      const next = stream.next();
      await zk.close();
      expect((await next).done).toBe(true);
    });

    it('hear of a change before anything that was read after it', async () => {
      const [zk, other] = [await scene.client(), await scene.client()];
      const at = await scene.place(zk);
      let isTold = false;
      let early = 0;
      for (let turn = 0; turn < 50; turn++) {
        isTold = false;
        const { stat } = await zk.getData(at, {
          watch: () => {
            isTold = true;
          },
        });
        const change = other.setData(at, String(turn));
        for (let seen = stat.version; seen === stat.version; ) {
          seen = (await zk.getData(at)).stat.version;
          if (seen !== stat.version && !isTold) early += 1;
        }
        await change;
      }
      expect(early).toBe(0);
    });
  });
}
