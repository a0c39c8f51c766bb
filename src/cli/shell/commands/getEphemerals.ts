/*
 * `getEphemerals`: the ephemeral znodes of this session (Java: GetEphemeralsCommand).
 */
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** Lists the session's ephemeral znodes. */
export const getEphemerals: ServerCommand = {
  name: 'getEphemerals',
  usage: 'path',
  summary: "list this session's ephemeral znodes",
  async run({ zk, console, signal }, line) {
    const [path = '/'] = line.operands;
    checkPath(path);
    const paths = await zk.getEphemerals(path, { signal });
    if (console.isJson) console.json(paths);
    else console.line(`[${paths.join(', ')}]`);
  },
};
