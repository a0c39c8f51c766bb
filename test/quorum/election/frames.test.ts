import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frame, MESSAGE_SIZE_LIMIT } from '../../../src/quorum/election/frames.ts';

function lengthOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

describe('frames', () => {
  it('give the messages back, in whatever pieces they come', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 700 }), (all, size) => {
        const bytes = Buffer.concat(all.map(frame));
        const reader = new FrameReader();
        const read: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          const end = Math.min(at + size, bytes.length);
          const fault = reader.take(bytes, at, end, (one) => read.push(Buffer.from(one)) > 0);
          expect(fault).toBeNull();
        }
        expect(read).toEqual(all.map((one) => Buffer.from(one)));
      }),
    );
  });

  it('may be as long as Java takes them, and no longer', () => {
    let size = 0;
    const sized = (one: Uint8Array): boolean => {
      size = one.length;
      return true;
    };
    const longest = frame(new Uint8Array(MESSAGE_SIZE_LIMIT));
    expect(new FrameReader().take(longest, 0, longest.length, sized)).toBeNull();
    expect(size).toBe(524_288);
    for (const length of [0, -1, MESSAGE_SIZE_LIMIT + 1, 2_147_483_647, -2_147_483_648]) {
      expect(new FrameReader().take(lengthOf(length), 0, 4, sized)).toBe(
        `a message of ${length} bytes`,
      );
    }
  });

  it('are not read any further than their reader wants', () => {
    const two = Buffer.concat([frame(new Uint8Array(3)), frame(new Uint8Array(5))]);
    const sizes: number[] = [];
    new FrameReader().take(two, 0, two.length, (one) => {
      sizes.push(one.length);
      return false;
    });
    expect(sizes).toEqual([3]);
  });
});
