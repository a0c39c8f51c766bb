/*
 * initialize: makes empty data directories for a new server, as zkServer-initialize.sh does, down to its lines. The file
 * `initialize` in dataDir lets the next start begin with an empty database where db.autocreate is false.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../server/host/make-directories.ts';
import { hasCode, reasonOf } from './config-files.ts';
import { pidFileOf } from './daemon.ts';
import type { Environment } from './environment.ts';
import { readPidFile, stateOf } from './pid-file.ts';
import { CommandError, dataDirOf, staticKeys } from './static-keys.ts';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The largest id: with TTL znodes the owner's first byte marks them, and larger ids would not fit beside it. */
const LARGEST_ID = 255;

/** What the command line says. */
export interface InitializeOptions {
  /** The server's id, or undefined for none. */
  readonly myid: string | undefined;
  /** Whether existing data is thrown away. */
  readonly force: boolean;
}

function checkMyid(myid: string): void {
  if (/^[0-9]{1,3}$/.test(myid) && Number(myid) <= LARGEST_ID) return;
  throw new CommandError(`--myid: ${JSON.stringify(myid)} is no number from 1 to ${LARGEST_ID}`);
}

/** Nothing is thrown away under a server that uses it. */
function checkNotRunning(environment: Environment): void {
  const known = readPidFile(pidFileOf(environment));
  if (known.kind !== 'pid' || stateOf(known.pid) !== 'server') return;
  throw new CommandError(`a server is running on this data as process ${known.pid}: stop it first`);
}

function refuseExisting(kind: string, directory: string): void {
  if (!existsSync(join(directory, 'version-2'))) return;
  throw new CommandError(
    `ZooKeeper ${kind} directory already exists at ${directory} (or use --force to force re-initialization)`,
  );
}

function makeEmpty(directory: string): void {
  rmSync(join(directory, 'myid'), { recursive: true, force: true });
  rmSync(join(directory, 'version-2'), { recursive: true, force: true });
  makeDirectories(join(directory, 'version-2'));
}

function makeDataDirectories(environment: Environment, options: InitializeOptions): void {
  const { configFile } = environment;
  if (!existsSync(configFile))
    throw new CommandError(`Unable to find config file at ${configFile}`);
  if (options.myid !== undefined) checkMyid(options.myid);
  const keys = staticKeys(configFile);
  const dataDir = dataDirOf(keys, configFile);
  const dataLogDir = keys.get('dataLogDir') || dataDir;
  checkNotRunning(environment);
  if (options.force) {
    say('Force enabled, data/txnlog directories will be re-initialized');
  } else {
    refuseExisting('data', dataDir);
    refuseExisting('txnlog', dataLogDir);
  }
  makeEmpty(dataDir);
  makeEmpty(dataLogDir);
  if (options.myid === undefined) {
    say(
      `No myid provided, be sure to specify it in ${join(dataDir, 'myid')} if using non-standalone`,
    );
  } else {
    say(`Using myid of ${options.myid}`);
    writeFileSync(join(dataDir, 'myid'), `${options.myid}\n`);
  }
  writeFileSync(join(dataDir, 'initialize'), '');
}

/**
 * Makes the directories of a new server.
 *
 * @returns the exit code, 0
 * @throws CommandError where there is data already and no --force, the id is none, or the directories cannot be made
 */
export function initialize(environment: Environment, options: InitializeOptions): number {
  try {
    makeDataDirectories(environment, options);
    return 0;
  } catch (error) {
    // What is asked for may belong to somebody else, or a file be in its way: a line for the operator, and no bug.
    if (!hasCode(error) || error.path === undefined) throw error;
    throw new CommandError(`Unable to initialize ${error.path}: ${reasonOf(error)}`);
  }
}
