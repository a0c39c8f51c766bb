/*
 * Copying: whatever the way, the target has what set() would have put there.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CopySource,
  copyBytes,
  copyViewed,
  copyWords,
  WORD_LOOP_MAX_SIZE,
} from '../../src/jute/copy-bytes.ts';

/** Sizes on both sides of each border at which another way is taken. */
const sizes = fc.oneof(
  fc.nat(70),
  fc.integer({ min: WORD_LOOP_MAX_SIZE - 3, max: WORD_LOOP_MAX_SIZE + 3 }),
);
const copies = fc.record({ from: fc.nat(9), to: fc.nat(9), size: sizes, which: fc.nat(1) });

/** Two sources, which begin anywhere in the memory below them. */
function sourcesAt(offset: number): [Uint8Array, Uint8Array] {
  const memory = Uint8Array.from({ length: 2000 }, (_, index) => (index * 7) % 251);
  return [memory.subarray(offset, offset + 900), Buffer.from(memory).subarray(3)];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

describe('copying', () => {
  it('does what set() does, from one source and from several in turn', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.array(copies, { maxLength: 8 }), (offset, steps) => {
        const sources = sourcesAt(offset);
        const kept = new CopySource();
        for (const { from, to, size, which } of steps) {
          const source = sources[which] as Uint8Array;
          const expected = new Uint8Array(1000);
          expected.set(source.subarray(from, from + size), to);
          const targets = Array.from({ length: 4 }, () => new Uint8Array(1004).subarray(4));
          const [first, second, third, fourth] = targets as [
            Uint8Array,
            Uint8Array,
            Uint8Array,
            Uint8Array,
          ];
          copyBytes(source, from, first, to, size);
          copyViewed(viewOf(source), from, viewOf(second), to, size);
          copyWords(viewOf(source), from, viewOf(third), to, size);
          kept.copy(source, from, viewOf(fourth), to, size);
          for (const target of targets) expect(Buffer.compare(target, expected)).toBe(0);
        }
      }),
    );
  });
});
