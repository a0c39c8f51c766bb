/*
 * Learners: the links of a leader's learners, all that can be asked of them together and everything that is sent to all
 * (Java: Leader.learners, forwardingFollowers and observingLearners, sendPacket and sendObserverPacket).
 *
 * Which proposal is committed is decided elsewhere (broadcast.ts), and when a quorum is missed by the Leader.
 */

import type { Zxid } from '../../jute/int64.ts';
import { counterOf } from '../../jute/zxid.ts';
import type { ServerId } from '../server-id.ts';
import { NOBODY } from '../server-id.ts';
import type { LearnerHandler } from './learner-handler.ts';
import { PacketType } from './packet.ts';

/** Links that have not told who they are: more are not taken. An ensemble is far smaller. */
const STRANGERS_LIMIT = 256;

/** How long a learner may be silent, in ms. */
export interface SilenceLimits {
  /** Until it follows. */
  readonly initLimitMs: number;
  readonly syncLimitMs: number;
}

/** The learners of one leader, voters or not. */
export class Learners {
  private readonly links = new Set<LearnerHandler>();

  /** All links, also of those that have not told who they are. */
  get handlers(): ReadonlySet<LearnerHandler> {
    return this.links;
  }

  /** Whether one more that has not told who it is may be taken. */
  get hasRoom(): boolean {
    const strangers = [...this.links].filter((handler) => handler.sid === NOBODY);
    return strangers.length < STRANGERS_LIMIT;
  }

  /** Who follows, observers left out. */
  get syncedSids(): readonly ServerId[] {
    const sids: ServerId[] = [];
    for (const handler of this.links) {
      const isIn = handler.phase === 'synced' || handler.phase === 'following';
      if (isIn && handler.isParticipant) sids.push(handler.sid);
    }
    return sids;
  }

  /** The link of a server; undefined where it has none. */
  of(sid: ServerId): LearnerHandler | undefined {
    for (const handler of this.links) if (handler.sid === sid) return handler;
    return undefined;
  }

  add(handler: LearnerHandler): void {
    this.links.add(handler);
  }

  delete(handler: LearnerHandler): void {
    this.links.delete(handler);
  }

  /** Ends other links of the server that has come by this one: mostly it was restarted, and nobody is at their other ends. */
  replaceBy(handler: LearnerHandler): void {
    for (const other of [...this.links]) {
      if (other === handler || other.sid !== handler.sid) continue;
      other.fault('has connected again, or two servers have its id');
    }
  }

  // ---- what is sent to all

  /** LEADERINFO, to all that have told who they are and wait for it. */
  sendLeaderInfo(epoch: number): void {
    for (const handler of this.links) {
      if (handler.phase === 'hello' && handler.sid >= 0) handler.sendLeaderInfo(epoch);
    }
  }

  /** A proposal, to followers; those that are being sent a tree or a log get it when it is committed, or behind NEWLEADER. */
  propose(zxid: Zxid, record: Uint8Array): void {
    const counter = counterOf(zxid);
    for (const handler of this.links) {
      if (!handler.isParticipant || !isForwarded(handler) || handler.isSendingHistory) continue;
      handler.propose(zxid, counter, record);
    }
  }

  /** That a proposal is committed: followers have it, observers are sent it now. */
  commit(zxid: Zxid, record: Uint8Array): void {
    for (const handler of this.links) {
      if (!isForwarded(handler)) continue;
      if (handler.isParticipant && handler.isSendingHistory) handler.sendCommittedTxn(zxid, record);
      else if (handler.isParticipant) handler.send(PacketType.commit, zxid);
      else handler.send(PacketType.inform, zxid, record);
    }
  }

  /** A PING, to some of those that serve; returns the number that it has on each link. */
  ping(
    lastProposed: Zxid,
    isWanted: (handler: LearnerHandler) => boolean,
  ): Map<LearnerHandler, number> {
    const pings = new Map<LearnerHandler, number>();
    for (const handler of this.links) {
      // A learner that is not told yet that it may serve does not answer, and answers are counted.
      if (handler.phase !== 'following' || !isWanted(handler)) continue;
      handler.sendPing(lastProposed);
      pings.set(handler, handler.pingsSent);
    }
    return pings;
  }

  /** Hands over what this turn has written. Returns whether another turn is due at once. */
  flush(): boolean {
    let isMoreToDo = false;
    for (const handler of this.links) if (handler.flush()) isMoreToDo = true;
    return isMoreToDo;
  }

  // ---- ends

  /** Closes links on which nothing was heard for too long, or proposals were not acknowledged for too long. @param now ms */
  closeSilent(now: number, { initLimitMs, syncLimitMs }: SilenceLimits): void {
    for (const handler of [...this.links]) {
      const isFollowing = handler.phase === 'following';
      const limit = isFollowing ? syncLimitMs : initLimitMs;
      if (now - handler.lastHeardAt > limit) {
        handler.fault(`was silent for ${limit} ms`);
      } else if (
        isFollowing &&
        handler.isParticipant &&
        handler.unackedSince !== 0 &&
        now - handler.unackedSince > limit
      ) {
        handler.fault(`has not acknowledged a proposal for ${limit} ms`);
      }
    }
  }

  /** Closes every link; the leader hears nothing of it. */
  close(): void {
    for (const handler of this.links) handler.close();
    this.links.clear();
  }
}

/** Whether a learner is sent what is proposed. */
export function isForwarded(handler: LearnerHandler): boolean {
  const { phase } = handler;
  return phase === 'history' || phase === 'synced' || phase === 'following';
}
