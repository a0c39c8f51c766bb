/*
 * SessionClient: the life of a client, without its operations: it connects, asks, tells of its state by events, and ends. What is
 * sent when, and what becomes of a session, is decided in session.ts; the operations are in zookeeper.ts.
 */

import { EventEmitter } from 'node:events';
import { ErrorCode } from '../jute/error-code.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { OpCode } from '../jute/op-code.ts';
import { abortSignals } from './abort-signals.ts';
import { callListener } from './call-listener.ts';
import { validateAtLeast, validateNumber } from './checks.ts';
import type { ServerAddress } from './connection-string.ts';
import { ClientClosedError, ConnectionLossError, errorOf } from './errors.ts';
import type { RequestOptions } from './operations.ts';
import type { Chroot } from './path.ts';
import type { Question } from './question.ts';
import { Request } from './request.ts';
import type { SessionCredentials, SessionEffect, SessionState } from './session-effects.ts';
import { clock, SessionHost } from './session-host.ts';
import type { Delivery, WatchedEvent } from './watch-registry.ts';
import type { WatchStream } from './watch-stream.ts';
import {
  type ClientSettings,
  type CloseOptions,
  DEFAULT_CLOSE_TIMEOUT_MS,
  type ZooKeeperEvents,
} from './zookeeper-options.ts';

/** A client with one session. It connects by itself from the moment that it is made, and until it is closed. */
export class SessionClient extends EventEmitter<ZooKeeperEvents> implements AsyncDisposable {
  protected readonly host: SessionHost;
  protected readonly root: Chroot;
  readonly #streams = new Set<WatchStream>();
  readonly #requestTimeoutMs: number;
  #closing: Promise<void> | null = null;

  constructor(settings: ClientSettings) {
    super();
    // Each call of connected() listens until it is answered.
    this.setMaxListeners(0);
    this.root = settings.chroot;
    this.#requestTimeoutMs = settings.requestTimeoutMs;
    this.host = new SessionHost(settings, {
      state: (change) => this.#changed(change),
      saslAuthenticated: () => callListener(() => this.emit('saslAuthenticated')),
      deliver: (delivery) => this.#deliver(delivery),
    });
  }

  /** Where the session stands. */
  get state(): SessionState {
    return this.host.session.state;
  }

  /** True while a server serves the session. */
  get isConnected(): boolean {
    return this.host.session.isConnected;
  }

  /** The id of the session, 0 until there is one. */
  get sessionId(): SessionId {
    return this.host.session.sessionId;
  }

  /** What another ZooKeeper needs to go on with this session. */
  get session(): SessionCredentials {
    const { sessionId: id, password } = this.host.session;
    return { id, password };
  }

  /** The timeout of the session as the server has decided, ms. */
  get sessionTimeoutMs(): number {
    return this.host.session.timeoutMs;
  }

  /** The last transaction that a server has told of. */
  get lastZxid(): Zxid {
    return this.host.session.lastZxid;
  }

  /** The server that is connected or being connected to. */
  get server(): ServerAddress | null {
    return this.host.session.server;
  }

  /** What stands in front of every path; empty for nothing. */
  get chroot(): string {
    return this.root.prefix;
  }

  /** How many watchers wait for something. */
  get watchCount(): number {
    return this.host.session.watches.count;
  }

