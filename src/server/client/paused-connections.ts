/*
 * PausedConnections: connections from which nothing is read because they have to take their answers first, or because the
 * pipeline or the disk is behind.
 *
 * Their pings are not seen, so they cannot show that they live; but a link that gets on with its output does, and a pause that is
 * none of the client's doing must not cost it its session. A client that takes nothing at all expires as any silent one, and is
 * dropped at once if very much waits for it.
 */

import type { Connection } from './connection.ts';

/** Bytes that may wait for a client that takes none of them. */
const STUCK_LIMIT = 64 * 1024 * 1024;
/** ms between two looks at the same connections; they are looked at in between where something is about to expire. */
const LOOK_INTERVAL = 1000;

/** What to do with a paused connection. */
export interface PausedVerdicts {
  /** It is to be treated as if it had just been heard of. */
  alive(connection: Connection): void;
  /** It takes nothing, and too much waits for it. */
  stuck(connection: Connection): void;
}

/** The connections that are paused now. */
export class PausedConnections {
  /** Bytes that waited for each when it was looked at last; infinite before the first time, so that nobody is stuck at once. */
  private readonly unsentBefore = new Map<Connection, number>();
  private nextLookAt = 0;

  /** A connection is paused, or has much to send before it would be. */
  add(connection: Connection): void {
    if (this.unsentBefore.has(connection)) return;
    this.unsentBefore.set(connection, Number.POSITIVE_INFINITY);
  }

  /** It is read again and has sent everything, or it is closed. */
  delete(connection: Connection): void {
    this.unsentBefore.delete(connection);
  }

  /** When look() wants to be called at the latest, in ms of the elapsed clock. */
  get deadline(): number {
    return this.unsentBefore.size === 0 ? Number.POSITIVE_INFINITY : this.nextLookAt;
  }

  /**
   * Sees how each gets on. Before the deadline, because something is about to expire, it finds out only who is alive.
   * @param highWater bytes from which on a connection is paused for its own unread output
   */
  look(now: number, highWater: number, verdicts: PausedVerdicts): void {
    const isDue = now >= this.nextLookAt;
    if (isDue) this.nextLookAt = now + LOOK_INTERVAL;
    for (const [connection, before] of [...this.unsentBefore]) {
      const unsent = connection.link.unsentSize;
      if (isDue) this.unsentBefore.set(connection, unsent);
      if (unsent < highWater || unsent < before) verdicts.alive(connection);
      else if (isDue && unsent > STUCK_LIMIT) verdicts.stuck(connection);
    }
  }
}
