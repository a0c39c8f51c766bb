/*
 * Peer: what a member of an ensemble is at the moment, and how it becomes something else (Java: QuorumPeer).
 *
 *   looking ─elected─> following | leading | observing ─the role ends─> looking
 *
 * It owns exactly one role at a time. A role that has ended is left at the end of the turn, never from inside of it: first the server
 * stops serving and makes its history whole, then an election begins.
 */

import type { Epochs } from '../datatree/storage/epochs.ts';
import type { Zxid } from '../jute/int64.ts';
import { Election } from './election/election.ts';
import type { Vote } from './election/votes.ts';
import type { Membership, PeerType } from './membership.ts';
import type { Clock, LinkHandler, Log, PeerLink, PeerNetwork } from './ports.ts';
import type { QuorumMetrics } from './quorum-metrics.ts';
import type { QuorumRule } from './quorum-rule.ts';
import type { PeerState, ServerId } from './server-id.ts';
import { ShortTerms } from './short-terms.ts';
import type { LeaderServer } from './zab/leader.ts';
import { Leader } from './zab/leader.ts';
import { Learner } from './zab/learner.ts';
import type { LearnerServer } from './zab/learner-ports.ts';
import { NewerEpochs } from './zab/newer-epochs.ts';

/** Pause before a voter comes again to a leader that it must not follow, in ms; it may be the only one for long. */
const REFUSAL_PAUSE = 200;

/** What a peer asks of its server. */
export interface PeerServer {
  /** The last zxid of the history: what an election compares. */
  readonly lastZxid: Zxid;
  /** The server of a leader; it proposes through `leader`. */
  lead(leader: Leader): LeaderServer;
  /** The server of a follower or observer; its requests go through `learner`. */
  learn(learner: Learner): LearnerServer;
  /** The role has ended: serves nobody any more, makes what is in the log part of the history, and calls back. */
  endRole(done: () => void): void;
}

/** What a peer is given. */
export interface PeerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: QuorumMetrics;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly network: PeerNetwork;
  readonly epochs: Epochs;
  readonly server: PeerServer;
  /** Opens or closes the port on which a leader hears learners. */
  readonly listenForLearners: (isWanted: boolean) => void;
  /** An election is over; it took `elapsedMs`. */
  readonly elected: (state: PeerState, elapsedMs: number) => void;
}

/** How a peer is set; times in ms. What can change at run time is a function. */
export interface PeerOptions {
  readonly myId: ServerId;
  readonly membership: () => Membership;
  readonly rule: () => QuorumRule;
  /** Whose quorum has to agree as well where a leader tells another membership than that in force; the same where it does not. */
  readonly proposedRule: () => QuorumRule;
  /** The membership that a leader of an epoch that begins with `zxid` tells its learners, as text. */
  readonly proposedMembership: (zxid: Zxid) => string;
  readonly multiAddressEnabled: boolean;
  readonly tickTime: number;
  readonly initLimitMs: number;
  readonly syncLimitMs: number;
  readonly connectToLeaderLimitMs: number;
  readonly cnxTimeoutMs: number;
  readonly minNotificationIntervalMs: number;
  readonly maxNotificationIntervalMs: number;
  readonly maxTimeToWaitForEpochMs: number;
  readonly maxConcurrentSnapSyncs: number;
  readonly maxConcurrentDiffSyncs: number;
  readonly forceSnapshotSync: boolean;
  /** Longest pause before an observer looks for a leader again. */
  readonly observerElectionDelayMs: number;
  /** Bytes of data that a packet between leader and learner may have. */
  readonly packetSizeLimit: number;
}

/** One member of an ensemble. */
export class Peer {
  state: PeerState = 'looking';
  /** The role of this state; both null while looking. */
  leader: Leader | null = null;
  learner: Learner | null = null;
  private readonly ports: PeerPorts;
  private readonly options: PeerOptions;
  private readonly election: Election;
  private readonly newerEpochs: NewerEpochs;
  private readonly shortTerms = new ShortTerms();
  private lookingSince = 0;
  /** Since when it has its role, in ms. */
  private roleSince = 0;
  /** Since when it has no role that serves, in ms; null while it has. */
  private unavailableSince: number | null = null;
  /** What an election has given, taken up at the end of the turn. */
  private nextVote: { readonly vote: Vote; readonly state: PeerState } | null = null;
  /** Why the role has ended; left at the end of the turn. */
  private roleEnd: string | null = null;
  private electionAt = Number.POSITIVE_INFINITY;
  private isStopped = false;

  constructor(ports: PeerPorts, options: PeerOptions) {
    this.ports = ports;
    this.options = options;
    this.newerEpochs = new NewerEpochs(options.initLimitMs);
    this.election = new Election(
      {
        ...ports,
        elected: (vote, state) => {
          this.nextVote = { vote, state };
        },
        lookingHeard: (sid) => this.leader?.lookingHeard(sid),
        newerConfig: () => {
          // Its leader tells the membership, when one is found.
        },
      },
      { ...options, peerType: () => this.peerType },
    );
  }

  private get peerType(): PeerType {
    return this.options.rule().isVoter(this.options.myId) ? 'participant' : 'observer';
  }

  /** Begins to look for a leader. */
  start(): void {
    this.unavailableSince = this.ports.clock.elapsed;
    this.look();
  }

  // ---- what the host tells

  /** A server has connected to the election port. */
  acceptVoter(link: PeerLink): LinkHandler {
    return this.election.accept(link);
  }

  /** A server has connected to the quorum port; null where this server does not lead. */
  acceptLearner(link: PeerLink): LinkHandler | null {
    return this.leader?.accept(link) ?? null;
  }

