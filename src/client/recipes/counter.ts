/*
 * Counter: a number that many clients add to, each addition exactly once also when connections break (kazoo: Counter, whose znode it
 * shares: decimal digits).
 */

import { BadVersionError, NodeExistsError, NoNodeError } from '../errors.ts';
import type { RequestOptions } from '../operations.ts';
import { parentOf } from '../path.ts';
import { retryOnLoss } from '../retry.ts';
import { ensurePath } from '../tree.ts';
import type { ZooKeeper } from '../zookeeper.ts';
import { givingUp } from './giving-up.ts';
import { Marker } from './marker.ts';

/** How long to wait for a counter. */
export type CounterOptions = Pick<RequestOptions, 'signal'>;

/** A whole number at a path, 0 where there is no znode yet. */
export class Counter implements AsyncDisposable {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #marker: Marker;

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk;
    this.#path = path;
    this.#marker = new Marker(zk, path);
  }

  /** The number as this client's server has it. */
  async value(options: CounterOptions = {}): Promise<number> {
    return (await givingUp(this.#read(), options.signal))?.value ?? 0;
  }

  /**
   * Adds a whole number and gives the sum. Raises RangeError for a sum that Number cannot hold exactly. When the signal is aborted nobody
   * waits any more; what was sent before may still be added, once.
   */
  add(delta: number, options: CounterOptions = {}): Promise<number> {
    const { signal } = options;
    return givingUp(this.#add(delta, signal), signal);
  }

  async #add(delta: number, signal: AbortSignal | undefined): Promise<number> {
    for (;;) {
      const { value, version } = (await this.#read()) ?? (await this.#create());
      const sum = value + delta;
      if (!Number.isSafeInteger(sum))
        throw new RangeError(`${value} + ${delta} is no safe integer`);
      signal?.throwIfAborted();
      try {
        await this.#marker.commit((multi) => multi.setData(this.#path, String(sum), version));
        return sum;
      } catch (error) {
        // Somebody else was first.
        if (!(error instanceof BadVersionError)) throw error;
      }
    }
  }

  async #read(): Promise<{ readonly value: number; readonly version: number } | null> {
    try {
      const { data, stat } = await retryOnLoss(() => this.#zk.getData(this.#path));
      const text = data?.toString('latin1') ?? '';
      const value = text === '' ? 0 : Number(text);
      if (!Number.isSafeInteger(value))
        throw new RangeError(`${this.#path} is no counter: ${text}`);
      return { value, version: stat.version };
    } catch (error) {
      if (error instanceof NoNodeError) return null;
      throw error;
    }
  }

  async #create(): Promise<{ readonly value: number; readonly version: number }> {
    await ensurePath(this.#zk, parentOf(this.#path));
    try {
      await retryOnLoss(() => this.#zk.create(this.#path, '0'));
    } catch (error) {
      if (!(error instanceof NodeExistsError)) throw error;
    }
    return (await this.#read()) ?? (await this.#create());
  }

  /** Leaves nothing of this client behind. The number stays. */
  close(): Promise<void> {
    return this.#marker.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
