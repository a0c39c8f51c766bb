/*
 * Learning: the server of a follower or an observer, for one term (Java: FollowerZooKeeperServer, ObserverZooKeeperServer).
 * Its clients' writes go to the leader; what comes back is logged, and applied when it is committed.
 */

import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import { ReceivedSnapshotError } from '../../datatree/storage/snapshot-receiver.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { ZXID_ZERO } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import { JuteError } from '../../jute/reader.ts';
import type { ServerId } from '../../quorum/server-id.ts';
import type { Learner } from '../../quorum/zab/learner.ts';
import type { LearnerServer } from '../../quorum/zab/learner-ports.ts';
import type { Journal } from '../journal.ts';
import { Forwarder } from '../pipeline/forwarder.ts';
import type { Serving } from '../serving.ts';
import { LearnerSessions } from '../session/learner-sessions.ts';
import { initialSessionId } from '../session/session-tracker.ts';
import type { History } from './history.ts';
import type { Term, TermPorts } from './term.ts';

/** A learner's server. */
export class Learning implements LearnerServer, Term {
  private readonly ports: TermPorts;
  private readonly history: History;
  private readonly learner: Learner;
  private readonly sessions: LearnerSessions;
  private journal: Journal | null = null;
  private serving: Serving | null = null;
  private readonly forwarder: Forwarder;
  /** What came behind a tree that is not durable yet. */
  private held: LoggedTxn[] = [];
  /** Up to here transactions may be in the received tree already. */
  private lastAppended: Zxid = ZXID_ZERO;
  private hasReceivedTree = false;
  /** The received tree may hold transactions up to here too early; null where it is known to hold none. */
  private fuzzyThrough: Zxid | null = null;
  /** The first transaction that came while clients were served; those before it are late, and not by what the link takes. */
  private firstServed: Zxid | null = null;
  /** Clients that wait to hear whether their session lives, by session. */
  private readonly revalidations = new Map<SessionId, (isValid: boolean) => void>();
  readonly deadline = Number.POSITIVE_INFINITY;

  constructor(ports: TermPorts, learner: Learner, myId: ServerId) {
    this.ports = ports;
    this.history = ports.history;
    this.learner = learner;
    this.sessions = new LearnerSessions(initialSessionId(myId, ports.clock.wall), (id) =>
      this.history.tree.sessions.has(id),
    );
    this.forwarder = new Forwarder({
      forward: (request, record, authinfo) => learner.request(request, record, authinfo),
      commit: (header, txn, digest, request) => {
        if (this.fuzzyThrough !== null && header.zxid > this.fuzzyThrough) {
          this.fuzzyThrough = null;
          this.history.tree.expectEveryDigest();
        }
        if (this.firstServed !== null && header.zxid >= this.firstServed) {
          this.countLatency(ports.metrics.commitPropagationLatency, header.time);
        }
        this.serving?.pipeline.commit(header, txn, digest, request);
      },
      committed: (zxid, record) => this.history.committed.add(zxid, record),
      synced: (request) => this.serving?.pipeline.synced(request),
    });
  }

  get lastZxid(): Zxid {
    return this.history.lastProcessedZxid;
  }

  get needsTree(): boolean {
    return this.history.needsTree;
  }

  // ---- synchronization

  truncate(zxid: Zxid): void {
    this.history.truncate(zxid);
  }

  startSnapshot(zxid: Zxid): void {
    this.hasReceivedTree = true;
    this.history.startSnapshot(zxid);
  }

  receiveSnapshot(bytes: Buffer, start: number, end: number): number {
    try {
      return this.history.receiveSnapshot(bytes, start, end);
    } catch (error) {
      if (error instanceof ReceivedSnapshotError) throw new JuteError(error.message);
      throw error;
    }
  }

  get isSnapshotWhole(): boolean {
    return this.history.isSnapshotWhole;
  }

  get isSnapshotFull(): boolean {
    return this.history.isSnapshotFull;
  }

  append(zxid: Zxid, record: Buffer): void {
    const { header, txn } = this.forwarder.append(zxid, record);
    if (this.serving !== null) {
      this.firstServed ??= zxid;
      if (!this.learner.isObserver) {
        this.countLatency(this.ports.metrics.proposalLatency, header.time);
      }
    }
    // What a reconfig proposes this server would tell as a leader (Java: Follower.processPacket, Learner.syncWithLeader).
    if (txn.type === OpCode.reconfig && txn.data !== null) {
      this.ports.proposedMembership(Buffer.from(txn.data).toString('utf8'));
    }
    this.lastAppended = zxid;
    if (this.history.isReceiving) this.held.push({ zxid, record });
    else this.openJournal().appendBytes(zxid, record);
  }

  /** Clocks of two machines are compared: one that goes ahead is passed over, as in Java (Request.logLatency). */
  private countLatency(summary: { add(value: number): void }, time: number): void {
    const latency = this.ports.clock.wall - time;
    if (latency >= 0) summary.add(latency);
  }

  private openJournal(): Journal {
    this.journal ??= this.history.openJournal((zxid) => this.learner.durable(zxid));
    return this.journal;
  }

  whenDurable(done: () => void): void {
    if (!this.history.isReceiving) {
      this.openJournal().whenDurable(done);
      return;
    }
    this.history.finishSnapshot((error) => {
      if (error !== null) {
        this.learner.end(`the received tree cannot be kept: ${error.message}`);
        return;
      }
      const journal = this.openJournal();
      for (const { zxid, record } of this.held) journal.appendBytes(zxid, record);
      this.held = [];
      journal.whenDurable(done);
    });
  }

  setMembership(text: string): void {
    this.ports.toldMembership(text);
  }

  // ---- broadcast

  startFollowing(): void {
    const { history } = this;
    const { tree } = history;
    // Whatever an earlier leader wanted cut: this is the history of the one that is followed.
    history.needsTree = false;
    // What came before UPTODATE came while the tree was written: it may hold any of it.
    if (this.hasReceivedTree) {
      this.fuzzyThrough = this.lastAppended;
      this.forwarder.skipDigestsThrough(this.lastAppended);
    }
    this.serving = this.ports.newServing({
      tree,
      sessions: this.sessions,
      revalidate: (connection, sessionId, timeout, answer) => {
        this.revalidations.set(sessionId, (isValid) => {
          if (connection.state === 'connecting') answer(isValid);
        });
        this.learner.revalidate(sessionId, timeout);
      },
    });
    this.serving.pipeline.setWritePath(this.forwarder);
  }

  commitThrough(zxid: Zxid): void {
    this.forwarder.commitThrough(zxid);
  }

  takeHeardSessions(): ReadonlyMap<SessionId, number> {
    return this.sessions.takeHeard();
  }

  revalidated(sessionId: SessionId, isValid: boolean): void {
    const answer = this.revalidations.get(sessionId);
    this.revalidations.delete(sessionId);
    answer?.(isValid);
  }

  synced(): void {
    this.forwarder.synced();
  }

  // ---- term

  run(): void {
    // The leader expires sessions and cleans up.
  }

  ended(): void {
    // Whatever the received tree may have held too early has been applied.
    if (this.fuzzyThrough !== null) this.history.tree.expectEveryDigest();
  }

  get uncommitted(): readonly LoggedTxn[] {
    // What waited for a tree that is not durable was never logged.
    return this.held.length > 0 ? [] : this.forwarder.uncommitted;
  }
}
