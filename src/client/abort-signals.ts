/*
 * AbortSignals: many requests may wait for one signal, which is listened to once for all of them: a listener for each would cost more
 * than the request, and Node.js warns of a leak from the eleventh on.
 */

import type { Request } from './request.ts';

/** Which requests end with which signal. */
export class AbortSignals {
  readonly #requests = new Map<AbortSignal, Set<Request>>();

  /** Fails the request with the signal's reason when that is aborted. It is not yet. */
  follow(signal: AbortSignal, request: Request): void {
    const others = this.#requests.get(signal);
    if (others !== undefined) {
      others.add(request);
      return;
    }
    this.#requests.set(signal, new Set([request]));
    signal.addEventListener('abort', this.#onAbort);
  }

  /** The request is over. */
  forget(signal: AbortSignal, request: Request): void {
    const requests = this.#requests.get(signal);
    if (requests === undefined) return;
    requests.delete(request);
    if (requests.size > 0) return;
    this.#requests.delete(signal);
    signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (event: Event): void => {
    for (const [signal, requests] of this.#requests) {
      if (signal !== event.target) continue;
      for (const request of [...requests]) request.fail(signal.reason);
    }
  };
}
