/*
 * Doing again what a lost connection has interrupted. Only for what may be done twice: a read, or a write that is the same the
 * second time. What may not is what createOwn() and Marker are for (recipes/).
 */

import { ConnectionLossError } from './errors.ts';

/** Does `operation` until it ends in another way than ConnectionLossError. Each try waits for a connection by itself. */
export async function retryOnLoss<T>(operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ConnectionLossError)) throw error;
    }
  }
}
