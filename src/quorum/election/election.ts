/*
 * Election: the whole of leader election for one server, links and votes. This is what the peer and the host hold.
 *
 *     host   accept(link) for every link to the election port; run() when the deadline has come
 *     peer   start({ zxid, peerEpoch }) whenever it looks for a leader; elected(vote, state) comes back, once for each start,
 *            from within start's later turns: a received message, a failed dial, or run()
 *            updateVote(epoch) once the epoch of the leader is established; setState where a role changes without an election
 *
 * Between elections it answers servers that look for a leader with the last vote, and keeps the links that are there. A
 * follower is elected as soon as everybody agrees, so the leader may not listen for learners yet when the follower dials it.
 * Answers to what Java's QuorumPeer holds as electionAlg and qcmRef.
 */
import { configText, type Membership, type PeerType } from '../membership.ts';
import type { Address, Clock, LinkHandler, Log, PeerLink, PeerNetwork } from '../ports.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import type { PeerState, ServerId } from '../server-id.ts';
import { ElectionLinks } from './election-links.ts';
import { type ElectionStart, FastLeaderElection } from './fast-leader-election.ts';
import type { Vote } from './votes.ts';

/** What an election needs of the world, and tells. */
export interface ElectionPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** A number from 0 up to and without 1. */
  random(): number;
  readonly network: PeerNetwork;
  /** A round is over: what this server becomes (following, leading, observing), and who leads (vote.leader). */
  elected(vote: Vote, state: PeerState): void;
  /** A voter looks for a leader while this server does not: a leader that nobody joins gives up then (Leader.reportLookingSid). */
  lookingHeard(sid: ServerId): void;
  /** While looking, another server has shown a configuration that is newer than this one's: its text. Comes with every message. */
  newerConfig(text: string): void;
}

/** Who this server is. What can change at run time is a function, and asked whenever it is needed. */
export interface ElectionOptions {
  readonly myId: ServerId;
  /** Whether this server votes. */
  peerType(): PeerType;
  membership(): Membership;
  rule(): QuorumRule;
  /** multiAddress.enabled */
  readonly multiAddressEnabled: boolean;
  /** zookeeper.cnxTimeout, ms; 5000 in Java. */
  readonly cnxTimeoutMs: number;
  /** zookeeper.fastleader.minNotificationInterval, ms; 200 in Java. */
  readonly minNotificationIntervalMs: number;
  /** zookeeper.fastleader.maxNotificationInterval, ms; 60000 in Java. */
  readonly maxNotificationIntervalMs: number;
}

function electionAddresses(membership: Membership, sid: ServerId): readonly Address[] | null {
  const member = membership.members.get(sid);
  if (member === undefined) return null;
  return member.addresses.map(({ host, electionPort }) => ({ host, port: electionPort }));
}

/** Leader election of one server. */
export class Election {
  private readonly links: ElectionLinks;
  private readonly votes: FastLeaderElection;

  constructor(ports: ElectionPorts, options: ElectionOptions) {
    const { clock, log, network, elected, lookingHeard, newerConfig } = ports;
    const { myId, multiAddressEnabled, cnxTimeoutMs, membership } = options;
    this.links = new ElectionLinks(
      {
        clock,
        log,
        network,
        random: () => ports.random(),
        receive: (from, message) => this.votes.receive(from, message),
        unreachable: () => this.votes.unreachable(),
      },
      {
        myId,
        multiAddressEnabled,
        cnxTimeoutMs,
        addressesOf: (sid) => electionAddresses(membership(), sid),
        ownAddresses: () => electionAddresses(membership(), myId) ?? [],
      },
    );
    this.votes = new FastLeaderElection(
      {
        clock,
        log,
        send: (to, message) => this.links.send(to, message),
        connectAll: (sids) => this.links.connectAll(sids),
        settled: () => this.links.settle(),
        isGone: (sid) => this.links.isGone(sid),
        elected,
        lookingHeard,
        newerConfig,
      },
      {
        myId,
        peerType: () => options.peerType(),
        rule: () => options.rule(),
        configText: () => configText(membership()),
        minNotificationIntervalMs: options.minNotificationIntervalMs,
        maxNotificationIntervalMs: options.maxNotificationIntervalMs,
      },
    );
  }

  /** Takes a link that another server has opened to the election port. */
  accept(link: PeerLink): LinkHandler {
    return this.links.accept(link);
  }

  /** Begins to look for a leader, with a new round; a round that was going on is given up. */
  start(from: ElectionStart): void {
    this.votes.start(from);
  }

  /**
   * What this server tells those that look for a leader that it is doing. An election sets it by itself; 'looking' means that
   * nobody is answered until `start`.
   */
  setState(state: PeerState): void {
    this.votes.setState(state);
  }

  /** The epoch of the leader, once it is followed or leads (NEWLEADER; Java: updateElectionVote). */
  updateVote(peerEpoch: number): void {
    this.votes.updateVote(peerEpoch);
  }

  /** Ends everything. */
  close(): void {
    this.votes.stop();
    this.links.close();
  }

  /** ms of the clock at which `run` wants to be called. */
  get deadline(): number {
    return Math.min(this.votes.deadline, this.links.deadline);
  }

  /** Does what is due at the deadline. */
  run(): void {
    this.links.run();
    this.votes.run();
  }
}
