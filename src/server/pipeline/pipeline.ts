/*
 * Pipeline: the way of every request from the moment it is read to its answer
 * (Java: PrepRequestProcessor > SyncRequestProcessor > FinalRequestProcessor).
 *
 * A write is prepared at once, gets the next zxid and goes to the log; when the log says that it is durable it is applied,
 * watches are told, and it is answered. A read is answered at once, unless the same connection has a write on its way: then it
 * waits behind it. So each session sees its requests carried out in order, and nobody waits for the writes of others.
 *
 *   submit -> prepare -> log.append ... log durable -> commit -> apply -> watch events -> reply -> reads waiting behind it
 *
 * Who decides that a transaction may be applied is not known here: a standalone server calls commitThrough when its own log has
 * it, an ensemble's leader when a quorum has.
 */

import type { ServerMetrics, ServerStats } from '../../admin/metrics/index.ts';
import type { DataTree, TxnResult } from '../../datatree/data-tree.ts';
import { DIGEST_VERSION } from '../../datatree/digest.ts';
import type { Watches } from '../../datatree/watches.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { nextZxid } from '../../jute/int64.ts';
import { OpCode, SpecialXid } from '../../jute/op-code.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { Connection, QueuedRequest } from '../client/connection.ts';
import { UNSENT_LIMIT } from '../client/connection.ts';
import type { TurnClock } from '../clock.ts';
import type { SessionTracker } from '../session/session-tracker.ts';
import { operationName } from './operation-names.ts';
import type { PendingChanges } from './pending-changes.ts';
import { Moment } from './pending-changes.ts';
import type { Prepare } from './prepare.ts';
import type { Reads } from './reads.ts';
import { Request } from './request.ts';
import type { WatchRequests } from './watch-requests.ts';
import { countWrites } from './write-metrics.ts';
import { writeResponse } from './write-replies.ts';

/** Where transactions go to become durable. */
export interface TransactionSink {
  append(header: TxnHeader, txn: Txn, digest: TxnDigest | null): void;
}

/** What the pipeline asks of whoever owns the connections. */
export interface SessionEvents {
  /** Everything that the session of this connection has asked for is applied, the transaction that makes it first of all. */
  sessionReady(connection: Connection): void;
  /** A session is closed; `connection` asked for it, or null where the server itself did. */
  sessionClosed(sessionId: SessionId, connection: Connection | null): void;
  /** More than UNSENT_LIMIT waits to be sent on this connection, which has to be closed. */
  tooMuchUnsent(connection: Connection): void;
}

/** A handler of reads.ts or watch-requests.ts. */
type ReadHandler = (connection: Connection, reader: JuteReader, out: JuteWriter) => ErrorCode;

const NO_BODY = Buffer.alloc(0);

/** Carries out requests. */
export class Pipeline {
  private readonly tree: DataTree;
  private readonly watches: Watches<Connection>;
  private readonly sessions: SessionTracker;
  private readonly pending: PendingChanges;
  private readonly prepare: Prepare;
  private readonly watchRequests: WatchRequests;
  private readonly sink: TransactionSink;
  private readonly events: SessionEvents;
  private readonly clock: TurnClock;
  private readonly metrics: ServerMetrics;
  private readonly stats: ServerStats;
  private readonly digestEnabled: boolean;
  private readonly largeRequestThreshold: number;
  private readonly handlers: ReadonlyMap<number, ReadHandler>;
  private readonly getData: ReadHandler;
  private readonly reader = new JuteReader(NO_BODY);
  private readonly moment = new Moment();

  /** Transactions that are not applied yet, oldest first; those before `firstIndex` are done. */
  private proposals: Request[] = [];
  private firstIndex = 0;
  private lastZxid: Zxid;
  /** Requests of clients that are not answered yet (Java: requestsInProcess). */
  inProcess = 0;
  /** Bytes of the large ones among them (Java: currentLargeRequestBytes). */
  largeBytesInProcess = 0;

