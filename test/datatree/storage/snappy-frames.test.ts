import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  packSnappy,
  SNAPPY_HEADER,
  SnappySource,
  SnappyUnpacker,
} from '../../../src/datatree/storage/snappy-frames.ts';
import { golden } from './scene.ts';

function packed(bytes: Buffer): Buffer {
  return Buffer.concat([SNAPPY_HEADER, packSnappy(bytes)]);
}

describe('frames of Snappy', () => {
  it('begin as those of Java', () => {
    expect(golden('snappy/snapshot.22.snappy').subarray(0, 16).equals(SNAPPY_HEADER)).toBe(true);
  });

  it('hold at most 32 KB each, as those of Java', () => {
    const bytes = Buffer.alloc(100_000, 'abcdefgh');
    const sizes = new SnappyUnpacker().push(packed(bytes)).map((block) => block.length);
    expect(sizes).toEqual([32768, 32768, 32768, 1696]);
  });

  it('come back in pieces of any size', () => {
    const data = fc.uint8Array({ maxLength: 80_000 });
    fc.assert(
      fc.property(data, fc.integer({ min: 1, max: 5000 }), (bytes, size) => {
        const stream = packed(Buffer.from(bytes));
        const unpacker = new SnappyUnpacker();
        const parts: Buffer[] = [];
        for (let at = 0; at < stream.length; at += size) {
          parts.push(...unpacker.push(stream.subarray(at, at + size)));
        }
        expect(Buffer.concat(parts).equals(Buffer.from(bytes))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are read into targets of any size, and end when the source does', () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * at) & 0xff));
    const stream = packed(bytes);
    let at = 0;
    const source = new SnappySource({
      read: (target) => {
        const size = stream.copy(target, 0, at, at + 777);
        at += size;
        return size;
      },
      close: () => {},
    });
    const target = Buffer.alloc(999);
    const parts: Buffer[] = [];
    for (let size = source.read(target); size > 0; size = source.read(target)) {
      parts.push(Buffer.from(target.subarray(0, size)));
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });

  it.each([
    ['another magic number', Buffer.alloc(16)],
    ['a negative length', Buffer.concat([SNAPPY_HEADER, Buffer.from([255, 255, 255, 255])])],
    ['a huge length', Buffer.concat([SNAPPY_HEADER, Buffer.from([127, 255, 255, 255])])],
    ['a block that is none', Buffer.concat([SNAPPY_HEADER, Buffer.from([0, 0, 0, 2, 255, 255])])],
  ])('are refused for %s', (_, stream) => {
    expect(() => new SnappyUnpacker().push(stream)).toThrow(/Snappy/);
  });
});
