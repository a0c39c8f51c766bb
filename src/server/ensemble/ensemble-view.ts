/*
 * EnsembleView: what a member can tell its operators of the ensemble.
 */

import type { Peer } from '../../quorum/peer.ts';
import type { TurnClock } from '../clock.ts';
import type { EnsembleFacts } from '../server-view.ts';
import type { MembershipInForce } from './membership-in-force.ts';

/** The ensemble, seen from one member. */
export class EnsembleView implements EnsembleFacts {
  private readonly peer: Peer;
  readonly membership: MembershipInForce;
  readonly clock: TurnClock;

  constructor(peer: Peer, membership: MembershipInForce, clock: TurnClock) {
    this.peer = peer;
    this.membership = membership;
    this.clock = clock;
  }

  state(): 'leader' | 'follower' | 'observer' {
    if (this.peer.state === 'leading') return 'leader';
    return this.peer.state === 'observing' ? 'observer' : 'follower';
  }
}
