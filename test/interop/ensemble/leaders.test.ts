/*
 * Leaders that go while clients write: killed, stopped, cut off, or frozen, in ensembles of both kinds of servers, so that
 * leadership passes from Java to ours and back. What was acknowledged stays, and so do the sessions.
 */
import { describe, expect, it } from 'vitest';
import { type Ensemble, membersOf, quickToNotice, withEnsemble } from './harness/ensemble.ts';
import { expectEqualTrees, expectNoEphemerals } from './harness/trees.ts';
import { underWorkload } from './harness/workload.ts';

/** Ways for a leader to go, and to come back. */
const ways: readonly (readonly [
  string,
  (ensemble: Ensemble, leader: number) => Promise<void>,
  (ensemble: Ensemble, leader: number) => Promise<void>,
])[] = [
  ['is killed', (ensemble, leader) => ensemble.kill(leader), (ensemble, id) => ensemble.launch(id)],
  [
    'is stopped',
    (ensemble, leader) => ensemble.stop(leader),
    (ensemble, id) => ensemble.launch(id),
  ],
  [
    'freezes',
    async (ensemble, leader) => ensemble.member(leader).pause(),
    async (ensemble, leader) => ensemble.member(leader).resume(),
  ],
  [
    'is cut off',
    async (ensemble, leader) => {
      for (const id of ensemble.ids) if (id !== leader) ensemble.links.cut(leader, id);
    },
    async (ensemble, leader) => {
      for (const id of ensemble.ids) if (id !== leader) ensemble.links.heal(leader, id);
    },
  ],
];

describe.each([
  ['two Java servers and ours', membersOf('java', 'ours', 'java')],
  ['two of ours and a Java server', membersOf('ours', 'java', 'ours')],
] as const)('%s', (_name, members) => {
  it.each(ways)('lose nothing when the leader %s, whoever it is', async (_way, leave, comeBack) => {
    await withEnsemble({ members, config: quickToNotice }, async (ensemble) => {
      await ensemble.startLedBy(3);
      await underWorkload(ensemble, {}, async (workload) => {
        for (let turn = 0; turn < 2; turn++) {
          const leader = await ensemble.leader();
          const others = ensemble.ids.filter((id) => id !== leader);
          workload.judgesSyncs = ensemble.member(leader).server.kind === 'ours';
          await leave(ensemble, leader);
          await ensemble.settled(others);
          await workload.progress(100);
          await comeBack(ensemble, leader);
          await ensemble.settled();
          workload.judgesSyncs = true;
          await workload.progress(100);
        }
      });
      await expectNoEphemerals(ensemble);
      expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(10);
    });
  });
});
