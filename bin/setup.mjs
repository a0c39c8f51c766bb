/*
 * What `npm start` and `npm test` do first on a fresh clone: install the dependencies and compile, each only when something it
 * depends on has changed since the last time it succeeded. Needs nothing but Node and npm.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function fail(text) {
  console.error(`zk-server: ${text}`);
  process.exit(1);
}

/** Runs a command in the project's folder and ends this process with its exit code if it fails. */
function run(what, command, args) {
  console.log(`zk-server: ${what} …`);
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.error) fail(`cannot run ${command}: ${done.error.message}`);
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** The modification time of a file in ms, or 0 where it does not exist. */
const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** The latest modification time of anything below a folder, folders included: they change when a file is removed. */
function newestIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestIn(path) : changedAt(path));
  }, changedAt(folder));
}

const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [needMajor, needMinor] = engines.node.match(/\d+/g).map(Number);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < needMajor || (major === needMajor && minor < needMinor)) {
  fail(`it needs Node.js ${needMajor}.${needMinor} or later, and this is ${process.version}`);
}

const lock = join(root, 'package-lock.json');
if (changedAt(join(root, 'node_modules/.package-lock.json')) < changedAt(lock)) {
  // npm empties the folder first, and would empty that of whoever it is linked to.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    fail(
      'node_modules is a link to what is older than package-lock.json: run npm ci there, or remove the link',
    );
  }
  // The compiler is a development dependency, which NODE_ENV=production would leave out.
  run('installing the dependencies', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}

// A stamp of our own: the compiler leaves its files behind when it fails, and keeps them as they are when nothing changed.
const stamp = join(root, 'dist/.built');
const sourcesAt = Math.max(
  newestIn(join(root, 'src')),
  newestIn(join(root, 'bench')),
  ...['tsconfig.json', 'tsconfig.build.json', 'rolldown.config.mjs'].map((name) =>
    changedAt(join(root, name)),
  ),
  changedAt(lock),
);
if (changedAt(stamp) < sourcesAt) {
  run('building', 'npm', ['run', '--silent', 'build']);
  writeFileSync(stamp, '');
}
