import { describe, expect, it } from 'vitest';
import { toSessionId } from '../../../src/jute/int64.ts';
import { isSessionPassword, sessionPassword } from '../../../src/server/session/password.ts';

describe('the password of a session', () => {
  // Printed by java.util.Random(id ^ 0xB3415C00).nextBytes(byte[16]).
  const golden: [bigint, string][] = [
    [0x1n, '054cc74a37327db215e702e20c73f005'],
    [0x100000000000000n, 'f22acd4a97e69d6d20a49bb638eadb38'],
    [0x1000123456789abcn, 'e673bc9940b4e7724864ecd8054f6ff4'],
    [0xfffffffffffffffbn, 'd47144b5e45e45c49c3b7fdcd66257ba'],
    [0x7fffffffffffffffn, '20f62cb5648dc2d771471c8a2486a9ee'],
  ];

  it.each(golden)('of session %s is what Java makes', (id, hex) => {
    expect(sessionPassword(toSessionId(id)).toString('hex')).toBe(hex);
  });

  it('opens its own session and no other', () => {
    const password = sessionPassword(toSessionId(7n));
    expect(isSessionPassword(toSessionId(7n), password)).toBe(true);
    expect(isSessionPassword(toSessionId(8n), password)).toBe(false);
  });

  it('does not open session 0, which is a request for a new one', () => {
    expect(isSessionPassword(toSessionId(0n), sessionPassword(toSessionId(0n)))).toBe(false);
  });

  it('is wrong when it is missing or short', () => {
    expect(isSessionPassword(toSessionId(7n), null)).toBe(false);
    expect(isSessionPassword(toSessionId(7n), Buffer.alloc(3))).toBe(false);
  });
});
