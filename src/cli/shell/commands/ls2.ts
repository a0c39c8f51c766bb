/*
 * `ls2`: what `ls -s` was called before 3.5 (Java 3.5: Ls2Command).
 */
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import { listChildren } from './ls.ts';

/** Lists the children of a znode with its Stat. */
export const ls2: ServerCommand = {
  name: 'ls2',
  usage: 'path [watch]',
  summary: 'the old name of ls -s',
  least: 1,
  async run(context, line) {
    const { console } = context;
    console.note("'ls2' has been deprecated. Please use 'ls [-s] path' instead.");
    const [path = '', watch] = line.operands;
    checkPath(path);
    const options = new Map([['s', ''], ...(watch === undefined ? [] : [['w', ''] as const])]);
    await listChildren(context, { operands: [path], options }, path);
  },
};
