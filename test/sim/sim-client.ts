/*
 * SimClient: a client of the simulated ensemble, with real bytes: it keeps a session over connections to whichever server answers,
 * sends requests one behind the other, pings, leaves watches and leaves them anew after a reconnect, as the clients of ZooKeeper do
 * (Java: ClientCnxn). What it hears goes to its SessionLog, which compares (read-replies.ts); what its writes have to come to is known to
 * its AskedWrites.
 */
import { createHash } from 'node:crypto';
import type { Zxid } from '../../src/jute/int64.ts';
import { toHex, toZxid } from '../../src/jute/int64.ts';
import type { Random } from '../harness/random.ts';
import { connectRequest, readHandshake, readReply } from '../harness/raw-client.ts';
import { auth, Op, pathAndWatch, pathOnly, setWatches } from '../harness/requests.ts';
import { framed, WireReader, WireWriter } from '../harness/wire.ts';
import { AskedWrites } from './asked-writes.ts';
import type { Ledger } from './ledger.ts';
import type { ConnectionEnd, EndEvents, HostProcess, Network } from './network.ts';
import { takeRead } from './read-replies.ts';
import { ServerRound } from './server-round.ts';
import type { Horizon } from './session-log.ts';
import { SessionLog } from './session-log.ts';
import { Violation } from './violation.ts';
import type { Wish, WorkloadOptions } from './workload.ts';
import { drawWish } from './workload.ts';

const PING_XID = -2;
const SET_WATCHES_XID = -8;
const AUTH_XID = -4;
const EVENT_XID = -1;

function credentialsOf(user: string): string {
  return `${user}:secret of ${user}`;
}

/** How access lists name who has said this name and password (Java: DigestAuthenticationProvider). */
function digestOf(user: string): string {
  return `${user}:${createHash('sha1').update(credentialsOf(user)).digest('base64')}`;
}

/** What a client needs of the world. */
export interface SimClientPorts {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly horizon: Horizon;
  readonly random: Random;
  /** Hosts that serve clients. */
  readonly servers: readonly string[];
  readonly tell: (text: () => string) => void;
  /** Runs what happens in a client: a Violation ends the world. */
  readonly guard: (event: () => void) => void;
  /** A sequential znode was made. */
  readonly sequential: (zxid: Zxid, path: string) => void;
}

/** A request that is not answered yet. */
interface Pending {
  readonly xid: number;
  readonly wish: Wish;
  readonly sentAt: number;
  /** What all clients had seen when it was sent. */
  readonly floor: bigint;
}

/** A client. */
export class SimClient implements HostProcess, EndEvents {
  readonly host: string;
  isAlive = true;
  readonly options: WorkloadOptions;
  /** Requests that were answered, and writes that were done. */
  answered = 0;
  writesDone = 0;
  /** When the last request was sent that was answered, in ms: until then its session cannot have been forgotten. */
  provenAliveAt = 0;
  /** It asks for nothing new; null as long as it does. */
  isResting = false;
  log: SessionLog;
  /** What its session has asked to write. */
  readonly writes: AskedWrites;
  sessionTimeout = 0;
  private readonly ports: SimClientPorts;
  private password: Buffer = Buffer.alloc(16);
  private end: ConnectionEnd | null = null;
  private state: 'away' | 'handshake' | 'open' = 'away';
  private input: Buffer = Buffer.alloc(0);
  private pending: Pending[] = [];
  private nextXid = 1;
  private lastSentAt = 0;
  private lastHeardAt = 0;
  private handshakeSentAt = 0;
  private isResetting = false;
  private server = '';
  private readonly round: ServerRound;
  /** Who it is on every connection, as digest knows it; null for nobody. */
  private readonly user: string | null;
  /** As access lists name it. */
  private readonly ids: readonly string[];
  /** Goes up with each connection and each life, so that what was planned for an earlier one does nothing. */
  private attempt = 0;

  constructor(host: string, ports: SimClientPorts, options: WorkloadOptions) {
    this.host = host;
    this.ports = ports;
    this.options = options;
    this.round = new ServerRound(ports.random, ports.servers);
    this.log = new SessionLog(host, ports.ledger, ports.horizon);
    this.user = ports.random.chance(0.5) ? ports.random.pick(['ann', 'bob']) : null;
    this.ids = this.user === null ? [] : [digestOf(this.user)];
    this.writes = new AskedWrites(host, this.ids, ports.ledger);
  }

  private get now(): number {
    return this.ports.network.timeline.now;
  }