  constructor(
    ports: {
      readonly tree: DataTree;
      readonly watches: Watches<Connection>;
      readonly sessions: SessionTracker;
      readonly pending: PendingChanges;
      readonly prepare: Prepare;
      readonly reads: Reads;
      readonly watchRequests: WatchRequests;
      readonly sink: TransactionSink;
      readonly events: SessionEvents;
      readonly clock: TurnClock;
      readonly metrics: ServerMetrics;
      readonly stats: ServerStats;
    },
    options: { readonly digestEnabled: boolean; readonly largeRequestThreshold: number },
  ) {
    this.tree = ports.tree;
    this.watches = ports.watches;
    this.sessions = ports.sessions;
    this.pending = ports.pending;
    this.prepare = ports.prepare;
    this.watchRequests = ports.watchRequests;
    this.sink = ports.sink;
    this.events = ports.events;
    this.clock = ports.clock;
    this.metrics = ports.metrics;
    this.stats = ports.stats;
    this.digestEnabled = options.digestEnabled;
    const { largeRequestThreshold } = options;
    this.largeRequestThreshold =
      largeRequestThreshold < 0 ? Number.POSITIVE_INFINITY : largeRequestThreshold;
    this.lastZxid = ports.tree.lastProcessedZxid;
    this.handlers = readHandlers(ports.reads, ports.watchRequests);
    this.getData = ports.reads.getData.bind(ports.reads);
  }

  /** Whether a client may ask for this. A bare check would spoil the log (ZOOKEEPER-2623), the rest is for servers. */
  knows(type: number): boolean {
    return this.handlers.has(type) || isClientWrite(type);
  }

  /** Takes a request of an open connection: `bytes[start, end)` is the record behind its header. The bytes may change afterwards. */
  submit(
    connection: Connection,
    cxid: number,
    type: number,
    record: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  ): void {
    this.inProcess += 1;
    if (isClientWrite(type)) {
      const body = Buffer.from(record.bytes.subarray(record.start, record.end));
      this.propose(this.request(connection, cxid, type, body));
    } else if (connection.queue.length > 0) {
      const body = Buffer.from(record.bytes.subarray(record.start, record.end));
      this.enqueue(connection, this.request(connection, cxid, type, body));
    } else {
      const reader = this.reader.reset(record.bytes, record.start, record.end);
      this.read(
        connection,
        { cxid, type, receivedAt: this.clock.elapsed, refusal: ErrorCode.ok },
        reader,
      );
    }
  }

  /** Answers a request with a code when its turn comes, without carrying it out. */
  refuse(connection: Connection, cxid: number, type: number, refusal: ErrorCode): void {
    this.inProcess += 1;
    const request = this.request(connection, cxid, type, NO_BODY);
    request.refusal = refusal;
    if (connection.queue.length > 0) this.enqueue(connection, request);
    else this.read(connection, request, this.reader.reset(NO_BODY, 0, 0));
  }

  private enqueue(connection: Connection, request: Request): void {
    this.largeBytesInProcess += this.largeSize(request);
    connection.queue.push(request);
  }

  /** Bytes of a request that is large; 0 for one that is not. */
  private largeSize(request: QueuedRequest): number {
    return request.body.length > this.largeRequestThreshold ? request.body.length : 0;
  }

  private request(connection: Connection, cxid: number, type: number, body: Buffer): Request {
    const sessionId = connection.session?.id ?? (0n as SessionId);
    const receivedAt = this.clock.elapsed;
    return new Request({ connection, sessionId, cxid, type, receivedAt, body });
  }

  /** Makes the session of a connection by a transaction. @param timeout ms */
  createSession(connection: Connection, timeout: number): void {
    this.inProcess += 1;
    const body = Buffer.alloc(4);
    body.writeInt32BE(timeout);
    this.propose(this.request(connection, 0, OpCode.createSession, body));
  }

  /**
   * Calls sessionReady for a connection that takes over a session once all that the session has asked for is applied, so that
   * its reads are not overtaken by its own writes. Returns false when there is nothing to wait for.
   */
  awaitWrites(connection: Connection, sessionId: SessionId): boolean {
    for (let index = this.proposals.length - 1; index >= this.firstIndex; index--) {
      const request = this.proposals[index] as Request;
      if (request.sessionId !== sessionId || request.connection === null) continue;
      request.successor = connection;
      return true;
    }
    return false;
  }

  /** Closes a session that has expired. */
  closeSession(sessionId: SessionId): void {
    this.propose(this.ownRequest(sessionId, OpCode.closeSession, NO_BODY));
  }

  /** Deletes a container or TTL znode, if it is still empty when its turn comes. */
  deleteContainer(path: string): void {
    const noSession = 0n as SessionId;
    this.propose(this.ownRequest(noSession, OpCode.deleteContainer, Buffer.from(path, 'utf8')));
  }

  private ownRequest(sessionId: SessionId, type: number, body: Buffer): Request {
    const receivedAt = this.clock.elapsed;
    return new Request({ connection: null, sessionId, cxid: 0, type, receivedAt, body });
  }

