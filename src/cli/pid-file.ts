/*
 * The file that holds the process id of a server in the background, and the question whether that process is still one. An
 * id alone proves little: after a reboot it can belong to anything, and stop must not end that.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from '../server/host/make-directories.ts';
import { hasCode } from './config-files.ts';

/** What a pid file says. */
export type PidFile =
  | { readonly kind: 'none' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'pid'; readonly pid: number };

/** What became of a process. */
export type ProcessState = 'gone' | 'server' | 'other';

/** Reads a pid file. */
export function readPidFile(path: string): PidFile {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^[1-9][0-9]{0,9}$/.test(text)
      ? { kind: 'pid', pid: Number(text) }
      : { kind: 'garbage' };
  } catch (error) {
    if (hasCode(error) && error.code === 'ENOENT') return { kind: 'none' };
    throw error;
  }
}

/**
 * Writes a pid file that is not there yet, without a line break as zkServer.sh does.
 *
 * @returns false where another start was faster
 */
export function createPidFile(path: string, pid: number): boolean {
  makeDirectories(dirname(path));
  try {
    writeFileSync(path, String(pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a pid file, if it is there. */
export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return hasCode(error) && error.code === 'EPERM';
  }
}

/** The command line of a process: an empty text for a zombie, null where nothing tells. */
function commandLine(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    // No /proc (macOS), or another user's process that it hides: ps may know.
    const ps = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return ps.status === 0 ? ps.stdout.trim() : null;
  }
}

/** Servers as they appear in a list of processes: this one, and the two main classes of the Java server. */
const SERVER_COMMAND = /zk-server\S* .*start-foreground|QuorumPeerMain|ZooKeeperServerMain/;

/** What a process id stands for now; a process that cannot be looked at counts as a server. */
export function stateOf(pid: number): ProcessState {
  if (!signalReaches(pid)) return 'gone';
  const command = commandLine(pid);
  if (command === null) return 'server';
  if (command === '') return 'gone';
  return SERVER_COMMAND.test(command) ? 'server' : 'other';
}
