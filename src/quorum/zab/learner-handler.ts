/*
 * LearnerHandler: a leader's end of the link to one learner (Java: LearnerHandler).
 *
 *   hello ─FOLLOWERINFO─> epoch ─LEADERINFO, ACKEPOCH─> history ─DIFF, TRUNC or SNAP, NEWLEADER, ACK─> synced ─UPTODATE─> following
 *
 * It knows what this learner has been sent and what it has answered; what servers together have agreed on is the Leader's. A tree or a
 * log is sent by sync-sender.ts. Whatever a learner does wrong ends its link with one line in the log.
 */

import { StorageError } from '../../datatree/storage/storage-error.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { readInt32, toHex, toZxid, ZXID_ZERO } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';
import { epochOf, startOfEpoch } from '../../jute/zxid.ts';
import type { Clock, LinkHandler, Log, PeerLink } from '../ports.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { ServerId } from '../server-id.ts';
import { NOBODY } from '../server-id.ts';
import type { LeaderHistory } from './history.ts';
import { Outbox, UNSENT_LIMIT } from './outbox.ts';
import type { Packet, PacketHandler } from './packet.ts';
import { PacketReader, PacketType, PROTOCOL_VERSION, readLearnerInfo } from './packet.ts';
import type { LearnerRequest } from './session-packets.ts';
import {
  readHeardSessions,
  readLearnerRequest,
  readRevalidate,
  writeRevalidated,
} from './session-packets.ts';
import { SyncSender } from './sync-sender.ts';
import type { SliceResult } from './sync-source.ts';
import { openSync } from './sync-source.ts';

/** Bytes of an introduction: whoever has not told who he is cannot have more kept for him. */
const HELLO_SIZE_LIMIT = 1024;

/** How far a learner has come. */
export type LearnerPhase = 'hello' | 'epoch' | 'history' | 'synced' | 'following' | 'closed';

/** The leader, as its handlers know it. */
export interface HandlerOwner {
  /** A learner has told who it is; its link is closed where it cannot follow. */
  learnerKnown(handler: LearnerHandler, acceptedEpoch: number, configVersion: bigint): void;
  /** It has accepted the epoch; `currentEpoch` is that of its history, null where it had accepted it before. */
  epochAccepted(handler: LearnerHandler, currentEpoch: number | null, lastZxid: Zxid): void;
  /** Everything that it misses was sent: NEWLEADER comes behind it. */
  historySent(handler: LearnerHandler): void;
  /** It has made the leader's history its own. */
  newLeaderAccepted(handler: LearnerHandler): void;
  /** It has everything up to `counter` of this epoch. */
  acknowledged(handler: LearnerHandler, counter: number): void;
  pingAnswered(handler: LearnerHandler): void;
  heardSession(handler: LearnerHandler, sessionId: SessionId, timeout: number): void;
  revalidate(handler: LearnerHandler, sessionId: SessionId, timeout: number): boolean;
  request(handler: LearnerHandler, request: LearnerRequest): void;
  /** The log does not have what it misses, and nothing of it was sent; what is to follow was forgotten. It needs the tree. */
  logTooShort(handler: LearnerHandler, peerLastZxid: Zxid): void;
  /** It was sent a part of the log, and the rest cannot be read. */
  logUnreadable(handler: LearnerHandler): void;
  /** Its link is gone. */
  learnerLost(handler: LearnerHandler): void;
}

/** What a handler is given. */
export interface HandlerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: QuorumMetrics;
  readonly owner: HandlerOwner;
  readonly history: LeaderHistory;
}

