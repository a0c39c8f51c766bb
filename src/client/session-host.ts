/*
 * SessionHost: gives a session its sockets, its timer and its turns. The only file of the client with input and output in it.
 *
 * What a program asks for in one turn goes out with one write: the write waits until the program and everything that its promises
 * started have run (Java does one write for each request). A timer that has come first lets the sockets be read, so
 * that a program which was busy for long does not take its own silence for that of the server.
 */

import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import type { ServerAddress } from './connection-string.ts';
import type { Request } from './request.ts';
import { Session } from './session.ts';
import type { SessionEffect, SessionSettings } from './session-effects.ts';
import type { Delivery } from './watch-registry.ts';

/** What the owner of a session hears of it. */
export interface SessionListener {
  readonly state: (change: Extract<SessionEffect, { readonly kind: 'state' }>) => void;
  readonly saslAuthenticated: () => void;
  readonly deliver: (delivery: Delivery) => void;
}

/** How to connect. */
export interface HostSettings extends Omit<SessionSettings, 'random'> {
  /** Options for tls.connect, or null for a connection in clear text. */
  readonly tls: ConnectionOptions | null;
}

/** How long what was written may wait for a server that does not read, once nobody is interested any more, ms. */
const LINGER_MS = 1_000;

/** How long a server may take to answer isro, ms (Java: pingRwServer). */
const PROBE_TIMEOUT_MS = 1_000;

/** The longest time that setTimeout takes, ms. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Milliseconds of a clock that never goes back. */
export const clock = (): number => performance.now();

/** Runs one session. */
export class SessionHost {
  readonly session: Session;
  readonly #settings: HostSettings;
  readonly #listener: SessionListener;
  #socket: Socket | null = null;
  readonly #probes = new Set<Socket>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #isFlushPlanned = false;
  #isResumePlanned = false;

  constructor(settings: HostSettings, listener: SessionListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.session = new Session({ ...settings, random: Math.random });
    this.session.start(clock());
    // Nobody can hear of anything before the constructor of the owner has returned.
    this.#planFlush();
  }

  /** Sends a request, or keeps it until it can be sent. */
  submit(request: Request): void {
    this.session.submit(request, clock());
    this.#planFlush();
  }

  /** Adds credentials. */
  addAuth(scheme: string, auth: Uint8Array, request: Request): void {
    this.session.addAuth(scheme, auth, request);
    this.#planFlush();
  }

  /** Ends the session with the closeSession that is given. */
  close(request: Request): void {
    this.session.close(request, clock());
    this.#planFlush();
  }

  /** Leaves the session without a word. */
  abandon(): void {
    this.session.abandon();
    this.#planFlush();
  }

  /** Breaks the connection and goes to another server. */
  interrupt(): void {
    this.session.interrupt(clock());
    this.#planFlush();
  }

  /** Tells watchers something that did not come from a server. */
  deliver(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.session.effects.push({ kind: 'deliver', delivery });
    this.#planFlush();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    // A tick that is planned from a microtask comes when no microtask is left.
    queueMicrotask(() => process.nextTick(this.#flush));
  }

  readonly #flush = (): void => {
    this.#isFlushPlanned = false;
    this.#settle();
  };

  /** Does what the session wants done, after each thing that it was told. */
  #settle(): void {
    const { session } = this;
    const { effects } = session;
    while (effects.length > 0) {
      for (const effect of effects.splice(0)) this.#perform(effect);
    }
    if (session.hasOutput && this.#socket !== null) this.#socket.write(session.takeOutput(clock()));
    if (session.hasMore && !this.#isResumePlanned) {
      this.#isResumePlanned = true;
      setImmediate(this.#resume);
    }
    this.#setTimer();
  }

  readonly #resume = (): void => {
    this.#isResumePlanned = false;
    if (this.session.hasMore) this.session.resume(clock());
    this.#settle();
  };

  #perform(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'connect':
        this.#connect(effect.server);
        break;
      case 'disconnect':
        this.#disconnect();
        break;
      case 'probe':
        this.#probe(effect.server);
        break;
      case 'state':
        if (!this.session.isAlive) this.#stop();
        this.#listener.state(effect);
        break;
      case 'saslAuthenticated':
        this.#listener.saslAuthenticated();
        break;
      case 'deliver':
        this.#listener.deliver(effect.delivery);
        break;
    }
  }

  #open(server: ServerAddress): Socket {
    const { host, port } = server;
    const { tls } = this.#settings;
    const socket =
      tls === null
        ? netConnect({ host, port, lookup: lookupShuffled, noDelay: true })
        : tlsConnect({ servername: tlsName(host), ...tls, host, port, lookup: lookupShuffled });
    socket.setNoDelay(true);
    return socket;
  }

  #connect(server: ServerAddress): void {
    this.#disconnect();
    const socket = this.#open(server);
    this.#socket = socket;
    let error: Error | null = null;
    const isCurrent = (): boolean => this.#socket === socket;
    socket.once(this.#settings.tls === null ? 'connect' : 'secureConnect', () => {
      if (!isCurrent()) return;
      this.session.opened(clock());
      this.#settle();
    });
    socket.on('data', (chunk: Buffer) => {
      if (!isCurrent()) return;
      this.session.received(chunk, clock());
      this.#settle();
    });
    socket.on('error', (reason) => {
      error = reason;
    });
    socket.once('close', () => {
      if (!isCurrent()) return;
      this.#socket = null;
      this.session.lost(error, clock());
      this.#settle();
    });
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    // A socket that is still connecting would wait for that before it ends.
    if (socket.connecting) {
      socket.destroy();
      return;
    }
    // end() and not destroy(): what was written before, a closeSession, still arrives, if the server reads at all.
    socket.end();
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    socket.destroySoon();
  }

  /** Asks a server whether it can write; no answer is a no. */
  #probe(server: ServerAddress): void {
    const socket = this.#open(server);
    this.#probes.add(socket);
    let answer = '';
    socket.setTimeout(PROBE_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    // A server that is not there is no server to go to; 'close' follows.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#probes.delete(socket);
      this.session.probed(server, answer.startsWith('rw'), clock());
      this.#settle();
    });
    socket.end('isro');
  }

  #stop(): void {
    for (const socket of this.#probes) socket.destroy();
    this.#disconnect();
  }

  /** A timer that would come too early stays as it is: setting it anew for each answer would cost more. */
  #setTimer(): void {
    const { deadline } = this.session;
    if (deadline === Number.POSITIVE_INFINITY) {
      this.#clearTimer();
      return;
    }
    if (deadline >= this.#timerAt) return;
    this.#clearTimer();
    this.#timerAt = deadline;
    const delayMs = Math.min(Math.max(0, deadline - clock()), MAX_TIMER_MS);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#timerAt = Number.POSITIVE_INFINITY;
      setImmediate(this.#wake);
    }, Math.ceil(delayMs));
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  readonly #wake = (): void => {
    const now = clock();
    if (now >= this.session.deadline) this.session.wake(now);
    this.#settle();
  };
}

/** Names with several addresses are tried from a random one on, so that not all clients go to the first. */
function lookupShuffled(
  hostname: string,
  options: LookupOptions,
  callback: (
    error: NodeJS.ErrnoException | null,
    address: string | LookupAddress[],
    family?: number,
  ) => void,
): void {
  if (options.all !== true) {
    dnsLookup(hostname, { ...options, all: false }, callback);
    return;
  }
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const first = Math.floor(Math.random() * addresses.length);
    callback(null, [...addresses.slice(first), ...addresses.slice(0, first)]);
  });
}

/** The name that a certificate is to be for; an address has none (RFC 6066). */
function tlsName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}
