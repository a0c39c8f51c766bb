/*
 * Leading: the server of a leader, for one term (Java: LeaderZooKeeperServer). It orders the writes of all clients of the ensemble,
 * and keeps and expires all sessions.
 */

import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import { viewOfRange, wholeRange } from '../../jute/byte-range.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { readInt32 } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { ServerId } from '../../quorum/server-id.ts';
import type { Leader, LeaderServer } from '../../quorum/zab/leader.ts';
import type { LearnerRequest } from '../../quorum/zab/session-packets.ts';
import type { Journal } from '../journal.ts';
import { Ordering } from '../ordering.ts';
import { Request } from '../pipeline/request.ts';
import type { SessionTracker } from '../session/session-tracker.ts';
import type { History } from './history.ts';
import type { Term, TermPorts } from './term.ts';

/** A leader's server. */
export class Leading implements LeaderServer, Term {
  readonly history: History;
  private readonly ports: TermPorts;
  private readonly leader: Leader;
  private readonly myId: ServerId;
  private readonly journal: Journal;
  /** What there is once the epoch is established. */
  private ordering: Ordering | null = null;

  constructor(ports: TermPorts, leader: Leader, myId: ServerId) {
    this.ports = ports;
    this.history = ports.history;
    this.leader = leader;
    this.myId = myId;
    this.journal = ports.history.openJournal((zxid) => leader.durable(zxid));
  }

  startLeading(zxid: Zxid): void {
    const { ports, journal, leader, myId, history } = this;
    const { tree } = history;
    // Whatever an earlier leader wanted cut: this history is what others follow now.
    history.needsTree = false;
    tree.lastProcessedZxid = zxid;
    const ordering: Ordering = new Ordering(
      {
        ...ports,
        tree,
        serve: (sessions) =>
          ports.newServing({
            isLeader: true,
            tree,
            sessions,
            revalidate: (_connection, sessionId, timeout, answer) => {
              answer(this.revalidate(myId, sessionId, timeout));
            },
          }),
        sink: {
          append: (header, txn, digest) => {
            // It may have ended in this turn, and sessions expire or clients ask before the role is left. In our log it would come
            // back at the next start, and nobody else would ever have it.
            if (leader.phase !== 'broadcast') return;
            leader.propose(header.zxid, viewOfRange(journal.append(header, txn, digest)));
          },
        },
        sync: (request) => leader.sync(() => ordering.serving.pipeline.synced(request)),
      },
      ports.config,
      { sessionServerId: myId, lastZxid: zxid },
    );
    this.ordering = ordering;
  }

  commitThrough(zxid: Zxid): void {
    this.ordering?.proposer.commitThrough(zxid);
  }

  request(from: ServerId, { sessionId, cxid, type, body, authinfo }: LearnerRequest): void {
    const { ordering, leader } = this;
    const { clock } = this.ports;
    if (ordering === null) return;
    if (type === OpCode.sync) {
      leader.syncFor(from);
      return;
    }
    const request = new Request({
      connection: null,
      owner: from,
      authIds: authinfo,
      sessionId,
      cxid,
      type,
      receivedAt: clock.elapsed,
      body: wholeRange(body),
    });
    if (type === OpCode.createSession) this.trackNew(ordering.sessions, from, request);
    else if (!ordering.serving.pipeline.isWrite(type)) request.refusal = ErrorCode.unimplemented;
    ordering.proposer.propose(request);
  }

  /** A session that a learner has made for one of its clients: the time-out is all that its request says. */
  private trackNew(sessions: SessionTracker, from: ServerId, request: Request): void {
    const { body, sessionId } = request;
    if (body.end - body.start < 4) return;
    sessions.track(sessionId, readInt32(body.bytes, body.start), this.ports.clock.elapsed);
    sessions.setOwner(sessionId, from);
  }

  heardSession(sessionId: SessionId, timeout: number): void {
    this.ordering?.touch(sessionId, timeout);
  }

  revalidate(from: ServerId, sessionId: SessionId, timeout: number): boolean {
    const { ordering } = this;
    if (ordering === null || !ordering.touch(sessionId, timeout)) return false;
    ordering.sessions.setOwner(sessionId, from);
    return true;
  }

  // ---- term

  get deadline(): number {
    return this.ordering?.deadline ?? Number.POSITIVE_INFINITY;
  }

  run(): void {
    this.ordering?.run();
  }

  ended(): void {
    // Nothing was expected of its tree that ends with the term.
  }

  get uncommitted(): readonly LoggedTxn[] {
    return this.leader.uncommitted;
  }
}
