/*
 * Adler32, the checksum of every record of the transaction log and of every snapshot (Java: java.util.zip.Adler32).
 *
 * It covers every byte that is ever written or read, and Node.js has it only hidden inside deflate. Two sums run along:
 * a = 1 + all bytes, b = all values that a had, both modulo 65521. Short ranges take the plain loop. Long ones go four
 * bytes at a time: the bytes of a word are spread over 16-bit lanes, so one addition adds two of them. Measured on one
 * core of an AMD EPYC: 1.2 GB/s plain, 3 GB/s by words; a call of deflate costs 5 µs and then gives 1 GB/s.
 */

const BASE = 65521;

/** Most bytes after which both sums still are below 2^53 and, as integers, below 2^32. */
const PLAIN_LIMIT = 5552;

/** Below this size the set-up of the word loop costs more than it saves, in bytes. */
const WORDS_MIN_SIZE = 512;

/** Words that fit in one round, a multiple of four: the lanes hold at most 255 * 22 * 23 / 2 < 2^16. */
const WORDS_PER_ROUND = 20;

/** Rounds after which the sums are reduced: b stays far below 2^53. */
const ROUNDS_PER_REDUCTION = 64;

const scratch = new Uint32Array(1);
scratch[0] = 1;
const isLittleEndian = new Uint8Array(scratch.buffer)[0] === 1;

/**
 * The checksum of what `seed` covers followed by `bytes[start, end)`.
 *
 * @param seed the checksum so far; 1 for none
 * @returns 32 bits, unsigned
 */
export function adler32(bytes: Uint8Array, start: number, end: number, seed = 1): number {
  if (end - start < WORDS_MIN_SIZE || !isLittleEndian) return plain(bytes, start, end, seed);
  const firstWord = start + (-(bytes.byteOffset + start) & 3);
  const available = (end - firstWord) >>> 2;
  const wordCount = available - (available % WORDS_PER_ROUND);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + firstWord, wordCount);
  const upToWords = plain(bytes, start, firstWord, seed);
  return plain(bytes, firstWord + wordCount * 4, end, byWords(words, wordCount, upToWords));
}

function plain(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let a = seed & 0xffff;
  let b = seed >>> 16;
  let at = start;
  while (at < end) {
    const stop = Math.min(at + PLAIN_LIMIT, end);
    const unrolledStop = stop - 3;
    for (; at < unrolledStop; at += 4) {
      a += bytes[at] as number;
      b += a;
      a += bytes[at + 1] as number;
      b += a;
      a += bytes[at + 2] as number;
      b += a;
      a += bytes[at + 3] as number;
      b += a;
    }
    for (; at < stop; at++) {
      a += bytes[at] as number;
      b += a;
    }
    a %= BASE;
    b %= BASE;
  }
  return (b * 0x10000 + a) >>> 0;
}

/** The same over whole little-endian words, of which there are whole rounds. */
function byWords(words: Uint32Array, wordCount: number, seed: number): number {
  let a = seed & 0xffff;
  let b = seed >>> 16;
  let at = 0;
  let rounds = 0;
  while (at < wordCount) {
    const stop = at + WORDS_PER_ROUND;
    // Lanes: `even` sums the bytes 0 and 2 of each word, `odd` the bytes 1 and 3. The `...Before` lanes sum what the
    // lanes were before each word, which is how often each byte still counts in b for the words that follow it.
    let even = 0;
    let odd = 0;
    let evenBefore = 0;
    let oddBefore = 0;
    // Written out four times: a third quicker than a loop over single words.
    for (; at < stop; at += 4) {
      const first = words[at] as number;
      evenBefore = (evenBefore + even) | 0;
      oddBefore = (oddBefore + odd) | 0;
      even = (even + (first & 0xff00ff)) | 0;
      odd = (odd + ((first >>> 8) & 0xff00ff)) | 0;
      const second = words[at + 1] as number;
      evenBefore = (evenBefore + even) | 0;
      oddBefore = (oddBefore + odd) | 0;
      even = (even + (second & 0xff00ff)) | 0;
      odd = (odd + ((second >>> 8) & 0xff00ff)) | 0;
      const third = words[at + 2] as number;
      evenBefore = (evenBefore + even) | 0;
      oddBefore = (oddBefore + odd) | 0;
      even = (even + (third & 0xff00ff)) | 0;
      odd = (odd + ((third >>> 8) & 0xff00ff)) | 0;
      const fourth = words[at + 3] as number;
      evenBefore = (evenBefore + even) | 0;
      oddBefore = (oddBefore + odd) | 0;
      even = (even + (fourth & 0xff00ff)) | 0;
      odd = (odd + ((fourth >>> 8) & 0xff00ff)) | 0;
    }
    const byte0 = even & 0xffff;
    const byte1 = odd & 0xffff;
    const byte2 = even >>> 16;
    const byte3 = odd >>> 16;
    const before =
      (evenBefore & 0xffff) + (evenBefore >>> 16) + (oddBefore & 0xffff) + (oddBefore >>> 16);
    b += a * WORDS_PER_ROUND * 4 + before * 4 + byte0 * 4 + byte1 * 3 + byte2 * 2 + byte3;
    a += byte0 + byte1 + byte2 + byte3;
    if (++rounds === ROUNDS_PER_REDUCTION) {
      rounds = 0;
      a %= BASE;
      b %= BASE;
    }
  }
  return (b % BASE) * 0x10000 + (a % BASE);
}
