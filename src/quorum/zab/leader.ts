/*
 * Leader: one epoch of leading, from its first learner to its end (Java: Leader).
 *
 *   discovery        a quorum has told its accepted epoch: the new one is above them all, and durable here
 *   synchronization  a quorum has accepted it, none of them with a newer history; each is given ours
 *   broadcast        a quorum has our history: proposals are sent, and committed when a quorum has them on disk
 *
 * It ends by itself (`ended`) when a quorum is out of reach, time runs out, the counter of its zxids does, or a voter comes that may not
 * follow it any more (newer-epochs.ts).
 */

import type { Epochs } from '../../datatree/storage/epochs.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { toHex, toZxid } from '../../jute/int64.ts';
import { counterOf, epochOf } from '../../jute/zxid.ts';
import type { Clock, LinkHandler, Log, PeerLink } from '../ports.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import type { ServerId } from '../server-id.ts';
import { NOBODY } from '../server-id.ts';
import type { LeaderHistory } from './history.ts';
import type { HandlerOwner, LearnerRequest } from './learner-handler.ts';
import { LearnerHandler } from './learner-handler.ts';
import { LearnerSyncThrottler } from './learner-sync-throttler.ts';
import type { NewerEpochs } from './newer-epochs.ts';
import { PacketType } from './packet.ts';
import type { ProposalSizes } from './proposal-sizes.ts';
import type { Proposal } from './proposals.ts';
import { Proposals } from './proposals.ts';
import { SyncRounds } from './sync-rounds.ts';

/** The counter whose proposal would be the last of an epoch: a new one begins before it is used (ZOOKEEPER-1277). */
const LAST_COUNTER = 0xffffffff;
/** A zxid has no room for a later one. */
const LAST_EPOCH = 0x7fffffff;
/** What a server says whose database is empty and should not be (recover.ts). */
const ZXID_UNKNOWN = toZxid(-1n);

/** Links that have not told who they are: more are not taken. An ensemble is far smaller. */
const STRANGERS_LIMIT = 256;

/** How far a leader has come. */
export type LeaderPhase = 'discovery' | 'synchronization' | 'broadcast' | 'ended';

/** What a leader asks of its server. */
export interface LeaderServer {
  readonly history: LeaderHistory;
  /** The epoch is established: requests are taken, the next zxid is behind `zxid`. */
  startLeading(zxid: Zxid): void;
  /** A quorum has everything up to `zxid` on disk: it is applied. */
  commitThrough(zxid: Zxid): void;
  request(from: ServerId, request: LearnerRequest): void;
  heardSession(sessionId: SessionId, timeout: number): void;
  /** Whether a session lives; if so it belongs to the server that asks. @param timeout ms */
  revalidate(from: ServerId, sessionId: SessionId, timeout: number): boolean;
}

/** What a leader is given. */
export interface LeaderPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: QuorumMetrics;
  readonly epochs: Epochs;
  readonly newerEpochs: NewerEpochs;
  /** The server that goes with this leader. */
  readonly server: (leader: Leader) => LeaderServer;
  /** Who votes at present. */
  readonly rule: () => QuorumRule;
  /** Who votes with the membership that NEWLEADER carries; the same where that is in force. */
  readonly proposedRule: () => QuorumRule;
  /** The membership as text, which NEWLEADER carries. */
  readonly membership: (newLeaderZxid: Zxid) => string;
  /** The version of the membership in force. */
  readonly configVersion: () => bigint;
  /** The epoch is established. */
  readonly established: () => void;
  /** It leads no more. Called once; everything is closed by then. */
  readonly ended: (reason: string) => void;
}

