/*
 * Forwarder: the writes of a learner's clients on their way to the leader, and the transactions that come back
 * (Java: FollowerRequestProcessor, CommitProcessor, SendAckRequestProcessor).
 *
 * All transactions of the ensemble pass here. Those of this server's own clients are known by session and cxid: each session's
 * requests come back in the order in which they were sent.
 */

import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import { viewOfRange } from '../../jute/byte-range.ts';
import type { Id } from '../../jute/data.ts';
import { Fifo } from '../../jute/fifo.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { ZXID_ZERO } from '../../jute/int64.ts';
import { JuteReader } from '../../jute/reader.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import { readTxn, readTxnDigest, readTxnHeader } from '../../jute/txn.ts';
import type { WritePath } from './pipeline.ts';
import type { Request } from './request.ts';

/** What a forwarder is given. */
export interface ForwarderPorts {
  /** Passes a request on to the leader (Learner.request). */
  readonly forward: (request: Request, record: Uint8Array, authinfo: readonly Id[]) => void;
  /** Pipeline.commit. */
  readonly commit: (
    header: TxnHeader,
    txn: Txn,
    digest: TxnDigest | null,
    request: Request | null,
  ) => void;
  /** It is applied: header, transaction and digest as they are in the log. */
  readonly committed: (zxid: Zxid, record: Buffer) => void;
  /** Pipeline.synced. */
  readonly synced: (request: Request) => void;
}

/** A transaction that is not committed yet. */
interface Logged extends LoggedTxn {
  /** What the record says. */
  readonly header: TxnHeader;
  readonly txn: Txn;
  readonly digest: TxnDigest | null;
}

/** The writes of a server that does not order them. */
export class Forwarder implements WritePath {
  private readonly ports: ForwarderPorts;
  /** Requests of this server's clients that have not come back, by session, oldest first. */
  private readonly expected = new Map<SessionId, Request[]>();
  private readonly syncs = new Fifo<Request>();
  private readonly logged = new Fifo<Logged>();
  private readonly reader = new JuteReader(Buffer.alloc(0));
  /** Digests are not compared up to here. */
  private digestsAfter: Zxid = ZXID_ZERO;

  constructor(ports: ForwarderPorts) {
    this.ports = ports;
  }

  /**
   * Digests of transactions up to `zxid` are not compared with the tree's: a tree that was received while transactions went on has
   * some of them in it already, and another digest until all are applied.
   */
  skipDigestsThrough(zxid: Zxid): void {
    this.digestsAfter = zxid;
  }

  propose(request: Request): void {
    const { sessionId } = request;
    const queue = this.expected.get(sessionId);
    if (queue === undefined) this.expected.set(sessionId, [request]);
    else queue.push(request);
    this.ports.forward(request, viewOfRange(request.body), request.authIds);
  }

  /** Asks the leader, whose answer comes back behind all that was committed before. */
  readonly sync = (request: Request): void => {
    this.syncs.push(request);
    this.ports.forward(request, viewOfRange(request.body), request.authIds);
  };

  /** The leader has answered the oldest sync. */
  synced(): void {
    const request = this.syncs.shift();
    if (request !== undefined) this.ports.synced(request);
  }

  lastOf(sessionId: SessionId): Request | null {
    return this.expected.get(sessionId)?.at(-1) ?? null;
  }

  /**
   * A transaction that is on its way to the log. Raises JuteError for one that cannot be read: in the log it would keep this server
   * from ever starting again. Returns what it has read.
   */
  append(zxid: Zxid, record: Buffer): Logged {
    const reader = this.reader.reset(record, 0, record.length);
    const header = readTxnHeader(reader);
    const txn = readTxn(header.type, reader);
    const logged = { zxid, record, header, txn, digest: readTxnDigest(reader) ?? null };
    this.logged.push(logged);
    return logged;
  }

  /** Applies everything up to `zxid`. */
  commitThrough(zxid: Zxid): void {
    const { logged } = this;
    for (let next = logged.first; next !== undefined; next = logged.first) {
      if (next.zxid > zxid) return;
      logged.shift();
      this.commit(next);
    }
  }

  /** What was logged and is not committed. It may be, when this server is in an ensemble again. */
  get uncommitted(): readonly Logged[] {
    return [...this.logged];
  }

  private commit({ zxid, record, header, txn, digest }: Logged): void {
    const compared = zxid > this.digestsAfter ? digest : null;
    this.ports.commit(header, txn, compared, this.takeExpected(header));
    this.ports.committed(zxid, record);
  }

  private takeExpected({ clientId, cxid }: TxnHeader): Request | null {
    const queue = this.expected.get(clientId);
    const request = queue?.[0];
    if (queue === undefined || request === undefined || request.cxid !== cxid) return null;
    queue.shift();
    if (queue.length === 0) this.expected.delete(clientId);
    return request;
  }
}
