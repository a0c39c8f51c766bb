/*
 * Frames come out whole and in order, however the bytes are cut: a chunk of a socket ends anywhere, also
 * within a length.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrameReceiver, FrameSplitter } from '../../bench/frames.ts';
import { viewOf, WrongReply } from '../../bench/wire.ts';

class Collector implements FrameReceiver {
  readonly frames: string[] = [];

  chunkStart(): void {}

  frame(view: DataView, bytes: Buffer, start: number, end: number): void {
    expect(view.byteOffset).toBe(bytes.byteOffset);
    this.frames.push(bytes.toString('hex', start, end));
  }

  chunkEnd(): void {}

  closed(): void {}
}

function withLengths(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.map((body) => {
      const frame = Buffer.alloc(4 + body.length);
      frame.writeInt32BE(body.length);
      frame.set(body, 4);
      return frame;
    }),
  );
}

describe('FrameSplitter', () => {
  it('gives the same frames for any chunking', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 });
    const cuts = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(bodies, cuts, (frames, sizes) => {
        const stream = withLengths(frames);
        const collector = new Collector();
        const splitter = new FrameSplitter();
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const chunk = Buffer.from(stream.subarray(at, at + (sizes[turn % sizes.length] ?? 1)));
          splitter.split(viewOf(chunk), chunk, chunk.length, collector);
          at += chunk.length;
        }
        expect(collector.frames).toEqual(frames.map((body) => Buffer.from(body).toString('hex')));
      }),
    );
  });

  it.each([-1, 0x7fffffff])('refuses a length of %d', (length) => {
    const chunk = Buffer.alloc(4);
    chunk.writeInt32BE(length);
    const split = () => new FrameSplitter().split(viewOf(chunk), chunk, 4, new Collector());
    expect(split).toThrow(WrongReply);
  });
});
