/*
 * Barrier: everybody waits until somebody opens it. DoubleBarrier: a number of clients begin together and end together (both as in
 * ZooKeeper's own recipes).
 */

import { randomUUID } from 'node:crypto';
import { ClientClosedError, NodeExistsError, NoNodeError } from '../errors.ts';
import type { CreateOptions, Data } from '../operations.ts';
import { childOf, parentOf } from '../path.ts';
import { Losses, retryOnLoss } from '../retry.ts';
import { ensurePath } from '../tree.ts';
import type { ZooKeeper } from '../zookeeper.ts';
import { givingUp } from './giving-up.ts';
import { deleteOwn, deleteOwnLater, untilGone } from './own-node.ts';

/** How long to wait at a barrier. */
export interface BarrierOptions {
  /** Gives up when it is aborted, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Closed as long as there is a znode at its path, whoever created it. */
export class Barrier {
  readonly #zk: ZooKeeper;
  readonly #path: string;

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk;
    this.#path = path;
  }

  /** Closes it. It is no error that it is closed already. */
  close(data: Data = null, options: BarrierOptions = {}): Promise<void> {
    return givingUp(this.#close(data), options.signal);
  }

  async #close(data: Data): Promise<void> {
    await ensurePath(this.#zk, parentOf(this.#path));
    await createIfMissing(this.#zk, this.#path, data);
  }

  /** Opens it for all who wait. One that somebody has closed anew while this lost its connection stays closed. */
  open(options: BarrierOptions = {}): Promise<void> {
    return givingUp(this.#open(), options.signal);
  }

  async #open(): Promise<void> {
    const closed = await retryOnLoss(() => this.#zk.exists(this.#path));
    const losses = new Losses();
    for (let stat = closed; stat !== null && stat.czxid === closed?.czxid; ) {
      try {
        await this.#zk.delete(this.#path);
        return;
      } catch (error) {
        if (error instanceof NoNodeError) return;
        losses.take(error);
      }
      stat = await retryOnLoss(() => this.#zk.exists(this.#path));
    }
  }

  /** Resolves when it is open, at once if it is. */
  wait(options: BarrierOptions = {}): Promise<void> {
    return untilGone(this.#zk, this.#path, options.signal);
  }
}

const READY = 'ready';

/** For one use of its path: each round has one of its own. A client whose session ends has left. */
export class DoubleBarrier {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #memberCount: number;
  readonly #own: string;
  readonly #ready: string;

  /** @param memberCount how many have to enter before any may go on */
  constructor(zk: ZooKeeper, path: string, memberCount: number) {
    this.#zk = zk;
    this.#path = path;
    this.#memberCount = memberCount;
    this.#own = childOf(path, `member-${randomUUID()}`);
    this.#ready = childOf(path, READY);
  }

  /** Enters, and resolves when all have. When it is given up this client leaves again, as soon as it has a connection. */
  async enter(options: BarrierOptions = {}): Promise<void> {
    const { signal } = options;
    await ensurePath(this.#zk, this.#path, { signal });
    const readiness = this.#zk.watch(this.#ready, { mode: 'data', signal });
    try {
      await readiness.ready;
      await createIfMissing(this.#zk, this.#own, null, { mode: 'ephemeral', signal });
      if ((await this.#members(signal)).length >= this.#memberCount) {
        await createIfMissing(this.#zk, this.#ready, null, { signal });
      }
      while ((await retryOnLoss(() => this.#zk.exists(this.#ready, { signal }))) === null) {
        const { done } = await readiness.next();
        signal?.throwIfAborted();
        if (done) throw new ClientClosedError();
      }
    } catch (error) {
      deleteOwnLater(this.#zk, this.#own);
      throw error;
    } finally {
      await readiness.return();
    }
  }

  /** Leaves, and resolves when all have. */
  async leave(options: BarrierOptions = {}): Promise<void> {
    const { signal } = options;
    const changes = this.#zk.watch(this.#path, { mode: 'children', signal });
    try {
      await changes.ready;
      await givingUp(deleteOwn(this.#zk, this.#own), signal);
      while ((await this.#members(signal)).length > 0) {
        const { done } = await changes.next();
        signal?.throwIfAborted();
        if (done) throw new ClientClosedError();
      }
      // Only when nobody is left who might not have seen it yet.
      await givingUp(deleteOwn(this.#zk, this.#ready), signal);
    } finally {
      await changes.return();
    }
  }

  async #members(signal: AbortSignal | undefined): Promise<readonly string[]> {
    try {
      const children = await retryOnLoss(() => this.#zk.getChildren(this.#path, { signal }));
      return children.filter((name) => name !== READY);
    } catch (error) {
      if (error instanceof NoNodeError) return [];
      throw error;
    }
  }
}

async function createIfMissing(
  zk: ZooKeeper,
  path: string,
  data: Data,
  options: CreateOptions = {},
): Promise<void> {
  try {
    await retryOnLoss(() => zk.create(path, data, options));
  } catch (error) {
    if (!(error instanceof NodeExistsError)) throw error;
  }
}
