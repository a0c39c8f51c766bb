/*
 * limitedLog: a log that may be told the same kind of thing thousands of times a second, and passes on one in a while
 * (Java: RateLogger).
 */

/** ms in which one line is passed on. */
const INTERVAL = 10_000;

/** @param write takes the lines that are passed on @param now the time in ms, from any beginning */
export function limitedLog(
  write: (message: string) => void,
  now: () => number,
): (message: string) => void {
  let nextAt = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (message) => {
    if (now() < nextAt) {
      leftOut += 1;
      return;
    }
    write(leftOut === 0 ? message : `${message} (${leftOut} more of this kind left out)`);
    nextAt = now() + INTERVAL;
    leftOut = 0;
  };
}
