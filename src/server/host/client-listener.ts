/*
 * ClientListener: the socket that clients connect to, and a Link for each that does (Java: NIOServerCnxnFactory's threads).
 *
 * All sockets are read into one buffer that is used again at once, which saves an allocation per read and a fifth of the time of
 * a small request. node:net offers that (`onread`) only where it makes the socket itself, so each accepted handle is moved into a
 * socket of our own making.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, Socket } from 'node:net';
import type { Connection } from '../client/connection.ts';
import type { Link } from '../client/link.ts';
import { clientSocketLimit } from './descriptors.ts';
import { hostFacts } from './facts.ts';
import { descriptorOf, plainAddress, send, takeHandle } from './socket-handle.ts';

/** Bytes read from a socket at once at most: room for some large requests, because what is left of one has to be copied. */
const READ_SIZE = 256 * 1024;
/** Bytes handed to a socket at once at most, so that a large reply shows how it gets on. */
const SEND_SIZE = 64 * 1024;

/** What the listener reports to. */
export interface ClientEvents {
  /** A connection that was accepted; null when it cannot stay. */
  accept(link: Link): Connection | null;
  receive(connection: Connection, chunk: Buffer, size: number): void;
  drained(connection: Connection): void;
  disconnected(connection: Connection, error: string | null): void;
  /** A client could not be accepted. */
  listenerFailed(error: string): void;
}

/** Settings of the listening socket. */
export interface ClientListenerOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  /** null listens on all addresses. */
  readonly address: string | null;
  /** -1 leaves it to the system. */
  readonly backlog: number;
  readonly tcpKeepAlive: boolean;
  /** How long the last answer of a connection that is over may wait for a client that does not read, in ms. */
  readonly lingerMs: number;
}

/** Listens for clients. */
export class ClientListener {
  private readonly events: ClientEvents;
  private readonly options: ClientListenerOptions;
  private readonly server: Server;
  private readonly readBuffer = Buffer.allocUnsafeSlow(READ_SIZE);
  /** Sockets that are open, and how many may be. */
  private socketCount = 0;
  private socketLimit = 0;

  constructor(events: ClientEvents, options: ClientListenerOptions) {
    this.events = events;
    this.options = options;
    this.server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    this.server.on('connection', (accepted) => this.accept(accepted));
  }

  /** Starts to listen; resolves with the port, rejects with the system's error. */
  listen(): Promise<number> {
    const { port, address, backlog } = this.options;
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(
        {
          port,
          ...(address === null ? {} : { host: address }),
          ...(backlog > 0 ? { backlog } : {}),
        },
        () => {
          this.server.off('error', reject);
          this.socketLimit = clientSocketLimit(hostFacts);
          // This client is lost, the others need not be.
          this.server.on('error', (error) => this.events.listenerFailed(error.message));
          resolve((this.server.address() as AddressInfo).port);
        },
      );
    });
  }

  /** Takes no more connections; those that are there stay. */
  close(): void {
    this.server.close();
  }

  private accept(accepted: Socket): void {
    // A client that is closed at once tries another server; one that is left waiting does not.
    if (this.socketCount >= this.socketLimit) {
      accepted.destroy();
      const limit = `clients have ${this.socketCount} file descriptors, the rest is kept for files`;
      this.events.listenerFailed(`too many open files: ${limit}`);
      return;
    }
    const { remoteAddress, remotePort } = accepted;
    // A client that has reset the connection has no address any more. Its socket closes the handle only as long as it has it.
    const isGone = remoteAddress === undefined || remotePort === undefined;
    const handle = isGone ? null : takeHandle(accepted);
    if (isGone || handle === null) {
      accepted.destroy();
      return;
    }
    // The connection is known only when the link is, and the first bytes come only after both.
    let connection: Connection | null = null;
    const onBytes = (size: number, buffer: Uint8Array): boolean => {
      if (connection !== null) this.events.receive(connection, buffer as Buffer, size);
      return true;
    };
    const socket = new Socket({
      handle,
      allowHalfOpen: true,
      // Every write that the kernel does not take at once is told by `drain`.
      writableHighWaterMark: 1,
      onread: { buffer: this.readBuffer, callback: onBytes },
    } as object);
    this.socketCount += 1;
    socket.on('close', () => {
      this.socketCount -= 1;
    });
    if (this.options.tcpKeepAlive) socket.setKeepAlive(true);
    const { lingerMs } = this.options;
    const link = new SocketLink(socket, {
      remoteAddress: plainAddress(remoteAddress),
      remotePort,
      lingerMs,
    });
    socket.on('error', (error) => {
      if (connection !== null) this.events.disconnected(connection, error.message);
    });
    connection = this.events.accept(link);
    const { events } = this;
    if (connection === null) return;
    const made = connection;
    link.onDrain = () => events.drained(made);
    socket.on('end', () => events.disconnected(made, null));
    socket.on('close', () => events.disconnected(made, 'the connection broke'));
    socket.resume();
  }
}

/** A Link over a socket. */
class SocketLink implements Link {
  readonly remoteAddress: string;
  readonly remotePort: number;
  private readonly socket: Socket;
  private readonly descriptor: number;
  private readonly lingerMs: number;
  /** What the socket has not been given yet, and how much it is. */
  private readonly rest: Buffer[] = [];
  private restSize = 0;
  private isWaitingForDrain = false;
  private isEnding = false;
  onDrain: () => void = () => undefined;

  constructor(
    socket: Socket,
    options: {
      readonly remoteAddress: string;
      readonly remotePort: number;
      readonly lingerMs: number;
    },
  ) {
    this.socket = socket;
    this.descriptor = descriptorOf(socket);
    this.lingerMs = options.lingerMs;
    this.remoteAddress = options.remoteAddress;
    this.remotePort = options.remotePort;
  }

  get unsentSize(): number {
    return this.socket.writableLength + this.restSize;
  }

  write(bytes: Buffer, size: number): boolean {
    if (!this.isWaitingForDrain && size <= SEND_SIZE) return this.send(bytes, size);
    this.rest.push(bytes.subarray(0, size));
    this.restSize += size;
    return this.sendRest();
  }

  /** Gives the system what it takes at once, and the socket what has to wait; true when nothing has to. */
  private send(bytes: Buffer, size: number): boolean {
    if (send(this.socket, this.descriptor, bytes, size)) return true;
    this.waitForDrain();
    return false;
  }

  /** Sends piece after piece as long as none has to wait; true when nothing is left. */
  private sendRest(): boolean {
    const { rest } = this;
    if (this.isWaitingForDrain) return false;
    for (let bytes = rest[0]; bytes !== undefined; bytes = rest[0]) {
      if (bytes.length > SEND_SIZE) rest[0] = bytes.subarray(SEND_SIZE);
      else rest.shift();
      const size = Math.min(bytes.length, SEND_SIZE);
      this.restSize -= size;
      if (!this.send(bytes, size)) return false;
    }
    return true;
  }

  private waitForDrain(): void {
    this.isWaitingForDrain = true;
    this.socket.once('drain', () => {
      this.isWaitingForDrain = false;
      if (!this.sendRest()) return;
      if (this.isEnding) this.socket.destroySoon();
      else this.onDrain();
    });
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    const { socket } = this;
    // Nobody looks after the connection any more, so its socket has to do so itself.
    if (this.unsentSize > 0) socket.setTimeout(this.lingerMs, () => socket.destroy());
    this.isEnding = true;
    if (this.restSize === 0) socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