/** One learner. */
export class LearnerHandler implements LinkHandler, PacketHandler {
  readonly link: PeerLink;
  sid: ServerId = NOBODY;
  isParticipant = false;
  phase: LearnerPhase = 'hello';
  /** The epoch that it was told. */
  private epoch = 0;
  readonly wantsRaw = false;
  /** How it is being synchronised; null before and behind that. */
  syncKind: 'snap' | 'diff' | null = null;
  /** When it was last heard, or has taken more of what it misses, in ms. */
  lastHeardAt: number;
  /** PINGs that were sent and answered: the k-th answer belongs to the k-th PING. */
  pingsSent = 0;
  pingsAnswered = 0;
  /** When the first proposal that it has not acknowledged was sent, in ms; 0 for none. */
  unackedSince = 0;
  /** The counter of the last proposal that it was sent, and of the last that it has acknowledged. */
  lastSent = 0;
  lastAcked = 0;
  packetsReceived = 0;
  packetsSent = 0;
  /** Of those, what was handed to the network. */
  private packetsFlushed = 0;

  private readonly ports: HandlerPorts;
  private readonly reader: PacketReader;
  private readonly packetSizeLimit: number;
  private readonly out = new Outbox();
  /** Sends what has to be sent before `out`. */
  private readonly sender = new SyncSender();
  /** Its last zxid when it came. */
  private peerLastZxid: Zxid = ZXID_ZERO;

  /** @param packetSizeLimit bytes of data in a packet */
  constructor(ports: HandlerPorts, link: PeerLink, packetSizeLimit: number) {
    this.ports = ports;
    this.link = link;
    this.packetSizeLimit = packetSizeLimit;
    this.reader = new PacketReader(HELLO_SIZE_LIMIT);
    this.lastHeardAt = ports.clock.elapsed;
  }

  get isOpen(): boolean {
    return this.phase !== 'closed';
  }

  /** What the operator reads. */
  get name(): string {
    const who = this.sid === NOBODY ? 'a server' : `server ${this.sid}`;
    return `${who} at ${this.link.remoteAddress}`;
  }

  // ---- what the host tells

  receive(chunk: Buffer, size: number): void {
    this.lastHeardAt = this.ports.clock.elapsed;
    try {
      this.reader.push(chunk, size, this);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.fault(`speaks nonsense: ${error.message}`);
    }
  }

  drained(): void {
    // The next slices are sent at the end of this turn.
  }

  closed(error: string | null): void {
    if (!this.isOpen) return;
    this.ports.log.warn(`lost ${this.name}: ${error ?? 'it has closed the link'}`);
    this.end();
  }

  takeRaw(): number {
    throw new Error('a learner sends packets only');
  }

  // ---- packets

  takePacket(packet: Packet): void {
    this.packetsReceived += 1;
    switch (this.phase) {
      case 'hello':
        this.learnerInfo(packet);
        break;
      case 'epoch':
        this.ackEpoch(packet);
        break;
      case 'history':
        this.ackNewLeader(packet);
        break;
      default:
        this.followerPacket(packet);
    }
  }

  private learnerInfo(packet: Packet): void {
    const { type, data } = packet;
    if (type !== PacketType.followerInfo && type !== PacketType.observerInfo) {
      throw new JuteError(`packet ${type} instead of FOLLOWERINFO`);
    }
    const info = readLearnerInfo(data);
    if (info.protocolVersion < PROTOCOL_VERSION) {
      throw new JuteError('a protocol from before ZooKeeper 3.4');
    }
    if (this.sid !== NOBODY) throw new JuteError('it has told who it is already');
    if (info.serverId < 0n || info.serverId > Number.MAX_SAFE_INTEGER) {
      throw new JuteError(`no server has the id ${info.serverId}`);
    }
    this.sid = Number(info.serverId);
    this.isParticipant = type === PacketType.followerInfo;
    this.reader.sizeLimit = this.packetSizeLimit;
    this.ports.owner.learnerKnown(this, epochOf(packet.zxid), info.configVersion);
  }

  /** Tells the epoch that this learner is to accept. */
  sendLeaderInfo(epoch: number): void {
    if (this.phase !== 'hello') return;
    this.phase = 'epoch';
    this.epoch = epoch;
    const version = Buffer.alloc(4);
    version.writeInt32BE(PROTOCOL_VERSION);
    this.send(PacketType.leaderInfo, startOfEpoch(epoch), version);
  }

