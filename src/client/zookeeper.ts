/*
 * ZooKeeper: the client (Java: ZooKeeper, ZooKeeperAdmin). All operations as methods that return promises, the state of the session
 * as events. What is sent when, and what becomes of a session, is decided in session.ts.
 *
 *     const zk = await ZooKeeper.connect('one:2181,two:2181,three:2181/my-app');
 *     await zk.create('/config', 'x');
 *     const { data, stat } = await zk.getData('/config');
 *     await zk.close();
 *
 * An operation that the server refuses rejects with the class of its error (NoNodeError, BadVersionError …). One whose
 * connection breaks before the answer rejects with ConnectionLossError: nobody can tell whether it was done. One
 * that waits for a connection goes on waiting until there is one, its timeout or signal ends it, or the session expires.
 */

import { EventEmitter } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import type { ACL, Stat } from '../jute/data.ts';
import { OPEN_ACL_UNSAFE, readStat } from '../jute/data.ts';
import { ErrorCode } from '../jute/error-code.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { AddWatchMode, OpCode, WatcherType } from '../jute/op-code.ts';
import {
  readCreate2Response,
  readGetACLResponse,
  readGetChildren2Response,
  readGetDataResponse,
  readWhoAmIResponse,
  writeCreateRequest,
  writeCreateTTLRequest,
  writePathKindRequest,
  writePathVersionRequest,
  writePathWatchRequest,
  writeSetACLRequest,
  writeSetDataRequest,
} from '../jute/proto.ts';
import type { JuteReader } from '../jute/reader.ts';
import type { JuteWriter } from '../jute/writer.ts';
import type { ServerAddress } from './connection-string.ts';
import { parseConnectionString } from './connection-string.ts';
import { ClientClosedError, ConnectionLossError, errorOf, NoWatcherError } from './errors.ts';
import type { MultiTarget } from './multi.ts';
import { Multi, MultiRead } from './multi.ts';
import type {
  ACLResult,
  ChildrenResult,
  CreateOptions,
  CreateResult,
  Data,
  DataResult,
  Identity,
  ReconfigOptions,
  RequestOptions,
  VersionOptions,
  WatchOptions,
} from './operations.ts';
import {
  bytesOf,
  copied,
  createType,
  identityOf,
  isSequential,
  present,
  presentAll,
  readText,
  readTexts,
} from './operations.ts';
import type { Chroot } from './path.ts';
import { validatePath } from './path.ts';
import { Request } from './request-queue.ts';
import type { SessionCredentials, SessionEffect, SessionState } from './session.ts';
import { clock, SessionHost } from './session-host.ts';
import type {
  Delivery,
  WatchedEvent,
  Watcher,
  WatchRegistration,
  WatchSelection,
} from './watch-registry.ts';
import type { WatchStreamOptions } from './watch-stream.ts';
import { WatchStream } from './watch-stream.ts';

/** How a client behaves. Everything has a default. */
export interface ZooKeeperOptions {
  /** How long the servers keep the session without hearing of the client, ms; they may decide otherwise. 30 000. */
  readonly sessionTimeoutMs?: number | undefined;
  /** Goes to a server that is cut off from the others, for reading, until one that can write is found. False. */
  readonly canBeReadOnly?: boolean | undefined;
  /** Bytes: no request may be longer, and no answer as long. As the servers' jute.maxbuffer; 1 048 575. */
  readonly juteMaxBuffer?: number | undefined;
  /** For operations that are given no timeoutMs of their own; none. */
  readonly requestTimeoutMs?: number | undefined;
  /** How many requests may be under way or waiting for a connection; the next is refused with ThrottledOpError. 100 000. */
  readonly maxRequests?: number | undefined;
  /** The random pause before another server is tried is at most this long, ms. 1 000. */
  readonly reconnectDelayMs?: number | undefined;
  /** Goes on with a session that was made before. */
  readonly session?: SessionCredentials | undefined;
  /** Credentials for every connection, as addAuth takes them. */
  readonly auth?: readonly { readonly scheme: string; readonly auth: Uint8Array | string }[];
  /** TLS instead of clear text: true, or options for tls.connect (ca, cert, key, servername …). */
  readonly tls?: boolean | ConnectionOptions | undefined;
}

