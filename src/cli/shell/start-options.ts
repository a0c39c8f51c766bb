/*
 * The words behind `zk-cli`: options, then perhaps one command (Java: ZooKeeperMain.MyCommandOptions.parseOptions). Options of its
 * own begin with two dashes.
 */
import { CliError } from './cli-error.ts';

/** How a shell is started. */
export interface StartOptions {
  /** `host:port,host:port/chroot`. */
  readonly servers: string;
  /** Of the session, ms. */
  readonly timeoutMs: number;
  /** May be served by a server that is cut off from the others. */
  readonly isReadOnly: boolean;
  /** Ends when there is no connection within the timeout. */
  readonly waitsForConnection: boolean;
  /** A file of properties: TLS, SASL. */
  readonly clientConfiguration: string | null;
  /** `-Dkey=value`, as for a JVM. */
  readonly definitions: readonly string[];
  readonly isJson: boolean;
  /** Only tells what can be done. */
  readonly isHelp: boolean;
  /** Only tells the version. */
  readonly isVersion: boolean;
  /** One command with its words; none for a session. */
  readonly command: readonly string[];
  /** Options that nobody knows; they are left out, as in Java. */
  readonly unknown: readonly string[];
}

const VALUES: ReadonlySet<string> = new Set(['-server', '-timeout', '-client-configuration']);
const FLAGS: ReadonlySet<string> = new Set(['-r', '-waitforconnection', '--json', '--version']);
const HELP: ReadonlySet<string> = new Set(['--help', '-help', '-h']);

/** Reads the command line. Raises CliError. */
export function parseStart(argv: readonly string[]): StartOptions {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const unknown: string[] = [];
  const definitions: string[] = [];
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-')) break;
    if (VALUES.has(word)) {
      const value = argv[++at];
      if (value === undefined) throw new CliError(`Error: no argument found for option ${word}`);
      values.set(word, value);
    } else if (FLAGS.has(word)) flags.add(word);
    else if (HELP.has(word)) flags.add('--help');
    else if (word.startsWith('-D') && word.length > 2) definitions.push(word);
    else unknown.push(word);
  }
  return {
    servers: values.get('-server') ?? 'localhost:2181',
    timeoutMs: timeoutOf(values.get('-timeout') ?? '30000'),
    isReadOnly: flags.has('-r'),
    waitsForConnection: flags.has('-waitforconnection'),
    clientConfiguration: values.get('-client-configuration') ?? null,
    definitions,
    isJson: flags.has('--json'),
    isHelp: flags.has('--help'),
    isVersion: flags.has('--version'),
    command: argv.slice(at),
    unknown,
  };
}

function timeoutOf(text: string): number {
  const timeoutMs = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (timeoutMs < 1 || timeoutMs > 0x7fff_ffff) {
    throw new CliError(`Error: -timeout is a number of ms, not ${text}`);
  }
  return timeoutMs;
}
