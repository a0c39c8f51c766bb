/*
 * Leader: one epoch of leading, from its first learner to its end (Java: Leader).
 *
 *   discovery        a quorum has told its accepted epoch: the new one is above them all, and durable here (discovery.ts)
 *   synchronization  once a quorum has accepted it, none of them with a newer history (discovery.ts too), each is given ours
 *                    (synchronization.ts)
 *   broadcast        a quorum has our history: proposals are sent, and committed when a quorum has them on disk (broadcast.ts)
 *
 * Here is what leads from one to the next; the links are learners.ts. It ends by itself (`ended`) when a quorum is out of reach, time
 * runs out, the counter of its zxids does, or a voter comes that may not follow it any more (newer-epochs.ts).
 */

import type { Epochs } from '../../datatree/storage/epochs.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { startOfEpoch } from '../../jute/zxid.ts';
import type { Clock, LinkHandler, Log, PeerLink } from '../ports.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import type { ServerId } from '../server-id.ts';
import { Broadcast } from './broadcast.ts';
import { Discovery } from './discovery.ts';
import type { LeaderHistory } from './history.ts';
import type { HandlerOwner } from './learner-handler.ts';
import { LearnerHandler } from './learner-handler.ts';
import { Learners } from './learners.ts';
import type { NewerEpochs } from './newer-epochs.ts';
import type { ProposalSizes } from './proposal-sizes.ts';
import type { Proposal } from './proposals.ts';
import type { LearnerRequest } from './session-packets.ts';
import { Synchronization } from './synchronization.ts';

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
  private readonly ports: LeaderPorts;
  private readonly options: LeaderOptions;
  private readonly server: LeaderServer;
  private readonly learners = new Learners();
  private readonly discovery: Discovery;
  private readonly synchronization: Synchronization;
  private readonly broadcast: Broadcast;
  private readonly startedAt: number;
  private establishedAt: number | null = null;

  private nextPingAt: number;
  private isHalfTick = true;

  constructor(ports: LeaderPorts, options: LeaderOptions) {
    this.ports = ports;
    this.options = options;
    this.server = ports.server(this);
    const { server, learners } = this;
    const { myId } = options;
    const hasQuorum = (sids: ReadonlySet<ServerId>): boolean => this.hasQuorum(sids);
    const epoch = (): number => this.epoch;
    const { clock } = ports;
    const lastZxid = server.history.lastProcessedZxid;
    this.discovery = new Discovery({ ...ports, myId, hasQuorum, lastZxid });
    this.broadcast = new Broadcast({ ...ports, myId, hasQuorum, epoch, server, learners });
    this.synchronization = new Synchronization(
      {
        ...ports,
        hasQuorum,
        epoch,
        handlers: learners.handlers,
        uncommitted: () => this.uncommitted,
      },
      options,
    );
    this.startedAt = clock.elapsed;
    this.nextPingAt = clock.elapsed + options.tickTime / 2;
  }

  /** Begins: an ensemble of one has its quorum already. */
  start(): void {
    this.discovery.told(this.options.myId);
    this.proposeEpoch();
  }

  /** The epoch that it leads; not known before discovery has proposed it. */
  get epoch(): number {
    return this.discovery.epoch;
  }

  /** The links of all learners. */
  get handlers(): ReadonlySet<LearnerHandler> {
    return this.learners.handlers;
  }

  /** Proposals that are not committed yet, oldest first. */
  get uncommitted(): readonly Proposal[] {
    return this.broadcast.uncommitted;
  }

  /** The sizes of what it has proposed. */
  get proposalSizes(): ProposalSizes {
    return this.broadcast.proposalSizes;
  }

  /** Those that wait for a sync. */
  get pendingSyncs(): number {
    return this.broadcast.pendingSyncs;
  }

  /** How long it has led, in ms; 0 before the epoch is established. */
  get uptime(): number {
    const { establishedAt } = this;
    return establishedAt === null ? 0 : this.ports.clock.elapsed - establishedAt;
  }

  // ---- learners

  /** A server has connected to the quorum port; null where so many have without a word that this one is sent away. */
  accept(link: PeerLink): LinkHandler | null {
    if (!this.learners.hasRoom) return null;
    const { history } = this.server;
    const ports = { ...this.ports, owner: this, history };
    const handler = new LearnerHandler(ports, link, this.options.packetSizeLimit);
    if (this.phase === 'ended') handler.close();
    else this.learners.add(handler);
    return handler;
  }

  learnerLost(handler: LearnerHandler): void {
    this.learners.delete(handler);
    this.synchronization.forget(handler);
    const { sid } = handler;
    // Whoever claims our own id is sent away; what our own log has counts on.
    if (sid !== this.options.myId && !this.learners.of(sid)) this.broadcast.forget(sid);
  }

  // ---- discovery

  learnerKnown(handler: LearnerHandler, acceptedEpoch: number, configVersion: bigint): void {
    const { sid } = handler;
    const obstacle = this.discovery.obstacleTo(sid, acceptedEpoch, configVersion);
    if (obstacle !== null) {
      handler.fault(obstacle);
      return;
    }
    this.learners.replaceBy(handler);
    this.broadcast.forget(sid);
    if (this.phase === 'discovery') {
      this.discovery.heardAccepted(acceptedEpoch);
      if (handler.isParticipant && this.isVoter(sid)) this.discovery.told(sid);
      this.proposeEpoch();
    } else if (!this.stepsDownFor(handler, acceptedEpoch)) handler.sendLeaderInfo(this.epoch);
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

  /** A quorum has told what it had accepted: the epoch is known, and whoever waits for it is told. */
  private proposeEpoch(): void {
    if (this.phase !== 'discovery' || !this.discovery.propose()) return;
    this.phase = 'synchronization';
    this.learners.sendLeaderInfo(this.epoch);
    this.synchroniseWaiting();
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
    if (isWitness && currentEpoch !== null && !this.discovery.isOver) {
      const obstacle = this.discovery.accepted(handler.sid, { currentEpoch, lastZxid });
      if (obstacle !== null) {
        this.end(`${handler.name} ${obstacle}`);
        return;
      }
    }
    this.synchronization.wait(handler, lastZxid);
    this.synchroniseWaiting();
  }

  /** Learners are given our history as soon as a quorum has accepted the epoch: it is sure then that there is no newer one. */
  private synchroniseWaiting(): void {
    if (this.discovery.finish()) this.synchronization.begin();
    if (!this.discovery.isOver) return;
    this.synchronization.synchroniseWaiting();
    this.establish();
  }

  logTooShort(handler: LearnerHandler, peerLastZxid: Zxid): void {
    this.synchronization.logTooShort(handler, peerLastZxid);
  }

  logUnreadable(handler: LearnerHandler): void {
    this.synchronization.logUnreadable(handler);
  }

  historySent(handler: LearnerHandler): void {
    this.synchronization.historySent(handler);
  }

  newLeaderAccepted(handler: LearnerHandler): void {
    this.synchronization.newLeaderAccepted(handler);
    if (this.phase === 'broadcast') this.letFollow(handler);
    else this.establish();
  }

  /** A quorum has our history on disk: it is committed, all of it, and the epoch is established. */
  private establish(): void {
    if (this.phase !== 'synchronization' || !this.synchronization.hasQuorum) return;
    this.phase = 'broadcast';
    const { log, clock, established } = this.ports;
    this.establishedAt = clock.elapsed;
    this.nextPingAt = clock.elapsed + this.options.tickTime / 2;
    const { hasHistory } = this.synchronization;
    log.info(`leading epoch ${this.epoch}, followed by [${[...hasHistory].join(', ')}]`);
    this.server.startLeading(startOfEpoch(this.epoch));
    established();
    for (const handler of this.handlers) if (handler.phase === 'synced') this.letFollow(handler);
  }

  /** Tells a learner that it may serve. */
  private letFollow(handler: LearnerHandler): void {
    handler.sendUpToDate();
    this.broadcast.joined(handler);
  }

  // ---- broadcast

  /**
   * Proposes a transaction, which the caller appends to its own log as well. @param record header, transaction and digest as in the
   * log; it is copied
   */
  propose(zxid: Zxid, record: Uint8Array): void {
    if (this.phase !== 'broadcast') return;
    if (this.broadcast.propose(zxid, record)) return;
    this.end('the counter of the zxids has come to its end, a new epoch has to begin');
  }

  /** Our own log has everything up to `zxid` on disk. */
  durable(zxid: Zxid): void {
    this.broadcast.durable(zxid);
  }

  acknowledged(handler: LearnerHandler, counter: number): void {
    this.broadcast.acknowledged(handler, counter);
  }

  /** Calls `done` when everything that was acknowledged by now, by whatever leader, is applied here. */
  sync(done: () => void): void {
    this.broadcast.sync(done);
  }

  /** A sync of a learner, which is answered to it when it is done. */
  syncFor(sid: ServerId): void {
    this.broadcast.syncFor(sid);
  }

  pingAnswered(): void {
    this.broadcast.pingAnswered();
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

  // ---- turns and time

  /** Ends a turn: commits what a quorum has and sends what was written. Returns whether another turn is due at once. */
  endTurn(): boolean {
    if (this.phase === 'ended') return false;
    this.broadcast.endTurn();
    return this.learners.flush();
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
    this.learners.closeSilent(clock.elapsed, this.options);
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
    this.broadcast.pingAll();
  }

  /** Who follows, this server included. */
  private syncedSids(): ReadonlySet<ServerId> {
    return new Set([this.options.myId, ...this.learners.syncedSids]);
  }

  /** Leads no more: every link is closed. */
  end(reason: string): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.learners.close();
    this.ports.ended(reason);
  }
}
