/*
 * A member whose log cannot be cut where its leader wants it: there is nothing but a snapshot that is newer. It comes again, and asks
 * for the tree with a zxid to which Java's leader, too, has no other answer (src/quorum/zab/accept-epoch.ts).
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { membersOf, withEnsemble } from './harness/ensemble.ts';
import { SessionClient } from './harness/session-client.ts';
import { expectEqualTrees } from './harness/trees.ts';

it.each([
  ['java', ['/there']],
  ['java', []],
  ['ours', ['/there']],
] as const)(
  'gets the tree of a leader of the kind %s that has written %j',
  async (leader, paths) => {
    await withEnsemble({ members: membersOf('ours', leader, leader) }, async (ensemble) => {
      await ensemble.startLedBy(3);
      for (const path of paths) {
        const client = await SessionClient.open([ensemble.port(3)]);
        await client.create(path);
        await client.close();
      }
      await ensemble.stop(1);
      const folder = ensemble.member(1).versionFolder;
      for (const name of await readdir(folder)) {
        if (name.startsWith('log.')) await rm(join(folder, name));
        else if (name.startsWith('snapshot.')) {
          await rename(join(folder, name), join(folder, 'snapshot.100000500'));
        }
      }
      expect(await ensemble.start(1)).toBe(3);
      expect(ensemble.member(1).log).toContain('The log cannot be cut');
      expect(ensemble.links.lastSync(1)).toEqual({ leader: 3, learner: 1, kind: 'SNAP' });
      const tree = await expectEqualTrees(ensemble);
      for (const path of paths) {
        expect(tree.filter((line) => line.startsWith(`"${path}"`))).toHaveLength(1);
      }
    });
  },
);
