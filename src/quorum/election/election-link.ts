/*
 * ElectionLink: one link of the election port, from its handshake to its end. It finds handshake and messages in the bytes and
 * says what it has found; what is to be done about it is election-links.ts. Answers to the streams in Java's
 * QuorumCnxManager.handleConnection, SendWorker and RecvWorker.
 */
import type { LinkHandler, PeerLink } from '../ports.ts';
import type { ServerId } from '../server-id.ts';
import { FrameReader } from './frames.ts';
import { type Handshake, HandshakeReader } from './handshake.ts';

/** Hears what a link has found. It may destroy the link in any of these calls. */
export interface ElectionLinkEvents {
  /** The other end has said who it is; where it may stay, `sid` of the link is set now. */
  introduced(link: ElectionLink, handshake: Handshake): void;
  /** A message, a view for the time of the call. Gives null, or why it is nonsense. */
  message(link: ElectionLink, bytes: Uint8Array): string | null;
  /** What came is not the protocol of elections. */
  nonsense(link: ElectionLink, reason: string): void;
  /** What had to wait has been sent. */
  drained(link: ElectionLink): void;
  /** The link is gone. */
  closed(link: ElectionLink, error: string | null): void;
}

export class ElectionLink implements LinkHandler {
  readonly link: PeerLink;
  /** Who is at the other end; null until it has said so. */
  sid: ServerId | null;
  /** ms of the clock at which this link came to be. */
  readonly since: number;
  private readonly events: ElectionLinkEvents;
  private readonly handshake: HandshakeReader | null;
  private readonly frames = new FrameReader();
  private isOpen = true;

  /**
   * @param sid of the server that was dialled; null for a link that was accepted and begins with a handshake
   * @param now ms of the clock
   */
  constructor(link: PeerLink, events: ElectionLinkEvents, sid: ServerId | null, now: number) {
    this.link = link;
    this.events = events;
    this.sid = sid;
    this.since = now;
    this.handshake = sid === null ? new HandshakeReader() : null;
  }

  receive(chunk: Uint8Array, size: number): void {
    let at = 0;
    if (this.sid === null && this.handshake !== null) {
      at = this.handshake.take(chunk, 0, size);
      const { result } = this.handshake;
      if (result === null) return;
      if (typeof result === 'string') {
        this.events.nonsense(this, result);
        return;
      }
      this.events.introduced(this, result);
    }
    if (!this.isOpen || this.sid === null) return;
    const fault = this.frames.take(chunk, at, size, (bytes) => {
      const reason = this.events.message(this, bytes);
      if (reason !== null && this.isOpen) this.events.nonsense(this, reason);
      return this.isOpen;
    });
    if (fault !== null) this.events.nonsense(this, fault);
  }

  drained(): void {
    this.events.drained(this);
  }

  closed(error: string | null): void {
    this.isOpen = false;
    this.events.closed(this, error);
  }

  /** Ends it; nothing is heard of it afterwards. */
  destroy(): void {
    this.isOpen = false;
    this.link.destroy();
  }
}
