/*
 * The password of a session: sixteen bytes that any server can compute again from the session's id, so that a client can come
 * back to another server, of Java too (Java: ZooKeeperServer.generatePasswd). It is a checksum and no secret.
 */

import type { SessionId } from '../../jute/int64.ts';

const SUPER_SECRET = 0xb3415c00n;

/** Constants of java.util.Random, a linear congruential generator of 48 bits. */
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK = (1n << 48n) - 1n;

/** Size of a password, in bytes. */
export const PASSWORD_SIZE = 16;

/** The password of a session: what `new Random(id ^ secret).nextBytes` gives in Java. */
export function sessionPassword(sessionId: SessionId): Buffer {
  const password = Buffer.alloc(PASSWORD_SIZE);
  let seed = (BigInt.asUintN(64, sessionId ^ SUPER_SECRET) ^ MULTIPLIER) & MASK;
  for (let at = 0; at < PASSWORD_SIZE; at += 4) {
    seed = (seed * MULTIPLIER + INCREMENT) & MASK;
    password.writeInt32LE(Number(BigInt.asIntN(32, seed >> 16n)), at);
  }
  return password;
}

/** Whether `password` is the one of `sessionId`. */
export function isSessionPassword(sessionId: SessionId, password: Uint8Array | null): boolean {
  return sessionId !== 0n && password !== null && sessionPassword(sessionId).equals(password);
}
