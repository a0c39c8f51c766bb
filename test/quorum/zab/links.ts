/*
 * Links in memory, and a peer at the other end that says what the test wants and lists what it hears.
 *
 * Nothing arrives by itself: bytes are delivered when the test says so. Packets are listed as `PROPOSAL 2:1`, epoch and counter.
 */
import type { DataTree } from '../../../src/datatree/data-tree.ts';
import { SnapshotReceiver } from '../../../src/datatree/storage/snapshot-receiver.ts';
import { toZxid, type Zxid } from '../../../src/jute/int64.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import type { LinkHandler, PeerLink } from '../../../src/quorum/ports.ts';
import type { Packet, PacketHandler } from '../../../src/quorum/zab/packet.ts';
import {
  PacketReader,
  PacketType,
  SNAPSHOT_SIGNATURE,
  writeLearnerInfo,
  writePacket,
} from '../../../src/quorum/zab/packet.ts';
import { newTree } from '../../datatree/storage/scene.ts';

/** A zxid by its halves. */
export function zx(epoch: number, counter: number): Zxid {
  return toZxid((BigInt(epoch) << 32n) | BigInt(counter));
}

/** A zxid as the tests write it. */
export function shown(zxid: bigint): string {
  return zxid === -1n ? '-1' : `${zxid >> 32n}:${zxid & 0xffffffffn}`;
}

/** One end of a link. */
export class Link implements PeerLink {
  readonly remoteAddress: string;
  unsentSize = 0;
  isOpen = true;
  isPaused = false;
  /** Hears what arrives at this end. */
  handler: LinkHandler | null = null;
  private peer: Link | null = null;
  private readonly inbox: Buffer[] = [];
  private isPeerGone = false;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  /** Both ends. */
  static pair(): [Link, Link] {
    const ends: [Link, Link] = [new Link('10.0.0.1:2888'), new Link('10.0.0.2:45000')];
    ends[0].peer = ends[1];
    ends[1].peer = ends[0];
    return ends;
  }

  write(bytes: Uint8Array): void {
    if (this.isOpen) this.peer?.inbox.push(Buffer.from(bytes));
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  destroy(): void {
    this.isOpen = false;
    if (this.peer !== null) this.peer.isPeerGone = true;
  }

  /** Delivers what has come for this end, at most so many bytes at a time. */
  deliver(chunkSize = Number.POSITIVE_INFINITY): void {
    const bytes = Buffer.concat(this.inbox.splice(0));
    for (let at = 0; at < bytes.length && this.isOpen && !this.isPaused; at += chunkSize) {
      const chunk = Buffer.from(bytes.subarray(at, Math.min(bytes.length, at + chunkSize)));
      this.handler?.receive(chunk, chunk.length);
      chunk.fill(0xee);
    }
    if (this.isPeerGone && this.isOpen) {
      this.isOpen = false;
      this.handler?.closed(null);
    }
  }
}

const NAMES = new Map<number, string>(
  Object.entries(PacketType).map(([name, type]) => [type, name.toUpperCase()]),
);

/** A peer that the test plays. */
export class RawPeer implements LinkHandler, PacketHandler {
  readonly link: Link;
  /** The packets that were heard, and not taken yet. */
  private heard: string[] = [];
  /** Their data, all of them. */
  readonly data: { readonly name: string; readonly bytes: Buffer }[] = [];
  /** The tree of a SNAP. */
  readonly tree: DataTree = newTree();
  private receiver: SnapshotReceiver | null = null;
  private signatureSize = 0;
  readonly isOpen = true;
  private readonly reader = new PacketReader(1 << 24);

  constructor(link: Link) {
    this.link = link;
    link.handler = this;
  }

  /** Says a packet. */
  say(type: keyof typeof PacketType, zxid: bigint, data: Uint8Array | null = null): void {
    const writer = new JuteWriter();
    writePacket(writer, PacketType[type], zxid, data);
    this.link.write(writer.toBuffer());
  }

  /** What was heard since the last call. */
  take(): string[] {
    return this.heard.splice(0);
  }

  /** Whether the other side has closed the link. */
  get isClosed(): boolean {
    this.link.deliver();
    return !this.link.isOpen;
  }

  receive(chunk: Uint8Array, size: number): void {
    this.reader.push(chunk as Buffer, size, this);
  }

  drained(): void {}

  closed(): void {
    this.heard.push('closed');
  }

  takePacket(packet: Packet): void {
    const name = NAMES.get(packet.type) ?? String(packet.type);
    this.heard.push(packet.zxid === -1n ? name : `${name} ${shown(packet.zxid)}`);
    this.data.push({ name, bytes: Buffer.from(packet.data) });
    if (packet.type === PacketType.snap) {
      this.receiver = new SnapshotReceiver(this.tree, packet.zxid, null);
    }
  }

  get wantsRaw(): boolean {
    return this.receiver !== null || this.signatureSize > 0;
  }

  takeRaw(bytes: Buffer, start: number, end: number): number {
    if (this.receiver === null) {
      const size = Math.min(this.signatureSize, end - start);
      this.signatureSize -= size;
      return size;
    }
    const taken = this.receiver.push(bytes, start, end);
    if (this.receiver.isComplete) {
      this.receiver = null;
      this.signatureSize = 4 + SNAPSHOT_SIGNATURE.length;
    }
    return taken;
  }
}

/** The data of FOLLOWERINFO and OBSERVERINFO. */
export function learnerInfo(sid: bigint, protocolVersion = 0x10000, configVersion = 0n): Buffer {
  const writer = new JuteWriter();
  writeLearnerInfo(writer, { serverId: sid, protocolVersion, configVersion });
  return writer.toBuffer();
}

/** An int as the data of a packet. */
export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
