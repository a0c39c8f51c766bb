/*
 * Packets: as Java writes them, under any chunking, and nonsense.
 *
 * golden/ has what a leader of 3.8.0 (server 2) and two of its learners, the follower 1 and the observer 3, said to each other, byte
 * by byte; clients of the learners make sessions, write, sync, prove an identity, and move a session from one to the other.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Id } from '../../../src/jute/data.ts';
import { readInt32, readInt64 } from '../../../src/jute/int64.ts';
import { JuteReader } from '../../../src/jute/reader.ts';
import { readTxn, readTxnDigest, readTxnHeader } from '../../../src/jute/txn.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import type { Packet, PacketHandler } from '../../../src/quorum/zab/packet.ts';
import {
  PacketReader,
  PacketType,
  readLearnerInfo,
  writeLearnerInfo,
  writePacket,
} from '../../../src/quorum/zab/packet.ts';
import { Link, RawPeer } from './links.ts';

const golden = (name: string): Buffer => readFileSync(new URL(`golden/${name}`, import.meta.url));

/** A packet as it was heard. */
interface Heard {
  readonly type: number;
  readonly zxid: bigint;
  readonly data: Buffer;
  readonly ids: readonly Id[];
}

/** Lists packets; behind a SNAP it takes `rawSize` bytes as they are. */
class Listener implements PacketHandler {
  readonly heard: (Heard | string)[] = [];
  isOpen = true;
  private rawLeft = 0;
  private readonly rawSize: number;
  private raw = Buffer.alloc(0);

  constructor(rawSize = 0) {
    this.rawSize = rawSize;
  }

  get wantsRaw(): boolean {
    return this.rawLeft > 0;
  }

  takePacket(packet: Packet): void {
    const { type, zxid } = packet;
    this.heard.push({ type, zxid, data: Buffer.from(packet.data), ids: packet.readAuthinfo() });
    if (type === PacketType.snap) this.rawLeft = this.rawSize;
  }

  takeRaw(bytes: Buffer, start: number, end: number): number {
    const size = Math.min(this.rawLeft, end - start);
    this.raw = Buffer.concat([this.raw, bytes.subarray(start, start + size)]);
    this.rawLeft -= size;
    if (this.rawLeft === 0) {
      this.heard.push(this.raw.toString('latin1'));
      this.raw = Buffer.alloc(0);
    }
    return size;
  }
}

/** Hands over `bytes` in pieces that end at `cuts`, each in memory that is used for others afterwards. */
function pushCut(bytes: Buffer, cuts: readonly number[], handler: PacketHandler): void {
  const reader = new PacketReader(1 << 20);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  let at = 0;
  for (const end of ends.sort((a, b) => a - b)) {
    const chunk = Buffer.from(bytes.subarray(at, end));
    reader.push(chunk, chunk.length, handler);
    chunk.fill(0xee);
    at = end;
  }
}

function packetsOf(name: string): Heard[] {
  const listener = new Listener();
  pushCut(golden(name), [], listener);
  return listener.heard as Heard[];
}

/** The first packet of a type. */
function first(name: string, type: number): Heard {
  const packet = packetsOf(name).find((each) => each.type === type);
  if (packet === undefined) throw new Error(`no packet ${type} in ${name}`);
  return packet;
}

