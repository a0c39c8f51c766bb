/*
 * Access lists that are needed often (Java: ZooDefs.Ids, DigestAuthenticationProvider.generateDigest).
 */

import { createHash } from 'node:crypto';
import type { ACL } from '../jute/data.ts';
import { Perms } from '../jute/op-code.ts';

/** Everybody may read, nobody may change anything (Java: ZooDefs.Ids.READ_ACL_UNSAFE). */
export const READ_ACL_UNSAFE: readonly ACL[] = [
  { perms: Perms.read, id: { scheme: 'world', id: 'anyone' } },
];

/** Whoever creates the znode may do everything, by all identities that it has then (Java: ZooDefs.Ids.CREATOR_ALL_ACL). */
export const CREATOR_ALL_ACL: readonly ACL[] = [
  { perms: Perms.all, id: { scheme: 'auth', id: '' } },
];

/**
 * An entry for who knows a password.
 *
 * @param perms bits of Perms; everything when not given
 */
export function digestACL(user: string, password: string, perms: number = Perms.all): ACL {
  return { perms, id: { scheme: 'digest', id: digestOf(user, password) } };
}

/** What the server makes of `user:password`: the user, a colon, and the SHA-1 of both in base64. */
export function digestOf(user: string, password: string): string {
  return `${user}:${createHash('sha1').update(`${user}:${password}`).digest('base64')}`;
}
