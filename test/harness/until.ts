/*
 * Waiting in tests: ask again until the answer is there or a deadline has passed. Nothing in the tests sleeps for a
 * length of time that somebody guessed; what does not come in time fails and says what was waited for.
 */

/** How long to rest between two questions (ms). */
const pollMs = 10;

/**
 * How long to wait where a deadline is nothing but a safety net (ms): much longer than anything takes on a machine that is
 * five times slower than usual, and whose disk stands still for some seconds.
 */
export const patienceMs = 60_000;

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls `probe` until it gives something other than undefined or false, and returns that.
 * An error thrown by the probe counts as "not yet"; the last one is told when the deadline (ms) passes.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = patienceMs,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: unknown = 'the answer was no';
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}: ${String(last)}`);
    }
    await rest(pollMs);
  }
}

/** The promise's value, or an error naming what was waited for once `timeoutMs` have passed. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  timeoutMs = patienceMs,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
