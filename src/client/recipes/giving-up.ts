/*
 * Waiting that can be given up, for steps of a recipe that go on by themselves: several requests, again after lost connections.
 */

/** Gives what `work` gives, or rejects with the signal's reason when that is aborted before. The work itself goes on. */
export async function givingUp<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  let tellAborted = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    tellAborted = () => reject(signal.reason);
  });
  if (signal.aborted) tellAborted();
  else signal.addEventListener('abort', tellAborted);
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', tellAborted);
  }
}
