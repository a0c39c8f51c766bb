/*
 * kill -9 in a loop, under load from several clients, while snapshots are being cut and logs rolled: after each restart
 * every acknowledged write is there, nothing is there that was refused, no multi is there by half, no zxid was given twice,
 * and the sessions and their ephemerals live on. ZK_CRASH_ROUNDS sets the number of rounds (default 15).
 */
import { afterEach, expect, it } from 'vitest';
import { Random } from '../harness/random.ts';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { makeServer, type TestServer } from '../harness/server.ts';
import { filesOf, readTransactions } from '../harness/transaction-log.ts';
import { until } from '../harness/until.ts';
import { Writer } from './crash/writer.ts';

const rounds = Number(process.env['ZK_CRASH_ROUNDS'] ?? 15);
const writerCount = 4;

/** The timeout of sessions that are left to expire. */
const shortSessionMs = 4_000;

let server: TestServer | null = null;

afterEach(async () => {
  await server?.dispose();
  server = null;
});

/** Kills the server after a number of further acknowledged writes, now and then while it starts again. */
async function crash(
  running: TestServer,
  writers: readonly Writer[],
  random: Random,
): Promise<void> {
  const count = (): number => writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
  const enough = count() + 100 + random.below(1_500);
  const writing = Promise.all(writers.map((writer) => writer.write()));
  await until('the writers to get on', () => count() >= enough, 120_000);
  await running.kill9();
  await writing;
  while (random.chance(0.2)) {
    await running.launch();
    await until('a moment in the start', () => random.chance(0.1));
    await running.kill9();
  }
  await running.start();
}

it(`loses nothing that was acknowledged when it is killed ${rounds} times under load`, {
  timeout: 600_000 + rounds * 10_000,
}, async () => {
  const running = await makeServer('ours', { snapCount: 300, preAllocSize: 64 });
  server = running;
  await running.start();
  const random = new Random(20_260_101);
  const writers = Array.from(
    { length: writerCount },
    (_, index) => new Writer(running.port, index),
  );
  for (const writer of writers) await writer.connect();
  for (let round = 1; round <= rounds; round++) {
    await crash(running, writers, random);
    const reader = await openSession(running.port);
    for (const writer of writers) {
      expect(
        await writer.complaints(reader),
        `after crash ${round}\n${running.log.slice(-2_000)}`,
      ).toEqual([]);
      await writer.connect();
    }
    await reader.close();
  }
  const zxids = writers.flatMap((writer) => writer.zxids);
  const acknowledged = new Set(zxids);
  expect(acknowledged.size).toBeGreaterThan(rounds * 100);
  for (const { zxids: own } of writers) {
    expect(own.every((zxid, index) => index === 0 || zxid >= (own[index - 1] ?? 0n))).toBe(true);
  }
  // The logs hold every zxid once and without a gap, over all the crashes.
  const logged = (await readTransactions(running.versionFolder)).map(({ zxid }) => zxid);
  expect(logged).toEqual(logged.map((_, index) => (logged[0] ?? 0n) + BigInt(index)));
  expect((await filesOf(running.versionFolder, 'snapshot')).length).toBeGreaterThan(3);
  await expectEphemeralsToGo(running, writers);
});

/** Sessions that nobody comes back to expire, and their ephemerals go with them. */
async function expectEphemeralsToGo(
  running: TestServer,
  writers: readonly Writer[],
): Promise<void> {
  for (const writer of writers) await writer.connect(shortSessionMs);
  const ephemerals = writers.flatMap((writer) => writer.abandon());
  expect(ephemerals.length).toBeGreaterThan(0);
  const reader = await openSession(running.port, { timeoutMs: 40_000 });
  const last = ephemerals.at(-1) ?? '';
  await until('the sessions to expire', async () => {
    const { err } = await reader.request(Op.exists, requests.pathAndWatch(last));
    return err === -101;
  });
  for (const path of ephemerals) {
    const { err } = await reader.request(Op.exists, requests.pathAndWatch(path));
    expect(err, path).toBe(-101);
  }
}