describe('what Java says', () => {
  it.each(['leader-to-follower', 'follower-to-leader', 'observer-to-leader'])(
    'is the same bytes when it is written again (%s)',
    (name) => {
      const bytes = golden(name);
      const writer = new JuteWriter();
      for (const { type, zxid, data, ids } of packetsOf(name)) {
        // What is empty and what is not there differ, and it is the answer to a PING that is empty.
        const isEmpty = type === PacketType.ping && name !== 'leader-to-follower';
        const absent = data.length === 0 && !isEmpty;
        writePacket(writer, type, zxid, absent ? null : data, ids.length === 0 ? null : ids);
      }
      expect(writer.view().toString('hex')).toBe(bytes.toString('hex'));
    },
  );

  it('is a LearnerInfo', () => {
    const { zxid, data } = first('follower-to-leader', PacketType.followerInfo);
    expect(zxid).toBe(0n);
    const info = readLearnerInfo(data);
    expect(info).toEqual({ serverId: 1n, protocolVersion: 0x10000, configVersion: 0n });
    const writer = new JuteWriter();
    writeLearnerInfo(writer, info);
    expect(writer.view()).toEqual(data);
  });

  it('is an epoch, and a protocol that begins with 3.4', () => {
    const { zxid, data } = first('leader-to-follower', PacketType.leaderInfo);
    expect([zxid, data.toString('hex')]).toEqual([0x100000000n, '00010000']);
    expect(first('follower-to-leader', PacketType.ackEpoch).data.toString('hex')).toBe('00000000');
  });

  it('is a membership, in NEWLEADER', () => {
    const { data } = first('leader-to-follower', PacketType.newLeader);
    const lines = data.toString().replaceAll(/:\d{4,5}/g, ':port');
    expect(lines).toBe(
      'server.1=127.0.0.1:port:port:participant\nserver.2=127.0.0.1:port:port:participant\n' +
        'server.3=127.0.0.1:port:port:observer\nversion=0',
    );
  });

  it('is a transaction with its digest, in PROPOSAL and in INFORM', () => {
    const proposals = packetsOf('leader-to-follower').filter(
      ({ type }) => type === PacketType.proposal,
    );
    const read = proposals.map(({ zxid, data }) => {
      const reader = new JuteReader(data);
      const header = readTxnHeader(reader);
      expect(header.zxid).toBe(zxid);
      expect(readTxn(header.type, reader).type).toBe(header.type);
      expect(readTxnDigest(reader)?.version).toBe(2);
      return header.type;
    });
    expect(read).toEqual([-10, 1, 5, 1, -11, -10, 1, 5, 1, -11, -10, -11]);
  });

  it('has the identities of a client behind its request', () => {
    const requests = packetsOf('follower-to-leader').filter(
      ({ type }) => type === PacketType.request,
    );
    expect(requests.map(({ data }) => readInt32(data, 12))).toEqual([-10, 1, 5, 9, 1, -11, -10]);
    expect(requests[4]?.ids).toEqual([
      { scheme: 'digest', id: 'ann:RYbu6l5aZwqon8VWmkcGvezdzfc=' },
      { scheme: 'ip', id: '127.0.0.1' },
    ]);
  });

  it('tells sessions with the answer to a PING, and asks for one with REVALIDATE', () => {
    const heard = packetsOf('follower-to-leader').filter(
      ({ type, data }) => type === PacketType.ping && data.length > 0,
    );
    expect(heard.map(({ data }) => [data.length, readInt32(data, 8)])).toEqual([
      [12, 6000],
      [12, 6000],
    ]);
    const { data } = first('observer-to-leader', PacketType.revalidate);
    expect([readInt64(data, 0) >> 56n, readInt32(data, 8)]).toEqual([1n, 6000]);
  });

  it('is a tree behind SNAP, and INFORM for an observer behind that', () => {
    const [, here] = Link.pair();
    const peer = new RawPeer(here);
    const bytes = golden('leader-to-observer');
    peer.receive(bytes, bytes.length);
    expect(peer.take().slice(0, 4)).toEqual([
      'LEADERINFO 1:0',
      'SNAP 1:5',
      'NEWLEADER 1:0',
      'UPTODATE',
    ]);
    const row = peer.tree.findPath('/a');
    expect(peer.tree.dataOf(row)?.toString()).toBe('two');
    expect(peer.data.filter(({ name }) => name === 'INFORM')).toHaveLength(7);
  });
});

