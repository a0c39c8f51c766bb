/*
 * ZooKeeper's C client: a program of ours on libzookeeper-mt (clients/c_workload.c), and the shell that Debian ships with
 * it (cli_mt).
 */
import { expect, it } from 'vitest';
import { needFile, runWell } from '../harness/command.ts';
import { type ServerKind, withServer } from '../harness/server.ts';
import { buildC, linesOf } from './clients/program.ts';

it('the C client sees what it sees of Apache ZooKeeper', async () => {
  const { program, remove } = await buildC();
  try {
    const expected = await linesOf(program, 'java');
    expect(expected).toContain('reconnected: 1, expired 0');
    expect(expected.at(-1)).toBe('close: ok');
    expect(await linesOf(program, 'ours')).toEqual(expected);
  } finally {
    await remove();
  }
});

/** What cli_mt prints for some commands, each in a run of its own, without times and session ids. */
const shell = (kind: ServerKind): Promise<string[]> =>
  withServer(kind, {}, async (server) => {
    const cli = needFile('/usr/lib/zookeeper/bin/cli_mt', 'zookeeper-bin');
    const lines: string[] = [];
    for (const command of [
      'create /shell',
      'set /shell hello',
      'get /shell',
      'ls /',
      'delete /shell',
    ]) {
      const { stdout, stderr } = await runWell(cli, ['-h', server.address, '-c', command]);
      lines.push(
        ...`${stdout}\n${stderr}`
          .split('\n')
          .filter((line) => /rc = |name = |^hello|^\t(zookeeper|shell)|aversion/.test(line)),
      );
    }
    return lines.sort();
  });

it('the shell of the C client works', async () => {
  const expected = await shell('java');
  expect(expected).toContain('[/shell]: rc = 0');
  expect(await shell('ours')).toEqual(expected);
});
