/*
 * The first exchange on a connection: what a ConnectRequest gets (Java: ZooKeeperServer.processConnectRequest).
 * Decides only; Handshakes (handshakes.ts) carries it out.
 */

import type { SessionId, Zxid } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import type { ConnectRequest, ConnectResponse } from '../../jute/proto.ts';
import { isSessionPassword, PASSWORD_SIZE, sessionPassword } from '../session/password.ts';

/** What the server knows when it decides. Times in ms. */
export interface HandshakeFacts {
  readonly lastProcessedZxid: Zxid;
  readonly minSessionTimeout: number;
  readonly maxSessionTimeout: number;
}

/** A new session, an old one back, a session that is refused with a response, or a connection that is simply closed. */
export type HandshakeVerdict =
  | { readonly kind: 'new'; readonly timeout: number }
  | { readonly kind: 'renew'; readonly sessionId: SessionId; readonly timeout: number }
  | { readonly kind: 'wrong-password'; readonly sessionId: SessionId }
  | { readonly kind: 'close'; readonly reason: string };

/** Decides over a ConnectRequest. */
export function decideHandshake(request: ConnectRequest, facts: HandshakeFacts): HandshakeVerdict {
  if (request.lastZxidSeen > facts.lastProcessedZxid) {
    const reason =
      `it has seen zxid 0x${toHex(request.lastZxidSeen)}, ` +
      `our last zxid is 0x${toHex(facts.lastProcessedZxid)}, it must try another server`;
    return { kind: 'close', reason };
  }
  const atLeast = Math.max(request.timeOut, facts.minSessionTimeout);
  const timeout = Math.min(atLeast, facts.maxSessionTimeout);
  const { sessionId } = request;
  if (sessionId === 0n) return { kind: 'new', timeout };
  return isSessionPassword(sessionId, request.passwd)
    ? { kind: 'renew', sessionId, timeout }
    : { kind: 'wrong-password', sessionId };
}

/** The response that a client gets with its session; a server that is not read-only tells a new client so. @param timeout ms */
export function acceptSession(
  sessionId: SessionId,
  timeout: number,
  isOldClient: boolean,
): ConnectResponse {
  return {
    protocolVersion: 0,
    timeOut: timeout,
    sessionId,
    passwd: sessionPassword(sessionId),
    readOnly: isOldClient ? null : false,
  };
}

/** The response that tells a client that its session is gone: all zero. */
export function refuseSession(isOldClient: boolean): ConnectResponse {
  return {
    protocolVersion: 0,
    timeOut: 0,
    sessionId: 0n as SessionId,
    passwd: Buffer.alloc(PASSWORD_SIZE),
    readOnly: isOldClient ? null : false,
  };
}
