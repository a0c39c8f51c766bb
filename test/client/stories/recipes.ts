/*
 * The recipes, against a server of either kind, over connections that break when it hurts most.
 */
import { describe, expect, it } from 'vitest';
import {
  Barrier,
  Counter,
  DoubleBarrier,
  type HeldLock,
  LeaderElection,
  Lock,
  NoNodeError,
  Queue,
  ReadWriteLock,
  RequestTimeoutError,
  retryOnLoss,
  SessionExpiredError,
  TreeCache,
  ZooKeeper,
} from '../../../src/client/index.ts';
import { freePort } from '../../harness/ports.ts';
import type { ServerKind } from '../../harness/server.ts';
import { until, within } from '../../harness/until.ts';
import { failure, losing, Scene, shortSessionMs } from './scene.ts';
import type { Wire } from './wire.ts';

/** Loses an answer now and then until the work is done; in between some get through, or a slow machine would get nowhere. */
async function whileLosingAnswers(wire: Wire, work: Promise<unknown>) {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    wire.loseNextAnswer();
    const enough = wire.answerCount + 10;
    do {
      await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 25))]);
    } while (!isDone && wire.answerCount < enough);
  }
  await done;
}

/** A signal, and what aborts it. */
function patience(): { readonly signal: AbortSignal; readonly giveUp: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, giveUp: () => controller.abort(new Error('enough')) };
}

/** How many wait for a lock or hold it. */
const contenderCount = async (lock: Lock): Promise<number> => (await lock.contenders()).length;

