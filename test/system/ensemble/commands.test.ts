/*
 * An ensemble as an operator sets it up: three zoo.cfg, three myid files, `zk-server start` on each node, `status`, and
 * `stop`. The servers are daemons here, known by their pid files.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Finished, run } from '../../harness/command.ts';
import { freePort } from '../../harness/ports.ts';
import { until } from '../../harness/until.ts';
import { SessionClient } from '../../interop/ensemble/harness/session-client.ts';

const zkServer =
  process.env['ZK_SERVER'] ?? fileURLToPath(new URL('../../../bin/zk-server', import.meta.url));

/** One node: a folder with conf/zoo.cfg and data/myid, in which the operator types. */
class Node {
  readonly folder: string;
  readonly clientPort: number;

  constructor(id: number, folder: string, clientPort: number, serverLines: string) {
    this.folder = join(folder, `node${id}`);
    this.clientPort = clientPort;
    mkdirSync(join(this.folder, 'conf'), { recursive: true });
    mkdirSync(join(this.folder, 'data'));
    writeFileSync(join(this.folder, 'data', 'myid'), `${id}\n`);
    writeFileSync(
      join(this.folder, 'conf', 'zoo.cfg'),
      `tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=${join(this.folder, 'data')}\n` +
        `clientPort=${clientPort}\nclientPortAddress=127.0.0.1\n${serverLines}`,
    );
  }

  zk(command: string): Promise<Finished> {
    const env = { ZOO_LOG_DIR: join(this.folder, 'logs') };
    return run(zkServer, [command, 'conf/zoo.cfg'], { cwd: this.folder, env });
  }

  /** What `status` says of its mode: nothing where it has none. */
  async mode(): Promise<string | undefined> {
    const { code, stdout } = await this.zk('status');
    return code === 0 ? /^Mode: (\w+)$/m.exec(stdout)?.[1] : undefined;
  }
}

let folder: string;
let nodes: readonly Node[];

/** Three nodes, or more of which the rest observe. */
async function makeNodes(count: number): Promise<readonly Node[]> {
  const lines: string[] = [];
  const clientPorts: number[] = [];
  for (let id = 1; id <= count; id++) {
    const ports = `${await freePort()}:${await freePort()}`;
    lines.push(`server.${id}=127.0.0.1:${ports}${id > 3 ? ':observer' : ''}\n`);
    clientPorts.push(await freePort());
  }
  return clientPorts.map((port, index) => new Node(index + 1, folder, port, lines.join('')));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zk-nodes-'));
  nodes = await makeNodes(4);
});

afterEach(async () => {
  for (const node of nodes) await node.zk('stop');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts all nodes, one after the other, and waits until each has its mode. */
async function startAll(): Promise<readonly (string | undefined)[]> {
  for (const node of nodes) {
    const started = await node.zk('start');
    expect([started.code, started.stdout]).toEqual([0, 'Starting zookeeper ... STARTED\n']);
  }
  return await until('every node to have a mode', async () => {
    const modes: (string | undefined)[] = [];
    for (const node of nodes) modes.push(await node.mode());
    return modes.every((mode) => mode !== undefined) && modes;
  });
}

it('starts on each node, tells each its mode, and serves one tree', async () => {
  expect([...(await startAll())].sort()).toEqual(['follower', 'follower', 'leader', 'observer']);
  for (const [index, { clientPort }] of nodes.entries()) {
    const client = await SessionClient.open([clientPort]);
    await client.create(`/from-${index}`, `data ${index}`);
    await client.close();
  }
  for (const { clientPort } of nodes) {
    const client = await SessionClient.open([clientPort]);
    await client.sync();
    for (const index of nodes.keys()) {
      expect(await client.getData(`/from-${index}`)).toBe(`data ${index}`);
    }
    await client.close();
  }
});

it('has no mode while it is alone, and says so', async () => {
  const [first] = nodes;
  if (first === undefined) throw new Error('there is no node');
  expect((await first.zk('start')).code).toBe(0);
  const alone = await first.zk('status');
  expect(alone.code).toBe(1);
  expect(alone.stdout).toContain('Error contacting service. It is probably not running.');
});

it('stops on each node, and has everything when it is started again', async () => {
  await startAll();
  const writer = await SessionClient.open(nodes.map(({ clientPort }) => clientPort));
  await writer.create('/kept', 'data');
  await writer.close();
  for (const node of nodes) {
    const stopped = await node.zk('stop');
    expect([stopped.code, stopped.stdout]).toEqual([0, 'Stopping zookeeper ... STOPPED\n']);
    expect(await node.mode()).toBe(undefined);
  }
  await startAll();
  for (const { clientPort } of nodes) {
    const reader = await SessionClient.open([clientPort]);
    await reader.sync();
    expect(await reader.getData('/kept')).toBe('data');
    await reader.close();
  }
});
