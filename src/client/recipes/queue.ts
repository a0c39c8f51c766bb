/*
 * Queue: what some clients put in, others take out, each item by one of them (kazoo: LockingQueue, whose znodes it shares). An item
 * that is taken stays until it is done: if its taker's session ends before, somebody else gets it. So each item is worked on
 * at least once, and by one at a time.
 *
 *     const item = await queue.take();
 *     await work(item.data);
 *     await item.done();
 */

import { randomUUID } from 'node:crypto';
import { ClientClosedError, NodeExistsError, NoNodeError } from '../errors.ts';
import { bytesOf, type CreateParts, type Data, NO_TIME_LIMIT } from '../operations.ts';
import { childOf, nameOf } from '../path.ts';
import { retryOnLoss } from '../retry.ts';
import { ensurePath } from '../tree.ts';
import type { ZooKeeper } from '../zookeeper.ts';
import { givingUp } from './giving-up.ts';
import { Marker } from './marker.ts';

/** An item that was taken. */
export interface QueueItem {
  readonly data: Buffer | null;
  /** The znode of the item. */
  readonly path: string;
  /** Takes it out of the queue for good. Again does nothing. Rejects where the session is over: somebody else gets the item. */
  done(): Promise<void>;
  /** Gives it back: the next who takes gets it. */
  release(): Promise<void>;
}

/** What is put into a queue, and how urgent it is. */
export interface PutOptions extends Pick<CreateParts, 'acl'> {
  /** Gives up waiting when it is aborted, with its reason; what was sent before may still be put, once. */
  readonly signal?: AbortSignal | undefined;
  /** From 0, the first to be taken, to 999; 100 when not given. */
  readonly priority?: number | undefined;
}

const DEFAULT_PRIORITY = 100;
const MAX_PRIORITY = 999;

