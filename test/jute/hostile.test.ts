/*
 * Records that are cut, changed or made up: a value or a JuteError comes out, nothing behind the end is looked at, and no more
 * is made of the bytes than they hold.
 */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JuteError, JuteReader } from '../../src/jute/reader.ts';
import type { Codec } from './codecs.ts';
import * as codecs from './codecs.ts';
import type { Sample } from './samples.ts';
import { protoSamples } from './samples-proto.ts';
import { multiSamples, transactionSamples } from './samples-txn.ts';

const samples = [...protoSamples, ...transactionSamples, ...multiSamples];
const shortSamples = samples.filter(({ bytes }) => bytes.length <= 400);
const BEFORE = 5;

/** What came of reading: the value, or what the JuteError says. Other errors go on. */
type Outcome = { readonly value: unknown } | { readonly refused: string };

function outcomeOf(sample: Sample, reader: JuteReader): Outcome {
  const { end } = reader;
  let outcome: Outcome;
  try {
    outcome = { value: sample.decode(reader) };
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
    outcome = { refused: error.message };
  }
  if (reader.offset > end) throw new Error(`read up to ${reader.offset}, the end is ${end}`);
  return outcome;
}

/** Reads `bytes` from the middle of a memory that is full of `filler`. */
function readAmid(filler: number, sample: Sample, bytes: Buffer): Outcome {
  const memory = Buffer.alloc(bytes.length + 2 * BEFORE + 16, filler);
  memory.set(bytes, BEFORE);
  return outcomeOf(sample, new JuteReader(memory, BEFORE, BEFORE + bytes.length));
}

/** The lengths at which a record that is cut there does not give what it should. */
function wrongCuts(sample: Sample): number[] {
  return [...sample.bytes.keys()].filter((length) => {
    const outcome = readAmid(0xff, sample, sample.bytes.subarray(0, length));
    if (!sample.shorter.has(length)) return 'value' in outcome;
    return !isDeepStrictEqual(outcome, { value: sample.shorter.get(length) });
  });
}

/** The lengths at which it matters what stands behind the record: other bytes, or the rest of it. */
function cutsThatSeeBehind(sample: Sample): number[] {
  return [...sample.bytes.keys(), sample.bytes.length].filter((length) => {
    const bytes = sample.bytes.subarray(0, length);
    const alone = outcomeOf(sample, new JuteReader(Buffer.from(bytes)));
    const amid = [
      readAmid(0xff, sample, bytes),
      readAmid(0, sample, bytes),
      outcomeOf(sample, new JuteReader(sample.bytes, 0, length)),
    ];
    return !amid.every((outcome) => isDeepStrictEqual(outcome, alone));
  });
}

/** Characters, bytes and elements in a value: what it takes memory for. */
function weightOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  const parts: unknown[] = Object.values(value);
  const elements = Array.isArray(value) ? value.length : 0;
  return parts.reduce<number>((sum, part) => sum + weightOf(part), elements);
}

/** The offsets at which `bytes` in the place of what stands there make more of the record than it has room for. */
function offsetsThatSwell(sample: Sample, number: number): number[] {
  const offsets = [...Array(Math.max(0, sample.bytes.length - 3)).keys()];
  return offsets.filter((offset) => {
    const changed = Buffer.from(sample.bytes);
    changed.writeInt32BE(number, offset);
    const outcome = outcomeOf(sample, new JuteReader(changed));
    return 'value' in outcome && weightOf(outcome.value) > changed.length;
  });
}

describe('a record that is cut short', () => {
  it.each(samples)('$name is refused, or what an older peer would have meant', (sample) => {
    expect(wrongCuts(sample)).toEqual([]);
  });

  it('is read without a look at what follows it', () => {
    const seen = shortSamples.map((sample) => [sample.name, cutsThatSeeBehind(sample)]);
    expect(seen).toEqual(shortSamples.map(({ name }) => [name, []]));
  });
});

describe('a record with a number in it that cannot be', () => {
  it.each([0x7fffffff, 0x7ffffff0, 0x00ffffff, 0x00000100, -1, -2, -0x80000000])(
    '%i, anywhere, gives no more than the bytes hold',
    (number) => {
      const swelling = shortSamples.flatMap((sample) => {
        const offsets = offsetsThatSwell(sample, number);
        return offsets.length === 0 ? [] : [[sample.name, offsets]];
      });
      expect(swelling).toEqual([]);
    },
  );
});

describe('a vector', () => {
  const kinds: readonly [string, number, Codec<unknown>][] = [
    ['strings', 4, codecs.strings],
    ['ACL entries', 12, codecs.acls],
    ['identities', 8, codecs.whoAmIResponse],
    ['parts of a multi', 8, codecs.multiTxn],
  ];

  it.each(kinds)(
    'of more %s, of %i bytes at least, than there is room for is refused',
    (...kind) => {
      const [, size, codec] = kind;
      for (const count of [24 / size + 1, 0x7fffffff]) {
        const bytes = Buffer.alloc(28);
        bytes.writeInt32BE(count);
        const refusal = new JuteError(`a vector of ${count} elements in 24 bytes`);
        expect(() => codec.read(new JuteReader(bytes))).toThrow(refusal);
      }
    },
  );

  it('of as many elements as the bytes can hold is read', () => {
    const two = Buffer.from('00000002', 'hex');
    const nothing = Buffer.from('ffffffffffffffff', 'hex');
    const noId = { scheme: null, id: null };
    const acls = [two, Buffer.alloc(4), nothing, Buffer.alloc(4), nothing];
    expect(codecs.decode(codecs.acls, Buffer.concat(acls))).toEqual(
      Array(2).fill({ perms: 0, id: noId }),
    );
    expect(codecs.decode(codecs.whoAmIResponse, Buffer.concat([two, nothing, nothing]))).toEqual(
      Array(2).fill({ authScheme: null, user: null }),
    );
    expect(codecs.decode(codecs.strings, Buffer.concat([two, nothing]))).toEqual([null, null]);
  });
});

describe('a record with anything in it', () => {
  it('gives a value or a JuteError', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        (sample, changes) => {
          const bytes = Buffer.from(sample.bytes);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const outcome = readAmid(0xff, sample, bytes);
          return 'refused' in outcome || weightOf(outcome.value) <= bytes.length;
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('may be no record at all', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.uint8Array({ maxLength: 64 }),
        (sample, drawn) => {
          const bytes = Buffer.from(drawn);
          const outcome = readAmid(0xff, sample, bytes);
          return 'refused' in outcome || weightOf(outcome.value) <= bytes.length;
        },
      ),
      { numRuns: 1000 },
    );
  });
});
