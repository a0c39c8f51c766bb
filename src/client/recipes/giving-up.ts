/*
 * Waiting that can be given up, for steps of a recipe that go on by themselves: several requests, again after lost connections.
 */

import { abortSignals } from '../abort-signals.ts';

/** Gives what `work` gives, or rejects with the signal's reason when that is aborted before. The work itself goes on. */
export async function givingUp<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const follower = { fail: (_reason: unknown): void => {} };
  const aborted = new Promise<never>((_, reject) => {
    follower.fail = reject;
  });
  if (signal.aborted) follower.fail(signal.reason);
  else abortSignals.follow(signal, follower);
  try {
    return await Promise.race([aborted, work]);
  } finally {
    abortSignals.forget(signal, follower);
  }
}
