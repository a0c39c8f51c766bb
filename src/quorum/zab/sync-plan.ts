/*
 * How a learner's history is made the leader's: the choice between DIFF, TRUNC and SNAP, as a pure function
 * (Java: LearnerHandler.syncFollower and queueCommittedProposals).
 *
 * The learner says what its last transaction is. A zxid that begins an epoch is no transaction: it only tells that the
 * learner had been in sync with the leader of that epoch.
 */

import type { Zxid } from '../../jute/int64.ts';
import { epochOf, isStartOfEpoch } from '../../jute/zxid.ts';

/** The leader's committed history, as far as the choice needs it. */
export interface CommittedHistory {
  /** Applied last; the beginning of an epoch as long as it has no transaction. */
  readonly lastProcessedZxid: Zxid;
  /** The oldest and newest transaction in memory; both the last one committed where there is none. */
  readonly minZxid: Zxid;
  readonly maxZxid: Zxid;
  /** The newest transaction in memory that is not above `zxid`; null for none. */
  floor(zxid: Zxid): Zxid | null;
  /** The oldest transaction in memory that is above `zxid`; null for none. */
  above(zxid: Zxid): Zxid | null;
}

/**
 * `diff`, `trunc`: transactions above `after` follow, all of them in memory. `log`: the transactions that are missing are older than
 * what is in memory, look into the log. `snap`: the whole tree.
 */
export type SyncPlan =
  | { readonly kind: 'diff'; readonly after: Zxid }
  | { readonly kind: 'trunc'; readonly after: Zxid }
  | { readonly kind: 'log' }
  | { readonly kind: 'snap' };

/** The whole tree. */
export const SNAP: SyncPlan = { kind: 'snap' };

/** Chooses by what is in memory. */
export function planSync(peerLastZxid: Zxid, history: CommittedHistory): SyncPlan {
  const { minZxid, maxZxid } = history;
  if (peerLastZxid === history.lastProcessedZxid) return { kind: 'diff', after: peerLastZxid };
  if (peerLastZxid > maxZxid) {
    // What it has behind ours was never committed. What it has in an epoch without transactions of ours cannot be told, and where
    // ours begins with a tree there is no transaction at which the learner could cut: it would be told so again and again.
    const isCutKnown = !isStartOfEpoch(peerLastZxid) && !isStartOfEpoch(maxZxid);
    return isCutKnown ? { kind: 'trunc', after: maxZxid } : SNAP;
  }
  if (peerLastZxid < minZxid) return { kind: 'log' };
  return planWithin(peerLastZxid, history.floor(peerLastZxid), history.above(peerLastZxid));
}

/**
 * Chooses where the learner's zxid is within a part of the history, be it in memory or in the log.
 *
 * @param floor the newest transaction of ours that is not above the learner's last; null where the history does not reach back so far
 * @param above the oldest one above it; null for none
 */
export function planWithin(peerLastZxid: Zxid, floor: Zxid | null, above: Zxid | null): SyncPlan {
  if (floor === peerLastZxid) return { kind: 'diff', after: peerLastZxid };
  if (floor === null) return SNAP;
  if (isStartOfEpoch(peerLastZxid)) return { kind: 'diff', after: peerLastZxid };
  // It has transactions that we do not have. A log is not cut across epochs: the rest of the epoch before may differ too.
  if (above !== null && epochOf(above) !== epochOf(peerLastZxid)) return SNAP;
  return { kind: 'trunc', after: floor };
}
