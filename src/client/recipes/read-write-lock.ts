/*
 * ReadWriteLock: many readers or one writer, in the order in which they asked (Curator: InterProcessReadWriteLock, whose znodes it
 * shares). A reader waits for the last writer before it, a writer for whoever is before it; so writers do not starve.
 */

import type { ZooKeeper } from '../zookeeper.ts';
import { Lock, type LockKind, type LockOptions } from './lock.ts';

const READ = '__READ__';
const WRITE = '__WRIT__';

const reading: LockKind = {
  prefix: READ,
  blocker: (names, own) =>
    names.slice(0, names.indexOf(own)).findLast((name) => name.includes(WRITE)) ?? null,
};

const writing: LockKind = {
  prefix: WRITE,
  blocker: (names, own) => names[names.indexOf(own) - 1] ?? null,
};

/** Two locks at one path. */
export class ReadWriteLock {
  /** Held by many at a time. */
  readonly read: Lock;
  /** Held by one alone. */
  readonly write: Lock;

  constructor(zk: ZooKeeper, path: string, options: LockOptions = {}) {
    this.read = new Lock(zk, path, options, reading);
    this.write = new Lock(zk, path, options, writing);
  }
}
