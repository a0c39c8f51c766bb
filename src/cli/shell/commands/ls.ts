/*
 * `ls`: the children of a znode, or with -R everything below it as it is found (Java: LsCommand).
 */
import type { Stat } from '../../../client/index.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext, ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import type { CommandLine } from '../option-parser.ts';
import { statJson, statLines } from '../stat-lines.ts';
import { visitSubtree } from '../subtree.ts';

/** Lists the children of a znode. */
export const ls: ServerCommand = {
  name: 'ls',
  usage: '[-s] [-w] [-R] path',
  summary: 'list the children of a znode',
  help: [
    '-s  with the Stat of the znode',
    '-w  tell when the list changes',
    '-R  everything below, as it is found: paths, one on each line',
  ],
  options: { flags: ['?', 's', 'w', 'R'] },
  oldForm: {
    note: "'ls path [watch]' has been deprecated. Please use 'ls [-w] path' instead.",
    word: '-w',
  },
  async run(context, line) {
    const { console } = context;
    if (line.options.has('?')) {
      console.lines([
        'usage: ls [options] path',
        ' -?   help',
        ' -R   recurse',
        ' -s   stat',
        ' -w   watch',
      ]);
    }
    const [path] = line.operands;
    if (path === undefined) throw new CliError('ls [-s] [-w] [-R] path');
    checkPath(path);
    if (line.options.has('R')) await listAll(context, line, path);
    else await listChildren(context, line, path);
  },
};

async function listAll(context: CommandContext, line: CommandLine, path: string): Promise<void> {
  const { zk, console, signal } = context;
  const watch = line.options.has('w') ? context.watcher : undefined;
  for await (const visited of visitSubtree(zk, path, { signal, watch })) {
    if (console.isJson) console.json({ path: visited.path });
    else console.line(console.styled(visited.path, 'path'));
    await console.drained();
  }
}

/** `[a, b]`, and the Stat where it was asked for. */
export async function listChildren(
  context: CommandContext,
  line: CommandLine,
  path: string,
): Promise<void> {
  const { zk, console, signal } = context;
  const watch = line.options.has('w') ? context.watcher : undefined;
  const hasStat = line.options.has('s');
  const request = { signal, watch };
  const answer: { readonly children: readonly string[]; readonly stat: Stat | null } = hasStat
    ? await zk.getChildren2(path, request)
    : { children: await zk.getChildren(path, request), stat: null };
  const { stat } = answer;
  const children = [...answer.children].sort();
  if (console.isJson) {
    console.json({ path, children, ...(stat === null ? {} : { stat: statJson(stat) }) });
    return;
  }
  console.line(`[${children.map((name) => console.styled(name, 'path')).join(', ')}]`);
  if (stat !== null) console.lines(statLines(stat));
}
