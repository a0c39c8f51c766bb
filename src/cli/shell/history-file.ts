/*
 * The lines that were typed in earlier sessions: a file for each user, where the XDG base directories have it
 * ($XDG_STATE_HOME/zk-cli/history, else below ~/.local/state). Lines with credentials are not kept.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { hasCode } from '../config-files.ts';

/** Lines that are kept. */
const LINES_LIMIT = 1_000;

/** Where it is. */
export function historyPath(environment: Readonly<Record<string, string | undefined>>): string {
  const state = environment['XDG_STATE_HOME'];
  // A relative one is to be ignored (XDG Base Directory Specification).
  const base = state?.startsWith('/') ? state : join(homedir(), '.local', 'state');
  return join(base, 'zk-cli', 'history');
}

/** The file. A shell works without it: what cannot be read or written is not there. */
export class HistoryFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The lines, the newest first. What is too old is removed from the file. */
  load(): string[] {
    return quietly(() => {
      const lines = readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      const kept = lines.slice(-LINES_LIMIT);
      if (lines.length > 2 * LINES_LIMIT) this.#write(`${kept.join('\n')}\n`);
      return kept.reverse();
    }, []);
  }

  /** Adds a line. */
  add(line: string): void {
    if (/^\s*addauth\b/.test(line) || line.trim() === '') return;
    quietly(() => {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      appendFileSync(this.#path, `${line}\n`, { mode: 0o600 });
    }, undefined);
  }

  #write(text: string): void {
    writeFileSync(this.#path, text, { mode: 0o600 });
  }
}

function quietly<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    if (hasCode(error)) return otherwise;
    throw error;
  }
}