  // ---- roles

  private look(): void {
    const { clock, epochs, server } = this.ports;
    this.state = 'looking';
    this.ports.metrics.lookingCount.increment();
    this.lookingSince = clock.elapsed;
    this.electionAt = Number.POSITIVE_INFINITY;
    this.election.start({ zxid: server.lastZxid, peerEpoch: epochs.current });
  }

  private takeUp(vote: Vote, state: PeerState): void {
    const { clock, log, elected } = this.ports;
    const elapsedMs = clock.elapsed - this.lookingSince;
    this.roleSince = clock.elapsed;
    this.state = state;
    log.info(
      `${state === 'leading' ? 'LEADING' : `${state.toUpperCase()} server ${vote.leader}`} - LEADER ELECTION TOOK - ${elapsedMs} MS`,
    );
    elected(state, elapsedMs);
    if (state === 'leading') this.lead();
    else this.learn(vote, state === 'observing');
  }

  private lead(): void {
    const { clock, log, metrics, epochs, server, listenForLearners } = this.ports;
    const { options } = this;
    // The leader and its server know each other.
    const leader: Leader = new Leader(
      {
        clock,
        log,
        epochs,
        newerEpochs: this.newerEpochs,
        server: (leader) => server.lead(leader),
        rule: options.rule,
        proposedRule: options.proposedRule,
        membership: options.proposedMembership,
        configVersion: () => options.membership().version,
        metrics,
        established: () => this.available(leader.epoch),
        ended: (reason) => {
          this.roleEnd = reason;
        },
      },
      options,
    );
    this.leader = leader;
    listenForLearners(true);
    leader.start();
  }

  private learn({ leader, peerEpoch }: Vote, isObserver: boolean): void {
    const { clock, log, metrics, network, epochs, server } = this.ports;
    const { options } = this;
    const member = options.membership().members.get(leader);
    if (member === undefined) {
      this.roleEnd = `leader ${leader} is not a member that this server knows`;
      return;
    }
    const learner: Learner = new Learner(
      {
        clock,
        log,
        network,
        epochs,
        server: (learner) => server.learn(learner),
        metrics,
        following: (epoch) => this.available(epoch),
        ended: (reason) => {
          this.roleEnd = reason;
        },
      },
      {
        ...options,
        connectLimitMs: options.connectToLeaderLimitMs,
        leader,
        votedEpoch: peerEpoch,
        addresses: member.addresses.map(({ host, quorumPort }) => ({ host, port: quorumPort })),
        isObserver,
        configVersion: options.membership().version,
      },
    );
    this.learner = learner;
    learner.start();
  }

  /** The role serves. */
  private available(epoch: number): void {
    const { clock, log, metrics } = this.ports;
    const unavailableMs = clock.elapsed - (this.unavailableSince ?? clock.elapsed);
    this.unavailableSince = null;
    metrics.unavailableTime.add(unavailableMs);
    if (this.state === 'leading') metrics.leaderUnavailableTime.add(unavailableMs);
    if (this.learner !== null) {
      log.info(`${this.state} server ${this.learner.leaderId} in epoch ${epoch}, and serving`);
    }
    this.election.updateVote(epoch);
  }

  private leaveRole(reason: string): void {
    const { log, server, listenForLearners, clock } = this.ports;
    const pauseMs = this.leader === null ? this.pauseMs() : 0;
    log.warn(`${this.state} no more: ${reason}`);
    if (this.leader !== null) listenForLearners(false);
    this.unavailableSince ??= clock.elapsed;
    this.leader = null;
    this.learner = null;
    this.state = 'looking';
    this.election.setState('looking');
    server.endRole(() => {
      if (this.isStopped) return;
      if (pauseMs > 0) this.electionAt = clock.elapsed + pauseMs;
      else this.look();
    });
  }

  /** How long a learner waits before it looks for a leader again, in ms. */
  private pauseMs(): number {
    const { clock, random } = this.ports;
    const { observerElectionDelayMs } = this.options;
    const rest = this.shortTerms.restAfter(clock.elapsed - this.roleSince, random);
    if (this.state === 'observing') return Math.max(random() * observerElectionDelayMs, rest);
    return this.learner?.hasRefused === true ? Math.max(REFUSAL_PAUSE, rest) : rest;
  }

  // ---- turns and time

  /** Ends a turn: leaves or takes up a role where one is due, and sends what was written. Returns whether another turn is due at once. */
  endTurn(): boolean {
    if (this.isStopped) return false;
    const isMoreToDo = this.leader?.endTurn() ?? false;
    this.learner?.endTurn();
    const { roleEnd, nextVote } = this;
    if (roleEnd !== null) {
      this.roleEnd = null;
      this.nextVote = null;
      this.leaveRole(roleEnd);
    } else if (nextVote !== null) {
      this.nextVote = null;
      this.takeUp(nextVote.vote, nextVote.state);
      return true;
    }
    return isMoreToDo;
  }

  /** When run() wants to be called, in ms. */
  get deadline(): number {
    if (this.isStopped) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.electionAt,
      this.election.deadline,
      this.leader?.deadline ?? Number.POSITIVE_INFINITY,
      this.learner?.deadline ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Does what is due by now. */
  run(): void {
    if (this.isStopped) return;
    this.election.run();
    this.leader?.run();
    this.learner?.run();
    if (this.ports.clock.elapsed >= this.electionAt) this.look();
  }

  /** Ends: every link is closed, no role is taken up again. */
  stop(): void {
    this.isStopped = true;
    this.leader?.end('the server stops');
    this.learner?.end('the server stops');
    this.election.close();
    this.ports.listenForLearners(false);
  }
}
