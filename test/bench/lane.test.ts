/*
 * A lane keeps its window full, and every kind of wrong reply fails the run: a benchmark that does not look
 * at what it gets would praise a server for answering nonsense quickly.
 */
import { describe, expect, it } from 'vitest';
import { DATA_BYTES, fillContent } from '../../bench/content.ts';
import type { FrameReceiver } from '../../bench/frames.ts';
import { Lane, type LaneLink, type SteadyLoad } from '../../bench/lane.ts';
import { readNode } from '../../bench/load/data-nodes.ts';
import { GetLoad } from '../../bench/load/read.ts';
import { MixedLoad, SetLoad } from '../../bench/load/write.ts';
import { Meter } from '../../bench/meter.ts';
import { STAT_BYTES, viewOf, WrongReply } from '../../bench/wire.ts';

/** The other end of the connection: keeps what is written and answers when told to. */
class OtherEnd implements LaneLink {
  receiver: FrameReceiver;
  readonly written: Buffer[] = [];

  constructor(receiver: FrameReceiver) {
    this.receiver = receiver;
  }

  write(bytes: Uint8Array): void {
    this.written.push(Buffer.from(bytes));
  }

  /** Delivers frames as one chunk. */
  answer(...frames: readonly Buffer[]): void {
    this.receiver.chunkStart();
    for (const frame of frames) this.receiver.frame(viewOf(frame), frame, 0, frame.length);
    this.receiver.chunkEnd();
  }
}

const nobody: FrameReceiver = { chunkStart() {}, frame() {}, chunkEnd() {}, closed() {} };

function laneOf(load: SteadyLoad, outstanding: number, limit = Number.POSITIVE_INFINITY) {
  const link = new OtherEnd(nobody);
  const meter = new Meter(0);
  const lane = new Lane({ link, load, meter }, { index: 0, outstanding, limit });
  return { link, meter, lane };
}

function header(xid: number, options: { zxid?: number; error?: number } = {}): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32BE(xid, 0);
  bytes.writeInt32BE(options.zxid ?? 9, 8);
  bytes.writeInt32BE(options.error ?? 0, 12);
  return bytes;
}

function stat(version: number): Buffer {
  const bytes = Buffer.alloc(STAT_BYTES);
  bytes.writeInt32BE(9, 12);
  bytes.writeInt32BE(version, 32);
  bytes.writeInt32BE(DATA_BYTES, 52);
  return bytes;
}

function data(node: number, version: number): Buffer {
  const bytes = Buffer.alloc(4 + DATA_BYTES);
  bytes.writeInt32BE(DATA_BYTES, 0);
  fillContent(viewOf(bytes), 4, node, version);
  return bytes;
}

/** The right reply to the get of a slot of lane 0. */
function getReply(xid: number, slot: number, options = {}): Buffer {
  return Buffer.concat([header(xid, options), data(readNode(0, slot), 0), stat(0)]);
}

describe('a lane', () => {
  it('writes as one buffer what a chunk of replies allows', () => {
    const { link, lane, meter } = laneOf(new GetLoad(), 4);
    lane.start();
    link.answer(getReply(1, 0), getReply(2, 1), getReply(3, 2));
    expect(link.written.map((bytes) => bytes.length / 37)).toEqual([4, 3]);
    expect(link.written[1]?.readInt32BE(4)).toBe(5);
    expect(meter.replies).toBe(3);
  });

  it('goes on after a pause, in which nothing counts', async () => {
    const { link, lane, meter } = laneOf(new GetLoad(), 2);
    lane.start();
    meter.isCounting = false;
    const drained = lane.drain();
    link.answer(getReply(1, 0), getReply(2, 1));
    await drained;
    expect(link.written.length).toBe(1);
    expect(meter.replies).toBe(0);
    lane.resume();
    meter.isCounting = true;
    link.answer(getReply(3, 2));
    expect(link.written.length).toBe(3);
    expect(meter.replies).toBe(1);
  });

  it('stops at its limit and says when the last reply has come', async () => {
    const { link, lane } = laneOf(new GetLoad(), 4, 2);
    lane.start();
    const finished = lane.finished();
    link.answer(getReply(1, 0), getReply(2, 1));
    await finished;
    expect(lane.isBusy).toBe(false);
    expect(link.written.length).toBe(1);
  });

  it.each([
    ['another xid', getReply(2, 0)],
    ['an error code', header(1, { error: -101 })],
    ['the data of another znode', getReply(1, 1)],
    ['a missing Stat', getReply(1, 0).subarray(0, -1)],
    ['half a header', header(1).subarray(0, 12)],
  ])('refuses %s', (_, reply) => {
    const { link, lane } = laneOf(new GetLoad(), 1);
    lane.start();
    expect(() => link.answer(reply)).toThrow(WrongReply);
  });

  it('refuses a zxid that goes back and a reply too many', () => {
    const { link, lane } = laneOf(new GetLoad(), 2, 2);
    lane.start();
    expect(() => link.answer(getReply(1, 0), getReply(2, 1, { zxid: 8 }))).toThrow(/zxid 8/);
    link.answer(getReply(2, 1));
    expect(() => link.answer(getReply(3, 2))).toThrow(/nobody asked/);
  });
});

describe('writes', () => {
  it('must show the version that follows upon the one before', () => {
    const { link, lane } = laneOf(new SetLoad(1000), 2);
    lane.start();
    link.answer(Buffer.concat([header(1), stat(1)]));
    expect(() => link.answer(Buffer.concat([header(2), stat(1)]))).toThrow(
      /version 1 instead of 2/,
    );
  });

  it('are read by their own session in exactly their version', () => {
    const load = new MixedLoad({ lanes: 1000, servers: 1 });
    const { link, lane } = laneOf(load, 12);
    lane.start();
    const gets = Array.from({ length: 9 }, (_, slot) => getReply(slot + 1, slot));
    link.answer(...gets, Buffer.concat([header(10), stat(1)]));
    expect(lane.received).toBe(10);
  });
});
