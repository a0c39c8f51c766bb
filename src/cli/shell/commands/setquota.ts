/*
 * `setquota`: limits for a subtree (Java: SetQuotaCommand).
 */
import { NodeExistsError, NoNodeError, type ZooKeeper } from '../../../client/index.ts';
import {
  LIMIT_NODE,
  limitPath,
  QUOTA_PATH,
  StatsTrack,
  statPath,
  ZOOKEEPER_PATH,
} from '../../../datatree/quota.ts';
import { CliError } from '../cli-error.ts';
import type { ServerCommand } from '../command.ts';
import type { Console } from '../console.ts';
import { checkPath } from '../java-path.ts';
import type { CommandLine } from '../option-parser.ts';
import { changed, LIMIT_KEYS, type Limits, readTrack } from '../quota-track.ts';
import { visitSubtree } from '../subtree.ts';

/** What only one of can be given, in Java's words. */
const REQUIRED = '[-n num soft quota, -b bytes soft quota, -N num hard quota, -B bytes hard quota]';

/** Limits a subtree. */
export const setquota: ServerCommand = {
  name: 'setquota',
  usage: '-n|-b|-N|-B val path',
  summary: 'limit how many znodes or bytes a subtree may have',
  help: [
    '-n val  znodes; the server only warns',
    '-N val  znodes; the server refuses more',
    '-b val  bytes; the server only warns',
    '-B val  bytes; the server refuses more',
  ],
  options: {
    values: ['n', 'b', 'N', 'B'],
    group: ['n', 'b', 'N', 'B'],
    requiredGroup: REQUIRED,
  },
  least: 1,
  async run({ zk, console }, line) {
    const [path = ''] = line.operands;
    if (path.startsWith(QUOTA_PATH)) {
      console.error(`cannot set a quota under the path: ${QUOTA_PATH}`);
      return;
    }
    const limits = limitsOf(line, console);
    if (limits !== null) await createQuota(zk, console, path, limits);
  },
};

/** The limits that are given; null where one makes no sense, which has been said then, and as in Java is no failure. */
function limitsOf({ options }: CommandLine, console: Console): Limits | null {
  const limits: Limits = new Map();
  for (const [option, key] of LIMIT_KEYS) {
    const text = options.get(option);
    if (text === undefined) continue;
    const isCount = option === 'n' || option === 'N';
    const value = /^[+-]?[0-9]{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : null;
    if (value === null || BigInt.asIntN(isCount ? 32 : 64, value) !== value) {
      console.error('NumberFormatException happens when parsing the option value');
      return null;
    }
    if (isCount && value <= 0n) {
      console.error('the num quota must be greater than zero');
      return null;
    }
    if (value < 0n) {
      console.error('the bytes quota must be greater than or equal to zero');
      return null;
    }
    limits.set(key, value);
  }
  return limits;
}

async function createQuota(
  zk: ZooKeeper,
  console: Console,
  path: string,
  limits: Limits,
): Promise<void> {
  checkPath(path);
  if ((await zk.exists(path)) === null) throw new CliError(`${path} does not exist.`);
  await checkBelow(zk, path);
  await checkAbove(zk, path);
  await createParents(zk, path);
  const [limitsAt, usageAt] = [limitPath(path), statPath(path)];
  if ((await zk.exists(limitsAt)) === null) {
    await zk.create(limitsAt, changed(new StatsTrack(), limits).toString());
    // The server counts what is there when it sees the limits, and this is where it writes it.
    const nothing = new StatsTrack(
      new Map([
        ['count', 0n],
        ['bytes', 0n],
      ]),
    );
    await zk.create(usageAt, nothing.toString());
    warnOfExcess(console, await readTrack(zk, limitsAt), await readTrack(zk, usageAt));
    return;
  }
  const track = changed(await readTrack(zk, limitsAt), limits);
  warnOfExcess(console, track, await readTrack(zk, usageAt));
  await zk.setData(limitsAt, track.toString());
}

/** A subtree has one quota at most: none below the znode … */
async function checkBelow(zk: ZooKeeper, path: string): Promise<void> {
  const own = `${QUOTA_PATH}${path}`;
  checkPath(own);
  try {
    for await (const visited of visitSubtree(zk, own)) {
      const at = visited.path.slice(0, -LIMIT_NODE.length - 1);
      if (!visited.path.endsWith(`/${LIMIT_NODE}`) || at === own) continue;
      throw new CliError(`${path} has a child ${at.slice(QUOTA_PATH.length)} which has a quota`);
    }
  } catch (error) {
    if (!(error instanceof NoNodeError)) throw error;
  }
}

/** … and none above it. */
async function checkAbove(zk: ZooKeeper, path: string): Promise<void> {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const above = path.slice(0, at);
    if ((await zk.exists(limitPath(above))) !== null) {
      throw new CliError(`${path} has a parent ${above} which has a quota`);
    }
  }
}

async function createParents(zk: ZooKeeper, path: string): Promise<void> {
  const names = path.split('/').slice(1);
  const parents = names.map((_, index) => `${QUOTA_PATH}/${names.slice(0, index + 1).join('/')}`);
  for (const each of [ZOOKEEPER_PATH, QUOTA_PATH, ...parents]) {
    if ((await zk.exists(each)) !== null) continue;
    try {
      await zk.create(each);
    } catch (error) {
      if (!(error instanceof NodeExistsError)) throw error;
    }
  }
}

function warnOfExcess(console: Console, limits: StatsTrack, usage: StatsTrack): void {
  const isOver = (limit: bigint, used: bigint): boolean => limit > -1n && limit < used;
  if (isOver(limits.count, usage.count) || isOver(limits.countHardLimit, usage.count)) {
    console.line(
      `[Warning]: the count quota you create is less than the existing count:${usage.count}`,
    );
  }
  if (isOver(limits.bytes, usage.bytes) || isOver(limits.byteHardLimit, usage.bytes)) {
    console.line(
      `[Warning]: the bytes quota you create is less than the existing bytes:${usage.bytes}`,
    );
  }
}
