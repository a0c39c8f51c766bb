/*
 * Frames come whole out of whatever pieces a socket gives.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../src/client/frames.ts';
import { JuteError } from '../../src/jute/reader.ts';

const frame = (body: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
};

const framesIn = (reader: FrameReader): string[] => {
  const frames: string[] = [];
  while (reader.next()) frames.push(reader.bytes.toString('hex', reader.start, reader.end));
  return frames;
};

describe('frames', () => {
  it('are the same however the bytes are cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    const cuts = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(bodies, cuts, fc.boolean(), (sent, sizes, isPeeking) => {
        const reader = new FrameReader(1_000);
        const bytes = Buffer.concat(sent.map(frame));
        const heard: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = 1 + (sizes[turn % sizes.length] ?? 0);
          reader.push(bytes.subarray(at, at + size));
          if (isPeeking) reader.peekInt();
          heard.push(...framesIn(reader));
          at += size;
        }
        expect(heard).toEqual(sent.map((body) => Buffer.from(body).toString('hex')));
      }),
    );
  });

  it('tell their first four bytes before they are taken', () => {
    const reader = new FrameReader(1_000);
    const bytes = frame(Buffer.from('0000002a07', 'hex'));
    reader.push(bytes.subarray(0, 8));
    expect(reader.peekInt()).toBeNull();
    reader.push(bytes.subarray(8));
    expect(reader.peekInt()).toBe(42);
    expect(framesIn(reader)).toEqual(['0000002a07']);
  });

  it.each([-1, 1_000, 0x7fffffff])('of length %d are refused', (size) => {
    const reader = new FrameReader(1_000);
    const length = Buffer.alloc(4);
    length.writeInt32BE(size);
    reader.push(length);
    expect(() => reader.next()).toThrow(JuteError);
  });
});
