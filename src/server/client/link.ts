/*
 * Link: what a client connection needs of the network. The host makes one from a socket, a simulator from its own.
 *
 * Bytes that arrive and the end of the link come in through ClientPort (client-port.ts): receive, drained, disconnected.
 */

/** One end of an ordered byte stream to a client. */
export interface Link {
  /** The peer's address as text, IPv4 in its own form also where it came in over an IPv6 socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Bytes that were handed over and that the network has not taken yet. */
  readonly unsentSize: number;
  /**
   * Hands `bytes[0, size)` to the network. True: all were taken, `bytes` belongs to the caller again. False: they wait in the link,
   * the caller must not touch `bytes` any more, and ClientPort.drained is called when nothing waits.
   */
  write(bytes: Buffer, size: number): boolean;
  /** Stops and starts taking bytes from the client. */
  pause(): void;
  resume(): void;
  /** Closes once everything handed over is sent. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}