  private propose(request: Request): void {
    const zxid = nextZxid(this.lastZxid);
    this.lastZxid = zxid;
    const time = this.clock.wall;
    const queuedBefore = this.pending.size;
    this.moment.set(zxid, time);
    const txn = this.prepare.prepare(request, this.moment);
    this.metrics.outstandingChangesQueued.add(Math.max(0, this.pending.size - queuedBefore));
    const { sessionId: clientId, cxid } = request;
    request.zxid = zxid;
    request.txn = txn;
    request.header = { clientId, cxid, zxid, time, type: txn.type };
    // Java writes none behind an error: the refusal leaves pRequest2Txn before the digest is set.
    request.digest =
      this.digestEnabled && txn.type !== OpCode.error
        ? { version: DIGEST_VERSION, treeDigest: this.pending.treeDigest }
        : null;
    this.proposals.push(request);
    if (request.connection !== null) this.enqueue(request.connection, request);
    this.sink.append(request.header, txn, request.digest);
  }

  /** Applies and answers every transaction up to `zxid`. */
  commitThrough(zxid: Zxid): void {
    const { proposals } = this;
    while (this.firstIndex < proposals.length) {
      const request = proposals[this.firstIndex] as Request;
      if (request.zxid > zxid) break;
      this.firstIndex += 1;
      this.commit(request);
    }
    if (this.firstIndex === proposals.length) {
      proposals.length = 0;
      this.firstIndex = 0;
    } else if (this.firstIndex > 4096) {
      this.proposals = proposals.slice(this.firstIndex);
      this.firstIndex = 0;
    }
  }

  private commit(request: Request): void {
    const { header, txn, connection } = request;
    if (header === null || txn === null) throw new Error('a proposal without a transaction');
    const { tree } = this;
    tree.recordChanges = !this.watches.isEmpty;
    const mismatchesBefore = tree.digestMismatchCount;
    const result = tree.apply(header, txn, request.digest ?? undefined);
    this.metrics.digestMismatchesCount.add(tree.digestMismatchCount - mismatchesBefore);
    if (result.err === ErrorCode.ok) countWrites(this.metrics.writePerNamespace, txn);
    const sizeBefore = this.pending.size;
    this.pending.applied(request.zxid);
    this.metrics.outstandingChangesRemoved.add(sizeBefore - this.pending.size);
    this.metrics.propagationLatency.add(Math.max(0, this.clock.wall - header.time));
    if (tree.changes.length > 0) {
      this.watchRequests.announce(tree.changes, tree.lastProcessedZxidBytes);
    }
    if (txn.type === OpCode.closeSession) this.sessions.remove(request.sessionId);
    if (connection !== null) this.answerWrite(connection, request, result);
    else if (txn.type === OpCode.closeSession) this.events.sessionClosed(request.sessionId, null);
  }

  private answerWrite(connection: Connection, request: Request, result: TxnResult): void {
    connection.queue.shift();
    this.inProcess -= 1;
    this.largeBytesInProcess -= this.largeSize(request);
    if (connection.state !== 'closed') {
      if (request.type === OpCode.createSession) {
        this.stats.countSessionCreated(this.clock.elapsed - request.receivedAt);
        this.countOperation(connection, request, request.type);
        this.events.sessionReady(connection);
      } else this.replyToWrite(connection, request, result);
    }
    if (request.successor !== null) this.events.sessionReady(request.successor);
    if (request.txn?.type === OpCode.closeSession) {
      this.events.sessionClosed(request.sessionId, connection);
    }
    this.readsBehind(connection);
  }

  private replyToWrite(connection: Connection, request: Request, result: TxnResult): void {
    // The parts of a multi tell what went wrong; the multi itself is then still a success.
    const err = request.txn?.type === OpCode.multi ? ErrorCode.ok : result.err;
    const start = connection.startReply(request.cxid, this.tree.lastProcessedZxidBytes, err);
    if (err === ErrorCode.ok) writeResponse(connection.out(), request, result, this.tree);
    const size = connection.endReply(start);
    this.countAnswered(connection, request.cxid);
    this.stats.countUpdate(this.clock.elapsed - request.receivedAt, size);
    this.countOperation(connection, request, err === ErrorCode.ok ? request.type : OpCode.error);
  }

  /** Answers the reads that waited for the write that was just answered, up to the next write; forgetReads has left none of a closed connection. */
  private readsBehind(connection: Connection): void {
    const { queue } = connection;
    for (let next = queue[0]; next !== undefined && !next.isWrite; next = queue[0]) {
      queue.shift();
      this.largeBytesInProcess -= this.largeSize(next);
      this.read(connection, next, this.reader.reset(next.body, 0, next.body.length));
      // A thousand reads may wait behind one write: what they give cannot wait for the end of the turn to be too much.
      if (connection.unsentSize > UNSENT_LIMIT && connection.state !== 'closed') {
        this.events.tooMuchUnsent(connection);
        return;
      }
    }
  }

