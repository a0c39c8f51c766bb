/*
 * `version`: which zk-cli this is (Java: VersionCommand).
 */
import { version as ownVersion } from '../../project.ts';
import { CliError } from '../cli-error.ts';
import type { ServerCommand } from '../command.ts';
import { usageOf } from '../command.ts';

/** Shows the version. */
export const version: ServerCommand = {
  name: 'version',
  usage: '',
  summary: 'show the version of zk-cli',
  isLocal: true,
  takesPath: false,
  async run({ console }, line) {
    if (line.operands.length > 0) throw new CliError(usageOf(version));
    const words = `zk-server ${ownVersion()} (Node.js ${process.version})`;
    if (console.isJson) console.json({ version: ownVersion(), node: process.version });
    else console.line(`ZooKeeper CLI version: ${words}`);
  },
};
