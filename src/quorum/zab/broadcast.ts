/*
 * Broadcast: a leader's transactions, from the proposal to the commit, and the syncs between them (Java: Leader.propose, processAck,
 * tryToCommit, commit, inform and processSync; ZkV3_7_0.tla: LeaderProcessRequest, LeaderProcessACK).
 *
 *   propose ─to followers─> acknowledged, by this server's disk as by theirs ─a quorum, end of the turn─> COMMIT, INFORM, applied here
 *
 * Whether it is time for that is the Leader's, who counts what is proposals.ts, and when a sync may be answered sync-rounds.ts.
 */

import type { CommittedLog } from '../../datatree/storage/committed-log.ts';
import type { Zxid } from '../../jute/int64.ts';
import { toZxid } from '../../jute/int64.ts';
import { counterOf, epochOf } from '../../jute/zxid.ts';
import type { Clock } from '../ports.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import type { ServerId } from '../server-id.ts';
import type { LearnerHandler } from './learner-handler.ts';
import type { Learners } from './learners.ts';
import { PacketType } from './packet.ts';
import type { ProposalSizes } from './proposal-sizes.ts';
import type { Proposal } from './proposals.ts';
import { Proposals } from './proposals.ts';
import { SyncRounds } from './sync-rounds.ts';

/** The counter whose proposal would be the last of an epoch: a new one begins before it is used (ZOOKEEPER-1277). */
const LAST_COUNTER = 0xffffffff;

/** The leader's own server, where transactions are applied. */
export interface BroadcastServer {
  readonly history: {
    /** The newest transactions that were committed. */
    readonly committed: CommittedLog;
  };
  /** A quorum has everything up to `zxid` on disk: it is applied. */
  commitThrough(zxid: Zxid): void;
}

/** What a broadcast is given. */
export interface BroadcastPorts {
  readonly myId: ServerId;
  readonly clock: Clock;
  readonly metrics: QuorumMetrics;
  readonly server: BroadcastServer;
  readonly learners: Learners;
  /** The epoch of what is proposed. */
  readonly epoch: () => number;
  /** Who votes at present. */
  readonly rule: () => QuorumRule;
  /** Whether these are a quorum, this server among them. */
  readonly hasQuorum: (sids: ReadonlySet<ServerId>) => boolean;
}

/** The transactions of one epoch. */
export class Broadcast {
  private readonly ports: BroadcastPorts;
  private readonly proposals: Proposals;
  private readonly syncs: SyncRounds;

  constructor(ports: BroadcastPorts) {
    const { myId, hasQuorum } = ports;
    this.ports = ports;
    this.proposals = new Proposals(ports);
    this.syncs = new SyncRounds({
      myId,
      hasQuorum,
      ping: () => this.ping(({ isParticipant }) => isParticipant),
    });
  }

  /** Proposals that are not committed yet, oldest first. */
  get uncommitted(): readonly Proposal[] {
    return this.proposals.uncommitted;
  }

  /** The sizes of what was proposed. */
  get proposalSizes(): ProposalSizes {
    return this.proposals.sizes;
  }

  /** Those that wait for a sync. */
  get pendingSyncs(): number {
    return this.syncs.count;
  }

  private zxidOf(counter: number): Zxid {
    return toZxid((BigInt(this.ports.epoch()) << 32n) | BigInt(counter));
  }

  // ---- proposals

  /** Proposes a transaction. @param record is copied. Returns whether the epoch has a counter left for the next one. */
  propose(zxid: Zxid, record: Uint8Array): boolean {
    this.proposals.add(zxid, record);
    this.ports.learners.propose(zxid, record);
    return counterOf(zxid) < LAST_COUNTER - 1;
  }

  /** Our own log has everything up to `zxid` on disk. */
  durable(zxid: Zxid): void {
    if (epochOf(zxid) !== this.ports.epoch()) return;
    this.proposals.acknowledged(this.ports.myId, counterOf(zxid));
  }

  /** A learner has everything up to `counter` on disk. That of an observer counts for nothing. */
  acknowledged({ sid, isParticipant }: LearnerHandler, counter: number): void {
    if (!isParticipant || counter > this.proposals.proposedCounter) return;
    this.proposals.acknowledged(sid, counter);
  }

  /** What a server has acknowledged counts no more (Acks.forget). */
  forget(sid: ServerId): void {
    this.proposals.forget(sid);
  }

  /** Ends a turn: commits what a quorum has, and answers syncs. Once is enough, as nothing leaves before the end of a turn. */
  endTurn(): void {
    this.commit();
    this.syncs.answer(this.proposals.committedCounter);
    this.syncs.turnEnded();
  }

  private commit(): void {
    const committed = this.proposals.takeCommitted();
    if (committed.length === 0) return;
    const { clock, metrics, server, learners } = this.ports;
    for (const { zxid, record, proposedAt } of committed) {
      this.answerSyncsBefore(counterOf(zxid));
      metrics.commitCount.increment();
      metrics.quorumAckLatency.add(clock.elapsed - proposedAt);
      learners.commit(zxid, record);
      server.history.committed.add(zxid, record);
    }
    server.commitThrough(this.zxidOf(this.proposals.committedCounter));
  }

  /** A sync is answered when what was proposed before it is applied, and before what was proposed behind it is told. */
  private answerSyncsBefore(counter: number): void {
    if (!this.syncs.hasBefore(counter)) return;
    this.ports.server.commitThrough(this.zxidOf(counter - 1));
    this.syncs.answerBefore(counter);
  }

  // ---- sync

  /** Calls `done` when everything that was acknowledged by now, by whatever leader, is applied here (sync-rounds.ts). */
  sync(done: () => void): void {
    this.syncs.ask(this.proposals.proposedCounter, done);
  }

  /**
   * A sync of a learner, which is answered on the link that it came by: on a new one the learner would take it for the answer to a
   * sync that it has asked for since.
   */
  syncFor(sid: ServerId): void {
    const handler = this.ports.learners.of(sid);
    this.sync(() => handler?.send(PacketType.sync, 0n));
  }

  /** A learner has answered a PING. */
  pingAnswered(): void {
    this.syncs.pingAnswered();
  }

  /** Pings all that serve. */
  pingAll(): void {
    this.syncs.pingedAgain(this.ping(() => true));
  }

  /** A learner may serve from now on. Where others are asked whether they still follow, it is asked as well. */
  joined(handler: LearnerHandler): void {
    if (this.syncs.isAsking) this.syncs.pingedAgain(this.ping((one) => one === handler));
  }

  private ping(isWanted: (handler: LearnerHandler) => boolean): Map<LearnerHandler, number> {
    const lastProposed = this.zxidOf(this.proposals.proposedCounter);
    return this.ports.learners.ping(lastProposed, isWanted);
  }
}
