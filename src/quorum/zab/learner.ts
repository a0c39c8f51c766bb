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
 * Nothing is applied before UPTODATE: until then the leader itself may not last.
 */

import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import type { Epochs } from '../../datatree/storage/epochs.ts';
import { StorageError } from '../../datatree/storage/storage-error.ts';
import type { Id } from '../../jute/data.ts';
import { Fifo } from '../../jute/fifo.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { readInt64, toHex, toZxid } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { epochOf, startOfEpoch } from '../../jute/zxid.ts';
import type { Address, Clock, LinkHandler, Log, PeerLink, PeerNetwork } from '../ports.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { ServerId } from '../server-id.ts';
import { LeaderDial } from './leader-dial.ts';
import { Outbox, UNSENT_LIMIT } from './outbox.ts';
import type { Packet, PacketHandler } from './packet.ts';
import { PacketReader, PacketType, PROTOCOL_VERSION, writeLearnerInfo } from './packet.ts';
import type { RequestStart } from './session-packets.ts';
import {
  readRevalidated,
  writeHeardSessions,
  writeLearnerRequest,
  writeRevalidate,
} from './session-packets.ts';
import type { TreeReceiver } from './tree-intake.ts';
import { TreeIntake } from './tree-intake.ts';

/** How far a learner has come. */
export type LearnerPhase =
  | 'dialling'
  | 'discovery'
  | 'synchronization'
  | 'ready'
  | 'broadcast'
  | 'ended';

/** What a learner asks of its server. */
export interface LearnerServer extends TreeReceiver {
  /** The last zxid of the history: of the last transaction in the log, or the beginning of an epoch. */
  readonly lastZxid: Zxid;
  /** The history could not be cut where a leader wanted it: nothing but a whole tree will do. */
  readonly needsTree: boolean;
  /** Cuts off what is behind `zxid`, in the log and in the tree. Raises StorageError where that cannot be done. */
  truncate(zxid: Zxid): void;
  /** Begins to take a tree that replaces the history; until it is finished the history stays as it was. */
  startSnapshot(zxid: Zxid): void;
  /** Whether so much of the tree waits for the disk that no more should be taken for now. */
  readonly isSnapshotFull: boolean;
  /** Appends a proposal to the log. `durable` tells when it is on disk. @param record header, transaction, digest; its own copy */
  append(zxid: Zxid, record: Buffer): void;
  /** Calls back once everything that was taken, the tree too, is on disk. */
  whenDurable(done: () => void): void;
  /** The membership that the leader has, as text. */
  setMembership(text: string): void;
  /** Serves clients from now on. The leader's epoch begins with `zxid`. */
  startFollowing(zxid: Zxid): void;
  /** Applies everything up to `zxid`. */
  commitThrough(zxid: Zxid): void;
  /** The sessions that were heard since the last call, with their time-outs in ms. */
  takeHeardSessions(): ReadonlyMap<SessionId, number>;
  /** The leader's answer to revalidate(). */
  revalidated(sessionId: SessionId, isValid: boolean): void;
  /** The leader's answer to the oldest sync(). */
  synced(): void;
}

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

/** How a learner is set; times in ms. */
export interface LearnerOptions {
  readonly myId: ServerId;
  readonly leader: ServerId;
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
  /** Whether DIFF, TRUNC or SNAP has come. */
  private hasSyncBegun = false;
  private readonly intake: TreeIntake;
  private isPaused = false;
  /** Proposals that came before NEWLEADER. */
  private unlogged: LoggedTxn[] = [];
  /** What is in the log or on its way there and not committed. */
  private readonly uncommitted = new Fifo<Zxid>();
  /** What came before UPTODATE and is committed: applied when it comes. */
  private commitWaiting: Zxid | null = null;
  private lastReceived: Zxid = toZxid(0n);
  private lastCommitReceived: Zxid = toZxid(0n);
  /** What is to be acknowledged when it is on disk. */
  private readonly unacked = new Fifo<Zxid>();
  private isNewLeaderAcked = false;
  private isUpToDate = false;

  constructor(ports: LearnerPorts, options: LearnerOptions) {
    this.ports = ports;
    this.options = options;
    this.server = ports.server(this);
    this.reader = new PacketReader(options.packetSizeLimit);
    this.intake = new TreeIntake(this.server);
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
    const { server } = this;
    const { epochs } = this.ports;
    const epoch = epochOf(packet.zxid);
    // What an observer has accepted counts for nobody; it only must not follow whom it has left behind.
    const oldest = this.options.isObserver ? epochs.current : epochs.accepted;
    if (epoch < oldest) {
      this.hasRefused = true;
      this.end(`its epoch ${epoch} is older than ${oldest}, which we have accepted`);
      return;
    }
    const answer = Buffer.alloc(4);
    // Accepted before, maybe by a leader that is gone: this server must not count twice for the same epoch.
    const isWitness = epoch > epochs.accepted;
    answer.writeInt32BE(isWitness ? epochs.current : -1);
    if (isWitness) epochs.setAccepted(epoch);
    this.epoch = epoch;
    this.epochHeardAt = this.ports.clock.elapsed;
    this.phase = 'synchronization';
    // To the beginning of an epoch above its own a leader, also one of Java's, can but answer with the tree: it is nothing that it has, and
    // no transaction. A witness says what it has, or what is committed could be lost; it will come again where that cannot be cut.
    const lastZxid = server.needsTree && !isWitness ? startOfEpoch(epoch + 1) : server.lastZxid;
    this.send(PacketType.ackEpoch, lastZxid, answer);
  }

