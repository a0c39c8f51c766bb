/*
 * Where a listener of the program throws: the others still hear, the client goes on, and the program hears of its mistake as it does of
 * one in a listener of an EventTarget.
 */

/** Calls `listener`; what it throws becomes an uncaught exception of its own. */
export function callListener(listener: () => unknown): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
