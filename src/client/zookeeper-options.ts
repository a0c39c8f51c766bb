/*
 * What a client is made with, and what it tells of itself: options, their defaults, events.
 */

import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { types } from 'node:util';
import { toSessionId } from '../jute/int64.ts';
import { validateAtLeast, validateBigInt, validateNumber, validateString } from './checks.ts';
import {
  type ConnectionString,
  parseConnectionString,
  type ServerAddress,
} from './connection-string.ts';
import { bytesOf, type RequestOptions } from './operations.ts';
import { DigestMd5, type SaslCredentials, validateSaslCredentials } from './sasl-digest-md5.ts';
import type { SessionCredentials, SessionState } from './session-effects.ts';
import type { HostSettings } from './session-host.ts';
import type { Watcher, WatchSelection } from './watch-registry.ts';

/** How a client behaves. Everything has a default. */
export interface ZooKeeperOptions {
  /** How long the servers keep the session without hearing of the client, ms; they may decide otherwise. 30 000. */
  readonly sessionTimeoutMs?: number | undefined;
  /** Goes to a server that is cut off from the others, for reading, until one that can write is found. False. */
  readonly canBeReadOnly?: boolean | undefined;
  /** Bytes: no request may be longer, and no answer as long. As the servers' jute.maxbuffer; 1 048 575. */
  readonly juteMaxBuffer?: number | undefined;
  /** For operations that are given no timeoutMs of their own; none. */
  readonly requestTimeoutMs?: number | undefined;
  /** How many requests may be under way or waiting for a connection; the next is refused with ThrottledOpError. 100 000. */
  readonly maxRequests?: number | undefined;
  /** The random pause before another server is tried is at most this long, ms. 1 000. */
  readonly reconnectDelayMs?: number | undefined;
  /** Goes on with a session that was made before. */
  readonly session?: SessionCredentials | undefined;
  /** Credentials for every connection, as addAuth takes them. */
  readonly auth?: readonly { readonly scheme: string; readonly auth: Uint8Array | string }[];
  /** Authenticates with SASL (DIGEST-MD5) on every connection, before anything else is asked. */
  readonly sasl?: SaslCredentials | undefined;
  /** TLS instead of clear text: true, or options for tls.connect (ca, cert, key, servername …). */
  readonly tls?: boolean | ConnectionOptions | undefined;
}

/** What a client emits. */
export interface ZooKeeperEvents {
  /** A server serves the session. */
  connected: [{ readonly server: ServerAddress; readonly isReadOnly: boolean }];
  /** The server has taken the SASL credentials; told after `connected`, on each connection. */
  saslAuthenticated: [];
  /** The connection is lost, and another is looked for; the session may live on. */
  disconnected: [Error];
  /** The session is over: its ephemeral znodes are gone, and this object can do nothing any more. */
  expired: [Error];
  /** close() has done its work. */
  closed: [];
  /** A server has refused credentials; the session is over for this client. */
  authFailed: [Error];
  /** Any of these. */
  state: [SessionState];
}

/** How close() ends a session. */
export interface CloseOptions {
  /** How long to wait for the server's answer, ms; 5 000. The session is left to expire if there is none. */
  readonly timeoutMs?: number | undefined;
}

/** Options of removeWatches. */
export interface RemoveWatchesOptions extends RequestOptions {
  /** Which watches; `any` when not given. */
  readonly kind?: WatchSelection | undefined;
  /** Only this watcher; all of this client when not given. */
  readonly watcher?: Watcher | undefined;
  /** Forgets them here also when the server cannot be asked. False. */
  readonly isLocal?: boolean | undefined;
}

/** The timeout of a session where none is asked for, ms. */
export const DEFAULT_SESSION_TIMEOUT_MS = 30_000;

/** How long close() waits where nothing else is said, ms. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;

const DEFAULT_JUTE_MAX_BUFFER = 0xf_ffff;
const DEFAULT_MAX_REQUESTS = 100_000;
const DEFAULT_RECONNECT_DELAY_MS = 1_000;
/** Bytes of the client's part of a DIGEST-MD5 exchange that nobody can foresee. */
const CNONCE_SIZE = 16;

/** Everything a client needs to know. */
export interface ClientSettings extends HostSettings {
  readonly chroot: ConnectionString['chroot'];
  /** ms; Infinity for none. */
  readonly requestTimeoutMs: number;
}

/** Options with their defaults. Raises TypeError for a connection string that is none, that or RangeError for numbers that make no sense. */
export function clientSettings(
  connectionString: string,
  options: ZooKeeperOptions,
): ClientSettings {
  const { servers, chroot } = parseConnectionString(connectionString);
  const { tls = false } = options;
  const within = (
    name: 'sessionTimeoutMs' | 'juteMaxBuffer' | 'maxRequests' | 'reconnectDelayMs',
    byDefault: number,
    least = 1,
  ): number => {
    const value = options[name] ?? byDefault;
    validateAtLeast(name, value, least);
    return value;
  };
  const requestTimeoutMs = options.requestTimeoutMs ?? Number.POSITIVE_INFINITY;
  validateNumber('requestTimeoutMs', requestTimeoutMs);
  if (requestTimeoutMs <= 0) {
    throw new RangeError(`requestTimeoutMs is more than 0, not ${requestTimeoutMs}`);
  }
  for (const [index, { scheme, auth }] of (options.auth ?? []).entries()) {
    validateString(`auth[${index}].scheme`, scheme);
    bytesOf(auth);
  }
  return {
    servers,
    chroot,
    requestTimeoutMs,
    sessionTimeoutMs: within('sessionTimeoutMs', DEFAULT_SESSION_TIMEOUT_MS),
    canBeReadOnly: options.canBeReadOnly ?? false,
    juteMaxBuffer: within('juteMaxBuffer', DEFAULT_JUTE_MAX_BUFFER),
    maxRequests: within('maxRequests', DEFAULT_MAX_REQUESTS),
    reconnectDelayMs: within('reconnectDelayMs', DEFAULT_RECONNECT_DELAY_MS, 0),
    session: sessionGiven(options.session),
    sasl: options.sasl === undefined ? null : digestMd5(options.sasl),
    tls: tls === true ? {} : tls === false ? null : tls,
  };
}

function sessionGiven(session: SessionCredentials | undefined): SessionCredentials | null {
  if (session === undefined || session === null) return null;
  validateBigInt('session.id', session.id);
  if (!types.isUint8Array(session.password)) {
    throw new TypeError('session.password is a Uint8Array');
  }
  // An id out of a log has no sign.
  return { id: toSessionId(session.id), password: session.password };
}

function digestMd5(credentials: SaslCredentials): () => DigestMd5 {
  validateSaslCredentials(credentials);
  return () => new DigestMd5(credentials, randomBytes(CNONCE_SIZE).toString('hex'));
}
