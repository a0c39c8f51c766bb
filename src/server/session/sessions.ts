/*
 * Sessions: what the rest of a server needs of whoever keeps its sessions, a tracker that expires them (session-tracker.ts) or a
 * learner that only notes which were heard (learner-sessions.ts).
 */

import type { SessionId } from '../../jute/int64.ts';
import type { Session } from './session-tracker.ts';

/** The sessions of one server. Times in ms of the monotonic clock. */
export interface Sessions {
  /** Makes a session for a client of this server, with an id that no other has. @param timeout ms */
  create(timeout: number, now: number): Session;
  /** Takes in a session that exists. @param timeout ms */
  track(id: SessionId, timeout: number, now: number): Session;
  /** Its client was heard; false when it is closing and cannot be saved. @param timeout ms */
  touch(session: Session, timeout: number, now: number): boolean;
  /** When a session may expire next, in ms; infinite where this server expires none. */
  readonly deadline: number;
  /** Forgets a session, once its closing transaction is applied. */
  remove(id: SessionId): void;
  /** The buckets of sessions by the time at which they expire, soonest first, for `dump`; none where this server expires none. */
  bucketsByTime(): [expiresAt: number, sessions: ReadonlySet<Session>][];
}
