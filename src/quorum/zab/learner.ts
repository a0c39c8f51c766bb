/*
 * Learner: a follower's or an observer's link to the leader, from the dial to the end of the term
 * (Java: Learner, Follower, Observer).
 *
 *   dialling > discovery ─FOLLOWERINFO, LEADERINFO, ACKEPOCH─> synchronization ─DIFF, TRUNC or SNAP … NEWLEADER, ACK─> ready ─UPTODATE─> broadcast
 *
 * What has to be durable before what is said (ZOOKEEPER-3911, 4394, 4643, 4646, 4685, 4785, 4925):
 *  - the accepted epoch before ACKEPOCH: no older leader may be followed any more;
 *  - the leader's history, then the current epoch, before the ACK of NEWLEADER: the leader counts it as committed. The epoch must
 *    not be there without the history: in the next election this server would pass for newer than it is;
 *  - a proposal before its ACK, and none before the ACK of NEWLEADER.
 * Nothing is applied before UPTODATE: until then the leader itself may not last. Discovery is
 * accept-epoch.ts, DIFF, TRUNC and SNAP are sync-intake.ts, the transactions behind them received-proposals.ts.
 */

import type { Epochs } from '../../datatree/storage/epochs.ts';
import { StorageError } from '../../datatree/storage/storage-error.ts';
import type { Id } from '../../jute/data.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { epochOf, startOfEpoch } from '../../jute/zxid.ts';
import type { Clock, LinkHandler, Log, PeerLink, PeerNetwork } from '../ports.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { ServerId } from '../server-id.ts';
import { acceptEpoch } from './accept-epoch.ts';
import { LeaderDial } from './leader-dial.ts';
import type { LearnerOptions, LearnerPhase, LearnerServer } from './learner-ports.ts';
import { Outbox, UNSENT_LIMIT } from './outbox.ts';
import type { Packet, PacketHandler } from './packet.ts';
import { PacketReader, PacketType, PROTOCOL_VERSION, writeLearnerInfo } from './packet.ts';
import { ReceivedProposals } from './received-proposals.ts';
import type { RequestStart } from './session-packets.ts';
import {
  readRevalidated,
  writeHeardSessions,
  writeLearnerRequest,
  writeRevalidate,
} from './session-packets.ts';
import { SyncIntake, syncName } from './sync-intake.ts';

/** What a learner is given. */
export interface LearnerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: QuorumMetrics;
  readonly network: PeerNetwork;
  readonly epochs: Epochs;
  /** The server that goes with this learner. */
  readonly server: (learner: Learner) => LearnerServer;
  /** The leader's epoch is established, and this server part of it. */
  readonly following: (epoch: number) => void;
  /** It learns no more. Called once; the link is closed by then. */
  readonly ended: (reason: string) => void;
}

/** Learns from one leader. */
export class Learner implements LinkHandler, PacketHandler {
  phase: LearnerPhase = 'dialling';
  /** Whether it has ended because the leader's epoch is older than what this server has accepted. */
  hasRefused = false;
  private readonly ports: LearnerPorts;
  private readonly options: LearnerOptions;
  private readonly server: LearnerServer;
  private readonly reader: PacketReader;
  private readonly dial: LeaderDial;
  private link: PeerLink | null = null;
  private readonly out = new Outbox();
  private lastHeardAt: number;

  private epoch = 0;
  private epochHeardAt = 0;
  private readonly intake: SyncIntake;
  private readonly proposals: ReceivedProposals;
  private isUpToDate = false;

  constructor(ports: LearnerPorts, options: LearnerOptions) {
    this.ports = ports;
    this.options = options;
    this.server = ports.server(this);
    this.reader = new PacketReader(options.packetSizeLimit);
    this.intake = new SyncIntake(this.server);
    this.proposals = new ReceivedProposals(this.server, (zxid) => {
      if (!options.isObserver) this.send(PacketType.ack, zxid);
    });
    this.dial = new LeaderDial(
      {
        ...ports,
        connected: (link) => this.connected(link),
        failed: (reason) => this.end(reason),
      },
      options,
    );
    this.lastHeardAt = ports.clock.elapsed;
  }

  /** Whom it learns from. */
  get leaderId(): ServerId {
    return this.options.leader;
  }

  get isObserver(): boolean {
    return this.options.isObserver;
  }

  get isOpen(): boolean {
    return this.phase !== 'ended';
  }

  /** Dials the leader. */
  start(): void {
    this.dial.start();
  }

