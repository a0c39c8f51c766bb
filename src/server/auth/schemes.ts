/*
 * Authentication schemes: which ids may stand in an access list, which credentials prove which id, and which id matches which
 * entry (Java: ProviderRegistry, DigestAuthenticationProvider, IPAuthenticationProvider).
 *
 * Always there: digest (unless disabled) and ip. Names of x509 and sasl are accepted in lists and matched by equality, so that
 * trees that use them can be kept and loaded; nobody can prove such an id on a connection without TLS or SASL.
 */

import { createHash } from 'node:crypto';
import type { Id } from '../../jute/data.ts';
import { addressMatches, isAddressExpression } from './ip-address.ts';

/** One scheme. */
export interface AuthScheme {
  /** Whether ids of this scheme are what `auth` in an access list stands for (Java: isAuthenticated). */
  readonly provesIdentity: boolean;
  /** Whether `id` may stand in an access list. */
  isValid(id: string): boolean;
  /** Whether a connection's id satisfies an entry of an access list. */
  matches(id: string, entryId: string): boolean;
  /** The name in an id that whoAmI shows. */
  userName(id: string): string;
  /** The ids that `credentials` prove for a connection from `remoteAddress`; null when they prove none. */
  authenticate(credentials: Uint8Array | null, remoteAddress: string): readonly Id[] | null;
}

/** Settings of the schemes (zoo.cfg: DigestAuthenticationProvider.*). */
export interface AuthSettings {
  readonly digestAuthEnabled: boolean;
  /** A hash by Java's name, such as SHA1 or SHA-256. */
  readonly digestAlg: string;
  /** `super:<base64 of hash>`, or null for no super user. */
  readonly superDigest: string | null;
}

/** Makes the table of schemes by name. Raises an error for a hash that does not exist. */
export function authSchemes(settings: AuthSettings): ReadonlyMap<string, AuthScheme> {
  const schemes = new Map<string, AuthScheme>([
    ['ip', ipScheme],
    ['x509', nameScheme],
    ['sasl', nameScheme],
  ]);
  if (settings.digestAuthEnabled) schemes.set('digest', digestScheme(settings));
  return schemes;
}

const ipScheme: AuthScheme = {
  provesIdentity: false,
  isValid: isAddressExpression,
  matches: addressMatches,
  userName: (id) => id,
  authenticate: (_credentials, remoteAddress) => [{ scheme: 'ip', id: remoteAddress }],
};

const nameScheme: AuthScheme = {
  provesIdentity: true,
  isValid: (id) => id.length > 0,
  matches: (id, entryId) => id === entryId,
  userName: (id) => id,
  authenticate: () => null,
};

/** `user:password` becomes `user:<base64 of the hash of the whole text>` (Java: generateDigest). */
export function generateDigest(userAndPassword: Uint8Array, algorithm: string): string {
  const text = Buffer.from(userAndPassword).toString('utf8');
  const user = text.split(':', 1)[0] ?? '';
  return `${user}:${createHash(opensslName(algorithm)).update(text, 'utf8').digest('base64')}`;
}

/** SHA-256 is sha256 here, SHA3-256 is sha3-256, and SHA-512/256 is sha512-256. */
function opensslName(javaName: string): string {
  return javaName.toLowerCase().replace(/^sha-/, 'sha').replace('/', '-');
}

function digestScheme(settings: AuthSettings): AuthScheme {
  generateDigest(new Uint8Array(), settings.digestAlg);
  return {
    provesIdentity: true,
    // Java's split drops empty strings at the end, so `a:b::` counts as two parts and `a:` as one.
    isValid: (id) => id.replace(/:+$/, '').split(':').length === 2,
    matches: (id, entryId) => id === entryId,
    userName: (id) => id.split(':', 1)[0] ?? '',
    authenticate: (credentials) => {
      if (credentials === null) return null;
      const id = generateDigest(credentials, settings.digestAlg);
      const own = { scheme: 'digest', id };
      return id === settings.superDigest ? [{ scheme: 'super', id: '' }, own] : [own];
    },
  };
}
