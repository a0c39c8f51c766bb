/*
 * SocketPeerLink: a PeerLink over a socket, and PeerLinks, which all links of a process share: one buffer that every socket is
 * read into, and the list of links that have something to send when the turn ends. The acknowledgements, proposals and commits
 * of one turn leave with one system call per peer.
 */
import { Socket } from 'node:net';
import type { LinkHandler, PeerLink } from '../../quorum/ports.ts';
import { type Handle, plainAddress } from './socket-handle.ts';

/** Bytes read from a socket at once at most. */
const READ_SIZE = 64 * 1024;
/** Bytes handed to a socket at once at most, so that a long state transfer shows how it gets on. */
const SEND_SIZE = 256 * 1024;
/** Up to here several pieces are copied into one: that costs less than the system is slowed down by a long list of pieces. */
const JOIN_SIZE = 16 * 1024;

/** `address:port` with brackets where there are colons. */
export function endpointText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whoever has handed over this much in one turn may have stopped there to wait: he is told when it is sent, even where the network
 * has taken it at once.
 */
const NOTICE_SIZE = 64 * 1024;

/** A socket that reads into the shared buffer and tells every write that the kernel does not take at once. */
export function peerSocket(buffer: Uint8Array, handle: Handle | null, owner: SocketOwner): Socket {
  const socket = new Socket({
    ...(handle === null ? {} : { handle }),
    writableHighWaterMark: 1,
    onread: {
      buffer,
      callback: (size: number, chunk: Uint8Array): boolean => {
        owner.link?.received(chunk, size);
        return true;
      },
    },
  } as object);
  socket.setNoDelay(true);
  return socket;
}

/** Knows the link of a socket once there is one. */
export interface SocketOwner {
  link: SocketPeerLink | null;
}

/** What the links of a process share. */
export class PeerLinks {
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_SIZE);
  readonly openTurn: () => void;
  private readonly keepAlive: boolean;
  private readonly all = new Set<SocketPeerLink>();
  private readonly unflushed: SocketPeerLink[] = [];

  /**
   * @param openTurn is called before anything is told to a handler
   * @param keepAlive whether the system asks idle peers whether they are still there (tcpKeepAlive)
   */
  constructor(openTurn: () => void, keepAlive: boolean) {
    this.openTurn = openTurn;
    this.keepAlive = keepAlive;
  }

  /** Makes a link of a connected socket and gives it to whom it concerns, who may not want it. */
  add(socket: Socket, owner: SocketOwner, connected: (link: PeerLink) => LinkHandler | null): void {
    if (this.keepAlive) socket.setKeepAlive(true);
    const link = new SocketPeerLink(socket, this);
    owner.link = link;
    this.all.add(link);
    this.openTurn();
    const handler = connected(link);
    if (handler === null) link.destroy();
    else link.listen(handler);
  }

  /** Sends what was written to the links in this turn. */
  flush(): void {
    const { unflushed } = this;
    for (const link of unflushed) link.flush();
    unflushed.length = 0;
  }

  /** A link has its first unsent bytes of this turn. */
  touched(link: SocketPeerLink): void {
    this.unflushed.push(link);
  }

  forget(link: SocketPeerLink): void {
    this.all.delete(link);
  }

  /** Destroys every link. */
  close(): void {
    for (const link of this.all) link.destroy();
  }
}

/** A PeerLink over a socket. */
export class SocketPeerLink implements PeerLink {
  readonly remoteAddress: string;
  private readonly socket: Socket;
  private readonly links: PeerLinks;
  private handler: LinkHandler | null = null;
  /** What the socket has not been given yet, and how much it is. */
  private pending: Uint8Array[] = [];
  private pendingSize = 0;
  private isTouched = false;
  private isWaitingForDrain = false;
  /** Whether the handler is to hear when everything is sent. */
  private owesNotice = false;
  private isPaused = false;
  private isGone = false;

