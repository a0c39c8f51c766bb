/*
 * `reconfig`: other servers for the ensemble (Java: ReconfigCommand). What is wrong with them the leader says.
 */
import { readFileSync } from 'node:fs';
import { hasCode } from '../../config-files.ts';
import { CliError, cliErrorOf } from '../cli-error.ts';
import { type ServerCommand, usageOf } from '../command.ts';
import type { CommandLine } from '../option-parser.ts';
import { statJson, statLines } from '../stat-lines.ts';

/** Changes the servers of the ensemble. */
export const reconfig: ServerCommand = {
  name: 'reconfig',
  usage:
    '[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | ' +
    '[-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]',
  summary: 'change the servers of the ensemble',
  help: [
    '-add, -remove  servers that come and go',
    '-members       all servers from now on',
    '-file path     the same from the lines of a file: server.N=…, group.N=…, weight.N=…',
    '-v version     only if the configuration has this version (hexadecimal)',
    '-s             show the Stat of its znode afterwards',
  ],
  options: { flags: ['s'], values: ['v', 'file', 'members', 'add', 'remove'] },
  takesPath: false,
  words: ['-add', '-remove', '-members', '-file', '-v'],
  async run({ zk, console, signal }, line) {
    const change = changeOf(line);
    const { data, stat } = await zk.reconfig({ ...change, signal }).catch((error: unknown) => {
      throw cliErrorOf(error, '') ?? error;
    });
    const text = data?.toString('utf8') ?? '';
    if (console.isJson) {
      console.json({ config: text, stat: statJson(stat) });
      return;
    }
    console.lines(['Committed new configuration:', text]);
    if (line.options.has('s')) console.lines(statLines(stat));
  },
};

function changeOf({ options }: CommandLine) {
  const isWhole = options.has('file') || options.has('members');
  const isPartial = options.has('add') || options.has('remove');
  if (!isWhole && !isPartial) throw new CliError(usageOf(reconfig));
  const fromConfig = versionOf(options.get('v'));
  if (isWhole && isPartial) {
    throw new CliError(
      "Can't use -file or -members together with -add or -remove (mixing incremental and non-incremental modes is not allowed)",
    );
  }
  if (options.has('file') && options.has('members')) {
    throw new CliError("Can't use -file and -members together (conflicting non-incremental modes)");
  }
  const listOf = (name: string): string[] | undefined => {
    const text = options.get(name);
    return text === undefined ? undefined : [text.toLowerCase()];
  };
  const file = options.get('file');
  return {
    joining: listOf('add'),
    leaving: listOf('remove'),
    members: file === undefined ? listOf('members') : membersIn(file),
    fromConfig,
  };
}

function versionOf(text: string | undefined): bigint {
  if (text === undefined) return -1n;
  if (!/^[0-9a-f]{1,16}$/i.test(text)) {
    throw new CliError('-v must be followed by a long (configuration version)');
  }
  return BigInt.asIntN(64, BigInt(`0x${text}`));
}

/** The lines of a file that say who is a member: `server.N=…`, `group.N=…`, `weight.N=…`. */
function membersIn(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((each) => each.trim())
      .filter((each) => /^(server|group|weight)\.[0-9]+\s*=/.test(each));
  } catch (error) {
    if (!hasCode(error)) throw error;
    const reason = error.code === 'ENOENT' ? 'No such file or directory' : error.message;
    throw new CliError(`Error processing ${file}${file} (${reason})`);
  }
}
