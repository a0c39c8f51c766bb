/*
 * Doing again what a lost connection has interrupted. Only for what may be done twice: a read, or a write that is the same the
 * second time. What may not is what createOwn() and Marker are for (recipes/).
 */

import { ConnectionLossError } from './errors.ts';

/**
 * How many connections may break under one and the same request. Networks do not do that so often while each try waits for a connection;
 * a request does that the server cannot take, being longer than its jute.maxbuffer: it would be sent for ever.
 */
export const LOSS_LIMIT = 50;

/** Counts the connections that broke under one request. */
export class Losses {
  #count = 0;

  /** Returns if `error` is a lost connection that is worth another try, and throws it otherwise. */
  take(error: unknown): void {
    this.#count += 1;
    if (!(error instanceof ConnectionLossError) || this.#count >= LOSS_LIMIT) throw error;
  }
}

/**
 * Does `operation` until it ends in another way than ConnectionLossError, or has met it LOSS_LIMIT times. Each try waits for a
 * connection by itself.
 */
export async function retryOnLoss<T>(operation: () => Promise<T>): Promise<T> {
  const losses = new Losses();
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      losses.take(error);
    }
  }
}
