/*
 * Acks: how far the voters have made the leader's proposals durable, and so what is committed
 * (Java: Proposal.ackset and Leader.tryToCommit).
 *
 * A follower acknowledges in order, and what it acknowledges stands in its log behind all that came before. So one counter for
 * each voter is enough: what a quorum of them has reached is committed.
 */

import type { QuorumRule } from '../quorum-rule.ts';
import type { ServerId } from '../server-id.ts';

/** The acknowledgements of one epoch. */
export class Acks {
  private readonly counters = new Map<ServerId, number>();

  /** Everything up to `counter`, the low half of a zxid, is durable at a server. */
  add(sid: ServerId, counter: number): void {
    if (counter > this.of(sid)) this.counters.set(sid, counter);
  }

  /** What a server has acknowledged; 0 for nothing. */
  of(sid: ServerId): number {
    return this.counters.get(sid) ?? 0;
  }

  /**
   * What a server has acknowledged counts no more: it has to synchronise again, and then the leader may have it cut off what is
   * not committed. Counted still, such a transaction could be committed while only the leader has it.
   */
  forget(sid: ServerId): void {
    this.counters.delete(sid);
  }

  /** The highest counter that a quorum has reached; 0 for none. */
  reachedBy(rule: QuorumRule): number {
    const reached = [...this.counters].filter(([sid]) => rule.isVoter(sid));
    reached.sort(([, a], [, b]) => b - a);
    const sids = new Set<ServerId>();
    for (const [sid, counter] of reached) {
      sids.add(sid);
      if (rule.hasQuorum(sids)) return counter;
    }
    return 0;
  }
}
