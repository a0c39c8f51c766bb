/*
 * What random requests are made of beside paths: users, access lists of each scheme, good and bad, limits of quotas, and how
 * such things are shown in a trace. x509 and sasl are not among the schemes: Java has them only where they are configured.
 */
import { createHash } from 'node:crypto';
import { type Acl, openAcl, type WireString } from '../../harness/requests.ts';

/** Users that sessions authenticate as, with their passwords. */
export const users = ['ann:1', 'bob:2', 'eve:3'];

const digest = (user: string): string =>
  `${user.split(':')[0]}:${createHash('sha1').update(user).digest('base64')}`;

/** The super user of the differential test's servers; its digest goes into zoo.cfg. */
export const superUser = 'super:secret';
/** The value of DigestAuthenticationProvider.superDigest for it. */
export const superDigest = digest(superUser);

/** Access lists that are accepted. */
export const goodAcls: readonly (readonly Acl[])[] = [
  [{ perms: 31, scheme: 'auth', id: '' }],
  [{ perms: 31, scheme: 'digest', id: digest('ann:1') }],
  [
    { perms: 31, scheme: 'digest', id: digest('bob:2') },
    { perms: 1, scheme: 'world', id: 'anyone' },
  ],
  [{ perms: 17, scheme: 'world', id: 'anyone' }],
  [{ perms: 1, scheme: 'world', id: 'anyone' }],
  [{ perms: 0, scheme: 'world', id: 'anyone' }],
  [{ perms: 4, scheme: 'digest', id: digest('ann:1') }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.1' }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.0/8' }],
  [{ perms: 31, scheme: 'ip', id: '10.0.0.0/8' }],
  [
    { perms: 1, scheme: 'ip', id: '10.1.2.3' },
    { perms: 31, scheme: 'auth', id: 'ignored' },
  ],
  [...openAcl, ...openAcl],
  [{ perms: -1, scheme: 'world', id: 'anyone' }],
  [{ perms: 64, scheme: 'world', id: 'anyone' }],
];

/** Access lists that are refused. */
export const badAcls: readonly (readonly Acl[] | null)[] = [
  null,
  [],
  [{ perms: 31, scheme: 'world', id: 'nobody' }],
  [{ perms: 31, scheme: 'world', id: null }],
  [{ perms: 31, scheme: null, id: 'anyone' }],
  [{ perms: 31, scheme: '', id: '' }],
  [{ perms: 31, scheme: 'nosuch', id: 'x' }],
  [{ perms: 31, scheme: 'digest', id: 'no colon' }],
  [{ perms: 31, scheme: 'digest', id: 'a:b:c' }],
  [{ perms: 31, scheme: 'digest', id: null }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0' }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.1/33' }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.1/-1' }],
  [{ perms: 31, scheme: 'ip', id: '300.0.0.1' }],
  [{ perms: 31, scheme: 'ip', id: 'localhost' }],
  [{ perms: 31, scheme: 'ip', id: '' }],
  [{ perms: 31, scheme: 'super', id: 'x' }],
  [{ perms: 31, scheme: Buffer.from([0xff]), id: Buffer.from([0xc3, 0x28]) }],
  [...openAcl, { perms: 31, scheme: 'nosuch', id: 'x' }],
];

/** Contents of zookeeper_limits. */
export const limits = [
  'count=5,bytes=-1',
  // As zkCli 3.8 writes it, with an equals sign too many.
  'count=3,bytes=-1=;byteHardLimit=-1;countHardLimit=-1',
  'count=-1,bytes=60',
  'count=3,bytes=-1;byteHardLimit=100;countHardLimit=6',
  'count=2,bytes=20;byteHardLimit=40;countHardLimit=4',
  'count=-1,bytes=-1;byteHardLimit=-1;countHardLimit=-1',
];

/** A string argument for the reader of a trace. */
export const show = (value: WireString): string =>
  typeof value === 'string'
    ? JSON.stringify(value.length > 60 ? `${value.slice(0, 20)}…(${value.length})` : value)
    : value === null
      ? 'null'
      : `0x${Buffer.from(value).toString('hex')}`;

/** An access list for the reader of a trace. */
export const showAcl = (acl: readonly Acl[] | null): string =>
  acl === null ? 'null' : acl.map((a) => `${a.perms}:${show(a.scheme)}:${show(a.id)}`).join('+');
