/*
 * zk-tool beside ZooKeeper's own tools over the files of both servers: the same lines; and what it restores, loads and cleans
 * up is taken by both servers.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tool } from '../cli/tool/tool-run.ts';
import { run } from '../harness/command.ts';
import { runZooKeeperClass } from '../harness/java.ts';
import { freePort } from '../harness/ports.ts';
import { Random } from '../harness/random.ts';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { makeServer, type ServerKind, serverKinds, TestServer } from '../harness/server.ts';
import { filesOf } from '../harness/transaction-log.ts';
import { superDigest } from './differential/arguments.ts';
import { dumpTree } from './differential/dump.ts';
import { StepMaker } from './differential/steps.ts';
import { World } from './differential/world.ts';

const slotCount = 4;

const config = {
  snapCount: 80,
  preAllocSize: 64,
  'DigestAuthenticationProvider.superDigest': superDigest,
  'znode.container.checkIntervalMs': 3_600_000,
};

const servers: TestServer[] = [];
const folders: string[] = [];

beforeAll(() => {
  // Java writes what its locale can.
  process.env['LC_ALL'] = 'C.UTF-8';
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose();
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zk-server-test-'));
  folders.push(folder);
  return folder;
}

/** A server that has done random work of several sessions, some of which are still there. */
async function workedServer(kind: ServerKind, seed: number): Promise<TestServer> {
  const server = await makeServer(kind, config);
  servers.push(server);
  await server.start();
  const world = new World(server);
  await world.open(slotCount);
  const maker = new StepMaker(new Random(seed), slotCount, { falsifying: false });
  for (let step = 0; step < 500; step++) {
    const next = maker.next();
    if (next.kind === 'knock' && next.slot !== null) continue;
    const lines = await world.take(next);
    if (next.kind === 'requests' && lines.includes('closed')) {
      await world.take({ kind: 'reattach', slot: next.slot, cut: true });
    }
  }
  world.destroy();
  return server;
}

/** Every znode with all its Stat. The counts below quotas are made anew at a start, in Java too. */
async function everything(server: TestServer): Promise<string[]> {
  const session = await openSession(server.port);
  const lines = await dumpTree(session, { nameSession: String, showTimes: true });
  await session.close();
  return lines.filter((line) => !line.includes('/zookeeper_stats"'));
}

/** Starts a server on a data directory that a tool has made. */
async function serverOn(kind: ServerKind, dataDir: string): Promise<TestServer> {
  const server = new TestServer(kind, await freePort(), await newFolder(), { ...config, dataDir });
  servers.push(server);
  return await server.start();
}

/** The transactions of a dump, without those that 3.8 shows as raw bytes. */
function withoutMulti(text: string): string[] {
  return text.split(/(?=^\d+\/\d+\/\d\d, )/m).filter((line) => !line.includes(' multi '));
}

const withoutTimes = (text: string): string => text.replaceAll(/ in [0-9.]+ seconds/g, '');
const withoutTimestamp = (text: string): string => text.replace(/"timestamp":\d+/, '');

