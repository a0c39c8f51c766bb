/*
 * LearnerSyncs: the order in which one learner's requests are taken where some are syncs.
 *
 * A sync may be answered later than a write behind it would be committed, and a follower of Java's takes a commit that comes before the
 * answer for one of another connection: its client would wait for ever (CommitProcessor.processCommitted). So what a session asks
 * behind a sync waits for the answer, other syncs excepted. And because an answer does not say which sync it is for, a follower takes
 * it for the oldest it has asked for, of whatever session: where a sync has to wait, the learner's later ones wait behind it.
 */

import type { SessionId } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { LearnerRequest } from '../../quorum/zab/learner-handler.ts';

/** What becomes of requests. */
export interface LearnerSyncsPorts {
  /** Begins a sync; calls back when it is answered. */
  readonly sync: (answered: () => void) => void;
  /** Takes any other request. */
  readonly propose: (request: LearnerRequest) => void;
}

/** The requests of one learner. */
export class LearnerSyncs {
  private readonly ports: LearnerSyncsPorts;
  /** Syncs that are not answered, by session. */
  private readonly unanswered = new Map<SessionId, number>();
  /** What waits, in the order in which it came, whose requests are among it, and whether a sync is. */
  private waiting: LearnerRequest[] = [];
  private readonly blocked = new Set<SessionId>();
  private isSyncWaiting = false;

  constructor(ports: LearnerSyncsPorts) {
    this.ports = ports;
  }

  /** Takes the next request. */
  take(request: LearnerRequest): void {
    const { sessionId } = request;
    const isSync = request.type === OpCode.sync;
    const mustWait = isSync ? this.isSyncWaiting : this.unanswered.has(sessionId);
    if (mustWait || this.blocked.has(sessionId)) {
      this.blocked.add(sessionId);
      if (isSync) this.isSyncWaiting = true;
      this.waiting.push(request);
    } else if (isSync) this.sync(sessionId);
    else this.ports.propose(request);
  }

  private sync(sessionId: SessionId): void {
    this.unanswered.set(sessionId, (this.unanswered.get(sessionId) ?? 0) + 1);
    this.ports.sync(() => this.answered(sessionId));
  }

  private answered(sessionId: SessionId): void {
    const left = (this.unanswered.get(sessionId) ?? 0) - 1;
    if (left > 0) this.unanswered.set(sessionId, left);
    else this.unanswered.delete(sessionId);
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    this.blocked.clear();
    this.isSyncWaiting = false;
    for (const request of waiting) this.take(request);
  }
}
