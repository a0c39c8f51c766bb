/*
 * Request: something that could not be answered in the moment it was read, because it is a write or stands behind one
 * (Java: Request).
 */

import type { Id } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { ZXID_ZERO } from '../../jute/int64.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import type { Connection, QueuedRequest } from '../client/connection.ts';

const NOBODY: readonly Id[] = [];

/** A queued request. */
export class Request implements QueuedRequest {
  /** Who asked; null for the server itself, which closes sessions and deletes containers. */
  readonly connection: Connection | null;
  /**
   * Who the client had proved to be when it asked: what it proves while the request waits changes nothing (Java: Request.authInfo).
   * The server itself needs no permission.
   */
  readonly authIds: readonly Id[];
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly type: number;
  /** ms of the turn clock (elapsed) at which it was read. */
  readonly receivedAt: number;
  /** The record behind the request header, owned by this request. */
  readonly body: Buffer;
  refusal: ErrorCode = ErrorCode.ok;

  /** Of a write: its place in the order of all writes, and what it does. */
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
    /** Left out: those of the connection at this moment. */
    readonly authIds?: readonly Id[];
    readonly sessionId: SessionId;
    readonly cxid: number;
    readonly type: number;
    readonly receivedAt: number;
    readonly body: Buffer;
  }) {
    this.connection = fields.connection;
    this.authIds = fields.authIds ?? fields.connection?.authIds ?? NOBODY;
    this.sessionId = fields.sessionId;
    this.cxid = fields.cxid;
    this.type = fields.type;
    this.receivedAt = fields.receivedAt;
    this.body = fields.body;
  }

  /** Whether it makes a transaction. */
  get isWrite(): boolean {
    return this.header !== null;
  }
}
