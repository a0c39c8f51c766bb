/*
 * Refuses paths in the words of Java's client (PathUtils.validatePath), before the client library would do so in its own.
 */
import { CliError } from './cli-error.ts';

function problemAt(path: string, at: number): string | null {
  const unit = path.charCodeAt(at);
  const isEnd = at + 1 === path.length || path[at + 1] === '/';
  if (unit === 0) return 'null character not allowed';
  if (path[at] === '/') return path[at - 1] === '/' ? 'empty node name specified' : null;
  if (path[at] === '.') {
    const before = path[at - 1] === '.' ? path[at - 2] : path[at - 1];
    return before === '/' && isEnd ? 'relative paths not allowed' : null;
  }
  const isForbidden =
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfff0;
  return isForbidden ? 'invalid character' : null;
}

/**
 * Checks a path. Raises CliError.
 *
 * @param isSequential the server appends a number, so that the last name may be empty
 */
export function checkPath(path: string, isSequential = false): void {
  const whole = isSequential ? `${path}1` : path;
  if (whole === '') throw new CliError('Path length must be > 0');
  if (!whole.startsWith('/')) throw new CliError('Path must start with / character');
  if (whole === '/') return;
  if (whole.endsWith('/')) throw new CliError('Path must not end with / character');
  for (let at = 1; at < whole.length; at++) {
    const problem = problemAt(whole, at);
    if (problem !== null) {
      throw new CliError(`Invalid path string "${whole}" caused by ${problem} @${at}`);
    }
  }
}
