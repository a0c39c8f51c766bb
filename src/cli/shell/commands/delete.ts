/*
 * `delete`: a znode without children goes (Java: DeleteCommand).
 */
import { type ServerCommand, versionOf } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** Deletes a znode. */
export const deleteZnode: ServerCommand = {
  name: 'delete',
  usage: '[-v version] path',
  summary: 'delete a znode that has no children',
  help: ['-v version  only if its data has this version'],
  options: { values: ['v'] },
  least: 1,
  oldForm: {
    note: "'delete path [version]' has been deprecated. Please use 'delete [-v version] path' instead.",
    word: null,
  },
  async run({ zk, signal }, line) {
    const [path = ''] = line.operands;
    const version = versionOf(line);
    checkPath(path);
    await zk.delete(path, { signal, version });
  },
};
