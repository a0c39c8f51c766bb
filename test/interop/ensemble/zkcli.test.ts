/*
 * zkCli of the Java distribution against each server of a mixed ensemble, and against all of them at once.
 */
import { expect, it } from 'vitest';
import { runZooKeeperClass } from '../../harness/java.ts';
import { membersOf, withEnsemble } from './harness/ensemble.ts';

/** What one command of zkCli prints, the last lines of it. */
async function zkCli(servers: string, command: string): Promise<readonly string[]> {
  const { stdout } = await runZooKeeperClass('ZooKeeperMain', [
    '-server',
    servers,
    ...command.split(' '),
  ]);
  return stdout.trimEnd().split('\n');
}

it('shows through any server what was done through any other', async () => {
  await withEnsemble({ members: membersOf('ours', 'java', 'ours') }, async (ensemble) => {
    await ensemble.startLedBy(3);
    const servers = ensemble.ports.map((port) => `127.0.0.1:${port}`);
    for (const [index, server] of servers.entries()) {
      expect((await zkCli(server, `create /of-${index} data-${index}`)).join('\n')).toContain(
        'WatchedEvent state:SyncConnected',
      );
    }
    for (const server of [...servers, servers.join(',')]) {
      await zkCli(server, 'sync /');
      for (const index of servers.keys()) {
        expect((await zkCli(server, `get /of-${index}`)).at(-1)).toBe(`data-${index}`);
      }
      expect((await zkCli(server, 'ls /')).at(-1)).toBe('[of-0, of-1, of-2, zookeeper]');
    }
  });
});
