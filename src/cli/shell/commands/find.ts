/*
 * `find`: the znodes below one that have what is looked for. zkCli has no such command.
 */
import { isAscii } from 'node:buffer';
import { NoAuthError, NoNodeError, nameOf, type Stat } from '../../../client/index.ts';
import { CliError } from '../cli-error.ts';
import { type CommandContext, intOf, type ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import type { CommandLine } from '../option-parser.ts';
import { statJson } from '../stat-lines.ts';
import { visitSubtree } from '../subtree.ts';

/** What a znode must have. */
interface Search {
  readonly name: RegExp | null;
  readonly data: Buffer | null;
  readonly minBytes: number;
  readonly isEphemeral: boolean;
  readonly maxDepth: number;
}

/** Searches a subtree. */
export const find: ServerCommand = {
  name: 'find',
  usage: '[-name pattern] [-data text] [-size bytes] [-e] [-depth depth] [path]',
  summary: 'find znodes by name, data or size',
  help: [
    '-name pattern  * stands for any letters, ? for one',
    '-data text     the data has this in it',
    '-size bytes    the data is at least so long',
    '-e             ephemeral ones',
    '-depth depth   no deeper than this below the path',
  ],
  options: { flags: ['e'], values: ['name', 'data', 'size', 'depth'] },
  async run(context, line) {
    const { zk, console, signal } = context;
    const [path = '/'] = line.operands;
    const search = searchOf(line);
    checkPath(path);
    const unread = new Set<string>();
    const denied = (where: string): void => {
      if (!unread.has(where)) console.error(`Insufficient permission : ${where}`);
      unread.add(where);
    };
    const { maxDepth } = search;
    for await (const visited of visitSubtree(zk, path, { signal, maxDepth, denied })) {
      if (search.name !== null && !search.name.test(nameOf(visited.path))) continue;
      const stat = await statOf(context, visited.path, search).catch((error: unknown) => {
        if (!(error instanceof NoAuthError)) throw error;
        denied(visited.path);
        return null;
      });
      if (stat === null) continue;
      if (!console.isJson) console.line(console.styled(visited.path, 'path'));
      else {
        console.json({
          path: visited.path,
          ...(stat === 'unread' ? {} : { stat: statJson(stat) }),
        });
      }
      await console.drained();
    }
    if (unread.size > 0) throw new CliError(`${unread.size} znodes may not be read`);
  },
};

function searchOf({ options }: CommandLine): Search {
  const numberOf = (name: string, byDefault: number): number => {
    const text = options.get(name);
    return text === undefined ? byDefault : intOf(text, `-${name} argument must be an int value`);
  };
  const data = options.get('data');
  const name = options.get('name');
  if (data === '') throw new CliError('-data argument must not be empty');
  return {
    name: name === undefined ? null : patternOf(name),
    data: data === undefined ? null : Buffer.from(data, 'utf8'),
    minBytes: numberOf('size', 0),
    isEphemeral: options.has('e'),
    maxDepth: numberOf('depth', Number.POSITIVE_INFINITY),
  };
}

function patternOf(text: string): RegExp {
  const source = text.replace(/[\\^$.*+?()[\]{}|/-]/g, (letter) => {
    if (letter === '*') return '.*';
    return letter === '?' ? '.' : `\\${letter}`;
  });
  return new RegExp(`^${source}$`, isAscii(Buffer.from(text)) ? 's' : 'su');
}

/** The Stat of a znode that has what is looked for, null for one that has not; `unread` where nothing had to be read. */
async function statOf(
  { zk, signal }: CommandContext,
  path: string,
  search: Search,
): Promise<Stat | 'unread' | null> {
  if (search.data === null && search.minBytes <= 0 && !search.isEphemeral) return 'unread';
  try {
    const { data, stat } =
      search.data === null
        ? { data: null, stat: await zk.exists(path, { signal }) }
        : await zk.getData(path, { signal });
    if (stat === null || stat.dataLength < search.minBytes) return null;
    if (search.isEphemeral && !isSession(stat.ephemeralOwner)) return null;
    return search.data === null || data?.includes(search.data) ? stat : null;
  } catch (error) {
    if (error instanceof NoNodeError) return null;
    throw error;
  }
}

const CONTAINER_OWNER = -0x8000_0000_0000_0000n;

/** False for 0, and for what stands there for containers and for TTLs (Java: EphemeralType). */
function isSession(owner: bigint): boolean {
  const isTtl = BigInt.asUintN(64, owner) >> 56n === 0xffn;
  return owner !== 0n && owner !== CONTAINER_OWNER && !isTtl;
}
