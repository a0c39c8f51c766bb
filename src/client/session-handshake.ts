/*
 * SessionHandshake: what a connection begins with, ConnectRequest and ConnectResponse, and what a session is by it: its id and its
 * password (Java: ClientCnxn.SendThread.primeConnection, ClientCnxnSocket.readConnectResult). SASL comes behind it: sasl-login.ts.
 */

import { errorName } from '../jute/error-code.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { SESSION_ID_ZERO } from '../jute/int64.ts';
import type { ConnectRequest } from '../jute/proto.ts';
import { REPLY_HEADER_SIZE, readConnectResponse, readReplyHeader } from '../jute/proto.ts';
import type { JuteReader } from '../jute/reader.ts';
import { JuteError } from '../jute/reader.ts';
import type { SessionSettings } from './session-effects.ts';

/** What a session says of itself to servers, and what they have said of it. */
export class SessionHandshake {
  /** 0 until there is one. */
  sessionId: SessionId;
  /** 16 bytes. */
  password: Uint8Array;
  /** Whether `sessionId` is one that all servers know: a read-only server makes up its own. */
  isSessionKnown: boolean;
  /** Of the server that answered last. */
  isServerReadOnly = false;
  readonly #settings: SessionSettings;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.sessionId = settings.session?.id ?? SESSION_ID_ZERO;
    this.password = settings.session?.password ?? new Uint8Array(16);
    this.isSessionKnown = settings.session !== null;
  }

  /** What is asked for. @param lastZxid the last transaction that the client knows of: a server that is behind it refuses */
  request(lastZxid: Zxid): ConnectRequest {
    return {
      protocolVersion: 0,
      lastZxidSeen: lastZxid,
      timeOut: this.#settings.sessionTimeoutMs,
      sessionId: this.isSessionKnown ? this.sessionId : SESSION_ID_ZERO,
      passwd: this.password,
      readOnly: this.#settings.canBeReadOnly,
    };
  }

  /**
   * Takes what the server says, and gives the timeout of the session, ms; null where the session is over. Raises JuteError for a
   * refusal, and for what is no ConnectResponse.
   */
  takeResponse(reader: JuteReader): number | null {
    if (reader.remaining === REPLY_HEADER_SIZE) {
      // Java's read-only server says so where it may not make local sessions (ReadOnlyRequestProcessor).
      throw new JuteError(
        `the server refuses the session: ${errorName(readReplyHeader(reader).err)}`,
      );
    }
    const response = readConnectResponse(reader);
    if (response.timeOut <= 0) return null;
    this.isServerReadOnly = response.readOnly === true;
    this.sessionId = response.sessionId;
    this.password = Buffer.from(response.passwd ?? new Uint8Array(16));
    this.isSessionKnown ||= !this.isServerReadOnly;
    return response.timeOut;
  }
}
