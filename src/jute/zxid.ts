/*
 * A zxid is an epoch and a counter, 32 bits each: what can be said of one and of two without knowing any transaction
 * (Java: ZxidUtils). The type is int64.ts's.
 */

import type { Zxid } from './int64.ts';
import { toZxid, ZXID_ZERO } from './int64.ts';

/** The high 32 bits, signed. */
export function epochOf(zxid: Zxid): number {
  return Number(zxid >> 32n);
}

/** The low 32 bits. */
export function counterOf(zxid: Zxid): number {
  return Number(BigInt.asUintN(32, zxid));
}

/** The zxid with which an epoch begins: no transaction has it. */
export function startOfEpoch(epoch: number): Zxid {
  return toZxid(BigInt(epoch) << 32n);
}

/** Whether it stands for the beginning of an epoch, not for a transaction. */
export function isStartOfEpoch(zxid: Zxid): boolean {
  return (zxid & 0xffffffffn) === 0n;
}

/** Whether a zxid stands for a transaction, not for the beginning of an epoch. */
export function isOfTxn(zxid: Zxid): boolean {
  return zxid > ZXID_ZERO && !isStartOfEpoch(zxid);
}

/** Whether `zxid` is the next one after `last`: in the same epoch, or the first of a later one. */
export function follows(last: Zxid, zxid: Zxid): boolean {
  if (zxid === last + 1n) return true;
  return zxid >> 32n > last >> 32n && (zxid & 0xffffffffn) === 1n;
}
