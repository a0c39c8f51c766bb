/*
 * The digest of a znode: CRC32 over its path, its data and 60 bytes of its Stat; that of the tree is the sum of them.
 *
 * Answers to DigestCalculator, version 2. Eight tables in JavaScript are quicker than zlib.crc32 for the some 200 bytes of a usual
 * znode, and they take its parts from where they are.
 *
 * CRC32 is linear: where only the Stat changes, the new digest follows from the old one and the bits of the Stat that changed. So
 * a create or a delete below a znode with a megabyte of data does not read that megabyte.
 */

import { crc32 } from 'node:zlib';
import { STAT_PERSISTED_PZXID_OFFSET, STAT_SIZE, StatOffset } from '../jute/data.ts';

/** The version that a TxnDigest carries (Java: DigestCalculator.DIGEST_VERSION). */
export const DIGEST_VERSION = 2;

const POLYNOMIAL = 0xedb88320;
const SLICES = 8;
const tables = makeTables();

/** Eight tables in one: the first is the usual table of CRC32, each next one is the step of one zero byte further. */
function makeTables(): Int32Array {
  const made = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : POLYNOMIAL);
    made[byte] = crc;
  }
  for (let index = 256; index < made.length; index++) {
    const before = made[index - 256] as number;
    made[index] = (before >>> 8) ^ (made[before & 0xff] as number);
  }
  return made;
}

/** From this size on, in bytes, zlib's code is quicker in spite of the call. Measured. */
const ZLIB_MIN_SIZE = 384;

/** Takes `bytes[start, end)` into a running CRC, which begins as -1 and is inverted at the end. */
export function crcUpdate(crc: number, bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= ZLIB_MIN_SIZE) return ~crc32(bytes.subarray(start, end), ~crc >>> 0);
  const table = tables;
  let state = crc;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const low =
      state ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24));
    state =
      (table[1792 + (low & 0xff)] as number) ^
      (table[1536 + ((low >>> 8) & 0xff)] as number) ^
      (table[1280 + ((low >>> 16) & 0xff)] as number) ^
      (table[1024 + (low >>> 24)] as number) ^
      (table[768 + (bytes[at + 4] as number)] as number) ^
      (table[512 + (bytes[at + 5] as number)] as number) ^
      (table[256 + (bytes[at + 6] as number)] as number) ^
      (table[bytes[at + 7] as number] as number);
  }
  for (; at < end; at++) {
    state = (state >>> 8) ^ (table[(state ^ (bytes[at] as number)) & 0xff] as number);
  }
  return state;
}

/**
 * The same for bytes that are copied on the way, word after word: `size` of them from `source[from …]` to `target[to …]`.
 */
export function crcCopy(
  crc: number,
  source: DataView,
  from: number,
  target: DataView,
  to: number,
  size: number,
): number {
  const table = tables;
  let state = crc;
  let at = 0;
  for (; at + 8 <= size; at += 8) {
    const low = source.getInt32(from + at, true);
    const high = source.getInt32(from + at + 4, true);
    target.setInt32(to + at, low, true);
    target.setInt32(to + at + 4, high, true);
    state ^= low;
    state =
      (table[1792 + (state & 0xff)] as number) ^
      (table[1536 + ((state >>> 8) & 0xff)] as number) ^
      (table[1280 + ((state >>> 16) & 0xff)] as number) ^
      (table[1024 + (state >>> 24)] as number) ^
      (table[768 + (high & 0xff)] as number) ^
      (table[512 + ((high >>> 8) & 0xff)] as number) ^
      (table[256 + ((high >>> 16) & 0xff)] as number) ^
      (table[high >>> 24] as number);
  }
  for (; at < size; at++) {
    const byte = source.getUint8(from + at);
    target.setUint8(to + at, byte);
    state = (state >>> 8) ^ (table[(state ^ byte) & 0xff] as number);
  }
  return state;
}

/**
 * Finishes a digest: `crc` has taken in path and data. `stat` holds at `at` a Stat in its wire layout with the fields as the
 * tree stores them (creates counted in cversion, owners of every kind). Gives 32 bits, unsigned.
 *
 * The order of the fields there is czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner: three runs
 * of the wire layout.
 */