  private synchronise(packet: Packet): void {
    const { server } = this;
    const { log } = this.ports;
    const { type } = packet;
    if (this.hasSyncBegun) {
      this.syncPacket(packet);
      return;
    }
    this.hasSyncBegun = true;
    const { zxid } = packet;
    log.info(
      `synchronising with leader ${this.options.leader}: ${syncName(type)} 0x${toHex(zxid)}, ours is 0x${toHex(server.lastZxid)}`,
    );
    if (type === PacketType.snap) {
      server.startSnapshot(zxid);
      this.intake.start();
    } else if (type === PacketType.trunc) server.truncate(zxid);
    else if (type !== PacketType.diff) throw new JuteError(`packet ${type} instead of DIFF`);
    this.lastReceived = type === PacketType.diff ? server.lastZxid : zxid;
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
    for (const { zxid, record } of this.unlogged) server.append(zxid, record);
    this.unlogged = [];
    // What the leader says is committed waits for nobody.
    for (const zxid of this.uncommitted) this.unacked.push(zxid);
    server.whenDurable(() => {
      if (this.phase === 'ended') return;
      epochs.setCurrent(this.epoch);
      this.send(PacketType.ack, startOfEpoch(this.epoch));
      this.isNewLeaderAcked = true;
      this.acknowledge();
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
    const { zxid, type } = packet;
    const isInform = type !== PacketType.proposal;
    const skipped = type === PacketType.informAndActivate ? 8 : 0;
    if (packet.data.length < skipped + 32) throw new JuteError('a proposal without a header');
    // What is sent behind a tree may be in it already, and Java's leader sends some transactions twice.
    if (zxid > this.lastReceived) {
      const record = Buffer.from(packet.data.subarray(skipped));
      if (readInt64(record, 12) !== zxid) throw new JuteError('a proposal with two zxids');
      this.lastReceived = zxid;
      this.uncommitted.push(zxid);
      if (this.phase === 'synchronization') this.unlogged.push({ zxid, record });
      else {
        this.unacked.push(zxid);
        this.server.append(zxid, record);
      }
    }
    if (isInform) this.committed(zxid);
    if (skipped > 0) this.activate(zxid);
  }

  private commit(packet: Packet): void {
    const { zxid } = packet;
    this.committed(zxid);
    if (packet.type === PacketType.commitAndActivate) this.activate(zxid);
  }

  /** In order: a leader that commits what this server was not sent cannot be followed. */
  private committed(zxid: Zxid): void {
    if (zxid <= this.lastCommitReceived) return;
    const next = this.uncommitted.first;
    if (next !== zxid) {
      if (zxid <= this.lastReceived && (next === undefined || zxid < next)) return;
      throw new JuteError(
        `the leader commits 0x${toHex(zxid)}, but next is ${next === undefined ? 'nothing' : `0x${toHex(next)}`}`,
      );
    }
    this.uncommitted.shift();
    this.lastCommitReceived = zxid;
    if (this.phase === 'broadcast') this.server.commitThrough(zxid);
    else this.commitWaiting = zxid;
  }

  /** The membership has changed. Who leads and who follows is found anew, with the membership that the tree has now. */
  private activate(zxid: Zxid): void {
    if (this.phase === 'broadcast') this.end(`the membership has changed with 0x${toHex(zxid)}`);
  }

  private upToDate(): void {
    if (this.isUpToDate) throw new JuteError('UPTODATE twice');
    this.isUpToDate = true;
    if (this.isNewLeaderAcked) this.startFollowing();
  }

  private startFollowing(): void {
    const { server } = this;
    const zxid = startOfEpoch(this.epoch);
    this.phase = 'broadcast';
    this.countSync();
    this.send(PacketType.ack, zxid);
    server.startFollowing(zxid);
    this.ports.following(this.epoch);
    if (this.commitWaiting !== null) server.commitThrough(this.commitWaiting);
    this.commitWaiting = null;
  }

  private countSync(): void {
    const { metrics, clock } = this.ports;
    const { followerSyncTime, observerSyncTime } = metrics;
    const summary = this.options.isObserver ? observerSyncTime : followerSyncTime;
    summary.add(clock.elapsed - this.epochHeardAt);
  }

  // ---- acknowledgements

  private durableThrough: Zxid = toZxid(0n);

  /** The log has everything up to `zxid` on disk. */
  durable(zxid: Zxid): void {
    this.durableThrough = zxid;
    this.acknowledge();
  }

  /** Each by itself, also what is committed meanwhile: a leader of Java's closes the link where one is missing (SyncLimitCheck). */
  private acknowledge(): void {
    if (!this.isNewLeaderAcked) return;
    const { unacked } = this;
    for (let zxid = unacked.first; zxid !== undefined; zxid = unacked.first) {
      if (zxid > this.durableThrough) return;
      unacked.shift();
      if (!this.options.isObserver) this.send(PacketType.ack, zxid);
    }
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
    this.pauseOrResume(link);
    if (out.size === 0) return;
    out.flush(link);
    if (link.unsentSize > UNSENT_LIMIT) this.end('the leader does not read');
  }

  /** A tree is taken as fast as the disk takes it; a leader that has to wait for that is not silent. */
  private pauseOrResume(link: PeerLink): void {
    const { isSnapshotFull } = this.server;
    if (isSnapshotFull === this.isPaused) return;
    this.isPaused = isSnapshotFull;
    this.lastHeardAt = this.ports.clock.elapsed;
    if (isSnapshotFull) link.pause();
    else link.resume();
  }

  /** When run() wants to be called, in ms. */
  get deadline(): number {
    if (this.phase === 'ended' || this.isPaused) return Number.POSITIVE_INFINITY;
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

function syncName(type: number): string {
  switch (type) {
    case PacketType.diff:
      return 'DIFF';
    case PacketType.trunc:
      return 'TRUNC';
    case PacketType.snap:
      return 'SNAP';
    default:
      return `packet ${type}`;
  }
}
