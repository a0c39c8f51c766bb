/*
 * Session: one session of a client, over however many connections (Java: ClientCnxn). A closed core: what happens is told to it
 * together with the time (ms of a clock that never goes back); what is to be done stands in `effects` and `takeOutput()`, and when
 * it next wants to be woken in `deadline`. No sockets, timers, promises or randomness in here: see session-host.ts.
 *
 * Different from Java on purpose: a request that was not yet sent when a connection breaks waits for the next one instead of
 * failing, since nothing can have happened to it; and a frame that no answer can be is a fault of the connection alone.
 */

import { ErrorCode } from '../jute/error-code.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { toHex, ZXID_ZERO } from '../jute/int64.ts';
import { OpCode, SpecialXid } from '../jute/op-code.ts';
import { readReplyHeader } from '../jute/proto.ts';
import { JuteError, JuteReader } from '../jute/reader.ts';
import { AuthInfo } from './auth-info.ts';
import type { ServerAddress } from './connection-string.ts';
import { serverName } from './connection-string.ts';
import {
  AuthFailedError,
  ClientClosedError,
  ConnectionLossError,
  MarshallingError,
  SessionExpiredError,
} from './errors.ts';
import { FrameReader, FrameSizeError } from './frames.ts';
import type { Request } from './request.ts';
import { RequestQueues } from './request-queues.ts';
import { SaslLogin } from './sasl-login.ts';
import { ServerRound } from './server-round.ts';
import type { SessionEffect, SessionSettings, SessionState } from './session-effects.ts';
import { SessionHandshake } from './session-handshake.ts';
import { SessionOutput } from './session-output.ts';
import type { LinkState } from './session-timers.ts';
import { SessionTimers } from './session-timers.ts';
import { readWatchEvent } from './watch-event.ts';
import { WatchRegistry } from './watch-registry.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** One session. Its methods are called one at a time, and never from within each other. */
export class Session {
  /** What is to be done; the host takes them out in this order. */
  readonly effects: SessionEffect[] = [];
  readonly watches = new WatchRegistry();
  state: SessionState = 'connecting';
  /** The last transaction that an answer told of. */
  lastZxid: Zxid = ZXID_ZERO;
  /** True while there are whole frames that were not looked at yet: call resume(). */
  hasMore = false;

  readonly #settings: SessionSettings;
  readonly #servers: ServerRound;
  #server: ServerAddress | null = null;
  #link: LinkState = 'none';
  /** That of this connection; null before it, and where there is no SASL. */
  #saslLogin: SaslLogin | null = null;
  #isClosing = false;
  #lastError: Error | null = null;

