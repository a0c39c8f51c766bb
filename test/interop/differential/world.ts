/*
 * One of the two servers of a differential test, with its sessions. A world carries out steps and gives back, for each,
 * the lines that a client saw: the same steps on two worlds must give the same lines.
 *
 * Why the order is the same at all: a server queues a watch event on its connections before it queues the reply that shows
 * the change, and a step begins only when the reply of the step before has come. So the events caused by a step stand in
 * front of the next reply on whatever connection they go to, however late they arrive.
 */
import {
  type ConnectRequest,
  connectRequest,
  openConnection,
  type RawConnection,
  type Reply,
  readHandshake,
} from '../../harness/raw-client.ts';
import { Op } from '../../harness/requests.ts';
import type { TestServer } from '../../harness/server.ts';
import { framed, WireReader } from '../../harness/wire.ts';
import { eventText, replyText, type TextOptions } from './replies.ts';

/** A request as bytes, with its meaning for the reader of a trace. */
export interface Request {
  readonly op: number;
  readonly body: Uint8Array;
  readonly label: string;
  /** Set where the xid means something by itself: -2 ping, -4 auth, -8 setWatches. */
  readonly xid?: number;
}

/** What is done to both worlds. */
export type Step =
  /** One or more requests of one session, sent without waiting; all replies are awaited. */
  | { readonly kind: 'requests'; readonly slot: number; readonly requests: readonly Request[] }
  /** Closes the session of a slot, and opens a new one in its place. */
  | { readonly kind: 'close'; readonly slot: number; readonly timeoutMs: number }
  /** Comes back to the session of a slot over a new connection, with the old one cut before or not. */
  | { readonly kind: 'reattach'; readonly slot: number; readonly cut: boolean }
  /** A connect request on a connection of its own: a stranger's, or one for the session of `slot` with a bad password. */
  | {
      readonly kind: 'knock';
      readonly label: string;
      readonly request: ConnectRequest;
      readonly slot: number | null;
      readonly trailing: Uint8Array | null;
    };

interface Slot {
  connection: RawConnection;
  sessionId: bigint;
  password: Buffer;
  xid: number;
}

/** Failed authentication and op codes that do not exist end the connection once they are answered. */
const endsConnection = (op: number, reply: Reply): boolean =>
  (op === Op.auth && reply.err !== 0) || !knownOps.has(op);

const knownOps: ReadonlySet<number> = new Set(Object.values(Op));

/** The timeout that every session asks for: the longest there is with a tickTime of 2 s. */
const sessionTimeoutMs = 40_000;

export class World {
  #server: TestServer;
  readonly #slots: Slot[] = [];
  readonly #sessionNames = new Map<bigint, string>();
  /** The events seen, with the zxid in their header and their path. */
  readonly events: { readonly zxid: bigint; readonly path: string }[] = [];

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** The server that the sessions are with. */
  get server(): TestServer {
    return this.#server;
  }

  /** Comes back to all sessions at another server that has opened the same folder. Returns what the handshakes said. */
  async moveTo(server: TestServer): Promise<string[]> {
    this.#server = server;
    const lines: string[] = [];
    for (const slot of this.#slots.keys()) lines.push(...(await this.#reattach(slot, true)));
    return lines;
  }

  /** How sessions and times are shown in the text. */
  get textOptions(): TextOptions {
    return { nameSession: (id) => this.#sessionNames.get(id) ?? String(id) };
  }

  /** Opens the sessions of all slots. */
  async open(slotCount: number): Promise<void> {
    for (let index = 0; index < slotCount; index++) {
      this.#slots.push(await this.#newSession(sessionTimeoutMs));
    }
  }

  /** Cuts all connections. */
  destroy(): void {
    for (const slot of this.#slots) slot.connection.destroy();
  }

  async #newSession(timeoutMs: number): Promise<Slot> {
    const connection = await openConnection(this.server.port);
    connection.write(framed(connectRequest({ timeoutMs, readOnly: false })));
    const frame = await connection.frame();
    if (frame === null) throw new Error('a new session was refused');
    const { sessionId, password } = readHandshake(frame);
    this.#sessionNames.set(sessionId, `S${this.#sessionNames.size}`);
    return { connection, sessionId, password, xid: 0 };
  }

  #slot(index: number): Slot {
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`no slot ${index}`);
    return slot;
  }

  /** Carries out a step and returns the lines that came of it. */
  async take(step: Step): Promise<string[]> {
    switch (step.kind) {
      case 'requests':
        return await this.#requests(this.#slot(step.slot), step.requests);
      case 'close':
        return await this.#close(step.slot, step.timeoutMs);
      case 'reattach':
        return await this.#reattach(step.slot, step.cut);
      case 'knock':
        return await this.#knock(step);
    }
  }

