/*
 * `stat`: the Stat of a znode (Java: StatCommand).
 */
import { NoNodeError } from '../../../client/index.ts';
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import { statJson, statLines } from '../stat-lines.ts';

/** Shows the Stat of a znode. */
export const stat: ServerCommand = {
  name: 'stat',
  usage: '[-w] path',
  summary: 'show the Stat of a znode: versions, times, zxids',
  help: ['-w  tell when it changes, or is created'],
  options: { flags: ['w'] },
  least: 1,
  oldForm: {
    note: "'stat path [watch]' has been deprecated. Please use 'stat [-w] path' instead.",
    word: '-w',
  },
  async run({ zk, console, signal, watcher }, line) {
    const [path = ''] = line.operands;
    checkPath(path);
    const watch = line.options.has('w') ? watcher : undefined;
    const found = await zk.exists(path, { signal, watch });
    if (found === null) throw new NoNodeError(path);
    if (console.isJson) console.json({ path, stat: statJson(found) });
    else console.lines(statLines(found));
  },
};
