/*
 * Files that exist only in a test: what parseConfig reads, given as an object of path and text.
 */
import type { ServerConfig } from '../../../src/server/config/config.ts';
import { ConfigError } from '../../../src/server/config/config-error.ts';
import {
  type ConfigFiles,
  type ConfigSources,
  parseConfig,
} from '../../../src/server/config/parse.ts';

/** Files by their path; a Uint8Array where bytes matter, an Error's message where a file cannot be read. */
export type MemoryFiles = Readonly<Record<string, string | Uint8Array | Error>>;

/** The port over such files. */
function memoryFiles(files: MemoryFiles): ConfigFiles {
  return {
    read(path) {
      const content = files[path];
      if (content === undefined) return { kind: 'missing' };
      if (content instanceof Error) return { kind: 'unreadable', reason: content.message };
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      return { kind: 'file', bytes };
    },
  };
}

/** What a server needs at least, on two lines. */
export const LEAST = 'dataDir=/data\nclientPort=2181\n';

/** Parses a zoo.cfg given as text, named zoo.cfg; other files beside it. */
export function parseText(
  text: string,
  others: MemoryFiles = {},
  sources: Omit<ConfigSources, 'path'> = {},
): ServerConfig {
  return parseConfig(memoryFiles({ 'zoo.cfg': text, ...others }), { path: 'zoo.cfg', ...sources });
}

/** The message of the ConfigError that a text ends with. */
export function mistakeIn(text: string, others: MemoryFiles = {}): string {
  try {
    parseText(text, others);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
}