  private ackEpoch(packet: Packet): void {
    if (packet.type !== PacketType.ackEpoch || packet.data.length < 4) {
      throw new JuteError(`packet ${packet.type} instead of ACKEPOCH`);
    }
    const epoch = readInt32(packet.data, 0);
    this.ports.owner.epochAccepted(this, epoch === -1 ? null : epoch, packet.zxid);
  }

  private ackNewLeader(packet: Packet): void {
    if (packet.type !== PacketType.ack) {
      throw new JuteError(`packet ${packet.type} instead of the ACK of NEWLEADER`);
    }
    if (packet.zxid !== startOfEpoch(this.epoch)) {
      // A follower of Java's before 3.9.1 may acknowledge what came before NEWLEADER first (ZOOKEEPER-4685). That part of the history is
      // on its disk, and no more is said of the rest.
      this.ack(packet);
      return;
    }
    this.phase = 'synced';
    this.ports.owner.newLeaderAccepted(this);
  }

  private followerPacket(packet: Packet): void {
    const { owner, log } = this.ports;
    switch (packet.type) {
      case PacketType.ack:
        this.ack(packet);
        break;
      case PacketType.ping:
        this.ping(packet);
        break;
      case PacketType.revalidate:
        this.revalidate(packet);
        break;
      case PacketType.request:
        owner.request(this, readLearnerRequest(packet));
        break;
      default:
        log.warn(`unexpected packet ${packet.type} from ${this.name}`);
    }
  }

  /** The acknowledgement behind UPTODATE names the beginning of the epoch and says nothing new. */
  private ack(packet: Packet): void {
    const counter = packet.zxidLow >>> 0;
    // A follower of Java's acknowledges what it was given of earlier epochs as well.
    if (counter === 0 || packet.zxidHigh !== this.epoch) return;
    if (counter > this.lastAcked) this.lastAcked = counter;
    this.unackedSince = this.lastAcked >= this.lastSent ? 0 : this.ports.clock.elapsed;
    this.ports.owner.acknowledged(this, counter);
  }

  private ping(packet: Packet): void {
    const { owner } = this.ports;
    readHeardSessions(packet, (sessionId, timeout) => owner.heardSession(this, sessionId, timeout));
    this.pingsAnswered += 1;
    owner.pingAnswered(this);
  }

  private revalidate(packet: Packet): void {
    this.ports.metrics.revalidateCount.increment();
    const { sessionId, timeout } = readRevalidate(packet);
    const isValid = this.ports.owner.revalidate(this, sessionId, timeout);
    const answer = writeRevalidated({ sessionId, isValid });
    this.send(PacketType.revalidate, packet.zxid, answer);
  }

  // ---- what is sent

  /** Whether a tree or a part of the log is on its way, and what is committed meanwhile follows behind. */
  get isSendingHistory(): boolean {
    return this.sender.isSending;
  }

  /** Sends a packet behind everything that was sent before. */
  send(type: number, zxid: bigint, data: Uint8Array | null = null): void {
    if (!this.isOpen) return;
    this.packetsSent += 1;
    this.out.write(type, zxid, data);
  }

  /** Sends a proposal. */
  propose(zxid: Zxid, counter: number, record: Uint8Array): void {
    if (this.unackedSince === 0) this.unackedSince = this.ports.clock.elapsed;
    this.lastSent = counter;
    this.send(PacketType.proposal, zxid, record);
  }

  /** Asks for a sign of life, and for the sessions that the learner has heard. */
  sendPing(lastProposed: Zxid): void {
    this.pingsSent += 1;
    this.send(PacketType.ping, lastProposed);
  }