/** How a leader is set; times in ms. */
export interface LeaderOptions {
  readonly myId: ServerId;
  readonly tickTime: number;
  /** How long a quorum may take to follow, and a learner to be in sync. */
  readonly initLimitMs: number;
  /** How long a learner may be silent. */
  readonly syncLimitMs: number;
  /** How long it waits for the epochs of voters that look for another leader meanwhile; -1 for no such limit (ZOOKEEPER-3769). */
  readonly maxTimeToWaitForEpochMs: number;
  /** Observers that may be sent trees, or transactions out of the log, at once. */
  readonly maxConcurrentSnapSyncs: number;
  readonly maxConcurrentDiffSyncs: number;
  /** Whether every learner gets the whole tree. */
  readonly forceSnapshotSync: boolean;
  /** Bytes of data that a learner's packet may have. */
  readonly packetSizeLimit: number;
}

/** Leads for one epoch. */
export class Leader implements HandlerOwner {
  phase: LeaderPhase = 'discovery';
  epoch: number;
  private readonly ports: LeaderPorts;
  private readonly options: LeaderOptions;
  private readonly server: LeaderServer;
  readonly handlers = new Set<LearnerHandler>();
  private readonly startedAt: number;
  private establishedAt: number | null = null;
  private readonly ownEpoch: number;
  private readonly ownLastZxid: Zxid;
  private readonly hasToldEpoch = new Set<ServerId>();
  private readonly hasAcceptedEpoch = new Set<ServerId>();
  private readonly hasHistory = new Set<ServerId>();
  /** Those, and learners that do not vote yet. */
  private readonly hasNewLeader = new Set<ServerId>();
  /** ACKEPOCH of learners that came before a quorum had accepted the epoch. */
  private readonly waiting = new Map<LearnerHandler, Zxid>();
  /** Learners that were sent a part of the log, and then it could not be read: they get a tree when they come again. */
  private readonly cannotReadLog = new Set<ServerId>();
  private isEpochAccepted = false;

  private readonly proposals: Proposals;
  private readonly throttler: LearnerSyncThrottler;
  private readonly syncs: SyncRounds;

  private nextPingAt: number;
  private isHalfTick = true;

  constructor(ports: LeaderPorts, options: LeaderOptions) {
    this.ports = ports;
    this.options = options;
    const { clock, epochs } = ports;
    this.server = ports.server(this);
    this.proposals = new Proposals(ports);
    this.throttler = new LearnerSyncThrottler(this.handlers, options, ports.metrics);
    this.syncs = new SyncRounds({
      myId: options.myId,
      hasQuorum: (sids) => this.hasQuorum(sids),
      ping: () => this.pingFollowers(({ isParticipant }) => isParticipant),
    });
    this.startedAt = clock.elapsed;
    this.ownEpoch = epochs.current;
    this.ownLastZxid = this.server.history.lastProcessedZxid;
    this.epoch = Math.max(epochs.accepted, ports.newerEpochs.newest) + 1;
    this.nextPingAt = clock.elapsed + options.tickTime / 2;
  }

  /** Begins: an ensemble of one has its quorum already. */
  start(): void {
    this.hasToldEpoch.add(this.options.myId);
    this.proposeEpoch();
  }

  /** The zxid of the last proposal; the beginning of the epoch before the first. */
  get lastProposed(): Zxid {
    return this.zxidOf(this.proposals.proposedCounter);
  }

  /** Proposals that are not committed yet, oldest first. */
  get uncommitted(): readonly Proposal[] {
    return this.proposals.uncommitted;
  }

  /** The sizes of what it has proposed. */
  get proposalSizes(): ProposalSizes {
    return this.proposals.sizes;
  }

  /** Those that wait for a sync. */
  get pendingSyncs(): number {
    return this.syncs.count;
  }

  /** How long it has led, in ms; 0 before the epoch is established. */
  get uptime(): number {
    const { establishedAt } = this;
    return establishedAt === null ? 0 : this.ports.clock.elapsed - establishedAt;
  }

  private zxidOf(counter: number): Zxid {
    return toZxid((BigInt(this.epoch) << 32n) | BigInt(counter));
  }

  // ---- learners

