/*
 * What a session is told and what it wants done: its settings, its states and its effects. The session itself is in session.ts.
 */

import type { SessionId } from '../jute/int64.ts';
import type { ServerAddress } from './connection-string.ts';
import type { SaslExchange } from './sasl.ts';
import type { Delivery } from './watch-registry.ts';

/** Where a session stands. The last three are its end. */
export type SessionState =
  | 'connecting'
  | 'connected'
  | 'connectedReadOnly'
  | 'closed'
  | 'expired'
  | 'authFailed';

/** A session that was made before: by another ZooKeeper object, perhaps in another process. */
export interface SessionCredentials {
  readonly id: SessionId;
  /** 16 bytes. */
  readonly password: Uint8Array;
}

/** What a session is made with. */
export interface SessionSettings {
  /** At least one. */
  readonly servers: readonly ServerAddress[];
  /** What to ask for, in ms; the server may give another. */
  readonly sessionTimeoutMs: number;
  /** A server that is cut off from the others will do, for reading. */
  readonly canBeReadOnly: boolean;
  /** Bytes that a frame from the server must stay below, and that none to it may exceed. */
  readonly juteMaxBuffer: number;
  /** How many requests may be under way or waiting for a connection. */
  readonly maxRequests: number;
  /** Upper bound of the random pause before another server is tried, ms. */
  readonly reconnectDelayMs: number;
  /** A session to go on with. */
  readonly session: SessionCredentials | null;
  /** Begins to authenticate with SASL, once for each connection; null for none. */
  readonly sasl: (() => SaslExchange) | null;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** What the host is to do, in this order. */
export type SessionEffect =
  | { readonly kind: 'connect'; readonly server: ServerAddress }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'probe'; readonly server: ServerAddress }
  | {
      readonly kind: 'state';
      readonly state: SessionState;
      readonly server: ServerAddress | null;
      readonly error: Error | null;
    }
  | { readonly kind: 'saslAuthenticated' }
  | { readonly kind: 'deliver'; readonly delivery: Delivery };