  readonly #frames: FrameReader;
  readonly #reader = new JuteReader(Buffer.alloc(0));
  readonly #output: SessionOutput;
  readonly #handshake: SessionHandshake;
  readonly #requests: RequestQueues;
  readonly #authInfo = new AuthInfo();
  readonly #timers: SessionTimers;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#servers = new ServerRound(settings.servers, settings.random);
    this.#frames = new FrameReader(settings.juteMaxBuffer);
    this.#output = new SessionOutput(settings.juteMaxBuffer);
    this.#handshake = new SessionHandshake(settings);
    this.#requests = new RequestQueues(settings.maxRequests);
    this.#timers = new SessionTimers(settings.sessionTimeoutMs, this.#servers.count);
  }

  /** True until the session is closed, expired or refused. */
  get isAlive(): boolean {
    return this.state !== 'closed' && this.state !== 'expired' && this.state !== 'authFailed';
  }

  /** True while a server serves the session. */
  get isConnected(): boolean {
    return this.state === 'connected' || this.state === 'connectedReadOnly';
  }

  /** 0 until there is one. */
  get sessionId(): SessionId {
    return this.#handshake.sessionId;
  }

  /** 16 bytes. */
  get password(): Uint8Array {
    return this.#handshake.password;
  }

  /** What the server has given, or what is asked for as long as none has, ms. */
  get timeoutMs(): number {
    return this.#timers.timeoutMs;
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
    return Math.min(
      this.#requests.deadline,
      this.#authInfo.deadline,
      this.#expiryAt,
      this.#timers.deadline(this.#link),
    );
  }

  /** The client's clock says nothing of a session that no server has granted. */
  get #expiryAt(): number {
    return this.#handshake.isSessionKnown ? this.#timers.expiryAt : NEVER;
  }

  /** Begins with the first server. */
  start(now: number): void {
    this.#timers.heard(now);
    this.#connect(now);
  }

  /** The socket to the server of the last `connect` is open. */
  opened(now: number): void {
    this.#link = 'greeting';
    this.#output.reset();
    this.#output.writeConnect(this.#handshake.request(this.lastZxid));
    this.#timers.sent(now);
  }

  /** The socket has closed, or was never opened. */
  lost(error: Error | null, now: number): void {
    while (this.hasMore) this.resume(now);
    if (this.#link === 'none') return;
    this.#drop(error ?? new Error('the server closed the connection'), now);
  }

  /** The socket gave these bytes. They may be kept: nobody else may write into them. */
  received(chunk: Buffer, now: number): void {
    this.#timers.heard(now);
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
      if (error instanceof FrameSizeError) this.#requests.failLongest(error);
      this.#drop(error, now);
    }
  }

  get #isListening(): boolean {
    return this.#link === 'greeting' || this.#link === 'authenticating' || this.#link === 'up';
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
    const timeoutMs = this.#handshake.takeResponse(reader);
    if (timeoutMs === null) {
      const id = toHex(this.sessionId);
      this.#end('expired', new SessionExpiredError(null, { message: `Session 0x${id} expired` }));
      return;
    }
    this.#timers.timeoutMs = timeoutMs;
    this.#timers.heard(now);
    const { sasl } = this.#settings;
    if (sasl === null) {
      this.#serve(now);
      return;
    }
    this.#link = 'authenticating';
    this.#saslLogin = new SaslLogin(sasl(), this.#output, this.#server);
  }

  /** The server knows who this is: everything that waited for it goes out. */
  #serve(now: number): void {
    const isReadOnly = this.#handshake.isServerReadOnly;
    this.#link = 'up';
    this.#servers.connected();
    this.#lastError = null;
    if (isReadOnly) this.#timers.startProbing(now);
    this.#changeState(isReadOnly ? 'connectedReadOnly' : 'connected');
    if (this.#settings.sasl !== null) this.effects.push({ kind: 'saslAuthenticated' });
    this.#authInfo.sendAll(this.#output);
    this.#output.writeSetWatches(this.watches.paths(), this.lastZxid);
    for (const delivery of this.watches.reconnected()) {
      this.effects.push({ kind: 'deliver', delivery });
    }
    this.#requests.sendKept(this.#output);
  }

  #takeToken(xid: number, err: number, reader: JuteReader, now: number): void {
    const outcome = this.#saslLogin?.takeToken(xid, err, reader);
    if (outcome?.kind === 'done') this.#serve(now);
    else if (outcome?.kind === 'refused') this.#end('authFailed', outcome.error);
  }

  #takeEvent(reader: JuteReader, zxid: Zxid): void {
    const { type, path } = readWatchEvent(reader);
    const watchers = this.watches.take(type, path);
    if (watchers.size === 0) return;
    const told = zxid > 0n ? zxid : null;
    this.effects.push({ kind: 'deliver', delivery: { watchers, type, path, zxid: told } });
  }

  #takeAuthAnswer(reader: JuteReader, err: number, zxid: Zxid): void {
    const request = this.#authInfo.takeAnswered();
    if (err !== ErrorCode.ok) {
      this.#end('authFailed', new AuthFailedError());
      return;
    }
    request?.answer(err, reader, zxid);
  }

  #takeAnswer(xid: number, err: number, zxid: Zxid, reader: JuteReader): void {
    const request = this.#requests.takeAnswered();
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
    if (!this.#requests.admit(request, now)) return;
    if (request.type === OpCode.closeSession) this.#isClosing = true;
    if (this.#link === 'up') this.#requests.send(request, this.#output);
    else this.#requests.keep(request);
  }

  /** True while a request that leaves a watch on `path` waits for its answer (RequestQueues says why that matters). */
  isSettingWatch(path: string): boolean {
    return this.#requests.isSettingWatch(path);
  }

  #endError(): Error {
    return this.#lastError ?? new ClientClosedError();
  }

  /** Adds credentials to this and every later connection. `request` is told of the first answer. */
  addAuth(scheme: string, auth: Uint8Array, request: Request): void {
    if (!this.isAlive || this.#isClosing) {
      request.fail(this.#endError());
      return;
    }
    const data = { scheme, auth, request };
    this.#authInfo.add(data);
    if (this.#link === 'up') this.#authInfo.send(data, this.#output);
  }

  /** True if there are bytes to be written to the socket. */
  get hasOutput(): boolean {
    return !this.#output.isEmpty;
  }

  /** What is to be written to the socket, all of it at once. */
  takeOutput(now: number): Buffer {
    this.#timers.sent(now);
    return this.#output.take();
  }

  /** The deadline has come, or some earlier time. */
  wake(now: number): void {
    if (!this.isAlive) return;
    this.#requests.failOverdue(now);
    this.#authInfo.failOverdue(now);
    const timers = this.#timers;
    if (now >= this.#expiryAt) {
      const message = `Session 0x${toHex(this.sessionId)} expired: no server was heard of for ${Math.round(timers.unheardMs(now))} ms`;
      this.#end('expired', new SessionExpiredError(null, { message }));
    } else if (this.#link === 'none') {
      if (now >= timers.retryAt) this.#connect(now);
    } else if (timers.isSilent(this.#link, now)) {
      const silentMs = Math.round(timers.silentMs(this.#link, now));
      this.#drop(new Error(`nothing was heard for ${silentMs} ms`), now);
    } else if (this.#link === 'up') this.#keepAlive(now);
  }

  #keepAlive(now: number): void {
    if (this.#timers.isPingDue(now)) {
      this.#output.writePing();
      this.#timers.sent(now);
    }
    if (this.#timers.takeProbe(now)) {
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
    if (!this.#handshake.isSessionKnown) this.abandon();
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
    this.#timers.attempted(now);
    this.#frames.reset();
    this.effects.push({ kind: 'connect', server });
  }

  /** Gives up the connection and says when the next one is tried. What was sent and not answered is lost. */
  #drop(cause: Error, now: number): void {
    const where = this.#server === null ? '' : ` to ${serverName(this.#server)}`;
    const message = `The connection${where} was lost: ${reasonOf(cause)}`;
    this.#disconnect();
    // Before anybody hears of it: the owner abandons a session whose closeSession fails, and its reason is the one that stays.
    this.#lastError = new ConnectionLossError(null, { message, cause });
    this.#requests.failSent(message, cause);
    if (this.#isClosing) this.abandon();
    if (!this.isAlive) return;
    this.#timers.retryAt = now + this.#servers.pauseMs(this.#settings.reconnectDelayMs);
    this.#changeState('connecting');
  }

  #disconnect(): void {
    if (this.#link !== 'none') this.effects.push({ kind: 'disconnect' });
    this.#link = 'none';
    this.hasMore = false;
    this.#output.reset();
    this.#frames.reset();
    this.#authInfo.disconnected();
    this.#saslLogin = null;
    this.#timers.stopProbing();
  }

  #end(state: 'closed' | 'expired' | 'authFailed', error: Error): void {
    this.#disconnect();
    this.#lastError = error;
    this.#requests.failAll(error);
    this.#authInfo.failAll(error);
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
