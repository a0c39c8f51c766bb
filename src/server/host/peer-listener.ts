/*
 * PeerListener: the ports on which this member hears other servers, one listener for the election and one for a leader's
 * learners. It can be opened and closed again and again, as a leader does with every term: nobody is accepted while it is closed,
 * and a port that it has closed itself is never in its own way.
 *
 * Answers to Java's QuorumCnxManager.Listener and to the server sockets of Leader.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Address, LinkHandler, Log, PeerLink } from '../../quorum/ports.ts';
import type { NodePeerNetwork } from './peer-network.ts';
import { takeHandle } from './socket-handle.ts';

/** Time between two tries to take a port, in ms (QuorumCnxManager.ListenerHandler). */
const RETRY_MS = 1000;

/** Where a listener listens: host null for all addresses of this machine. */
export interface ListenAddress {
  readonly host: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** What a listener is made of. */
export interface PeerListenerOptions {
  /** What its ports are for, as the operator calls them: `election port`, `quorum port`. */
  readonly what: string;
  /** The line of the configuration that names them: `server.1 in conf/zoo.cfg:7`. */
  readonly source: string;
  /** One or more. */
  readonly addresses: readonly ListenAddress[];
  /** How often a port that is taken is tried, 1 or more; 0 for ever (electionPortBindRetry). */
  readonly attempts: number;
}

/** Hears from a listener. Every call comes in a turn of its own, and none after `close`. */
export interface PeerListenerEvents {
  /** It listens on one of its addresses at least. Called once for every `open`, or else `failed`. */
  opened(address: Address): void;
  /** None of its addresses could be listened on; the reason for each, complete for the operator. */
  failed(error: string): void;
  /** Somebody has connected; null sends him away. */
  accepted(link: PeerLink): LinkHandler | null;
}

/** Listens for other servers. */
export class PeerListener {
  private readonly ports: readonly ListeningPort[];
  private readonly openTurn: () => void;
  private events: PeerListenerEvents | null = null;
  private isOpen = false;
  private errors: string[] = [];

  /**
   * @param network makes the links, and is told to send at the end of a turn
   * @param openTurn is called whenever something has happened, before anybody is told
   */
  constructor(
    network: NodePeerNetwork,
    openTurn: () => void,
    log: Log,
    options: PeerListenerOptions,
  ) {
    this.openTurn = openTurn;
    const parent = {
      listening: (address: Address) => this.listening(address),
      gaveUp: (error: string) => this.gaveUp(error),
      accepted: (socket: Socket) => this.accept(network, socket),
    };
    this.ports = options.addresses.map(
      (address) => new ListeningPort(address, options, network, log, parent),
    );
  }

  /** Begins to listen; `close` comes before it is called again. */
  open(events: PeerListenerEvents): void {
    this.events = events;
    this.isOpen = false;
    this.errors = [];
    for (const port of this.ports) port.open();
  }

  /** Takes no more connections, at once; those that are there stay. Does nothing where it is closed. */
  close(): void {
    this.events = null;
    for (const port of this.ports) port.close();
  }

  private listening(address: Address): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.openTurn();
    this.events?.opened(address);
  }

  private gaveUp(error: string): void {
    this.errors.push(error);
    if (this.errors.length < this.ports.length) return;
    this.openTurn();
    this.events?.failed(this.errors.join('; '));
  }

  private accept(network: NodePeerNetwork, socket: Socket): void {
    const { events } = this;
    const handle = events === null ? null : takeHandle(socket);
    if (handle === null) socket.destroy();
    else network.adopt(handle, (link) => events?.accepted(link) ?? null);
  }
}

/** What a port reports to. */
interface PortEvents {
  listening(address: Address): void;
  gaveUp(error: string): void;
  accepted(socket: Socket): void;
}

/**
 * One port of a listener. Listening begins in a later turn, so a port may be closed, and opened again, while it begins: there is
 * one server at a time, and what has become of it is looked at when it is there.
 */
