/*
 * HalfSipHash-1-3 (Aumasson and Bernstein) over the bytes of a path: 64 bits of key, 32 bits of result.
 *
 * Keyed, because clients choose the paths: with a hash that they could compute they would put a million znodes into one bucket.
 */

/** Hashes `bytes[start, end)` under the key `key0`, `key1` (32 bits each). Gives 32 bits, signed. */
export function pathHash(
  bytes: Uint8Array,
  start: number,
  end: number,
  key0: number,
  key1: number,
): number {
  let v0 = key0 | 0;
  let v1 = key1 | 0;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  const size = end - start;
  let at = start;
  let rounds = (size >> 2) + 1;
  for (;;) {
    let word = 0;
    if (rounds > 1) {
      word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      at += 4;
    } else if (rounds === 1) {
      word = size << 24;
      for (let shift = 0; at < end; at++, shift += 8) word |= (bytes[at] as number) << shift;
    } else if (rounds === 0) {
      v2 ^= 0xff;
    }
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5) | (v1 >>> 27);
    v1 ^= v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8) | (v3 >>> 24);
    v3 ^= v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7) | (v3 >>> 25);
    v3 ^= v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13) | (v1 >>> 19);
    v1 ^= v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    rounds -= 1;
    if (rounds === -3) return v1 ^ v3;
  }
}
