/*
 * Whether the servers of an ensemble hold the same: each is asked for all its znodes, with data, Stat, times, owners and
 * ACLs, after a sync. Only the node with the configuration is left out: each server makes it from its own zoo.cfg.
 */
import { expect } from 'vitest';
import { openSession } from '../../../harness/raw-client.ts';
import * as requests from '../../../harness/requests.ts';
import { Op } from '../../../harness/requests.ts';
import { until } from '../../../harness/until.ts';
import { dumpTree } from '../../differential/dump.ts';
import type { Ensemble } from './ensemble.ts';

const isLocal = (line: string): boolean => line.startsWith('"/zookeeper/config"');

/** All that one server holds, a line for each znode. */
async function treeOf(port: number): Promise<readonly string[]> {
  const session = await openSession(port);
  await session.request(Op.sync, requests.pathOnly('/'));
  const lines = await dumpTree(session, { nameSession: String, showTimes: true });
  await session.close();
  return lines.filter((line) => !isLocal(line));
}

/** Fails unless all running members hold the same znodes; gives them. */
export async function expectEqualTrees(ensemble: Ensemble): Promise<readonly string[]> {
  const [first = 0, ...others] = ensemble.up;
  const tree = await treeOf(ensemble.port(first));
  for (const id of others) {
    expect(await treeOf(ensemble.port(id)), `member ${id} beside member ${first}`).toEqual(tree);
  }
  return tree;
}

/**
 * Fails if a server has seen a digest that was not its own. Not to be asked of a Java server that was restarted: one that
 * fails while it is synchronised logs some transactions twice, and a replay of that log has other digests on its way.
 */
export async function expectMatchingDigests(ensemble: Ensemble): Promise<void> {
  for (const id of ensemble.up) {
    const mismatches = (await ensemble.member(id).server.mntr()).get('zk_digest_mismatches_count');
    expect(mismatches, `digest mismatches of member ${id}`).toBe('0');
  }
}

/** Waits until no server has an ephemeral left: all sessions that made any are closed or expired. */
export async function expectNoEphemerals(ensemble: Ensemble): Promise<void> {
  for (const id of ensemble.up) {
    await until(
      `the ephemerals on member ${id} to go`,
      async () => (await ensemble.member(id).server.mntr()).get('zk_ephemerals_count') === '0',
    );
  }
}
