/*
 * SessionTracker: which sessions live, when each expires, and the ids of new ones (Java: SessionTrackerImpl).
 *
 * It decides nothing about the tree: a session that is due is reported, the server closes it by a transaction, and only the
 * application of that transaction removes it here.
 */

import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId } from '../../jute/int64.ts';
import { toSessionId } from '../../jute/int64.ts';
import type { ServerId } from '../../quorum/server-id.ts';
import { ExpiryQueue } from './expiry-queue.ts';

const CONTAINER_EPHEMERAL_OWNER = -(1n << 63n);

/** A session that is tracked. */
export class Session {
  readonly id: SessionId;
  readonly timeout: number;
  expiresAt = 0;
  /** Its closing transaction is on the way: no further request of it is taken. */
  isClosing = false;
  /** The server whose client it is; null as long as none has asked anything in its name. */
  owner: ServerId | null = null;

  /** @param timeout ms */
  constructor(id: SessionId, timeout: number) {
    this.id = id;
    this.timeout = timeout;
  }
}

/**
 * The first session id of a server's life: server id in the top byte, then the middle five bytes of the time, then zeros.
 * @param elapsed time in ms; only its low 40 bits count
 */
export function initialSessionId(serverId: number, elapsed: number): SessionId {
  const time = BigInt.asUintN(64, BigInt(Math.floor(elapsed)) << 24n) >> 8n;
  const id = BigInt.asIntN(64, time | (BigInt(serverId) << 56n));
  return toSessionId(id === CONTAINER_EPHEMERAL_OWNER ? id + 1n : id);
}

/** The sessions of one server. Times in ms of the monotonic clock. */
export class SessionTracker {
  private readonly sessions = new Map<SessionId, Session>();
  private readonly queue: ExpiryQueue<Session>;
  private nextSessionId: SessionId;

  constructor(options: {
    readonly tickTime: number;
    readonly firstSessionId: SessionId;
    readonly now: number;
  }) {
    this.queue = new ExpiryQueue(options.tickTime, options.now);
    this.nextSessionId = options.firstSessionId;
  }

  /** When the next bucket of sessions is due, in ms. */
  get deadline(): number {
    return this.queue.deadline;
  }

  /** Makes and tracks a new session, with an id that no other has, even if the clock that ids begin with went back. @param timeout ms */
  create(timeout: number, now: number): Session {
    let id = this.nextSessionId;
    while (this.sessions.has(id)) id = toSessionId(id + 1n);
    this.nextSessionId = toSessionId(id + 1n);
    return this.track(id, timeout, now);
  }

  /** Tracks a session that exists, for instance one found on disk. @param timeout ms */
  track(id: SessionId, timeout: number, now: number): Session {
    let session = this.sessions.get(id);
    if (session === undefined) {
      session = new Session(id, timeout);
      this.sessions.set(id, session);
    }
    this.queue.update(session, timeout, now);
    return session;
  }

  /** The session of that id, if it is tracked. */
  get(id: SessionId): Session | undefined {
    return this.sessions.get(id);
  }

  /** Puts off the expiry of a session; false when it is closing and cannot be saved. @param timeout ms */
  touch(session: Session, timeout: number, now: number): boolean {
    if (session.isClosing) return false;
    this.queue.update(session, timeout, now);
    return true;
  }

  /** Whether a session may still ask for something, through server `owner`: 0, or the code that Java's checkSession throws. */
  check(id: SessionId, owner: ServerId): ErrorCode {
    const session = this.sessions.get(id);
    if (session === undefined) return ErrorCode.unknownSession;
    if (session.isClosing) return ErrorCode.sessionExpired;
    session.owner ??= owner;
    return session.owner === owner ? ErrorCode.ok : ErrorCode.sessionMoved;
  }

  /** A session belongs to the server that its client has come to last. */
  setOwner(id: SessionId, owner: ServerId): void {
    const session = this.sessions.get(id);
    if (session !== undefined) session.owner = owner;
  }

  /** Marks a session as closing, once its closing transaction is made. */
  setClosing(id: SessionId): void {
    const session = this.sessions.get(id);
    if (session !== undefined) session.isClosing = true;
  }

  /** Forgets a session, once its closing transaction is applied. */
  remove(id: SessionId): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    this.queue.remove(session);
  }

  /** Takes out the sessions that are due and marks them as closing: the caller closes each by a transaction. */
  expire(now: number): Session[] {
    const due = this.queue.poll(now);
    for (const session of due) session.isClosing = true;
    return due;
  }

  /** The buckets of sessions, soonest first, for `dump`. */
  bucketsByTime(): [expiresAt: number, sessions: ReadonlySet<Session>][] {
    return this.queue.bucketsByTime();
  }
}
