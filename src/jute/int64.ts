/*
 * 64-bit numbers: the branded ids, and reading and writing them in big-endian byte arrays.
 *
 * This is the only file that makes a Zxid or a SessionId out of something else. Buffer.readBigInt64BE is three times slower
 * than the eight-byte scratch used here, which matters because every transaction carries several of them.
 */

declare const brand: unique symbol;

/** A transaction id: epoch in the high 32 bits, counter in the low 32. Signed 64 bits. */
export type Zxid = bigint & { readonly [brand]: 'Zxid' };

/** A session id as the server made it (server id in the top byte). Signed 64 bits. */
export type SessionId = bigint & { readonly [brand]: 'SessionId' };

/** The zxid before any transaction. */
export const ZXID_ZERO = 0n as Zxid;

/** No session: what a client sends to ask for a new one. */
export const SESSION_ID_ZERO = 0n as SessionId;

const scratchWords = new Int32Array(2);
const scratchLong = new BigInt64Array(scratchWords.buffer);
scratchWords[0] = 1;
const isLittleEndian = new Uint8Array(scratchWords.buffer)[0] === 1;
const HIGH = isLittleEndian ? 1 : 0;
const LOW = isLittleEndian ? 0 : 1;

/** Reads 32 bits, big-endian, signed. The caller has checked the bounds. */
export function readInt32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  );
}

/** Writes 32 bits, big-endian. */
export function writeInt32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** Reads 64 bits, big-endian, signed. The caller has checked the bounds. */
export function readInt64(bytes: Uint8Array, offset: number): bigint {
  return fromHalves(readInt32(bytes, offset), readInt32(bytes, offset + 4));
}

/** The signed number of these two halves; of each the low 32 bits count. */
export function fromHalves(high: number, low: number): bigint {
  scratchWords[HIGH] = high;
  scratchWords[LOW] = low;
  return scratchLong[0] as bigint;
}

/** Writes the low 64 bits of `value`, big-endian. */
export function writeInt64(bytes: Uint8Array, offset: number, value: bigint): void {
  scratchLong[0] = value;
  writeInt32(bytes, offset, scratchWords[HIGH] as number);
  writeInt32(bytes, offset + 4, scratchWords[LOW] as number);
}

const TWO_TO_32 = 0x1_0000_0000;

/** Reads a 64-bit number that is known to fit 53 bits (a time in ms), without making a bigint. */
export function readTimeMs(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset) * TWO_TO_32 + (readInt32(bytes, offset + 4) >>> 0);
}

/** Writes an integer of at most 53 bits, of either sign, as 64 bits, big-endian. */
export function writeTimeMs(bytes: Uint8Array, offset: number, value: number): void {
  writeInt32(bytes, offset, Math.floor(value / TWO_TO_32));
  writeInt32(bytes, offset + 4, value);
}

/** Takes any bigint as a zxid (its low 64 bits, signed). */
export function toZxid(value: bigint): Zxid {
  return BigInt.asIntN(64, value) as Zxid;
}

/** Takes any bigint as a session id (its low 64 bits, signed). */
export function toSessionId(value: bigint): SessionId {
  return BigInt.asIntN(64, value) as SessionId;
}

/** The zxid that follows. */
export function nextZxid(zxid: Zxid): Zxid {
  return BigInt.asIntN(64, zxid + 1n) as Zxid;
}

/** The 64 bits as Java's Long.toHexString prints them: unsigned, lower case, without leading zeros or 0x. */
export function toHex(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16);
}
