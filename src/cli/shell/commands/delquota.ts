/*
 * `delquota`: a limit goes, or the whole quota (Java: DelQuotaCommand).
 */
import { childOf, NoNodeError, parentOf, type ZooKeeper } from '../../../client/index.ts';
import { limitPath, QUOTA_PATH } from '../../../datatree/quota.ts';
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import { changed, LIMIT_KEYS, readTrack } from '../quota-track.ts';

/** Removes a quota. */
export const delquota: ServerCommand = {
  name: 'delquota',
  usage: '[-n|-b|-N|-B] path',
  summary: 'remove a limit of a subtree, or all of them',
  help: ['-n, -b, -N, -B  only this limit, see setquota'],
  options: { flags: ['n', 'b', 'N', 'B'], group: ['n', 'b', 'N', 'B'] },
  least: 1,
  async run({ zk, console }, { operands, options }) {
    const [path = ''] = operands;
    const limitsAt = limitPath(path);
    checkPath(limitsAt);
    if ((await zk.exists(limitsAt)) === null) {
      console.line(`Quota does not exist for ${path}`);
      return;
    }
    const key = [...options.keys()].map((option) => LIMIT_KEYS.get(option)).at(0);
    try {
      if (key === undefined) await removeQuota(zk, parentOf(limitsAt));
      else {
        const track = changed(await readTrack(zk, limitsAt), new Map([[key, -1n]]));
        await zk.setData(limitsAt, track.toString());
      }
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      console.error(`quota for ${path} does not exist.`);
    }
  },
};

/** Removes what stands at a quota's place, and the places above that are empty then. */
async function removeQuota(zk: ZooKeeper, place: string): Promise<void> {
  for (const name of await zk.getChildren(place)) await zk.delete(childOf(place, name));
  for (let at = place; at !== QUOTA_PATH; at = parentOf(at)) {
    if ((await zk.getChildren(at)).length > 0) return;
    await zk.delete(at);
  }
}
