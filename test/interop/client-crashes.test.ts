/*
 * The recipes in several processes whose server is killed amid their work, and started again on its files.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Counter, Lock, ZooKeeper } from '../../src/client/index.ts';
import { Wire } from '../client/stories/wire.ts';
import { Dialogue } from '../harness/command.ts';
import { serverKinds, type TestServer, withServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';

const worker = fileURLToPath(new URL('../client/programs/lock_worker.mjs', import.meta.url));

/**
 * Kills the server, and starts it again. Nobody gets through to it until it serves: a Java server that is asked while it starts may
 * never answer, and its client waits for as long as a session lasts.
 */
async function crash(server: TestServer, wire: Wire): Promise<void> {
  await server.kill9();
  wire.shut();
  await server.start();
  wire.open();
}

describe.each(serverKinds)('with %s, killed again and again', (kind) => {
  it('a lock is held by one at a time, and a counter counts each round once', () =>
    withServer(kind, {}, async (server) => {
      const folder = await mkdtemp(join(tmpdir(), 'zk-lock-'));
      const wire = await Wire.to(server.port);
      const workers = Array.from(
        { length: 3 },
        () => new Dialogue(process.execPath, [worker, wire.address, folder, '20000']),
      );
      try {
        for (const each of workers) await each.hear('working');
        await using zk = await ZooKeeper.connect(wire.address, { reconnectDelayMs: 50 });
        const counter = new Counter(zk, '/counter');
        for (let turn = 0; turn < 3; turn++) {
          const before = await counter.value();
          await crash(server, wire);
          const goesOn = async (): Promise<boolean> => (await counter.value()) > before + 5;
          await until('the work to go on', goesOn);
        }
        for (const each of workers) each.say('enough');
        const told = await Promise.all(workers.map((each) => each.end()));
        const rounds = told.map((lines) => Number(/\d+/.exec(lines.at(-1) ?? '')?.[0]));
        expect(await counter.value()).toBe(rounds.reduce((sum, count) => sum + count));
        expect(await new Lock(zk, '/lock').contenders()).toEqual([]);
      } finally {
        for (const each of workers) each.kill();
        wire.close();
        await rm(folder, { recursive: true });
      }
    }));

  it('a lock goes on when its holder is killed with the server', () =>
    withServer(kind, {}, async (server) => {
      const folder = await mkdtemp(join(tmpdir(), 'zk-lock-'));
      const wire = await Wire.to(server.port);
      const holder = new Dialogue(process.execPath, [worker, wire.address, folder, '10000']);
      try {
        await holder.hear('working');
        await using zk = await ZooKeeper.connect(wire.address, { reconnectDelayMs: 50 });
        const lock = new Lock(zk, '/lock');
        await until('it to hold the lock', async () => (await lock.contenders()).length > 0);
        holder.kill();
        await crash(server, wire);
        // The dead one keeps it until its session expires, which the server learns from its log.
        const held = await lock.acquire({ signal: AbortSignal.timeout(120_000) });
        expect(await lock.contenders()).toEqual([held.path]);
        await held.release();
      } finally {
        holder.kill();
        wire.close();
        await rm(folder, { recursive: true });
      }
    }));
});
