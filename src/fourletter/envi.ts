/*
 * `envi`: what the server runs on.
 *
 * The keys are those of Java's Environment.list as far as they mean something without a JVM; the `java.` ones (version,
 * vendor, home, class.path, library.path, compiler, io.tmpdir) would be lies here, so `node.version` and
 * `node.execpath` stand in the place of the first of them. Clients read `zookeeper.version` from this word (kazoo's
 * server_version), and none is known to read a `java.` key. Names of systems and processors are the ones Java uses.
 */

import type { ServerView } from './server-view.ts';

const BYTES_PER_MB = 1024 * 1024;

const osNames = new Map([['Darwin', 'Mac OS X']]);

const architectures = new Map([
  ['x64', 'amd64'],
  ['arm64', 'aarch64'],
]);

/** `envi`: a heading and lines `key=value`; memory in whole megabytes. */
export function envi(view: ServerView): string {
  const environment = view.environment();
  return [
    'Environment:',
    `zookeeper.version=${view.version()}`,
    `host.name=${environment.hostName}`,
    `node.version=${environment.nodeVersion}`,
    `node.execpath=${environment.execPath}`,
    `os.name=${osNames.get(environment.osName) ?? environment.osName}`,
    `os.arch=${architectures.get(environment.osArch) ?? environment.osArch}`,
    `os.version=${environment.osVersion}`,
    `user.name=${environment.userName}`,
    `user.home=${environment.userHome}`,
    `user.dir=${environment.userDir}`,
    `os.memory.free=${megabytes(environment.memoryFree)}`,
    `os.memory.max=${megabytes(environment.memoryMax)}`,
    `os.memory.total=${megabytes(environment.memoryTotal)}`,
    '',
  ].join('\n');
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / BYTES_PER_MB)}MB`;
}
