/*
 * `listquota`: the limits of a subtree, and what it has (Java: ListQuotaCommand).
 */
import { NoNodeError } from '../../../client/index.ts';
import { limitPath, type StatsTrack, statPath } from '../../../datatree/quota.ts';
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import { readTrack } from '../quota-track.ts';

/** Shows a quota. */
export const listquota: ServerCommand = {
  name: 'listquota',
  usage: 'path',
  summary: 'show the quota of a subtree, and what it uses',
  least: 1,
  async run({ zk, console }, line) {
    const [path = ''] = line.operands;
    const limitsAt = limitPath(path);
    if (!console.isJson) console.note(`absolute path is ${limitsAt}`);
    checkPath(limitsAt);
    try {
      const limits = await readTrack(zk, limitsAt);
      if (!console.isJson) console.line(`Output quota for ${path} ${limits}`);
      const usage = await readTrack(zk, statPath(path));
      if (console.isJson) console.json({ path, quota: numbers(limits), usage: numbers(usage) });
      else console.line(`Output stat for ${path} ${usage}`);
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      console.error(`quota for ${path} does not exist.`);
    }
  },
};

function numbers(track: StatsTrack): Record<string, number> {
  const { count, bytes, countHardLimit, byteHardLimit } = track;
  return {
    count: Number(count),
    bytes: Number(bytes),
    countHardLimit: Number(countHardLimit),
    byteHardLimit: Number(byteHardLimit),
  };
}
