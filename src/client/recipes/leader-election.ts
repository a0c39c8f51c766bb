/*
 * LeaderElection: one of several leads, and when it goes the next does (Curator: LeaderLatch, whose znodes it shares).
 *
 *     const election = new LeaderElection(zk, '/election', { id: 'host-1' });
 *     const leadership = await election.campaign();
 *     await work({ until: leadership.signal });
 *     await leadership.release();
 */

import { NoNodeError } from '../errors.ts';
import type { CreateParts, RequestOptions } from '../operations.ts';
import { retryOnLoss } from '../retry.ts';
import type { ZooKeeper } from '../zookeeper.ts';
import { type AcquireOptions, type HeldLock, Lock, type LockKind } from './lock.ts';

/** Who takes part, and how its znodes are made. */
export interface LeaderElectionOptions extends Pick<CreateParts, 'acl'> {
  /** What the others see of this candidate. */
  readonly id: string;
}

const latch: LockKind = {
  prefix: 'latch-',
  blocker: (names, own) => names[names.indexOf(own) - 1] ?? null,
};

/** An election at a path, which is created where it is missing. */
export class LeaderElection {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #lock: Lock;

  constructor(zk: ZooKeeper, path: string, options: LeaderElectionOptions) {
    this.#zk = zk;
    this.#path = path;
    this.#lock = new Lock(zk, path, { data: options.id, acl: options.acl }, latch);
  }

  /**
   * Stands for election and resolves when this candidate leads: `signal` is aborted when it does not any more, `zxid` grows with
   * each leader (see Lock), `release()` resigns. Rejects when the signal is aborted or the session is over.
   */
  campaign(options?: AcquireOptions): Promise<HeldLock> {
    return this.#lock.acquire(options);
  }

  /** The id of who leads now, or null when nobody stands for election. */
  async leader(options: RequestOptions = {}): Promise<string | null> {
    return (await this.#first(options))?.id ?? null;
  }

  async #first(
    options: RequestOptions,
  ): Promise<{ readonly path: string; readonly id: string } | null> {
    for (;;) {
      const [path] = await this.#lock.contenders(options);
      if (path === undefined) return null;
      try {
        const { data } = await retryOnLoss(() => this.#zk.getData(path, options));
        return { path, id: data?.toString('utf8') ?? '' };
      } catch (error) {
        // It has resigned between the two questions.
        if (!(error instanceof NoNodeError)) throw error;
      }
    }
  }

  /** The id of the leader now, and then of each that follows; null for nobody. A leader that is gone at once may be left out. */
  async *leaders(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<string | null, void, undefined> {
    const { signal } = options;
    const changes = this.#zk.watch(this.#path, { mode: 'persistentRecursive', signal });
    try {
      await changes.ready;
      let last: { readonly path: string } | null | undefined;
      do {
        const first = await this.#first({ signal });
        if (last !== undefined && first?.path === last?.path) continue;
        last = first;
        yield first?.id ?? null;
      } while ((await changes.next()).done !== true);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    } finally {
      await changes.return();
    }
  }
}
