/*
 * Proposer: gives writes their order (Java: PrepRequestProcessor, ProposalRequestProcessor).
 *
 * A write is prepared at once, gets the next zxid and goes to the log, and of a leader to its followers. When it is committed,
 * which a standalone server takes from its own log and a leader from a quorum, it goes back to the pipeline.
 */

import type { ServerMetrics } from '../../admin/metrics/index.ts';
import { DIGEST_VERSION } from '../../datatree/digest.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { Fifo } from '../../jute/fifo.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { nextZxid } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import type { TurnClock } from '../clock.ts';
import type { PendingChanges } from './pending-changes.ts';
import { Moment } from './pending-node.ts';
import type { WritePath } from './pipeline.ts';
import type { Prepare } from './prepare.ts';
import type { Request } from './request.ts';

/** Where transactions go to become durable. */
export interface TransactionSink {
  append(header: TxnHeader, txn: Txn, digest: TxnDigest | null): void;
}

/** What a proposer is given. */
export interface ProposerPorts {
  readonly pending: PendingChanges;
  readonly prepare: Prepare;
  readonly sink: TransactionSink;
  /** Pipeline.commit. */
  readonly commit: (
    header: TxnHeader,
    txn: Txn,
    digest: TxnDigest | null,
    request: Request,
  ) => void;
  readonly clock: TurnClock;
  readonly metrics: ServerMetrics;
}

/** How a proposer is set. */
export interface ProposerOptions {
  readonly digestEnabled: boolean;
  /** What the first transaction comes behind. */
  readonly lastZxid: Zxid;
  /** Answers a sync once it is sure that nothing newer is acknowledged elsewhere; null where nobody else is. */
  readonly sync: ((request: Request) => void) | null;
}

/** The writes of a server that orders them. */
export class Proposer implements WritePath {
  private readonly ports: ProposerPorts;
  private readonly digestEnabled: boolean;
  private readonly moment = new Moment();
  readonly sync: ((request: Request) => void) | null;
  /** Writes that are not committed yet. */
  private readonly proposals = new Fifo<Request>();
  private lastZxid: Zxid;

  constructor(ports: ProposerPorts, options: ProposerOptions) {
    this.ports = ports;
    this.digestEnabled = options.digestEnabled;
    this.lastZxid = options.lastZxid;
    this.sync = options.sync;
  }

  propose(request: Request): void {
    const { pending, prepare, clock, metrics, sink } = this.ports;
    const zxid = nextZxid(this.lastZxid);
    this.lastZxid = zxid;
    const time = clock.wall;
    const queuedBefore = pending.size;
    this.moment.set(zxid, time);
    const { refusal } = request;
    const txn: Txn =
      refusal === ErrorCode.ok
        ? prepare.prepare(request, this.moment)
        : { type: OpCode.error, err: refusal };
    metrics.outstandingChangesQueued.add(Math.max(0, pending.size - queuedBefore));
    const { sessionId: clientId, cxid } = request;
    request.zxid = zxid;
    request.txn = txn;
    request.header = { clientId, cxid, zxid, time, type: txn.type };
    // Java writes none behind an error: the refusal leaves pRequest2Txn before the digest is set.
    request.digest =
      this.digestEnabled && txn.type !== OpCode.error
        ? { version: DIGEST_VERSION, treeDigest: pending.treeDigest }
        : null;
    this.proposals.push(request);
    sink.append(request.header, txn, request.digest);
  }

  lastOf(sessionId: SessionId): Request | null {
    const isOfSession = (request: Request) =>
      request.sessionId === sessionId && request.connection !== null;
    return this.proposals.findLast(isOfSession) ?? null;
  }

  /** Hands every write up to `zxid` back, to be applied and answered. */
  commitThrough(zxid: Zxid): void {
    const { proposals } = this;
    for (let next = proposals.first; next !== undefined; next = proposals.first) {
      if (next.zxid > zxid) return;
      proposals.shift();
      this.commit(next);
    }
  }

  private commit(request: Request): void {
    const { header, txn, digest } = request;
    if (header === null || txn === null) throw new Error('a proposal without a transaction');
    const { pending, metrics, commit } = this.ports;
    const sizeBefore = pending.size;
    commit(header, txn, digest, request);
    pending.applied(request.zxid);
    metrics.outstandingChangesRemoved.add(sizeBefore - pending.size);
  }
}
