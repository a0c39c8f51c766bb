/*
 * ElectionLinks: one link between every two servers, for notifications. Two servers that dial each other would end with two
 * links or none, so the link that counts is the one that the server of the larger id has dialled: a smaller one dials only to
 * say who it is, and is dialled back.
 *
 * While there is no link only the newest message for a server is kept. During an election it is kept even when a link has taken
 * it, and sent again on the next, since nobody knows whether it arrived. Answers to Java's QuorumCnxManager, which goes on doing
 * that between elections: a server that comes back is told votes of long ago, by those that have a leader.
 */
import type { Address, Clock, LinkHandler, Log, PeerLink, PeerNetwork } from '../ports.ts';
import type { ServerId } from '../server-id.ts';
import { ElectionLink, type ElectionLinkEvents } from './election-link.ts';
import { type ElectionPeer, ElectionPeers } from './election-peers.ts';
import { frame } from './frames.ts';
import { addressText, type Handshake, writeHandshake } from './handshake.ts';
import { Warnings } from './warnings.ts';

/** Links that have not said yet whose they are; more would only be held for somebody who keeps them open. */
const UNINTRODUCED_LIMIT = 64;
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

/** The links of one server. */
export class ElectionLinks implements ElectionLinkEvents {
  private readonly ports: ElectionLinksPorts;
  private readonly options: ElectionLinksOptions;
  private readonly peers: ElectionPeers;
  private readonly warnings: Warnings;
  private readonly unintroduced = new Set<ElectionLink>();
  /** Servers that are to be reached again and again; empty between elections. */
  private sought: ReadonlySet<ServerId> = new Set();
  private nextNameless = -2;
  private isClosed = false;

  constructor(ports: ElectionLinksPorts, options: ElectionLinksOptions) {
    this.ports = ports;
    this.options = options;
    this.peers = new ElectionPeers((sid) => options.addressesOf(sid));
    this.warnings = new Warnings(ports);
  }

