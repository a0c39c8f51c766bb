/*
 * HostFacts: what only the operating system can tell: for the four-letter words envi, mntr, dirs and dump, and for the number of
 * clients (descriptors.ts).
 *
 * Each fact is looked up when it is asked for; one that the system does not have (/proc on macOS) is -1 or 0, never an error.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EnvironmentView } from '../../fourletter/index.ts';
import type { HostFacts } from '../server-view.ts';

/** The version of ZooKeeper whose protocol this server speaks; clients decide by it what they may ask. */
const PROTOCOL_VERSION = '3.9.4';

/** The facts about this machine and this process. */
export const hostFacts: HostFacts = {
  version: versionText(),
  environment,
  timeZone: () => Intl.DateTimeFormat().resolvedOptions().timeZone,
  directorySize,
  openFileDescriptorCount: () => countOrUnknown(() => readdirSync('/proc/self/fd').length),
  maxFileDescriptorCount: () => countOrUnknown(maxFileDescriptors),
};

/** `3.9.4-zk-server-0.1.0`: what is behind the first dash is ours. */
function versionText(): string {
  const file = packageFile(dirname(fileURLToPath(import.meta.url)));
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const day = statSync(file).mtime.toISOString().slice(0, 10);
  return `${PROTOCOL_VERSION}-zk-server-${version}, built on ${day} UTC`;
}

/** The package.json above a folder: sources and compiled files are at different depths. */
function packageFile(folder: string): string {
  const file = join(folder, 'package.json');
  try {
    statSync(file);
    return file;
  } catch (error) {
    if (folder === dirname(folder)) throw error;
    return packageFile(dirname(folder));
  }
}

function environment(): EnvironmentView {
  const { heapTotal } = process.memoryUsage();
  return {
    hostName: os.hostname(),
    nodeVersion: process.versions.node,
    execPath: process.execPath,
    osName: os.type(),
    osArch: process.arch,
    osVersion: os.release(),
    userName: userName(),
    userHome: os.homedir(),
    userDir: process.cwd(),
    memoryFree: os.freemem(),
    memoryMax: process.constrainedMemory() || os.totalmem(),
    memoryTotal: Math.max(process.memoryUsage.rss(), heapTotal),
  };
}

/** A container may run as a number that has no name. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return '<NA>';
  }
}

/** A file may go while its folder is being counted. */
function directorySize(path: string): number {
  try {
    const facts = statSync(path);
    if (!facts.isDirectory()) return facts.size;
    return readdirSync(path).reduce((sum, name) => sum + directorySize(join(path, name)), 0);
  } catch {
    return 0;
  }
}

/** -1 where the system has no such files. */
function countOrUnknown(count: () => number): number {
  try {
    return count();
  } catch {
    return -1;
  }
}

function maxFileDescriptors(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return line === null ? -1 : Number(line[1]);
}
