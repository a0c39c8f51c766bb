/*
 * How `start` learns that the process it started is up: that process sends one message over the channel that Node.js keeps
 * between a process and its child. Asking the port instead would be answered by any other server that holds it.
 *
 * A server alone is up when it serves. A member of an ensemble is up when the others can reach it; it serves with them, and the
 * first of three would wait for ever for the second, which the operator starts next.
 */
import type { ChildProcess } from 'node:child_process';

const SERVING = 'serving';
const LOOKING = 'looking';

/** How long a start may read its data before the operator is told that it still does, in ms. */
export const START_LIMIT_MS = 600_000;

/** How a start went. */
export type StartOutcome = typeof SERVING | typeof LOOKING | 'ended' | 'still starting';

/**
 * Tells the process that started this one in the background, if there is one, and lets go of it.
 *
 * @param isMember whether this is one of an ensemble, which looks for the others now
 */
export function reportUp(isMember: boolean): void {
  if (process.send === undefined || !process.connected) return;
  // An error here means that it has been ended while it waited, which is no reason to stop.
  process.send(isMember ? LOOKING : SERVING, undefined, {}, () => {
    if (process.connected) process.disconnect();
  });
}

/** Waits until a child is up or has ended, for a limited time, and lets go of it. */
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
      if (message === SERVING || message === LOOKING) finish(message);
    });
    child.on('exit', () => finish('ended'));
    child.on('error', () => finish('ended'));
  });
}
