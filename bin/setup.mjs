/*
 * What `npm start` and `npm test` do first on a fresh clone: install the dependencies and compile, each only when something it
 * depends on has changed since the last time. Needs nothing but Node and npm.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the project's folder and ends this process with its exit code if it fails. */
function run(what, command, args) {
  console.log(`zk-server: ${what} …`);
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** The modification time of a file in ms, or 0 where it does not exist. */
const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** The latest modification time of the .ts files below a folder. */
function newestSource(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestSource(path) : changedAt(path));
  }, 0);
}

const installedAt = changedAt(join(root, 'node_modules/.package-lock.json'));
if (installedAt < changedAt(join(root, 'package-lock.json'))) {
  run('installing the dependencies', 'npm', ['ci', '--no-audit', '--no-fund']);
}

const builtAt = changedAt(join(root, 'dist/.tsbuildinfo'));
const sourcesAt = Math.max(
  ...['src', 'bench'].map((folder) => newestSource(join(root, folder))),
  changedAt(join(root, 'tsconfig.build.json')),
  changedAt(join(root, 'package-lock.json')),
);
if (builtAt < sourcesAt) run('building', 'npm', ['run', '--silent', 'build']);
