/*
 * Session: one session of a client, over however many connections (Java: ClientCnxn). A closed core: what happens is told to it
 * together with the time (ms of a clock that never goes back); what is to be done stands in `effects` and `takeOutput()`, and when
 * it next wants to be woken in `deadline`. No sockets, timers, promises or randomness in here: see session-host.ts.
 *
 * Different from Java on purpose: a request that was not yet sent when a connection breaks waits for the next one instead of
 * failing, since nothing can have happened to it; and a frame that no answer can be is a fault of the connection alone.
 */

import { ErrorCode, errorName } from '../jute/error-code.ts';
import { Fifo } from '../jute/fifo.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { SESSION_ID_ZERO, toHex, ZXID_ZERO } from '../jute/int64.ts';
import { EventType, OpCode, SpecialXid } from '../jute/op-code.ts';
import {
  REPLY_HEADER_SIZE,
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
} from '../jute/proto.ts';
import { JuteError, JuteReader } from '../jute/reader.ts';
import type { ServerAddress } from './connection-string.ts';
import { serverName } from './connection-string.ts';
import {
  AuthFailedError,
  ClientClosedError,
  ConnectionLossError,
  errorOf,
  MarshallingError,
  RequestTimeoutError,
  SessionExpiredError,
  ThrottledOpError,
} from './errors.ts';
import { FrameReader, FrameSizeError } from './frames.ts';
import type { Request } from './request.ts';
import { failOverdue } from './request.ts';
import type { SaslExchange } from './sasl.ts';
import { SaslError } from './sasl.ts';
import { ServerRound } from './server-round.ts';
import type { SessionEffect, SessionSettings, SessionState } from './session-effects.ts';
import { SessionOutput } from './session-output.ts';
import { connectTimeoutMs, expiryMs, pingIntervalMs, readTimeoutMs } from './timing.ts';
import type { WatchedEvent } from './watch-registry.ts';
import { WatchRegistry } from './watch-registry.ts';

interface Credentials {
  readonly scheme: string;
  readonly auth: Uint8Array;
  /** Told by the first answer. */
  readonly request: Request;
}

/** First and longest pause between two looks for a server that is not read-only, ms (Java: minPingRwTimeout, maxPingRwTimeout). */
const MIN_PROBE_INTERVAL_MS = 100;
const MAX_PROBE_INTERVAL_MS = 60_000;

const NEVER = Number.POSITIVE_INFINITY;

const eventNames = new Map<number, WatchedEvent['type']>(
  Object.entries(EventType).map(([name, type]) => [type, name as WatchedEvent['type']]),
);

/** One session. Its methods are called one at a time, and never from within each other. */
export class Session {
  /** What is to be done; the host takes them out in this order. */
  readonly effects: SessionEffect[] = [];
  readonly watches = new WatchRegistry();
  state: SessionState = 'connecting';
  /** 0 until there is one. */
  sessionId: SessionId;
  /** 16 bytes. */
  password: Uint8Array;
  /** What the server has given, or what is asked for as long as none has, ms. */
  timeoutMs: number;
  /** The last transaction that an answer told of. */
  lastZxid: Zxid = ZXID_ZERO;
  /** True while there are whole frames that were not looked at yet: call resume(). */
  hasMore = false;

  readonly #settings: SessionSettings;
  readonly #servers: ServerRound;
  #server: ServerAddress | null = null;
  #link: 'none' | 'opening' | 'greeting' | 'authenticating' | 'up' = 'none';
  /** Whether `sessionId` is one that all servers know: a read-only server makes up its own. */
  #isSessionKnown: boolean;
  #isServerReadOnly = false;
  /** What goes on before the server serves, where there is SASL (op 102). */
  #sasl: SaslExchange | null = null;
  #saslXid = 0;
  #isClosing = false;
  /** When the next server is tried while there is no link. */
  #retryAt = NEVER;
  #attemptAt = 0;
  #lastHeard = 0;
  #lastSent = 0;
  #nextTimeout = NEVER;
  #probeAt = NEVER;
  #probeIntervalMs = MIN_PROBE_INTERVAL_MS;
  #lastError: Error | null = null;

