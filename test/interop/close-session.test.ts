/*
 * closeSessionTxn.enabled=false: a transaction that closes a session does not name its ephemerals, as before ZooKeeper 3.6, and
 * each server finds them by itself. Who reads such a log need not have the setting.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { openSession, type RawSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { makeServer, type ServerKind, TestServer } from '../harness/server.ts';

const EPHEMERAL = 1;
const NO_NODE = -101;

const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose();
});

async function isThere(session: RawSession, path: string): Promise<boolean> {
  const { err } = await session.request(Op.exists, requests.pathAndWatch(path));
  expect([0, NO_NODE]).toContain(err);
  return err === 0;
}

/** A server with the setting that was killed after one session was closed, while another was not. */
async function killedServer(kind: ServerKind): Promise<TestServer> {
  const server = await makeServer(kind, { 'closeSessionTxn.enabled': 'false', preAllocSize: 64 });
  servers.push(server);
  await server.start();
  const [closed, staying] = [await openSession(server.port), await openSession(server.port)];
  for (const name of ['a', 'b']) {
    await closed.request(Op.create, requests.create(`/closed-${name}`, null, EPHEMERAL));
    await staying.request(Op.create, requests.create(`/staying-${name}`, null, EPHEMERAL));
  }
  await closed.request(Op.closeSession);
  expect(await isThere(staying, '/closed-a')).toBe(false);
  expect(await isThere(staying, '/closed-b')).toBe(false);
  await server.kill9();
  return server;
}

/** The server that goes on in the folder of another, in a kind of its own and with its own setting. */
function heirOf(server: TestServer, kind: ServerKind, isEnabled: boolean): TestServer {
  const keys = { 'closeSessionTxn.enabled': String(isEnabled), preAllocSize: 64 };
  const heir = new TestServer(kind, server.port, server.folder, keys);
  servers.push(heir);
  return heir;
}

async function expectEphemeralsOfTheStaying(server: TestServer): Promise<void> {
  const session = await openSession(server.port);
  const paths = ['/closed-a', '/closed-b', '/staying-a', '/staying-b'];
  const found = [];
  for (const path of paths) if (await isThere(session, path)) found.push(path);
  expect(found).toEqual(['/staying-a', '/staying-b']);
  expect((await server.mntr()).get('zk_digest_mismatches_count')).toBe('0');
  await session.close();
}

describe('a log in which sessions are closed without naming their ephemerals', () => {
  // Java goes by the setting, and cannot read the log once it is changed.
  it.each([
    ['ours', 'ours', false],
    ['ours', 'ours', true],
    ['java', 'ours', false],
    ['java', 'ours', true],
    ['ours', 'java', false],
  ] as const)('of %s is replayed whole by %s, the setting then %s', async (one, two, isEnabled) => {
    const heir = heirOf(await killedServer(one), two, isEnabled);
    await heir.start();
    await expectEphemeralsOfTheStaying(heir);
  });
});
