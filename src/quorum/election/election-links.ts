/*
 * ElectionLinks: one link between every two servers, for notifications. Two servers that dial each other would end with two
 * links or none, so the link that counts is the one that the server of the larger id has dialled: a smaller one dials only to
 * say who it is, and is dialled back.
 *
 * While there is no link only the newest message for a server is kept. During an election it is kept even when a link has taken
 * it, and sent again on the next, since nobody knows whether it arrived. Answers to Java's QuorumCnxManager, which goes on doing
 * that between elections: a server that comes back is told votes of long ago, by those that have a leader.
 */
import type { Address, Clock, Dial, LinkHandler, Log, PeerLink, PeerNetwork } from '../ports.ts';
import type { ServerId } from '../server-id.ts';
import { ElectionLink, type ElectionLinkEvents } from './election-link.ts';
import { frame } from './frames.ts';
import { addressText, type Handshake, writeHandshake } from './handshake.ts';

/** Links that have not said yet whose they are; more would only be held for somebody who keeps them open. */
const UNINTRODUCED_LIMIT = 64;
/** Servers outside the configuration that are listened to. */
const UNKNOWN_LIMIT = 100;
/** Addresses of a handshake that are dialled. */
const OFFERED_LIMIT = 8;
/** Bytes that may wait in a link before further messages wait here, where only the newest stays. */
const UNSENT_LIMIT = 64 * 1024;
/** ms to the second dial of a server that cannot be reached; doubles. */
const FIRST_BACKOFF = 50;
/** The longest time between two dials, ms: what a server that comes back and cannot dial itself has to wait for. */
const LAST_BACKOFF = 1000;
/** A link younger than this (ms) is not given up for a call of its server: that call was on its way when the link came up. */
const YOUNG_LINK = 200;
/** How many times a link may be replaced within REPLACED_PERIOD (ms) before two servers are suspected behind one id. */
const REPLACED_LIMIT = 5;
const REPLACED_PERIOD = 60_000;
/** ms in which one warning of a kind is given. */
const WARNING_INTERVAL = 10_000;
/** Kinds of warnings that are remembered. */
const WARNING_LIMIT = 1000;

/** What the links need of the world. */
export interface ElectionLinksPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** A number from 0 up to and without 1. */
  random(): number;
  readonly network: PeerNetwork;
  /** Takes a message, a view for the time of the call. Gives null, or why it is nonsense, which ends the link. */
  receive(from: ServerId, message: Uint8Array): string | null;
  /** A server that was dialled could not be reached, and is not linked. */
  unreachable(sid: ServerId): void;
}

/** Who this server is, and where the others are. */
export interface ElectionLinksOptions {
  readonly myId: ServerId;
  /** Election addresses of a member, null for a server that is none. Asked at every dial. */
  addressesOf(sid: ServerId): readonly Address[] | null;
  /** Own election addresses, for the handshake. */
  ownAddresses(): readonly Address[];
  /** Whether the handshake says all of them (multiAddress.enabled). */
  readonly multiAddressEnabled: boolean;
  /** ms that a dial, and a handshake, may take (zookeeper.cnxTimeout). */
  readonly cnxTimeoutMs: number;
}

/** What is known of one other server. */
class Peer {
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
  replacedSince = 0;
  replacedCount = 0;

  constructor(sid: ServerId) {
    this.sid = sid;
  }

  /** Whether a link is there or on its way. */
  get isOnItsWay(): boolean {
    return this.link !== null || this.dial !== null || this.call !== null;
  }
}

export class ElectionLinks implements ElectionLinkEvents {
  private readonly ports: ElectionLinksPorts;
  private readonly options: ElectionLinksOptions;
  private readonly peers = new Map<ServerId, Peer>();
  private readonly unintroduced = new Set<ElectionLink>();
  /** Servers that are to be reached again and again; empty between elections. */
  private sought: ReadonlySet<ServerId> = new Set();
  private readonly warnedAt = new Map<string, number>();
  private nextNameless = -2;
  private isClosed = false;

  constructor(ports: ElectionLinksPorts, options: ElectionLinksOptions) {
    this.ports = ports;
    this.options = options;
  }

  /** Takes a link that another server has opened to the election port. */
  accept(link: PeerLink): LinkHandler {
    const one = new ElectionLink(link, this, null, this.ports.clock.elapsed);
    if (this.isClosed || this.unintroduced.size >= UNINTRODUCED_LIMIT) {
      this.warn('unintroduced', `Too many links without a handshake, closing ${this.nameOf(one)}`);
      one.destroy();
    } else {
      this.unintroduced.add(one);
    }
    return one;
  }