  /** A server has connected to the quorum port; null where so many have without a word that this one is sent away. */
  accept(link: PeerLink): LinkHandler | null {
    const strangers = [...this.handlers].filter((handler) => handler.sid === NOBODY);
    if (strangers.length >= STRANGERS_LIMIT) return null;
    const { history } = this.server;
    const ports = { ...this.ports, owner: this, history };
    const handler = new LearnerHandler(ports, link, this.options.packetSizeLimit);
    if (this.phase === 'ended') handler.close();
    else this.handlers.add(handler);
    return handler;
  }

  learnerLost(handler: LearnerHandler): void {
    this.handlers.delete(handler);
    this.waiting.delete(handler);
    const { sid } = handler;
    // Whoever claims our own id is sent away; what our own log has counts on.
    if (sid !== this.options.myId && !this.handlerOf(sid)) this.proposals.forget(sid);
  }

  private handlerOf(sid: ServerId): LearnerHandler | undefined {
    for (const handler of this.handlers) if (handler.sid === sid) return handler;
    return undefined;
  }

  // ---- discovery

  learnerKnown(handler: LearnerHandler, acceptedEpoch: number, configVersion: bigint): void {
    const { sid } = handler;
    const obstacle = this.obstacleTo(sid, acceptedEpoch, configVersion);
    if (obstacle !== null) {
      handler.fault(obstacle);
      return;
    }
    for (const other of [...this.handlers]) {
      if (other === handler || other.sid !== sid) continue;
      other.fault('has connected again, or two servers have its id');
    }
    this.proposals.forget(sid);
    if (this.phase === 'discovery') {
      if (acceptedEpoch >= this.epoch) this.epoch = acceptedEpoch + 1;
      if (handler.isParticipant && this.isVoter(sid)) this.hasToldEpoch.add(sid);
      this.proposeEpoch();
    } else if (!this.stepsDownFor(handler, acceptedEpoch)) handler.sendLeaderInfo(this.epoch);
  }

  /** What keeps a server from following this one, whoever it is; null for nothing. */
  private obstacleTo(sid: ServerId, acceptedEpoch: number, configVersion: bigint): string | null {
    if (sid === this.options.myId)
      return `has our own id ${sid}: is one of the two myid files wrong?`;
    if (acceptedEpoch >= LAST_EPOCH) return 'has accepted the last epoch there is';
    const ours = this.ports.configVersion();
    if (configVersion <= ours) return null;
    return `has membership ${configVersion.toString(16)}, which is newer than ours, ${ours.toString(16)}`;
  }

  /**
   * A voter that has accepted a newer epoch must not follow ours, and would be left out until another begins: it begins now. Not before
   * ours is established, as a quorum may be about to follow, and without it nothing is won.
   */
  private stepsDownFor(handler: LearnerHandler, acceptedEpoch: number): boolean {
    const { sid, isParticipant, name } = handler;
    if (this.phase !== 'broadcast' || !isParticipant || !this.hasWeight(sid)) return false;
    const { newerEpochs, clock } = this.ports;
    if (!newerEpochs.mustStepDown(acceptedEpoch, this.epoch, clock.elapsed)) return false;
    this.end(`${name} has accepted epoch ${acceptedEpoch} and must not follow ${this.epoch}`);
    return true;
  }

  private hasWeight(sid: ServerId): boolean {
    return this.isVoter(sid) && this.ports.rule().weightOf(sid) > 0;
  }

  private isVoter(sid: ServerId): boolean {
    return this.ports.rule().isVoter(sid);
  }

  /** A quorum has told what it has accepted: nobody of it will follow an older leader any more once it has accepted ours. */
  private proposeEpoch(): void {
    if (this.phase !== 'discovery' || !this.hasQuorum(this.hasToldEpoch)) return;
    this.ports.epochs.setAccepted(this.epoch);
    this.phase = 'synchronization';
    for (const handler of this.handlers) {
      if (handler.phase === 'hello' && handler.sid >= 0) handler.sendLeaderInfo(this.epoch);
    }
    if (this.ownLastZxid !== ZXID_UNKNOWN) this.hasAcceptedEpoch.add(this.options.myId);
    this.acceptEpoch();
  }

