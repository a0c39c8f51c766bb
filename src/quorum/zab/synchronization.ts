/*
 * Synchronization: how learners come to have the leader's history, and who has it by now (Java: LearnerHandler.run from ACKEPOCH to the
 * ACK of NEWLEADER, Leader.waitForNewLeaderAck; ZkV3_7_0.tla: LeaderSyncFollower, LeaderProcessACKLD).
 *
 *   waiting, until a quorum has accepted the epoch ─> DIFF, TRUNC or SNAP, what is committed meanwhile, NEWLEADER ─> has the history
 *
 * Learners are synchronised in this way at all times, also those that come when the epoch is established long since. What each is sent
 * is sync-plan.ts, and sent by its LearnerHandler; what follows from a quorum that has the history is the Leader's.
 */

import type { Zxid } from '../../jute/int64.ts';
import { counterOf, startOfEpoch } from '../../jute/zxid.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import type { ServerId } from '../server-id.ts';
import type { LearnerHandler } from './learner-handler.ts';
import type { SyncLimits } from './learner-sync-throttler.ts';
import { LearnerSyncThrottler } from './learner-sync-throttler.ts';
import { PacketType } from './packet.ts';
import type { Proposal } from './proposals.ts';

/** What a synchronization is given. */
export interface SynchronizationPorts {
  readonly metrics: QuorumMetrics;
  /** Of all learners, as they come and go. */
  readonly handlers: ReadonlySet<LearnerHandler>;
  /** The epoch that was proposed. */
  readonly epoch: () => number;
  /** Proposals that are not committed yet: followers get them behind the history. */
  readonly uncommitted: () => readonly Proposal[];
  /** Who votes at present. */
  readonly rule: () => QuorumRule;
  /** Who votes with the membership that NEWLEADER carries; the same where that is in force. */
  readonly proposedRule: () => QuorumRule;
  /** The membership as text, which NEWLEADER carries. */
  readonly membership: (newLeaderZxid: Zxid) => string;
  /** Whether these are a quorum, this server among them. */
  readonly hasQuorum: (sids: ReadonlySet<ServerId>) => boolean;
}

/** How a synchronization is set. */
export interface SynchronizationOptions extends SyncLimits {
  readonly myId: ServerId;
  /** Whether every learner gets the whole tree. */
  readonly forceSnapshotSync: boolean;
}

/** The learners of one leader, as far as they have its history. */
export class Synchronization {
  private readonly ports: SynchronizationPorts;
  private readonly options: SynchronizationOptions;
  private readonly throttler: LearnerSyncThrottler;
  /** ACKEPOCH of learners that came before a quorum had accepted the epoch. */
  private readonly waiting = new Map<LearnerHandler, Zxid>();
  private readonly votersWithHistory = new Set<ServerId>();
  /** Those, and learners that do not vote yet. */
  private readonly hasNewLeader = new Set<ServerId>();
  /** Learners that were sent a part of the log, and then it could not be read: they get a tree when they come again. */
  private readonly cannotReadLog = new Set<ServerId>();

  constructor(ports: SynchronizationPorts, options: SynchronizationOptions) {
    this.ports = ports;
    this.options = options;
    this.throttler = new LearnerSyncThrottler(ports.handlers, options, ports.metrics);
  }

  /** The voters that have the history on disk, this server among them. */
  get hasHistory(): ReadonlySet<ServerId> {
    return this.votersWithHistory;
  }

  /**
   * Whether a quorum has the history on disk. Those who are to vote from now on have to have it as well (Java: Leader.lead,
   * newLeaderProposal.addQuorumVerifier).
   */
  get hasQuorum(): boolean {
    const { hasQuorum, rule, proposedRule } = this.ports;
    if (!hasQuorum(this.votersWithHistory)) return false;
    return proposedRule() === rule() || proposedRule().hasQuorum(this.hasNewLeader);
  }

  /** Discovery is over: this server has its own history. */
  begin(): void {
    const { myId } = this.options;
    this.votersWithHistory.add(myId);
    this.hasNewLeader.add(myId);
  }

  /** A learner has accepted the epoch; it is synchronised by the next `synchroniseWaiting`. */
  wait(handler: LearnerHandler, lastZxid: Zxid): void {
    this.waiting.set(handler, lastZxid);
  }

  /** The link of a learner is gone. */
  forget(handler: LearnerHandler): void {
    this.waiting.delete(handler);
  }

  /** Begins to make the histories of all that wait the leader's. */
  synchroniseWaiting(): void {
    for (const [handler, lastZxid] of this.waiting) {
      const isSnapForced = this.options.forceSnapshotSync || this.cannotReadLog.delete(handler.sid);
      this.synchronise(handler, lastZxid, isSnapForced);
    }
    this.waiting.clear();
  }

  /** The log does not reach back to where this learner is, nothing of it was sent: it begins again, with the tree. */
  logTooShort(handler: LearnerHandler, lastZxid: Zxid): void {
    this.synchronise(handler, lastZxid, true);
  }

  /** A learner was sent a part of the log, and the rest cannot be read. */
  logUnreadable(handler: LearnerHandler): void {
    this.cannotReadLog.add(handler.sid);
  }

  private synchronise(handler: LearnerHandler, lastZxid: Zxid, isSnapForced: boolean): void {
    handler.synchronise(lastZxid, isSnapForced);
    this.throttler.began(handler);
  }

  /**
   * Everything was sent that a learner misses, and what was committed meanwhile. NEWLEADER comes behind all of it, as Java's: a tree may
   * show what was committed while it was being sent, and a learner of Java's compares the digests of what comes behind NEWLEADER. And it
   * comes before what is not committed: a follower of 3.8 fails where the proposal comes before NEWLEADER and the COMMIT behind it
   * (ZOOKEEPER-4394).
   */
  historySent(handler: LearnerHandler): void {
    const { epoch, uncommitted, membership } = this.ports;
    const newLeaderZxid = startOfEpoch(epoch());
    const text = membership(newLeaderZxid);
    handler.send(PacketType.newLeader, newLeaderZxid, Buffer.from(text, 'utf8'));
    if (!handler.isParticipant) return;
    for (const { zxid, record } of uncommitted()) handler.propose(zxid, counterOf(zxid), record);
  }

  /** A learner has acknowledged NEWLEADER: it has the history on disk. */
  newLeaderAccepted(handler: LearnerHandler): void {
    const { sid, isParticipant } = handler;
    this.throttler.ended(handler);
    if (isParticipant && this.ports.rule().isVoter(sid)) this.votersWithHistory.add(sid);
    this.hasNewLeader.add(sid);
  }
}
