/*
 * Leading: the server of a leader, for one term (Java: LeaderZooKeeperServer). It orders the writes of all clients of the ensemble,
 * and keeps and expires all sessions.
 */

import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { ServerId } from '../../quorum/server-id.ts';
import type { Leader, LeaderServer } from '../../quorum/zab/leader.ts';
import type { LearnerRequest } from '../../quorum/zab/learner-handler.ts';
import { ContainerCleaner } from '../container-cleaner.ts';
import type { Journal } from '../journal.ts';
import type { Proposer } from '../pipeline/proposer.ts';
import { Request } from '../pipeline/request.ts';
import type { Serving } from '../serving.ts';
import { initialSessionId, SessionTracker } from '../session/session-tracker.ts';
import type { History, LoggedTxn } from './history.ts';
import type { Term, TermPorts } from './term.ts';

/** What there is once the epoch is established. */
interface Established {
  readonly serving: Serving;
  readonly proposer: Proposer;
  readonly sessions: SessionTracker;
  readonly containers: ContainerCleaner;
}

/** A leader's server. */
export class Leading implements LeaderServer, Term {
  readonly history: History;
  private readonly ports: TermPorts;
  private readonly leader: Leader;
  private readonly myId: ServerId;
  private readonly journal: Journal;
  private established: Established | null = null;

  constructor(ports: TermPorts, leader: Leader, myId: ServerId) {
    this.ports = ports;
    this.history = ports.history;
    this.leader = leader;
    this.myId = myId;
    this.journal = ports.history.openJournal((zxid) => leader.durable(zxid));
  }

  startLeading(zxid: Zxid): void {
    const { clock, config } = this.ports;
    const { tree } = this.history;
    tree.lastProcessedZxid = zxid;
    const sessions = new SessionTracker({
      tickTime: config.tickTime,
      firstSessionId: initialSessionId(this.myId, clock.wall),
      now: clock.elapsed,
    });
    for (const [id, timeout] of tree.sessions) sessions.track(id, timeout, clock.elapsed);
    const serving = this.ports.newServing({
      isLeader: true,
      tree,
      sessions,
      revalidate: (_connection, sessionId, timeout, answer) => {
        answer(this.revalidate(this.myId, sessionId, timeout));
      },
    });
    const { journal, leader } = this;
    const proposer = serving.orderWrites(
      sessions,
      {
        append: (header, txn, digest) => {
          // It may have ended in this turn, and sessions expire or clients ask before the role is left. In our log it would come back at
          // the next start, and nobody else would ever have it.
          if (leader.phase !== 'broadcast') return;
          leader.propose(header.zxid, journal.append(header, txn, digest));
        },
      },
      {
        lastZxid: zxid,
        sync: (request) => leader.sync(() => serving.pipeline.synced(request)),
      },
    );
    const containers = new ContainerCleaner(
      { tree, clock, requestDeletion: (path) => serving.pipeline.deleteContainer(path) },
      {
        checkIntervalMs: config.containerCheckIntervalMs,
        maxPerMinute: config.containerMaxPerMinute,
        maxNeverUsedIntervalMs: config.containerMaxNeverUsedIntervalMs,
      },
    );
    this.established = { serving, proposer, sessions, containers };
  }

  commitThrough(zxid: Zxid): void {
    this.established?.proposer.commitThrough(zxid);
  }

  request(from: ServerId, { sessionId, cxid, type, body, authinfo }: LearnerRequest): void {
    const { established, leader } = this;
    const { clock } = this.ports;
    if (established === null) return;
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
      body,
    });
    if (type === OpCode.createSession) this.trackNew(established.sessions, from, request);
    else if (!established.serving.pipeline.isWrite(type)) request.refusal = ErrorCode.unimplemented;
    established.proposer.propose(request);
  }

  /** A session that a learner has made for one of its clients: the time-out is all that its request says. */
  private trackNew(sessions: SessionTracker, from: ServerId, request: Request): void {
    const { body, sessionId } = request;
    if (body.length < 4) return;
    sessions.track(sessionId, body.readInt32BE(0), this.ports.clock.elapsed);
    sessions.setOwner(sessionId, from);
  }

  heardSession(sessionId: SessionId, timeout: number): void {
    const sessions = this.established?.sessions;
    const session = sessions?.get(sessionId);
    if (session !== undefined) sessions?.touch(session, timeout, this.ports.clock.elapsed);
  }

  revalidate(from: ServerId, sessionId: SessionId, timeout: number): boolean {
    const sessions = this.established?.sessions;
    const session = sessions?.get(sessionId);
    if (sessions === undefined || session === undefined) return false;
    if (!sessions.touch(session, timeout, this.ports.clock.elapsed)) return false;
    sessions.setOwner(sessionId, from);
    return true;
  }

  // ---- term

  get deadline(): number {
    const { established } = this;
    if (established === null) return Number.POSITIVE_INFINITY;
    return Math.min(established.sessions.deadline, established.containers.deadline);
  }

  run(): void {
    const { established } = this;
    const { clock, log, metrics } = this.ports;
    if (established === null) return;
    const { sessions, containers, serving } = established;
    for (const session of sessions.expire(clock.elapsed)) {
      metrics.staleSessionsExpired.increment();
      log.info(`Expiring session 0x${toHex(session.id)}, timeout of ${session.timeout}ms exceeded`);
      serving.pipeline.closeSession(session.id);
    }
    containers.run();
  }

  get uncommitted(): readonly LoggedTxn[] {
    return this.leader.uncommitted;
  }
}