  private hasQuorum(sids: ReadonlySet<ServerId>): boolean {
    return sids.has(this.options.myId) && this.ports.rule().hasQuorum(sids);
  }

  /** A voter looks for a leader although this server waits for its epoch: it has changed its mind (ZOOKEEPER-3769). */
  lookingHeard(sid: ServerId): void {
    const { maxTimeToWaitForEpochMs } = this.options;
    if (maxTimeToWaitForEpochMs < 0 || this.phase !== 'discovery' || !this.isVoter(sid)) return;
    if (this.ports.clock.elapsed - this.startedAt <= maxTimeToWaitForEpochMs) return;
    this.ports.metrics.quitLeadingDueToDisloyalVoter.increment();
    this.end(`server ${sid} looks for a leader again`);
  }

  // ---- synchronization

  epochAccepted(handler: LearnerHandler, currentEpoch: number | null, lastZxid: Zxid): void {
    const isWitness = handler.isParticipant && this.isVoter(handler.sid);
    if (!this.isEpochAccepted && currentEpoch !== null) {
      const isAhead =
        currentEpoch > this.ownEpoch ||
        (currentEpoch === this.ownEpoch && lastZxid > this.ownLastZxid);
      if (isAhead && isWitness) {
        // Whoever has the newest history has to lead, or what it has would be lost.
        this.end(
          `${handler.name} is ahead: epoch ${currentEpoch}, zxid 0x${toHex(lastZxid)}, ` +
            `ours are ${this.ownEpoch} and 0x${toHex(this.ownLastZxid)}`,
        );
        return;
      }
      // A voter that has lost its database may elect, but not bear witness to what was committed (Java: waitForEpochAck).
      if (lastZxid !== ZXID_UNKNOWN && isWitness) this.hasAcceptedEpoch.add(handler.sid);
    }
    this.waiting.set(handler, lastZxid);
    this.acceptEpoch();
  }

  private acceptEpoch(): void {
    if (!this.isEpochAccepted) {
      if (!this.hasQuorum(this.hasAcceptedEpoch)) return;
      this.isEpochAccepted = true;
      this.ports.epochs.setCurrent(this.epoch);
      this.hasHistory.add(this.options.myId);
      this.hasNewLeader.add(this.options.myId);
    }
    for (const [handler, lastZxid] of this.waiting) {
      const isSnapForced = this.options.forceSnapshotSync || this.cannotReadLog.delete(handler.sid);
      this.synchronise(handler, lastZxid, isSnapForced);
    }
    this.waiting.clear();
    this.establish();
  }

  private synchronise(handler: LearnerHandler, lastZxid: Zxid, isSnapForced: boolean): void {
    handler.synchronise(lastZxid, isSnapForced);
    this.throttler.began(handler);
    if (handler.isParticipant) {
      for (const { zxid, record } of this.proposals.uncommitted) {
        handler.propose(zxid, counterOf(zxid), record);
      }
    }
    const newLeaderZxid = this.zxidOf(0);
    const text = this.ports.membership(newLeaderZxid);
    handler.send(PacketType.newLeader, newLeaderZxid, Buffer.from(text, 'utf8'));
  }

  logTooShort(handler: LearnerHandler, peerLastZxid: Zxid): void {
    this.synchronise(handler, peerLastZxid, true);
  }

  logUnreadable(handler: LearnerHandler): void {
    this.cannotReadLog.add(handler.sid);
  }

  newLeaderAccepted(handler: LearnerHandler): void {
    this.throttler.ended(handler);
    if (handler.isParticipant && this.isVoter(handler.sid)) this.hasHistory.add(handler.sid);
    this.hasNewLeader.add(handler.sid);
    if (this.phase === 'broadcast') this.letFollow(handler);
    else this.establish();
  }

