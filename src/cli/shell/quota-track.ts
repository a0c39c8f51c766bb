/*
 * The texts of quotas as the shell reads and changes them (Java: StatsTrack). Where they stand is in src/datatree/quota.ts.
 */
import type { ZooKeeper } from '../../client/index.ts';
import { parseStatsTrack, StatsTrack } from '../../datatree/quota.ts';
import { CliError } from './cli-error.ts';

/** The options of quotas, and the keys of the text that they are about. */
export const LIMIT_KEYS: ReadonlyMap<string, LimitKey> = new Map([
  ['n', 'count'],
  ['b', 'bytes'],
  ['N', 'countHardLimit'],
  ['B', 'byteHardLimit'],
]);

/** A key of the text. */
export type LimitKey = 'count' | 'bytes' | 'countHardLimit' | 'byteHardLimit';

/** Some limits; -1 for none. */
export type Limits = Map<LimitKey, bigint>;

/** The limits with some of them changed; all four are written, as Java does. */
export function changed(track: StatsTrack, limits: Limits): StatsTrack {
  const keys = [...LIMIT_KEYS.values()];
  return new StatsTrack(new Map(keys.map((key) => [key, limits.get(key) ?? track[key]])));
}

/** What a quota's znode says. Raises CliError where that is no quota, NoNodeError where there is none. */
export async function readTrack(zk: ZooKeeper, path: string): Promise<StatsTrack> {
  const { data } = await zk.getData(path);
  const track = parseStatsTrack(data?.toString('utf8') ?? '');
  if (track === null) throw new CliError(`What stands in ${path} is no quota`);
  return track;
}
