/*
 * zk-cli: the shell of zkCli.sh (Java: ZooKeeperMain.main). One command from the command line, a session from standard input, or one
 * with a person at a terminal.
 */
import { createInterface } from 'node:readline';
import type { ZooKeeperOptions } from '../../client/index.ts';
import { environmentOf } from '../environment.ts';
import { version } from '../project.ts';
import { OutputClosed } from '../tool/output.ts';
import { CliError } from './cli-error.ts';
import { readClientConfiguration } from './client-configuration.ts';
import { Console } from './console.ts';
import { HistoryFile, historyPath } from './history-file.ts';
import { allUsages, Shell } from './shell.ts';
import { parseStart, type StartOptions } from './start-options.ts';
import { Terminal } from './terminal.ts';

function usage(): string {
  return [
    'zk-cli [-server host:port,…/chroot] [-timeout ms] [-r] [-waitforconnection]',
    '       [-client-configuration file] [-Dkey=value …] [--json] [command …]',
    '',
    'Talks with a ZooKeeper server: one command, or those on standard input, or a session at a terminal.',
    '',
    ...allUsages().map((line) => `  ${line}`),
    '',
    'zk-cli help <command> tells more.',
  ].join('\n');
}

async function clientOptions(
  options: StartOptions,
  note: (line: string) => void,
): Promise<ZooKeeperOptions> {
  const { clientConfiguration, definitions, timeoutMs, isReadOnly } = options;
  const { variables } = environmentOf(process.env, {});
  const flags = ['CLIENT_JVMFLAGS', 'JVMFLAGS'].map((name) => variables[name] ?? '');
  const sources = { flags: [...flags, ...definitions], file: clientConfiguration };
  return {
    sessionTimeoutMs: timeoutMs,
    requestTimeoutMs: timeoutMs,
    canBeReadOnly: isReadOnly,
    ...(await readClientConfiguration(sources, note)),
  };
}

/** Lines of a pipe or a file. */
async function runLines(shell: Shell): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    await shell.executeLine(line);
    if (shell.isOver) return;
  }
}

async function start(options: StartOptions): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const { command, servers, isJson } = options;
  const isSession = command.length === 0;
  const isInteractive = isSession && stdin.isTTY === true && stdout.isTTY === true;
  // https://no-color.org: any value but the empty one.
  const isPlain = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  const console = new Console({ out: stdout, err: stderr, isJson, isPlain });
  const terminal = new Terminal(stdin, stdout);
  const shell = new Shell({
    console,
    client: await clientOptions(options, (line) => console.note(line)),
    waitsForConnection: options.waitsForConnection,
    isInteractive,
    interject: isInteractive ? terminal.interject : (write) => write(),
  });
  for (const word of options.unknown) console.error(`zk-cli: there is no option ${word}`);
  // `help` is no reason to look for a server.
  if (command[0] === 'help') {
    await shell.execute(command);
    return shell.exitCode;
  }
  if (!isJson) console.line(`Connecting to ${servers}`);
  if (isInteractive) console.line('Welcome to ZooKeeper! help lists the commands, Tab completes.');
  else if (isSession && !isJson) {
    console.lines(['Welcome to ZooKeeper!', 'JLine support is disabled']);
  }
  await console.flush();
  const onInterrupt = (): void => shell.interrupt();
  process.on('SIGINT', onInterrupt);
  try {
    await shell.connect(servers);
    if (!isSession) await shell.execute(command);
    else if (isInteractive) await terminal.run(shell, new HistoryFile(historyPath(process.env)));
    else await runLines(shell);
    return shell.exitCode;
  } finally {
    process.off('SIGINT', onInterrupt);
    await shell.end();
    await console.flush();
  }
}

/**
 * Runs the shell on this process.
 *
 * @param argv the words behind the program's name
 * @returns the exit code: that of the last command; 0, 1 for a failure, 127 for a command that there is not
 */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const options = parseStart(argv);
    if (options.isHelp) process.stdout.write(`${usage()}\n`);
    else if (options.isVersion) process.stdout.write(`zk-cli ${version()}\n`);
    else return await start(options);
    return 0;
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
}
