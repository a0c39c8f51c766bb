/*
 * LearnerSessions: the sessions of a learner's clients (Java: LearnerSessionTracker). The leader expires them; a learner tells it with
 * each PING which ones it has heard since the last.
 */

import type { SessionId } from '../../jute/int64.ts';
import { toSessionId } from '../../jute/int64.ts';
import { Session } from './session-tracker.ts';
import type { Sessions } from './sessions.ts';

/** The sessions that clients hold through one learner. */
export class LearnerSessions implements Sessions {
  readonly deadline = Number.POSITIVE_INFINITY;
  private readonly sessions = new Map<SessionId, Session>();
  private heard = new Map<SessionId, number>();
  private nextSessionId: SessionId;

  private readonly isTaken: (id: SessionId) => boolean;

  /**
   * @param firstSessionId see initialSessionId
   * @param isTaken whether a session lives: the clock that ids begin with may have gone back
   */
  constructor(firstSessionId: SessionId, isTaken: (id: SessionId) => boolean) {
    this.nextSessionId = firstSessionId;
    this.isTaken = isTaken;
  }

  create(timeout: number): Session {
    let id = this.nextSessionId;
    while (this.sessions.has(id) || this.isTaken(id)) id = toSessionId(id + 1n);
    this.nextSessionId = toSessionId(id + 1n);
    return this.track(id, timeout);
  }

  track(id: SessionId, timeout: number): Session {
    const session = this.sessions.get(id) ?? new Session(id, timeout);
    this.sessions.set(id, session);
    this.heard.set(id, timeout);
    return session;
  }

  touch(session: Session, timeout: number): boolean {
    this.heard.set(session.id, timeout);
    return true;
  }

  remove(id: SessionId): void {
    this.sessions.delete(id);
    this.heard.delete(id);
  }

  bucketsByTime(): [] {
    return [];
  }

  /** The sessions that were heard since the last call, with their time-outs in ms. */
  takeHeard(): ReadonlyMap<SessionId, number> {
    const { heard } = this;
    this.heard = new Map();
    return heard;
  }
}
