/*
 * The disk cannot tell: a dataDir that Apache ZooKeeper 3.8 wrote opens in this server with everything in it, and one that
 * this server wrote opens in Apache ZooKeeper; after a clean end and after kill -9, with several logs and snapshots.
 */
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runZooKeeperClass } from '../harness/java.ts';
import { Random } from '../harness/random.ts';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { makeServer, type ServerKind, TestServer } from '../harness/server.ts';
import { filesOf, readTransactions } from '../harness/transaction-log.ts';
import { until } from '../harness/until.ts';
import { superDigest } from './differential/arguments.ts';
import { dumpTree } from './differential/dump.ts';
import { StepMaker } from './differential/steps.ts';
import { World } from './differential/world.ts';

const slotCount = 4;

/** Snapshots are cut often, and nothing is deleted by itself. */
const config = {
  snapCount: 80,
  preAllocSize: 64,
  'DigestAuthenticationProvider.superDigest': superDigest,
  'znode.container.checkIntervalMs': 3_600_000,
};

const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose();
});

/** A server of one kind, and one of another on the same folder and port; only one of them runs at a time. */
async function twoOnOneFolder(
  first: ServerKind,
  second: ServerKind,
): Promise<readonly [TestServer, TestServer]> {
  const one = await makeServer(first, config);
  const dataDir = join(one.folder, 'data');
  const two = new TestServer(second, one.port, one.folder, { ...config, dataDir });
  servers.push(one, two);
  return [one, two];
}

/** Random work of several sessions: every kind of znode, ACLs, quotas, refusals. */
async function work(world: World, maker: StepMaker, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const next = maker.next();
    // A stranger with a bad password closes a connection that is needed later.
    if (next.kind === 'knock' && next.slot !== null) continue;
    const lines = await world.take(next);
    if (next.kind === 'requests' && lines.includes('closed')) {
      await world.take({ kind: 'reattach', slot: next.slot, cut: true });
    }
  }
}

/** Every znode with all its Stat, times and owners too. The counts below quotas are made anew at a start, in Java too. */
async function everything(server: TestServer): Promise<string[]> {
  const session = await openSession(server.port);
  const lines = await dumpTree(session, { nameSession: String, showTimes: true });
  await session.close();
  return lines.filter((line) => !line.includes('/zookeeper_stats"'));
}

/** Takes the server away, and starts the other one on the same folder. */
async function handOver(from: TestServer, to: TestServer, end: 'stop' | 'kill9'): Promise<void> {
  await from[end]();
  await to.start();
}

/** A digest that does not match is only logged and counted. */
async function expectMatchingDigests(server: TestServer): Promise<void> {
  expect(server.log).not.toMatch(/digest mismatch|digests are not matching/i);
  expect((await server.mntr()).get('zk_digest_mismatches_count')).toBe('0');
}

describe.each([
  ['java', 'ours', 'stop'],
  ['java', 'ours', 'kill9'],
  ['ours', 'java', 'stop'],
  ['ours', 'java', 'kill9'],
] as const)('a folder written by %s and opened by %s after %s', (first, second, end) => {
  it('holds the same znodes, ACLs and sessions, and goes on from there, and back again', async () => {
    const [one, two] = await twoOnOneFolder(first, second);
    await one.start();
    const world = new World(one);
    const maker = new StepMaker(new Random(7), slotCount, { falsifying: false });
    await world.open(slotCount);
    await work(world, maker, 700);
    const written = await everything(one);

    await handOver(one, two, end);
    expect(await everything(two)).toEqual(written);
    const handshakes = await world.moveTo(two);
    expect(handshakes.filter((line) => /session=S\d+ /.test(line))).toHaveLength(slotCount);
    await expectMatchingDigests(two);
    await work(world, maker, 300);
    const continued = await everything(two);
    expect(continued).not.toEqual(written);

    await handOver(two, one, end);
    expect(await everything(one)).toEqual(continued);
    await world.moveTo(one);
    await expectMatchingDigests(one);
    world.destroy();
    expect((await filesOf(one.versionFolder, 'snapshot')).length).toBeGreaterThan(2);
    expect((await filesOf(one.versionFolder, 'log')).length).toBeGreaterThan(2);
    const zxids = (await readTransactions(one.versionFolder)).map(({ zxid }) => zxid);
    expect(zxids).toEqual(zxids.map((_, index) => (zxids[0] ?? 0n) + BigInt(index)));
  });
});