/** What a client emits. */
export interface ZooKeeperEvents {
  /** A server serves the session. */
  connected: [{ readonly server: ServerAddress; readonly isReadOnly: boolean }];
  /** The connection is lost, and another is looked for; the session may live on. */
  disconnected: [Error];
  /** The session is over: its ephemeral znodes are gone, and this object can do nothing any more. */
  expired: [Error];
  /** close() has done its work. */
  closed: [];
  /** A server has refused credentials; the session is over for this client. */
  authFailed: [Error];
  /** Any of these. */
  state: [SessionState];
}

/** How close() ends a session. */
export interface CloseOptions {
  /** How long to wait for the server's answer, ms; 5 000. The session is left to expire if there is none. */
  readonly timeoutMs?: number | undefined;
}

/** Options of removeWatches. */
export interface RemoveWatchesOptions extends RequestOptions {
  /** Which watches; `any` when not given. */
  readonly kind?: WatchSelection | undefined;
  /** Only this watcher; all of this client when not given. */
  readonly watcher?: Watcher | undefined;
  /** Forgets them here also when the server cannot be asked. False. */
  readonly isLocal?: boolean | undefined;
}

const CONFIG_NODE = '/zookeeper/config';
const DEFAULT_SESSION_TIMEOUT_MS = 30_000;
const DEFAULT_JUTE_MAX_BUFFER = 0xf_ffff;
const DEFAULT_MAX_REQUESTS = 100_000;
const DEFAULT_RECONNECT_DELAY_MS = 1_000;
const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;

/** What #ask takes. */
interface Question<T> {
  readonly type: number;
  /** As the caller named it. */
  readonly path: string | null;
  readonly write: (writer: JuteWriter) => void;
  readonly read: (reader: JuteReader) => T;
  readonly options: RequestOptions;
  readonly registration?: WatchRegistration | null;
}

/** A client with one session. It connects by itself from the moment that it is made, and until it is closed. */
export class ZooKeeper extends EventEmitter<ZooKeeperEvents> implements AsyncDisposable {
  readonly #host: SessionHost;
  readonly #chroot: Chroot;
  readonly #requestTimeoutMs: number;
  readonly #multiTarget: MultiTarget;
  readonly #streams = new Set<WatchStream>();
  #closing: Promise<void> | null = null;

