/*
 * What a learner answers to the epoch of a leader: discovery, at its end (Java: Learner.registerWithLeader;
 * ZkV3_7_0.tla: FollowerProcessLEADERINFO). The leader's end is discovery.ts.
 */

import type { Epochs } from '../../datatree/storage/epochs.ts';
import type { Zxid } from '../../jute/int64.ts';
import { startOfEpoch } from '../../jute/zxid.ts';

/** What ACKEPOCH says, or why the leader cannot be followed. */
export type EpochAnswer =
  | {
      readonly kind: 'accepted';
      /** The epoch of the history; -1 where this server does not bear witness. */
      readonly currentEpoch: number;
      readonly lastZxid: Zxid;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** The history of a learner, as far as it is told. */
export interface LearnerHistory {
  /** The last zxid of the history: of the last transaction in the log, or the beginning of an epoch. */
  readonly lastZxid: Zxid;
  /** The history could not be cut where a leader wanted it: nothing but a whole tree will do. */
  readonly needsTree: boolean;
}

/** What is known of a leader when it tells its epoch. */
export interface LeaderEpochs {
  /** The one that it begins. */
  readonly epoch: number;
  /** That of its history, at least: the one that it was voted for with. */
  readonly votedEpoch: bigint;
}

/** Accepts the epoch of a leader where that may be; it is on disk by then, as no older leader may be followed any more. */
export function acceptEpoch(
  epochs: Epochs,
  history: LearnerHistory,
  { epoch, votedEpoch }: LeaderEpochs,
  isObserver: boolean,
): EpochAnswer {
  // What an observer has accepted counts for nobody; it only must not follow whom it has left behind.
  const oldest = isObserver ? epochs.current : epochs.accepted;
  if (epoch < oldest) {
    const reason = `its epoch ${epoch} is older than ${oldest}, which we have accepted`;
    return { kind: 'refused', reason };
  }
  // Accepted before, maybe by a leader that is gone: this server must not count twice for the same epoch.
  const isWitness = epoch > epochs.accepted;
  if (isWitness) epochs.setAccepted(epoch);
  // To the beginning of an epoch above its own a leader, also one of Java's, can but answer with the tree: it is nothing that it has, and
  // no transaction. A witness whose history may be the newer one says what it has, or what is committed could be lost; where that cannot
  // be cut it comes again. Of a history from an older epoch than its own the leader does not look at the zxid.
  const isCompared = isWitness && BigInt(epochs.current) >= votedEpoch;
  const lastZxid = history.needsTree && !isCompared ? startOfEpoch(epoch + 1) : history.lastZxid;
  return { kind: 'accepted', currentEpoch: isWitness ? epochs.current : -1, lastZxid };
}