describe.each(serverKinds)('of files that %s wrote', (kind) => {
  it('zk-tool has the lines that the tools of ZooKeeper have', async () => {
    const server = await workedServer(kind, 21);
    await server.stop();
    const folder = server.versionFolder;
    const logs = await filesOf(folder, 'log');
    expect(logs.length).toBeGreaterThan(2);
    for (const name of logs.slice(-3)) {
      const log = join(folder, name);
      const theirs = await runZooKeeperClass('server.persistence.TxnLogToolkit', [log]);
      const ours = await tool(['txnlog', log]);
      expect(ours.code).toBe(0);
      expect(withoutMulti(ours.out)).toEqual(withoutMulti(theirs.stdout));
    }
    const snapshots = await filesOf(folder, 'snapshot');
    for (const name of snapshots.slice(-2)) {
      for (const form of ['-d', '-json']) {
        const argv = [form, join(folder, name)];
        const theirs = await runZooKeeperClass('server.SnapshotFormatter', argv);
        const { out } = await tool(['snapshot', ...argv]);
        expect(withoutTimestamp(out)).toBe(withoutTimestamp(theirs.stdout));
      }
    }
    const [left = '', right = ''] = [snapshots[1], snapshots.at(-1)].map((name) => {
      return join(folder, name ?? '');
    });
    const argv = ['-l', left, '-r', right, '-b', '3', '-n', '1', '-d'];
    const theirs = await runZooKeeperClass('server.SnapshotComparer', argv);
    const { out } = await tool(['compare', ...argv]);
    expect(withoutTimes(out)).toBe(withoutTimes(theirs.stdout));
    expect((await tool(['txnlog', '--verify', folder])).code).toBe(0);
  });

  it('cleanup removes what PurgeTxnLog removes', async () => {
    const server = await workedServer(kind, 22);
    await server.stop();
    const [one, two] = [await newFolder(), await newFolder()];
    for (const copy of [one, two])
      cpSync(server.versionFolder, join(copy, 'version-2'), { recursive: true });
    const theirs = await runZooKeeperClass('server.PurgeTxnLog', [one, one, '-n', '3']);
    const ours = await tool(['cleanup', two, two, '-n', '3']);
    expect((await readdir(join(two, 'version-2'))).sort()).toEqual(
      (await readdir(join(one, 'version-2'))).sort(),
    );
    const paths = (text: string): (string | undefined)[] =>
      text
        .split('\n')
        .filter((line) => line.startsWith('Removing file: '))
        .map((line) => line.split('/').at(-1))
        .sort();
    expect(paths(ours.out)).toEqual(paths(theirs.stdout));
    expect(paths(ours.out).length).toBeGreaterThan(2);
  });

  it('a backup that is made while it works holds everything up to one transaction', async () => {
    const server = await workedServer(kind, 23);
    const session = await openSession(server.port);
    const made = session.request(Op.create, requests.create('/busy'));
    expect((await made).err).toBe(0);
    const target = join(await newFolder(), 'b');
    let isDone = false;
    const busy = async (): Promise<number> => {
      for (let count = 0; ; count++) {
        if (isDone) return count;
        await session.request(Op.create, requests.create(`/busy/${count}`));
      }
    };
    const counting = busy();
    const { code, out } = await tool(['backup', join(server.versionFolder, '..'), target]);
    isDone = true;
    expect(await counting).toBeGreaterThan(0);
    expect(code).toBe(0);
    const last = /to (0x[0-9a-f]+)\n$/.exec(out)?.[1] ?? '';
    const dump = ['dump', '--stat', '--to-zxid', last];
    const expected = await tool([...dump, server.versionFolder]);
    expect(expected.code).toBe(0);
    expect((await tool([...dump, target])).out).toBe(expected.out);
  });

  it.each(serverKinds)('a restored tree is served by %s as it was', async (other) => {
    const server = await workedServer(kind, 24);
    const before = await everything(server);
    const folder = await newFolder();
    const source = join(server.versionFolder, '..');
    expect((await tool(['backup', source, join(folder, 'b')])).code).toBe(0);
    await server.kill9();
    expect((await tool(['restore', join(folder, 'b'), join(folder, 'new')])).code).toBe(0);
    const restored = await serverOn(other, join(folder, 'new'));
    expect(await everything(restored)).toEqual(before);
    const session = await openSession(restored.port);
    expect((await session.request(Op.create, requests.create('/goes-on'))).err).toBe(0);
    expect(restored.log).not.toMatch(/digest mismatch|digests are not matching/i);
  });

  it.each(serverKinds)('a tree that was dumped and loaded is served by %s', async (other) => {
    const server = await workedServer(kind, 25);
    const folder = await newFolder();
    const lines = join(folder, 'lines');
    const { out } = await tool(['dump', server.versionFolder, '--stat', '--persistent-only']);
    writeFileSync(lines, out);
    expect((await tool(['load', lines, join(folder, 'new')])).code).toBe(0);
    const before = (await everything(server)).filter((line) => line.includes(' owner=0 '));
    await server.stop();
    const loaded = await serverOn(other, join(folder, 'new'));
    const after = (await everything(loaded)).filter((line) => line.includes(' owner=0 '));
    expect(before.length).toBeGreaterThan(10);
    // Both count ephemerals.
    const stable = (line: string): string => line.replace(/ (children|cversion)=\d+/g, '');
    expect(after.map(stable)).toEqual(before.map(stable));
  });
});

describe('the scripts with the old names', () => {
  const golden = fileURLToPath(new URL('../datatree/golden/', import.meta.url));
  const script = (name: string, ...argv: string[]) => {
    return run(fileURLToPath(new URL(`../../bin/${name}`, import.meta.url)), argv);
  };

  it('forward to zk-tool', async () => {
    const log = await script('zkTxnLogToolkit.sh', '-d', join(golden, 'log.1'));
    expect(log.stdout).toBe((await tool(['txnlog', join(golden, 'log.1')])).out);
    const snapshot = join(golden, 'snapshot.37');
    const shown = await script('zkSnapShotToolkit.sh', '-d', snapshot);
    expect(shown.stdout).toBe((await tool(['snapshot', '-d', snapshot])).out);
    const summary = await script('zkSnapshotRecursiveSummaryToolkit.sh', snapshot, '/', '2');
    expect(summary.stdout).toBe((await tool(['summary', snapshot, '/', '2'])).out);
    const compared = await script(
      'zkSnapshotComparer.sh',
      '-l',
      snapshot,
      '-r',
      snapshot,
      '-b',
      '0',
      '-n',
      '0',
    );
    expect(compared.stdout).toMatch(/All layers compared\.\n$/);
    const refused = await script('zkCleanup.sh', '-n', '1');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('3')]);
  });

  it('take the answers of whoever asks for a repair, and end with a reader that goes away', async () => {
    const folder = await newFolder();
    cpSync(join(golden, 'log.1'), join(folder, 'log.1'));
    const zkTool = fileURLToPath(new URL('../../bin/zk-tool', import.meta.url));
    const head = await run('/bin/bash', ['-c', '"$0" txnlog "$1" | head -1', zkTool, folder]);
    expect([head.code, head.stderr]).toEqual([0, '']);
    const repaired = await run(zkTool, ['txnlog', '-r', join(folder, 'log.1')], { input: 'y\n' });
    expect([repaired.code, repaired.stderr]).toEqual([0, '']);
    expect(repaired.stdout).toContain('with 0 fixed CRC error(s)');
  });
});
