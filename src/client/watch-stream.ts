/*
 * WatchStream: the events of a watch as an async iterator. A one-shot watch is set again after each event, so that what happens
 * later is heard of as well; several changes before that are one event, as ever with one-shot watches. A watch that could
 * not be set because the connection broke is set on the next one, and an event of type `none` says that something
 * may have been missed.
 */

import { abortSignals } from './abort-signals.ts';
import { ClientClosedError, ConnectionLossError } from './errors.ts';
import type { RequestOptions, WatchOptions } from './operations.ts';
import { Losses } from './retry.ts';
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

const END: IteratorResult<WatchedEvent> = { value: undefined, done: true };

/** Events as they come. It is to be read by one loop. */
export class WatchStream implements AsyncIterableIterator<WatchedEvent> {
  /**
   * Resolves when the watch is set for the first time: nothing that happens afterwards is missed. Rejects where it cannot be
   * set, or is left before; who only iterates need not look at it.
   */
  readonly ready: Promise<void>;
  /** Resolves when there will be no more events, with the error that ended it, or what the signal says, or null. */
  readonly whenOver: Promise<unknown>;
  readonly #target: WatchTarget;
  readonly #path: string;
  readonly #mode: WatchStreamOptions['mode'];
  readonly #signal: AbortSignal | undefined;
  readonly #follower = { fail: () => this.#leave() };
  #events: WatchedEvent[] = [];
  #reader: {
    readonly resolve: (result: IteratorResult<WatchedEvent>) => void;
    readonly reject: (reason: unknown) => void;
  } | null = null;
  #isOver = false;
  #error: unknown = null;
  #tellOver: (reason: unknown) => void = () => {};

  /** Made by ZooKeeper.watch(). */
  constructor(target: WatchTarget, path: string, options: WatchStreamOptions) {
    this.#target = target;
    this.#path = path;
    this.#mode = options.mode;
    this.#signal = options.signal;
    this.whenOver = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
    const over = this.whenOver.then((reason) => {
      throw reason ?? new DOMException('The watch was left', 'AbortError');
    });
    this.ready = Promise.race([this.#set(), over]);
    this.ready.catch((error: unknown) => this.#finish(error));
    const { signal } = options;
    if (signal?.aborted === true) this.#leave();
    else if (signal !== undefined) abortSignals.follow(signal, this.#follower);
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
    if (this.#isOver) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** Leaves the loop: the watch is removed. */
  return(): Promise<IteratorResult<WatchedEvent>> {
    this.#leave();
    return Promise.resolve(END);
  }

  /** The session is over. Events that came before can still be read. */
  end(error: Error): void {
    this.#finish(error);
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#events = [];
    this.#finish(null);
    this.#remove();
  }

  #remove(): void {
    const removal = { watcher: this.#hear, isLocal: true, kind: this.#mode };
    // It is not there any more, or not yet; what is set later is removed then.
    this.#target.removeWatches(this.#path, removal).catch(() => {});
  }

  /** @param error null, or that the client was closed, for an end without an error */
  #finish(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#signal !== undefined) abortSignals.forget(this.#signal, this.#follower);
    this.#tellOver(error ?? this.#signal?.reason ?? null);
    const reader = this.#reader;
    this.#reader = null;
    const failure = error instanceof ClientClosedError ? null : error;
    if (reader === null) this.#error = failure;
    else if (failure === null) reader.resolve(END);
    else reader.reject(failure);
  }

  /** Sets the watch, on the next connection if this one breaks. */
  async #set(): Promise<void> {
    const losses = new Losses();
    for (;;) {
      try {
        await this.#ask();
        break;
      } catch (error) {
        if (this.#isOver) throw error;
        losses.take(error);
      }
    }
    if (this.#isOver) this.#remove();
  }

  async #ask(): Promise<void> {
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
    if (event.type.endsWith('Removed')) this.#finish(null);
    else if (this.#mode === 'data' || this.#mode === 'children') this.#setAgain();
  };

  /** The request goes out before anything that the reader of the event asks for, so that nothing is missed between the two. */
  #setAgain(): void {
    this.#ask().then(
      () => {
        if (this.#isOver) this.#remove();
      },
      (error: unknown) => {
        if (error instanceof ConnectionLossError) this.#setLater();
        else this.#finish(error);
      },
    );
  }

  #setLater(): void {
    this.#set().then(
      () => this.#push({ type: 'none', path: this.#path, zxid: null }),
      (error: unknown) => this.#finish(error),
    );
  }

  #push(event: WatchedEvent): void {
    if (this.#isOver) return;
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
