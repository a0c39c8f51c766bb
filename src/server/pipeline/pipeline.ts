/*
 * Pipeline: the way of every request from the moment it is read to its answer
 * (Java: FollowerRequestProcessor, CommitProcessor, FinalRequestProcessor).
 *
 * A write goes its WritePath: a standalone server and a leader prepare and propose it (proposer.ts), a learner passes it on to its
 * leader (forwarder.ts). When it comes back committed it is applied, watches are told, and it is answered. A read is answered at
 * once, unless the same connection has a write on its way: then it waits behind it. So each session sees its requests carried out
 * in order, and nobody waits for the writes of others.
 *
 *   submit -> write path ... commit -> apply -> watch events -> reply -> reads waiting behind it
 */

import type { ServerMetrics, ServerStats } from '../../admin/metrics/index.ts';
import type { DataTree, TxnResult } from '../../datatree/data-tree.ts';
import type { Watches } from '../../datatree/watches.ts';
import { type ByteRange, wholeRange } from '../../jute/byte-range.ts';
import type { Id } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId } from '../../jute/int64.ts';
import { OpCode, SpecialXid } from '../../jute/op-code.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import type { ServerId } from '../../quorum/server-id.ts';
import type { Connection, QueuedRequest } from '../client/connection.ts';
import { UNSENT_LIMIT } from '../client/connection.ts';
import type { TurnClock } from '../clock.ts';
import type { Sessions } from '../session/sessions.ts';
import { BodyPool } from './body-pool.ts';
import { isClientWrite, type ReadHandler, readHandlers } from './client-ops.ts';
import { operationName } from './operation-names.ts';
import type { Reads } from './reads.ts';
import { Request } from './request.ts';
import type { WatchRequests } from './watch-requests.ts';
import { countWrites } from './write-metrics.ts';
import { writeResponse } from './write-replies.ts';

/** Where writes go, to come back through Pipeline.commit in the order that all servers have them in. */
export interface WritePath {
  /** Takes a write of a client, or of the server itself. */
  propose(request: Request): void;
  /**
   * Takes a sync that cannot be answered at once: it comes back through Pipeline.synced, behind what was asked before it and before
   * what is asked behind it. Null where every sync can be.
   */
  readonly sync: ((request: Request) => void) | null;
  /** The last write of a session that a client of this server is to be answered, if one is on its way. */
  lastOf(sessionId: SessionId): Request | null;
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

const NO_BYTES = Buffer.alloc(0);
const NO_BODY = wholeRange(NO_BYTES);

/** Carries out requests. */
export class Pipeline {
  private readonly tree: DataTree;
  private readonly watches: Watches<Connection>;
  private readonly sessions: Sessions;
  private readonly watchRequests: WatchRequests;
  private readonly events: SessionEvents;
  private readonly clock: TurnClock;
  private readonly metrics: ServerMetrics;
  private readonly stats: ServerStats;
  private readonly serverId: ServerId;
  private readonly largeRequestThreshold: number;
  private readonly handlers: ReadonlyMap<number, ReadHandler>;
  private readonly getData: ReadHandler;
  private readonly reader = new JuteReader(NO_BYTES);
  /** Where the records of clients' writes are. */
  private readonly bodies = new BodyPool();
  /** Set right after construction: it needs the pipeline itself. */
  private writes: WritePath | null = null;
  /** Requests of clients that are not answered yet (Java: requestsInProcess). */
  inProcess = 0;
  /** Bytes of the large ones among them (Java: currentLargeRequestBytes). */
  largeBytesInProcess = 0;