export function recipeStories(kind: ServerKind): void {
  describe(`recipes with ${kind}`, () => {
    const scene = new Scene(kind);

    it('a lock is held by one at a time, in the order of asking, with a growing zxid', async () => {
      const clients = await Promise.all([1, 2, 3].map(() => scene.client()));
      const path = `${await scene.place(clients[0] as ZooKeeper)}/lock`;
      const holders: bigint[] = [];
      let heldCount = 0;
      await Promise.all(
        [...clients, ...clients].map((zk) =>
          new Lock(zk, path).run(async ({ zxid }) => {
            heldCount += 1;
            expect(heldCount).toBe(1);
            await zk.sync();
            holders.push(zxid);
            heldCount -= 1;
          }),
        ),
      );
      expect(holders).toHaveLength(6);
      expect(holders).toEqual([...holders].sort((one, other) => (one < other ? -1 : 1)));
      expect(await new Lock(clients[0] as ZooKeeper, path).contenders()).toEqual([]);
    });

    it('a lock is acquired once though the answer to its creation is lost', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const path = await scene.place(zk);
      const lock = new Lock(zk, path);
      wire.loseNextAnswer();
      const held = await lock.acquire();
      expect(await contenderCount(lock)).toBe(1);
      wire.loseNextAnswer();
      await held.release();
      expect(await contenderCount(lock)).toBe(0);
      expect(held.signal.aborted).toBe(false);
    });

    it('a lock goes on to the next when its holder dies, who hears of it', async () => {
      const { wire, clients } = await scene.behindWire(1, { sessionTimeoutMs: shortSessionMs });
      const [first] = clients as [ZooKeeper];
      const second = await scene.client();
      const path = await scene.place(second);
      const held = await new Lock(first, path).acquire();
      const next = new Lock(second, path).acquire();
      wire.shut();
      const { zxid } = await within('the next holder', next);
      expect(zxid).toBeGreaterThan(held.zxid);
      await until('the first to hear of it', () => held.signal.aborted);
      expect(held.signal.reason).toBeInstanceOf(SessionExpiredError);
    });

    it('a lock whose znode somebody deletes is lost', async () => {
      const zk = await scene.client();
      const held = await new Lock(zk, await scene.place(zk)).acquire();
      await zk.delete(held.path);
      await until('the loss to be told', () => held.signal.aborted);
      expect(held.signal.reason).toBeInstanceOf(NoNodeError);
      await held.release();
    });

    it('no recipe waits for a server longer than its signal says', async () => {
      await using down = new ZooKeeper(`127.0.0.1:${await freePort()}`);
      const [queue, barrier] = [new Queue(down, '/queue'), new Barrier(down, '/barrier')];
      const waits: ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => new Lock(down, '/lock').acquire({ signal }),
        (signal) => new Counter(down, '/counter').add(1, { signal }),
        (signal) => new Counter(down, '/counter').value({ signal }),
        (signal) => queue.put('x', { signal }),
        (signal) => queue.take({ signal }),
        (signal) => barrier.close(null, { signal }),
        (signal) => barrier.open({ signal }),
        (signal) => barrier.wait({ signal }),
      ];
      for (const wait of waits) {
        const controller = new AbortController();
        const outcome = failure(wait(controller.signal));
        const reason = new Error('enough');
        controller.abort(reason);
        expect(await within('it to give up', outcome)).toBe(reason);
      }
      down.abandon();
    });

    it('no recipe waits for a connection that is lost longer than its signal says', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const path = await scene.place(other);
      const lock = new Lock(other, path);
      const held = await lock.acquire();
      const [begun, ended] = [2, 1].map(
        (count) => new DoubleBarrier(zk, `${path}-${count}`, count),
      );
      await ended?.enter();
      const { signal, giveUp } = patience();
      const entering = begun?.enter({ signal }) as Promise<void>;
      const waiting = [new Lock(zk, path).acquire({ signal }), entering].map(failure);
      await until('two contenders', async () => (await contenderCount(lock)) === 2);
      await until('one to enter', async () => (await other.getChildren(`${path}-2`)).length === 1);
      await losing(zk, () => wire.shut());
      waiting.push(failure(ended?.leave({ signal }) as Promise<void>));
      giveUp();
      for (const outcome of waiting) {
        expect(await within('it to give up', outcome)).toBe(signal.reason);
      }
      wire.open();
      await until('only the holder', async () => (await contenderCount(lock)) === 1);
      await until('nobody in it', async () => (await other.getChildren(`${path}-2`)).length === 0);
      await held.release();
    });

    it("what came too late for requestTimeoutMs is in nobody's way", async () => {
      const { wire, clients } = await scene.behindWire(1, { requestTimeoutMs: 200 });
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const path = await scene.place(other);
      const lock = new Lock(zk, path);
      wire.stall();
      expect(await failure(lock.acquire())).toBeInstanceOf(RequestTimeoutError);
      // By now looking for what may be there would have been given up as well.
      expect(await failure(zk.exists(path))).toBeInstanceOf(RequestTimeoutError);
      wire.goOn();
      const next = new Lock(other, path);
      const held = await within('the next holder', next.acquire());
      expect(await next.contenders()).toEqual([held.path]);
    });

    it('a lock that is not waited for any more leaves nothing behind', async () => {
      const zk = await scene.client();
      const lock = new Lock(zk, await scene.place(zk));
      const held = await lock.acquire();
      const controller = new AbortController();
      const waiting = failure(lock.acquire({ signal: controller.signal }));
      await until('two contenders', async () => (await contenderCount(lock)) === 2);
      const reason = new Error('no patience');
      controller.abort(reason);
      expect(await waiting).toBe(reason);
      expect(await lock.contenders()).toEqual([held.path]);
      await held.release();
    });

    it('readers share, a writer waits for them, and readers after it wait for it', async () => {
      const zk = await scene.client();
      const { read, write } = new ReadWriteLock(zk, await scene.place(zk));
      const readers = await Promise.all([read.acquire(), read.acquire()]);
      const story: string[] = [];
      const writer = write.acquire().then((held) => {
        story.push('writer');
        return held;
      });
      await until('the writer to wait', async () => (await contenderCount(read)) === 3);
      const late = read.acquire().then((held) => {
        story.push('late reader');
        return held;
      });
      await until('the reader to wait', async () => (await contenderCount(read)) === 4);
      expect(story).toEqual([]);
      for (const reader of readers) await reader.release();
      await (await writer).release();
      await (await late).release();
      expect(story).toEqual(['writer', 'late reader']);
    });

    it('one leads, and when it resigns the next does', async () => {
      const [one, two] = [await scene.client(), await scene.client()];
      const path = await scene.place(one);
      const [first, second] = [
        new LeaderElection(one, path, { id: 'one' }),
        new LeaderElection(two, path, { id: 'two' }),
      ];
      expect(await first.leader()).toBeNull();
      const controller = new AbortController();
      const seen: (string | null)[] = [];
      const watching = (async () => {
        for await (const id of second.leaders({ signal: controller.signal })) {
          seen.push(id);
          if (id === 'two') controller.abort();
        }
      })();
      await until('nobody to lead', () => seen.length === 1);
      const leadership = await first.campaign();
      await until('the leader to be seen', () => seen.includes('one'));
      const next: Promise<HeldLock> = second.campaign();
      await leadership.release();
      expect((await next).zxid).toBeGreaterThan(leadership.zxid);
      await watching;
      expect(seen[0]).toBeNull();
      expect(seen.at(-1)).toBe('two');
    });

    it('a counter counts each addition once, whatever is lost', async () => {
      const { wire, clients } = await scene.behindWire(3);
      const path = `${await scene.place(clients[0] as ZooKeeper)}/count`;
      const counting = clients.map(async (zk) => {
        await using counter = new Counter(zk, path);
        for (let turn = 0; turn < 15; turn++) await counter.add(1);
      });
      await whileLosingAnswers(wire, Promise.all(counting));
      expect(wire.connectionCount).toBeGreaterThan(clients.length);
      const observer = await scene.client();
      expect(await new Counter(observer, path).value()).toBe(45);
      expect((await observer.getData(path)).data?.toString()).toBe('45');
      await until('nothing else', async () => (await observer.getChildren(path)).length === 0);
    });

    it('a queue gives back what was taken when nobody waited any more, however long that takes', async () => {
      const { wire, clients } = await scene.behindWire(1, { requestTimeoutMs: 200 });
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const path = await scene.place(other);
      const queue = new Queue(other, path);
      await queue.put('x');
      const { signal, giveUp } = patience();
      const getData = zk.getData.bind(zk);
      zk.getData = async (...asked) => {
        zk.getData = getData;
        giveUp();
        const result = await getData(...asked);
        wire.stall();
        return result;
      };
      expect(await failure(new Queue(zk, path).take({ signal }))).toBe(signal.reason);
      await until('the link to stand still', () =>
        zk.exists(path).then(
          () => false,
          (error) => error instanceof RequestTimeoutError,
        ),
      );
      wire.goOn();
      const item = await within('the item', queue.take());
      expect(item.data?.toString()).toBe('x');
    });

    it('a queue hands each item to one, and none is lost or doubled, whatever is lost', async () => {
      const { wire, clients } = await scene.behindWire(3);
      const [producer, ...consumers] = clients as [ZooKeeper, ...ZooKeeper[]];
      const path = await scene.place(producer);
      const queue = new Queue(producer, path);
      const numbers = Array.from({ length: 20 }, (_, index) => String(index));
      const producing = (async () => {
        for (const number of numbers) await queue.put(number);
      })();
      const taken: string[] = [];
      const controller = new AbortController();
      const consuming = consumers.map(async (zk) => {
        const source = new Queue(zk, path);
        while (!controller.signal.aborted) {
          const item = await source.take({ signal: controller.signal }).catch((error: unknown) => {
            if (controller.signal.aborted) return null;
            throw error;
          });
          if (item === null) break;
          taken.push(String(item.data));
          await item.done();
          if (taken.length === numbers.length) controller.abort();
        }
      });
      await whileLosingAnswers(wire, Promise.all([producing, ...consuming]));
      expect(wire.connectionCount).toBeGreaterThan(clients.length);
      expect(taken.map(Number).sort((one, other) => one - other)).toEqual(numbers.map(Number));
      expect(await queue.size()).toBe(0);
    });

    it('a queue hands out the urgent first, and an item whose taker dies again', async () => {
      const { clients, wire } = await scene.behindWire(1, { sessionTimeoutMs: shortSessionMs });
      const [mortal] = clients as [ZooKeeper];
      const zk = await scene.client();
      const path = await scene.place(zk);
      const queue = new Queue(zk, path);
      await queue.put('later');
      await queue.put('first', { priority: 1 });
      expect(String((await new Queue(mortal, path).take()).data)).toBe('first');
      const second = await queue.take();
      expect(String(second.data)).toBe('later');
      const again = queue.take();
      wire.shut();
      expect(String((await within('the item again', again)).data)).toBe('first');
      await second.release();
      const third = await queue.take();
      expect(String(third.data)).toBe('later');
      await third.done();
      expect(await queue.size()).toBe(1);
    });

    it('a barrier keeps all waiting until it is opened', async () => {
      const [one, two] = [await scene.client(), await scene.client()];
      const path = `${await scene.place(one)}/barrier`;
      await new Barrier(one, path).wait();
      await new Barrier(one, path).close();
      await new Barrier(two, path).close();
      let isOpen = false;
      const waiting = new Barrier(two, path).wait().then(() => {
        expect(isOpen).toBe(true);
      });
      await two.sync();
      isOpen = true;
      await new Barrier(one, path).open();
      await waiting;
      await new Barrier(one, path).open();
    });

    it('a double barrier lets all begin together and end together', async () => {
      const clients = await Promise.all([1, 2, 3].map(() => scene.client()));
      const path = `${await scene.place(clients[0] as ZooKeeper)}/round`;
      let [enteredCount, leftCount] = [0, 0];
      await Promise.all(
        clients.map(async (zk) => {
          const barrier = new DoubleBarrier(zk, path, 3);
          enteredCount += 1;
          await barrier.enter();
          expect(enteredCount).toBe(3);
          leftCount += 1;
          await barrier.leave();
          expect(leftCount).toBe(3);
        }),
      );
      await until('nothing to be left', async () => {
        return (await (clients[0] as ZooKeeper).getChildren(path)).length === 0;
      });
    });

    it('a tree in memory follows every change', async () => {
      const [zk, other] = [await scene.client(), await scene.client()];
      const path = await scene.place(zk);
      await other.create(`${path}/a`, '1');
      const cache = new TreeCache(zk, path);
      const story: string[] = [];
      await cache.ready;
      for (const event of ['added', 'changed', 'removed'] as const) {
        cache.on(event, (node) => story.push(`${event} ${node.path.slice(path.length)}`));
      }
      expect(cache.get(`${path}/a`)?.data?.toString()).toBe('1');
      await other.create(`${path}/b`);
      await other.create(`${path}/b/c`, 'deep');
      await other.setData(`${path}/a`, '2');
      await other.delete(`${path}/b/c`);
      const last = ['added /b', 'changed /a', 'removed /b/c'];
      await until('the last changes', () => last.every((line) => story.includes(line)));
      expect(cache.get(`${path}/a`)?.data?.toString()).toBe('2');
      expect([...cache.children(path)].map((node) => node.path)).toEqual([
        `${path}/a`,
        `${path}/b`,
      ]);
      expect(cache.size).toBe(3);
      expect(story.filter((line) => !line.includes('/b/c'))).toEqual(['added /b', 'changed /a']);
      cache.close();
    });

    it('a tree in memory catches up with what it missed', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const path = await scene.place(other);
      for (const name of ['kept', 'changed', 'gone', 'gone/too']) {
        await other.create(`${path}/${name}`, '1');
      }
      const cache = new TreeCache(zk, path);
      await cache.ready;
      expect(cache.size).toBe(5);
      wire.shut();
      await other.setData(`${path}/changed`, '2');
      await other.delete(`${path}/gone/too`);
      await other.delete(`${path}/gone`);
      await other.create(`${path}/new`);
      wire.open();
      await until('the new znode', () => cache.get(`${path}/new`) !== undefined);
      await until('the old to go', () => cache.size === 4);
      expect(cache.get(`${path}/changed`)?.data?.toString()).toBe('2');
      cache.close();
    });

    it('a tree in memory has what took longer to read than requestTimeoutMs', async () => {
      const { wire, clients } = await scene.behindWire(1, { requestTimeoutMs: 200 });
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const path = await scene.place(other);
      using cache = new TreeCache(zk, path);
      await cache.ready;
      wire.stall();
      await other.setData(path, 'new');
      for (let time = 0; time < 2; time++) {
        expect(await failure(zk.getData(path))).toBeInstanceOf(RequestTimeoutError);
      }
      wire.goOn();
      await until('the change', () => cache.get(path)?.data?.toString() === 'new');
    });

    it('a tree in memory is the same as the tree in the end, whatever is lost', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const path = await scene.place(other);
      const cache = new TreeCache(zk, path);
      const changing = (async () => {
        for (let turn = 0; turn < 150; turn++) {
          const node = `${path}/${turn % 7}`;
          const stat = await other.exists(node);
          if (stat === null) await other.create(node, String(turn));
          else if (turn % 3 === 0) await other.delete(node);
          else await other.setData(node, String(turn));
        }
      })();
      await whileLosingAnswers(wire, changing);
      expect(wire.connectionCount).toBeGreaterThan(clients.length);
      await retryOnLoss(() => zk.sync(path));
      const expected = new Map<string, string>();
      for (const name of await other.getChildren(path)) {
        expected.set(name, String((await other.getData(`${path}/${name}`)).data));
      }
      await until('the cache to agree', () => {
        const nodes = [...cache.children(path)];
        return (
          nodes.length === expected.size &&
          nodes.every((node) => expected.get(node.path.slice(path.length + 1)) === `${node.data}`)
        );
      });
      cache.close();
    });
  });
}