describe('packets on a stream', () => {
  const id = fc.record({ scheme: fc.string({ maxLength: 5 }), id: fc.string({ maxLength: 9 }) });
  const packet = fc.record({
    // SNAP now and then, behind which come raw bytes.
    type: fc.constantFrom(...Object.values(PacketType), PacketType.snap, 77, -3),
    zxid: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    data: fc.option(fc.uint8Array({ maxLength: 3000 }), { nil: null }),
    ids: fc.option(fc.array(id, { maxLength: 3 }), { nil: null }),
  });

  it('come out as they went in, whatever their pieces, with raw bytes between them', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    const rawSize = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 6 }), cuts, rawSize, (packets, at, size) => {
        const writer = new JuteWriter();
        const expected: (Heard | string)[] = [];
        for (const { type, zxid, data, ids } of packets) {
          writePacket(writer, type, zxid, data, ids);
          expected.push({ type, zxid, data: Buffer.from(data ?? []), ids: ids ?? [] });
          if (type !== PacketType.snap) continue;
          const raw = Buffer.alloc(size, 0x61 + (expected.length % 20));
          writer.writeBytes(raw);
          expected.push(raw.toString('latin1'));
        }
        const listener = new Listener(size);
        pushCut(writer.toBuffer(), at, listener);
        expect(listener.heard).toEqual(expected);
      }),
    );
  });

  it('come out byte by byte', () => {
    const bytes = golden('follower-to-leader');
    const listener = new Listener();
    pushCut(bytes, [...bytes.keys()], listener);
    expect(listener.heard).toEqual(packetsOf('follower-to-leader'));
  });

  it('are left alone when the handler has closed', () => {
    const listener = new Listener();
    const close: PacketHandler = {
      get isOpen() {
        return listener.heard.length < 2;
      },
      wantsRaw: false,
      takePacket: (each) => listener.takePacket(each),
      takeRaw: () => 0,
    };
    pushCut(golden('follower-to-leader'), [], close);
    expect(listener.heard).toHaveLength(2);
  });
});

describe('nonsense', () => {
  /** type, zxid, then these ints. */
  function start(...ints: readonly number[]): Buffer {
    const writer = new JuteWriter();
    writer.writeInt(PacketType.ping);
    writer.writeLong(0n);
    for (const each of ints) writer.writeInt(each);
    return writer.toBuffer();
  }

  it.each([
    ['data of a negative length', start(-2, 0), 'a packet of -2 bytes'],
    ['more data than the limit', start(1001, 0), 'a packet of 1001 bytes'],
    ['the largest length there is', start(0x7fffffff, 0), 'a packet of 2147483647 bytes'],
    ['a negative number of identities', start(0, -2), '-2 identities'],
    ['too many identities', start(0, 100_001), '100001 identities'],
    ['an identity of a negative length', start(0, 1, -2), 'an identity of -2 bytes'],
    ['an identity that is too long', start(0, 1, 1001), 'an identity of 1001 bytes'],
  ])('is refused before anything is made for it: %s', (_what, bytes, message) => {
    const reader = new PacketReader(1000);
    expect(() => reader.push(bytes, bytes.length, new Listener())).toThrow(message);
  });

  it('is refused where identities are together too long', () => {
    const reader = new PacketReader(1000);
    const texts = Array.from({ length: 3 }, () => {
      return Buffer.concat([Buffer.from([0, 0, 3, 0xe8]), Buffer.alloc(1000)]);
    });
    const bytes = Buffer.concat([start(0, 2), ...texts]);
    expect(() => reader.push(bytes, bytes.length, new Listener())).toThrow('too many identities');
  });

  it('never raises anything but a JuteError', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (chunks) => {
        const reader = new PacketReader(1000);
        try {
          for (const chunk of chunks) {
            const bytes = Buffer.from(chunk);
            reader.push(bytes, bytes.length, new Listener(7));
          }
        } catch (error) {
          expect(error).toHaveProperty('name', 'JuteError');
        }
      }),
    );
  });

  it('a LearnerInfo that ends early is refused, one of an older release is read', () => {
    expect(() => readLearnerInfo(Buffer.alloc(7))).toThrow('needs 8 bytes, has 7');
    const old = { serverId: 0n, protocolVersion: 0, configVersion: 0n };
    expect(readLearnerInfo(Buffer.alloc(8))).toEqual(old);
    expect(readLearnerInfo(Buffer.alloc(12))).toEqual(old);
  });
});
