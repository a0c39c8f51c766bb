/*
 * What an operator is told of a member: by `start`, by `status` on every member and with the leader gone, and by `conf`, `srvr`
 * and `mntr`. Three servers and an observer in the background, known by their pid files.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Finished, run } from '../harness/command.ts';
import { freePort } from '../harness/ports.ts';
import { fourLetterWord } from '../harness/server.ts';
import { until } from '../harness/until.ts';
import { SessionClient } from '../interop/ensemble/harness/session-client.ts';

const zkServer = fileURLToPath(new URL('../../bin/zk-server', import.meta.url));

/** A member's folder: zoo.cfg and data/myid. */
interface Site {
  readonly id: number;
  readonly folder: string;
  readonly port: number;
}

let folder: string;
let sites: readonly Site[];

const zk = ({ folder: cwd }: Site, command: string): Promise<Finished> =>
  run(zkServer, [command, './zoo.cfg'], { cwd, env: { ZOO_LOG_DIR: join(cwd, 'logs') } });

const word = ({ port }: Site, name: string): Promise<string> => fourLetterWord(port, name);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zk-status-'));
  const lines: string[] = [];
  const made: Site[] = [];
  for (const id of [1, 2, 3, 4]) {
    const role = id === 4 ? 'observer' : 'participant';
    lines.push(`server.${id}=127.0.0.1:${await freePort()}:${await freePort()}:${role}`);
    made.push({ id, folder: join(folder, String(id)), port: await freePort() });
  }
  for (const { id, folder: own, port } of made) {
    mkdirSync(join(own, 'data'), { recursive: true });
    writeFileSync(join(own, 'data', 'myid'), `${id}\n`);
    const keys = ['tickTime=500', 'initLimit=20', 'syncLimit=20', '4lw.commands.whitelist=*'];
    const address = [`clientPort=${port}`, 'clientPortAddress=127.0.0.1', 'dataDir=./data'];
    writeFileSync(join(own, 'zoo.cfg'), `${[...keys, ...address, ...lines].join('\n')}\n`);
  }
  sites = made;
});

