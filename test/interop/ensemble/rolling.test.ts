/*
 * What this project is for: a Java ensemble that clients use without a pause is replaced one server at a time, on the same
 * files, and then taken back. No acknowledged write is lost, no session, no ephemeral and no watch, and in the end every
 * server holds the same.
 */
import { expect, it } from 'vitest';
import type { ServerKind } from '../../harness/server.ts';
import { type Ensemble, membersOf, withEnsemble } from './harness/ensemble.ts';
import { expectEqualTrees, expectNoEphemerals } from './harness/trees.ts';
import { underWorkload, type Workload } from './harness/workload.ts';

/** Replaces all servers under load, the leader last, as an operator does. */
async function replaceAll(ensemble: Ensemble, kind: ServerKind, workload: Workload): Promise<void> {
  const leader = await ensemble.leader();
  const others = ensemble.ids.filter((id) => id !== leader);
  for (const id of [...others, leader]) {
    await ensemble.replace(id, kind);
    await workload.progress(100);
  }
}

it('replaces a Java ensemble one by one under load, and takes it back', async () => {
  await withEnsemble({ members: membersOf('java', 'java', 'java') }, async (ensemble) => {
    await ensemble.startLedBy(3);
    await underWorkload(ensemble, {}, async (workload) => {
      await replaceAll(ensemble, 'ours', workload);
      await workload.expectAllWell();
      expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(10);
      workload.resume();
      await workload.progress();
      await replaceAll(ensemble, 'java', workload);
    });
    await expectNoEphemerals(ensemble);
    expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(10);
  });
});
