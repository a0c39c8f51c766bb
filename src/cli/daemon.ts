/*
 * start, stop and restart: a server in the background, known by its pid file. Lines and exit codes are zkServer.sh's, with
 * what it cannot know added: start returns when the server is up, stop when the process is gone, and a pid that has passed
 * to a process that is no server is left alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDirectories } from '../server/host/make-directories.ts';
import { hasCode, reasonOf } from './config-files.ts';
import type { Environment } from './environment.ts';
import { readable } from './log.ts';
import { createPidFile, readPidFile, removePidFile, stateOf } from './pid-file.ts';
import { START_LIMIT_MS, startOutcome } from './serving.ts';
import { CommandError, dataDirOf, staticKeys } from './static-keys.ts';

/** How long a stop may take before the operator is told that the process is still there, in ms. */
const STOP_LIMIT_MS = 60_000;

/** How often stop looks whether the process is gone, in ms. */
const STOP_POLL_MS = 25;

/** Lines of the log that are shown when a start fails. */
const TAIL_LINES = 20;

function say(text: string): void {
  process.stdout.write(text);
}

/** The file that holds the pid: ZOOPIDFILE, else in dataDir. */
export function pidFileOf(environment: Environment): string {
  if (environment.pidFile !== null) return environment.pidFile;
  const { configFile } = environment;
  return join(dataDirOf(staticKeys(configFile), configFile), 'zookeeper_server.pid');
}

/** Where the log ends now, so that a failed start shows its own words alone. */
function endOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (hasCode(error) && error.code === 'ENOENT') return 0;
    throw error;
  }
}

/** The last lines that were written to the log from an offset on, readable. */
function tail(path: string, offset: number): string {
  const lines = readFileSync(path).subarray(offset).toString('utf8').trimEnd().split('\n');
  return lines
    .slice(-TAIL_LINES)
    .map((line) => `  ${readable(line)}\n`)
    .join('');
}

/** The command line of a server in the background; Node's own options are those of this process (bin/zk-server). */
export function serverCommand(environment: Environment): readonly string[] {
  const bin = join(environment.root, 'bin', 'zk-server');
  const options = [...process.execArgv, bin, 'start-foreground'];
  return [process.execPath, ...options, configPath(environment.configFile)];
}

/** A name that start-foreground takes for a path. */
function configPath(file: string): string {
  return file.includes('/') ? file : `./${file}`;
}

function spawnServer(environment: Environment, log: number): ChildProcess {
  const [node = process.execPath, ...args] = serverCommand(environment);
  return spawn(node, args, {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...environment.variables },
  });
}

/** Whether another server is known by this pid file; a file that is left over from one is removed. */
function runningServer(pidFile: string): number | null {
  const known = readPidFile(pidFile);
  if (known.kind === 'none') return null;
  if (known.kind === 'pid' && stateOf(known.pid) === 'server') return known.pid;
  removePidFile(pidFile);
  return null;
}

function openLog(environment: Environment): number {
  try {
    makeDirectories(dirname(environment.logFile));
    return openSync(environment.logFile, 'a');
  } catch (error) {
    if (!hasCode(error)) throw error;
    throw new CommandError(`cannot write the log ${environment.logFile}: ${reasonOf(error)}`);
  }
}

/** Makes the child known by the pid file, or ends it. */
function makeKnown(child: ChildProcess, pidFile: string): number {
  const { pid } = child;
  if (pid === undefined) throw new CommandError(`cannot run ${process.execPath}`);
  try {
    if (createPidFile(pidFile, pid)) return pid;
  } catch (error) {
    child.kill();
    throw error;
  }
  child.kill();
  throw new CommandError(`another start is under way: ${pidFile} has just been written`);
}

