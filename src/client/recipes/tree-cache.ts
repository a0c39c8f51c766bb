/*
 * TreeCache: a subtree kept in memory, up to date with what the server tells (Curator: TreeCache, CuratorCache). It needs servers from 3.6 on.
 *
 *     const cache = new TreeCache(zk, '/config');
 *     cache.on('changed', ({ path, data }) => apply(path, data));
 *     await cache.ready;
 *     cache.get('/config/limit')?.data;
 *
 * What it has is what was true some moment ago. While the client has no connection nothing changes in it; after that everything is read
 * again, and what has changed meanwhile is told as if it changed then.
 */

import { EventEmitter } from 'node:events';
import { callListener } from '../call-listener.ts';
import { ConnectionLossError, NoAuthError, NoNodeError, SessionExpiredError } from '../errors.ts';
import { type DataResult, NO_TIME_LIMIT } from '../operations.ts';
import { childOf, parentOf } from '../path.ts';
import type { WatchedEvent } from '../watch-registry.ts';
import type { WatchStream } from '../watch-stream.ts';
import type { ZooKeeper } from '../zookeeper.ts';

/** A znode in the cache. */
export interface CachedNode extends DataResult {
  readonly path: string;
}

/** What a cache emits. */
export interface TreeCacheEvents {
  added: [CachedNode];
  changed: [CachedNode];
  /** As it was last. */
  removed: [CachedNode];
  /** The session is over, or something cannot be watched or read: what the cache has stays as it is. */
  ended: [Error | null];
}

/** How many requests are under way at most while a subtree is read. */
const WINDOW = 256;

interface Entry {
  node: CachedNode;
  /** The reading in which it was last seen. */
  round: number;
}

/** A subtree in memory. Znodes that this client may not read are left out. */
export class TreeCache extends EventEmitter<TreeCacheEvents> implements Disposable {
  /** Resolves when everything that was there at first is in the cache. Rejects if that does not come about. */
  readonly ready: Promise<void>;
  readonly #zk: ZooKeeper;
  readonly #root: string;
  readonly #events: WatchStream;
  readonly #entries = new Map<string, Entry>();
  #round = 0;
  #waiting: string[] = [];
  #activeCount = 0;
  #isWhole = true;
  #settleReady: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  #isOver = false;
  #isToldOver = false;

  /** Begins to read at once. `root` need not exist. */
  constructor(zk: ZooKeeper, root: string) {
    super();
    this.#zk = zk;
    this.#root = root;
    this.#settleReady = { resolve: () => {}, reject: () => {} };
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.#events = zk.watch(root, { mode: 'persistentRecursive' });
    // Whoever does not wait for it hears of the end by the event.
    this.ready.catch(() => {});
    this.#run().then(
      () => this.#end(null),
      (error: unknown) => this.#end(error),
    );
  }

  /** A znode, or undefined where there is none. */
  get(path: string): CachedNode | undefined {
    return this.#entries.get(path)?.node;
  }

  /** How many znodes it has. */
  get size(): number {
    return this.#entries.size;
  }

  /** All znodes, in no order. */
  *nodes(): Generator<CachedNode, void, undefined> {
    for (const { node } of this.#entries.values()) yield node;
  }

  /** The znodes directly below a path, in no order. Looks at all it has. */
  *children(path: string): Generator<CachedNode, void, undefined> {
    for (const { node } of this.#entries.values()) {
      if (node.path !== '/' && parentOf(node.path) === path) yield node;
    }
  }

  /** Stops following the subtree. */
  close(): void {
    this.#isOver = true;
    void this.#events.return();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #run(): Promise<void> {
    await this.#events.ready;
    this.#readAll();
    for await (const event of this.#events) this.#take(event);
  }

  #end(error: unknown): void {
    if (this.#isToldOver) return;
    this.#isToldOver = true;
    this.#isOver = true;
    this.#settleReady.reject(error ?? new Error('The cache was closed'));
    callListener(() => this.emit('ended', error instanceof Error ? error : null));
  }

  #take(event: WatchedEvent): void {
    switch (event.type) {
      case 'none':
        this.#readAll();
        break;
      case 'nodeDeleted':
        this.#remove(event.path);
        break;
      case 'nodeCreated':
      case 'nodeDataChanged':
        this.#read(event.path).catch((error: unknown) => this.#failed(error));
        break;
      default:
        break;
    }
  }

  /** Reads everything again. What is not seen by the end of it is not there any more. */
  #readAll(): void {
    this.#round += 1;
    this.#isWhole = true;
    this.#waiting = [this.#root];
    this.#readNext(this.#round);
  }

  #readNext(round: number): void {
    while (this.#activeCount < WINDOW) {
      const path = this.#waiting.pop();
      if (path === undefined) break;
      this.#activeCount += 1;
      this.#readWithChildren(path, round)
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#activeCount -= 1;
          this.#readNext(this.#round);
        });
    }
    if (this.#activeCount === 0 && this.#waiting.length === 0) this.#finishRound();
  }

  async #readWithChildren(path: string, round: number): Promise<void> {
    const [children] = await Promise.all([
      this.#zk.getChildren(path, NO_TIME_LIMIT),
      this.#read(path),
    ]);
    if (round !== this.#round) return;
    for (const name of children) this.#waiting.push(childOf(path, name));
  }

  #finishRound(): void {
    if (!this.#isWhole || this.#isOver) return;
    for (const [path, { round }] of this.#entries) {
      if (round < this.#round) this.#remove(path);
    }
    this.#settleReady.resolve();
  }

  /**
   * A round that a lost connection has ended is followed by another, on the next connection. What nobody would read again is the end:
   * a cache that is not up to date says so.
   */
  #failed(error: unknown): void {
    if (error instanceof NoNodeError || error instanceof NoAuthError) return;
    this.#isWhole = false;
    // Of the end of the session the events tell.
    if (error instanceof ConnectionLossError || error instanceof SessionExpiredError) return;
    this.#end(error);
    void this.#events.return();
  }

  /** Puts a znode into the cache as the server has it now. What is not read now nobody would read again. Answers and events come in the order in which things happened. */
  async #read(path: string): Promise<void> {
    try {
      const { data, stat } = await this.#zk.getData(path, NO_TIME_LIMIT);
      this.#put({ path, data, stat });
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      this.#remove(path);
    }
  }

  #put(node: CachedNode): void {
    if (this.#isOver) return;
    const entry = this.#entries.get(node.path);
    if (entry === undefined) {
      this.#entries.set(node.path, { node, round: this.#round });
      callListener(() => this.emit('added', node));
      return;
    }
    const { stat } = entry.node;
    const isSame = stat.mzxid === node.stat.mzxid && stat.czxid === node.stat.czxid;
    entry.round = this.#round;
    entry.node = node;
    if (!isSame) callListener(() => this.emit('changed', node));
  }

  #remove(path: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined || this.#isOver) return;
    this.#entries.delete(path);
    callListener(() => this.emit('removed', entry.node));
  }
}
