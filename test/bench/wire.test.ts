/*
 * The generator's own requests, byte by byte as the protocol has them, and its checks of what replies have
 * in common: data and Stat.
 */
import { describe, expect, it } from 'vitest';
import { checkContent, DATA_BYTES, fillContent } from '../../bench/content.ts';
import {
  checkStat,
  connectRequest,
  getLong,
  Op,
  RequestEncoder,
  RequestRing,
  STAT_BYTES,
  viewOf,
  WrongReply,
} from '../../bench/wire.ts';

describe('requests', () => {
  it('encodes a create as the protocol has it', () => {
    const out = new RequestEncoder().begin(7, Op.create).string('/a').int(2).zeros(2).openAcl();
    const hex = out.int(0).end().take().toString('hex');
    const acl = '000000010000001f00000005776f726c6400000006616e796f6e65';
    expect(hex).toBe(`000000330000000700000001000000022f61000000020000${acl}00000000`);
  });

  it('encodes the 45-byte connect request with its length', () => {
    const request = connectRequest(30_000);
    expect(request.length).toBe(4 + 45);
    expect(request.readInt32BE(0)).toBe(45);
    expect(request.readInt32BE(16)).toBe(30_000);
    expect(request.readInt32BE(28)).toBe(16);
  });

  it('keeps every request of a ring in its slot, beyond the size of the first buffer', () => {
    const ring = RequestRing.of(1000, (out, slot) => {
      out.begin(slot, Op.exists).string(`/node-${slot}`).bool(false).end();
    });
    for (const slot of [0, 1, 500, 999]) {
      expect(ring.view.getInt32(ring.at(slot) + 4)).toBe(slot);
      expect(ring.view.getInt32(ring.at(slot))).toBe(ring.at(slot + 1) - ring.at(slot) - 4);
    }
    expect(ring.at(ring.slotCount)).toBe(ring.bytes.length);
  });
});

describe('checks of replies', () => {
  it('sees one changed bit of the data, another version and another znode', () => {
    const bytes = Buffer.alloc(DATA_BYTES);
    const view = viewOf(bytes);
    fillContent(view, 0, 12, 3);
    expect(() => checkContent(view, 0, 12, 3)).not.toThrow();
    expect(() => checkContent(view, 0, 12, 2)).toThrow(WrongReply);
    expect(() => checkContent(view, 0, 13, 3)).toThrow(WrongReply);
    for (let at = 0; at < DATA_BYTES; at++) {
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
      expect(() => checkContent(view, 0, 12, 3)).toThrow(WrongReply);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
    }
  });

  it('reads the version from a Stat and refuses an owner or another length', () => {
    const stat = Buffer.alloc(STAT_BYTES);
    stat.writeInt32BE(5, 32);
    stat.writeInt32BE(100, 52);
    expect(checkStat(viewOf(stat), 0, 100)).toBe(5);
    expect(() => checkStat(viewOf(stat), 0, 99)).toThrow(WrongReply);
    stat.writeInt32BE(1, 48);
    expect(() => checkStat(viewOf(stat), 0, 100)).toThrow(WrongReply);
  });

  it('reads a zxid with an epoch', () => {
    const bytes = Buffer.from('00000003fffffffe', 'hex');
    expect(getLong(viewOf(bytes), 0)).toBe(3 * 2 ** 32 + 2 ** 32 - 2);
  });
});
