/*
 * The few keys that stop, status and initialize need of zoo.cfg, read without judging the rest: a server can be stopped and
 * asked for its status while a mistake in its file keeps it from being started again. zkServer.sh greps for them.
 */
import { readProperties } from '../server/config/properties.ts';
import { diskFiles } from './config-files.ts';

/** Keys of a .properties file, where the last line for a key counts. */
export type StaticKeys = ReadonlyMap<string, string>;

/** A command that cannot go on; its message is a line for the operator. */
export class CommandError extends Error {}

/**
 * Reads the keys of a file.
 *
 * @throws CommandError where it cannot be read
 * @throws ConfigError where it is no .properties file
 */
export function staticKeys(path: string): StaticKeys {
  const content = diskFiles.read(path);
  if (content.kind === 'file') {
    return new Map(readProperties(path, content.bytes).map(({ key, value }) => [key, value]));
  }
  const reason = content.kind === 'missing' ? 'there is no such file' : content.reason;
  throw new CommandError(`${path}: ${reason}`);
}

/** The data directory. Throws CommandError where the file has none. */
export function dataDirOf(keys: StaticKeys, path: string): string {
  const dataDir = keys.get('dataDir');
  if (dataDir === undefined || dataDir === '')
    throw new CommandError(`${path}: dataDir is not set`);
  return dataDir;
}
