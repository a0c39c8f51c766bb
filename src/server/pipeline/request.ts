/*
 * Request: something that could not be answered in the moment it was read, because it is a write or stands behind one
 * (Java: Request).
 */

import type { ByteRange } from '../../jute/byte-range.ts';
import type { Id } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { ZXID_ZERO } from '../../jute/int64.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import type { ServerId } from '../../quorum/server-id.ts';
import type { Connection, QueuedRequest } from '../client/connection.ts';

/** A queued request. */
export class Request implements QueuedRequest {
  /** Who is to be answered; null for what a client of another server asked, and for the server itself. */
  readonly connection: Connection | null;
  /** Asked by the server itself, which closes sessions and deletes containers. */
  readonly isInternal: boolean;
  /** The server whose client asked. */
  readonly owner: ServerId;
  /** The identities that the client had proved when it asked: one that it proves afterwards does not count for what was asked before. */
  readonly authIds: readonly Id[];
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly type: number;
  /** ms of the turn clock (elapsed) at which it was read. */
  readonly receivedAt: number;
  /** The record behind the request header, owned by this request. */
  readonly body: ByteRange;
  refusal: ErrorCode = ErrorCode.ok;
  /** What the same connection asks behind it has to wait for it. */
  isBarrier = false;

  /** Of a write that this server orders: its place in the order of all writes, and what it does. */
  zxid: Zxid = ZXID_ZERO;
  header: TxnHeader | null = null;
  txn: Txn | null = null;
  digest: TxnDigest | null = null;
  /** A connection that has taken over the session and waits for this, the last write that the old one has asked for. */
  successor: Connection | null = null;
  /** Of a multi: the op codes that were asked for, where they differ from those in the log. */
  multiTypes: readonly number[] | null = null;

  constructor(fields: {
    readonly connection: Connection | null;
    readonly isInternal?: boolean;
    readonly owner: ServerId;
    readonly authIds: readonly Id[];
    readonly sessionId: SessionId;
    readonly cxid: number;
    readonly type: number;
    readonly receivedAt: number;
    readonly body: ByteRange;
  }) {
    this.connection = fields.connection;
    this.isInternal = fields.isInternal ?? false;
    this.owner = fields.owner;
    this.authIds = fields.authIds;
    this.sessionId = fields.sessionId;
    this.cxid = fields.cxid;
    this.type = fields.type;
    this.receivedAt = fields.receivedAt;
    this.body = fields.body;
  }
}