describe.each([
  ['java', 'ours'],
  ['ours', 'java'],
] as const)('a session of %s', (first, second) => {
  it(`outlives the change to ${second}, and expires there with its ephemerals`, async () => {
    const [one, two] = await twoOnOneFolder(first, second);
    await one.start();
    const session = await openSession(one.port, { timeoutMs: 8_000 });
    const watcher = await openSession(one.port, { timeoutMs: 40_000 });
    await session.request(Op.create, requests.create('/mine', Buffer.from('x'), 1));
    await one.kill9();
    await two.start();
    const { sessionId, password } = watcher.handshake;
    const again = await openSession(two.port, { sessionId, password, timeoutMs: 40_000 });
    expect(again.handshake.sessionId).toBe(sessionId);
    const exists = await again.request(Op.exists, requests.pathAndWatch('/mine'));
    expect(exists.err).toBe(0);
    await until('the ephemeral to go with its session', async () => {
      const { err } = await again.request(Op.exists, requests.pathAndWatch('/mine'));
      return err === -101;
    });
    const late = await openSession(two.port, {
      sessionId: session.handshake.sessionId,
      password: session.handshake.password,
    });
    expect(late.handshake.sessionId).toBe(0n);
  });

  it(`is refused by ${second} with another password`, async () => {
    const [one, two] = await twoOnOneFolder(first, second);
    await one.start();
    const { sessionId } = (await openSession(one.port)).handshake;
    await one.stop();
    await two.start();
    const password = Buffer.alloc(16, 7);
    expect((await openSession(two.port, { sessionId, password })).handshake.sessionId).toBe(0n);
  });
});

it("Java's TxnLogToolkit and SnapshotFormatter read what this server wrote", async () => {
  const server = await makeServer('ours', config);
  servers.push(server);
  await server.start();
  const world = new World(server);
  await world.open(slotCount);
  await work(world, new StepMaker(new Random(11), slotCount), 500);
  world.destroy();
  await server.stop();

  const logged = await readTransactions(server.versionFolder);
  for (const name of await filesOf(server.versionFolder, 'log')) {
    const file = join(server.versionFolder, name);
    const { stdout } = await runZooKeeperClass('server.persistence.TxnLogToolkit', [file]);
    const count = logged.filter((transaction) => transaction.file === name).length;
    expect(stdout).toContain(`EOF reached after ${count} txns.`);
    expect(stdout).not.toContain('CRC ERROR');
  }
  const snapshots = await filesOf(server.versionFolder, 'snapshot');
  expect(snapshots.length).toBeGreaterThan(1);
  for (const name of snapshots) {
    const file = join(server.versionFolder, name);
    const { stdout } = await runZooKeeperClass('server.SnapshotFormatter', ['-d', file]);
    expect(stdout).toMatch(/^ZNode Details \(count=\d+\):/);
    expect(stdout).toContain('\n/zookeeper/quota\n');
    expect(stdout).toContain('Session Details (sid, timeout, ephemeralCount):');
    expect(stdout).toMatch(/Last zxid: 0x[0-9a-f]+/);
  }
});

it('Apache ZooKeeper opens a log whose torn tail this server has cut off and gone on from', async () => {
  const [ours, java] = await twoOnOneFolder('ours', 'java');
  const create = async (from: number, to: number): Promise<void> => {
    const session = await openSession(ours.port);
    for (let n = from; n <= to; n++) {
      expect((await session.request(Op.create, requests.create(`/n${n}`))).err).toBe(0);
    }
  };
  await ours.start();
  await create(1, 20);
  await ours.kill9();
  const last = (await readTransactions(ours.versionFolder)).at(-1);
  await truncate(join(ours.versionFolder, last?.file ?? ''), (last?.offset ?? 0) + 20);
  await ours.start();
  await create(20, 23);
  const written = await everything(ours);
  await handOver(ours, java, 'stop');
  expect(await everything(java)).toEqual(written);
});