  constructor(
    ports: {
      readonly tree: DataTree;
      readonly watches: Watches<Connection>;
      readonly sessions: Sessions;
      readonly reads: Reads;
      readonly watchRequests: WatchRequests;
      readonly events: SessionEvents;
      readonly clock: TurnClock;
      readonly metrics: ServerMetrics;
      readonly stats: ServerStats;
    },
    options: { readonly serverId: ServerId; readonly largeRequestThreshold: number },
  ) {
    this.tree = ports.tree;
    this.watches = ports.watches;
    this.sessions = ports.sessions;
    this.watchRequests = ports.watchRequests;
    this.events = ports.events;
    this.clock = ports.clock;
    this.metrics = ports.metrics;
    this.stats = ports.stats;
    this.serverId = options.serverId;
    const { largeRequestThreshold } = options;
    this.largeRequestThreshold =
      largeRequestThreshold < 0 ? Number.POSITIVE_INFINITY : largeRequestThreshold;
    this.handlers = readHandlers(ports.reads, ports.watchRequests);
    this.getData = ports.reads.getData.bind(ports.reads);
  }

  /** Says where writes go. */
  setWritePath(writes: WritePath): void {
    this.writes = writes;
  }

  /** Whether a client may ask for this. A bare check would spoil the log (ZOOKEEPER-2623), the rest is for servers. */
  knows(type: number): boolean {
    return this.handlers.has(type) || isClientWrite(type);
  }

  /** Whether a client's request of this type is a write. */
  isWrite(type: number): boolean {
    return isClientWrite(type);
  }

  /** Takes a request of an open connection; `record` is what stands behind its header. The bytes may change afterwards. */
  submit(connection: Connection, cxid: number, type: number, record: ByteRange): void {
    this.inProcess += 1;
    if (isClientWrite(type)) {
      const body = this.bodies.copy(record);
      this.propose(this.request(connection, cxid, type, body));
    } else if (type === OpCode.sync && this.writes !== null && this.writes.sync !== null) {
      const body = this.bodies.copy(record);
      const request = this.request(connection, cxid, type, body);
      request.isBarrier = true;
      this.enqueue(connection, request);
      this.writes.sync(request);
    } else if (connection.queue.count > 0) {
      const body = this.bodies.copy(record);
      this.enqueue(connection, this.request(connection, cxid, type, body));
    } else {
      const reader = this.reader.resetTo(record);
      const { authIds } = connection;
      const receivedAt = this.clock.elapsed;
      this.read(connection, { authIds, cxid, type, receivedAt, refusal: ErrorCode.ok }, reader);
    }
  }

  /** Answers a request with a code when its turn comes, without carrying it out. */
  refuse(connection: Connection, cxid: number, type: number, refusal: ErrorCode): void {
    this.inProcess += 1;
    const request = this.request(connection, cxid, type, NO_BODY);
    request.refusal = refusal;
    if (connection.queue.count > 0) this.enqueue(connection, request);
    else this.read(connection, request, this.reader.resetTo(NO_BODY));
  }

  private enqueue(connection: Connection, request: Request): void {
    this.largeBytesInProcess += this.largeSize(request);
    connection.queue.push(request);
  }

  /** Bytes of a request that is large; 0 for one that is not. */
  private largeSize(request: QueuedRequest): number {
    const size = request.body.end - request.body.start;
    return size > this.largeRequestThreshold ? size : 0;
  }

  private request(connection: Connection, cxid: number, type: number, body: ByteRange): Request {
    const sessionId = connection.session?.id ?? (0n as SessionId);
    const receivedAt = this.clock.elapsed;
    const { serverId: owner } = this;
    const { authIds } = connection;
    return new Request({ connection, owner, authIds, sessionId, cxid, type, receivedAt, body });
  }

  /** Makes the session of a connection by a transaction. @param timeout ms */
  createSession(connection: Connection, timeout: number): void {
    this.inProcess += 1;
    const body = Buffer.alloc(4);
    body.writeInt32BE(timeout);
    this.propose(this.request(connection, 0, OpCode.createSession, wholeRange(body)));
  }