  private connected(link: PeerLink): LinkHandler {
    const { epochs, clock } = this.ports;
    const { myId, configVersion, isObserver } = this.options;
    this.link = link;
    this.lastHeardAt = clock.elapsed;
    this.phase = 'discovery';
    const info = new JuteWriter(64);
    writeLearnerInfo(info, {
      serverId: BigInt(myId),
      protocolVersion: PROTOCOL_VERSION,
      configVersion,
    });
    const type = isObserver ? PacketType.observerInfo : PacketType.followerInfo;
    this.send(type, startOfEpoch(epochs.accepted), info.view());
    return this;
  }

  // ---- what the host tells

  receive(chunk: Buffer, size: number): void {
    this.lastHeardAt = this.ports.clock.elapsed;
    try {
      this.reader.push(chunk, size, this);
    } catch (error) {
      if (error instanceof JuteError) this.end(`the leader speaks nonsense: ${error.message}`);
      else if (error instanceof StorageError) this.end(error.message);
      else throw error;
    }
  }

  drained(): void {
    // Nothing waits for it: what a learner sends is bounded by what its clients may have under way.
  }

  closed(error: string | null): void {
    this.link = null;
    this.end(error ?? 'the leader has closed the link');
  }

  // ---- packets

  takePacket(packet: Packet): void {
    switch (this.phase) {
      case 'discovery':
        this.leaderInfo(packet);
        break;
      case 'synchronization':
        this.synchronise(packet);
        break;
      default:
        this.leaderPacket(packet);
    }
  }

  private leaderInfo(packet: Packet): void {
    if (packet.type !== PacketType.leaderInfo || packet.data.length < 4) {
      throw new JuteError(`packet ${packet.type} instead of LEADERINFO`);
    }
    const epoch = epochOf(packet.zxid);
    const { isObserver, votedEpoch } = this.options;
    const answer = acceptEpoch(this.ports.epochs, this.server, { epoch, votedEpoch }, isObserver);
    if (answer.kind === 'refused') {
      this.hasRefused = true;
      this.end(answer.reason);
      return;
    }
    this.epoch = epoch;
    this.epochHeardAt = this.ports.clock.elapsed;
    this.phase = 'synchronization';
    const data = Buffer.alloc(4);
    data.writeInt32BE(answer.currentEpoch);
    this.send(PacketType.ackEpoch, answer.lastZxid, data);
  }

  private synchronise(packet: Packet): void {
    if (this.intake.hasBegun) {
      this.syncPacket(packet);
      return;
    }
    const { type, zxid } = packet;
    this.ports.log.info(
      `synchronising with leader ${this.options.leader}: ${syncName(type)} 0x${toHex(zxid)}, ours is 0x${toHex(this.server.lastZxid)}`,
    );
    this.proposals.begin(this.intake.begin(type, zxid));
  }

  get wantsRaw(): boolean {
    return this.intake.isActive;
  }

  takeRaw(bytes: Buffer, start: number, end: number): number {
    return this.intake.take(bytes, start, end);
  }

