import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../../src/jute/error-code.ts';
import { Perms } from '../../../src/jute/op-code.ts';
import { AccessControl } from '../../../src/server/auth/access.ts';
import { authSchemes } from '../../../src/server/auth/schemes.ts';

// Printed by DigestAuthenticationProvider of Apache ZooKeeper 3.8.0 for super:secret and ann:pass.
const SUPER_DIGEST = 'super:lK75jTNcA+U9vtVEw5vB51mj/w4=';
const ANN_DIGEST = 'ann:daNAg2SRdNdIcsIbxB9c3X+vhAQ=';

const settings = { digestAuthEnabled: true, digestAlg: 'SHA1', superDigest: SUPER_DIGEST };
const schemes = authSchemes(settings);
const access = new AccessControl(schemes, { skipACL: false, juteMaxBuffer: 100_000 });
const acl = (scheme: string | null, id: string | null, perms: number = Perms.all) => ({
  perms,
  id: { scheme, id },
});
const login = (text: string) => schemes.get('digest')?.authenticate(Buffer.from(text), '') ?? [];
const ip = (address: string) => [{ scheme: 'ip', id: address }];

describe('digest credentials', () => {
  it('prove the id that Java makes of them', () => {
    expect(login('ann:pass')).toEqual([{ scheme: 'digest', id: ANN_DIGEST }]);
  });

  it('prove nothing when they are absent, where an address needs none', () => {
    expect(schemes.get('digest')?.authenticate(null, '10.0.0.1')).toBeNull();
    expect(schemes.get('ip')?.authenticate(null, '10.0.0.1')).toEqual(ip('10.0.0.1'));
  });

  it('make whoever knows the password of superDigest super besides', () => {
    expect(login('super:secret').map((id) => id.scheme)).toEqual(['super', 'digest']);
    expect(login('super:wrong').map((id) => id.scheme)).toEqual(['digest']);
  });
});

describe('an access list', () => {
  it('lets everybody do what world:anyone may', () => {
    const acls = [acl('world', 'anyone', Perms.read)];
    expect(access.allows(ip('10.0.0.1'), acls, Perms.read)).toBe(true);
    expect(access.allows(ip('10.0.0.1'), acls, Perms.write)).toBe(false);
  });

  it('lets in whoever has proved a name in it', () => {
    const acls = login('ann:pass').map((id) => ({ perms: Perms.all, id }));
    expect(access.allows(login('ann:pass'), acls, Perms.write)).toBe(true);
    expect(access.allows(login('ann:other'), acls, Perms.write)).toBe(false);
  });

  it.each([
    ['10.1.0.0/16', '10.1.200.3', true],
    ['10.1.0.0/16', '10.2.0.1', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['0.0.0.0/0', '192.168.1.1', true],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/33', '2001:db8:8000::5', false],
    ['::1', '127.0.0.1', false],
  ])('with ip:%s takes %s: %s', (expression, address, expected) => {
    expect(access.allows(ip(address), [acl('ip', expression)], Perms.read)).toBe(expected);
  });

  it('is no obstacle for super, when it is empty, and with skipACL', () => {
    const locked = [acl('digest', 'nobody:x')];
    expect(access.allows([{ scheme: 'super', id: '' }], locked, Perms.admin)).toBe(true);
    expect(access.allows([], [], Perms.admin)).toBe(true);
    const open = new AccessControl(schemes, { skipACL: true, juteMaxBuffer: 100_000 });
    expect(open.allows([], locked, Perms.admin)).toBe(true);
  });
});

describe('a list that a client sends', () => {
  it.each([
    ['nothing', null, ErrorCode.invalidAcl],
    ['an empty list', [], ErrorCode.invalidAcl],
    ['a scheme that is null', [acl(null, 'x')], ErrorCode.invalidAcl],
    ['an unknown scheme', [acl('nosuch', 'x')], ErrorCode.invalidAcl],
    ['world without anyone', [acl('world', 'me')], ErrorCode.invalidAcl],
    ['an address that is none', [acl('ip', '10.1.2')], ErrorCode.invalidAcl],
    ['too many bits', [acl('ip', '10.1.2.3/33')], ErrorCode.invalidAcl],
    ['a digest without a password', [acl('digest', 'ann:')], ErrorCode.invalidAcl],
    ['an id that is null', [acl('digest', null)], ErrorCode.marshallingError],
    ['auth from somebody who proved nothing', [acl('auth', '')], ErrorCode.invalidAcl],
    ['super', [acl('super', 'ann:x')], ErrorCode.invalidAcl],
  ])('is refused with %s', (_what, acls, err) => {
    expect(access.fix(ip('10.0.0.1'), acls)).toEqual({ acls: null, err });
  });

  it('keeps digests, addresses, certificates and sasl names', () => {
    const acls = [
      acl('digest', 'a:b'),
      acl('ip', '10.0.0.0/8'),
      acl('x509', 'CN=a'),
      acl('sasl', 'a'),
    ];
    expect(access.fix([], acls)).toEqual({ acls, err: 0 });
  });

  it('loses what is doubled', () => {
    const fixed = access.fix([], [acl('world', 'anyone'), acl('world', 'anyone')]);
    expect(fixed.acls).toEqual([acl('world', 'anyone')]);
  });

  it('must not become larger than a request may be', () => {
    const ids = Array.from({ length: 100 }, (_id, index) => login(`ann:${index}`)).flat();
    const auths = (count: number) =>
      Array.from({ length: count }, (_acl, perms) => acl('auth', '', perms));
    expect(access.fix(ids, auths(10)).acls).toHaveLength(1000);
    expect(access.fix(ids, auths(100))).toEqual({ acls: null, err: ErrorCode.invalidAcl });
  });

  it('gets the own names in the place of auth', () => {
    const ids = [...ip('10.0.0.1'), ...login('ann:pass')];
    const fixed = access.fix(ids, [acl('auth', '', Perms.read)]);
    expect(fixed.acls).toEqual([{ perms: Perms.read, id: login('ann:pass')[0] }]);
  });
});