  /**
   * Calls sessionReady for a connection that takes over a session once all that the session has asked for is applied, so that
   * its reads are not overtaken by its own writes. Returns false when there is nothing to wait for.
   */
  awaitWrites(connection: Connection, sessionId: SessionId): boolean {
    const request = this.writes?.lastOf(sessionId) ?? null;
    if (request === null) return false;
    request.successor = connection;
    return true;
  }

  /** Closes a session that has expired. */
  closeSession(sessionId: SessionId): void {
    this.propose(this.ownRequest(sessionId, OpCode.closeSession, NO_BODY));
  }

  /** Deletes a container or TTL znode, if it is still empty when its turn comes. */
  deleteContainer(path: string): void {
    const noSession = 0n as SessionId;
    const body = wholeRange(Buffer.from(path, 'utf8'));
    this.propose(this.ownRequest(noSession, OpCode.deleteContainer, body));
  }

  private ownRequest(sessionId: SessionId, type: number, body: ByteRange): Request {
    return new Request({
      connection: null,
      isInternal: true,
      owner: this.serverId,
      authIds: [],
      sessionId,
      cxid: 0,
      type,
      receivedAt: this.clock.elapsed,
      body,
    });
  }

  private propose(request: Request): void {
    request.isBarrier = true;
    if (request.connection !== null) this.enqueue(request.connection, request);
    if (this.writes === null) throw new Error('a write before there is a way for it');
    this.writes.propose(request);
  }

  /** Applies a transaction that is committed, and answers its request, which is null where a client of another server asked. */
  commit(header: TxnHeader, txn: Txn, digest: TxnDigest | null, request: Request | null): void {
    const { tree } = this;
    tree.recordChanges = !this.watches.isEmpty;
    const mismatchesBefore = tree.digestMismatchCount;
    const { ttlsCreatedCount, ttlsDeletedCount } = tree;
    const result = tree.apply(header, txn, digest ?? undefined);
    this.metrics.ttlNodeCreatedCount.add(tree.ttlsCreatedCount - ttlsCreatedCount);
    this.metrics.ttlNodeDeletedCount.add(tree.ttlsDeletedCount - ttlsDeletedCount);
    this.metrics.digestMismatchesCount.add(tree.digestMismatchCount - mismatchesBefore);
    if (result.err === ErrorCode.ok) countWrites(this.metrics.writePerNamespace, txn);
    this.metrics.propagationLatency.add(Math.max(0, this.clock.wall - header.time));
    if (tree.changes.length > 0) {
      this.watchRequests.announce(tree.changes, tree.lastProcessedZxidBytes);
    }
    if (txn.type === OpCode.closeSession) this.sessions.remove(header.clientId);
    const connection = request?.connection ?? null;
    if (request !== null && connection !== null) {
      this.answerWrite(connection, request, txn, result);
    } else if (txn.type === OpCode.closeSession) {
      this.events.sessionClosed(header.clientId, null);
    }
  }

  /** A sync that its WritePath has taken can be answered now. */
  synced(request: Request): void {
    const { connection } = request;
    if (connection === null) return;
    connection.queue.shift();
    this.largeBytesInProcess -= this.largeSize(request);
    if (connection.isEnding) this.inProcess -= 1;
    else this.read(connection, request, this.reader.resetTo(request.body));
    this.bodies.giveBack(request.body);
    if (request.successor !== null) this.events.sessionReady(request.successor);
    this.readsBehind(connection);
  }

  private answerWrite(connection: Connection, request: Request, txn: Txn, result: TxnResult): void {
    connection.queue.shift();
    this.inProcess -= 1;
    this.largeBytesInProcess -= this.largeSize(request);
    if (!connection.isEnding) {
      if (request.type === OpCode.createSession) {
        this.stats.countSessionCreated(this.clock.elapsed - request.receivedAt);
        this.countOperation(connection, request, request.type);
        this.events.sessionReady(connection);
      } else if (result.err === ErrorCode.sessionMoved) {
        // Its client is elsewhere by now: nothing that is said here may reach it (ZOOKEEPER-710).
        this.events.sessionClosed(request.sessionId, connection);
      } else this.replyToWrite(connection, request, txn, result);
    }
    this.bodies.giveBack(request.body);
    if (request.successor !== null) this.events.sessionReady(request.successor);
    if (txn.type === OpCode.closeSession) {
      this.events.sessionClosed(request.sessionId, connection);
    }
    this.readsBehind(connection);
  }