  /**
   * The events that have come on all connections: a ping goes round, and what stands in front of its answer is returned.
   * `sorted` is for the events of a closed session, whose ephemerals Java deletes in the order of a hash table.
   */
  async drain(sorted: boolean): Promise<string[]> {
    const ping: Request = { op: Op.ping, body: Buffer.alloc(0), label: 'ping', xid: -2 };
    const lines: string[] = [];
    for (const [index, slot] of this.#slots.entries()) {
      const seen = await this.#requests(slot, [ping]);
      lines.push(...(sorted ? seen.sort() : seen).map((line) => `slot ${index}: ${line}`));
    }
    return lines;
  }

  async #requests(slot: Slot, requests: readonly Request[]): Promise<string[]> {
    const { connection } = slot;
    const waiting = new Map<number, number[]>();
    for (const { op, body, xid = ++slot.xid } of requests) {
      const ops = waiting.get(xid);
      if (ops === undefined) waiting.set(xid, [op]);
      else ops.push(op);
      connection.send(xid, op, body);
    }
    const lines: string[] = [];
    for (let replies = 0; replies < requests.length; ) {
      const reply = await connection.reply();
      if (reply === null) return [...lines, 'closed'];
      if (reply.xid === -1) lines.push(this.#event(reply));
      else {
        const op = waiting.get(reply.xid)?.shift() ?? 0;
        lines.push(replyText(op, reply, this.textOptions));
        replies++;
        if (endsConnection(op, reply)) lines.push(await this.#farewell(connection));
      }
    }
    return lines;
  }

  /** Waits for the end of a connection that a server closes after such a reply. */
  async #farewell(connection: RawConnection): Promise<string> {
    try {
      await connection.end(20_000);
      return 'closed';
    } catch {
      return 'still open';
    }
  }

  #event(event: Reply): string {
    const path = new WireReader(event.body.subarray(8)).string() ?? '';
    this.events.push({ zxid: event.zxid, path });
    return eventText(event);
  }

  async #close(index: number, timeoutMs: number): Promise<string[]> {
    const slot = this.#slot(index);
    const close: Request = { op: Op.closeSession, body: Buffer.alloc(0), label: 'closeSession' };
    // Its own watches see its ephemerals go, in an order of chance; the reply is behind them.
    const seen = await this.#requests(slot, [close]);
    const lines = [...seen.slice(0, -1).sort(), ...seen.slice(-1)];
    await slot.connection.end();
    const left = await slot.connection.frame();
    lines.push(left === null ? 'closed' : `a frame after closeSession: ${left.toString('hex')}`);
    this.#slots[index] = await this.#newSession(timeoutMs);
    return lines;
  }

  async #reattach(index: number, cut: boolean): Promise<string[]> {
    const slot = this.#slot(index);
    if (cut) await slot.connection.hangUp();
    const { connection, text } = await this.#handshake({
      timeoutMs: sessionTimeoutMs,
      sessionId: slot.sessionId,
      password: slot.password,
      readOnly: false,
    });
    const lines = [text];
    if (!cut) lines.push(...(await this.#lastWords(slot.connection)));
    slot.connection = connection;
    return lines;
  }

  /** What an old connection still got before the server closed it. */
  async #lastWords(connection: RawConnection): Promise<string[]> {
    await connection.end();
    const lines: string[] = [];
    for (;;) {
      const reply = await connection.reply();
      if (reply === null) return [...lines, 'the old connection is closed'];
      lines.push(`old: ${reply.xid === -1 ? this.#event(reply) : `reply xid=${reply.xid}`}`);
    }
  }

  async #handshake(
    request: ConnectRequest,
    trailing: Uint8Array | null = null,
  ): Promise<{ connection: RawConnection; text: string; refused: boolean }> {
    const connection = await openConnection(this.server.port);
    const body = connectRequest(request);
    connection.write(framed(trailing === null ? body : Buffer.concat([body, trailing])));
    const frame = await connection.frame();
    if (frame === null) return { connection, text: 'handshake: closed', refused: true };
    const answer = readHandshake(frame);
    const refused = answer.sessionId === 0n;
    // A password is made from the session id, so it can be compared only where there is no session.
    const password = refused ? answer.password.toString('hex') : `${answer.password.length} bytes`;
    const name = refused ? 'none' : (this.#sessionNames.get(answer.sessionId) ?? 'new');
    const text = `handshake: version=${answer.protocolVersion} timeout=${answer.timeoutMs} session=${name} password=${password} rest=${answer.rest.toString('hex')}`;
    return { connection, text, refused };
  }

  async #knock(step: Extract<Step, { kind: 'knock' }>): Promise<string[]> {
    const slot = step.slot === null ? null : this.#slot(step.slot);
    const request = slot === null ? step.request : { ...step.request, sessionId: slot.sessionId };
    const { connection, text, refused } = await this.#handshake(request, step.trailing);
    const lines = [text];
    if (refused) {
      await connection.end();
      lines.push('closed');
    } else {
      // A session that was granted is closed again, so that none is left to expire at a time of its own.
      connection.send(1, Op.closeSession);
      const reply = await connection.reply();
      if (reply !== null) lines.push(replyText(Op.closeSession, reply, this.textOptions));
      await connection.end();
    }
    connection.destroy();
    return lines;
  }
}
