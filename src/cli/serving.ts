/*
 * How `start` learns that the process it started serves: that process sends one message over the channel that Node.js keeps
 * between a process and its child. Asking the port instead would be answered by any other server that holds it.
 */
import type { ChildProcess } from 'node:child_process';

const SERVING = 'serving';

/** How long a start may read its data before the operator is told that it still does, in ms. */
export const START_LIMIT_MS = 600_000;

/** How a start went. */
export type StartOutcome = 'serving' | 'ended' | 'still starting';

/** Tells the process that started this one in the background, if there is one, and lets go of it. */
export function reportServing(): void {
  if (process.send === undefined || !process.connected) return;
  // An error here means that it has been ended while it waited, which is no reason to stop.
  process.send(SERVING, undefined, {}, () => {
    if (process.connected) process.disconnect();
  });
}

/** Waits until a child serves or has ended, for a limited time, and lets go of it. */
export function startOutcome(child: ChildProcess): Promise<StartOutcome> {
  return new Promise((resolve) => {
    const finish = (outcome: StartOutcome) => {
      clearTimeout(limit);
      if (child.connected) child.disconnect();
      child.unref();
      resolve(outcome);
    };
    const limit = setTimeout(finish, START_LIMIT_MS, 'still starting');
    child.on('message', (message) => {
      if (message === SERVING) finish('serving');
    });
    child.on('exit', () => finish('ended'));
    child.on('error', () => finish('ended'));
  });
}
