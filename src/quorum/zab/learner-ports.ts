/*
 * What a learner asks of its server, how it is set, and how far it can have come (the learner is learner.ts).
 */

import type { SessionId, Zxid } from '../../jute/int64.ts';
import type { Address } from '../ports.ts';
import type { ServerId } from '../server-id.ts';
import type { LearnerHistory } from './accept-epoch.ts';
import type { ProposalReceiver } from './received-proposals.ts';
import type { SyncReceiver } from './sync-intake.ts';

/** How far a learner has come. */
export type LearnerPhase =
  | 'dialling'
  | 'discovery'
  | 'synchronization'
  | 'ready'
  | 'broadcast'
  | 'ended';

/** What a learner asks of its server. */
export interface LearnerServer extends LearnerHistory, SyncReceiver, ProposalReceiver {
  /** Calls back once everything that was taken, the tree too, is on disk. */
  whenDurable(done: () => void): void;
  /** The membership that the leader has, as text. */
  setMembership(text: string): void;
  /** Serves clients from now on. The leader's epoch begins with `zxid`. */
  startFollowing(zxid: Zxid): void;
  /** The sessions that were heard since the last call, with their time-outs in ms. */
  takeHeardSessions(): ReadonlyMap<SessionId, number>;
  /** The leader's answer to revalidate(). */
  revalidated(sessionId: SessionId, isValid: boolean): void;
  /** The leader's answer to the oldest sync(). */
  synced(): void;
}

/** How a learner is set; times in ms. */
export interface LearnerOptions {
  readonly myId: ServerId;
  readonly leader: ServerId;
  /** The epoch of its history as it was voted for: it has no older one. */
  readonly votedEpoch: bigint;
  /** Where its leader serves learners. */
  readonly addresses: readonly Address[];
  readonly isObserver: boolean;
  /** How long the leader may be silent until the history is synchronised, and afterwards. */
  readonly initLimitMs: number;
  readonly syncLimitMs: number;
  /** How long the leader may be out of reach. */
  readonly connectLimitMs: number;
  readonly configVersion: bigint;
  readonly packetSizeLimit: number;
}