async function startBehind(environment: Environment, pidFile: string): Promise<number> {
  const log = openLog(environment);
  const offset = endOf(environment.logFile);
  const child = spawnServer(environment, log);
  closeSync(log);
  const outcome = startOutcome(child);
  const pid = makeKnown(child, pidFile);
  switch (await outcome) {
    case 'serving':
      say('STARTED\n');
      return 0;
    case 'looking':
      say('STARTED\n');
      process.stderr.write(
        'It looks for the other servers of its ensemble, and serves clients together with a quorum of them: ' +
          '`zk-server status` tells.\n',
      );
      return 0;
    case 'still starting':
      say(
        `not serving after ${START_LIMIT_MS / 1000} s, and still reading its data as process ${pid}; ` +
          `its log is ${environment.logFile}\n`,
      );
      return 1;
    case 'ended':
      removePidFile(pidFile);
      say(`FAILED TO START\n${tail(environment.logFile, offset)}`);
      return 1;
  }
}

/** What zkServer.sh says before it would write a pid file into a directory that may not be made; null where all is there. */
function missingDirectory(environment: Environment): string | null {
  if (!environment.autocreateDisabled) return null;
  const keys = staticKeys(environment.configFile);
  const dataDir = dataDirOf(keys, environment.configFile);
  const dataLogDir = keys.get('dataLogDir') || dataDir;
  for (const [kind, directory] of [
    ['data', dataDir],
    ['txnlog', dataLogDir],
  ] as const) {
    if (existsSync(join(directory, 'version-2'))) continue;
    return `ZooKeeper ${kind} directory is missing at ${directory} fix the path or run initialize`;
  }
  return null;
}

/**
 * Starts a server in the background and waits until it serves; a member of an ensemble until the others can reach it.
 *
 * @returns the exit code: 0 when it does, 1 when it does not or another one does
 */
export async function start(environment: Environment): Promise<number> {
  const missing = missingDirectory(environment);
  if (missing !== null) {
    say(`${missing}\n`);
    return 1;
  }
  say('Starting zookeeper ... ');
  try {
    const pidFile = pidFileOf(environment);
    const other = runningServer(pidFile);
    if (other === null) return await startBehind(environment, pidFile);
    say(`already running as process ${other}.\n`);
    return 1;
  } catch (error) {
    return failed('FAILED TO START', error);
  }
}

/** Ends the line of a command with what kept it from being done. */
function failed(word: string, error: unknown): number {
  const isKnown = error instanceof CommandError || hasCode(error);
  if (!isKnown) throw error;
  say(`${word}\n  ${error.message}\n`);
  return 1;
}

/** Waits until a process is gone, for a limited time. */
async function waitUntilGone(pid: number): Promise<boolean> {
  const limit = Date.now() + STOP_LIMIT_MS;
  while (stateOf(pid) === 'server') {
    if (Date.now() > limit) return false;
    await delay(STOP_POLL_MS);
  }
  return true;
}

async function end(pid: number, pidFile: string): Promise<number> {
  process.kill(pid, 'SIGTERM');
  if (!(await waitUntilGone(pid))) {
    say(`process ${pid} is still there after ${STOP_LIMIT_MS / 1000} s\n`);
    return 1;
  }
  removePidFile(pidFile);
  say('STOPPED\n');
  return 0;
}

/**
 * Stops the server in the background and waits until its process is gone.
 *
 * @returns the exit code: 0 when none is left, also when there was none
 */
export async function stop(environment: Environment): Promise<number> {
  say('Stopping zookeeper ... ');
  try {
    const pidFile = pidFileOf(environment);
    const known = readPidFile(pidFile);
    if (known.kind === 'none') {
      say(`no zookeeper to stop (could not find file ${pidFile})\n`);
      return 0;
    }
    const state = known.kind === 'pid' ? stateOf(known.pid) : 'gone';
    if (known.kind === 'pid' && state === 'server') return await end(known.pid, pidFile);
    removePidFile(pidFile);
    say(
      known.kind === 'garbage'
        ? `no zookeeper to stop (${pidFile} held no process id and is removed)\n`
        : `no zookeeper to stop (process ${known.pid} ${state === 'gone' ? 'has ended' : 'is no server'}; ${pidFile} is removed)\n`,
    );
    return 0;
  } catch (error) {
    return failed('FAILED TO STOP', error);
  }
}

/** Stops the server, if one runs, and starts it again. */
export async function restart(environment: Environment): Promise<number> {
  const stopped = await stop(environment);
  return stopped === 0 ? start(environment) : stopped;
}
