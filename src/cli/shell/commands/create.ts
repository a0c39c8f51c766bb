/*
 * `create`: a new znode (Java: CreateCommand).
 */
import {
  type ACL,
  type CreateModeName,
  EphemeralOnLocalSessionError,
  InvalidAclError,
  MAX_TTL_MS,
} from '../../../client/index.ts';
import { parseAcls } from '../acl-words.ts';
import { CliError, keeperMessage } from '../cli-error.ts';
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import type { CommandLine } from '../option-parser.ts';

/** Creates a znode. */
export const create: ServerCommand = {
  name: 'create',
  usage: '[-s] [-e] [-c] [-t ttl] path [data] [acl]',
  summary: 'create a znode',
  help: [
    '-s      append a number that grows with each',
    '-e      ephemeral: it goes with this session',
    '-c      a container: it goes some time after its last child',
    '-t ttl  it goes when it had no change and no child for so many ms',
    'acl     scheme:id:cdrwa,…; everybody may do everything where it is left out',
  ],
  options: { flags: ['e', 's', 'c'], values: ['t'] },
  least: 1,
  async run({ zk, console, signal }, line) {
    const [path = '', data = null, aclText] = line.operands;
    const { mode, ttlMs } = modeOf(line);
    const warn = (text: string): void => console.error(text);
    const acl = aclText === undefined ? undefined : parseAcls(aclText, warn);
    checkPath(path, line.options.has('s'));
    try {
      checkHasAcl(acl);
      const created = await zk.create(path, data, { mode, ttlMs, acl, signal });
      if (console.isJson) console.json({ path: created });
      else console.note(`Created ${created}`);
    } catch (error) {
      if (error instanceof InvalidAclError) warn(keeperMessage(error));
      if (error instanceof EphemeralOnLocalSessionError) {
        warn('Unable to create ephemeral node on a local session');
      }
      throw error;
    }
  },
};

/** An empty list is refused here, as by Java's client. */
export function checkHasAcl(acl: readonly ACL[] | undefined): void {
  if (acl?.length === 0) throw new InvalidAclError(null);
}

function modeOf({ options }: CommandLine): { mode: CreateModeName; ttlMs: number | undefined } {
  const [isEphemeral, isSequential, isContainer] = [
    options.has('e'),
    options.has('s'),
    options.has('c'),
  ];
  const ttl = options.get('t');
  if (isContainer && (isEphemeral || isSequential)) {
    throw new CliError(
      '-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.',
    );
  }
  if (ttl === undefined) {
    if (isContainer) return { mode: 'container', ttlMs: undefined };
    if (isEphemeral) {
      return { mode: isSequential ? 'ephemeralSequential' : 'ephemeral', ttlMs: undefined };
    }
    return { mode: isSequential ? 'persistentSequential' : 'persistent', ttlMs: undefined };
  }
  if (!/^[+-]?[0-9]{1,19}$/.test(ttl)) throw new CliError('-t argument must be a long value');
  if (isEphemeral) throw new CliError('TTLs cannot be used with Ephemeral znodes');
  if (isContainer) throw new CliError('TTLs cannot be used with Container znodes');
  const ttlMs = Number(ttl);
  if (ttlMs <= 0 || ttlMs > MAX_TTL_MS) {
    throw new CliError(`ttl must be positive and cannot be larger than: ${MAX_TTL_MS}`);
  }
  return { mode: isSequential ? 'persistentSequentialWithTTL' : 'persistentWithTTL', ttlMs };
}
