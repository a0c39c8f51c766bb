/*
 * `addWatch`: a watch that stays (Java: AddWatchCommand).
 */
import { CliError } from '../cli-error.ts';
import { type ServerCommand, usageOf } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** Leaves a persistent watch. */
export const addWatch: ServerCommand = {
  name: 'addWatch',
  usage:
    '[-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE',
  summary: 'tell of all that happens to a znode, until removewatches',
  help: [
    '-m mode  PERSISTENT: the znode and its list of children; PERSISTENT_RECURSIVE: all below',
  ],
  options: { values: ['m'] },
  least: 1,
  most: 1,
  words: ['-m', 'PERSISTENT', 'PERSISTENT_RECURSIVE'],
  async run({ zk, signal, watcher }, line) {
    const [path = ''] = line.operands;
    const mode = (line.options.get('m') ?? 'PERSISTENT_RECURSIVE').toUpperCase();
    if (mode !== 'PERSISTENT' && mode !== 'PERSISTENT_RECURSIVE') {
      throw new CliError(usageOf(addWatch));
    }
    checkPath(path);
    const kind = mode === 'PERSISTENT' ? 'persistent' : 'persistentRecursive';
    await zk.addWatch(path, kind, watcher, { signal });
  },
};
