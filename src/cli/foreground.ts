/*
 * start-foreground: this very process serves until it is told to stop. Signals, exit codes and the first words of the log
 * live here; serving is src/server's. Answers to QuorumPeerMain.main, ZooKeeperServerMain and ExitCode.
 */
import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import type { Logger } from 'pino';
import { DirectoryError } from '../datatree/storage/storage-error.ts';
import type { ServerConfig } from '../server/config/config.ts';
import { ConfigError } from '../server/config/config-error.ts';
import { obstacle } from '../server/config/obstacle.ts';
import { parseConfig } from '../server/config/parse.ts';
import { type RunningServer, startServer } from '../server/main.ts';
import { ConfigNotWritable, PortUnavailable } from '../server/main-member.ts';
import { diskFiles, hasCode } from './config-files.ts';
import { prepareDataDirectories } from './data-directories.ts';
import type { Environment } from './environment.ts';
import { greeting } from './greeting.ts';
import { createLog, logLevel } from './log.ts';
import { version } from './project.ts';
import { reportUp } from './serving.ts';

/** Java's exit codes (ExitCode) as far as they apply. */
const EXIT = {
  finished: 0,
  unexpectedError: 1,
  invalidInvocation: 2,
  unableToAccessDataDirectory: 3,
} as const;

/** Whether this process belongs to somebody at a terminal; one that `start` or nohup has put into the background does not. */
const HAS_TERMINAL = [0, 1, 2].some((descriptor) => isatty(descriptor));

/** SIGHUP as well: a terminal that is closed ends a server in its foreground, and cleanly. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', ...(HAS_TERMINAL ? (['SIGHUP'] as const) : [])] as const;

/** Without a terminal it means nothing, as to Java, which zkServer.sh starts behind nohup; Node.js undoes what nohup does. */
function outliveHangup(log: Logger): void {
  if (HAS_TERMINAL) return;
  process.on('SIGHUP', () => log.info({ signal: 'SIGHUP' }, 'this signal has no effect here'));
}

function readConfig(environment: Environment): ServerConfig | string {
  try {
    const config = parseConfig(diskFiles, {
      path: environment.configFile,
      jvmFlags: environment.jvmFlags,
    });
    // Paths that stay what they are, whatever becomes of the working directory; `conf` shows them too.
    const dataDir = resolve(config.dataDir);
    const dataLogDir = resolve(config.dataLogDir);
    return obstacle(config) ?? { ...config, dataDir, dataLogDir };
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

function logConfig(config: ServerConfig, log: Logger): void {
  log.info({ version: version(), config: config.configFile, dataDir: config.dataDir }, 'starting');
  for (const { at, text } of config.warnings) log.warn({ at }, text);
  for (const { key, at, reason } of config.ignoredKeys) {
    log.info({ key, at }, `this key has no effect: ${reason}`);
  }
}

function unusableDirectory(why: string, log: Logger): number {
  log.fatal(why);
  process.stderr.write('Unable to access datadir, exiting abnormally\n');
  return EXIT.unableToAccessDataDirectory;
}

/** Says what kept a server from starting: in words where the system's code tells all, with the error where it does not. */
function logStartFailure(error: unknown, config: ServerConfig, log: Logger): void {
  if (error instanceof PortUnavailable || error instanceof ConfigNotWritable) {
    log.fatal(error.message);
    return;
  }
  const where = `clientPort ${config.clientPort} on ${config.clientPortAddress ?? 'all addresses'}`;
  // A file can be refused with EACCES too; only what listening came to is about the port.
  const isAboutPort = hasCode(error) && ['listen', 'getaddrinfo'].includes(error.syscall ?? '');
  switch (isAboutPort ? error.code : '') {
    case 'EADDRINUSE':
      log.fatal(`${where} is taken: another process listens there already`);
      return;
    case 'EACCES':
      log.fatal(`${where}: permission denied (ports below 1024 need a privilege)`);
      return;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      log.fatal(`${where}: this machine has no such address`);
      return;
    default:
      log.fatal({ err: error }, 'the server could not be started');
  }
}

/** A call of the system that failed and cannot be done without: the file with an epoch cannot be written, for one. */
const REFUSED = 'the system refuses what this server cannot do without: it ends';

function isOfSystem(error: unknown): boolean {
  return hasCode(error) && error.syscall !== undefined;
}

function logEndOfBugs(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, isOfSystem(error) ? REFUSED : 'a bug ends this process');
      process.exit(EXIT.unexpectedError);
    });
  }
}

/** Stops the server at the first signal; a second one ends the process at once. */
function stopOnSignals(running: RunningServer, log: Logger): void {
  let stopping = false;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (stopping) {
        log.warn({ signal }, 'told to stop twice: ending at once');
        process.exit(EXIT.unexpectedError);
      }
      stopping = true;
      log.info({ signal }, 'stopping');
      running.stop().catch((error: unknown) => {
        log.fatal({ err: error }, 'stopping failed');
        process.exit(EXIT.unexpectedError);
      });
    });
  }
}

/** Nothing has been acknowledged before the server serves, so a signal during the start simply ends the process. */
function endOnSignals(log: Logger): void {
  for (const signal of STOP_SIGNALS) {
    process.once(signal, () => {
      log.info({ signal }, 'stopped before serving');
      process.exit(EXIT.finished);
    });
  }
}

/**
 * Serves until a signal or an error.
 *
 * @returns the exit code of the process
 */
export async function startForeground(environment: Environment): Promise<number> {
  const config = readConfig(environment);
  if (typeof config === 'string') {
    process.stderr.write(`${config}\nInvalid config, exiting abnormally\n`);
    return EXIT.invalidInvocation;
  }
  const forPeople = process.stdout.isTTY || process.env['npm_lifecycle_event'] === 'start';
  const log = createLog(logLevel(environment.variables), forPeople);
  logEndOfBugs(log);
  endOnSignals(log);
  outliveHangup(log);
  logConfig(config, log);
  const unusable = prepareDataDirectories(config);
  if (unusable !== null) {
    return unusableDirectory(unusable, log);
  }
  let running: RunningServer;
  try {
    running = await startServer(config, log);
  } catch (error) {
    if (error instanceof DirectoryError) return unusableDirectory(error.message, log);
    logStartFailure(error, config, log);
    // A name that is none is a mistake of the configuration.
    const isUnknownName = hasCode(error) && error.syscall === 'getaddrinfo';
    return isUnknownName ? EXIT.invalidInvocation : EXIT.unexpectedError;
  }
  for (const signal of STOP_SIGNALS) process.removeAllListeners(signal);
  stopOnSignals(running, log);
  reportUp(config.ensemble !== null);
  if (forPeople) process.stdout.write(greeting(environment, config, running.clientPort));
  const reason = await running.stopped;
  if (reason === null) {
    log.info('stopped');
    return EXIT.finished;
  }
  if (reason instanceof PortUnavailable) log.fatal(`the server cannot lead: ${reason.message}`);
  else log.fatal({ err: reason }, 'the server has ended');
  return EXIT.unexpectedError;
}
