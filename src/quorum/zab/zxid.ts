/*
 * A zxid is an epoch and a counter (Java: ZxidUtils).
 */

import type { Zxid } from '../../jute/int64.ts';
import { toZxid } from '../../jute/int64.ts';

/** The high 32 bits. */
export function epochOf(zxid: Zxid): number {
  return Number(BigInt.asIntN(32, zxid >> 32n));
}

/** The zxid with which an epoch begins: no transaction has it. */
export function startOfEpoch(epoch: number): Zxid {
  return toZxid(BigInt(epoch) << 32n);
}

/** Whether it stands for the beginning of an epoch, not for a transaction. */
export function isStartOfEpoch(zxid: Zxid): boolean {
  return (zxid & 0xffffffffn) === 0n;
}
