/*
 * The packets between a leader and its learners (Java: QuorumPacket in zookeeper.jute, the constants of Leader).
 *
 *   type int, zxid long, data buffer (int length or -1, bytes), authinfo vector<Id> (int count or -1, {scheme ustring, id ustring} each)
 *
 * They follow each other without any frame: where one ends is known only from what is in it. PacketReader takes them off a
 * stream under any chunking. What REQUEST, REVALIDATE and PING carry is session-packets.ts.
 *
 * | packet | from | zxid | data | handled by |
 * | --- | --- | --- | --- | --- |
 * | FOLLOWERINFO, OBSERVERINFO | learner | accepted epoch, 0 | LearnerInfo | LearnerHandler.learnerInfo |
 * | LEADERINFO | leader | new epoch, 0 | protocol version int | Learner.leaderInfo |
 * | ACKEPOCH | learner | last zxid in the log | current epoch int, or -1 | LearnerHandler.ackEpoch |
 * | DIFF | leader | last committed | | SyncIntake.begin |
 * | TRUNC | leader | where to cut | | SyncIntake.begin |
 * | SNAP | leader | of the tree that follows | (a tree, then the string BenWasHere) | SyncIntake.begin, SyncIntake.take |
 * | NEWLEADER | leader | new epoch, 0 | membership as text | Learner.newLeader |
 * | UPTODATE | leader | -1 | | Learner.upToDate |
 * | PROPOSAL | leader | its own | header, transaction, digest | Learner.proposal |
 * | ACK | follower | of the proposal, or of NEWLEADER | | LearnerHandler.ack |
 * | COMMIT | leader | of the proposal | | Learner.commit |
 * | COMMITANDACTIVATE | leader | of the proposal | designated leader long | Learner.commit |
 * | INFORM | leader, to observers | its own | as PROPOSAL | Learner.proposal |
 * | INFORMANDACTIVATE | leader, to observers | its own | designated leader long, as PROPOSAL | Learner.proposal |
 * | PING | leader; answered by learners | last proposed | of the answer: sessions that were heard, {id long, time-out int} each | both |
 * | REQUEST | learner | -1 | session long, cxid int, type int, record | Leader.request |
 * | SYNC | leader | 0 | | Learner.leaderPacket |
 * | REVALIDATE | learner; answered by the leader | 0 | session long, time-out int; session long, boolean | both |
 */

import type { Id } from '../../jute/data.ts';
import { readId, writeId } from '../../jute/data.ts';
import type { Zxid } from '../../jute/int64.ts';
import { readInt32, readInt64, toZxid } from '../../jute/int64.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { JuteWriter } from '../../jute/writer.ts';

/** The types of packets. */
export const PacketType = {
  request: 1,
  proposal: 2,
  ack: 3,
  commit: 4,
  ping: 5,
  revalidate: 6,
  sync: 7,
  inform: 8,
  commitAndActivate: 9,
  newLeader: 10,
  followerInfo: 11,
  upToDate: 12,
  diff: 13,
  trunc: 14,
  snap: 15,
  observerInfo: 16,
  leaderInfo: 17,
  ackEpoch: 18,
  informAndActivate: 19,
} as const;

/** What behind a SNAP's tree tells that it was whole. */
export const SNAPSHOT_SIGNATURE = 'BenWasHere';

/** The version of the protocol, since 3.4. */
export const PROTOCOL_VERSION = 0x10000;

/** type, zxid and the length of the data. */
const START_SIZE = 16;

/** Identities that a client can have are few; whoever names more does not speak this protocol. */
const AUTHINFO_LIMIT = 100_000;

const NO_BYTES = Buffer.alloc(0);

/** One packet, a view of the bytes it came in: good until its handler returns. */
export class Packet {
  type = 0;
  zxidHigh = 0;
  zxidLow = 0;
  /** Empty where it is null. */
  data: Buffer = NO_BYTES;
  private bytes: Buffer = NO_BYTES;
  private start = 0;
  private end = 0;
  private authinfoStart = 0;

  /** Takes `bytes[start, end)`, which is one whole packet. */
  set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.type = readInt32(bytes, start);
    this.zxidHigh = readInt32(bytes, start + 4);
    this.zxidLow = readInt32(bytes, start + 8);
    const size = Math.max(0, readInt32(bytes, start + 12));
    this.authinfoStart = start + START_SIZE + size;
    this.data = size === 0 ? NO_BYTES : bytes.subarray(start + START_SIZE, this.authinfoStart);
  }

  get zxid(): Zxid {
    return toZxid(readInt64(this.bytes, this.start + 4));
  }

  /** Raises JuteError for what is no list of identities. */
  readAuthinfo(): readonly Id[] {
    const reader = new JuteReader(this.bytes, this.authinfoStart, this.end);
    const count = reader.readVectorSize(8);
    const ids: Id[] = [];
    for (let index = 0; index < count; index++) ids.push(readId(reader));
    return ids;
  }
}

