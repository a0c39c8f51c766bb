/*
 * What begins the conversation of a client and a server, and each frame of it (records of jute module org.apache.zookeeper.proto).
 *
 * Every frame is a length (int, not counting itself) and then: ConnectRequest or ConnectResponse as the first of each
 * direction; afterwards RequestHeader and request (requests.ts), or ReplyHeader and response (responses.ts). Fields stand in wire order.
 */

import type { SessionId, Zxid } from './int64.ts';
import type { JuteReader } from './reader.ts';
import type { JuteWriter } from './writer.ts';

/*
 * ConnectRequest, 44 bytes with a password of 16, and one more for readOnly, which clients before 3.4 leave out
 *   protocolVersion  int
 *   lastZxidSeen     long
 *   timeOut          int, ms
 *   sessionId        long, 0 for a new session
 *   passwd           buffer, 16 bytes
 *   readOnly         boolean, absent (null here) from old clients
 */

/** The first thing that a client says. */
export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: Zxid;
  readonly timeOut: number;
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array | null;
  readonly readOnly: boolean | null;
}

/** Reads a ConnectRequest of either length. */
export function readConnectRequest(reader: JuteReader): ConnectRequest {
  return {
    protocolVersion: reader.readInt(),
    lastZxidSeen: reader.readLong() as Zxid,
    timeOut: reader.readInt(),
    sessionId: reader.readLong() as SessionId,
    passwd: reader.readBuffer(),
    readOnly: reader.remaining === 0 ? null : reader.readBoolean(),
  };
}

/** Writes a ConnectRequest. */
export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  writer.writeInt(request.protocolVersion);
  writer.writeLong(request.lastZxidSeen);
  writer.writeInt(request.timeOut);
  writer.writeLong(request.sessionId);
  writer.writeBuffer(request.passwd);
  if (request.readOnly !== null) writer.writeBoolean(request.readOnly);
}

/*
 * ConnectResponse
 *   protocolVersion  int
 *   timeOut          int, ms; 0 when the session is refused
 *   sessionId        long; 0 when the session is refused
 *   passwd           buffer, 16 bytes
 *   readOnly         boolean, left out (null) for a client that did not send it
 */

/** The answer to a ConnectRequest. */
export interface ConnectResponse {
  readonly protocolVersion: number;
  readonly timeOut: number;
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array | null;
  readonly readOnly: boolean | null;
}

/** Reads a ConnectResponse. */
export function readConnectResponse(reader: JuteReader): ConnectResponse {
  return {
    protocolVersion: reader.readInt(),
    timeOut: reader.readInt(),
    sessionId: reader.readLong() as SessionId,
    passwd: reader.readBuffer(),
    readOnly: reader.remaining === 0 ? null : reader.readBoolean(),
  };
}

/** Writes a ConnectResponse. */
export function writeConnectResponse(writer: JuteWriter, response: ConnectResponse): void {
  writer.writeInt(response.protocolVersion);
  writer.writeInt(response.timeOut);
  writer.writeLong(response.sessionId);
  writer.writeBuffer(response.passwd);
  if (response.readOnly !== null) writer.writeBoolean(response.readOnly);
}

/*
 * RequestHeader, 8 bytes
 *   xid   int
 *   type  int, op code
 */

/** What stands before each request. */
export interface RequestHeader {
  readonly xid: number;
  readonly type: number;
}

/** Size of a RequestHeader, in bytes. */
export const REQUEST_HEADER_SIZE = 8;

/** Reads a RequestHeader. */
export function readRequestHeader(reader: JuteReader): RequestHeader {
  return { xid: reader.readInt(), type: reader.readInt() };
}

/** Writes a RequestHeader. */
export function writeRequestHeader(writer: JuteWriter, header: RequestHeader): void {
  writer.writeInt(header.xid);
  writer.writeInt(header.type);
}

/*
 * ReplyHeader, 16 bytes
 *   xid   int
 *   zxid  long, the last transaction that the server had applied
 *   err   int, ErrorCode; a response follows only when it is 0
 */

/** What stands before each response and each watch event. */
export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: Zxid;
  readonly err: number;
}

/** Size of a ReplyHeader, in bytes. */
export const REPLY_HEADER_SIZE = 16;

/** Reads a ReplyHeader. */
export function readReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.readInt(), zxid: reader.readLong() as Zxid, err: reader.readInt() };
}

/** Writes a ReplyHeader. */
export function writeReplyHeader(writer: JuteWriter, header: ReplyHeader): void {
  writer.writeInt(header.xid);
  writer.writeLong(header.zxid);
  writer.writeInt(header.err);
}
