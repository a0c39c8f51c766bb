/*
 * What zk-cli has and zkCli has not: tree, find, watch, JSON, and how it ends without a server; against a server of each kind.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ZooKeeper } from '../../src/client/index.ts';
import { run } from '../harness/command.ts';
import { freePort } from '../harness/ports.ts';
import { serverKinds, withServer } from '../harness/server.ts';

const zkCli = fileURLToPath(new URL('../../bin/zk-cli', import.meta.url));

/** The results of a session, as JSON. */
async function jsonOf(address: string, lines: readonly string[]): Promise<unknown[]> {
  const input = `${lines.join('\n')}\n`;
  const { stdout } = await run(zkCli, ['-server', address, '--json'], { input });
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe.each(serverKinds)('against a server of kind %s', (kind) => {
  it('a tree is drawn, searched, read as JSON, and deleted in batches', async () => {
    await withServer(kind, {}, async ({ address }) => {
      const lines = ['create /a', 'create /a/b hello', 'create /a/b/c x', 'create -e /a/e y'];
      const results = await jsonOf(address, [
        ...lines,
        'get /a/b',
        'find -name ?b* /',
        'find -name b /a',
        'find -e',
        'find -data ell /a',
        'tree -L 1 /a',
        'deleteall -b 2 /a',
      ]);
      expect(results).toMatchObject([
        { path: '/a' },
        { path: '/a/b' },
        { path: '/a/b/c' },
        { path: '/a/e' },
        { path: '/a/b', data: 'hello' },
        { path: '/a/b' },
        { path: '/a/e' },
        { path: '/a/b', stat: { dataLength: 5 } },
        { path: '/a', depth: 0, children: 2 },
        { path: '/a/b', depth: 1, children: 1 },
        { path: '/a/e', depth: 1, children: 0 },
        { path: '/a', deleted: 4 },
      ]);
    });
  });

  it('a drawing shows what is below, and counts it', async () => {
    await withServer(kind, {}, async ({ address }) => {
      const input = 'create /a\ncreate /a/b\ncreate /a/b/c\ncreate /a/d\ntree /a\nget /a/b\n';
      const { stdout } = await run(zkCli, ['-server', address], { input });
      expect(stdout).toContain('\n/a\n├── b\n│   └── c\n└── d\n3 below /a\nnull\n');
    });
  });

  it('a part that may not be read does not hide the others, and an answer that is too long says so', async () => {
    await withServer(kind, {}, async ({ address }) => {
      await using zk = await ZooKeeper.connect(address);
      const acl = [{ perms: 31, id: { scheme: 'digest', id: 'a:b' } }];
      await zk.create('/a');
      await zk.create('/a/closed', 'x', { acl });
      await zk.create('/a/open', 'x'.repeat(2_000));
      const asked = (...words: string[]) => run(zkCli, ['-server', address, ...words]);
      const drawn = await asked('tree', '/a');
      expect(drawn.stdout).toContain('├── closed (no permission)\n└── open\n2 below /a\n');
      const found = await asked('find', '-data', 'x', '/a');
      expect(found.stdout.trim().split('\n').at(-1)).toBe('/a/open');
      expect(found.stderr).toBe('Insufficient permission : /a/closed\n1 znodes may not be read\n');
      expect(found.code).toBe(1);
      const cut = await asked('-Djute.maxbuffer=1000', 'get', '/a/open');
      expect(cut.stderr).toMatch(
        /^KeeperErrorCode = MarshallingError for \/a\/open \(.* is 1000\)/,
      );
    });
  });

  it('a watch tells what happens until its count is reached', async () => {
    await withServer(kind, {}, async ({ address }) => {
      await using zk = await ZooKeeper.connect(address);
      await zk.create('/w');
      const words = ['-server', address, '--json', 'watch', '-d', '-n', '2', '/w'];
      const finished = run(zkCli, words);
      // Whoever watches has a session of its own; its watch is seen in the events alone.
      let isOver = false;
      finished.finally(() => {
        isOver = true;
      });
      while (!isOver) await zk.setData('/w', 'new');
      const { code, stdout } = await finished;
      expect(code).toBe(0);
      const events = stdout.trim().split('\n');
      expect(events).toHaveLength(2);
      expect(JSON.parse(events[0] ?? '')).toMatchObject({
        type: 'nodeDataChanged',
        path: '/w',
        data: 'new',
      });
    });
  });

  it('data is written as it is, whatever bytes it has', async () => {
    await withServer(kind, {}, async ({ address }) => {
      const words = ['-server', address, 'set', '-b', '/a', 'AP9iCg=='];
      expect((await run(zkCli, ['-server', address, 'create', '/a'])).code).toBe(0);
      expect((await run(zkCli, words)).code).toBe(0);
      const read = await run('/bin/sh', [
        '-c',
        `"${zkCli}" -server ${address} get /a | tail -c 5 | od -An -tx1`,
      ]);
      expect(read.stdout.trim()).toBe('00 ff 62 0a 0a');
    });
  });
});

it('a server that is not there fails a command soon, and says why', async () => {
  const port = await freePort();
  const { code, stderr } = await run(zkCli, ['-server', `127.0.0.1:${port}`, 'ls', '/']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^KeeperErrorCode = ConnectionLoss for \/ \(.*ECONNREFUSED/);
});

it('-waitforconnection gives up after the timeout', async () => {
  const port = await freePort();
  const words = [
    '-server',
    `127.0.0.1:${port}`,
    '-timeout',
    '300',
    '-waitforconnection',
    'ls',
    '/',
  ];
  const { code, stderr } = await run(zkCli, words);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^KeeperErrorCode = ConnectionLoss/);
});