export function finishDigest(crc: number, stat: Uint8Array, at: number): number {
  return ~takeStat(crc, stat, at, StatOffset.pzxid) >>> 0;
}

function takeStat(crc: number, stat: Uint8Array, at: number, pzxidOffset: number): number {
  let state = crcUpdate(crc, stat, at, at + StatOffset.ctime);
  state = crcUpdate(state, stat, at + pzxidOffset, at + pzxidOffset + 8);
  return crcUpdate(state, stat, at + StatOffset.ctime, at + StatOffset.dataLength);
}

/** What a Stat does to the digest of any znode: for finishDigestWith(), where many have the same. */
export function statDigest(stat: Uint8Array, at: number): number {
  return takeStat(0, stat, at, StatOffset.pzxid);
}

/** The same for a StatPersisted. */
export function statPersistedDigest(stat: Uint8Array, at: number): number {
  return takeStat(0, stat, at, STAT_PERSISTED_PZXID_OFFSET);
}

/** The same as finishDigest(), `ofStat` being the statDigest() of the Stat: by linearity, the CRC goes on over as many zeros. */
export function finishDigestWith(crc: number, ofStat: number): number {
  const table = overZeroStat;
  return (
    ~(
      ofStat ^
      (table[crc & 0xff] as number) ^
      (table[256 + ((crc >>> 8) & 0xff)] as number) ^
      (table[512 + ((crc >>> 16) & 0xff)] as number) ^
      (table[768 + (crc >>> 24)] as number)
    ) >>> 0
  );
}

/** For each of the four bytes of a CRC: what becomes of it over a Stat of zeros. */
const overZeroStat = makeOverZeroStat();

function makeOverZeroStat(): Int32Array {
  const zeros = new Uint8Array(STAT_SIZE);
  const made = new Int32Array(4 * 256);
  for (let bit = 0; bit < 32; bit++) {
    const alone = takeStat(1 << bit, zeros, 0, StatOffset.pzxid);
    const base = (bit >> 3) * 256;
    for (let byte = 1 << (bit & 7); byte < 2 << (bit & 7); byte++) {
      made[base + byte] = (made[base + byte - (1 << (bit & 7))] as number) ^ alone;
    }
  }
  return made;
}

/** Eight bytes, given as two big-endian words, taken into a running CRC. */
function crcWords(crc: number, first: number, second: number): number {
  const table = tables;
  return (
    (table[1792 + ((crc ^ (first >>> 24)) & 0xff)] as number) ^
    (table[1536 + (((crc >>> 8) ^ (first >>> 16)) & 0xff)] as number) ^
    (table[1280 + (((crc >>> 16) ^ (first >>> 8)) & 0xff)] as number) ^
    (table[1024 + (((crc >>> 24) ^ first) & 0xff)] as number) ^
    (table[768 + (second >>> 24)] as number) ^
    (table[512 + ((second >>> 16) & 0xff)] as number) ^
    (table[256 + ((second >>> 8) & 0xff)] as number) ^
    (table[second & 0xff] as number)
  );
}

/**
 * What a digest is to be XORed with when cversion, aversion or pzxid of a Stat have changed and nothing else has. The arguments
 * are the old value of each XOR the new one, pzxid in two words.
 */
export function digestChange(
  pzxidHigh: number,
  pzxidLow: number,
  cversion: number,
  aversion: number,
): number {
  let state = 0;
  // As long as nothing has changed the state stays 0: of the creates below one parent in a multi the first alone changes its pzxid.
  if ((pzxidHigh | pzxidLow) !== 0) {
    state = crcWords(0, pzxidHigh, pzxidLow);
    state = crcWords(state, 0, 0); // ctime
    state = crcWords(state, 0, 0); // mtime
  }
  state = crcWords(state, 0, cversion); // version, cversion
  state = crcWords(state, aversion, 0); // aversion, the high half of the owner
  const table = tables;
  return (
    (table[768 + (state & 0xff)] as number) ^
    (table[512 + ((state >>> 8) & 0xff)] as number) ^
    (table[256 + ((state >>> 16) & 0xff)] as number) ^
    (table[state >>> 24] as number)
  );
}