  /** Counts the requests that a closed connection had waiting as done, except its writes, which are carried out. */
  forgetReads(connection: Connection): void {
    const writes = connection.queue.filter((request) => request.isWrite);
    for (const request of connection.queue) {
      if (request.isWrite) continue;
      this.inProcess -= 1;
      this.largeBytesInProcess -= this.largeSize(request);
    }
    connection.queue = writes;
  }

  private read(
    connection: Connection,
    request: Pick<QueuedRequest, 'cxid' | 'type' | 'receivedAt' | 'refusal'>,
    reader: JuteReader,
  ): void {
    const { type } = request;
    this.inProcess -= 1;
    const cxid = type === OpCode.ping ? SpecialXid.ping : request.cxid;
    // What a client has missed is told before it hears that its watches are set, as frames of their own.
    const isSetWatches = type === OpCode.setWatches || type === OpCode.setWatches2;
    let err = request.refusal;
    if (isSetWatches && err === ErrorCode.ok) err = this.handle(connection, type, reader);
    const start = connection.startReply(cxid, this.tree.lastProcessedZxidBytes, err);
    if (!isSetWatches && err === ErrorCode.ok) err = this.handle(connection, type, reader);
    if (err !== ErrorCode.ok) connection.failReply(start, err);
    const size = connection.endReply(start);
    this.countAnswered(connection, request.cxid);
    this.stats.countRead(this.clock.elapsed - request.receivedAt, size);
    const isCarriedOut = request.refusal === ErrorCode.ok;
    this.countOperation(connection, request, isCarriedOut ? type : OpCode.error);
  }

  private handle(connection: Connection, type: number, reader: JuteReader): ErrorCode {
    try {
      if (type === OpCode.getData) return this.getData(connection, reader, connection.out());
      const handler = this.handlers.get(type);
      if (handler === undefined) throw new Error(`op code ${type} is no read`);
      return handler(connection, reader, connection.out());
    } catch (error) {
      if (error instanceof JuteError) return ErrorCode.marshallingError;
      throw error;
    }
  }

  private countAnswered(connection: Connection, xid: number): void {
    if (xid > 0) connection.outstandingCount -= 1;
    connection.stats.countSent();
  }

  private countOperation(
    connection: Connection,
    request: { readonly cxid: number; readonly receivedAt: number },
    type: number,
  ): void {
    this.metrics.operations.increment(type);
    const { lastProcessedZxid } = this.tree;
    connection.stats.updateForResponse(
      request.cxid,
      lastProcessedZxid,
      operationName(type),
      request.receivedAt,
      this.clock.elapsed,
    );
  }
}

function isClientWrite(type: number): boolean {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
    case OpCode.delete:
    case OpCode.setData:
    case OpCode.setACL:
    case OpCode.multi:
    case OpCode.reconfig:
    case OpCode.deleteContainer:
    case OpCode.closeSession:
      return true;
    default:
      return false;
  }
}

function readHandlers(reads: Reads, watches: WatchRequests): ReadonlyMap<number, ReadHandler> {
  return new Map<number, ReadHandler>([
    [OpCode.ping, () => ErrorCode.ok],
    [OpCode.getData, reads.getData.bind(reads)],
    [OpCode.exists, reads.exists.bind(reads)],
    [OpCode.getChildren, reads.getChildren.bind(reads)],
    [OpCode.getChildren2, reads.getChildren2.bind(reads)],
    [OpCode.getACL, reads.getACL.bind(reads)],
    [OpCode.sync, reads.sync.bind(reads)],
    [OpCode.multiRead, reads.multiRead.bind(reads)],
    [OpCode.getAllChildrenNumber, reads.getAllChildrenNumber.bind(reads)],
    [OpCode.getEphemerals, reads.getEphemerals.bind(reads)],
    [OpCode.whoAmI, reads.whoAmI.bind(reads)],
    [OpCode.addWatch, watches.addWatch.bind(watches)],
    [OpCode.checkWatches, watches.checkWatches.bind(watches)],
    [OpCode.removeWatches, watches.removeWatches.bind(watches)],
    [OpCode.setWatches, watches.setWatches.bind(watches)],
    [OpCode.setWatches2, watches.setWatches2.bind(watches)],
  ]);
}
