/*
 * DIGEST-MD5 (RFC 2831), the mechanism that ZooKeeper's DigestLoginModule has: the client shows that it knows the password without
 * sending it, and so does the server. Only what ZooKeeper uses of it: authentication without a layer of its own below what
 * follows (qop=auth), one exchange for each connection. Java: com.sun.security.sasl.digest.DigestMD5Client.
 *
 * MD5 is weak, and whoever listens can try passwords: TLS belongs around it.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { SaslError, type SaslExchange } from './sasl.ts';

/** Who a client is. */
export interface SaslCredentials {
  readonly username: string;
  readonly password: string;
}

/** What both sides call the service, whatever the name of the host (Java: SecurityUtils.createSaslClient). */
const DIGEST_URI = 'zookeeper/zk-sasl-md5';
/** The first use of the server's nonce, which is the only one. */
const NONCE_COUNT = '00000001';
/** Bytes of a challenge; Java's are below 200, and RFC 2831 allows 2048. */
const MAX_CHALLENGE_SIZE = 2048;
/** Bytes of a user's name and of a password. */
const MAX_CREDENTIAL_SIZE = 1024;

type Encoding = 'utf8' | 'latin1';
type Directives = ReadonlyMap<string, string>;

/** Raises TypeError for credentials that cannot be right. */
export function validateSaslCredentials(credentials: SaslCredentials): void {
  const { username, password } = credentials;
  for (const [name, value] of Object.entries({ username, password })) {
    if (typeof value !== 'string' || value.length === 0) {
      throw new TypeError(`The SASL ${name} is a text that is not empty`);
    }
    if (Buffer.byteLength(value) > MAX_CREDENTIAL_SIZE || value.includes('\0')) {
      throw new TypeError(
        `The SASL ${name} has at most ${MAX_CREDENTIAL_SIZE} bytes, none of them 0`,
      );
    }
  }
}

/** The exchange of one connection: an empty token from the client, a challenge, a response, and the server's proof. */
export class DigestMd5 implements SaslExchange {
  readonly #credentials: SaslCredentials;
  readonly #cnonce: string;
  /** What the server is to prove itself with, once it was responded to. */
  #rspauth: string | null = null;

  /** @param cnonce letters and digits that nobody can foresee */
  constructor(credentials: SaslCredentials, cnonce: string) {
    this.#credentials = credentials;
    this.#cnonce = cnonce;
  }

  respond(challenge: Uint8Array): Uint8Array | null {
    const directives = directivesOf(challenge);
    if (this.#rspauth === null) return this.#response(directives);
    const proof = Buffer.from(directives.get('rspauth') ?? '');
    const expected = Buffer.from(this.#rspauth);
    if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) {
      throw new SaslError('the server does not prove that it knows the password');
    }
    return null;
  }

  #response(challenge: Directives): Uint8Array {
    const nonce = challenge.get('nonce');
    if (nonce === undefined || nonce === '') throw new SaslError('a challenge without nonce');
    const { algorithm = '', qop = 'auth', realm = '', charset } = Object.fromEntries(challenge);
    if (algorithm !== 'md5-sess') throw new SaslError(`the algorithm ${algorithm}`);
    if (!qop.split(/[\s,]+/).includes('auth')) throw new SaslError(`no qop but ${qop}`);
    const encoding: Encoding = charset?.toLowerCase() === 'utf-8' ? 'utf8' : 'latin1';
    const { username, password } = this.#credentials;
    const hashed = [username, realm, password].map((text) => hashedBytes(text, encoding));
    const secret = md5(joined(hashed));
    const session = md5(
      joined([secret, Buffer.from(nonce, encoding), Buffer.from(this.#cnonce)]),
    ).toString('hex');
    const proof = (method: string): string => {
      const what = md5(Buffer.from(`${method}:${DIGEST_URI}`)).toString('hex');
      const parts = [session, nonce, NONCE_COUNT, this.#cnonce, 'auth', what];
      return md5(Buffer.from(parts.join(':'), encoding)).toString('hex');
    };
    this.#rspauth = proof('');
    const directives = [
      ...(encoding === 'utf8' ? ['charset=utf-8'] : []),
      `username=${quoted(username)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `nc=${NONCE_COUNT}`,
      `cnonce=${quoted(this.#cnonce)}`,
      `digest-uri=${quoted(DIGEST_URI)}`,
      `response=${proof('AUTHENTICATE')}`,
      'qop=auth',
    ];
    return Buffer.from(directives.join(','), encoding);
  }
}

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

function joined(parts: readonly Uint8Array[]): Buffer {
  const colon = Buffer.from(':');
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [colon, part])));
}

/** A text as it is hashed: ISO 8859-1 wherever that has all its letters, for the sake of older servers (RFC 2831, 2.1.2.1). */
function hashedBytes(text: string, encoding: Encoding): Buffer {
  const isLatin1 = [...text].every((letter) => (letter.codePointAt(0) ?? 0) <= 0xff);
  return Buffer.from(text, isLatin1 ? 'latin1' : encoding);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** `key=value,key="va\"lue"`; of a key that comes twice, as realm may, the first one counts. */
function directivesOf(token: Uint8Array): Directives {
  if (token.length > MAX_CHALLENGE_SIZE) {
    throw new SaslError(`a challenge of ${token.length} bytes`);
  }
  const text = Buffer.from(token).toString('utf8');
  const directives = new Map<string, string>();
  const directive = /[\s,]*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))\s*(?:,|$)/sy;
  while (directive.lastIndex < text.length) {
    const match = directive.exec(text);
    if (match === null) throw new SaslError('a challenge that is not in the form of RFC 2831');
    const [, key = '', inQuotes, plain = ''] = match;
    const value = inQuotes === undefined ? plain : inQuotes.replace(/\\(.)/gs, '$1');
    if (!directives.has(key.toLowerCase())) directives.set(key.toLowerCase(), value);
  }
  return directives;
}
