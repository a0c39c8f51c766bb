/*
 * NodePeerNetwork: reaches other servers over TCP. All addresses of a peer are tried, one a little after the other, and the first
 * that answers is taken, so that a dead network card or a name that leads astray costs 50 ms and not a connection time-out.
 *
 * Answers to Java's QuorumCnxManager.initiateConnection and Learner.connectToLeader; MultipleAddresses asks for reachability by
 * ICMP first, which is not needed where all are dialled.
 */
import type { Socket } from 'node:net';
import type {
  Address,
  Dial,
  DialEvents,
  LinkHandler,
  PeerLink,
  PeerNetwork,
} from '../../quorum/ports.ts';
import { NameLookups } from './name-lookups.ts';
import { endpointText, linkFault, PeerLinks, peerSocket, type SocketOwner } from './peer-link.ts';
import type { Handle } from './socket-handle.ts';

/** How long an address may be silent before the next one is tried beside it, in ms. */
const STAGGER_MS = 50;
/** How long a name server may be silent before what it said last is used, in ms. */
const STALE_NAME_MS = 200;

/** Sockets to and from other servers. */
export class NodePeerNetwork implements PeerNetwork {
  /** Shared with those who listen on this network's behalf. */
  readonly names = new NameLookups();
  private readonly links: PeerLinks;
  private readonly dials = new Set<Dialling>();

  /**
   * @param openTurn is called whenever something has happened, before anybody is told
   * @param tcpKeepAlive whether SO_KEEPALIVE is set on the connections
   */
  constructor(openTurn: () => void, tcpKeepAlive: boolean) {
    this.links = new PeerLinks(openTurn, tcpKeepAlive);
  }

  /** Sends what was written in this turn; the host calls it at the turn's end. */
  flush(): void {
    this.links.flush();
  }

  dial(addresses: readonly Address[], timeoutMs: number, events: DialEvents): Dial {
    const dialling = new Dialling(this.names, this.links, events, () =>
      this.dials.delete(dialling),
    );
    this.dials.add(dialling);
    dialling.start(addresses, timeoutMs);
    return dialling;
  }

  /**
   * Makes a link of an accepted connection.
   *
   * @param handle what `takeHandle` took out of it
   * @param accepted says who hears of it, null where nobody wants it
   */
  adopt(handle: Handle, accepted: (link: PeerLink) => LinkHandler | null): void {
    const owner: SocketOwner = { link: null };
    const socket = peerSocket(this.links.readBuffer, handle, owner);
    this.links.add(socket, owner, accepted);
  }

  /** Gives up every dial and destroys every link; nothing is heard of them any more. */
  close(): void {
    for (const dialling of this.dials) dialling.cancel();
    this.links.close();
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}

/** On one machine a dial may get the very port as its own that it dials, where nobody listens: TCP then connects it to itself. */
function isConnectedToItself(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}

/** One dial to all addresses of a peer. */
class Dialling implements Dial {
  private readonly names: NameLookups;
  private readonly links: PeerLinks;
  private readonly events: DialEvents;
  private readonly ended: () => void;
  /** Addresses to try next. */
  private readonly candidates: Address[] = [];
  /** All addresses that were ever in `candidates`. */
  private readonly seen = new Set<string>();
  private readonly attempts = new Set<Socket>();
  private readonly errors: string[] = [];
  private lookupsRunning = 0;
  private staggerTimer: NodeJS.Timeout | null = null;
  private staleTimer: NodeJS.Timeout | null = null;
  private timeout: NodeJS.Timeout | null = null;
  private isOver = false;

  constructor(names: NameLookups, links: PeerLinks, events: DialEvents, ended: () => void) {
    this.names = names;
    this.links = links;
    this.events = events;
    this.ended = ended;
  }

  start(addresses: readonly Address[], timeoutMs: number): void {
    this.timeout = setTimeout(() => this.giveUp(timeoutMs), timeoutMs);
    if (addresses.length === 0) {
      setImmediate(() => this.fail('it has no address'));
      return;
    }
    for (const { host, port } of addresses) {
      this.lookupsRunning += 1;
      this.names.resolve(host, (found, error) => {
        this.lookupsRunning -= 1;
        // The name server is of no help: perhaps what it said last still holds.
        const usable = error === null ? found : this.names.lastKnown(host);
        if (error !== null) this.errors.push(error);
        this.addCandidates(usable, port);
      });
    }
    this.staleTimer = setTimeout(() => {
      for (const { host, port } of addresses) this.addCandidates(this.names.lastKnown(host), port);
    }, STALE_NAME_MS);
  }

  private addCandidates(hosts: readonly string[], port: number): void {
    if (this.isOver) return;
    for (const host of hosts) {
      const text = endpointText(host, port);
      if (this.seen.has(text)) continue;
      this.seen.add(text);
      this.candidates.push({ host, port });
    }
    if (this.staggerTimer === null) this.tryNext();
  }

  /** Tries the next address; fails where there is nothing left that could still succeed. */
  private tryNext(): void {
    if (this.isOver) return;
    if (this.staggerTimer !== null) clearTimeout(this.staggerTimer);
    this.staggerTimer = null;
    const next = this.candidates.shift();
    if (next !== undefined) {
      this.attempt(next);
      this.staggerTimer = setTimeout(() => {
        this.staggerTimer = null;
        this.tryNext();
      }, STAGGER_MS);
    } else if (this.attempts.size === 0 && this.lookupsRunning === 0) {
      this.fail(this.errors.join('; '));
    }
  }

  private attempt(address: Address): void {
    if (!isPort(address.port)) {
      this.errors.push(`${endpointText(address.host, address.port)}: there is no such port`);
      return;
    }
    const owner: SocketOwner = { link: null };
    const socket = peerSocket(this.links.readBuffer, null, owner);
    this.attempts.add(socket);
    const failed = (reason: string): void => {
      this.attempts.delete(socket);
      this.errors.push(`${endpointText(address.host, address.port)}: ${reason}`);
      this.tryNext();
    };
    const onError = (error: NodeJS.ErrnoException): void => failed(linkFault(error));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      if (isConnectedToItself(socket)) {
        socket.destroy();
        failed('connection refused');
        return;
      }
      this.attempts.delete(socket);
      this.end();
      this.links.add(socket, owner, (link) => this.events.connected(link));
    });
    socket.connect({ host: address.host, port: address.port });
  }

  private giveUp(timeoutMs: number): void {
    const silent = this.attempts.size > 0 || this.lookupsRunning > 0;
    const reasons = silent ? [...this.errors, `no answer within ${timeoutMs} ms`] : this.errors;
    this.fail(reasons.join('; '));
  }

  private fail(error: string): void {
    if (this.isOver) return;
    this.end();
    this.links.openTurn();
    this.events.failed(error);
  }

  cancel(): void {
    this.end();
  }

  /** No more timers and attempts; those that are under way are broken off. */
  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const timer of [this.timeout, this.staggerTimer, this.staleTimer]) {
      if (timer !== null) clearTimeout(timer);
    }
    for (const socket of this.attempts) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    }
    this.attempts.clear();
    this.ended();
  }
}