/** The size of the packet at `start`, or how many bytes have to be there to tell, negative. Raises JuteError for nonsense. */
function packetSize(bytes: Buffer, start: number, end: number, limit: number): number {
  if (end - start < START_SIZE + 4) return -(START_SIZE + 4);
  const dataSize = readInt32(bytes, start + 12);
  if (dataSize < -1 || dataSize > limit) throw new JuteError(`a packet of ${dataSize} bytes`);
  let size = START_SIZE + Math.max(0, dataSize) + 4;
  if (end - start < size) return -size;
  const count = readInt32(bytes, start + size - 4);
  if (count < -1 || count > AUTHINFO_LIMIT) throw new JuteError(`${count} identities`);
  for (let index = 0; index < 2 * count; index++) {
    if (end - start < size + 4) return -(size + 4);
    const length = readInt32(bytes, start + size);
    if (length < -1 || length > limit) throw new JuteError(`an identity of ${length} bytes`);
    size += 4 + Math.max(0, length);
    if (size > 2 * limit) throw new JuteError('too many identities');
  }
  return end - start < size ? -size : size;
}

/** Takes packets off a stream. */
export class PacketReader {
  /** Bytes of data in a packet, at most; may be changed from one packet to the next. */
  sizeLimit: number;
  private readonly packet = new Packet();
  /** Bytes of a packet that is not whole yet: `backlog[0, backlogSize)`. */
  private backlog: Buffer = NO_BYTES;
  private backlogSize = 0;

  constructor(sizeLimit: number) {
    this.sizeLimit = sizeLimit;
  }

  /**
   * Takes `chunk[0, size)` and hands over every packet that is whole now. As long as the handler wants them raw, all bytes go to
   * it as they are, which is how a SNAP's tree is taken. Raises JuteError for nonsense.
   */
  push(chunk: Buffer, size: number, handler: PacketHandler): void {
    let bytes = chunk;
    let start = 0;
    let end = size;
    if (this.backlogSize > 0) {
      this.append(chunk, size);
      bytes = this.backlog;
      end = this.backlogSize;
      this.backlogSize = 0;
    }
    while (start < end && handler.isOpen) {
      if (handler.wantsRaw) {
        start += handler.takeRaw(bytes, start, end);
        continue;
      }
      const packetEnd = packetSize(bytes, start, end, this.sizeLimit);
      if (packetEnd <= 0) {
        this.keep(bytes, start, end, -packetEnd);
        return;
      }
      this.packet.set(bytes, start, start + packetEnd);
      start += packetEnd;
      handler.takePacket(this.packet);
    }
    if (start < end && handler.isOpen) this.keep(bytes, start, end, end - start);
  }

  private append(chunk: Buffer, size: number): void {
    const needed = this.backlogSize + size;
    if (needed > this.backlog.length) this.grow(needed, 0, this.backlogSize);
    chunk.copy(this.backlog, this.backlogSize, 0, size);
    this.backlogSize = needed;
  }

  /** Keeps `bytes[start, end)`, with room for `needed` bytes in all: a large packet is not copied again and again. */
  private keep(bytes: Buffer, start: number, end: number, needed: number): void {
    const size = end - start;
    if (bytes === this.backlog) {
      if (needed > this.backlog.length) this.grow(needed, start, end);
      else this.backlog.copyWithin(0, start, end);
    } else {
      if (Math.max(needed, size) > this.backlog.length) {
        this.backlog = Buffer.allocUnsafeSlow(Math.max(needed, size, 1024));
      }
      bytes.copy(this.backlog, 0, start, end);
    }
    this.backlogSize = size;
  }

  private grow(needed: number, start: number, end: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.backlog.length));
    this.backlog.copy(larger, 0, start, end);
    this.backlog = larger;
  }
}

/** Hears what a PacketReader finds. */
export interface PacketHandler {
  /** False: nothing more is wanted. */
  readonly isOpen: boolean;
  /** True: what comes next is not a packet. */
  readonly wantsRaw: boolean;
  takePacket(packet: Packet): void;
  /** Takes bytes from `bytes[start, end)`; returns how many, at least one. */
  takeRaw(bytes: Buffer, start: number, end: number): number;
}

/** Writes a packet. */
export function writePacket(
  writer: JuteWriter,
  type: number,
  zxid: bigint,
  data: Uint8Array | null,
  authinfo: readonly Id[] | null = null,
): void {
  writer.writeInt(type);
  writer.writeLong(zxid);
  writer.writeBuffer(data);
  writeAuthinfo(writer, authinfo);
}

function writeAuthinfo(writer: JuteWriter, authinfo: readonly Id[] | null): void {
  if (authinfo === null) {
    writer.writeInt(-1);
    return;
  }
  writer.writeInt(authinfo.length);
  for (const id of authinfo) writeId(writer, id);
}

/** What a learner says of itself: server id long, protocol version int, version of its membership long. */
export interface LearnerInfo {
  readonly serverId: bigint;
  readonly protocolVersion: number;
  readonly configVersion: bigint;
}

/** Reads a LearnerInfo; of versions before 3.5 there is no configVersion, of those before 3.4 only the id. */
export function readLearnerInfo(data: Buffer): LearnerInfo {
  const reader = new JuteReader(data);
  return {
    serverId: reader.readLong(),
    protocolVersion: data.length >= 12 ? reader.readInt() : 0,
    configVersion: data.length >= 20 ? reader.readLong() : 0n,
  };
}

/** Writes a LearnerInfo. */
export function writeLearnerInfo(writer: JuteWriter, info: LearnerInfo): void {
  writer.writeLong(info.serverId);
  writer.writeInt(info.protocolVersion);
  writer.writeLong(info.configVersion);
}
