/*
 * States that take years to come about, made by hand: both servers start on the same log and are asked the same.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op, openAcl } from '../harness/requests.ts';
import { makeServer, type ServerKind } from '../harness/server.ts';
import { makeLog } from '../harness/transaction-log.ts';
import { WireWriter } from '../harness/wire.ts';
import { replyText } from './differential/replies.ts';
import type { Request } from './differential/world.ts';

/** CreateTxn: path, data, acl, ephemeral, cversion of the parent after it. */
function createTxn(path: string, parentCVersion: number): { type: number; body: Buffer } {
  const request = requests.create(path, Buffer.alloc(0), 0, openAcl);
  const body = new WireWriter()
    .raw(request.subarray(0, -4))
    .bool(false)
    .int(parentCVersion)
    .bytes();
  return { type: Op.create, body };
}

/** SetDataTxn: path, data, the version after it. */
const setDataTxn = (path: string, version: number): { type: number; body: Buffer } => ({
  type: Op.setData,
  body: requests.setData(path, Buffer.from('x'), version),
});

/** The replies of a server that starts on such a log. */
async function answers(
  kind: ServerKind,
  log: Uint8Array,
  asked: readonly Request[],
): Promise<string[]> {
  const server = await makeServer(kind, { 'snapshot.trust.empty': 'true' });
  try {
    await mkdir(server.versionFolder, { recursive: true });
    await writeFile(join(server.versionFolder, 'log.1'), log);
    await server.start();
    const session = await openSession(server.port);
    const lines: string[] = [];
    for (const { op, body, label } of asked) {
      const text = replyText(op, await session.request(op, body), { nameSession: String });
      lines.push(`${label}: ${text}`);
    }
    return lines;
  } finally {
    await server.dispose();
  }
}

const create = (path: string, flags: number): Request => ({
  op: Op.create,
  body: requests.create(path, Buffer.alloc(0), flags),
  label: `create ${path} ${flags}`,
});

const children = (path: string): Request => ({
  op: Op.getChildren2,
  body: requests.pathAndWatch(path),
  label: `getChildren2 ${path}`,
});

it('sequential names overflow as in Apache ZooKeeper', async () => {
  const log = makeLog([createTxn('/seq', 1), createTxn('/seq/first', 2_147_483_645)]);
  const asked = [
    ...Array.from({ length: 6 }, () => create('/seq/n-', 2)),
    create('/seq/plain', 0),
    create('/seq/other-', 2),
    children('/seq'),
  ];
  const expected = await answers('java', log, asked);
  expect(expected.join('\n')).toContain('"/seq/n-2147483647"');
  expect(await answers('ours', log, asked)).toEqual(expected);
});

it('versions overflow as in Apache ZooKeeper', async () => {
  const log = makeLog([createTxn('/v', 1), setDataTxn('/v', 2_147_483_646)]);
  const set = (version: number): Request => ({
    op: Op.setData,
    body: requests.setData('/v', Buffer.from('y'), version),
    label: `setData ${version}`,
  });
  const asked = [
    set(2_147_483_646),
    set(2_147_483_647),
    set(-2_147_483_648),
    set(-1),
    { op: Op.exists, body: requests.pathAndWatch('/v'), label: 'exists' },
  ];
  const expected = await answers('java', log, asked);
  expect(expected.join('\n')).toContain('version=-2147483648');
  expect(await answers('ours', log, asked)).toEqual(expected);
});
