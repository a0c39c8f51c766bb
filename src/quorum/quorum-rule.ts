/*
 * Whether a set of servers is a quorum: more than half of those that vote, or, with groups and weights, more than half of
 * the groups, each with more than half of its weight. Any two quorums of one rule have a server in common.
 *
 * Answers to Java's QuorumMaj and QuorumHierarchical.containsQuorum. Java relies on being asked about voters only; here
 * servers that do not vote count for nothing.
 */
import type { Membership } from './membership.ts';
import type { ServerId } from './server-id.ts';

/** Who votes, and when there are enough of them. */
export interface QuorumRule {
  /** Those that vote. */
  readonly voters: ReadonlySet<ServerId>;
  /** Whether these servers are a quorum; those that do not vote count for nothing. */
  hasQuorum(sids: ReadonlySet<ServerId>): boolean;
  /** Whether a server votes. */
  isVoter(sid: ServerId): boolean;
  /** What a server counts for: 1 under a majority, else its weight, 0 where it has none. One of weight 0 is never elected. */
  weightOf(sid: ServerId): number;
}

class Majority implements QuorumRule {
  readonly voters: ReadonlySet<ServerId>;

  constructor(voters: ReadonlySet<ServerId>) {
    this.voters = voters;
  }

  hasQuorum(sids: ReadonlySet<ServerId>): boolean {
    let count = 0;
    for (const sid of sids) {
      if (this.voters.has(sid)) count += 1;
    }
    return count * 2 > this.voters.size;
  }

  isVoter(sid: ServerId): boolean {
    return this.voters.has(sid);
  }

  weightOf(_sid: ServerId): number {
    return 1;
  }
}

/** A group's voters and the weight of the whole group, voters or not. */
interface WeighedGroup {
  readonly voters: readonly ServerId[];
  readonly weight: number;
}

class Hierarchy implements QuorumRule {
  readonly voters: ReadonlySet<ServerId>;
  /** Groups that weigh something; the others count neither for nor against. */
  private readonly groups: readonly WeighedGroup[];
  private readonly weights: ReadonlyMap<ServerId, number>;

  constructor(voters: ReadonlySet<ServerId>, membership: Membership) {
    this.voters = voters;
    this.weights = membership.weights;
    this.groups = membership.groups
      .map(({ members }) => ({
        voters: members.filter((sid) => voters.has(sid)),
        weight: members.reduce((sum, sid) => sum + this.weightOf(sid), 0),
      }))
      .filter((group) => group.weight > 0);
  }

  hasQuorum(sids: ReadonlySet<ServerId>): boolean {
    let won = 0;
    for (const group of this.groups) {
      let weight = 0;
      for (const sid of group.voters) {
        if (sids.has(sid)) weight += this.weightOf(sid);
      }
      if (weight * 2 > group.weight) won += 1;
    }
    return won * 2 > this.groups.length;
  }

  isVoter(sid: ServerId): boolean {
    return this.voters.has(sid);
  }

  weightOf(sid: ServerId): number {
    return this.weights.get(sid) ?? 0;
  }
}

/** The rule of a membership: hierarchical where it has groups, else the majority. */
export function quorumRule(membership: Membership): QuorumRule {
  const voting = [...membership.members.values()].filter((one) => one.type === 'participant');
  const voters = new Set(voting.map((one) => one.id));
  return membership.groups.length === 0 ? new Majority(voters) : new Hierarchy(voters, membership);
}
