/*
 * SyncRounds: when a leader may answer a sync (Java: Leader.processSync, which asks nobody).
 *
 * A read behind a sync has to see everything that was acknowledged before the sync was asked for, also where another leader has
 * acknowledged it (ZOOKEEPER-1675, 3600). So a sync is answered only when a quorum has shown that it followed this leader afterwards:
 * then no other leader had been established. It shows so in one of two ways:
 *  - it answers a PING that was sent behind the sync. One round of PINGs does for all syncs of a turn;
 *  - it acknowledges a proposal that was made behind the sync. That is why no sync has to wait for a later commit.
 *
 * Answers are given in the order of the questions, and between the commits where they belong: a follower of Java's has one queue for
 * everything that it has asked its leader, and where an answer and a commit change places it answers nobody any more
 * (CommitProcessor.queuedWriteRequests).
 */

import type { ServerId } from '../server-id.ts';
import type { LearnerHandler } from './learner-handler.ts';

/** PINGs that were sent together, by the number that each has on its link. */
interface Round {
  readonly pings: Map<LearnerHandler, number>;
  isAnswered: boolean;
}

/** Something that waits for a sync. */
interface Sync {
  /** The counter of the last proposal when it was asked for. */
  readonly counter: number;
  readonly round: Round;
  readonly done: () => void;
}

/** What the rounds need of the leader. */
export interface SyncRoundsPorts {
  readonly myId: ServerId;
  hasQuorum(sids: ReadonlySet<ServerId>): boolean;
  /** Sends a PING to every follower; returns the number that it has on each link. */
  ping(): Map<LearnerHandler, number>;
}

/** The syncs of one leader. */
export class SyncRounds {
  private readonly ports: SyncRoundsPorts;
  /** In the order in which they were asked for. */
  private syncs: Sync[] = [];
  /** Rounds that no quorum has answered, oldest first. */
  private rounds: Round[] = [];
  /** The round whose PINGs have not left yet: they do for whatever is asked in the same turn. */
  private current: Round | null = null;

  constructor(ports: SyncRoundsPorts) {
    this.ports = ports;
  }

  /** How many wait. */
  get count(): number {
    return this.syncs.length;
  }

  /** Whether followers were asked and no quorum has answered. */
  get isAsking(): boolean {
    return this.rounds.length > 0;
  }

  /** Calls `done` once a quorum is seen to follow and everything up to `counter` is committed. */
  ask(counter: number, done: () => void): void {
    this.current ??= this.startRound();
    this.syncs.push({ counter, round: this.current, done });
  }

  private startRound(): Round {
    const { myId } = this.ports;
    const isAlone = this.ports.hasQuorum(new Set([myId]));
    const round = { pings: isAlone ? new Map() : this.ports.ping(), isAnswered: isAlone };
    if (!isAlone) this.rounds.push(round);
    return round;
  }

  /** What was written in this turn leaves. */
  turnEnded(): void {
    this.current = null;
  }

  /** A follower has answered a PING. Later rounds are answered no sooner than earlier ones. */
  pingAnswered(): void {
    while (this.rounds.length > 0 && this.isAnswered(this.rounds[0] as Round)) {
      const round = this.rounds.shift();
      if (round !== undefined) round.isAnswered = true;
    }
  }

  private isAnswered(round: Round): boolean {
    const answered = new Set([this.ports.myId]);
    for (const [handler, ping] of round.pings) {
      if (handler.isOpen && handler.pingsAnswered >= ping) answered.add(handler.sid);
    }
    return this.ports.hasQuorum(answered);
  }

  /** Followers were pinged again: those that have come since a round began may answer for it. */
  pingedAgain(pings: ReadonlyMap<LearnerHandler, number>): void {
    for (const round of this.rounds) {
      for (const [handler, ping] of pings) {
        if (!round.pings.has(handler)) round.pings.set(handler, ping);
      }
    }
  }

  /** Whether a sync was asked for before the proposal of `counter` was made. */
  hasBefore(counter: number): boolean {
    const first = this.syncs[0];
    return first !== undefined && first.counter < counter;
  }

  /** Answers what was asked for before the proposal of `counter`, which a quorum has acknowledged; all before it is committed. */
  answerBefore(counter: number): void {
    while (this.hasBefore(counter)) this.syncs.shift()?.done();
  }

  /** Answers what can be answered now that everything up to `committedCounter` is committed. */
  answer(committedCounter: number): void {
    for (let first = this.syncs[0]; first !== undefined; first = this.syncs[0]) {
      if (first.counter > committedCounter || !first.round.isAnswered) return;
      this.syncs.shift();
      first.done();
    }
  }
}