  private syncPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.proposal:
      case PacketType.inform:
      case PacketType.informAndActivate:
        this.proposal(packet);
        break;
      case PacketType.commit:
      case PacketType.commitAndActivate:
        this.commit(packet);
        break;
      case PacketType.newLeader:
        this.newLeader(packet);
        break;
      case PacketType.upToDate:
        throw new JuteError('UPTODATE without NEWLEADER, a protocol from before ZooKeeper 3.4');
      default:
        this.ports.log.debug(`packet ${packet.type} of the leader passed over while synchronising`);
    }
  }

  /** The leader's history is complete: it is made durable, then the epoch is current, then that is said. */
  private newLeader(packet: Packet): void {
    const { server } = this;
    const { epochs } = this.ports;
    if (packet.data.length > 1) server.setMembership(packet.data.toString('utf8'));
    this.phase = 'ready';
    this.proposals.logAll();
    server.whenDurable(() => {
      if (this.phase === 'ended') return;
      epochs.setCurrent(this.epoch);
      this.send(PacketType.ack, startOfEpoch(this.epoch));
      this.proposals.newLeaderAcked();
      if (this.isUpToDate) this.startFollowing();
    });
  }

  private leaderPacket(packet: Packet): void {
    const { server } = this;
    const { log, metrics } = this.ports;
    switch (packet.type) {
      case PacketType.proposal:
        metrics.learnerProposalReceivedCount.increment();
        this.proposal(packet);
        break;
      case PacketType.inform:
      case PacketType.informAndActivate:
        metrics.learnerCommitReceivedCount.increment();
        this.proposal(packet);
        break;
      case PacketType.commit:
      case PacketType.commitAndActivate:
        metrics.learnerCommitReceivedCount.increment();
        this.commit(packet);
        break;
      case PacketType.ping:
        this.ping(packet);
        break;
      case PacketType.revalidate:
        this.revalidated(packet);
        break;
      case PacketType.sync:
        server.synced();
        break;
      case PacketType.upToDate:
        this.upToDate();
        break;
      default:
        log.warn(`unexpected packet ${packet.type} from the leader`);
    }
  }

  private revalidated(packet: Packet): void {
    const { sessionId, isValid } = readRevalidated(packet);
    this.server.revalidated(sessionId, isValid);
  }

  /** A transaction: a follower logs and acknowledges it, an observer has it when it is committed already. */
  private proposal(packet: Packet): void {
    const { zxid, type, data } = packet;
    const skipped = type === PacketType.informAndActivate ? 8 : 0;
    this.proposals.received(zxid, data.subarray(skipped));
    if (type !== PacketType.proposal) this.proposals.committed(zxid);
    if (skipped > 0) this.activate(zxid);
  }

  private commit(packet: Packet): void {
    const { zxid } = packet;
    this.proposals.committed(zxid);
    if (packet.type === PacketType.commitAndActivate) this.activate(zxid);
  }

  /** The membership has changed. Who leads and who follows is found anew, with the membership that the tree has now. */
  private activate(zxid: Zxid): void {
    if (this.phase === 'broadcast') this.end(`the membership has changed with 0x${toHex(zxid)}`);
  }

  private upToDate(): void {
    if (this.isUpToDate) throw new JuteError('UPTODATE twice');
    this.isUpToDate = true;
    if (this.proposals.isNewLeaderAcked) this.startFollowing();
  }

  private startFollowing(): void {
    const { server } = this;
    const zxid = startOfEpoch(this.epoch);
    this.phase = 'broadcast';
    this.countSync();
    this.send(PacketType.ack, zxid);
    server.startFollowing(zxid);
    this.ports.following(this.epoch);
    this.proposals.startApplying();
  }

  private countSync(): void {
    const { metrics, clock } = this.ports;
    const { followerSyncTime, observerSyncTime } = metrics;
    const summary = this.options.isObserver ? observerSyncTime : followerSyncTime;
    summary.add(clock.elapsed - this.epochHeardAt);
  }

  /** The log has everything up to `zxid` on disk. */
  durable(zxid: Zxid): void {
    this.proposals.durable(zxid);
  }

  // ---- what the server asks for

  /** Passes on a request of a client. @param record the record behind the request header */
  request(request: RequestStart, record: Uint8Array, authinfo: readonly Id[]): void {
    const data = writeLearnerRequest(request, record);
    this.out.write(PacketType.request, -1n, data, authinfo);
  }

  /** Asks whether a session lives. @param timeout ms */
  revalidate(sessionId: SessionId, timeout: number): void {
    this.send(PacketType.revalidate, 0n, writeRevalidate({ sessionId, timeout }));
  }

  /**
   * A leader of Java's pings before it has the ACK of NEWLEADER, and closes the link if anything else is the next that it hears: a
   * learner whose disk was still at work would have to begin again.
   */
  private ping(packet: Packet): void {
    if (this.phase !== 'broadcast') return;
    const heard = this.server.takeHeardSessions();
    this.send(PacketType.ping, packet.zxid, writeHeardSessions(heard));
  }

  private send(type: number, zxid: bigint, data: Uint8Array | null = null): void {
    this.out.write(type, zxid, data);
  }

  // ---- turns, time and end

  /** Ends a turn: sends what was written. */
  endTurn(): void {
    const { out, link } = this;
    if (link === null) return;
    // A leader that has to wait for our disk is not silent.
    if (this.intake.pauseOrResume(link)) this.lastHeardAt = this.ports.clock.elapsed;
    if (out.size === 0) return;
    out.flush(link);
    if (link.unsentSize > UNSENT_LIMIT) this.end('the leader does not read');
  }

  /** When run() wants to be called, in ms. */
  get deadline(): number {
    if (this.phase === 'ended' || this.intake.isPaused) return Number.POSITIVE_INFINITY;
    if (this.phase === 'dialling') return this.dial.deadline;
    return this.lastHeardAt + this.silenceLimit;
  }

  private get silenceLimit(): number {
    const { initLimitMs, syncLimitMs } = this.options;
    return this.phase === 'broadcast' ? syncLimitMs : initLimitMs;
  }

  /** Dials again, or gives up a leader that is silent for too long. */
  run(): void {
    const { elapsed } = this.ports.clock;
    if (this.phase === 'ended' || elapsed < this.deadline) return;
    if (this.phase === 'dialling') this.dial.run();
    else this.end(`nothing was heard of leader ${this.options.leader} for ${this.silenceLimit} ms`);
  }

  /** Learns no more: the link is closed. */
  end(reason: string): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.dial.cancel();
    this.link?.destroy();
    this.link = null;
    this.ports.ended(reason);
  }
}