  constructor(socket: Socket, links: PeerLinks) {
    const { remoteAddress, remotePort } = socket;
    this.remoteAddress = endpointText(plainAddress(remoteAddress ?? 'unknown'), remotePort ?? 0);
    this.socket = socket;
    this.links = links;
    socket.on('drain', () => this.drain());
    socket.on('end', () => this.end(null));
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(linkFault(error)));
    socket.on('close', () => this.end('the connection broke'));
  }

  /** Says who hears of this link, and begins to read. */
  listen(handler: LinkHandler): void {
    if (this.isGone) return;
    this.handler = handler;
    if (!this.isPaused) this.socket.resume();
  }

  get unsentSize(): number {
    return this.pendingSize + this.socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.isGone || bytes.length === 0) return;
    this.pending.push(bytes);
    this.pendingSize += bytes.length;
    if (this.isTouched || this.isWaitingForDrain) return;
    this.isTouched = true;
    this.links.touched(this);
  }

  /** Gives the socket as much of what waits as it takes at once. */
  flush(): void {
    this.isTouched = false;
    if (this.pendingSize >= NOTICE_SIZE) this.owesNotice = true;
    while (this.pendingSize > 0 && !this.isWaitingForDrain && !this.isGone) {
      this.send(this.takePending());
      this.isWaitingForDrain = this.socket.writableLength > 0;
      if (this.isWaitingForDrain) this.owesNotice = true;
    }
    // The socket says that it has drained only where something had to wait.
    if (this.owesNotice && !this.isWaitingForDrain) setImmediate(() => this.notice());
  }

  /** The next pieces, SEND_SIZE bytes of them at most. */
  private takePending(): readonly Uint8Array[] {
    const { pending } = this;
    if (this.pendingSize <= SEND_SIZE) {
      this.pending = [];
      this.pendingSize = 0;
      return pending;
    }
    let count = 0;
    let size = 0;
    for (const piece of pending) {
      if (size + piece.length > SEND_SIZE) break;
      size += piece.length;
      count += 1;
    }
    const taken = pending.splice(0, count);
    const [next] = pending;
    if (next !== undefined && size < SEND_SIZE) {
      taken.push(next.subarray(0, SEND_SIZE - size));
      pending[0] = next.subarray(SEND_SIZE - size);
      size = SEND_SIZE;
    }
    this.pendingSize -= size;
    return taken;
  }

  private send(pieces: readonly Uint8Array[]): void {
    const { socket } = this;
    const [first] = pieces;
    if (first === undefined) return;
    if (pieces.length === 1) {
      socket.write(first);
      return;
    }
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (size <= JOIN_SIZE) {
      socket.write(Buffer.concat(pieces, size));
      return;
    }
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  /** The socket has sent what it was given. */
  private drain(): void {
    if (!this.isWaitingForDrain || this.isGone) return;
    this.isWaitingForDrain = false;
    this.flush();
  }

  /** Tells that everything is sent. What this turn has written meanwhile does not count, or a busy link would never say so. */
  private notice(): void {
    if (!this.owesNotice || this.isGone || this.isWaitingForDrain) return;
    this.owesNotice = false;
    this.links.openTurn();
    this.handler?.drained();
  }

  /** Bytes have been read. */
  received(chunk: Uint8Array, size: number): void {
    if (this.isGone) return;
    this.links.openTurn();
    this.handler?.receive(chunk, size);
  }

  pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    if (!this.isGone) this.socket.resume();
  }

  destroy(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.pending = [];
    this.pendingSize = 0;
    this.links.forget(this);
    this.socket.destroy();
  }

  private end(error: string | null): void {
    if (this.isGone) return;
    const { handler } = this;
    this.destroy();
    this.links.openTurn();
    handler?.closed(error);
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'the peer has closed the connection',
  ETIMEDOUT: 'the peer does not answer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
};

/** What broke a connection, in words where there are some. */
export function linkFault(error: NodeJS.ErrnoException): string {
  return FAULTS[error.code ?? ''] ?? error.message;
}
