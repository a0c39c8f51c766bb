/*
 * How a server that was away is brought up to date, between servers of both kinds and both ways: with what it missed
 * (DIFF, from memory or from the log), with everything (SNAP), or after it has dropped what nobody else has (TRUNC). Which
 * way was taken is read off the wire.
 */
import { describe, expect, it } from 'vitest';
import * as requests from '../../harness/requests.ts';
import { Op } from '../../harness/requests.ts';
import { readTransactions } from '../../harness/transaction-log.ts';
import { until } from '../../harness/until.ts';
import { type Ensemble, membersOf, withEnsemble } from './harness/ensemble.ts';
import { SessionClient } from './harness/session-client.ts';
import { expectEqualTrees } from './harness/trees.ts';

/** More transactions than a leader keeps in memory (ZKDatabase.commitLogCount, 500). */
const beyondMemory = 700;

/** Creates znodes through one member. */
async function write(ensemble: Ensemble, id: number, prefix: string, count: number): Promise<void> {
  if (count === 0) return;
  const client = await SessionClient.open([ensemble.port(id)]);
  const creates = Array.from({ length: count }, (_, index) => client.create(`/${prefix}-${index}`));
  await Promise.all(creates);
  await client.close();
}

/** Member 1 is away while the others write. */
async function missWrites(ensemble: Ensemble, count: number): Promise<void> {
  await ensemble.startLedBy(3);
  await write(ensemble, 1, 'before', 20);
  await ensemble.stop(1);
  await write(ensemble, 2, 'missed', count);
  await ensemble.start(1);
}

/** Waits until all members have all that was written. */
async function allToHaveAll(ensemble: Ensemble): Promise<void> {
  const zxidOf = async (id: number) =>
    /^Zxid: (.*)$/m.exec(await ensemble.member(id).server.word('srvr'))?.[1];
  await until('all to have all', async () => {
    const [first, ...others] = await Promise.all(ensemble.ids.map(zxidOf));
    return first !== undefined && others.every((zxid) => zxid === first);
  });
}

/** Member 3, the leader, logs a write that reaches nobody, and is killed; the others hear nothing of it ever. */
async function dieWithAWriteOfItsOwn(ensemble: Ensemble): Promise<void> {
  const client = await SessionClient.open([ensemble.port(3)]);
  // Of those that are left the one with the newer log leads, whatever its number.
  await allToHaveAll(ensemble);
  for (const other of [1, 2]) ensemble.links.blackhole(3, other);
  client.request(Op.create, requests.create('/lost')).catch(() => {});
  await until('the leader to log it', async () =>
    (await readTransactions(ensemble.member(3).versionFolder)).some(({ text }) =>
      text.includes('/lost'),
    ),
  );
  client.abandon();
  await ensemble.kill(3);
  for (const other of [1, 2]) {
    ensemble.links.drop(3, other);
    ensemble.links.heal(3, other);
  }
}

describe.each([
  ['java', 'ours'],
  ['ours', 'java'],
  ['ours', 'ours'],
] as const)('%s leads, and a server of the kind %s comes back', (leader, learner) => {
  const members = membersOf(learner, leader, leader);

  it('gets what it missed from memory', async () => {
    await withEnsemble({ members }, async (ensemble) => {
      await missWrites(ensemble, 100);
      expect(ensemble.links.lastSync(1)).toEqual({ leader: 3, learner: 1, kind: 'DIFF' });
      expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(120);
    });
  });

  it('gets what it missed from the log, if that is little beside a snapshot', async () => {
    await withEnsemble({ members }, async (ensemble) => {
      await ensemble.startLedBy(3);
      const client = await SessionClient.open([ensemble.port(3)]);
      await client.create('/large', 'x'.repeat(900_000));
      await client.close();
      await Promise.all(ensemble.ids.map((id) => ensemble.stop(id)));
      await missWrites(ensemble, beyondMemory);
      expect(ensemble.links.lastSync(1)?.kind).toBe('DIFF');
      expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(beyondMemory);
    });
  });

  it('gets everything if it missed more than that', async () => {
    await withEnsemble({ members, config: { snapshotSizeFactor: -1 } }, async (ensemble) => {
      await missWrites(ensemble, beyondMemory);
      expect(ensemble.links.lastSync(1)).toEqual({ leader: 3, learner: 1, kind: 'SNAP' });
      expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(beyondMemory);
    });
  });

  it.each([
    ['TRUNC', 'before anything else was written', 0],
    // A log is not cut back over the border of an epoch (LearnerHandler.queueCommittedProposals).
    ['SNAP', 'after others have gone on', 20],
  ] as const)('drops with a %s what only it has logged, %s', async (kind, _when, count) => {
    await withEnsemble({ members: membersOf(leader, leader, learner) }, async (ensemble) => {
      await ensemble.startLedBy(3);
      await write(ensemble, 3, 'before', 20);
      await dieWithAWriteOfItsOwn(ensemble);
      expect(await ensemble.settled()).toBe(2);
      await write(ensemble, 1, 'after', count);
      await ensemble.start(3);
      expect(ensemble.links.lastSync(3)).toEqual({ leader: 2, learner: 3, kind });
      await write(ensemble, 3, 'again', 20);
      const tree = await expectEqualTrees(ensemble);
      expect(tree.filter((line) => line.startsWith('"/after-'))).toHaveLength(count);
      expect(tree.filter((line) => line.startsWith('"/lost"'))).toEqual([]);
    });
  });
});