afterEach(async () => {
  for (const site of sites) await zk(site, 'stop');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts members one after the other, and waits until each of them has a mode. */
async function startAll(): Promise<readonly string[]> {
  for (const site of sites) expect((await zk(site, 'start')).code).toBe(0);
  return await until('every member to have a mode', async () => {
    const statuses = await Promise.all(sites.map((site) => zk(site, 'status')));
    return statuses.every(({ code }) => code === 0) && statuses.map(({ stdout }) => stdout);
  });
}

/** The member that leads. */
async function leader(): Promise<Site> {
  return await until('a leader', async () => {
    for (const site of sites) {
      const answer = await word(site, 'srvr').catch(() => '');
      if (answer.includes('Mode: leader')) return site;
    }
    return undefined;
  });
}

it('returns from the start of the first of three, and says that it looks for the others', async () => {
  const [first] = sites as [Site];
  const started = await zk(first, 'start');
  expect([started.code, started.stdout]).toEqual([0, 'Starting zookeeper ... STARTED\n']);
  expect(started.stderr).toContain('It looks for the other servers of its ensemble');
  const status = await zk(first, 'status');
  expect([status.code, status.stdout.split('\n')]).toEqual([
    1,
    [
      `Client port found: ${first.port}. Client address: 127.0.0.1. Client SSL: false.`,
      'Error contacting service. It is probably not running.',
      '',
    ],
  ]);
  expect(await word(first, 'ruok')).toBe('imok');
  expect(await word(first, 'isro')).toBe('null');
});

it('has a mode on every member, and none where there is no leader', async () => {
  const modes = (await startAll()).map((stdout) => stdout.trim().split('\n').at(-1));
  expect([...modes].sort()).toEqual([
    'Mode: follower',
    'Mode: follower',
    'Mode: leader',
    'Mode: observer',
  ]);
  const [last, ...others] = sites.filter(({ id }) => id < 4).reverse() as [Site, ...Site[]];
  for (const site of others) await zk(site, 'stop');
  await until('the last one to have no mode', async () => (await zk(last, 'status')).code === 1);
  expect(await word(last, 'mntr')).toBe(
    'This ZooKeeper instance is not currently serving requests\n',
  );
});

it('begins the time and the counts of a server anew with each role, and its metrics never', async () => {
  await startAll();
  const gone = await leader();
  const site = sites.find(({ id }) => id < 4 && id !== gone.id) as Site;
  const client = await SessionClient.open([site.port]);
  for (let n = 0; n < 20; n++) await client.create(`/${n}`);
  await client.close();
  const numberAt = async (key: string) =>
    Number(new RegExp(`^zk_${key}\t(.*)$`, 'm').exec(await word(site, 'mntr'))?.[1]);
  expect(await numberAt('packets_received')).toBeGreaterThan(20);
  await zk(gone, 'stop');
  await until('another role', async () => (await numberAt('cnt_unavailable_time')) === 2);
  expect(await numberAt('packets_received')).toBeLessThan(20);
  expect(await numberAt('looking_count')).toBe(2);
  expect(await numberAt('learner_proposal_received_count')).toBeGreaterThan(20);
});

it('shows the whole of the ensemble on its leader', async () => {
  await startAll();
  const site = await leader();
  const conf = await word(site, 'conf');
  const membership = readFileSync(join(site.folder, 'zoo.cfg'), 'utf8').match(/^server\..*$/gm);
  expect(conf.split('membership: \n')[1]?.split('\n')).toEqual([
    ...(membership ?? []),
    'version=0',
  ]);
  expect(conf).toContain(`\nserverId=${site.id}\ninitLimit=20\nsyncLimit=20\nelectionAlg=3\n`);
  const mntr = await word(site, 'mntr');
  for (const line of [
    ...['server_state\tleader', 'peer_state\tleading - broadcast', 'learners\t3'],
    ...['synced_followers\t2', 'synced_observers\t1', 'quorum_size\t3', 'pending_syncs\t0'],
  ]) {
    expect(mntr).toContain(`\nzk_${line}\n`);
  }
});

it('does not lead where the port for that is taken: it says so and ends, and the others go on', async () => {
  const [first, second, third] = sites as [Site, Site, Site];
  const quorumPort = /^server\.2=127\.0\.0\.1:(\d+):/m.exec(
    readFileSync(join(second.folder, 'zoo.cfg'), 'utf8'),
  )?.[1];
  const other = createServer().listen(Number(quorumPort), '127.0.0.1');
  try {
    for (const site of [first, second]) await zk(site, 'start');
    const log = async () =>
      (await run('sh', ['-c', 'cat logs/*.out'], { cwd: second.folder })).stdout;
    await until('the second to end', async () =>
      /"level":"fatal".*"msg":"the server cannot lead: server\.2 in .* quorum port \d+/.test(
        await log(),
      ),
    );
    await zk(third, 'start');
    await until('the others to serve', async () => (await zk(first, 'status')).code === 0);
    expect((await leader()).id).toBe(3);
  } finally {
    other.close();
  }
});

it('can be followed in the logs from the first look for the others to the role', async () => {
  await startAll();
  const logOf = async ({ folder: own }: Site) =>
    (await run('sh', ['-c', 'cat logs/*.out'], { cwd: own })).stdout;
  const leading = await leader();
  expect(await logOf(leading)).toMatch(/leading epoch \d+, followed by \[/);
  for (const site of sites.filter(({ id }) => id !== leading.id)) {
    const role = site.id === 4 ? 'observing' : 'following';
    expect(await logOf(site)).toMatch(
      new RegExp(`"msg":"${role} server ${leading.id} in epoch \\d+, and serving"`),
    );
  }
});
