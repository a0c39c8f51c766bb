/*
 * An answer that its client does not read: the connection is over, but for the bytes that still have to leave. They must not
 * keep socket and memory for ever.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { openSession, type RawSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { withServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';

const PERSISTENT = 0;

/** Leaves watches whose paths make the answer to wchp larger than the system takes off the server's hands. */
async function makeMuchToTell(session: RawSession): Promise<number> {
  let size = 0;
  for (let n = 0; n < 30; n++) {
    const path = `/${n}-${'x'.repeat(900_000)}`;
    expect((await session.request(Op.addWatch, requests.pathAndInt(path, PERSISTENT))).err).toBe(0);
    size += path.length;
  }
  return size;
}

it('sends a large answer to its end before the connection is closed', () =>
  withServer('ours', {}, async (server) => {
    const session = await openSession(server.port);
    const size = await makeMuchToTell(session);
    expect((await server.word('wchp')).length).toBeGreaterThan(size);
    await session.close();
  }));

it('gives up a word whose answer nobody reads', () =>
  withServer('ours', { 'nio.sessionlessCnxnTimeout': 5_000 }, async (server) => {
    const openFiles = async () =>
      Number((await server.mntr()).get('zk_open_file_descriptor_count'));
    const session = await openSession(server.port);
    await makeMuchToTell(session);
    const before = await openFiles();
    const deaf = connect(server.port, '127.0.0.1').pause();
    await once(deaf, 'connect');
    deaf.write('wchp');
    await until('the answer to be made', async () => (await openFiles()) > before);
    await until('the socket to be given up', async () => (await openFiles()) <= before);
    deaf.destroy();
    await session.close();
  }));
