/*
 * DigestSum: the sum of the digests of many znodes, 64 bits (Java: AdHash). It is kept as two halves, because arithmetic with bigints makes
 * an object for every step and each transaction takes several.
 */

import { fromHalves, readInt32, writeInt64 } from '../jute/int64.ts';

const TWO_TO_32 = 0x1_0000_0000;
const scratch = new Uint8Array(8);

/** A running sum; it starts at zero. */
export class DigestSum {
  /** The high half, signed, and the low one, unsigned. */
  private high = 0;
  private low = 0;

  /** The sum, as a signed 64-bit number like Java's. */
  get value(): bigint {
    return fromHalves(this.high, this.low);
  }

  set value(value: bigint) {
    writeInt64(scratch, 0, value);
    this.high = readInt32(scratch, 0);
    this.low = readInt32(scratch, 4) >>> 0;
  }

  /** Adds what digests of 32 bits have changed by: any number between -(2^32) and 2^32. */
  add(change: number): void {
    const low = this.low + change;
    if (low >= TWO_TO_32) {
      this.low = low - TWO_TO_32;
      this.high = (this.high + 1) | 0;
    } else if (low < 0) {
      this.low = low + TWO_TO_32;
      this.high = (this.high - 1) | 0;
    } else {
      this.low = low;
    }
  }
}
