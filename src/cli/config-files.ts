/*
 * The files of a configuration as the file system has them: the one implementation of the port that parseConfig reads
 * through.
 */
import { readFileSync, statSync } from 'node:fs';
import type { ConfigFiles, FileContent } from '../server/config/parse.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
};

/** Whether an error carries a code of the system, as those of node:fs and node:net do. */
export function hasCode(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** What went wrong with a file, in words where we have some. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return REASONS[error.code ?? ''] ?? error.message;
}

function read(path: string): FileContent {
  try {
    // A directory of that name is no file, as File.isFile has it.
    if (!statSync(path).isFile()) return { kind: 'missing' };
    return { kind: 'file', bytes: readFileSync(path) };
  } catch (error) {
    if (!hasCode(error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return { kind: 'missing' };
    return { kind: 'unreadable', reason: reasonOf(error) };
  }
}

/** Files on disk, relative ones in the working directory. */
export const diskFiles: ConfigFiles = { read };
