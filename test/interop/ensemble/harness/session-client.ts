/*
 * A client as applications have it: one session, kept over any number of connections to any of the servers, with pings,
 * and with watches that are set again after a reconnect. What was under way when a connection broke is not sent again:
 * it fails with ConnectionLoss, and nobody knows whether it was done. Answers to ClientCnxn, as far as the tests need it.
 */
import {
  type ConnectRequest,
  connectRequest,
  openConnection,
  type RawConnection,
  type Reply,
  readHandshake,
  readReply,
} from '../../../harness/raw-client.ts';
import * as requests from '../../../harness/requests.ts';
import { Op } from '../../../harness/requests.ts';
import { within } from '../../../harness/until.ts';
import { framed, WireReader } from '../../../harness/wire.ts';

/** The connection broke before the answer came: the request may have been carried out, or may not. */
export class ConnectionLoss extends Error {
  override readonly name = 'ConnectionLoss';
}

/** The ensemble does not know the session any more. */
export class SessionExpired extends Error {
  override readonly name = 'SessionExpired';
}

/** A watch event: what happened (Watcher.Event.EventType), and to which znode. */
export interface WatchEvent {
  readonly type: number;
  readonly path: string;
}

interface Pending {
  readonly xid: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const eventXid = -1;
const pingXid = -2;
const setWatchesXid = -8;

/** How long a server may take to accept a session that there is before the next one is tried (ms). */
const handshakeLimitMs = 2_000;

/** How long it may take to make one (ms): one that is not waited for would be left behind. */
const creationLimitMs = 30_000;

/** How long to wait after every server has refused (ms). */
const pauseMs = 50;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One session. */
export class SessionClient {
  readonly #timeoutMs: number;
  #ports: readonly number[];
  #next: number;
  #connection: RawConnection | null = null;
  #session: { readonly sessionId: bigint; readonly password: Buffer } | null = null;
  #connected: Promise<void>;
  #pending: Pending[] = [];
  #xid = 0;
  #lastZxid = 0n;
  #isOver: 'expired' | 'closed' | null = null;
  #ping: ReturnType<typeof setInterval> | undefined;
  readonly #dataWatches = new Set<string>();
  /** Called for each watch event, in the order they came. */
  onEvent: (event: WatchEvent) => void = () => {};
  /** How many connections the session has had. */
  connections = 0;

  private constructor(ports: readonly number[], first: number, timeoutMs: number) {
    this.#ports = ports;
    this.#next = first;
    this.#timeoutMs = timeoutMs;
    this.#connected = this.#connect();
    // Whoever waits for the connection hears of it.
    this.#connected.catch(() => {});
  }

  /** Opens a session on one of the ports, the one at `first` if it answers. */
  static async open(
    ports: readonly number[],
    {
      first = 0,
      timeoutMs = 30_000,
    }: { readonly first?: number; readonly timeoutMs?: number } = {},
  ): Promise<SessionClient> {
    const client = new SessionClient(ports, first, timeoutMs);
    await within('a session', client.#connected, 90_000);
    return client;
  }

  /** The id of the session. */
  get sessionId(): bigint {
    return this.#session?.sessionId ?? 0n;
  }

  /** Whether an ensemble has said that it does not know the session. */
  get isExpired(): boolean {
    return this.#isOver === 'expired';
  }

  /** Whether there is no session any more, or nobody who wants it. */
  get isOver(): boolean {
    return this.#isOver !== null;
  }

  async #connect(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < this.#ports.length; turn++) {
        if (this.#isOver !== null) return;
        const port = this.#ports[this.#next % this.#ports.length] ?? 0;
        this.#next += 1;
        if (await this.#try(port)) return;
      }
      await pause(pauseMs);
    }
  }

  /** Tries one server: true if the session is now connected to it. A session that is gone is an error. */
  async #try(port: number): Promise<boolean> {
    let connection: RawConnection | null = null;
    try {
      connection = await openConnection(port);
      const request: ConnectRequest = {
        lastZxidSeen: this.#lastZxid,
        timeoutMs: this.#timeoutMs,
        readOnly: false,
        ...this.#session,
      };
      connection.write(framed(connectRequest(request)));
      const limitMs = this.#session === null ? creationLimitMs : handshakeLimitMs;
      const frame = await connection.frame(limitMs);
      if (frame === null) return false;
      this.#greet(connection, frame);
      return true;
    } catch (error) {
      connection?.destroy();
      if (error instanceof SessionExpired) throw error;
      return false;
    }
  }

  #greet(connection: RawConnection, frame: Buffer): void {
    const { timeoutMs, sessionId, password } = readHandshake(frame);
    if (timeoutMs <= 0) {
      this.#isOver = 'expired';
      throw new SessionExpired(`session 0x${this.sessionId.toString(16)} is gone`);
    }
    if (this.#session !== null && this.#session.sessionId !== sessionId) {
      throw new Error('another session was given');
    }
    if (this.#isOver !== null) throw new Error('nobody wants the session any more');
    this.#session = { sessionId, password };
    this.#connection = connection;
    this.connections += 1;
    this.#restoreWatches(connection);
    this.#ping = setInterval(() => connection.send(pingXid, Op.ping), timeoutMs / 3);
    void this.#read(connection, (timeoutMs * 2) / 3);
  }