  /**
   * Sends a message to a server: now where there is a link, else as soon as there is one, if nothing newer is to be sent by then.
   * A server that is not linked is dialled.
   *
   * @param message kept, so it must not be changed afterwards
   */
  send(to: ServerId, message: Uint8Array): void {
    const peer = this.peerOf(to);
    if (peer === null || this.isClosed) return;
    peer.newest = message;
    if (peer.link !== null && this.isSilent(peer)) {
      this.ports.log.warn(`Server ${to} does not answer any more, opening a new link`);
      this.drop(peer);
    }
    if (peer.link !== null) this.flush(peer, peer.link);
    else if (peer.redialAt === Number.POSITIVE_INFINITY) this.dial(peer);
    if (!peer.isOnItsWay) this.forgetUnknown(peer);
  }

  /**
   * Seeks these servers until `settle`: those that are not linked are dialled now, whatever came of earlier dials, and again and
   * again, and so are those whose link is lost.
   */
  connectAll(sids: Iterable<ServerId>): void {
    this.forgetMessages();
    this.sought = new Set(sids);
    for (const sid of this.sought) {
      const peer = this.peerOf(sid);
      if (peer === null) continue;
      if (peer.isUnreachable) peer.wasThereBefore = true;
      peer.isUnreachable = false;
      peer.unansweredSince = Number.POSITIVE_INFINITY;
      this.dial(peer);
    }
  }

  /** Seeks nobody any more, and forgets what was to be sent: whoever looks for a leader comes by himself, and is answered. */
  settle(): void {
    this.forgetMessages();
    this.sought = new Set();
    for (const peer of this.peers.values()) peer.redialAt = Number.POSITIVE_INFINITY;
  }

  /** Whether a server cannot be reached, and not because it starts at the same time as this one and does not listen yet. */
  isGone(sid: ServerId): boolean {
    const peer = this.peers.get(sid);
    if (peer === undefined) return false;
    return peer.isUnreachable && peer.wasThereBefore;
  }

  /** Ends all links. Nothing is sent, received or dialled afterwards. */
  close(): void {
    this.isClosed = true;
    for (const link of this.unintroduced) link.destroy();
    this.unintroduced.clear();
    for (const peer of this.peers.values()) {
      this.giveUpDial(peer);
      peer.link?.destroy();
    }
    this.peers.clear();
  }

