/*
 * What REQUEST, REVALIDATE and PING carry: what one end writes the other reads, byte by byte as it is said to be.
 */
import { describe, expect, it } from 'vitest';
import { toSessionId } from '../../../src/jute/int64.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { Packet, PacketType, writePacket } from '../../../src/quorum/zab/packet.ts';
import {
  readHeardSessions,
  readLearnerRequest,
  readRevalidate,
  readRevalidated,
  writeHeardSessions,
  writeLearnerRequest,
  writeRevalidate,
  writeRevalidated,
} from '../../../src/quorum/zab/session-packets.ts';

const SESSION = toSessionId(0x0102030405060708n);
const OTHER = toSessionId(-2n);

function packetOf(data: Buffer): Packet {
  const writer = new JuteWriter();
  writePacket(writer, PacketType.request, -1n, data, [{ scheme: 'digest', id: 'ann' }]);
  const packet = new Packet();
  packet.set(writer.toBuffer(), 0, writer.length);
  return packet;
}

describe('packets about sessions', () => {
  it('a request keeps its session, cxid, type, record and identities', () => {
    const start = { sessionId: SESSION, cxid: 7, type: 1 };
    const data = writeLearnerRequest(start, Buffer.from('ab'));
    expect(data.toString('hex')).toBe('010203040506070800000007000000016162');
    const authinfo = [{ scheme: 'digest', id: 'ann' }];
    const body = Buffer.from('ab');
    expect(readLearnerRequest(packetOf(data))).toEqual({ ...start, body, authinfo });
  });

  it('a question for a session keeps its time-out, and the answer says whether it lives', () => {
    const data = writeRevalidate({ sessionId: SESSION, timeout: 4000 });
    expect(data.toString('hex')).toBe('010203040506070800000fa0');
    expect(readRevalidate(packetOf(data))).toEqual({ sessionId: SESSION, timeout: 4000 });
    for (const isValid of [true, false]) {
      const answer = writeRevalidated({ sessionId: OTHER, isValid });
      expect(answer.toString('hex')).toBe(`fffffffffffffffe0${isValid ? 1 : 0}`);
      expect(readRevalidated(packetOf(answer))).toEqual({ sessionId: OTHER, isValid });
    }
  });

  it('the answer to a PING lists any number of sessions, in order', () => {
    const sessions = new Map([
      [SESSION, 4000],
      [OTHER, 30_000],
    ]);
    for (const heard of [new Map(), sessions]) {
      const read: [bigint, number][] = [];
      const data = writeHeardSessions(heard);
      readHeardSessions(packetOf(data), (sessionId, timeout) => read.push([sessionId, timeout]));
      expect(read).toEqual([...heard]);
    }
  });
});
