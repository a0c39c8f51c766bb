/*
 * Four-letter words as operators and monitors send them: `echo ruok | nc host port`. The lines of both servers are compared
 * with their numbers masked, after the same few requests.
 */
import { expect, it } from 'vitest';
import { needProgram, runWell } from '../harness/command.ts';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { type ServerKind, serverKinds, type TestServer, withServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';
import { laterKeys, maskedLines, monitorKeys } from './word-lines.ts';

/** Words whose lines do not depend on what else the process is made of. */
const words = [
  ...['conf', 'cons', 'crst', 'gtmk', 'isro', 'ruok', 'srst', 'srvr'],
  ...['stat', 'wchc', 'wchp', 'wchs', 'mntr'],
];

/** What `echo word | nc host port` prints. */
async function asked(server: TestServer, word: string): Promise<string> {
  const nc = needProgram('nc', 'netcat-openbsd');
  const args = ['-w', '30', '127.0.0.1', String(server.port)];
  const options = { input: `${word}\n` };
  // Java now and then closes without an answer, and when the machine is busy in the middle of a long one.
  const end = word === 'mntr' ? 'write_per_namespace' : '';
  return await until(`an answer to ${word}`, async () => {
    const { stdout } = await runWell(nc, args, options);
    return stdout === '' || !stdout.includes(end) ? undefined : stdout;
  });
}

/** The words' answers on a server with one session, a znode, an ephemeral and a watch. */
const answers = (kind: ServerKind): Promise<Map<string, string>> =>
  withServer(kind, {}, async (server) => {
    const session = await openSession(server.port, { timeoutMs: 30_000 });
    await session.request(Op.create, requests.create('/a', Buffer.from('data')));
    await session.request(Op.create, requests.create('/a/mine', Buffer.from('x'), 1));
    await session.request(Op.getData, requests.pathAndWatch('/a', true));
    const seen = new Map<string, string>();
    for (const word of words) seen.set(word, await asked(server, word));
    await session.close();
    return seen;
  });

it('nc gets the lines that it gets from Apache ZooKeeper', async () => {
  const expected = await answers('java');
  expect(expected.get('ruok')).toBe('imok');
  const seen = await answers('ours');
  for (const word of words.filter((each) => each !== 'mntr')) {
    expect([word, maskedLines(seen.get(word) ?? '')]).toEqual([
      word,
      maskedLines(expected.get(word) ?? ''),
    ]);
  }
  const [known, ours] = [
    monitorKeys(expected.get('mntr') ?? ''),
    monitorKeys(seen.get('mntr') ?? ''),
  ];
  expect(ours.filter((key) => !known.includes(key) && !laterKeys.test(key))).toEqual([]);
  expect(watchedKeys.filter((key) => !ours.includes(key))).toEqual([]);
});

it('a word that does not exist closes the connection without an answer', async () => {
  for (const kind of serverKinds) {
    const answer = await withServer(kind, {}, (server) => server.word('nope'));
    expect([kind, answer]).toEqual([kind, '']);
  }
});

/** Keys that dashboards and alerts of ZooKeeper's users are made of. */
const watchedKeys = [
  ...['version', 'server_state', 'avg_latency', 'max_latency', 'min_latency', 'uptime'],
  ...['packets_received', 'packets_sent', 'num_alive_connections', 'outstanding_requests'],
  ...['znode_count', 'watch_count', 'ephemerals_count', 'approximate_data_size'],
  ...['global_sessions', 'local_sessions', 'open_file_descriptor_count'],
  ...['max_file_descriptor_count', 'connection_drop_probability', 'auth_failed_count'],
  ...['last_client_response_size', 'max_client_response_size', 'min_client_response_size'],
  ...['avg_fsynctime', 'sum_fsynctime', 'cnt_snapshottime', 'p99_readlatency', 'p99_updatelatency'],
  ...['digest_mismatches_count', 'connection_rejected', 'bytes_received_count', 'response_bytes'],
  ...['stale_sessions_expired', 'large_requests_rejected', 'request_throttle_wait_count'],
].map((name) => `zk_${name}`);