  /** A quorum has our history on disk: it is committed, all of it, and the epoch is established. */
  private establish(): void {
    if (this.phase !== 'synchronization' || !this.hasQuorum(this.hasHistory)) return;
    if (!this.hasProposedQuorum()) return;
    this.phase = 'broadcast';
    const { log, clock, established } = this.ports;
    this.establishedAt = clock.elapsed;
    this.nextPingAt = clock.elapsed + this.options.tickTime / 2;
    log.info(`leading epoch ${this.epoch}, followed by [${[...this.hasHistory].join(', ')}]`);
    this.server.startLeading(this.zxidOf(0));
    established();
    for (const handler of this.handlers) if (handler.phase === 'synced') this.letFollow(handler);
  }

  /** Those who are to vote from now on have to have it as well (Java: Leader.lead, newLeaderProposal.addQuorumVerifier). */
  private hasProposedQuorum(): boolean {
    const { rule, proposedRule } = this.ports;
    return proposedRule() === rule() || proposedRule().hasQuorum(this.hasNewLeader);
  }

  /** Tells a learner that it may serve. It may have come while others are asked whether they still follow, and is asked as well. */
  private letFollow(handler: LearnerHandler): void {
    handler.sendUpToDate();
    if (this.syncs.isAsking) this.syncs.pingedAgain(this.pingFollowers((one) => one === handler));
  }

  // ---- broadcast

  /**
   * Proposes a transaction, which the caller appends to its own log as well. @param record header, transaction and digest as in the
   * log; it is copied
   */
  propose(zxid: Zxid, record: Uint8Array): void {
    if (this.phase !== 'broadcast') return;
    const counter = counterOf(zxid);
    this.proposals.add(zxid, record);
    for (const handler of this.handlers) {
      if (handler.isParticipant && isForwarded(handler)) handler.propose(zxid, counter, record);
    }
    if (counter >= LAST_COUNTER - 1) {
      this.end('the counter of the zxids has come to its end, a new epoch has to begin');
    }
  }

  /** Our own log has everything up to `zxid` on disk. */
  durable(zxid: Zxid): void {
    if (epochOf(zxid) !== this.epoch) return;
    this.proposals.acknowledged(this.options.myId, counterOf(zxid));
  }

  acknowledged(handler: LearnerHandler, counter: number): void {
    if (!handler.isParticipant || counter > this.proposals.proposedCounter) return;
    this.proposals.acknowledged(handler.sid, counter);
  }

  /** Commits what a quorum has; once per turn is enough, nothing leaves before its end. */
  private commit(): void {
    if (this.phase !== 'broadcast') return;
    const committed = this.proposals.takeCommitted();
    if (committed.length === 0) return;
    const { server } = this;
    const { clock, metrics } = this.ports;
    for (const { zxid, record, proposedAt } of committed) {
      this.answerSyncsBefore(counterOf(zxid));
      metrics.commitCount.increment();
      metrics.quorumAckLatency.add(clock.elapsed - proposedAt);
      for (const handler of this.handlers) {
        if (!isForwarded(handler)) continue;
        if (handler.isParticipant) handler.send(PacketType.commit, zxid);
        else handler.send(PacketType.inform, zxid, record);
      }
      server.history.committed.add(zxid, record);
    }
    server.commitThrough(this.zxidOf(this.proposals.committedCounter));
  }

  /** A sync is answered when what was proposed before it is applied, and before what was proposed behind it is told. */
  private answerSyncsBefore(counter: number): void {
    if (!this.syncs.hasBefore(counter)) return;
    this.server.commitThrough(this.zxidOf(counter - 1));
    this.syncs.answerBefore(counter);
  }

  request(handler: LearnerHandler, request: LearnerRequest): void {
    if (this.phase === 'broadcast') this.server.request(handler.sid, request);
  }

  heardSession(_handler: LearnerHandler, sessionId: SessionId, timeout: number): void {
    this.server.heardSession(sessionId, timeout);
  }

