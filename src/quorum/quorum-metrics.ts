/*
 * What the agreement between servers counts. The server has the real counters (src/admin/metrics, whose names and meanings these
 * are); they outlast every role, as Java's static ones do.
 */

import type { ServerId } from './server-id.ts';

interface Counter {
  increment(): void;
}

interface Summary {
  add(value: number): void;
}

interface SummaryByServer {
  add(sid: ServerId, value: number): void;
}

/** Times in ms. */
export interface QuorumMetrics {
  readonly lookingCount: Counter;
  readonly unavailableTime: Summary;
  readonly leaderUnavailableTime: Summary;
  readonly quitLeadingDueToDisloyalVoter: Counter;
  readonly proposalCount: Counter;
  readonly commitCount: Counter;
  readonly quorumAckLatency: Summary;
  readonly ackLatency: SummaryByServer;
  readonly diffCount: Counter;
  readonly snapCount: Counter;
  readonly inflightDiffCount: Summary;
  readonly inflightSnapCount: Summary;
  readonly revalidateCount: Counter;
  readonly learnerHandlerQpSize: SummaryByServer;
  readonly followerSyncTime: Summary;
  readonly observerSyncTime: Summary;
  readonly learnerProposalReceivedCount: Counter;
  readonly learnerCommitReceivedCount: Counter;
}
