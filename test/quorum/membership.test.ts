/*
 * The text of a membership: byte for byte what Java makes of the same lines, and read back as what it was.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configText, type Membership, withVersion } from '../../src/quorum/membership.ts';
import { BadMembership, parseConfigText } from '../../src/quorum/membership-lines.ts';
import { javaMemberships, membership } from './java-memberships.ts';

/** The lines of a text in one order. */
function sorted(text: string): readonly string[] {
  return text.split('\n').sort();
}

describe('the text of a configuration', () => {
  // Servers 3 and 35, and 4 and 20, share a bucket of Java's map there; then the order hangs on the hash of the keys' text.
  const isOrdered = (written: string) => !/^server\.35=|^group\.20=/m.test(written);

  it.each(javaMemberships().filter(({ written }) => isOrdered(written)))(
    "is Java's to the byte ($#)",
    ({ written, text }) => {
      expect(configText(membership(written))).toBe(text);
    },
  );

  it.each(javaMemberships())("has Java's lines ($#)", ({ written, text }) => {
    expect(sorted(configText(membership(written)))).toEqual(sorted(text));
  });

  it('is read back as what it was', () => {
    const sid = fc.oneof(fc.nat(300), fc.maxSafeNat());
    const host = fc.constantFrom('a.example.com', '10.0.0.1', '0:0:0:0:0:0:0:1', 'b');
    const client = fc.option(fc.record({ host, port: fc.nat(65_535) }));
    const member = fc.record({
      addresses: fc.tuple(
        fc.record({ host, quorumPort: fc.nat(30_000), electionPort: fc.nat(30_000) }),
      ),
      type: fc.constantFrom('participant' as const, 'observer' as const),
      clientAddress: client,
      secureClientAddress: client,
    });
    const ensembles = fc
      .tuple(fc.uniqueArray(fc.tuple(sid, member), { minLength: 1, selector: ([id]) => id }))
      .map(([members]): Membership => {
        const all = members.map(([id, one], i) => {
          const [address] = one.addresses;
          const electionPort = address.quorumPort + 1;
          const type = i === 0 ? ('participant' as const) : one.type;
          return [id, { ...one, id, type, addresses: [{ ...address, electionPort }] }] as const;
        });
        return { members: new Map(all), groups: [], weights: new Map(), version: 7n };
      });
    fc.assert(
      fc.property(ensembles, (ensemble) => {
        expect(parseConfigText(configText(ensemble))).toEqual(ensemble);
      }),
    );
  });

  it('takes another version without being changed', () => {
    const before = membership('server.1=a:1:2\nversion=10');
    expect(configText(withVersion(before, 0x1_0000_0003n))).toBe(
      'server.1=a:1:2:participant\nversion=100000003',
    );
    expect(before.version).toBe(16n);
  });
});

describe('a text from another server', () => {
  it('may have comments, empty lines and blanks around', () => {
    const read = membership('# of today\r\n\r\n server.1 = a:1:2;2181 \r\n');
    expect(read.members.get(1)?.clientAddress).toEqual({ host: '0.0.0.0', port: 2181 });
    expect(read.version).toBe(0n);
  });

  it('may give a server several addresses', () => {
    const read = membership('server.1=a:1:2|b:3:4:participant');
    expect(read.members.get(1)?.addresses.map((one) => one.host)).toEqual(['a', 'b']);
  });

  it.each([
    ['', 'there is no server.N line'],
    ['version=1', 'there is no server.N line'],
    ['server.1=a:1:2:observer', 'observers without a participant cannot form an ensemble'],
    ['server.1', 'server.1: has no value'],
    ['server.1=a:1', /^server\.1: "a:1" is not of the form/],
    ['tickTime=2000', 'tickTime: does not belong into a configuration of servers'],
    ['server.1=a:1:2\nversion=x', 'version: "x" is not a hexadecimal number'],
    [
      'server.1=a:1:2\nversion=8000000000000000',
      'version: 8000000000000000 is too large: 7fffffffffffffff is the most',
    ],
    ['server.1=a:1:2\ngroup.1=2', 'server.1: is in no group, while other servers are'],
  ])('cannot be %j', (text, message) => {
    const read = parseConfigText(text);
    expect(read).toBeInstanceOf(BadMembership);
    expect(read instanceof BadMembership ? read.message : '').toMatch(message);
  });

  it('is a membership or is told to be none, whatever it is', () => {
    const line = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom('server.1', 'server.2', 'group.1', 'weight.1', 'version', 'server.'),
          fc.oneof(fc.string(), fc.constantFrom('a:1:2', '[::1]:1:2:observer;2181', '1:2', '0')),
        )
        .map(([key, value]) => `${key}=${value}`),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const read = parseConfigText(lines.join('\n'));
        if (read instanceof BadMembership) expect(read.message).not.toBe('');
        else expect(read.members.size).toBeGreaterThan(0);
      }),
    );
  });
});