  /** Begins to make the learner's history ours; what is sent from now on follows behind. */
  synchronise(peerLastZxid: Zxid, isSnapForced: boolean): void {
    const { history, log } = this.ports;
    this.phase = 'history';
    this.peerLastZxid = peerLastZxid;
    const sync = openSync(history, peerLastZxid, isSnapForced);
    this.syncKind = sync.kind === 'snap' ? 'snap' : 'diff';
    const how = sync.kind === 'log' ? 'DIFF out of the log' : sync.kind.toUpperCase();
    log.info(
      `synchronising ${this.name}: its last zxid is 0x${toHex(peerLastZxid)}, ours 0x${toHex(history.lastProcessedZxid)}: ${how}`,
    );
    if ('source' in sync) {
      this.sender.begin(sync.source);
      if (sync.kind === 'log') this.sendCommitted(sync.after);
    } else {
      this.send(PacketType[sync.kind], sync.zxid);
      this.sendCommitted(sync.after);
      this.historySent();
    }
  }

  /** Tells the learner that it may serve. */
  sendUpToDate(): void {
    this.phase = 'following';
    if (this.unackedSince !== 0) this.unackedSince = this.ports.clock.elapsed;
    this.send(PacketType.upToDate, toZxid(-1n));
  }

  private historySent(): void {
    const { owner, metrics } = this.ports;
    const { snapCount, diffCount } = metrics;
    (this.syncKind === 'snap' ? snapCount : diffCount).increment();
    owner.historySent(this);
  }

  private sendCommitted(after: Zxid): void {
    for (const { zxid, record } of this.ports.history.committed.entriesAbove(after)) {
      this.sendCommittedTxn(zxid, record);
    }
  }

  /** Sends a transaction that is committed, as a part of the history. */
  sendCommittedTxn(zxid: Zxid, record: Uint8Array): void {
    this.send(PacketType.proposal, zxid, record);
    this.send(PacketType.commit, zxid);
  }

  /** Sends what this turn has written. Returns whether another turn is due at once, for the next slice. */
  flush(): boolean {
    if (!this.isOpen) return false;
    const { out, link } = this;
    const isMoreToDo = this.sendSlice();
    if (!this.sender.isSending && out.size > 0) {
      const packetCount = this.packetsSent - this.packetsFlushed;
      this.ports.metrics.learnerHandlerQpSize.add(this.sid, packetCount);
      this.packetsFlushed = this.packetsSent;
      out.flush(link);
    }
    // What is committed while a tree is on its way waits behind it, in this server's memory.
    const unsentSize = link.unsentSize + out.size;
    if (unsentSize <= UNSENT_LIMIT) return isMoreToDo;
    this.fault(`does not read: ${unsentSize} bytes wait for it`);
    return false;
  }

  /** Sends a slice where one is due. Returns whether the next is due at once; else its time is when this one is sent, which is told. */
  private sendSlice(): boolean {
    const result = this.nextSlice();
    if (result === null) return false;
    if (result === 'snap') return this.startAgain();
    // It says nothing meanwhile. Java begins to count when everything is sent; here that is so of each slice.
    this.lastHeardAt = this.ports.clock.elapsed;
    if (result === 'done') this.historySent();
    return result === 'more';
  }

  private nextSlice(): SliceResult | null {
    try {
      return this.sender.sendSlice(this.link);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.ports.owner.logUnreadable(this);
      this.fault(`cannot be sent what it misses: ${error.message}`);
      return null;
    }
  }

  /**
   * The log does not reach back far enough, or it differs too much. What was to follow it would follow a tree that shows it already: if
   * some of it were cut off later, a tree with an older zxid than what it shows would bring it back.
   */
  private startAgain(): boolean {
    this.ports.log.info(`the log does not have what ${this.name} misses: SNAP`);
    this.out.clear();
    this.packetsFlushed = this.packetsSent;
    this.ports.owner.logTooShort(this, this.peerLastZxid);
    return this.isOpen;
  }

  // ---- ends

  /** Ends the link for what its learner did, with one line in the log. */
  fault(what: string): void {
    if (!this.isOpen) return;
    this.ports.log.warn(`${this.name} ${what}; its link is closed`);
    this.end();
  }

  private end(): void {
    this.close();
    this.ports.owner.learnerLost(this);
  }

  /** Closes the link; the leader hears nothing of it. */
  close(): void {
    this.phase = 'closed';
    this.sender.close();
    this.link.destroy();
  }
}