  readonly #frames: FrameReader;
  readonly #reader = new JuteReader(Buffer.alloc(0));
  readonly #output: SessionOutput;
  readonly #waiting = new Fifo<Request>();
  readonly #pending = new Fifo<Request>();
  readonly #credentials: Credentials[] = [];
  readonly #authRequests = new Fifo<Request>();
  /** Credentials on this connection whose answer has not come. */
  #unanswered: Credentials[] = [];

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#servers = new ServerRound(settings.servers, settings.random);
    this.sessionId = settings.session?.id ?? SESSION_ID_ZERO;
    this.password = settings.session?.password ?? new Uint8Array(16);
    this.#isSessionKnown = settings.session !== null;
    this.timeoutMs = settings.sessionTimeoutMs;
    this.#frames = new FrameReader(settings.juteMaxBuffer);
    this.#output = new SessionOutput(settings.juteMaxBuffer);
  }

  /** True until the session is closed, expired or refused. */
  get isAlive(): boolean {
    return this.state !== 'closed' && this.state !== 'expired' && this.state !== 'authFailed';
  }

  /** True while a server serves the session. */
  get isConnected(): boolean {
    return this.state === 'connected' || this.state === 'connectedReadOnly';
  }

  /** Why there is no connection, or why the session is over. */
  get lastError(): Error | null {
    return this.#lastError;
  }

  /** The server that is connected, or being connected to. */
  get server(): ServerAddress | null {
    return this.#server;
  }

  /** When wake() is to be called at the latest, ms; Infinity for never. */
  get deadline(): number {
    if (!this.isAlive) return NEVER;
    const { timeoutMs } = this;
    let deadline = Math.min(this.#nextTimeout, this.#expiryAt);
    if (this.#link === 'none') return Math.min(deadline, this.#retryAt);
    if (this.#link !== 'up') return Math.min(deadline, this.#attemptAt + this.#connectTimeoutMs);
    deadline = Math.min(deadline, this.#lastHeard + readTimeoutMs(timeoutMs), this.#probeAt);
    return Math.min(deadline, this.#pingAt);
  }

  get #connectTimeoutMs(): number {
    return connectTimeoutMs(this.timeoutMs, this.#servers.count);
  }

  get #expiryAt(): number {
    return this.#isSessionKnown ? this.#lastHeard + expiryMs(this.timeoutMs) : NEVER;
  }

  get #pingAt(): number {
    return this.#lastSent + pingIntervalMs(this.timeoutMs);
  }

  /** Begins with the first server. */
  start(now: number): void {
    this.#lastHeard = now;
    this.#connect(now);
  }

  /** The socket to the server of the last `connect` is open. */
  opened(now: number): void {
    this.#link = 'greeting';
    this.#output.reset();
    this.#output.writeConnect({
      protocolVersion: 0,
      lastZxidSeen: this.lastZxid,
      timeOut: this.#settings.sessionTimeoutMs,
      sessionId: this.#isSessionKnown ? this.sessionId : SESSION_ID_ZERO,
      passwd: this.password,
      readOnly: this.#settings.canBeReadOnly,
    });
    this.#lastSent = now;
  }

  /** The socket has closed, or was never opened. */
  lost(error: Error | null, now: number): void {
    while (this.hasMore) this.resume(now);
    if (this.#link === 'none') return;
    this.#drop(error ?? new Error('the server closed the connection'), now);
  }

  /** The socket gave these bytes. They may be kept: nobody else may write into them. */
  received(chunk: Buffer, now: number): void {
    this.#lastHeard = now;
    this.#frames.push(chunk);
    if (!this.hasMore) this.resume(now);
  }

  /**
   * Looks at frames that have come: a run of answers, or one watch event. It is called again while `hasMore` is true, after those
   * who wait for what it has told have had their turn, so that a program hears in the order in which the server spoke.
   */
  resume(now: number): void {
    this.hasMore = false;
    try {
      let isFirst = true;
      while (this.#isListening) {
        if (!isFirst && this.#isEventNext()) {
          this.hasMore = true;
          return;
        }
        if (!this.#frames.next()) return;
        isFirst = false;
        if (this.#takeFrame(now)) {
          this.hasMore = this.#frames.isNextWhole();
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.hasMore = false;
      if (error instanceof FrameSizeError) this.#failLongest(error);
      this.#drop(error, now);
    }
  }

  get #isListening(): boolean {
    return this.#link === 'greeting' || this.#link === 'authenticating' || this.#link === 'up';
  }

  /** An answer that is too long would be too long again: whoever asked for it is told so, and not that the connection was lost. */
  #failLongest(cause: FrameSizeError): void {
    const request = this.#pending.shift();
    const message = `The answer cannot be taken: ${cause.message}`;
    request?.fail(new MarshallingError(request.path, { message, cause }));
  }

  #isEventNext(): boolean {
    return this.#link === 'up' && this.#frames.peekInt() === SpecialXid.notification;
  }

  /** True for a watch event. */
  #takeFrame(now: number): boolean {
    const { bytes, start, end } = this.#frames;
    const reader = this.#reader.reset(bytes, start, end);
    if (this.#link === 'greeting') {
      this.#takeGreeting(reader, now);
      return false;
    }
    const { xid, zxid, err } = readReplyHeader(reader);
    switch (xid) {
      case SpecialXid.notification:
        this.#takeEvent(reader, zxid);
        return true;
      case SpecialXid.ping:
      case SpecialXid.setWatches:
        return false;
      case SpecialXid.auth:
        this.#takeAuthAnswer(reader, err, zxid);
        return false;
      default:
        if (this.#link === 'authenticating') this.#takeToken(xid, err, reader, now);
        else this.#takeAnswer(xid, err, zxid, reader);
        return false;
    }
  }

  #takeGreeting(reader: JuteReader, now: number): void {
    if (reader.remaining === REPLY_HEADER_SIZE) {
      // Java's read-only server says so where it may not make local sessions (ReadOnlyRequestProcessor).
      throw new JuteError(
        `the server refuses the session: ${errorName(readReplyHeader(reader).err)}`,
      );
    }
    const response = readConnectResponse(reader);
    if (response.timeOut <= 0) {
      const id = toHex(this.sessionId);
      this.#end('expired', new SessionExpiredError(null, { message: `Session 0x${id} expired` }));
      return;
    }
    this.#isServerReadOnly = response.readOnly === true;
    this.timeoutMs = response.timeOut;
    this.sessionId = response.sessionId;
    this.password = Buffer.from(response.passwd ?? new Uint8Array(16));
    this.#isSessionKnown ||= !this.#isServerReadOnly;
    this.#lastHeard = now;
    const { sasl } = this.#settings;
    if (sasl === null) {
      this.#serve(now);
      return;
    }
    this.#link = 'authenticating';
    this.#sasl = sasl();
    this.#saslXid = this.#output.writeToken(new Uint8Array(0));
  }

  /** The server knows who this is: everything that waited for it goes out. */
  #serve(now: number): void {
    const isReadOnly = this.#isServerReadOnly;
    this.#link = 'up';
    this.#servers.connected();
    this.#lastError = null;
    this.#probeIntervalMs = MIN_PROBE_INTERVAL_MS;
    this.#probeAt = isReadOnly ? now + MIN_PROBE_INTERVAL_MS : NEVER;
    this.#changeState(isReadOnly ? 'connectedReadOnly' : 'connected');
    if (this.#settings.sasl !== null) this.effects.push({ kind: 'saslAuthenticated' });
    this.#writeCredentials();
    this.#output.writeSetWatches(this.watches.paths(), this.lastZxid);
    for (const delivery of this.watches.reconnected()) {
      this.effects.push({ kind: 'deliver', delivery });
    }
    for (const request of this.#waiting.takeAll()) this.#write(request);
  }

  /**
   * A step of the exchange. Whatever is wrong with it is the end for this client, as in Java: a server that does not know it would be
   * asked things under the wrong name. A server without SASL, and one with allowSaslFailedClients, sends a token that is null.
   */
  #takeToken(xid: number, err: number, reader: JuteReader, now: number): void {
    if (xid !== this.#saslXid) throw new JuteError(`an answer ${xid} that nobody waits for`);
    const server = this.#server === null ? 'The server' : serverName(this.#server);
    const refuse = (message: string, cause: unknown): void =>
      this.#end('authFailed', new AuthFailedError(null, { message, cause }));
    if (err !== ErrorCode.ok) {
      refuse(`${server} refuses the SASL credentials: ${errorName(err)}`, errorOf(err, null));
      return;
    }
    const token = reader.readBuffer();
    if (token === null) {
      refuse(`${server} has no SASL, or refuses the credentials: its token is null`, undefined);
      return;
    }
    try {
      const next = this.#sasl?.respond(token) ?? null;
      if (next !== null) this.#saslXid = this.#output.writeToken(next);
      else this.#serve(now);
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      refuse(`${server} cannot be authenticated with by SASL: ${error.message}`, error);
    }
  }

  #takeEvent(reader: JuteReader, zxid: Zxid): void {
    const event = readWatcherEvent(reader);
    const type = eventNames.get(event.type);
    if (type === undefined || event.path === null) {
      throw new JuteError(`a watch event of type ${event.type}`);
    }
    const watchers = this.watches.take(type, event.path);
    if (watchers.size === 0) return;
    const told = zxid > 0n ? zxid : null;
    this.effects.push({
      kind: 'deliver',
      delivery: { watchers, type, path: event.path, zxid: told },
    });
  }

  #takeAuthAnswer(reader: JuteReader, err: number, zxid: Zxid): void {
    const credentials = this.#unanswered.shift();
    if (err !== ErrorCode.ok) {
      this.#end('authFailed', new AuthFailedError());
      return;
    }
    credentials?.request.answer(err, reader, zxid);
  }

  #takeAnswer(xid: number, err: number, zxid: Zxid, reader: JuteReader): void {
    const request = this.#pending.shift();
    if (request === undefined) throw new JuteError(`an answer ${xid} that nobody waits for`);
    if (zxid > 0n) this.lastZxid = zxid;
    try {
      if (request.xid !== xid) {
        throw new JuteError(`an answer to request ${xid} instead of ${request.xid}`);
      }
      const { registration } = request;
      if (registration !== null && !request.isOver) this.#register(registration, err);
      request.answer(err, reader, zxid);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      request.fail(new MarshallingError(request.path, { cause: error }));
      throw error;
    }
    if (request.type === OpCode.closeSession) this.abandon();
  }

  #register(registration: NonNullable<Request['registration']>, err: number): void {
    const isThere = err === ErrorCode.ok;
    if (isThere || (registration.kind === 'exists' && err === ErrorCode.noNode)) {
      this.watches.add(registration, isThere);
    }
  }

  /** Sends a request now, or keeps it until there is a connection. Fails it where neither is possible. */
  submit(request: Request, now: number): void {
    if (!this.isAlive || this.#isClosing) {
      request.fail(this.#endError());
      return;
    }
    if (this.#pending.count + this.#waiting.count >= this.#settings.maxRequests) {
      const message = `${this.#settings.maxRequests} requests are under way already`;
      request.fail(new ThrottledOpError(request.path, { message }));
      return;
    }
    if (request.deadline <= now) {
      request.fail(timedOut(request));
      return;
    }
    if (request.deadline < this.#nextTimeout) this.#nextTimeout = request.deadline;
    if (request.type === OpCode.closeSession) this.#isClosing = true;
    if (this.#link === 'up') this.#write(request);
    else this.#waiting.push(request);
  }

  /**
   * True while a request that leaves a watch on `path` waits for its answer. The server may have that watch already, and has one for
   * all watchers here: whoever removes another now would take this one with it.
   */
  isSettingWatch(path: string): boolean {
    for (const queue of [this.#pending, this.#waiting]) {
      for (const { registration, isOver } of queue) {
        if (!isOver && registration?.path === path) return true;
      }
    }
    return false;
  }

  #endError(): Error {
    return this.#lastError ?? new ClientClosedError();
  }

  #write(request: Request): void {
    if (request.isOver) return;
    if (this.#output.writeRequest(request)) this.#pending.push(request);
  }

  /** Adds credentials to this and every later connection. `request` is told of the first answer. */
  addAuth(scheme: string, auth: Uint8Array, request: Request): void {
    if (!this.isAlive || this.#isClosing) {
      request.fail(this.#endError());
      return;
    }
    const credentials = { scheme, auth, request };
    this.#credentials.push(credentials);
    this.#authRequests.push(request);
    this.#nextTimeout = Math.min(this.#nextTimeout, request.deadline);
    if (this.#link === 'up') this.#writeAuth(credentials);
  }

  #writeCredentials(): void {
    this.#unanswered = [];
    for (const credentials of this.#credentials) this.#writeAuth(credentials);
  }

  #writeAuth(credentials: Credentials): void {
    this.#output.writeAuth(credentials.scheme, credentials.auth);
    this.#unanswered.push(credentials);
  }

  /** True if there are bytes to be written to the socket. */
  get hasOutput(): boolean {
    return !this.#output.isEmpty;
  }

  /** What is to be written to the socket, all of it at once. */
  takeOutput(now: number): Buffer {
    this.#lastSent = now;
    return this.#output.take();
  }

  /** The deadline has come, or some earlier time. */
  wake(now: number): void {
    if (!this.isAlive) return;
    if (now >= this.#nextTimeout) {
      const queues = [this.#pending, this.#waiting, this.#authRequests];
      this.#nextTimeout = Math.min(...queues.map((queue) => failOverdue(queue, now, timedOut)));
    }
    if (now >= this.#expiryAt) {
      const message = `Session 0x${toHex(this.sessionId)} expired: no server was heard of for ${Math.round(now - this.#lastHeard)} ms`;
      this.#end('expired', new SessionExpiredError(null, { message }));
      return;
    }
    if (this.#link === 'none') {
      if (now >= this.#retryAt) this.#connect(now);
      return;
    }
    const [since, limitMs] =
      this.#link === 'up'
        ? [this.#lastHeard, readTimeoutMs(this.timeoutMs)]
        : [this.#attemptAt, this.#connectTimeoutMs];
    if (now - since >= limitMs) {
      this.#drop(new Error(`nothing was heard for ${Math.round(now - since)} ms`), now);
      return;
    }
    if (this.#link === 'up') this.#keepAlive(now);
  }

  #keepAlive(now: number): void {
    if (now >= this.#pingAt) {
      this.#output.writePing();
      this.#lastSent = now;
    }
    if (now >= this.#probeAt) {
      this.#probeAt = now + this.#probeIntervalMs;
      this.#probeIntervalMs = Math.min(this.#probeIntervalMs * 2, MAX_PROBE_INTERVAL_MS);
      this.effects.push({ kind: 'probe', server: this.#servers.next() });
    }
  }

  /** What a server has said to the four-letter word isro. The session goes to it if it can write. */
  probed(server: ServerAddress, isReadWrite: boolean, now: number): void {
    if (!isReadWrite || this.state !== 'connectedReadOnly') return;
    this.#drop(new Error(`${serverName(server)} is not read-only`), now);
    this.#connect(now, server);
  }

  /** Ends the session with a closeSession. Where there is no connection one more server is tried, if there is anything to end. */
  close(request: Request, now: number): void {
    this.submit(request, now);
    if (this.#link === 'up' || !this.isAlive) return;
    if (!this.#isSessionKnown) this.abandon();
    else if (this.#link === 'none') this.#connect(now);
  }

  /** Leaves the session to the servers, which end it when it is not heard of any more. */
  abandon(): void {
    if (this.isAlive) this.#end('closed', new ClientClosedError());
  }

  /** Breaks the connection, as a network may at any time. */
  interrupt(now: number): void {
    if (this.#link !== 'none') this.#drop(new Error('the connection was given up'), now);
  }

  #connect(now: number, server = this.#servers.next()): void {
    this.#server = server;
    this.#link = 'opening';
    this.#attemptAt = now;
    this.#retryAt = NEVER;
    this.#frames.reset();
    this.effects.push({ kind: 'connect', server });
  }

  /** Gives up the connection and says when the next one is tried. What was sent and not answered is lost. */
  #drop(cause: Error, now: number): void {
    const where = this.#server === null ? '' : ` to ${serverName(this.#server)}`;
    const message = `The connection${where} was lost: ${reasonOf(cause)}`;
    this.#disconnect();
    for (const request of this.#pending.takeAll()) {
      request.fail(new ConnectionLossError(request.path, { message, cause }));
    }
    this.#lastError = new ConnectionLossError(null, { message, cause });
    if (this.#isClosing) {
      this.abandon();
      return;
    }
    this.#retryAt = now + this.#servers.pauseMs(this.#settings.reconnectDelayMs);
    this.#changeState('connecting');
  }

  #disconnect(): void {
    if (this.#link !== 'none') this.effects.push({ kind: 'disconnect' });
    this.#link = 'none';
    this.hasMore = false;
    this.#output.reset();
    this.#frames.reset();
    this.#unanswered = [];
    this.#sasl = null;
    this.#probeAt = NEVER;
  }

  #end(state: 'closed' | 'expired' | 'authFailed', error: Error): void {
    this.#disconnect();
    this.#lastError = error;
    this.#retryAt = NEVER;
    for (const queue of [this.#pending, this.#waiting, this.#authRequests]) {
      for (const request of queue.takeAll()) request.fail(error);
    }
    this.#changeState(state);
  }

  #changeState(state: SessionState): void {
    if (state === this.state) return;
    this.state = state;
    this.effects.push({ kind: 'state', state, server: this.#server, error: this.#lastError });
  }
}

/** What OpenSSL says ends with its place in OpenSSL and with a new line; Node.js keeps the reason apart. */
function reasonOf(cause: Error): string {
  const isOpenSsl =
    'code' in cause && typeof cause.code === 'string' && cause.code.startsWith('ERR_SSL_');
  return isOpenSsl && 'reason' in cause ? String(cause.reason) : cause.message;
}

function timedOut(request: Request): Error {
  return new RequestTimeoutError(request.path);
}
