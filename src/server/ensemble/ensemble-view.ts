/*
 * EnsembleView: what a member can tell its operators of the ensemble.
 */

import type { LeaderGauges, MemberConfiguration } from '../../fourletter/index.ts';
import { configText } from '../../quorum/membership.ts';
import type { Peer } from '../../quorum/peer.ts';
import type { Leader } from '../../quorum/zab/leader.ts';
import { isForwarded } from '../../quorum/zab/learners.ts';
import type { EnsembleConfig } from '../config/config.ts';
import type { EnsembleFacts } from '../server-view.ts';
import type { MembershipInForce } from './membership-in-force.ts';

/** The ensemble, seen from one member. */
export class EnsembleView implements EnsembleFacts {
  private readonly peer: Peer;
  private readonly membership: MembershipInForce;
  private readonly settings: EnsembleConfig;
  /** Ms. */
  private readonly tickTime: number;

  constructor(
    peer: Peer,
    membership: MembershipInForce,
    settings: EnsembleConfig,
    tickTime: number,
  ) {
    this.peer = peer;
    this.membership = membership;
    this.settings = settings;
    this.tickTime = tickTime;
  }

  state(): 'leader' | 'follower' | 'observer' {
    if (this.peer.state === 'leading') return 'leader';
    return this.peer.state === 'observing' ? 'observer' : 'follower';
  }

  /** It is asked only while it serves, and it serves in the last phase of a role alone. */
  peerState(): string {
    return `${this.peer.state} - broadcast`;
  }

  quorumSize(): number {
    return this.membership.rule.voters.size;
  }

  leader(): LeaderGauges | null {
    const { leader } = this.peer;
    return leader === null ? null : this.gaugesOf(leader);
  }

  private gaugesOf(leader: Leader): LeaderGauges {
    let syncedFollowers = 0;
    let syncedNonVotingFollowers = 0;
    let syncedObservers = 0;
    for (const handler of leader.handlers) {
      if (!isForwarded(handler)) continue;
      if (!handler.isParticipant) syncedObservers += 1;
      else {
        syncedFollowers += 1;
        if (!this.membership.rule.isVoter(handler.sid)) syncedNonVotingFollowers += 1;
      }
    }
    return {
      learners: leader.handlers.size,
      syncedFollowers,
      syncedNonVotingFollowers,
      syncedObservers,
      pendingSyncs: leader.pendingSyncs,
      leaderUptime: leader.uptime,
      lastProposalSize: leader.proposalSizes.last,
      minProposalSize: leader.proposalSizes.min,
      maxProposalSize: leader.proposalSizes.max,
    };
  }

  observerMasterId(): number | null {
    const { learner, state } = this.peer;
    return state === 'observing' ? (learner?.leaderId ?? null) : null;
  }

  configuration(): MemberConfiguration {
    const { settings, tickTime } = this;
    const { myid } = settings;
    const { current, rule } = this.membership;
    const { addresses } = current.members.get(myid) ?? settings.own;
    return {
      initLimit: Math.round(settings.initLimitMs / tickTime),
      syncLimit: Math.round(settings.syncLimitMs / tickTime),
      electionPorts: addresses.map(({ electionPort }) => electionPort),
      quorumPorts: addresses.map(({ quorumPort }) => quorumPort),
      isObserver: !rule.isVoter(myid),
      membership: configText(current),
    };
  }
}
