/*
 * What operators see of a server (four-letter words), reduced to what must be the same on two servers that were sent the
 * same requests: counts, the ephemerals of each session, and who watches what. Left out: times, addresses, and connections
 * that watch nothing in `wchs` and `wchc`: Java goes on naming a connection whose last watch has fired.
 */
import type { TestServer } from '../../harness/server.ts';
import { until } from '../../harness/until.ts';
import type { NameSession } from './replies.ts';

const comparedKeys = [
  'zk_server_state',
  'zk_znode_count',
  'zk_ephemerals_count',
  'zk_global_sessions',
  'zk_local_sessions',
  'zk_auth_failed_count',
];

const named = (line: string, nameSession: NameSession): string =>
  line.replaceAll(/0x([0-9a-f]+)/g, (_, id: string) => nameSession(BigInt(`0x${id}`)));

/** The blocks of `wchp`, `wchc` and `dump`: an unindented line and its indented ones, sorted at both levels. */
function sortedBlocks(text: string, nameSession: NameSession): string[] {
  const blocks: string[][] = [];
  for (const line of text.trimEnd().split('\n')) {
    const last = blocks.at(-1);
    if (line.startsWith('\t') && last !== undefined) last.push(named(line.trim(), nameSession));
    else blocks.push([named(line, nameSession)]);
  }
  return blocks.map(([head, ...rest]) => `${head} ${rest.sort().join(' ')}`).sort();
}

/** Lines that two servers in the same state have in common. */
export async function operatorsView(
  server: TestServer,
  nameSession: NameSession,
): Promise<string[]> {
  // Java now and then closes without an answer. None of these words has an empty one where somebody watches.
  const asked = (word: string): Promise<string> =>
    until(`an answer to ${word}`, async () => (await server.word(word)) || false);
  const [srvr, mntr, wchs, wchp, wchc, dump] = await Promise.all([
    asked('srvr'),
    server.mntr(),
    asked('wchs'),
    asked('wchp'),
    asked('wchc'),
    asked('dump'),
  ]);
  const ephemerals = dump.slice(dump.indexOf('Sessions with Ephemerals'));
  const connections = ephemerals.indexOf('\nConnections dump:');
  return [
    ...srvr.split('\n').filter((line) => /^(Zxid|Mode|Node count):/.test(line)),
    ...comparedKeys.map((key) => `${key} ${mntr.get(key)}`),
    wchs.trimEnd().replace(/^\d+ connections/, 'some connections'),
    ...sortedBlocks(wchp, nameSession),
    ...sortedBlocks(wchc, nameSession).filter((block) => !block.endsWith(' ')),
    ...sortedBlocks(connections < 0 ? ephemerals : ephemerals.slice(0, connections), nameSession),
  ];
}
