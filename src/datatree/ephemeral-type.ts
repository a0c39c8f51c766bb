/*
 * What the field ephemeralOwner of a znode means: nothing, a session, the mark of a container, or a time to live.
 *
 * Answers to EphemeralType and EphemeralTypeEmulate353. Which meanings are known depends on two settings of the server
 * (zookeeper.extendedTypesEnabled, zookeeper.emulate353TTLNodes), so they are parameters here.
 */

import type { SessionId } from '../jute/int64.ts';
import { toSessionId } from '../jute/int64.ts';

/** The kinds of znodes by their owner: `void` has none, `normal` a session. */
export type EphemeralType = 'void' | 'normal' | 'container' | 'ttl';

/** The settings that decide how an owner is read. */
export interface EphemeralTypeOptions {
  /** TTL owners are understood; without it such a znode belongs to a session of that number. */
  readonly extendedTypesEnabled: boolean;
  /** The layout of 3.5.3 is understood besides: any negative owner but the container's is a TTL. */
  readonly emulate353TTLNodes: boolean;
}

/** The owner of a container: the smallest long. */
export const CONTAINER_EPHEMERAL_OWNER = toSessionId(-0x8000_0000_0000_0000n);

/** The longest TTL, in ms: 40 bits, about 34 years. */
export const MAX_TTL_MS = 0xff_ffff_ffffn;

const EXTENDED_MASK = toSessionId(0xff00_0000_0000_0000n);
const RESERVED_MASK = 0x00ff_ff00_0000_0000n;

/** Reads an owner. An extended owner of an unknown feature, for which Java raises an error, counts as a session. */
export function ephemeralTypeOf(owner: SessionId, options: EphemeralTypeOptions): EphemeralType {
  if (owner === 0n) return 'void';
  if (owner > 0n) return 'normal';
  if (owner === CONTAINER_EPHEMERAL_OWNER) return 'container';
  if (!options.extendedTypesEnabled) return 'normal';
  if (options.emulate353TTLNodes) return 'ttl';
  if (owner >= EXTENDED_MASK && (owner & RESERVED_MASK) === 0n) return 'ttl';
  return 'normal';
}

/**
 * The owner that says a TTL of `ttl` ms: top byte 0xff, two bytes 0, 40 bits of TTL. Null for a TTL that is not positive or
 * too long, for which Java raises an error.
 */
export function ttlToEphemeralOwner(ttl: bigint): SessionId | null {
  return ttl > 0n && ttl <= MAX_TTL_MS ? toSessionId(EXTENDED_MASK | ttl) : null;
}

/** The TTL, in ms, in the owner of a TTL znode: its low 40 bits, also in the layout of 3.5.3, as in Java. */
export function ttlOf(owner: SessionId): bigint {
  return owner & MAX_TTL_MS;
}
