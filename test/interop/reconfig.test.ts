/*
 * Changes of the ensemble, asked for by the client library and by zk-cli of an Apache ZooKeeper that allows them. One server is
 * enough: an observer may be a member that nobody has seen yet.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BadArgumentsError,
  BadVersionError,
  type DataResult,
  NewConfigNoQuorumError,
  NoAuthError,
  type WatchedEvent,
  ZooKeeper,
} from '../../src/client/index.ts';
import { failure } from '../client/stories/scene.ts';
import { run } from '../harness/command.ts';
import { freePort } from '../harness/ports.ts';
import { makeServer, type TestServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';
import { superDigest, superUser } from './differential/arguments.ts';

const zkCli = fileURLToPath(new URL('../../bin/zk-cli', import.meta.url));
const auth = [{ scheme: 'digest', auth: superUser }];

let server: TestServer;
/** The member that there is. */
let first: string;
const watcher = 'server.2=127.0.0.1:24102:24202:observer;127.0.0.1:24002';
const voter = 'server.3=127.0.0.1:24103:24203:participant;127.0.0.1:24003';

beforeAll(async () => {
  const [quorumPort, electionPort] = [await freePort(), await freePort()];
  server = await makeServer('java', {
    standaloneEnabled: 'false',
    reconfigEnabled: 'true',
    initLimit: 10,
    syncLimit: 5,
    'server.1': `127.0.0.1:${quorumPort}:${electionPort}`,
    'DigestAuthenticationProvider.superDigest': superDigest,
  });
  first = `server.1=127.0.0.1:${quorumPort}:${electionPort}:participant;127.0.0.1:${server.port}`;
  await mkdir(join(server.folder, 'data'));
  await writeFile(join(server.folder, 'data', 'myid'), '1\n');
  await server.start();
});

afterAll(() => server.dispose());

/** The members that a configuration names, and its version. */
const read = ({ data }: DataResult) => {
  const lines = (data?.toString() ?? '').split('\n');
  const version = lines.find((line) => line.startsWith('version='))?.slice('version='.length);
  return {
    members: lines.filter((line) => line.startsWith('server.')),
    version: BigInt(`0x${version}`),
  };
};

describe('reconfig', () => {
  it('takes members in and lets them go, and tells who watches', async () => {
    await using zk = await ZooKeeper.connect(server.address, { auth });
    const events: string[] = [];
    // Java's own first configuration names no client address.
    const ids = (result: DataResult) => read(result).members.map((line) => line.split('=')[0]);
    const watch = ({ type }: WatchedEvent): unknown => events.push(type);
    expect(ids(await zk.getConfig({ watch }))).toEqual(['server.1']);
    const joined = await zk.reconfig({ joining: [watcher] });
    expect(ids(joined)).toEqual(['server.1', 'server.2']);
    expect(read(joined).version).toBe(joined.stat.mzxid);
    expect(read(await zk.getConfig())).toEqual(read(joined));
    expect(events).toEqual(['nodeDataChanged']);
    expect(ids(await zk.reconfig({ leaving: [2] }))).toEqual(['server.1']);
  });

  it('sets all members, if the configuration is the one that was seen', async () => {
    await using zk = await ZooKeeper.connect(server.address, { auth });
    const { version } = read(await zk.getConfig());
    const members = [first, watcher];
    const stale = zk.reconfig({ members, fromConfig: version - 1n });
    expect(await failure(stale)).toBeInstanceOf(BadVersionError);
    const changed = await zk.reconfig({ members, fromConfig: version });
    expect(read(changed).members).toEqual(members);
    expect(read(await zk.reconfig({ members: [first] })).members).toEqual([first]);
  });

  it('is refused to whom it is not allowed, without a quorum, and for nonsense', async () => {
    await using nobody = await ZooKeeper.connect(server.address);
    expect(await failure(nobody.reconfig({ joining: [watcher] }))).toBeInstanceOf(NoAuthError);
    await using zk = await ZooKeeper.connect(server.address, { auth });
    const voting = zk.reconfig({ joining: [voter] });
    expect(await failure(voting)).toBeInstanceOf(NewConfigNoQuorumError);
    const nonsense = zk.reconfig({ joining: ['nonsense'] });
    expect(await failure(nonsense)).toBeInstanceOf(BadArgumentsError);
    expect(read(await zk.getConfig()).members).toEqual([first]);
  });

  it('says in zk-cli what has become of the ensemble, as in zkCli', async () => {
    const file = join(server.folder, 'members.cfg');
    await writeFile(file, `# all of them\n${first}\n${watcher}\n`);
    const input = [
      `addauth digest ${superUser}`,
      `reconfig -add ${watcher}`,
      'config -c',
      'reconfig -remove 2',
      `reconfig -file ${file}`,
      `reconfig -members ${first}`,
      `reconfig -add ${voter}`,
      'reconfig -v 5 -remove 2',
    ].join('\n');
    const { stdout, stderr } = await run(zkCli, ['-server', server.address], { input });
    const lines = stdout.slice(stdout.indexOf('Committed')).replace(/^version=.*$/gm, 'version=');
    const committed = (...members: readonly string[]) =>
      ['Committed new configuration:', ...members, 'version='].join('\n');
    expect(lines.replace(/^[0-9a-f]+ /gm, '')).toBe(
      [
        committed(first, watcher),
        `127.0.0.1:${server.port},127.0.0.1:24002`,
        committed(first),
        committed(first, watcher),
        committed(first),
        '',
      ].join('\n'),
    );
    expect(stderr).toContain('No quorum of new config is connected and up-to-date');
    expect(stderr).toContain('version No is not valid : \n');
    await until('the configuration', async () => {
      await using zk = await ZooKeeper.connect(server.address);
      return read(await zk.getConfig()).members.length === 1;
    });
  });
});