  /** What the server has granted, or before that what is asked for. */
  private get timeout(): number {
    return this.sessionTimeout > 0 ? this.sessionTimeout : this.options.sessionTimeout;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  get sessionId(): bigint {
    return this.log.sessionId;
  }

  get hasPending(): boolean {
    return this.pending.some(({ wish }) => wish.kind !== 'ping');
  }

  deliver(event: () => void): void {
    if (this.isAlive) this.ports.guard(event);
  }

  private later(ms: number, event: () => void): void {
    const { attempt } = this;
    this.ports.network.timeline.after(ms, () => {
      if (attempt === this.attempt && this.isAlive) this.ports.guard(event);
    });
  }

  // ---- connections

  /** Begins to connect. */
  start(): void {
    this.reconnect();
  }

  /** Says nothing more, for good; its session is left to expire. */
  vanish(): void {
    this.attempt += 1;
    this.isAlive = false;
    this.end?.vanish();
    this.end = null;
    this.state = 'away';
  }

  private reconnect(): void {
    this.attempt += 1;
    this.state = 'away';
    // Some leave without a word, and the server takes them for silent.
    if (this.ports.random.chance(0.3)) this.end?.vanish();
    else this.end?.close();
    this.end = null;
    this.pending = [];
    this.input = Buffer.alloc(0);
    this.later(this.ports.random.next() * this.options.reconnectMs, () => this.dial());
  }

  private dial(): void {
    const { network } = this.ports;
    const { attempt } = this;
    this.server = this.round.next();
    const limit = Math.max(200, this.timeout / 3);
    this.ports.tell(() => `${this.host} dials ${this.server}`);
    const address = { host: this.server, port: 2181 };
    network.dial(this, address, limit, {
      connected: (end) => {
        if (attempt !== this.attempt) end.close();
        else this.connected(end);
        return this;
      },
      failed: () => {
        if (attempt === this.attempt) this.reconnect();
      },
    });
  }

  private connected(end: ConnectionEnd): void {
    this.end = end;
    this.state = 'handshake';
    this.handshakeSentAt = this.now;
    this.lastHeardAt = this.now;
    const { log, password } = this;
    this.send(
      connectRequest({
        lastZxidSeen: log.lastZxid,
        timeoutMs: this.options.sessionTimeout,
        sessionId: log.sessionId,
        password,
        readOnly: false,
      }),
    );
    this.watchSilence();
  }

  private send(body: Buffer): void {
    this.lastSentAt = this.now;
    this.end?.send(framed(body));
  }

  /** A server that says nothing for too long is left for another. */
  private watchSilence(): void {
    const limit = (this.timeout * 2) / 3;
    this.later(this.timeout / 6, () => {
      if (this.now - this.lastHeardAt > limit) {
        this.reconnect();
        return;
      }
      if (this.state === 'open' && this.now - this.lastSentAt > this.timeout / 4) {
        this.request({ kind: 'ping', op: Op.ping, body: Buffer.alloc(0), path: '' }, PING_XID);
      }
      this.watchSilence();
    });
  }

  // ---- EndEvents

  drained(): void {
    // What a client asks for is little.
  }

  closed(): void {
    if (this.state === 'away') return;
    this.reconnect();
  }

  receive(bytes: Buffer): void {
    if (this.end === null) return;
    this.lastHeardAt = this.now;
    this.input = this.input.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.input, bytes]);
    while (this.input.length >= 4) {
      const end = 4 + this.input.readInt32BE(0);
      if (this.input.length < end) return;
      const frame = this.input.subarray(4, end);
      this.input = this.input.subarray(end);
      const { attempt } = this;
      if (this.state === 'handshake') this.handshake(frame);
      else this.frame(frame);
      if (attempt !== this.attempt) return;
    }
  }

  private handshake(frame: Buffer): void {
    const { timeoutMs, sessionId, password } = readHandshake(frame);
    const { log } = this;
    if (timeoutMs <= 0 || sessionId === 0n) {
      this.ports.tell(() => `${this.host} hears from ${this.server} that its session is over`);
      this.forgetSession();
      this.reconnect();
      return;
    }
    if (log.sessionId !== 0n && log.sessionId !== sessionId) {
      throw new Violation('Sessions', `${this.host} is given another session than it asked for`);
    }
    const isNew = log.sessionId === 0n;
    log.sessionId = sessionId;
    this.password = Buffer.from(password);
    this.sessionTimeout = timeoutMs;
    this.provenAliveAt = this.handshakeSentAt;
    this.state = 'open';
    this.ports.tell(
      () =>
        `${this.host} has ${isNew ? 'a new' : 'its'} session 0x${toHex(sessionId)} at ${this.server}`,
    );
    if (this.user !== null) {
      const body = auth('digest', Buffer.from(credentialsOf(this.user)));
      this.request({ kind: 'auth', op: Op.auth, body, path: '' }, AUTH_XID);
    }
    if (log.watches.size + log.persistent.size + log.recursive.size > 0) this.resetWatches();
    this.think();
  }

  private forgetSession(): void {
    this.password = Buffer.alloc(16);
    this.log = new SessionLog(this.host, this.ports.ledger, this.ports.horizon);
    this.nextXid = 1;
    this.writes.forget();
  }

  private resetWatches(): void {
    const all = [...this.log.watches.values()];
    const lists = [
      all.filter((one) => one.table === 'data' && one.existed),
      all.filter((one) => one.table === 'data' && !one.existed),
      all.filter((one) => one.table === 'child'),
    ].map((list) => list.map((one) => one.path));
    const body = setWatches(this.log.lastZxid, [
      ...lists,
      [...this.log.persistent.keys()],
      [...this.log.recursive.keys()],
    ]);
    this.isResetting = true;
    this.request({ kind: 'setWatches', op: Op.setWatches2, body, path: '' }, SET_WATCHES_XID);
  }

  // ---- requests

  private think(): void {
    const { random } = this.ports;
    const { thinkMs, depth } = this.options;
    this.later(-Math.log(1 - random.next()) * thinkMs, () => {
      if (this.state !== 'open') return;
      if (!this.isResting && this.pending.length < depth) this.ask();
      this.think();
    });
  }

  private ask(): void {
    const { random } = this.ports;
    const mark = `${this.host}.${this.nextXid}.${this.now | 0}`;
    const wish = drawWish(random, this.options, mark, this.ids[0] ?? null);
    if (wish.kind !== 'syncRead') {
      this.request(wish, this.nextXid++);
      return;
    }
    const { floor } = this.request(
      { kind: 'sync', op: Op.sync, body: pathOnly(wish.path), path: wish.path },
      this.nextXid++,
    );
    this.request({ ...wish, body: pathAndWatch(wish.path, false) }, this.nextXid++, floor);
  }

  private request(wish: Wish, xid: number, floor = this.ports.horizon.seen): Pending {
    const pending = { xid, wish, sentAt: this.now, floor };
    this.pending.push(pending);
    this.writes.asked(xid, wish);
    this.ports.tell(() => `${this.host} asks ${this.server}: ${xid} ${wish.kind} ${wish.path}`);
    this.send(new WireWriter().int(xid).int(wish.op).raw(wish.body).bytes());
    return pending;
  }

  private frame(frame: Buffer): void {
    const { xid, zxid: rawZxid, err, body } = readReply(frame);
    if (xid === EVENT_XID) {
      this.event(rawZxid, body);
      return;
    }
    const pending = this.pending.shift();
    if (pending === undefined || pending.xid !== xid) {
      throw new Violation(
        'SessionOrder',
        `${this.host} is answered request ${xid} where ${pending?.xid ?? 'none'} is due`,
      );
    }
    const zxid = toZxid(rawZxid);
    this.provenAliveAt = Math.max(this.provenAliveAt, pending.sentAt);
    this.ports.tell(
      () =>
        `${this.host} is answered by ${this.server}: ${xid} ${pending.wish.kind} 0x${toHex(zxid)} err ${err}`,
    );
    const { log } = this;
    if (xid === SET_WATCHES_XID) {
      this.isResetting = false;
      log.watchesReset(zxid);
    }
    log.heard(zxid);
    this.reply(pending, zxid, err, body);
  }

  private event(zxid: bigint, body: Buffer): void {
    const reader = new WireReader(body);
    const type = reader.int();
    reader.int();
    const path = reader.string() ?? '';
    this.ports.tell(() => `${this.host} hears event ${type} of ${path}`);
    this.log.event(type, path, zxid, this.isResetting);
  }

  private reply(pending: Pending, zxid: Zxid, err: number, body: Buffer): void {
    const { log, ids } = this;
    const { wish, xid, floor } = pending;
    this.answered += 1;
    const { model } = this.ports.ledger;
    if (takeRead({ log, model, ids }, { wish, floor, zxid, err, body })) return;
    log.written(xid, zxid, err, floor);
    if (err === 0) this.writesDone += 1;
    if (err === 0 && wish.kind === 'sequential') {
      this.ports.sequential(zxid, new WireReader(body).string() ?? '');
    }
    if (wish.kind === 'closeSession') {
      this.forgetSession();
      this.reconnect();
    }
  }
}