  /**
   * Resolves when a server serves the session, at once if one does. Rejects when the session is over, or by its options; with
   * RangeError for a `timeoutMs` that is not from 1 to 2^31 - 1.
   */
  async connected(options: RequestOptions = {}): Promise<void> {
    const { signal, timeoutMs } = options;
    if (timeoutMs !== undefined) validateAtLeast('timeoutMs', timeoutMs, 1);
    const { session } = this.host;
    if (session.isConnected) return;
    if (!session.isAlive) throw this.overError();
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        this.off('state', onState);
        if (signal !== undefined) abortSignals.forget(signal, giveUp);
        clearTimeout(timer);
        settle();
      };
      const onState = (): void => {
        if (session.isConnected) finish(resolve);
        else if (!session.isAlive) finish(() => reject(this.overError()));
      };
      const giveUp = { fail: (reason: unknown) => finish(() => reject(reason)) };
      const onTimeout = (): void => finish(() => reject(this.#notConnected(timeoutMs)));
      const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
      this.on('state', onState);
      if (signal !== undefined) abortSignals.follow(signal, giveUp);
    });
  }

  /** Why the session is over. */
  protected overError(): Error {
    return this.host.session.lastError ?? new ClientClosedError();
  }

  #notConnected(timeoutMs: number | undefined): Error {
    const cause = this.host.session.lastError;
    const why = cause === null ? '' : ` ${cause.message}`;
    const message = `No server was connected to within ${timeoutMs} ms.${why}`;
    return new ConnectionLossError(null, { message, cause: cause ?? undefined });
  }

  /**
   * Ends the session: the server deletes its ephemeral znodes. What was asked for before is answered before. Where the server does not
   * answer, the session is left to expire. Rejects for nothing but a `timeoutMs` that is no number.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS;
    validateNumber('timeoutMs', timeoutMs);
    this.#closing ??= this.#close(timeoutMs);
    await this.#closing;
  }

  #close(timeoutMs: number): Promise<void> {
    if (!this.host.session.isAlive) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.abandon();
        resolve();
      };
      this.host.close(
        new Request({
          type: OpCode.closeSession,
          path: null,
          write: () => {},
          answered: finish,
          failed: finish,
          deadline: clock() + timeoutMs,
        }),
      );
    });
  }

  /** Ends with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Goes away without telling the server: the session lives on until it expires, or is gone on with elsewhere. */
  abandon(): void {
    this.host.abandon();
  }

  /** Gives up the connection and takes the session to the next server. What was sent and not answered is lost. */
  reconnect(): void {
    this.host.interrupt();
  }

  /** Ends a stream with the session, until it has ended by itself. */
  protected follow(stream: WatchStream): void {
    this.#streams.add(stream);
    stream.whenOver.then(() => this.#streams.delete(stream));
  }

  /** Sends a request. An answer with the code `absent` is no error but null. */
  protected ask<T>(question: Question<T>): Promise<T>;
  protected ask<T>(question: Question<T>, absent: number): Promise<T | null>;
  protected ask<T>(question: Question<T>, absent?: number): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const request = this.request(question, resolve, reject, absent);
      if (request !== null) this.host.submit(request);
    });
  }

  /** The request to a question, or null where its signal was aborted before. */
  protected request<T>(
    question: Question<T>,
    resolve: (value: T | null) => void,
    reject: (reason: unknown) => void,
    absent?: number,
  ): Request | null {
    const { type, path, write, read, options, registration = null } = question;
    const { signal, timeoutMs = this.#requestTimeoutMs } = options;
    validateNumber('timeoutMs', timeoutMs);
    if (signal?.aborted === true) {
      reject(signal.reason);
      return null;
    }
    const settled = (): void => {
      if (signal !== undefined) abortSignals.forget(signal, request);
    };
    const request: Request = new Request({
      type,
      path,
      write,
      answered: (err, reader) => {
        if (err === ErrorCode.ok) resolve(read(reader));
        else if (err === absent) resolve(null);
        else reject(errorOf(err, path));
        settled();
      },
      failed: (error) => {
        reject(error);
        settled();
      },
      registration,
      deadline: timeoutMs === Infinity ? Infinity : clock() + timeoutMs,
    });
    if (signal !== undefined) abortSignals.follow(signal, request);
    return request;
  }

  #deliver(delivery: Delivery): void {
    const { type, path, zxid, watchers } = delivery;
    const event: WatchedEvent = { type, path: this.root.toClient(path), zxid };
    for (const watcher of watchers) callListener(() => watcher(event));
  }

  #changed(change: Extract<SessionEffect, { readonly kind: 'state' }>): void {
    const { state, server } = change;
    const error = change.error ?? new ClientClosedError();
    if (!this.host.session.isAlive) {
      for (const stream of this.#streams) stream.end(error);
    }
    switch (state) {
      case 'connected':
      case 'connectedReadOnly':
        if (server !== null) {
          const isReadOnly = state === 'connectedReadOnly';
          callListener(() => this.emit('connected', { server, isReadOnly }));
        }
        break;
      case 'connecting':
        callListener(() => this.emit('disconnected', error));
        break;
      case 'closed':
        callListener(() => this.emit('closed'));
        break;
      case 'expired':
      case 'authFailed':
        callListener(() => this.emit(state, error));
        break;
    }
    callListener(() => this.emit('state', state));
  }
}
