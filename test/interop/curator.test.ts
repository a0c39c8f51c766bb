/*
 * Apache Curator (Debian's libcurator-*-java) and the Java client below it: containers, TTL, transactions, locks, leader
 * latches, caches on persistent recursive watches, and a restart of the server below a live session. See
 * clients/CuratorWorkload.java.
 */
import { expect, it } from 'vitest';
import { buildCurator, linesOf } from './clients/program.ts';

it('Curator sees what it sees of Apache ZooKeeper', async () => {
  const { program, remove } = await buildCurator();
  try {
    const expected = await linesOf(program, 'java');
    expect(expected).toContain('suspended and back: true true false');
    expect(expected).toContain('empty containers go: true');
    expect(expected.at(-1)).toBe('done');
    expect(await linesOf(program, 'ours')).toEqual(expected);
  } finally {
    await remove();
  }
});