  /** ms of the clock at which `run` wants to be called. */
  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const peer of this.peers.values()) {
      deadline = Math.min(deadline, peer.redialAt, peer.callUntil);
    }
    for (const link of this.unintroduced) {
      deadline = Math.min(deadline, link.since + this.options.cnxTimeoutMs);
    }
    return deadline;
  }

  /** Does what is due at the deadline. */
  run(): void {
    const now = this.ports.clock.elapsed;
    for (const link of this.unintroduced) {
      if (now < link.since + this.options.cnxTimeoutMs) continue;
      this.unintroduced.delete(link);
      this.warn('silent', `No handshake in time, closing ${this.nameOf(link)}`);
      link.destroy();
    }
    for (const peer of this.peers.values()) {
      if (now >= peer.callUntil) {
        peer.call?.destroy();
        this.callEnded(peer);
      }
      if (now >= peer.redialAt) this.dial(peer);
    }
  }

  introduced(link: ElectionLink, { sid: said, addresses }: Handshake): void {
    const { myId } = this.options;
    this.unintroduced.delete(link);
    // An observer without an id gets one of its own; Java counts down from -1, which stands for nobody here.
    const sid = said ?? this.nextNameless--;
    if (sid === myId) {
      this.warn(
        'own id',
        `${this.nameOf(link)} says that it is server ${sid}, which is this one: is one of the two myid files wrong?`,
      );
      link.destroy();
      return;
    }
    const peer = this.admit(sid);
    if (peer === null) {
      this.warn('unknown', `Too many servers outside the configuration, closing ${sid}`);
      link.destroy();
      return;
    }
    peer.offered = addresses.slice(0, OFFERED_LIMIT);
    if (sid > myId) this.establish(peer, link);
    else this.callBack(peer, link);
  }

  message(link: ElectionLink, bytes: Uint8Array): string | null {
    const peer = this.linkedPeer(link);
    if (peer === null) return null;
    peer.failures = 0;
    peer.unansweredSince = Number.POSITIVE_INFINITY;
    return this.ports.receive(peer.sid, bytes);
  }

  nonsense(link: ElectionLink, reason: string): void {
    this.warn(`nonsense ${link.sid}`, `${this.nameOf(link)} has sent ${reason}, closing it`);
    this.unintroduced.delete(link);
    link.destroy();
    const peer = this.linkedPeer(link);
    if (peer === null) return;
    // It is dialled again, as it may be a server that was ill, but not at once.
    peer.failures += 1;
    this.unlinked(peer);
  }

  drained(link: ElectionLink): void {
    const peer = this.linkedPeer(link);
    if (peer?.isWaiting) this.flush(peer, link);
  }

  closed(link: ElectionLink, error: string | null): void {
    this.unintroduced.delete(link);
    const peer = this.linkedPeer(link);
    if (peer === null) return;
    this.ports.log.info(`Election link to server ${peer.sid} has ended${because(error)}`);
    this.unlinked(peer);
  }

  /** The smaller one has called: its link ends, and it is dialled. */
  private callBack(peer: Peer, link: ElectionLink): void {
    link.destroy();
    if (peer.link !== null && this.ports.clock.elapsed - peer.link.since < YOUNG_LINK) return;
    // It would not call if it had a link: the one that seems to be there is broken, or is another server's of the same id.
    if (peer.link !== null) {
      this.countReplaced(peer, link);
      this.drop(peer);
    }
    this.dial(peer);
    if (!peer.isOnItsWay) {
      this.warn(`id ${peer.sid}`, `Invalid server id: ${peer.sid}, and no address to call it back`);
      this.forgetUnknown(peer);
    }
  }

  private establish(peer: Peer, link: ElectionLink): void {
    if (peer.link !== null) this.countReplaced(peer, link);
    this.drop(peer);
    this.giveUpDial(peer);
    link.sid = peer.sid;
    peer.link = link;
    peer.isUnreachable = false;
    peer.wasThereBefore = true;
    peer.redialAt = Number.POSITIVE_INFINITY;
    this.ports.log.info(`Election link to server ${peer.sid} is up (${link.link.remoteAddress})`);
    if (peer.newest !== null) this.flush(peer, link);
  }

  private forgetMessages(): void {
    for (const peer of this.peers.values()) peer.newest = null;
  }

  private flush(peer: Peer, { link }: ElectionLink): void {
    if (peer.newest === null) return;
    peer.isWaiting = link.unsentSize > UNSENT_LIMIT;
    if (peer.isWaiting) return;
    link.write(frame(peer.newest));
    if (this.sought.has(peer.sid)) {
      peer.unansweredSince = Math.min(peer.unansweredSince, this.ports.clock.elapsed);
    } else {
      peer.newest = null;
    }
  }

  /**
   * Whether a server that is sought has left messages unanswered for so long that its link may be half of one: the machine at its
   * other end was switched off, or cut off, and nobody has said so.
   */
  private isSilent(peer: Peer): boolean {
    return this.ports.clock.elapsed - peer.unansweredSince > 2 * this.options.cnxTimeoutMs;
  }

  private dial(peer: Peer): void {
    if (peer.isOnItsWay || this.isClosed) return;
    peer.redialAt = Number.POSITIVE_INFINITY;
    const addresses = this.addressesOf(peer);
    if (addresses.length === 0) return;
    peer.dial = this.ports.network.dial(addresses, this.options.cnxTimeoutMs, {
      connected: (link) => this.dialled(peer, link),
      failed: (error) => this.dialFailed(peer, error),
    });
  }

  /** Those of the configuration, then those that it has said itself: Java takes the latter alone where it has called. */
  private addressesOf(peer: Peer): readonly Address[] {
    const configured = this.options.addressesOf(peer.sid) ?? [];
    const texts = new Set(configured.map(addressText));
    return [...configured, ...peer.offered.filter((one) => !texts.has(addressText(one)))];
  }

  private dialled(peer: Peer, link: PeerLink): LinkHandler {
    const { myId, ownAddresses, multiAddressEnabled, cnxTimeoutMs } = this.options;
    const now = this.ports.clock.elapsed;
    peer.dial = null;
    peer.isUnreachable = false;
    link.write(writeHandshake(myId, ownAddresses(), multiAddressEnabled));
    if (peer.sid < myId) {
      const one = new ElectionLink(link, this, peer.sid, now);
      this.establish(peer, one);
      return one;
    }
    peer.call = link;
    peer.callUntil = now + cnxTimeoutMs;
    return {
      receive() {},
      drained() {},
      closed: () => this.callEnded(peer),
    };
  }

  private dialFailed(peer: Peer, error: string): void {
    peer.dial = null;
    const wasUnreachable = peer.isUnreachable;
    peer.isUnreachable = true;
    const where = this.addressesOf(peer).map(addressText).join('|');
    const text = `Cannot open channel to ${peer.sid} at election address ${where}: ${error}`;
    if (wasUnreachable) this.ports.log.debug(text);
    else this.warn(`dial ${peer.sid}`, text);
    this.redial(peer);
    this.ports.unreachable(peer.sid);
  }

  /** The larger one has heard who called; its own dial is to follow. */
  private callEnded(peer: Peer): void {
    peer.call = null;
    peer.callUntil = Number.POSITIVE_INFINITY;
    if (peer.failures === 0) peer.failures = 1;
    this.redial(peer);
  }

  /** A link is lost: at first that is a reason to dial at once, for only so it is found out whether its server lives. */
  private unlinked(peer: Peer): void {
    peer.link = null;
    peer.isWaiting = false;
    this.redial(peer);
  }

  private redial(peer: Peer): void {
    if (!this.sought.has(peer.sid)) {
      this.forgetUnknown(peer);
      return;
    }
    const { failures } = peer;
    peer.failures += 1;
    if (failures === 0 && !peer.isUnreachable) {
      this.dial(peer);
      return;
    }
    const longest = Math.min(FIRST_BACKOFF * 2 ** Math.min(failures, 10), LAST_BACKOFF);
    peer.redialAt = this.ports.clock.elapsed + longest * (0.5 + this.ports.random() / 2);
  }

  private drop(peer: Peer): void {
    peer.link?.destroy();
    peer.link = null;
    peer.isWaiting = false;
    peer.unansweredSince = Number.POSITIVE_INFINITY;
  }

  private giveUpDial(peer: Peer): void {
    peer.dial?.cancel();
    peer.dial = null;
    peer.call?.destroy();
    peer.call = null;
    peer.callUntil = Number.POSITIVE_INFINITY;
  }

  private countReplaced(peer: Peer, by: ElectionLink): void {
    const now = this.ports.clock.elapsed;
    if (now - peer.replacedSince > REPLACED_PERIOD) {
      peer.replacedSince = now;
      peer.replacedCount = 0;
    }
    peer.replacedCount += 1;
    if (peer.replacedCount < REPLACED_LIMIT) return;
    const before = peer.link?.link.remoteAddress ?? 'nowhere';
    this.warn(
      `replaced ${peer.sid}`,
      `Server ${peer.sid} opens one link after the other, from ${before} and now from ${by.link.remoteAddress}: ` +
        `have two servers the id ${peer.sid}?`,
    );
  }

  /** The peer of a member, or of another server that is linked at the moment. */
  private peerOf(sid: ServerId): Peer | null {
    const peer = this.peers.get(sid);
    if (peer !== undefined) return peer;
    return this.options.addressesOf(sid) === null ? null : this.addPeer(sid);
  }

  /** The peer of whoever has introduced himself, or null where there are too many strangers. */
  private admit(sid: ServerId): Peer | null {
    const peer = this.peerOf(sid);
    if (peer !== null) return peer;
    let unknown = 0;
    for (const other of this.peers.keys()) {
      if (this.options.addressesOf(other) === null) unknown += 1;
    }
    return unknown >= UNKNOWN_LIMIT ? null : this.addPeer(sid);
  }

  private addPeer(sid: ServerId): Peer {
    const peer = new Peer(sid);
    this.peers.set(sid, peer);
    return peer;
  }

  private forgetUnknown(peer: Peer): void {
    if (peer.isOnItsWay || this.options.addressesOf(peer.sid) !== null) return;
    this.peers.delete(peer.sid);
  }

  private linkedPeer(link: ElectionLink): Peer | null {
    const peer = link.sid === null ? undefined : this.peers.get(link.sid);
    return peer?.link === link ? peer : null;
  }

  private nameOf({ sid, link }: ElectionLink): string {
    return sid === null ? link.remoteAddress : `server ${sid} (${link.remoteAddress})`;
  }

  /** Gives a warning that others can cause as often as they like. */
  private warn(kind: string, text: string): void {
    const now = this.ports.clock.elapsed;
    const last = this.warnedAt.get(kind);
    if (last !== undefined && now - last < WARNING_INTERVAL) return;
    if (this.warnedAt.size >= WARNING_LIMIT) this.warnedAt.clear();
    this.warnedAt.set(kind, now);
    this.ports.log.warn(text);
  }
}

function because(error: string | null): string {
  return error === null ? '' : `: ${error}`;
}
