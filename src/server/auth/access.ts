/*
 * Access lists: may this connection do that, and what becomes of a list that a client sends
 * (Java: ZooKeeperServer.checkACL, PrepRequestProcessor.fixupACL).
 */

import type { ACL, Id } from '../../jute/data.ts';
import { OPEN_ACL_UNSAFE } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { AuthScheme } from './schemes.ts';

/** What a client's list became: the list to store, or the code that refuses it. */
export type FixedACL =
  | { readonly acls: readonly ACL[]; readonly err: 0 }
  | { readonly acls: null; readonly err: ErrorCode };

const OPEN: FixedACL = { acls: OPEN_ACL_UNSAFE, err: 0 };
const INVALID: FixedACL = { acls: null, err: ErrorCode.invalidAcl };
/** Where Java stumbles over a null and answers with its catch-all. */
const NULL_ID: FixedACL = { acls: null, err: ErrorCode.marshallingError };

/** Checks permissions against the ids that connections have proved. */
export class AccessControl {
  readonly schemes: ReadonlyMap<string, AuthScheme>;
  private readonly skipACL: boolean;
  private readonly listSizeLimit: number;

  /** @param options juteMaxBuffer in bytes: no list becomes larger than a request may be, whatever `auth` stands for */
  constructor(
    schemes: ReadonlyMap<string, AuthScheme>,
    options: { readonly skipACL: boolean; readonly juteMaxBuffer: number },
  ) {
    this.schemes = schemes;
    this.skipACL = options.skipACL;
    this.listSizeLimit = options.juteMaxBuffer;
  }

  /** Whether one of `ids` is given one of the bits of `perms` by `acls`; an empty list gives everything to everybody. */
  allows(ids: readonly Id[], acls: readonly ACL[], perms: number): boolean {
    if (this.skipACL || acls === OPEN_ACL_UNSAFE || acls.length === 0) return true;
    if (ids.some((id) => id.scheme === 'super')) return true;
    return acls.some((acl) => (acl.perms & perms) !== 0 && this.matchesAny(ids, acl.id));
  }

  private matchesAny(ids: readonly Id[], entry: Id): boolean {
    if (entry.scheme === 'world' && entry.id === 'anyone') return true;
    const { scheme, id: entryId } = entry;
    const provider = scheme === null ? undefined : this.schemes.get(scheme);
    if (provider === undefined || entryId === null) return false;
    return ids.some(
      ({ scheme: own, id }) => own === scheme && id !== null && provider.matches(id, entryId),
    );
  }

  /** Checks a list that a client sent, drops what is doubled, and puts the client's own ids in the place of `auth`. */
  fix(ids: readonly Id[], acls: readonly ACL[] | null): FixedACL {
    if (acls === OPEN_ACL_UNSAFE) return OPEN;
    if (acls === null || acls.length === 0) return INVALID;
    const own = ids.filter((id) => this.schemes.get(id.scheme ?? '')?.provesIdentity);
    const fixed: ACL[] = [];
    let size = 0;
    for (const acl of withoutDuplicates(acls)) {
      const entries = acl.id.scheme === 'auth' ? inPlaceOf(acl, own) : this.check(acl);
      if ('err' in entries) return entries;
      for (const entry of entries) size += sizeOf(entry);
      if (size > this.listSizeLimit) return INVALID;
      fixed.push(...entries);
    }
    return { acls: fixed, err: 0 };
  }

  private check(acl: ACL): readonly ACL[] | FixedACL {
    const { scheme, id } = acl.id;
    if (scheme === null) return INVALID;
    if (scheme === 'world' && id === null) return NULL_ID;
    if (scheme === 'world' && id === 'anyone') return [acl];
    const provider = this.schemes.get(scheme);
    if (provider === undefined) return INVALID;
    if (id === null) return NULL_ID;
    return provider.isValid(id) ? [acl] : INVALID;
  }
}

/** What an entry of scheme `auth` becomes: one for each id that the client has proved. */
function inPlaceOf(acl: ACL, own: readonly Id[]): readonly ACL[] | FixedACL {
  return own.length === 0 ? INVALID : own.map((id) => ({ perms: acl.perms, id }));
}

/** About the bytes that an entry takes on the wire and in the log. */
function sizeOf({ id }: ACL): number {
  return 12 + (id.scheme?.length ?? 0) + (id.id?.length ?? 0);
}

/** By keys and not one against the other, because a request has room for tens of thousands of entries. */
function withoutDuplicates(acls: readonly ACL[]): readonly ACL[] {
  if (acls.length === 1) return acls;
  const unique = new Map<string, ACL>();
  for (const acl of acls) {
    const key = JSON.stringify([acl.perms, acl.id.scheme, acl.id.id]);
    if (!unique.has(key)) unique.set(key, acl);
  }
  return [...unique.values()];
}
