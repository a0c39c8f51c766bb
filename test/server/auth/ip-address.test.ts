import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressMatches, isAddressExpression } from '../../../src/server/auth/ip-address.ts';

const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(byte, byte, byte, byte);
const group = fc.integer({ min: 0, max: 0xffff });
const ipv6 = fc.tuple(group, group, group, group, group, group, group, group);

const text4 = (bytes: readonly number[]) => bytes.join('.');
const text6 = (groups: readonly number[]) => groups.map((each) => each.toString(16)).join(':');

/** The first `bits` bits of a number of parts, each `width` wide. */
function prefix(parts: readonly number[], width: number, bits: number): bigint {
  const whole = parts.reduce((value, part) => (value << BigInt(width)) | BigInt(part), 0n);
  return whole >> BigInt(parts.length * width - bits);
}

describe('an address', () => {
  it('matches a network of IPv4 when the first bits are the same', () => {
    fc.assert(
      fc.property(ipv4, ipv4, fc.integer({ min: 0, max: 32 }), (address, network, bits) => {
        const expected = prefix(address, 8, bits) === prefix(network, 8, bits);
        expect(addressMatches(text4(address), `${text4(network)}/${bits}`)).toBe(expected);
      }),
    );
  });

  it('matches a network of IPv6 when the first bits are the same', () => {
    const near = fc.tuple(ipv6, fc.integer({ min: 0, max: 127 })).map(([groups, flipped]) => {
      const other = groups.map((each, index) =>
        index === flipped >> 4 ? each ^ (0x8000 >> (flipped & 15)) : each,
      );
      return { groups, other };
    });
    fc.assert(
      fc.property(near, fc.integer({ min: 0, max: 128 }), ({ groups, other }, bits) => {
        const expected = prefix(groups, 16, bits) === prefix(other, 16, bits);
        expect(addressMatches(text6(groups), `${text6(other)}/${bits}`)).toBe(expected);
        expect(addressMatches(text6(groups), `${text6(groups)}/${bits}`)).toBe(true);
      }),
    );
  });

  it('is itself with all its bits, and nothing else', () => {
    expect(addressMatches('10.0.0.1', '10.0.0.1')).toBe(true);
    expect(addressMatches('10.0.0.1', '10.0.0.2')).toBe(false);
    expect(addressMatches('fe80::1', 'FE80:0:0:0::1')).toBe(true);
    expect(addressMatches('::1', '::1/128')).toBe(true);
  });

  it('matches nothing of the other kind, and nothing that is no address', () => {
    expect(addressMatches('10.0.0.1', '::/0')).toBe(false);
    expect(addressMatches('::1', '0.0.0.0/0')).toBe(false);
    expect(addressMatches('localhost', '0.0.0.0/0')).toBe(false);
    expect(addressMatches('10.0.0.1', 'nonsense')).toBe(false);
  });
});

describe('an expression', () => {
  it.each(['1.2.3.4', '0.0.0.0/0', '1.2.3.4/32', '::', '::1', '1::', 'a:b:c:d:e:f:1:2/64'])(
    '%s may stand in an access list',
    (expression) => {
      expect(isAddressExpression(expression)).toBe(true);
    },
  );

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.-1',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/8/8',
    '1.2.3.x',
    '::/129',
    '1::2::3',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '%00',
  ])('%s may not', (expression) => {
    expect(isAddressExpression(expression)).toBe(false);
  });
});