  /**
   * Makes a client that begins to connect at once. Raises TypeError for a connection string that is none, RangeError for options
   * that make no sense.
   *
   * @param connectionString `host:port,host:port/chroot`; the port is 2181 where it is left out
   */
  constructor(connectionString: string, options: ZooKeeperOptions = {}) {
    super();
    const { servers, chroot } = parseConnectionString(connectionString);
    this.#chroot = chroot;
    this.#requestTimeoutMs = positive('requestTimeoutMs', options.requestTimeoutMs, Infinity);
    this.#multiTarget = {
      chroot,
      send: (type, write, read, requestOptions) =>
        this.#ask({ type, path: null, write, read, options: requestOptions }),
    };
    const { tls = false } = options;
    this.#host = new SessionHost(
      {
        servers,
        sessionTimeoutMs: positive(
          'sessionTimeoutMs',
          options.sessionTimeoutMs,
          DEFAULT_SESSION_TIMEOUT_MS,
        ),
        canBeReadOnly: options.canBeReadOnly ?? false,
        juteMaxBuffer: positive('juteMaxBuffer', options.juteMaxBuffer, DEFAULT_JUTE_MAX_BUFFER),
        maxRequests: positive('maxRequests', options.maxRequests, DEFAULT_MAX_REQUESTS),
        reconnectDelayMs: options.reconnectDelayMs ?? DEFAULT_RECONNECT_DELAY_MS,
        session: options.session ?? null,
        tls: tls === true ? {} : tls === false ? null : tls,
      },
      { state: (change) => this.#changed(change), deliver: (delivery) => this.#deliver(delivery) },
    );
    for (const { scheme, auth } of options.auth ?? []) {
      // Whoever gives wrong credentials hears of it by the event authFailed.
      this.addAuth(scheme, auth).catch(() => {});
    }
  }

  /** A client that is connected. Rejects, and leaves nothing behind, if that does not come about within its session timeout. */
  static async connect(
    connectionString: string,
    options: ZooKeeperOptions & RequestOptions = {},
  ): Promise<ZooKeeper> {
    const zk = new ZooKeeper(connectionString, options);
    const timeoutMs = options.timeoutMs ?? options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS;
    try {
      await zk.connected({ signal: options.signal, timeoutMs });
      return zk;
    } catch (error) {
      zk.abandon();
      throw error;
    }
  }

  /** Where the session stands. */
  get state(): SessionState {
    return this.#host.session.state;
  }

  /** True while a server serves the session. */
  get isConnected(): boolean {
    return this.#host.session.isConnected;
  }

  /** The id of the session, 0 until there is one. */
  get sessionId(): SessionId {
    return this.#host.session.sessionId;
  }

  /** What another ZooKeeper needs to go on with this session. */
  get session(): SessionCredentials {
    const { sessionId: id, password } = this.#host.session;
    return { id, password };
  }

  /** The timeout of the session as the server has decided, ms. */
  get sessionTimeoutMs(): number {
    return this.#host.session.timeoutMs;
  }

  /** The last transaction that a server has told of. */
  get lastZxid(): Zxid {
    return this.#host.session.lastZxid;
  }

  /** The server that is connected or being connected to. */
  get server(): ServerAddress | null {
    return this.#host.session.server;
  }

  /** What stands in front of every path; empty for nothing. */
  get chroot(): string {
    return this.#chroot.prefix;
  }

  /** How many watchers wait for something. */
  get watchCount(): number {
    return this.#host.session.watches.count;
  }

  /** Resolves when a server serves the session, at once if one does. Rejects when the session is over, or by its options. */
  async connected(options: RequestOptions = {}): Promise<void> {
    const { session } = this.#host;
    if (session.isConnected) return;
    if (!session.isAlive) throw this.#overError();
    const { signal, timeoutMs } = options;
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        this.off('state', onState);
        signal?.removeEventListener('abort', onAbort);
        clearTimeout(timer);
        settle();
      };
      const onState = (): void => {
        if (session.isConnected) finish(resolve);
        else if (!session.isAlive) finish(() => reject(this.#overError()));
      };
      const onAbort = (): void => finish(() => reject(signal?.reason));
      const onTimeout = (): void => finish(() => reject(this.#notConnected(timeoutMs)));
      const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
      this.on('state', onState);
      signal?.addEventListener('abort', onAbort);
    });
  }

  #overError(): Error {
    return this.#host.session.lastError ?? new ClientClosedError();
  }

  #notConnected(timeoutMs: number | undefined): Error {
    const cause = this.#host.session.lastError;
    const why = cause === null ? '' : ` ${cause.message}`;
    const message = `No server was connected to within ${timeoutMs} ms.${why}`;
    return new ConnectionLossError(null, { message, cause: cause ?? undefined });
  }

  /**
   * Ends the session: the server deletes its ephemeral znodes. What was asked for before is answered before. Never rejects; where the
   * server does not answer, the session is left to expire.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS);
    return this.#closing;
  }

  #close(timeoutMs: number): Promise<void> {
    if (!this.#host.session.isAlive) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.abandon();
        resolve();
      };
      this.#host.close(
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
    this.#host.abandon();
  }

  /** Gives up the connection and takes the session to the next server. What was sent and not answered is lost. */
  reconnect(): void {
    this.#host.interrupt();
  }

  // --- Operations. Each raises TypeError for a path that is none, before anything is sent.

  /** Creates a znode and gives its path, which for a sequential one ends with its number. */
  create(path: string, data: Data = null, options: CreateOptions = {}): Promise<string> {
    return this.#create(path, data, options, OpCode.create, (reader) =>
      this.#chroot.toClient(readText(reader)),
    );
  }

  /** Creates a znode and gives its path and its Stat. Servers have it from 3.5 on. */
  create2(path: string, data: Data = null, options: CreateOptions = {}): Promise<CreateResult> {
    return this.#create(path, data, options, OpCode.create2, (reader) => {
      const response = readCreate2Response(reader);
      return { path: this.#chroot.toClient(present(response.path)), stat: response.stat };
    });
  }

  async #create<T>(
    path: string,
    data: Data,
    options: CreateOptions,
    plain: typeof OpCode.create | typeof OpCode.create2,
    read: (reader: JuteReader) => T,
  ): Promise<T> {
    validatePath(path, isSequential(options.mode ?? 'persistent'));
    const { type, flags, ttl } = createType(options, plain);
    const request = {
      path: this.#chroot.toServer(path),
      data: bytesOf(data),
      acl: options.acl ?? OPEN_ACL_UNSAFE,
      flags,
    };
    const write = (writer: JuteWriter): void => {
      if (type === OpCode.createTTL) writeCreateTTLRequest(writer, { ...request, ttl });
      else writeCreateRequest(writer, request);
    };
    return await this.#ask({ type, path, write, read, options });
  }

  /** Deletes a znode that has no children. */
  async delete(path: string, options: VersionOptions = {}): Promise<void> {
    const serverPath = this.#on(path);
    const { version = -1 } = options;
    const write = (writer: JuteWriter): void =>
      writePathVersionRequest(writer, { path: serverPath, version });
    await this.#ask({ type: OpCode.delete, path, write, read: nothing, options });
  }

  /** The Stat of a znode, or null where there is none; the watch hears of its creation as well. */
  async exists(path: string, options: WatchOptions = {}): Promise<Stat | null> {
    const question = this.#reading(OpCode.exists, 'exists', path, readStat, options);
    return await this.#ask(question, ErrorCode.noNode);
  }

  /** The data of a znode and its Stat. */
  async getData(path: string, options: WatchOptions = {}): Promise<DataResult> {
    return await this.#ask(this.#reading(OpCode.getData, 'data', path, readData, options));
  }

  /** Replaces the data of a znode and gives its new Stat. */
  async setData(path: string, data: Data, options: VersionOptions = {}): Promise<Stat> {
    const serverPath = this.#on(path);
    const bytes = bytesOf(data);
    const { version = -1 } = options;
    const write = (writer: JuteWriter): void =>
      writeSetDataRequest(writer, { path: serverPath, data: bytes, version });
    return await this.#ask({ type: OpCode.setData, path, write, read: readStat, options });
  }

  /** The names of the children of a znode, in no order. */
  async getChildren(path: string, options: WatchOptions = {}): Promise<readonly string[]> {
    return await this.#ask(this.#reading(OpCode.getChildren, 'children', path, readTexts, options));
  }

  /** The names of the children of a znode, and its Stat. */
  async getChildren2(path: string, options: WatchOptions = {}): Promise<ChildrenResult> {
    return await this.#ask(
      this.#reading(OpCode.getChildren2, 'children', path, readChildren, options),
    );
  }

  /** How many znodes there are below a znode, at any depth. Servers have it from 3.6 on. */
  async getAllChildrenNumber(path: string, options: RequestOptions = {}): Promise<number> {
    const read = (reader: JuteReader): number => reader.readInt();
    return await this.#ask(this.#naming(OpCode.getAllChildrenNumber, path, read, options));
  }

  /** The paths of this session's ephemeral znodes at and below a path. Servers have it from 3.6 on. */
  async getEphemerals(prefix = '/', options: RequestOptions = {}): Promise<readonly string[]> {
    const isBelow = (path: string): boolean =>
      prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
    const read = (reader: JuteReader): readonly string[] =>
      readTexts(reader)
        .filter((path) => this.#chroot.contains(path))
        .map((path) => this.#chroot.toClient(path))
        .filter(isBelow);
    return await this.#ask(this.#naming(OpCode.getEphemerals, prefix, read, options));
  }

  /** The access list of a znode, and its Stat. */
  async getACL(path: string, options: RequestOptions = {}): Promise<ACLResult> {
    const read = (reader: JuteReader): ACLResult => {
      const { acl, stat } = readGetACLResponse(reader);
      return { acl: present(acl), stat };
    };
    return await this.#ask(this.#naming(OpCode.getACL, path, read, options));
  }

  /** Replaces the access list of a znode and gives its new Stat. The version is the one of the list (aversion). */
  async setACL(path: string, acl: readonly ACL[], options: VersionOptions = {}): Promise<Stat> {
    const serverPath = this.#on(path);
    const { version = -1 } = options;
    const write = (writer: JuteWriter): void =>
      writeSetACLRequest(writer, { path: serverPath, acl, version });
    return await this.#ask({ type: OpCode.setACL, path, write, read: readStat, options });
  }

  /** Resolves when the server has everything that the leader had committed when it was asked. */
  async sync(path = '/', options: RequestOptions = {}): Promise<void> {
    await this.#ask(this.#naming(OpCode.sync, path, nothing, options));
  }

  /** Begins a change of several znodes as a whole. */
  multi(): Multi<[]> {
    return new Multi(this.#multiTarget);
  }

  /** Begins to read several znodes at one moment. Servers have it from 3.6 on. */
  multiRead(): MultiRead<[]> {
    return new MultiRead(this.#multiTarget);
  }

  /**
   * Adds credentials to this and all later connections of the session, and resolves when the server has taken them.
   * Wrong ones are the end of the session for this client: AuthFailedError, for everything.
   *
   * @param auth for the scheme digest `user:password`
   */
  addAuth(scheme: string, auth: Uint8Array | string, options: RequestOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = typeof auth === 'string' ? Buffer.from(auth, 'utf8') : auth;
      const request = this.#request(
        { type: OpCode.auth, path: null, write: () => {}, read: nothing, options },
        () => resolve(),
        reject,
      );
      if (request !== null) this.#host.addAuth(scheme, bytes, request);
    });
  }

  /** Who this client is to the server. Servers have it from 3.7 on. */
  async whoAmI(options: RequestOptions = {}): Promise<readonly Identity[]> {
    const read = (reader: JuteReader): readonly Identity[] =>
      readWhoAmIResponse(reader).map(identityOf);
    return await this.#ask({ type: OpCode.whoAmI, path: null, write: () => {}, read, options });
  }

  /** The servers of the ensemble, as /zookeeper/config has them, whatever the chroot. */
  async getConfig(options: WatchOptions = {}): Promise<DataResult> {
    const path = CONFIG_NODE;
    return await this.#ask(this.#readingAt(path, OpCode.getData, 'data', path, readData, options));
  }

  /** Changes the servers of the ensemble and gives the new configuration. */
  async reconfig(options: ReconfigOptions): Promise<DataResult> {
    const list = (values: readonly (string | number)[] | undefined): string | null =>
      values === undefined ? null : values.join(',');
    const write = (writer: JuteWriter): void => {
      writer.writeString(list(options.joining));
      writer.writeString(list(options.leaving));
      writer.writeString(list(options.members));
      writer.writeLong(options.fromConfig ?? -1n);
    };
    return await this.#ask({ type: OpCode.reconfig, path: null, write, read: readData, options });
  }

  // --- Watches.

  /**
   * Leaves a watch that stays: on a znode and its list of children, or on everything at and below a path
   * (`persistentRecursive`, which hears of each znode by itself). Servers have it from 3.6 on.
   *
   * What happens while there is no connection is not told; after it the watcher gets an event of type `none`.
   */
  async addWatch(
    path: string,
    mode: keyof typeof AddWatchMode,
    watcher: Watcher,
    options: RequestOptions = {},
  ): Promise<void> {
    const serverPath = this.#on(path);
    const write = (writer: JuteWriter): void =>
      writePathKindRequest(writer, { path: serverPath, kind: AddWatchMode[mode] });
    const registration = { kind: mode, path: serverPath, watcher };
    await this.#ask({
      type: OpCode.addWatch,
      path,
      write,
      read: nothing,
      options,
      registration,
    });
  }

  /**
   * Removes watches of this client on a path. Each watcher that goes gets a last event (`dataWatchRemoved` …).
   * Rejects with NoWatcherError where there is none.
   */
  async removeWatches(path: string, options: RemoveWatchesOptions = {}): Promise<void> {
    const serverPath = this.#on(path);
    const { kind = 'any', watcher = null, isLocal = false } = options;
    const { watches } = this.#host.session;
    if (!watches.has(serverPath, kind, watcher)) throw new NoWatcherError(path);
    const removal = watches.serverRemoval(serverPath, kind, watcher);
    try {
      if (removal !== null) await this.#watchRequest(OpCode.removeWatches, path, removal, options);
    } catch (error) {
      if (!isLocal) throw error;
    }
    this.#host.deliver(watches.remove(serverPath, kind, watcher));
  }

  /** Whether the server has a watch of this client on a path. */
  async checkWatches(
    path: string,
    kind: keyof typeof WatcherType = 'any',
    options: RequestOptions = {},
  ): Promise<boolean> {
    try {
      await this.#watchRequest(OpCode.checkWatches, path, kind, options);
      return true;
    } catch (error) {
      if (error instanceof NoWatcherError) return false;
      throw error;
    }
  }

  async #watchRequest(
    type: typeof OpCode.removeWatches | typeof OpCode.checkWatches,
    path: string,
    kind: keyof typeof WatcherType,
    options: RequestOptions,
  ): Promise<void> {
    const serverPath = this.#on(path);
    const write = (writer: JuteWriter): void =>
      writePathKindRequest(writer, { path: serverPath, kind: WatcherType[kind] });
    await this.#ask({ type, path, write, read: nothing, options });
  }

  /**
   * The events of a path, one after the other: `for await (const event of zk.watch('/a', { mode: 'persistentRecursive' }))`.
   * The watch is removed when the loop is left. Expiry of the session ends it with SessionExpiredError, close() without an error.
   */
  watch(path: string, options: WatchStreamOptions): WatchStream {
    validatePath(path);
    const stream = new WatchStream(this, path, options, () => this.#streams.delete(stream));
    if (this.#host.session.isAlive) this.#streams.add(stream);
    else stream.end(this.#overError());
    return stream;
  }

  // --- What all operations share.

  #on(path: string): string {
    validatePath(path);
    return this.#chroot.toServer(path);
  }

  /** A request that has nothing in it but a path. */
  #naming<T>(
    type: number,
    path: string,
    read: (reader: JuteReader) => T,
    options: RequestOptions,
  ): Question<T> {
    const serverPath = this.#on(path);
    return { type, path, write: (writer) => writer.writeString(serverPath), read, options };
  }

  #reading<T>(
    type: number,
    kind: 'exists' | 'data' | 'children',
    path: string,
    read: (reader: JuteReader) => T,
    options: WatchOptions,
  ): Question<T> {
    return this.#readingAt(this.#on(path), type, kind, path, read, options);
  }

  #readingAt<T>(
    serverPath: string,
    type: number,
    kind: 'exists' | 'data' | 'children',
    path: string,
    read: (reader: JuteReader) => T,
    options: WatchOptions,
  ): Question<T> {
    const { watch } = options;
    return {
      type,
      path,
      write: (writer) =>
        writePathWatchRequest(writer, { path: serverPath, watch: watch !== undefined }),
      read,
      options,
      registration: watch === undefined ? null : { kind, path: serverPath, watcher: watch },
    };
  }

  /** Sends a request. An answer with the code `absent` is no error but null. */
  #ask<T>(question: Question<T>): Promise<T>;
  #ask<T>(question: Question<T>, absent: number): Promise<T | null>;
  #ask<T>(question: Question<T>, absent?: number): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const request = this.#request(question, resolve, reject, absent);
      if (request !== null) this.#host.submit(request);
    });
  }

  /** The request to a question, or null where its signal was aborted before. */
  #request<T>(
    question: Question<T>,
    resolve: (value: T | null) => void,
    reject: (reason: unknown) => void,
    absent?: number,
  ): Request | null {
    const { type, path, write, read, options, registration = null } = question;
    const { signal, timeoutMs = this.#requestTimeoutMs } = options;
    if (signal?.aborted === true) {
      reject(signal.reason);
      return null;
    }
    const request = new Request({
      type,
      path,
      write,
      answered: (err, reader) => {
        if (err === ErrorCode.ok) resolve(read(reader));
        else if (err === absent) resolve(null);
        else reject(errorOf(err, path));
        signal?.removeEventListener('abort', onAbort);
      },
      failed: (error) => {
        reject(error);
        signal?.removeEventListener('abort', onAbort);
      },
      registration,
      deadline: timeoutMs === Infinity ? Infinity : clock() + timeoutMs,
    });
    const onAbort = (): void => request.fail(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    return request;
  }

  #deliver(delivery: Delivery): void {
    const { type, path, zxid, watchers } = delivery;
    const event: WatchedEvent = { type, path: this.#chroot.toClient(path), zxid };
    for (const watcher of watchers) {
      try {
        watcher(event);
      } catch (error) {
        // The others still hear of it, and the program of the mistake, as it would of one in a listener of an EventTarget.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #changed(change: Extract<SessionEffect, { readonly kind: 'state' }>): void {
    const { state, server } = change;
    const error = change.error ?? new ClientClosedError();
    if (!this.#host.session.isAlive) {
      for (const stream of this.#streams) stream.end(error);
    }
    switch (state) {
      case 'connected':
      case 'connectedReadOnly':
        if (server !== null) {
          this.emit('connected', { server, isReadOnly: state === 'connectedReadOnly' });
        }
        break;
      case 'connecting':
        this.emit('disconnected', error);
        break;
      case 'closed':
        this.emit('closed');
        break;
      case 'expired':
      case 'authFailed':
        this.emit(state, error);
        break;
    }
    this.emit('state', state);
  }
}

const nothing = (): void => {};

function readData(reader: JuteReader): DataResult {
  const { data, stat } = readGetDataResponse(reader);
  return { data: copied(data), stat };
}

function readChildren(reader: JuteReader): ChildrenResult {
  const { children, stat } = readGetChildren2Response(reader);
  return { children: presentAll(children), stat };
}

function positive(name: string, value: number | undefined, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (!(value > 0)) throw new RangeError(`${name} has to be more than 0, not ${value}`);
  return value;
}
