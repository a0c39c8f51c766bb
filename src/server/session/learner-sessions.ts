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

  /** @param firstSessionId see initialSessionId */
  constructor(firstSessionId: SessionId) {
    this.nextSessionId = firstSessionId;
  }

  create(timeout: number): Session {
    const id = this.nextSessionId;
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
