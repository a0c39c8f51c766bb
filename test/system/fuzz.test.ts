/*
 * Anything that a network can send to the client port, for a time (ZK_FUZZ_SECONDS, default 25), while a well-behaved client
 * works on. At the end the server lives, nobody was disturbed, no connection and no file is left over, memory is bounded,
 * and no bad connection has written more than one line into the log. A failure names the seed (ZK_FUZZ_SEED).
 */
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../harness/random.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';
import { type Attack, attacks } from './fuzz/attacks.ts';
import { talkedAboutTooMuch } from './fuzz/connections.ts';
import { Neighbour } from './fuzz/neighbour.ts';

const seconds = Number(process.env['ZK_FUZZ_SECONDS'] ?? 25);
const seed = Number(process.env['ZK_FUZZ_SEED'] ?? Math.trunc(Math.random() * 1_000_000));

/** How many do the same at a time; of what is large there is one at a time, or the test measures its own machine. */
const attackerCount = 3;
const large: ReadonlySet<string> = new Set(['longPath', 'hugeLists']);

/** What the neighbour's slowest write and read together may take (ms), beside a test that keeps both cores busy. */
const slowestMs = 2_000;

/**
 * Long enough for a multi of 100,000 operations; sessions and silent connections end soon. No write waits for the disk: what the
 * neighbour has to wait for is to be the doing of the attackers alone.
 */
const config = {
  'jute.maxbuffer': 4_194_304,
  'nio.sessionlessCnxnTimeout': 5_000,
  minSessionTimeout: 2_000,
  preAllocSize: 1_024,
  forceSync: 'no',
};

let server: TestServer;

beforeAll(async () => {
  server = await startServer('ours', config);
});

afterAll(() => server.dispose());

/** A line of /proc/<pid>/status, in KB. */
async function memoryKb(key: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1]);
}

const openFiles = async (): Promise<number> => (await readdir(`/proc/${server.pid}/fd`)).length;

/** Several attackers at a time do the same, again and again until its time is over. Returns how often they did. */
async function attackFor(
  milliseconds: number,
  [name, attack]: readonly [string, Attack],
  random: Random,
): Promise<number> {
  const end = performance.now() + milliseconds;
  let count = 0;
  const attacker = async (): Promise<void> => {
    do {
      await attack(server.port, random);
      count++;
    } while (performance.now() < end);
  };
  const length = large.has(name) ? 1 : attackerCount;
  await Promise.all(Array.from({ length }, attacker));
  return count;
}

/** What a server holds for its clients; the connection that asks is one. */
const heldKeys = [
  'num_alive_connections',
  'global_sessions',
  'watch_count',
  'ephemerals_count',
  'outstanding_requests',
];
const none = '1,0,0,0,0';

async function leftOver(): Promise<string> {
  const mntr = await server.mntr();
  return heldKeys.map((key) => mntr.get(`zk_${key}`)).join();
}

describe(`bad input at the client port (ZK_FUZZ_SEED=${seed})`, () => {
  const names = Object.keys(attacks);

  it.each(Object.entries(attacks))('%s disturbs nobody', async (name, attack) => {
    const neighbour = await Neighbour.moveIn(server.port, `/neighbour-of-${name}`);
    const random = new Random(seed + names.indexOf(name));
    const rounds = await attackFor((seconds * 1_000) / names.length, [name, attack], random);
    const latencies = await neighbour.moveOut();
    const slowest = latencies.at(-1) ?? Number.POSITIVE_INFINITY;
    const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? Number.POSITIVE_INFINITY;
    console.log(
      `${name}: ${rounds} rounds, neighbour p99 ${p99.toFixed(1)} ms, max ${slowest.toFixed(1)} ms`,
    );
    expect(rounds).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(slowestMs);
  });

  it('leaves nothing behind', async () => {
    await until(
      'all connections and sessions to be gone',
      async () => (await leftOver()) === none,
    ).catch(async (error) => {
      throw new Error(`${error}: ${await leftOver()}`);
    });
    expect((await server.word('cons')).trim().split('\n')).toHaveLength(1);
    await until('all files to be closed', async () => (await openFiles()) < 60);
    expect(await memoryKb('VmRSS')).toBeLessThan(400_000);
    expect(await memoryKb('VmHWM')).toBeLessThan(700_000);
  });

  it('writes one line for a bad connection, at most', () => {
    expect(talkedAboutTooMuch(server.log).slice(0, 5)).toEqual([]);
    expect(server.log).not.toMatch(/"level":"(error|fatal)"/);
  });
});
