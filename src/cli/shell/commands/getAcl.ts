/*
 * `getAcl`: the access list of a znode (Java: GetAclCommand), each entry on the two lines that jute's toString makes of it.
 */
import { juteString } from '../../tool/java-text.ts';
import { permsText } from '../acl-words.ts';
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import { statJson, statLines } from '../stat-lines.ts';

/** Shows the access list of a znode. */
export const getAcl: ServerCommand = {
  name: 'getAcl',
  usage: '[-s] path',
  summary: 'show who may do what with a znode',
  help: ['-s  with its Stat'],
  options: { flags: ['s'] },
  least: 1,
  async run({ zk, console, signal }, line) {
    const [path = ''] = line.operands;
    checkPath(path);
    const { acl, stat } = await zk.getACL(path, { signal });
    if (console.isJson) {
      const entries = acl.map(({ id, perms }) => ({ ...id, perms: permsText(perms) }));
      const rest = line.options.has('s') ? { stat: statJson(stat) } : {};
      console.json({ path, acl: entries, ...rest });
      return;
    }
    for (const { id, perms } of acl) {
      console.line(`${juteString(id.scheme)},${juteString(id.id)}`);
      console.line(`: ${permsText(perms)}`);
    }
    if (line.options.has('s')) console.lines(statLines(stat));
  },
};
