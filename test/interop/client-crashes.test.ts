/*
 * The recipes in several processes whose server is killed amid their work, and started again on its files.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Counter, Lock, ZooKeeper } from '../../src/client/index.ts';
import { Dialogue } from '../harness/command.ts';
import { serverKinds, withServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';

const worker = fileURLToPath(new URL('../client/programs/lock_worker.mjs', import.meta.url));

describe.each(serverKinds)('with %s, killed again and again', (kind) => {
  it('a lock is held by one at a time, and a counter counts each round once', () =>
    withServer(kind, {}, async (server) => {
      const folder = await mkdtemp(join(tmpdir(), 'zk-lock-'));
      const workers = Array.from(
        { length: 3 },
        () => new Dialogue(process.execPath, [worker, server.address, folder, '40000']),
      );
      try {
        for (const each of workers) await each.hear('working');
        await using zk = await ZooKeeper.connect(server.address, { reconnectDelayMs: 50 });
        const counter = new Counter(zk, '/counter');
        for (let crash = 0; crash < 3; crash++) {
          const before = await counter.value();
          await server.kill9();
          await server.start();
          const goesOn = async (): Promise<boolean> => (await counter.value()) > before + 5;
          // A Java server that is asked while it starts may never answer: the client waits for its session's timeout.
          await until('the work to go on', goesOn, 90_000);
        }
        for (const each of workers) each.say('enough');
        const told = await Promise.all(workers.map((each) => each.end()));
        const rounds = told.map((lines) => Number(/\d+/.exec(lines.at(-1) ?? '')?.[0]));
        expect(await counter.value()).toBe(rounds.reduce((sum, count) => sum + count));
        expect(await new Lock(zk, '/lock').contenders()).toEqual([]);
      } finally {
        for (const each of workers) each.kill();
        await rm(folder, { recursive: true });
      }
    }));

  it('a lock goes on when its holder is killed with the server', () =>
    withServer(kind, {}, async (server) => {
      const folder = await mkdtemp(join(tmpdir(), 'zk-lock-'));
      const holder = new Dialogue(process.execPath, [worker, server.address, folder, '10000']);
      await holder.hear('working');
      await using zk = await ZooKeeper.connect(server.address, { reconnectDelayMs: 50 });
      const lock = new Lock(zk, '/lock');
      await until('it to hold the lock', async () => (await lock.contenders()).length > 0);
      holder.kill();
      await server.kill9();
      await server.start();
      // The dead one keeps it until its session expires, which the server learns from its log.
      const held = await lock.acquire({ signal: AbortSignal.timeout(120_000) });
      expect(await lock.contenders()).toEqual([held.path]);
      await held.release();
      await rm(folder, { recursive: true });
    }));
});
