/*
 * What an owner means, under each setting.
 */

import { describe, expect, it } from 'vitest';
import {
  CONTAINER_EPHEMERAL_OWNER,
  ephemeralTypeOf,
  MAX_TTL_MS,
  ttlOf,
  ttlToEphemeralOwner,
} from '../../src/datatree/ephemeral-type.ts';
import { toSessionId } from '../../src/jute/int64.ts';

const plain = { extendedTypesEnabled: false, emulate353TTLNodes: false };
const extended = { extendedTypesEnabled: true, emulate353TTLNodes: false };
const emulating = { extendedTypesEnabled: true, emulate353TTLNodes: true };

describe('an owner', () => {
  it('is read by the settings', () => {
    const owners = [
      0n,
      1n,
      0x8000_0000_0000_0000n,
      0x8000_0000_0000_0005n,
      0xff00_0000_0000_0005n,
      0xff00_0100_0000_0005n,
    ];
    const read = (options: typeof plain): string[] =>
      owners.map((owner) => ephemeralTypeOf(toSessionId(owner), options));
    expect(read(plain)).toEqual(['void', 'normal', 'container', 'normal', 'normal', 'normal']);
    expect(read(extended)).toEqual(['void', 'normal', 'container', 'normal', 'ttl', 'normal']);
    expect(read(emulating)).toEqual(['void', 'normal', 'container', 'ttl', 'ttl', 'ttl']);
  });

  it('holds a TTL of up to 40 bits', () => {
    expect(ttlToEphemeralOwner(5000n)).toBe(toSessionId(0xff00_0000_0000_1388n));
    expect([0n, -1n, MAX_TTL_MS + 1n].map((ttl) => ttlToEphemeralOwner(ttl))).toEqual([
      null,
      null,
      null,
    ]);
    expect(ttlOf(ttlToEphemeralOwner(MAX_TTL_MS) ?? CONTAINER_EPHEMERAL_OWNER)).toBe(MAX_TTL_MS);
    expect(ttlOf(toSessionId(0x8000_0000_0000_0005n))).toBe(5n);
  });
});
