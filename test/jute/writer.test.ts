/*
 * JuteWriter as a growing memory: what it holds does not depend on how large it was at first.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JuteWriter } from '../../src/jute/writer.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** One call of each kind that appends something. */
type Write = (writer: JuteWriter) => void;
const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }));
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.integer().map(
    (value): Write =>
      (writer) =>
        writer.writeInt(value),
  ),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(
    (value): Write =>
      (writer) =>
        writer.writeLong(value),
  ),
  fc.maxSafeInteger().map(
    (value): Write =>
      (writer) =>
        writer.writeTimeMs(value),
  ),
  fc.boolean().map(
    (value): Write =>
      (writer) =>
        writer.writeBoolean(value),
  ),
  fc.uint8Array({ maxLength: 60 }).map(
    (bytes): Write =>
      (writer) =>
        writer.writeBytes(bytes),
  ),
  fc.uint8Array({ maxLength: 60 }).map(
    (bytes): Write =>
      (writer) =>
        writer.writeBuffer(bytes),
  ),
  text.map(
    (value): Write =>
      (writer) =>
        writer.writeString(value),
  ),
  fc.array(fc.option(text)).map(
    (texts): Write =>
      (writer) =>
        writer.writeStrings(texts),
  ),
);

function bytesOf(writes: readonly Write[], writer: JuteWriter): Buffer {
  for (const each of writes) each(writer);
  return writer.view();
}

describe('JuteWriter', () => {
  it.each([0, 1, 5, 64])('writes the same from %i bytes of memory as from plenty', (size) => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
        const plenty = bytesOf(writes, new JuteWriter(1 << 16));
        expect(bytesOf(writes, new JuteWriter(size)).equals(plenty)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('at least doubles, so that growing costs no more than writing', () => {
    const writer = new JuteWriter(1);
    const memories = new Set([writer.buffer]);
    for (let count = 0; count < 10_000; count++) {
      writer.writeInt(count);
      memories.add(writer.buffer);
    }
    expect(writer.view().readInt32BE(4 * 9999)).toBe(9999);
    expect(memories.size).toBeLessThan(20);
  });

  it('keeps its memory when it is reset', () => {
    const writer = new JuteWriter(4);
    writer.writeLong(1n);
    const memory = writer.buffer;
    writer.reset().writeInt(7);
    expect(writer.buffer).toBe(memory);
    expect(writer.view()).toEqual(Buffer.from([0, 0, 0, 7]));
  });

  it('gives a copy that later writes leave alone, and a view that they do not', () => {
    const writer = new JuteWriter(4);
    writer.writeInt(1);
    const [copy, view] = [writer.toBuffer(), writer.view()];
    writer.reset().writeInt(2);
    expect([copy.readInt32BE(), view.readInt32BE()]).toEqual([1, 2]);
  });

  it('shows its memory in one view, and in another when it has grown', () => {
    const writer = new JuteWriter(16);
    writer.writeInt(7);
    const before = writer.bufferView;
    expect(writer.reset().bufferView).toBe(before);
    writer.writeBytes(Buffer.alloc(64, 3));
    writer.bufferView.setInt32(4, 0x01020304);
    expect(writer.view().subarray(0, 9).toString('hex')).toBe('030303030102030403');
  });

  it('holds nothing that it was written from: a thousand idle ones would keep a thousand requests', () => {
    const arrays = () => process.memoryUsage().arrayBuffers;
    collectGarbage();
    const before = arrays();
    const writers = Array.from({ length: 100 }, () => {
      const writer = new JuteWriter();
      writer.writeRange(Buffer.alloc(1 << 20), 1000, 1100);
      return writer;
    });
    collectGarbage();
    expect(writers.length).toBe(100);
    expect(arrays() - before).toBeLessThan(10 << 20);
  });

  it('reserves bytes that are filled in later', () => {
    const writer = new JuteWriter(1);
    writer.writeBoolean(true);
    const at = writer.reserve(4);
    writer.writeString('é');
    writer.buffer.writeInt32BE(writer.length - at - 4, at);
    expect(writer.view().toString('hex')).toBe('010000000600000002c3a9');
  });

  it('writes a lone surrogate as U+FFFD', () => {
    const writer = new JuteWriter();
    writer.writeString('a\ud800b');
    expect(writer.view().toString('hex')).toBe('0000000561efbfbd62');
  });
});
