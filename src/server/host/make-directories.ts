/*
 * Makes a directory with those above it that are missing, as File.mkdirs does for FileTxnSnapLog. Making it durable is disk.ts's.
 *
 * Not mkdirSync with `recursive`: that of Node.js 20 takes ENOENT for a missing directory above, makes that, and begins again. Where a
 * file system says ENOENT to whatever is to be made (/proc, a directory that automount keeps), it does so for ever: `start` with such a
 * dataDir took a whole core, said nothing, and SIGTERM did not end the server.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function makeOne(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else may have been faster.
    if (!isDirectory(path)) throw error;
  }
}

/** Not by resolve(), which takes `link/..` for nothing: the system goes back from where the link leads. */
function absolute(path: string): string {
  return isAbsolute(path) ? path : `${process.cwd()}/${path}`;
}

/**
 * Makes a directory and what is missing above it.
 *
 * @param path where; a relative path belongs to the working directory
 * @returns those that were missing, the topmost first
 * @throws the system's error for the first that cannot be made
 */
export function makeDirectories(path: string): readonly string[] {
  const missing: string[] = [];
  for (let at = absolute(path); ; at = dirname(at)) {
    if (statSync(at, { throwIfNoEntry: false }) !== undefined || at === dirname(at)) break;
    missing.unshift(at);
  }
  if (missing.length === 0) makeOne(path);
  for (const directory of missing) makeOne(directory);
  return missing;
}
