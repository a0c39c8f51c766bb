/*
 * What the Tab key offers: commands, their options, and the znodes below the path that has been typed so far.
 */
import { childOf, nameOf, parentOf, type ZooKeeper, ZooKeeperError } from '../../client/index.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';

/** How many paths are shown at most. */
const SHOWN_LIMIT = 100;

/** How long a person waits for the Tab key, ms. */
const TIMEOUT_MS = 1_000;

/** What may stand at the end of a line, and the part of the line that it would replace. */
export type Completions = readonly [readonly string[], string];

/**
 * Completes a line.
 *
 * @param line up to the cursor
 * @param zk null while no server serves the session
 */
export async function complete(line: string, zk: ZooKeeper | null): Promise<Completions> {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const startingWith = (candidates: readonly string[]): Completions => [
    candidates.filter((each) => each.startsWith(last)),
    last,
  ];
  if (words.length === 1) return startingWith([...commands.keys()].map((name) => `${name} `));
  const command = commands.get(words[0] ?? '');
  if (command === undefined) return [[], last];
  if (last.startsWith('-')) return startingWith(optionsOf(command));
  // No command has two paths: behind the first one stand data, or nothing.
  const hasPath = words.slice(1, -1).some((word) => word.startsWith('/'));
  if (last.startsWith('/') || (last === '' && command.takesPath !== false && !hasPath)) {
    return [zk === null ? [] : await pathsFrom(zk, last), last];
  }
  return startingWith([...(command.words ?? [])]);
}

function optionsOf(command: Command): string[] {
  const { flags = [], values = [] } = command.options ?? {};
  return [...[...flags, ...values].map((name) => `-${name}`), '--json'];
}

/** The znodes whose paths begin with `start`. One alone that has children gets a slash, to go on from. */
async function pathsFrom(zk: ZooKeeper, start: string): Promise<string[]> {
  if (start === '') return ['/'];
  const parent = start.endsWith('/') && start !== '/' ? start.slice(0, -1) : parentOf(start);
  const prefix = start.endsWith('/') ? '' : nameOf(start);
  try {
    const names = await zk.getChildren(parent, { timeoutMs: TIMEOUT_MS });
    const paths = names
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => childOf(parent, name));
    const [only] = paths;
    if (only === undefined || paths.length > 1) return shortened(paths);
    const stat = await zk.exists(only, { timeoutMs: TIMEOUT_MS });
    return [stat !== null && stat.numChildren > 0 ? `${only}/` : `${only} `];
  } catch (error) {
    // No such znode, no permission, a path that is none: there is nothing to offer.
    if (error instanceof ZooKeeperError || error instanceof TypeError) return [];
    throw error;
  }
}

/** No more than fit on a screen; what all have in common stands for those that are left out. */
function shortened(paths: readonly string[]): string[] {
  if (paths.length <= SHOWN_LIMIT) return [...paths];
  // Of sorted paths the first and the last have in common what all have.
  const [first = '', last = ''] = [paths[0], paths.at(-1)];
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return [first.slice(0, length), ...paths.slice(0, SHOWN_LIMIT - 1)];
}
