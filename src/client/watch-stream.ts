/*
 * WatchStream: the events of a watch as an async iterator. A one-shot watch is set again after each event, so that what happens
 * later is heard of as well; several changes before that are one event, as ever with one-shot watches.
 */

import { ClientClosedError } from './errors.ts';
import type { RequestOptions, WatchOptions } from './operations.ts';
import type { WatchedEvent, Watcher } from './watch-registry.ts';

/** What to watch, and until when. */
export interface WatchStreamOptions {
  /**
   * `data`: one-shot watches on a znode, also while it does not exist; `children`: one-shot watches on its list of
   * children; `persistent` and `persistentRecursive`: see ZooKeeper.addWatch.
   */
  readonly mode: 'data' | 'children' | 'persistent' | 'persistentRecursive';
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** The operations that a stream needs (ZooKeeper has them). */
export interface WatchTarget {
  exists(path: string, options: WatchOptions): Promise<unknown>;
  getChildren(path: string, options: WatchOptions): Promise<unknown>;
  addWatch(
    path: string,
    mode: 'persistent' | 'persistentRecursive',
    watcher: Watcher,
    options: RequestOptions,
  ): Promise<void>;
  removeWatches(
    path: string,
    options: {
      readonly watcher: Watcher;
      readonly isLocal: boolean;
      readonly kind: WatchStreamOptions['mode'];
    },
  ): Promise<void>;
}

/** Events that wait for a slow reader; when there would be more, one of type `none` stands for all: look again. */
export const STREAM_EVENTS_LIMIT = 65_536;

/** Events as they come. It is to be read by one loop. */
export class WatchStream implements AsyncIterableIterator<WatchedEvent> {
  /** Resolves when the watch is set for the first time: nothing that happens afterwards is missed. */
  readonly ready: Promise<void>;
  readonly #target: WatchTarget;
  readonly #path: string;
  readonly #mode: WatchStreamOptions['mode'];
  readonly #signal: AbortSignal | undefined;
  readonly #ended: () => void;
  #events: WatchedEvent[] = [];
  #reader: {
    readonly resolve: (result: IteratorResult<WatchedEvent>) => void;
    readonly reject: (reason: unknown) => void;
  } | null = null;
  #isOver = false;
  #error: Error | null = null;

  /** Made by ZooKeeper.watch(). */
  constructor(target: WatchTarget, path: string, options: WatchStreamOptions, ended: () => void) {
    this.#target = target;
    this.#path = path;
    this.#mode = options.mode;
    this.#signal = options.signal;
    this.#ended = ended;
    this.ready = this.#arm();
    // A failure ends the iteration with it; who does not iterate may not care.
    this.ready.catch((error: Error) => this.end(error));
    if (options.signal?.aborted === true) this.#close();
    else options.signal?.addEventListener('abort', this.#close);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next event. */
  next(): Promise<IteratorResult<WatchedEvent>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    if (this.#error !== null) {
      const error = this.#error;
      this.#error = null;
      return Promise.reject(error);
    }
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** Leaves the loop: the watch is removed. */
  async return(): Promise<IteratorResult<WatchedEvent>> {
    this.#close();
    return { value: undefined, done: true };
  }

  /** The session is over, or the watch cannot be set. Events that came before can still be read. */
  end(error: Error): void {
    this.#finish(error instanceof ClientClosedError ? null : error);
  }

  readonly #close = (): void => {
    if (this.#isOver) return;
    this.#events = [];
    this.#finish(null);
    const removal = { watcher: this.#hear, isLocal: true, kind: this.#mode };
    // Not there any more, or not yet: either way there is nothing left to remove.
    this.#target.removeWatches(this.#path, removal).catch(() => {});
  };

  #finish(error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal?.removeEventListener('abort', this.#close);
    this.#ended();
    const reader = this.#reader;
    this.#reader = null;
    if (reader === null) this.#error = error;
    else if (error === null) reader.resolve({ value: undefined, done: true });
    else reader.reject(error);
  }

  async #arm(): Promise<void> {
    const [path, watch] = [this.#path, this.#hear];
    switch (this.#mode) {
      case 'data':
        await this.#target.exists(path, { watch });
        break;
      case 'children':
        await this.#target.getChildren(path, { watch });
        break;
      case 'persistent':
      case 'persistentRecursive':
        await this.#target.addWatch(path, this.#mode, watch, {});
        break;
    }
  }

  readonly #hear = (event: WatchedEvent): void => {
    if (this.#isOver) return;
    this.#push(event);
    const isOneShot = this.#mode === 'data' || this.#mode === 'children';
    if (event.type === 'none' || !isOneShot) return;
    this.#rearm();
  };

  #rearm(): void {
    this.#arm().catch((error: Error) => this.end(error));
  }

  #push(event: WatchedEvent): void {
    const reader = this.#reader;
    if (reader !== null) {
      this.#reader = null;
      reader.resolve({ value: event, done: false });
      return;
    }
    if (this.#events.length >= STREAM_EVENTS_LIMIT) {
      this.#events = [{ type: 'none', path: this.#path, zxid: null }];
      return;
    }
    this.#events.push(event);
  }
}