  private replyToWrite(
    connection: Connection,
    request: Request,
    txn: Txn,
    result: TxnResult,
  ): void {
    // The parts of a multi tell what went wrong; the multi itself is then still a success.
    const err = txn.type === OpCode.multi ? ErrorCode.ok : result.err;
    const start = connection.startReply(request.cxid, this.tree.lastProcessedZxidBytes, err);
    if (err === ErrorCode.ok) writeResponse(connection.out(), request, result, this.tree);
    const size = connection.endReply(start);
    this.countAnswered(connection, request.cxid);
    this.stats.countUpdate(this.clock.elapsed - request.receivedAt, size);
    this.countOperation(connection, request, err === ErrorCode.ok ? request.type : OpCode.error);
  }

  /** Answers the reads that waited for the write that was just answered, up to the next write; forgetReads has left none of a connection that ends. */
  private readsBehind(connection: Connection): void {
    const { queue } = connection;
    for (let next = queue.first; next !== undefined && !next.isBarrier; next = queue.first) {
      queue.shift();
      this.largeBytesInProcess -= this.largeSize(next);
      this.read(connection, next, this.reader.resetTo(next.body));
      this.bodies.giveBack(next.body);
      // A thousand reads may wait behind one write: what they give cannot wait for the end of the turn to be too much.
      if (connection.unsentSize > UNSENT_LIMIT && connection.state !== 'closed') {
        this.events.tooMuchUnsent(connection);
        return;
      }
    }
  }

  /** Counts the requests that a connection which ends had waiting as done, except its writes, which are carried out. */
  forgetReads(connection: Connection): void {
    const { queue } = connection;
    for (const request of queue.takeAll()) {
      if (request.isBarrier) queue.push(request);
      else {
        this.inProcess -= 1;
        this.largeBytesInProcess -= this.largeSize(request);
      }
    }
  }

  private read(
    connection: Connection,
    request: Omit<QueuedRequest, 'isBarrier' | 'body'>,
    reader: JuteReader,
  ): void {
    const { type, authIds } = request;
    this.inProcess -= 1;
    const cxid = type === OpCode.ping ? SpecialXid.ping : request.cxid;
    // What a client has missed is told before it hears that its watches are set, as frames of their own.
    const isSetWatches = type === OpCode.setWatches || type === OpCode.setWatches2;
    let err = request.refusal;
    if (isSetWatches && err === ErrorCode.ok) err = this.handle(connection, type, reader, authIds);
    const start = connection.startReply(cxid, this.tree.lastProcessedZxidBytes, err);
    if (!isSetWatches && err === ErrorCode.ok) err = this.handle(connection, type, reader, authIds);
    if (err !== ErrorCode.ok) connection.failReply(start, err);
    const size = connection.endReply(start);
    this.countAnswered(connection, request.cxid);
    this.stats.countRead(this.clock.elapsed - request.receivedAt, size);
    const isCarriedOut = request.refusal === ErrorCode.ok;
    this.countOperation(connection, request, isCarriedOut ? type : OpCode.error);
  }

  private handle(
    connection: Connection,
    type: number,
    reader: JuteReader,
    authIds: readonly Id[],
  ): ErrorCode {
    const out = connection.out();
    try {
      if (type === OpCode.getData) return this.getData(connection, reader, out, authIds);
      const handler = this.handlers.get(type);
      if (handler === undefined) throw new Error(`op code ${type} is no read`);
      return handler(connection, reader, out, authIds);
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
