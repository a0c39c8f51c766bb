/*
 * The commands and how each is carried out. What a command does is in a file of its own, loaded only when it is asked for;
 * the server itself is loaded by start-foreground alone. Answers to the case in zkServer.sh.
 */
import { type Environment, environmentOf } from './environment.ts';
import { version } from './project.ts';

/** What a command may be given. */
export interface CommandLine {
  /** --config: the directory of the configuration. */
  readonly config?: string | undefined;
  /** The configuration's name or path. */
  readonly cfg?: string | undefined;
}

/** One command. */
export interface Command {
  /** What it does, for the list of commands. */
  readonly about: string;
  /** Does it, and returns the exit code of the process. */
  readonly run: (line: CommandLine) => Promise<number>;
}

/** The environment of a command that is about one configuration, which it names first, on standard error as zkServer.sh does. */
function configured(line: CommandLine): Environment {
  const environment = environmentOf(process.env, { configDir: line.config, name: line.cfg });
  // A process that start has put into the background leaves this to its parent.
  if (!process.connected) process.stderr.write(`Using config: ${environment.configFile}\n`);
  return environment;
}

async function printCommand(environment: Environment): Promise<number> {
  const { serverCommand } = await import('./daemon.ts');
  const command = serverCommand(environment).map((word) => `"${word}"`);
  process.stdout.write(`${command.join(' ')} >>"${environment.logFile}" 2>&1 </dev/null\n`);
  return 0;
}

async function printVersion(): Promise<number> {
  process.stdout.write(`zk-server, version ${version()} (Node.js ${process.version})\n`);
  return 0;
}

/** The commands that take a configuration or nothing, by their names. */
export const commands: Readonly<Record<string, Command>> = {
  start: {
    about: 'Start a server in the background; returns when it serves, or looks for its ensemble',
    run: async (line) => (await import('./daemon.ts')).start(configured(line)),
  },
  'start-foreground': {
    about: 'Serve in this very process, logging to standard output',
    run: async (line) => (await import('./foreground.ts')).startForeground(configured(line)),
  },
  stop: {
    about: 'Stop the server in the background',
    run: async (line) => (await import('./daemon.ts')).stop(configured(line)),
  },
  restart: {
    about: 'Stop it and start it again',
    run: async (line) => (await import('./daemon.ts')).restart(configured(line)),
  },
  status: {
    about: 'Ask the server for its mode',
    run: async (line) => (await import('./status.ts')).status(configured(line)),
  },
  'print-cmd': {
    about: 'Print the command that start runs',
    run: (line) => printCommand(configured(line)),
  },
  version: { about: 'Print the version', run: printVersion },
};

/** What initialize may be given. */
export interface InitializeLine {
  readonly config?: string | undefined;
  readonly configfile?: string | undefined;
  readonly myid?: string | undefined;
  readonly force: boolean;
}

/** initialize takes its configuration as --configfile, which is a path also without a slash. */
export async function runInitialize(line: InitializeLine): Promise<number> {
  const { configfile, myid, force } = line;
  const name =
    configfile === undefined || configfile.includes('/') ? configfile : `./${configfile}`;
  const environment = environmentOf(process.env, { configDir: line.config, name });
  const { initialize } = await import('./initialize.ts');
  return initialize(environment, { myid, force });
}
