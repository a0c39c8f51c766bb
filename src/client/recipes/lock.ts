/*
 * Lock: one at a time among all clients of an ensemble, in the order in which they asked (Curator: InterProcessMutex, whose
 * znodes it shares). Each waits for the one before it only, so that a release wakes one client and not all.
 *
 *     const held = await new Lock(zk, '/locks/report').acquire();
 *     try {
 *       await writeReport({ fencing: held.zxid, signal: held.signal });
 *     } finally {
 *       await held.release();
 *     }
 *
 * No lock can keep a client that was stopped for a minute from going on as if it held the lock. So hand `zxid` to whatever the lock
 * protects: it grows with each holder, and who has seen a larger one refuses a smaller.
 */

import type { Zxid } from '../../jute/int64.ts';
import { NoNodeError } from '../errors.ts';
import type { CreateParts, Data, RequestOptions } from '../operations.ts';
import { childOf, nameOf } from '../path.ts';
import { retryOnLoss } from '../retry.ts';
import type { ZooKeeper } from '../zookeeper.ts';
import { createOwn, deleteOwnLater, inSequence, OwnNodeWatch, untilGone } from './own-node.ts';

/** How the znodes of a lock are made. */
export interface LockOptions extends Pick<CreateParts, 'acl'> {
  /** What stands in the znode of each who wants the lock: who it is, for people who look. */
  readonly data?: Data | undefined;
}

/** How long to wait for a lock. */
export interface AcquireOptions {
  /** Gives up when it is aborted, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A lock that is held. */
export interface HeldLock extends AsyncDisposable {
  /** The znode that stands for it. */
  readonly path: string;
  /** The transaction that created the znode: larger for each later holder. */
  readonly zxid: Zxid;
  /**
   * Aborted when the lock is lost: its znode was deleted, or the session is over. While the client is disconnected nobody knows; who
   * must be sure stops at the event `disconnected` of the ZooKeeper.
   */
  readonly signal: AbortSignal;
  /** Gives the lock back. Again does nothing. */
  release(): Promise<void>;
}

/** What decides who holds a lock of some kind. */
export interface LockKind {
  /** What stands in front of the number in the names of those who want it. */
  readonly prefix: string;
  /** The name that has to go before `own` may hold the lock, or null when it holds it. `names` are all in their order, own among them. */
  readonly blocker: (names: readonly string[], own: string) => string | null;
}

const mutex: LockKind = {
  prefix: 'lock-',
  blocker: (names, own) => names[names.indexOf(own) - 1] ?? null,
};

/** A lock at a path, which is created where it is missing. */
export class Lock {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #options: LockOptions;
  readonly #kind: LockKind;

  /** @param kind who excludes whom: everybody everybody when not given */
  constructor(zk: ZooKeeper, path: string, options: LockOptions = {}, kind = mutex) {
    this.#zk = zk;
    this.#path = path;
    this.#options = options;
    this.#kind = kind;
  }

  /** Waits for the lock. Rejects when the signal is aborted or the session is over, and then waits no longer. */
  async acquire(options: AcquireOptions = {}): Promise<HeldLock> {
    const { signal } = options;
    const { data = null, acl } = this.#options;
    const parts = { parent: this.#path, prefix: this.#kind.prefix, data, acl };
    const { path, stat } = await createOwn(this.#zk, parts, { signal });
    try {
      await this.#wait(path, signal);
    } catch (error) {
      deleteOwnLater(this.#zk, path);
      throw error;
    }
    const watch = new OwnNodeWatch(this.#zk, path);
    const release = (): Promise<void> => watch.release();
    return {
      path,
      zxid: stat.czxid,
      signal: watch.signal,
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  /** Does `work` while the lock is held, and gives what it gives. */
  async run<T>(work: (held: HeldLock) => Promise<T> | T, options?: AcquireOptions): Promise<T> {
    const held = await this.acquire(options);
    try {
      return await work(held);
    } finally {
      await held.release();
    }
  }

  async #wait(path: string, signal: AbortSignal | undefined): Promise<void> {
    const own = nameOf(path);
    for (;;) {
      const names = await this.#names({ signal });
      if (!names.includes(own)) throw new NoNodeError(path);
      const blocker = this.#kind.blocker(names, own);
      if (blocker === null) return;
      await untilGone(this.#zk, childOf(this.#path, blocker), signal);
    }
  }

  async #names(options: RequestOptions): Promise<readonly string[]> {
    const children = await retryOnLoss(() => this.#zk.getChildren(this.#path, options));
    return inSequence(children.filter((name) => name.startsWith('_c_')));
  }

  /** The paths of those who hold or want the lock, the holder first. */
  async contenders(options: RequestOptions = {}): Promise<readonly string[]> {
    try {
      return (await this.#names(options)).map((name) => childOf(this.#path, name));
    } catch (error) {
      if (error instanceof NoNodeError) return [];
      throw error;
    }
  }
}
