/*
 * What the agreement between servers needs of the world: time, a log for the operator, and links to other servers. The host
 * (src/server/host) has the real ones, a simulator its own.
 */

/** The time of this turn in ms; it never goes back and means nothing by itself. */
export interface Clock {
  readonly elapsed: number;
}

/** Takes one line for the operator. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** One end of an ordered byte stream to another server. */
export interface PeerLink {
  /** The peer's address as text. */
  readonly remoteAddress: string;
  /** Bytes that were handed over and that the network has not taken yet. */
  readonly unsentSize: number;
  /**
   * Hands bytes to the network; they belong to the link until `unsentSize` is 0, in a later turn. Does nothing once the link is closed.
   */
  write(bytes: Uint8Array): void;
  /** Stops and starts taking bytes from the peer. */
  pause(): void;
  resume(): void;
  /** Closes at once, without sending what waits. Its handler hears nothing more, not even `closed`. */
  destroy(): void;
}

/** Hears what happens on a link. Every call comes in a later turn than the call that caused it. */
export interface LinkHandler {
  /** Bytes have arrived: `chunk[0, size)`, which is used for others afterwards. */
  receive(chunk: Uint8Array, size: number): void;
  /** Everything handed over has been sent, after some of it had to wait. */
  drained(): void;
  /** The link is gone: null where the peer has ended it, else what broke it. Comes once and is the last call. */
  closed(error: string | null): void;
}

/** A host, by name or address, and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A connection attempt that may be given up. */
export interface Dial {
  /** Gives up, or does nothing where it has ended. Nothing is heard of it afterwards. */
  cancel(): void;
}

/** How a dial ends: exactly one of the two is called, in a later turn. */
export interface DialEvents {
  /** Gives who is to hear of this link from now on. */
  connected(link: PeerLink): LinkHandler;
  /** No address could be reached in time. */
  failed(error: string): void;
}

/** Reaches other servers. */
export interface PeerNetwork {
  /**
   * Connects to the first of the addresses that answers, within `timeoutMs`. Names are resolved at each call.
   */
  dial(addresses: readonly Address[], timeoutMs: number, events: DialEvents): Dial;
}