  revalidate(handler: LearnerHandler, sessionId: SessionId, timeout: number): boolean {
    return this.server.revalidate(handler.sid, sessionId, timeout);
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
    const handler = this.handlerOf(sid);
    this.sync(() => handler?.send(PacketType.sync, 0n));
  }

  pingAnswered(): void {
    this.syncs.pingAnswered();
  }

  private pingFollowers(
    isWanted: (handler: LearnerHandler) => boolean,
  ): Map<LearnerHandler, number> {
    const pings = new Map<LearnerHandler, number>();
    for (const handler of this.handlers) {
      // A learner that is not told yet that it may serve does not answer, and answers are counted.
      if (handler.phase !== 'following' || !isWanted(handler)) continue;
      handler.sendPing(this.lastProposed);
      pings.set(handler, handler.pingsSent);
    }
    return pings;
  }

  // ---- turns and time

  /** Ends a turn: commits what a quorum has and sends what was written. Returns whether another turn is due at once. */
  endTurn(): boolean {
    if (this.phase === 'ended') return false;
    this.commit();
    this.syncs.answer(this.proposals.committedCounter);
    this.syncs.turnEnded();
    let isMoreToDo = false;
    for (const handler of this.handlers) if (handler.flush()) isMoreToDo = true;
    return isMoreToDo;
  }

  /** When run() wants to be called, in ms. */
  get deadline(): number {
    return this.phase === 'ended' ? Number.POSITIVE_INFINITY : this.nextPingAt;
  }

  /** Twice a tick: pings, and looks whether a quorum is still there. */
  run(): void {
    const { clock } = this.ports;
    if (this.phase === 'ended' || clock.elapsed < this.nextPingAt) return;
    const { tickTime, initLimitMs } = this.options;
    this.nextPingAt = clock.elapsed + tickTime / 2;
    this.closeSilent();
    if (this.phase !== 'broadcast') {
      if (clock.elapsed - this.startedAt > initLimitMs) {
        this.end(`no quorum has followed within initLimit, in ${this.phase}`);
      }
      return;
    }
    this.isHalfTick = !this.isHalfTick;
    if (this.isHalfTick && !this.hasQuorum(this.syncedSids())) {
      this.end(`not enough followers are in sync: only [${[...this.syncedSids()].join(', ')}]`);
      return;
    }
    this.syncs.pingedAgain(this.pingFollowers(() => true));
  }

  /** Closes links on which nothing was heard for too long, or proposals were not acknowledged for too long. */
  private closeSilent(): void {
    const { clock } = this.ports;
    const { initLimitMs, syncLimitMs } = this.options;
    for (const handler of [...this.handlers]) {
      const isFollowing = handler.phase === 'following';
      const limit = isFollowing ? syncLimitMs : initLimitMs;
      if (clock.elapsed - handler.lastHeardAt > limit) {
        handler.fault(`was silent for ${limit} ms`);
      } else if (
        isFollowing &&
        handler.isParticipant &&
        handler.unackedSince !== 0 &&
        clock.elapsed - handler.unackedSince > limit
      ) {
        handler.fault(`has not acknowledged a proposal for ${limit} ms`);
      }
    }
  }

  /** Who follows, this server included. */
  private syncedSids(): ReadonlySet<ServerId> {
    const sids = new Set([this.options.myId]);
    for (const handler of this.handlers) {
      const isIn = handler.phase === 'synced' || handler.phase === 'following';
      if (isIn && handler.isParticipant) sids.add(handler.sid);
    }
    return sids;
  }

  /** Leads no more: every link is closed. */
  end(reason: string): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    for (const handler of this.handlers) handler.close();
    this.handlers.clear();
    this.ports.ended(reason);
  }
}

/** Whether a learner is sent what is proposed. */
export function isForwarded(handler: LearnerHandler): boolean {
  const { phase } = handler;
  return phase === 'history' || phase === 'synced' || phase === 'following';
}
