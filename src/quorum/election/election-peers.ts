/*
 * ElectionPeers: what is known of the other servers that have, had or are to have a link for notifications: those of the membership,
 * and some that are not in it (Java: QuorumCnxManager.senderWorkerMap, queueSendMap and lastMessageSent). What is done with the links
 * is election-links.ts.
 */
import type { Address, Dial, PeerLink } from '../ports.ts';
import type { ServerId } from '../server-id.ts';
import type { ElectionLink } from './election-link.ts';

/** Servers outside the configuration that are listened to. */
const UNKNOWN_LIMIT = 100;
/** How many times a link may be replaced within REPLACED_PERIOD (ms) before two servers are suspected behind one id. */
const REPLACED_LIMIT = 5;
const REPLACED_PERIOD = 60_000;

/** What is known of one other server. */
export class ElectionPeer {
  readonly sid: ServerId;
  link: ElectionLink | null = null;
  dial: Dial | null = null;
  /** The link over which this server, the smaller one, has said who it is; ended by the larger one, or at `callUntil`. */
  call: PeerLink | null = null;
  callUntil = Number.POSITIVE_INFINITY;
  /** Where it says that it can be reached. */
  offered: readonly Address[] = [];
  newest: Uint8Array | null = null;
  /** Whether `newest` waits for the link to drain. */
  isWaiting = false;
  /** Whether the last dial has failed; forgotten when a round begins. */
  isUnreachable = false;
  /** Whether it has had a link, or could not be reached when an earlier round ended: it is not just about to start with us. */
  wasThereBefore = false;
  /** Dials and links in a row that have brought no message. */
  failures = 0;
  redialAt = Number.POSITIVE_INFINITY;
  /** ms of the clock since which messages were sent, and none came. */
  unansweredSince = Number.POSITIVE_INFINITY;
  private replacedSince = 0;
  private replacedCount = 0;

  constructor(sid: ServerId) {
    this.sid = sid;
  }

  /** Whether a link is there or on its way. */
  get isOnItsWay(): boolean {
    return this.link !== null || this.dial !== null || this.call !== null;
  }

  /** It has this link from now on. */
  linked(link: ElectionLink): void {
    link.sid = this.sid;
    this.link = link;
    this.isUnreachable = false;
    this.wasThereBefore = true;
    this.redialAt = Number.POSITIVE_INFINITY;
  }

  /** Its link is lost. */
  unlinked(): void {
    this.link = null;
    this.isWaiting = false;
  }

  /** Ends its link, where it has one. */
  drop(): void {
    this.link?.destroy();
    this.unlinked();
    this.unansweredSince = Number.POSITIVE_INFINITY;
  }

  /** Ends what was to become a link. */
  giveUpDial(): void {
    this.dial?.cancel();
    this.dial = null;
    this.call?.destroy();
    this.callEnded();
  }

  /** The link over which this server has said who it is has ended. */
  callEnded(): void {
    this.call = null;
    this.callUntil = Number.POSITIVE_INFINITY;
  }

  /** A message of it has come. */
  heard(): void {
    this.failures = 0;
    this.unansweredSince = Number.POSITIVE_INFINITY;
  }

  /** A round begins in which it is sought: what came of earlier dials is forgotten. */
  sought(): void {
    if (this.isUnreachable) this.wasThereBefore = true;
    this.isUnreachable = false;
    this.unansweredSince = Number.POSITIVE_INFINITY;
  }

  /** Its link was replaced by another. Returns whether that is so often that there may be two servers of its id. @param now ms */
  replaced(now: number): boolean {
    if (now - this.replacedSince > REPLACED_PERIOD) {
      this.replacedSince = now;
      this.replacedCount = 0;
    }
    this.replacedCount += 1;
    return this.replacedCount >= REPLACED_LIMIT;
  }
}

/** All of them. */
export class ElectionPeers {
  private readonly addressesOf: (sid: ServerId) => readonly Address[] | null;
  private readonly peers = new Map<ServerId, ElectionPeer>();

  /** @param addressesOf a member; null for a server that is none */
  constructor(addressesOf: (sid: ServerId) => readonly Address[] | null) {
    this.addressesOf = addressesOf;
  }

  [Symbol.iterator](): Iterator<ElectionPeer> {
    return this.peers.values();
  }

  /** One that is known already. */
  get(sid: ServerId): ElectionPeer | undefined {
    return this.peers.get(sid);
  }

  /** That of a member, which is added where it was not known yet, or of another server that is linked at the moment. */
  of(sid: ServerId): ElectionPeer | null {
    const peer = this.peers.get(sid);
    if (peer !== undefined) return peer;
    return this.addressesOf(sid) === null ? null : this.add(sid);
  }

  /** That of whoever has introduced himself, or null where there are too many strangers. */
  admit(sid: ServerId): ElectionPeer | null {
    const peer = this.of(sid);
    if (peer !== null) return peer;
    let unknown = 0;
    for (const other of this.peers.keys()) {
      if (this.addressesOf(other) === null) unknown += 1;
    }
    return unknown >= UNKNOWN_LIMIT ? null : this.add(sid);
  }

  private add(sid: ServerId): ElectionPeer {
    const peer = new ElectionPeer(sid);
    this.peers.set(sid, peer);
    return peer;
  }

  /** That which has this link; null where the link was given up. */
  linkedBy(link: ElectionLink): ElectionPeer | null {
    const peer = link.sid === null ? undefined : this.peers.get(link.sid);
    return peer?.link === link ? peer : null;
  }

  /** Forgets a server that is no member and is not to have a link either. */
  forgetUnknown(peer: ElectionPeer): void {
    if (peer.isOnItsWay || this.addressesOf(peer.sid) !== null) return;
    this.peers.delete(peer.sid);
  }

  /** Forgets what was to be sent to them. */
  forgetMessages(): void {
    for (const peer of this.peers.values()) peer.newest = null;
  }

  clear(): void {
    this.peers.clear();
  }
}
