/*
 * `getAllChildrenNumber`: how many znodes are below one (Java: GetAllChildrenNumberCommand).
 */
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** Counts what is below a znode. */
export const getAllChildrenNumber: ServerCommand = {
  name: 'getAllChildrenNumber',
  usage: 'path',
  summary: 'count the znodes below one, at any depth',
  least: 1,
  async run({ zk, console, signal }, line) {
    const [path = ''] = line.operands;
    checkPath(path);
    const count = await zk.getAllChildrenNumber(path, { signal });
    if (console.isJson) console.json({ path, count });
    else console.line(String(count));
  },
};
