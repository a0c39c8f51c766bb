/*
 * Replica: one member of an ensemble (Java: QuorumPeer and the ZooKeeperServer of its role).
 *
 * It puts the parts together and says when it wants to be woken. The host tells it what clients and other servers send, what the
 * disk has done and what time it is; a simulator can do the same.
 *
 *   other servers ─> Peer (election, Leader or Learner) <─> Term (leading.ts, learning.ts) ─> History: tree, log, snapshots
 *   clients ─> Serving, a new one for each term
 */

import type { ServerMetrics } from '../../admin/metrics/index.ts';
import type { DataTree } from '../../datatree/data-tree.ts';
import type { Epochs } from '../../datatree/storage/epochs.ts';
import type { SnapshotWriter } from '../../datatree/storage/snapshot-writer.ts';
import { SESSION_ID_ZERO } from '../../jute/int64.ts';
import { Peer } from '../../quorum/peer.ts';
import type { LinkHandler, PeerLink, PeerNetwork } from '../../quorum/ports.ts';
import type { Autopurge } from '../autopurge.ts';
import { autopurge } from '../autopurge.ts';
import type { ClientPort } from '../client/client-port.ts';
import type { TurnClock } from '../clock.ts';
import type { EnsembleConfig, ServerConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { HostFacts } from '../server-view.ts';
import { Serving } from '../serving.ts';
import { LearnerSessions } from '../session/learner-sessions.ts';
import { EnsembleView } from './ensemble-view.ts';
import type { HistoryPorts } from './history.ts';
import { History } from './history.ts';
import { Leading } from './leading.ts';
import { Learning } from './learning.ts';
import { type MembershipFiles, MembershipInForce } from './membership-in-force.ts';
import type { ServingSeed, Term, TermPorts } from './term.ts';

/** A transaction that is a little larger than what its client sent still goes to the other servers, in bytes. */
const PACKET_OVERHEAD = 1024 * 1024;

/** What a member needs of the world. */
export interface ReplicaPorts extends HistoryPorts {
  readonly clock: TurnClock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly facts: HostFacts;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly network: PeerNetwork;
  readonly epochs: Epochs;
  /** Opens or closes the port on which a leader hears learners. */
  readonly listenForLearners: (isWanted: boolean) => void;
  /** Where a membership that changes is kept; null where it cannot. */
  readonly membershipFiles: MembershipFiles | null;
}

/** One member of an ensemble. */
export class Replica {
  readonly view: EnsembleView;
  private readonly ports: ReplicaPorts;
  private readonly config: ServerConfig;
  private readonly ensemble: EnsembleConfig;
  private readonly listeningPort: number;
  private readonly history: History;
  private readonly membership: MembershipInForce;
  private readonly peer: Peer;
  private readonly autopurge: Autopurge;
  private term: Term | null = null;
  private serving: Serving;
  /** Whether this term has come to serve clients. */
  private hasServed = false;
  private isStopping = false;
  /** What was replayed at the start need not be replayed again (Java: ZooKeeperServer.loadData makes a clean snapshot). */
  private needsSnapshot: boolean;

  /** @param recovered the tree, and how many transactions were replayed @param listeningPort the port that clients reach, -1 for none */
  constructor(
    ports: ReplicaPorts,
    settings: { readonly config: ServerConfig; readonly ensemble: EnsembleConfig },
    recovered: { readonly tree: DataTree; readonly txnsLoaded: number },
    listeningPort: number,
  ) {
    const { config, ensemble } = settings;
    this.ports = ports;
    this.config = config;
    this.ensemble = ensemble;
    this.listeningPort = listeningPort;
    this.history = new History(ports, config, ensemble.snapshotSizeFactor, recovered.tree);
    this.needsSnapshot = recovered.txnsLoaded > 0;
    this.membership = new MembershipInForce(ports.log, ports.membershipFiles, ensemble);
    this.peer = this.makePeer();
    this.view = new EnsembleView(this.peer, this.membership, ensemble, config.tickTime);
    this.serving = this.idle();
    this.autopurge = autopurge(ports, config);
  }

  private makePeer(): Peer {
    const { ports, config, ensemble, membership, history } = this;
    const { myid: myId } = ensemble;
    const termPorts: TermPorts = {
      ...ports,
      config,
      history,
      newServing: (seed) => this.serve(seed),
      toldMembership: (text) => membership.toldByLeader(text),
      proposedMembership: (text) => membership.proposedBy(text),
    };
    const begin = <T extends Term>(term: T): T => {
      this.term = term;
      return term;
    };
    return new Peer(
      {
        ...ports,
        server: {
          get lastZxid() {
            return history.lastProcessedZxid;
          },
          lead: (leader) => begin(new Leading(termPorts, leader, myId)),
          learn: (learner) => begin(new Learning(termPorts, learner, myId)),
          endRole: (done) => this.endTerm(done),
        },
        elected: (state, elapsedMs) => this.elected(state, elapsedMs),
      },
      {
        ...ensemble,
        myId,
        tickTime: config.tickTime,
        packetSizeLimit: 2 * config.juteMaxBuffer + PACKET_OVERHEAD,
        membership: () => membership.current,
        rule: () => membership.rule,
        proposedRule: () => membership.proposedRule,
        proposedMembership: (zxid) => membership.toldBy(zxid),
      },
    );
  }

  /** Begins to look for a leader. */
  start(): void {
    this.peer.start();
  }

  // ---- what the host tells

  /** Where the host reports what clients do. */
  get clientPort(): ClientPort {
    return this.serving.clientPort;
  }

  /** The snapshots that the host drives on. */
  get snapshots(): SnapshotWriter {
    return this.history.snapshots;
  }

  /** A server has connected to the election port. */
  acceptVoter(link: PeerLink): LinkHandler {
    return this.peer.acceptVoter(link);
  }

  /** A server has connected to the quorum port; null where this server does not lead. */
  acceptLearner(link: PeerLink): LinkHandler | null {
    return this.peer.acceptLearner(link);
  }

  // ---- terms

  private elected(state: string, elapsedMs: number): void {
    const { metrics } = this.ports;
    // An observer elects nobody, it only hears who leads.
    if (state !== 'observing') metrics.electionTime.add(elapsedMs);
    if (state === 'looking') throw new Error('an election that leads to no role');
  }

  /** Clients are served from now on, by the role that was taken up. */
  private serve(seed: ServingSeed): Serving {
    const { clock } = this.ports;
    this.serving.end();
    this.membership.agreed();
    this.membership.show(seed.tree, clock.wall);
    this.hasServed = true;
    this.serving = this.makeServing(seed);
    // While it synchronised it may have appended so much that one was due anyway.
    if (this.needsSnapshot) this.history.cutSnapshot();
    this.needsSnapshot = false;
    if (seed.isLeader === true && !this.ensemble.leaderServes) this.serving.view.isServing = false;
    return this.serving;
  }

  private makeServing(seed: ServingSeed): Serving {
    const { ports, config, ensemble, listeningPort } = this;
    return new Serving(
      {
        ...ports,
        ...seed,
        ensemble: this.view,
        isLogFull: () => this.history.isFull,
      },
      { config, serverId: ensemble.myid, listeningPort },
    );
  }

  /** While there is no role only four-letter words are answered. */
  private idle(): Serving {
    const serving = this.makeServing({
      tree: this.history.tree,
      sessions: new LearnerSessions(SESSION_ID_ZERO, () => false),
      revalidate: () => undefined,
    });
    serving.view.isServing = false;
    return serving;
  }

  private endTerm(done: () => void): void {
    const { term, history } = this;
    this.term = null;
    // Before what is only logged is applied: a membership that nobody has agreed on is not in force.
    this.membership.epochEnded(this.hasServed ? history.tree : null);
    this.hasServed = false;
    this.serving.end();
    this.serving = this.idle();
    history.endTerm(term?.uncommitted ?? [], () => {
      if (this.isStopping) return;
      term?.ended();
      this.serving = this.idle();
      this.ports.wake();
      done();
    });
  }

  // ---- turns and time

  /** Ends a turn: sends what was written, starts the next write of the log. Returns whether another turn is due at once. */
  endTurn(): boolean {
    const { history, peer } = this;
    history.flush();
    const isPeerBusy = peer.endTurn();
    const isClientBusy = this.clientPort.endTurn();
    // What clients were waiting to ask has been taken meanwhile.
    const isMoreToDo = isClientBusy && peer.endTurn();
    history.flush();
    return isPeerBusy || isClientBusy || isMoreToDo;
  }

  /** When run() wants to be called, in ms of the elapsed clock; infinite once the server stops. */
  get deadline(): number {
    if (this.isStopping) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.peer.deadline,
      this.clientPort.deadline,
      this.term?.deadline ?? Number.POSITIVE_INFINITY,
      this.autopurge.deadline,
      this.history.deadline,
    );
  }

  /** Does what is due by now. */
  run(): void {
    if (this.isStopping) return;
    this.clientPort.lookAtPaused();
    this.peer.run();
    this.term?.run();
    this.clientPort.expireConnections();
    this.autopurge.run();
  }

  /** The disk has failed, or the process is about to end: nobody is answered any more. */
  halt(): void {
    this.isStopping = true;
    this.serving.end();
    this.peer.stop();
  }

  /** Ends: leaves the ensemble, closes all connections, and calls back when everything that was taken is on disk. */
  stop(done: (error: Error | null) => void): void {
    this.halt();
    this.history.close(done);
  }
}
