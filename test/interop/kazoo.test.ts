/*
 * kazoo (Python, Debian's python3-kazoo) at work: sessions, ephemerals, sequences, watches, locks, elections, queues,
 * ACLs, transactions, and a restart of the server below a live session. See clients/kazoo_workload.py.
 */
import { expect, it } from 'vitest';
import { kazooProgram, linesOf } from './clients/program.ts';

it('kazoo sees what it sees of Apache ZooKeeper', async () => {
  const program = await kazooProgram();
  const expected = await linesOf(program, 'java');
  expect(expected).toContain('reconnected True False');
  expect(expected.at(-1)).toBe('done');
  expect(await linesOf(program, 'ours')).toEqual(expected);
});