  /** Takes a link that another server has opened to the election port. */
  accept(link: PeerLink): LinkHandler {
    const one = new ElectionLink(link, this, null, this.ports.clock.elapsed);
    if (this.isClosed) one.destroy();
    else if (this.unintroduced.size >= UNINTRODUCED_LIMIT) {
      this.warnings.warn(
        'unintroduced',
        `Too many links without a handshake, closing ${this.nameOf(one)}`,
      );
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
    const peer = this.peers.of(to);
    if (peer === null || this.isClosed) return;
    peer.newest = message;
    if (peer.link !== null && this.isSilent(peer)) {
      this.ports.log.warn(`Server ${to} does not answer any more, opening a new link`);
      peer.drop();
    }
    if (peer.link !== null) this.flush(peer, peer.link);
    else if (peer.redialAt === Number.POSITIVE_INFINITY) this.dial(peer);
    if (!peer.isOnItsWay) this.peers.forgetUnknown(peer);
  }

  /**
   * Seeks these servers until `settle`: those that are not linked are dialled now, whatever came of earlier dials, and again and
   * again, and so are those whose link is lost.
   */
  connectAll(sids: Iterable<ServerId>): void {
    this.peers.forgetMessages();
    this.sought = new Set(sids);
    for (const sid of this.sought) {
      const peer = this.peers.of(sid);
      if (peer === null) continue;
      peer.sought();
      this.dial(peer);
    }
  }

  /** Seeks nobody any more, and forgets what was to be sent: whoever looks for a leader comes by himself, and is answered. */
  settle(): void {
    this.peers.forgetMessages();
    this.sought = new Set();
    for (const peer of this.peers) peer.redialAt = Number.POSITIVE_INFINITY;
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
    for (const peer of this.peers) {
      peer.giveUpDial();
      peer.link?.destroy();
    }
    this.peers.clear();
  }

  /** ms of the clock at which `run` wants to be called. */
  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const peer of this.peers) {
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
      this.warnings.warn('silent', `No handshake in time, closing ${this.nameOf(link)}`);
      link.destroy();
    }
    for (const peer of this.peers) {
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
      this.warnings.warn(
        'own id',
        `${this.nameOf(link)} says that it is server ${sid}, which is this one: is one of the two myid files wrong?`,
      );
      link.destroy();
      return;
    }
    const peer = this.peers.admit(sid);
    if (peer === null) {
      this.warnings.warn('unknown', `Too many servers outside the configuration, closing ${sid}`);
      link.destroy();
      return;
    }
    peer.offered = addresses.slice(0, OFFERED_LIMIT);
    if (sid > myId) this.establish(peer, link);
    else this.callBack(peer, link);
  }

  message(link: ElectionLink, bytes: Uint8Array): string | null {
    const peer = this.peers.linkedBy(link);
    if (peer === null) return null;
    peer.heard();
    return this.ports.receive(peer.sid, bytes);
  }

  nonsense(link: ElectionLink, reason: string): void {
    this.warnings.warn(
      `nonsense ${link.sid}`,
      `${this.nameOf(link)} has sent ${reason}, closing it`,
    );
    this.unintroduced.delete(link);
    link.destroy();
    const peer = this.peers.linkedBy(link);
    if (peer === null) return;
    // It is dialled again, as it may be a server that was ill, but not at once.
    peer.failures += 1;
    this.unlinked(peer);
  }

  drained(link: ElectionLink): void {
    const peer = this.peers.linkedBy(link);
    if (peer?.isWaiting) this.flush(peer, link);
  }

  closed(link: ElectionLink, error: string | null): void {
    this.unintroduced.delete(link);
    const peer = this.peers.linkedBy(link);
    if (peer === null) return;
    this.ports.log.info(`Election link to server ${peer.sid} has ended${because(error)}`);
    this.unlinked(peer);
  }

  /** The smaller one has called: its link ends, and it is dialled. */
  private callBack(peer: ElectionPeer, link: ElectionLink): void {
    link.destroy();
    if (peer.link !== null && this.ports.clock.elapsed - peer.link.since < YOUNG_LINK) return;
    // It would not call if it had a link: the one that seems to be there is broken, or is another server's of the same id.
    if (peer.link !== null) {
      this.countReplaced(peer, link);
      peer.drop();
    }
    this.dial(peer);
    if (!peer.isOnItsWay) {
      this.warnings.warn(
        `id ${peer.sid}`,
        `Invalid server id: ${peer.sid}, and no address to call it back`,
      );
      this.peers.forgetUnknown(peer);
    }
  }

  private establish(peer: ElectionPeer, link: ElectionLink): void {
    if (peer.link !== null) this.countReplaced(peer, link);
    peer.drop();
    peer.giveUpDial();
    peer.linked(link);
    this.ports.log.info(`Election link to server ${peer.sid} is up (${link.link.remoteAddress})`);
    if (peer.newest !== null) this.flush(peer, link);
  }

  private flush(peer: ElectionPeer, { link }: ElectionLink): void {
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
  private isSilent(peer: ElectionPeer): boolean {
    return this.ports.clock.elapsed - peer.unansweredSince > 2 * this.options.cnxTimeoutMs;
  }

  private dial(peer: ElectionPeer): void {
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
  private addressesOf(peer: ElectionPeer): readonly Address[] {
    const configured = this.options.addressesOf(peer.sid) ?? [];
    const texts = new Set(configured.map(addressText));
    return [...configured, ...peer.offered.filter((one) => !texts.has(addressText(one)))];
  }

  private dialled(peer: ElectionPeer, link: PeerLink): LinkHandler {
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

  private dialFailed(peer: ElectionPeer, error: string): void {
    peer.dial = null;
    const wasUnreachable = peer.isUnreachable;
    peer.isUnreachable = true;
    const where = this.addressesOf(peer).map(addressText).join('|');
    const text = `Cannot open channel to ${peer.sid} at election address ${where}: ${error}`;
    if (wasUnreachable) this.ports.log.debug(text);
    else this.warnings.warn(`dial ${peer.sid}`, text);
    this.redial(peer);
    this.ports.unreachable(peer.sid);
  }

  /** The larger one has heard who called; its own dial is to follow. */
  private callEnded(peer: ElectionPeer): void {
    peer.callEnded();
    if (peer.failures === 0) peer.failures = 1;
    this.redial(peer);
  }

  /** A link is lost: at first that is a reason to dial at once, for only so it is found out whether its server lives. */
  private unlinked(peer: ElectionPeer): void {
    peer.unlinked();
    this.redial(peer);
  }

  private redial(peer: ElectionPeer): void {
    if (!this.sought.has(peer.sid)) {
      this.peers.forgetUnknown(peer);
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

  private countReplaced(peer: ElectionPeer, by: ElectionLink): void {
    if (!peer.replaced(this.ports.clock.elapsed)) return;
    const before = peer.link?.link.remoteAddress ?? 'nowhere';
    this.warnings.warn(
      `replaced ${peer.sid}`,
      `Server ${peer.sid} opens one link after the other, from ${before} and now from ${by.link.remoteAddress}: ` +
        `have two servers the id ${peer.sid}?`,
    );
  }

  private nameOf({ sid, link }: ElectionLink): string {
    return sid === null ? link.remoteAddress : `server ${sid} (${link.remoteAddress})`;
  }
}

function because(error: string | null): string {
  return error === null ? '' : `: ${error}`;
}
