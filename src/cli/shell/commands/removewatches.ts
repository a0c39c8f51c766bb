/*
 * `removewatches`: watches that this session has left go (Java: RemoveWatchesCommand).
 */
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** Removes watches. */
export const removewatches: ServerCommand = {
  name: 'removewatches',
  usage: 'path [-c|-d|-a] [-l]',
  summary: 'remove the watches that were left on a znode',
  help: [
    '-c  those on its list of children',
    '-d  those on its data',
    '-a  all (what is done anyway)',
    '-l  also when no server can be asked',
  ],
  options: { flags: ['c', 'd', 'a', 'l'] },
  least: 1,
  async run({ zk, signal }, { operands, options }) {
    const [path = ''] = operands;
    checkPath(path);
    const kind = options.has('c') ? 'children' : options.has('d') ? 'data' : 'any';
    await zk.removeWatches(path, { signal, kind, isLocal: options.has('l') });
  },
};
