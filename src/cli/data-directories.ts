/*
 * Makes the data directories of a server before it starts, or says which is missing. Answers to the constructor of
 * FileTxnSnapLog and its exit code 3; what is in the directories is none of this file's business.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerConfig } from '../server/config/config.ts';
import { makeDirectories } from '../server/host/make-directories.ts';
import { hasCode, reasonOf } from './config-files.ts';

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (hasCode(error) && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(error.code)) return false;
    throw error;
  }
}

/** Why a directory cannot be used, after having made it where that is allowed; null where it can. */
function obstacleAt(path: string, autocreate: boolean): string | null {
  if (!isDirectory(path)) {
    if (!autocreate) {
      return (
        `Missing data directory ${path}, automatic data directory creation is disabled ` +
        '(zookeeper.datadir.autocreate is false). Please create this directory manually, or run initialize.'
      );
    }
    try {
      makeDirectories(path);
    } catch (error) {
      if (!hasCode(error)) throw error;
      return `Unable to create data directory ${path}: ${reasonOf(error)}`;
    }
  }
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    if (!hasCode(error)) throw error;
    return `Cannot write to data directory ${path}: ${reasonOf(error)}`;
  }
}

/**
 * Makes version-2 in dataLogDir and in dataDir where they are missing.
 *
 * @returns null, or one line about the first that cannot be used
 */
export function prepareDataDirectories(config: ServerConfig): string | null {
  for (const directory of [config.dataLogDir, config.dataDir]) {
    const text = obstacleAt(join(directory, 'version-2'), config.dataDirAutocreate);
    if (text !== null) return text;
  }
  return null;
}