/** A queue at a path, which is created where it is missing. */
export class Queue implements AsyncDisposable {
  readonly #zk: ZooKeeper;
  readonly #entries: string;
  readonly #taken: string;
  readonly #marker: Marker;
  readonly #id = randomUUID();
  /** Entries that this object has taken and neither done nor released. */
  readonly #mine = new Set<string>();
  #isMade = false;

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk;
    this.#entries = childOf(path, 'entries');
    this.#taken = childOf(path, 'taken');
    this.#marker = new Marker(zk, childOf(path, 'clients'));
  }

  /** Puts an item at the end of those of its priority, exactly once. */
  async put(data: Data, options: PutOptions = {}): Promise<void> {
    const { priority = DEFAULT_PRIORITY, acl, signal } = options;
    if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
      throw new RangeError(`A priority is from 0 to ${MAX_PRIORITY}, not ${priority}`);
    }
    await givingUp(this.#make(), signal);
    const path = childOf(this.#entries, `entry-${String(priority).padStart(3, '0')}-`);
    const bytes = bytesOf(data);
    const done = this.#marker.commit((multi) =>
      multi.create(path, bytes, { mode: 'persistentSequential', acl }),
    );
    await givingUp(done, signal);
  }

  /** Waits for an item and takes it. Rejects when the signal is aborted or the session is over. */
  async take(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<QueueItem> {
    const { signal } = options;
    await givingUp(this.#make(), signal);
    const arrivals = this.#zk.watch(this.#entries, { mode: 'children', signal });
    const returns = this.#zk.watch(this.#taken, { mode: 'children', signal });
    let [arrived, returned] = [arrivals.next(), returns.next()];
    // Whichever is not waited for when this ends.
    for (const promise of [arrived, returned]) promise.catch(() => {});
    try {
      await Promise.all([arrivals.ready, returns.ready]);
      for (;;) {
        const item = await this.#takeFirstUntil(signal);
        if (item !== null) return item;
        const [isArrival, result] = await Promise.race([
          arrived.then((value) => [true, value] as const),
          returned.then((value) => [false, value] as const),
        ]);
        signal?.throwIfAborted();
        if (result.done) throw new ClientClosedError();
        const next = (isArrival ? arrivals : returns).next();
        next.catch(() => {});
        if (isArrival) arrived = next;
        else returned = next;
      }
    } finally {
      await Promise.all([arrivals.return(), returns.return()]);
    }
  }

  /** How many items there are, those that are taken and not done among them. */
  async size(): Promise<number> {
    await this.#make();
    return (await retryOnLoss(() => this.#zk.getChildren(this.#entries))).length;
  }

  /** An item that is claimed when nobody waits any more is given back. */
  async #takeFirstUntil(signal: AbortSignal | undefined): Promise<QueueItem | null> {
    const taking = this.#takeFirst(signal);
    try {
      return await givingUp(taking, signal);
    } catch (error) {
      taking.then(
        (item) => {
          if (item !== null) this.#unclaimLater(nameOf(item.path));
        },
        () => {},
      );
      throw error;
    }
  }

  async #takeFirst(signal: AbortSignal | undefined): Promise<QueueItem | null> {
    const [entries, taken] = await Promise.all(
      [this.#entries, this.#taken].map((path) =>
        retryOnLoss(() => this.#zk.getChildren(path, { signal })),
      ),
    );
    const claims = new Set(taken);
    for (const name of [...(entries ?? [])].sort()) {
      if (claims.has(name) || this.#mine.has(name)) continue;
      const item = await this.#claim(name);
      if (item !== null) return item;
    }
    return null;
  }

  /** Takes one item, or null where somebody else has, or has done with it. */
  async #claim(name: string): Promise<QueueItem | null> {
    const [path, claim] = [childOf(this.#entries, name), childOf(this.#taken, name)];
    this.#mine.add(name);
    try {
      if (!(await this.#createClaim(claim))) return this.#forget(name);
      const { data } = await retryOnLoss(() => this.#zk.getData(path));
      return this.#itemOf(name, path, claim, data);
    } catch (error) {
      this.#unclaimLater(name);
      if (!(error instanceof NoNodeError)) throw error;
      return null;
    }
  }

  /**
   * Gives up a claim that may have been made, or may still be: nobody would get the item as long as this session lives. Until then this
   * object does not claim it again, or would lose it by this.
   */
  #unclaimLater(name: string): void {
    retryOnLoss(() => this.#unclaim(childOf(this.#taken, name)))
      // It is not there, or the session is over.
      .catch(() => {})
      .finally(() => this.#mine.delete(name));
  }

  /** To be looked at anew each time: a claim that is not there any more may be another's by then. */
  async #unclaim(claim: string): Promise<void> {
    // A server may not have heard yet of what the one before has passed on.
    await this.#zk.sync(claim, NO_TIME_LIMIT);
    const { data } = await this.#zk.getData(claim, NO_TIME_LIMIT);
    if (data?.toString() === this.#id) await this.#zk.delete(claim, NO_TIME_LIMIT);
  }

  #forget(name: string): null {
    this.#mine.delete(name);
    return null;
  }

  #itemOf(name: string, path: string, claim: string, data: Buffer | null): QueueItem {
    const end = async (paths: readonly string[]): Promise<void> => {
      if (!this.#mine.delete(name)) return;
      // A claim that was deleted twice might be another's by then.
      await this.#marker.commit((multi) => {
        for (const each of paths) multi.delete(each);
      });
    };
    return { data, path, done: () => end([path, claim]), release: () => end([claim]) };
  }

  /** True if the claim is this object's: its name is the item's, so who made it stands in its data. */
  async #createClaim(claim: string): Promise<boolean> {
    try {
      await retryOnLoss(() => this.#zk.create(claim, this.#id, { mode: 'ephemeral' }));
      return true;
    } catch (error) {
      if (!(error instanceof NodeExistsError)) throw error;
    }
    try {
      const { data } = await retryOnLoss(() => this.#zk.getData(claim));
      return data?.toString() === this.#id;
    } catch (error) {
      // Whoever had it has given it back meanwhile, which is told.
      if (error instanceof NoNodeError) return false;
      throw error;
    }
  }

  async #make(): Promise<void> {
    if (this.#isMade) return;
    await ensurePath(this.#zk, this.#entries);
    await ensurePath(this.#zk, this.#taken);
    this.#isMade = true;
  }

  /** Leaves nothing of this client behind but the items that it has taken and not given back. */
  close(): Promise<void> {
    return this.#marker.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
