/*
 * LearnerSyncThrottler: how many learners are sent trees, and transactions that they miss, at the same time
 * (Java: LearnerSyncThrottler). Voters are needed and never wait; of observers only some are served at once.
 */

import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { LearnerHandler } from './learner-handler.ts';

type SyncKind = LearnerHandler['syncKind'];

/** Observers that may be synchronised at once. */
export interface SyncLimits {
  readonly maxConcurrentSnapSyncs: number;
  readonly maxConcurrentDiffSyncs: number;
}

/** Counts the synchronizations of a leader's learners. */
export class LearnerSyncThrottler {
  private readonly handlers: ReadonlySet<LearnerHandler>;
  private readonly limits: SyncLimits;
  private readonly metrics: QuorumMetrics;

  /** @param handlers of all learners, as they come and go */
  constructor(handlers: ReadonlySet<LearnerHandler>, limits: SyncLimits, metrics: QuorumMetrics) {
    this.handlers = handlers;
    this.limits = limits;
    this.metrics = metrics;
  }

  /** A learner is being synchronised from now on; its link is closed where it has to wait. */
  began(handler: LearnerHandler): void {
    const { maxConcurrentSnapSyncs, maxConcurrentDiffSyncs } = this.limits;
    const { syncKind } = handler;
    this.count(syncKind);
    if (handler.isParticipant) return;
    const limit = syncKind === 'snap' ? maxConcurrentSnapSyncs : maxConcurrentDiffSyncs;
    if (syncKind !== null && this.inflight(syncKind) > limit) {
      handler.fault(`has to wait: ${limit} learners are being synchronised already`);
    }
  }

  /** A learner is in sync. */
  ended(handler: LearnerHandler): void {
    const { syncKind } = handler;
    handler.syncKind = null;
    this.count(syncKind);
  }

  private count(kind: SyncKind): void {
    const { inflightSnapCount, inflightDiffCount } = this.metrics;
    (kind === 'snap' ? inflightSnapCount : inflightDiffCount).add(this.inflight(kind));
  }

  private inflight(kind: SyncKind): number {
    let count = 0;
    for (const handler of this.handlers) if (handler.syncKind === kind) count += 1;
    return count;
  }
}