  #restoreWatches(connection: RawConnection): void {
    if (this.#dataWatches.size === 0) return;
    const lists = [[...this.#dataWatches], [], []];
    connection.send(setWatchesXid, Op.setWatches, requests.setWatches(this.#lastZxid, lists));
  }

  /** Takes what comes, until the server closes or says nothing for too long. */
  async #read(connection: RawConnection, silenceLimitMs: number): Promise<void> {
    try {
      for (;;) {
        const frame = await connection.frame(silenceLimitMs);
        if (frame === null) break;
        this.#take(readReply(frame));
      }
    } catch {
      // The server has said nothing for too long; the next one is tried.
    }
    clearInterval(this.#ping);
    connection.destroy();
    this.#connection = null;
    for (const { reject } of this.#pending.splice(0)) reject(new ConnectionLoss('connection lost'));
    if (this.#isOver !== null) return;
    this.#connected = this.#connect();
    this.#connected.catch(() => {});
  }

  #take(reply: Reply): void {
    if (reply.zxid > this.#lastZxid) this.#lastZxid = reply.zxid;
    if (reply.xid === pingXid || reply.xid === setWatchesXid) return;
    if (reply.xid === eventXid) {
      const reader = new WireReader(reply.body);
      const type = reader.int();
      reader.int(); // the state: SyncConnected
      const path = reader.string() ?? '';
      this.#dataWatches.delete(path);
      this.onEvent({ type, path });
      return;
    }
    const pending = this.#pending.shift();
    if (pending === undefined || pending.xid !== reply.xid) {
      throw new Error(`an answer to request ${reply.xid} instead of ${pending?.xid}`);
    }
    pending.resolve(reply);
  }

  /** Sends a request when there is a connection and gives its reply, whatever error code that has. */
  async request(op: number, body: Uint8Array = Buffer.alloc(0)): Promise<Reply> {
    await this.#connected;
    const connection = this.#connection;
    if (this.#isOver !== null || connection === null) throw new ConnectionLoss('not connected');
    const xid = ++this.#xid;
    return await new Promise((resolve, reject) => {
      this.#pending.push({ xid, resolve, reject });
      connection.send(xid, op, body);
    });
  }

  /** The data of a znode, or null where there is none; with a watch on its data if asked for. */
  async getData(path: string, watch = false): Promise<string | null> {
    const { err, body } = await this.request(Op.getData, requests.pathAndWatch(path, watch));
    if (err === -101) return null;
    if (err !== 0) throw new Error(`getData of ${path}: ${err}`);
    if (watch) this.#dataWatches.add(path);
    return new WireReader(body).buffer()?.toString() ?? '';
  }

  /** The names of the children of a znode. */
  async getChildren(path: string): Promise<readonly string[]> {
    const { err, body } = await this.request(Op.getChildren, requests.pathAndWatch(path));
    if (err !== 0) throw new Error(`getChildren of ${path}: ${err}`);
    const reader = new WireReader(body);
    return reader.vector(() => reader.string() ?? '') ?? [];
  }

  /** Creates a znode and gives its path; an error code is an error. */
  async create(path: string, data = '', flags = 0): Promise<string> {
    const body = requests.create(path, Buffer.from(data), flags);
    const reply = await this.request(Op.create, body);
    if (reply.err !== 0) throw new Error(`create of ${path}: ${reply.err}`);
    return new WireReader(reply.body).string() ?? '';
  }

  /** Sets the data of a znode; an error code is an error. */
  async setData(path: string, data: string): Promise<void> {
    const { err } = await this.request(Op.setData, requests.setData(path, Buffer.from(data)));
    if (err !== 0) throw new Error(`setData of ${path}: ${err}`);
  }

  /** Everything that the leader had committed when this was asked is to be seen afterwards. */
  async sync(path = '/'): Promise<void> {
    const { err } = await this.request(Op.sync, requests.pathOnly(path));
    if (err !== 0) throw new Error(`sync: ${err}`);
  }

  /** Takes the session to the one server, and stays with the ports given from then on. */
  async moveTo(...ports: readonly number[]): Promise<void> {
    const before = this.connections;
    this.#ports = ports;
    this.#next = 0;
    this.#connection?.destroy();
    while (this.connections === before && this.#isOver === null) {
      await this.#connected;
      if (this.connections === before) await pause(1);
    }
  }

  /** Closes the session, and waits until that is done. */
  async close(): Promise<void> {
    await this.request(Op.closeSession);
    this.abandon();
  }

  /** Goes away without a word: the session is left to expire. */
  abandon(): void {
    this.#isOver ??= 'closed';
    clearInterval(this.#ping);
    this.#connection?.destroy();
  }
}
