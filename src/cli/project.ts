/*
 * Where this package is, and which version of it.
 *
 * Found from the place of the running file and not from the working directory: bin/zk-server is called from anywhere.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, bin/ and conf/, found from src/cli as well as from dist/src/cli. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}

/** The version in package.json. */
export function version(): string {
  const description: unknown = JSON.parse(
    readFileSync(join(projectRoot(), 'package.json'), 'utf8'),
  );
  if (typeof description === 'object' && description !== null && 'version' in description) {
    return String(description.version);
  }
  throw new Error('package.json has no version');
}
