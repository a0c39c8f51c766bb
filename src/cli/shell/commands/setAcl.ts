/*
 * `setAcl`: a new access list for a znode, or for everything below as well (Java: SetAclCommand).
 */
import { ZooKeeperError } from '../../../client/index.ts';
import { parseAcls } from '../acl-words.ts';
import { isLoss, keeperMessage } from '../cli-error.ts';
import { type ServerCommand, versionOf } from '../command.ts';
import { checkPath } from '../java-path.ts';
import { statJson, statLines } from '../stat-lines.ts';
import { visitSubtree } from '../subtree.ts';
import { checkHasAcl } from './create.ts';

/** Replaces the access list of a znode. */
export const setAcl: ServerCommand = {
  name: 'setAcl',
  usage: '[-s] [-v version] [-R] path acl',
  summary: 'decide who may do what with a znode',
  help: [
    '-s          show its Stat afterwards',
    '-v version  only if its access list has this version (aclVersion)',
    '-R          the same for everything below',
    'acl         scheme:id:cdrwa,…',
  ],
  options: { flags: ['s', 'R'], values: ['v'] },
  least: 2,
  async run({ zk, console, signal }, line) {
    const [path = '', text = ''] = line.operands;
    const acl = parseAcls(text, (warning) => console.error(warning));
    const version = versionOf(line);
    checkPath(path);
    const change = { signal, version };
    if (!line.options.has('R')) {
      checkHasAcl(acl);
      const stat = await zk.setACL(path, acl, change);
      if (console.isJson) console.json({ path, stat: statJson(stat) });
      else if (line.options.has('s')) console.lines(statLines(stat));
      return;
    }
    for await (const visited of visitSubtree(zk, path, { signal })) {
      try {
        checkHasAcl(acl);
        await zk.setACL(visited.path, acl, change);
      } catch (error) {
        if (!(error instanceof ZooKeeperError) || isLoss(error)) throw error;
        // Java goes on with the others, and writes this without the end of a line.
        if (console.isJson) console.json({ path: visited.path, error: keeperMessage(error) });
        else console.write(keeperMessage(error));
      }
    }
  },
};