class ListeningPort {
  private readonly address: ListenAddress;
  private readonly options: PeerListenerOptions;
  private readonly network: NodePeerNetwork;
  private readonly log: Log;
  private readonly events: PortEvents;
  private isWanted = false;
  private isStarting = false;
  private server: Server | null = null;
  private failures = 0;
  private retryTimer: NodeJS.Timeout | null = null;

  constructor(
    address: ListenAddress,
    options: PeerListenerOptions,
    network: NodePeerNetwork,
    log: Log,
    events: PortEvents,
  ) {
    this.address = address;
    this.options = options;
    this.network = network;
    this.log = log;
    this.events = events;
  }

  open(): void {
    this.isWanted = true;
    this.failures = 0;
    if (!this.isStarting) this.start();
  }

  close(): void {
    this.isWanted = false;
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.server?.close();
    this.server = null;
  }

  private start(): void {
    this.isStarting = true;
    const { host } = this.address;
    if (host === null) {
      this.listen(null);
      return;
    }
    // Java binds the first address of a name, and resolves it anew at every try.
    this.network.names.resolve(host, ([first], error) => {
      if (first !== undefined) this.listen(first);
      else this.failed(error ?? '');
    });
  }

  private listen(host: string | null): void {
    const server = createServer({ pauseOnConnect: true });
    const { port } = this.address;
    const onError = (error: NodeJS.ErrnoException): void => this.failed(this.listenFault(error));
    server.once('error', onError);
    server.on('connection', (socket) => this.events.accepted(socket));
    server.listen({ port, ...(host === null ? {} : { host }) }, () => {
      server.off('error', onError);
      // Out of file descriptors, for one: this connection is lost, the others need not be.
      server.on('error', (error) =>
        this.log.warn(`${this.name()}: cannot accept a connection: ${error.message}`),
      );
      this.started(server);
    });
  }

  private started(server: Server): void {
    this.isStarting = false;
    if (!this.isWanted) {
      server.close();
      return;
    }
    this.server = server;
    const bound = server.address();
    if (bound === null || typeof bound === 'string') return;
    this.events.listening({ host: bound.address, port: bound.port });
  }

  private failed(reason: string): void {
    this.isStarting = false;
    if (!this.isWanted) return;
    this.failures += 1;
    const { attempts } = this.options;
    const text = `${this.name()}: ${reason}`;
    if (attempts !== 0 && this.failures >= attempts) {
      this.events.gaveUp(text);
      return;
    }
    const tries = attempts === 0 ? '' : ` (${this.failures} of ${attempts} tries)`;
    this.log.error(`${text}; trying again in ${RETRY_MS} ms${tries}`);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      this.start();
    }, RETRY_MS);
  }

  /** `server.1 in conf/zoo.cfg:7: election port 3888 on 10.0.0.1`. */
  private name(): string {
    const { what, source } = this.options;
    const { host, port } = this.address;
    return `${source}: ${what} ${port} on ${host ?? 'all addresses'}`;
  }

  private listenFault(error: NodeJS.ErrnoException): string {
    switch (error.code) {
      case 'EADDRINUSE':
        return 'is taken, another process listens there already';
      case 'EADDRNOTAVAIL':
        return 'this machine has no such address (quorumListenOnAllIPs=true listens on all that it has)';
      case 'EACCES':
        return 'permission denied (ports below 1024 need a privilege)';
      default:
        return error.message;
    }
  }
}

/**
 * Where a member listens for one of its ports: on its own addresses, or with quorumListenOnAllIPs on all of the machine's, once
 * for every port.
 */
export function listenAddresses(
  own: readonly Address[],
  onAllAddresses: boolean,
): readonly ListenAddress[] {
  if (!onAllAddresses) return own;
  return [...new Set(own.map((one) => one.port))].map((port) => ({ host: null, port }));
}
