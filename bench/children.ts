/*
 * Every process that the benchmark starts and every directory that it makes, so that nothing is left
 * behind: whatever ends the benchmark (its own end, an error, Ctrl-C), the processes are killed by their
 * own ids and the directories are removed.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';

const running = new Set<ChildProcess>();
const directories = new Set<string>();

/** Remembers a started process until it ends. */
export function track<C extends ChildProcess>(child: C): C {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Makes a fresh directory below `parent`. */
export function makeRunDirectory(parent: string): string {
  const made = mkdtempSync(path.join(parent, 'zk-bench-'));
  directories.add(made);
  return made;
}

/** Removes a directory that {@link makeRunDirectory} made, with all in it. */
export function removeRunDirectory(made: string): void {
  rmSync(made, { recursive: true, force: true });
  directories.delete(made);
}

/** Sees to it that the end of this process is the end of all that it started. */
export function cleanUpAtExit(): void {
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    for (const made of directories) rmSync(made, { recursive: true, force: true });
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  process.once('SIGHUP', () => process.exit(129));
}

/** Resolves when the process has ended; rejects when that takes longer than `limitMs`. */
export function ended(child: ChildProcess, limitMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`process ${child.pid} did not end within ${limitMs} ms`)),
      limitMs,
    );
    child.once('exit', () => {
      clearTimeout(limit);
      resolve();
    });
  });
}
