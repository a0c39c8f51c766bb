/*
 * The recipes of the client library at work with those of kazoo and Curator on the same znodes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  Counter,
  LeaderElection,
  Lock,
  Queue,
  ReadWriteLock,
  ZooKeeper,
} from '../../src/client/index.ts';
import { Dialogue, needFile, runWell } from '../harness/command.ts';
import { curatorClassPath, java, javac, shortLivedJvm } from '../harness/java.ts';
import { serverKinds, withServer } from '../harness/server.ts';
import { until, within } from '../harness/until.ts';

const programs = fileURLToPath(new URL('../client/programs/', import.meta.url));

/** Waits for a line, does something meanwhile, and lets the program go on. */
const hearing = async <T>(dialogue: Dialogue, line: string, act: () => Promise<T>): Promise<T> => {
  await dialogue.hear(line);
  const result = await act();
  dialogue.say('go on');
  return result;
};

const nothing = async (): Promise<void> => {};

describe.each(serverKinds)('with %s', (kind) => {
  it('kazoo counts and queues along', () =>
    withServer(kind, {}, async (server) => {
      needFile('/usr/lib/python3/dist-packages/kazoo', 'python3-kazoo');
      const script = join(programs, 'kazoo_recipes.py');
      const kazoo = new Dialogue('/usr/bin/python3', [script, server.address]);
      await using zk = await ZooKeeper.connect(server.address);
      const queue = new Queue(zk, '/shared/queue');
      try {
        await hearing(kazoo, 'counted and put', async () => {
          expect(await new Counter(zk, '/shared/counter').add(40)).toBe(42);
          const item = await queue.take();
          expect(String(item.data)).toBe('from kazoo');
          await item.done();
          await queue.put('to kazoo');
        });
        await hearing(kazoo, 'counter 42', nothing);
        await hearing(kazoo, 'got to kazoo', nothing);
        await hearing(kazoo, 'left 0', nothing);
        await kazoo.end();
      } finally {
        kazoo.kill();
      }
    }));

  it('Curator locks and leads along', () =>
    withServer(kind, {}, async (server) => {
      const folder = await mkdtemp(join(tmpdir(), 'zk-client-curator-'));
      const source = join(programs, 'CuratorRecipes.java');
      await runWell(javac(), ['-nowarn', '-cp', curatorClassPath(), '-d', folder, source]);
      const classPath = curatorClassPath(folder);
      const command = [...shortLivedJvm, '-cp', classPath, 'CuratorRecipes', server.address];
      const curator = new Dialogue(java(), command);
      await using zk = await ZooKeeper.connect(server.address);
      const lock = new Lock(zk, '/shared/lock');
      const { read, write } = new ReadWriteLock(zk, '/shared/both');
      const election = new LeaderElection(zk, '/shared/leader', { id: 'here' });
      try {
        const acquiring = await hearing(curator, 'holds the lock', async () => {
          const held = lock.acquire();
          await until('two contenders', async () => (await lock.contenders()).length === 2);
          // In an object, or the promise would be waited for here.
          return { held };
        });
        const held = await within('the lock', acquiring.held);
        await hearing(curator, 'has released it', nothing);
        await hearing(curator, 'gets it: false', () => held.release());
        const reader = await hearing(curator, 'gets it now: true', () => read.acquire());
        const writing = await hearing(curator, 'reads: true', async () => {
          await reader.release();
          const writer = write.acquire();
          await until('two contenders', async () => (await read.contenders()).length === 2);
          return { writer };
        });
        const writer = await within('the lock', writing.writer);
        await hearing(curator, 'reads no more', nothing);
        await hearing(curator, 'reads again: false', () => writer.release());
        const campaign = await hearing(curator, 'leads', async () => {
          expect(await election.leader()).toBe('curator');
          return { leadership: election.campaign() };
        });
        await within('the leadership', campaign.leadership);
        expect(await election.leader()).toBe('here');
        expect((await curator.end()).at(-1)).toBe('done');
      } finally {
        curator.kill();
        await rm(folder, { recursive: true, force: true });
      }
    }));
});
