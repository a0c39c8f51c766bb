/*
 * The choice of a leader as pure functions: which of two proposals is the better one, who supports a vote, and when the votes
 * that are in are enough. Answers to Java's Vote.equals and FastLeaderElection.totalOrderPredicate, getVoteTracker and
 * checkLeader; TotalOrderPredicate, VoteEqual, VoteSet and CheckLeader in FastLeaderElection.tla.
 */
import type { Zxid } from '../../jute/int64.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import type { PeerState, ServerId } from '../server-id.ts';

/** Somebody who could lead, and what speaks for him. */
export interface Proposal {
  /** Who is to lead; NOBODY in the vote of a server that does not vote. */
  readonly leader: ServerId;
  /** The last zxid in his log. */
  readonly zxid: Zxid;
  /** The epoch of the last leader that he has followed, or was. */
  readonly peerEpoch: bigint;
}

/** What one server has said. */
export interface Vote extends Proposal {
  /** The round of election that the vote was given in (Java: logicalclock). */
  readonly electionEpoch: bigint;
  /** What the voter was doing. */
  readonly state: PeerState;
  /** The version of the notification that brought it; 0 where that is not kept. */
  readonly version: number;
}

/** Votes by who has given them. */
export type Votes = ReadonlyMap<ServerId, Vote>;

/** Whether `next` is better than `current`: by epoch, then zxid, then id. A server without weight is never better. */
export function isBetter(next: Proposal, current: Proposal, rule: QuorumRule): boolean {
  if (rule.weightOf(next.leader) === 0) return false;
  if (next.peerEpoch !== current.peerEpoch) return next.peerEpoch > current.peerEpoch;
  if (next.zxid !== current.zxid) return next.zxid > current.zxid;
  return next.leader > current.leader;
}

/**
 * Whether two votes are for the same leadership. Between servers that are no longer looking, zxid and round may differ, since
 * they are those of whenever each of them joined (ZOOKEEPER-1805), and the peer epoch counts only where both or neither come
 * from servers that keep it current (version above 0, ZOOKEEPER-1732).
 */
export function isSameVote(one: Vote, other: Vote): boolean {
  if (one.leader !== other.leader) return false;
  if (one.state === 'looking' || other.state === 'looking') {
    return (
      one.zxid === other.zxid &&
      one.electionEpoch === other.electionEpoch &&
      one.peerEpoch === other.peerEpoch
    );
  }
  return one.version > 0 !== other.version > 0 || one.peerEpoch === other.peerEpoch;
}

/** The voters whose vote is this one. */
export function supporters(votes: Votes, vote: Vote, rule: QuorumRule): ReadonlySet<ServerId> {
  const sids = new Set<ServerId>();
  for (const [sid, theirs] of votes) {
    if (rule.isVoter(sid) && isSameVote(vote, theirs)) sids.add(sid);
  }
  return sids;
}

/** Whether a quorum has given this vote. */
export function hasQuorum(votes: Votes, vote: Vote, rule: QuorumRule): boolean {
  return rule.hasQuorum(supporters(votes, vote, rule));
}

/**
 * Whether every one of the living voters has given this vote, the one it is for among them, and they are a quorum. Then no
 * vote that is still to come can change the outcome.
 */
export function isUnanimous(
  votes: Votes,
  vote: Vote,
  living: ReadonlySet<ServerId>,
  rule: QuorumRule,
): boolean {
  if (!living.has(vote.leader) || !rule.hasQuorum(living)) return false;
  const sids = supporters(votes, vote, rule);
  for (const sid of living) {
    if (!sids.has(sid)) return false;
  }
  return true;
}

/**
 * Whether somebody whom others follow does lead: he must have said so himself, or be the one who asks and in that same round.
 * Without this, servers would go on electing one that has crashed.
 *
 * @param votes what servers that are not looking have said
 * @param vote the vote that has a quorum
 * @param self the server that asks, and its round
 */
export function isLeaderConfirmed(
  votes: Votes,
  vote: Vote,
  self: { readonly myId: ServerId; readonly electionEpoch: bigint },
): boolean {
  if (vote.leader === self.myId) return vote.electionEpoch === self.electionEpoch;
  return votes.get(vote.leader)?.state === 'leading';
}
