/*
 * TxnMoment: when a transaction happens, as numbers of 32 bits, because of bigints each would be an object.
 */

/** When a transaction happens, in words: how it is written into Stats. */
export interface TxnMoment {
  readonly zxidHigh: number;
  readonly zxidLow: number;
  /** ms since 1970 */
  readonly timeHigh: number;
  readonly timeLow: number;
}
