/*
 * AbortSignals: many may wait for one signal, which is listened to once for all of them: a listener for each request would cost more
 * than the request, and Node.js warns of a leak from the eleventh on.
 */

/** Something that ends with a signal. */
export interface AbortFollower {
  /** @param reason the signal's */
  fail(reason: unknown): void;
}

interface FollowedSignal {
  readonly followers: Set<AbortFollower>;
  readonly onAbort: () => void;
}

/** What ends with which signal. */
class AbortSignals {
  readonly #signals = new Map<AbortSignal, FollowedSignal>();

  /** Fails the follower when the signal is aborted. It is not yet. */
  follow(signal: AbortSignal, follower: AbortFollower): void {
    const followed = this.#signals.get(signal);
    if (followed !== undefined) {
      followed.followers.add(follower);
      return;
    }
    const followers = new Set([follower]);
    const onAbort = (): void => {
      for (const one of [...followers]) one.fail(signal.reason);
    };
    this.#signals.set(signal, { followers, onAbort });
    signal.addEventListener('abort', onAbort);
  }

  /** The follower does not wait any more. */
  forget(signal: AbortSignal, follower: AbortFollower): void {
    const followed = this.#signals.get(signal);
    if (followed === undefined) return;
    followed.followers.delete(follower);
    if (followed.followers.size > 0) return;
    this.#signals.delete(signal);
    signal.removeEventListener('abort', followed.onAbort);
  }
}

/** Of all clients of this process: they may share a signal. */
export const abortSignals = new AbortSignals();
