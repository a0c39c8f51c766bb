/*
 * A voter that has accepted a newer epoch than the one that is established: led by ours it takes part again at once
 * (src/quorum/zab/newer-epochs.ts), be it of Java's or ours.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { membersOf, withEnsemble } from './harness/ensemble.ts';
import { SessionClient } from './harness/session-client.ts';
import { expectEqualTrees } from './harness/trees.ts';

describe.each([
  ['java', 'java'],
  ['java', 'ours'],
  ['ours', 'java'],
] as const)('a voter of the kind %s that has accepted a newer epoch', (voter, other) => {
  it('is let in by a leader of ours, and nothing is lost', async () => {
    await withEnsemble({ members: membersOf(voter, other, 'ours') }, async (ensemble) => {
      await ensemble.startLedBy(3);
      await ensemble.stop(1);
      const client = await SessionClient.open([ensemble.port(3)]);
      await client.create('/while-it-was-away');
      await client.close();
      const file = join(ensemble.member(1).versionFolder, 'acceptedEpoch');
      const newer = Number(await readFile(file, 'utf8')) + 3;
      await writeFile(file, String(newer));
      expect(await ensemble.start(1)).toBe(3);
      expect(Number(await readFile(file, 'utf8'))).toBeGreaterThan(newer);
      const tree = await expectEqualTrees(ensemble);
      expect(tree.filter((line) => line.startsWith('"/while-it-was-away"'))).toHaveLength(1);
    });
  });
});
