/*
 * Clients for the time in which nobody leads: each writes one znode of its own, one set after the other, and when its
 * connection breaks it takes its session to the next server at once. Measured is the longest time without any
 * acknowledged write. A version that does not grow is an acknowledged write that was lost, and ends the run.
 */
import { DATA_BYTES } from '../content.ts';
import { Conversation } from '../conversation.ts';
import type { FrameReceiver } from '../frames.ts';
import type { FailoverJob } from '../job.ts';
import { Link } from '../link.ts';
import { checkStat, getLong, Op, REPLY_HEADER_BYTES, RequestEncoder, WrongReply } from '../wire.ts';

const PARENT = '/bench/failover';
const SESSION_TIMEOUT_MS = 30_000;
/** The session id (8 bytes), and the password (4 + 16 bytes), in a connect response. */
const SESSION_AT = 8;
const CREDENTIALS_END = 36;
/** A server may leave a connection unanswered while it is starting; then the next one is tried. */
const HANDSHAKE_LIMIT_MS = 500;
/** The pause after every server has refused. */
const REFUSED_PAUSE_MS = 5;
/** How long all clients have to write before a leader is killed, and again before that is counted as over. */
const CALM_MS = 1000;
const POLL_MS = 10;

/** The longest time between two acknowledged writes of whatever clients. */
class Gap {
  longestMs = 0;
  #lastMs = performance.now();

  restart(): void {
    this.#lastMs = performance.now();
    this.longestMs = 0;
  }

  acknowledged(nowMs: number): void {
    if (nowMs - this.#lastMs > this.longestMs) this.longestMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
  }
}

class FailoverClient implements FrameReceiver {
  readonly #ports: readonly number[];
  readonly #home: number;
  readonly #path: string;
  readonly #gap: Gap;
  #next: number;
  #refused = 0;
  #link: Link | undefined;
  #limit: NodeJS.Timeout | undefined;
  #session: Buffer | undefined;
  #isShaken = false;
  #xid = 0;
  #zxid = 0;
  #version = 0;
  /** How many of its writes were acknowledged. */
  acknowledged = 0;
  #nowMs = 0;

  constructor(gap: Gap, options: { readonly ports: readonly number[]; readonly index: number }) {
    this.#gap = gap;
    this.#ports = options.ports;
    this.#home = options.index % options.ports.length;
    this.#next = this.#home;
    this.#path = clientPath(options.index);
  }

  /** Connects to its own server, wherever it is connected now. */
  goHome(): void {
    this.#link?.destroy();
    this.#next = this.#home;
    this.#connect();
  }

  /** Goes away. */
  end(): void {
    clearTimeout(this.#limit);
    this.#link?.destroy();
  }

  #connect(): void {
    const port = this.#ports[this.#next % this.#ports.length] ?? 0;
    this.#next += 1;
    this.#isShaken = false;
    const link = new Link(port, this, () => link.write(this.#connectRequest()));
    this.#link = link;
    clearTimeout(this.#limit);
    this.#limit = setTimeout(() => {
      link.destroy();
      this.closed('no answer');
    }, HANDSHAKE_LIMIT_MS);
  }

  #connectRequest(): Buffer {
    const request = new RequestEncoder().beginBare().int(0);
    request.int(Math.floor(this.#zxid / 2 ** 32)).int(this.#zxid % 2 ** 32);
    request.int(SESSION_TIMEOUT_MS);
    const credentials = request.length;
    request.zeros(8).int(16).zeros(16).bool(false);
    if (this.#session !== undefined) request.overwrite(credentials, this.#session);
    return request.end().take();
  }

  #set(): void {
    this.#xid += 1;
    const request = new RequestEncoder().begin(this.#xid, Op.setData);
    request.string(this.#path).int(DATA_BYTES).zeros(DATA_BYTES).int(-1);
    this.#link?.write(request.end().take());
  }

  chunkStart(): void {
    this.#nowMs = performance.now();
  }

  frame(view: DataView, bytes: Buffer, start: number, end: number): void {
    if (!this.#isShaken) {
      if (view.getInt32(start + 4) <= 0) throw new WrongReply('a session was lost');
      this.#session = Buffer.from(bytes.subarray(start + SESSION_AT, start + CREDENTIALS_END));
      this.#isShaken = true;
      this.#refused = 0;
      clearTimeout(this.#limit);
      this.#set();
      return;
    }
    const error = view.getInt32(start + 12);
    if (view.getInt32(start) !== this.#xid || error !== 0 || end - start < REPLY_HEADER_BYTES) {
      throw new WrongReply(`set ${this.#xid} was answered with error code ${error}`);
    }
    this.#zxid = getLong(view, start + 4);
    const version = checkStat(view, start + REPLY_HEADER_BYTES, DATA_BYTES);
    if (version <= this.#version) {
      throw new WrongReply(`version ${version} after ${this.#version}: a write was lost`);
    }
    this.#version = version;
    this.acknowledged += 1;
    this.#gap.acknowledged(this.#nowMs);
    this.#set();
  }

  chunkEnd(): void {}

  closed(_reason: string): void {
    clearTimeout(this.#limit);
    if (!this.#isShaken) this.#refused += 1;
    if (this.#refused < this.#ports.length) {
      this.#connect();
      return;
    }
    this.#refused = 0;
    this.#limit = setTimeout(() => this.#connect(), REFUSED_PAUSE_MS);
  }
}

function clientPath(index: number): string {
  return `${PARENT}/c${index}`;
}

/** Does the job; `reach` tells the harness of a stage and waits until it may go on. */
export async function runFailover(
  job: FailoverJob,
  reach: (stage: string, value?: number) => Promise<void>,
): Promise<void> {
  const { ports, clients: count } = job;
  await createNodes(ports[0] ?? 0, count);
  const gap = new Gap();
  const clients = Array.from(
    { length: count },
    (_, index) => new FailoverClient(gap, { ports, index }),
  );
  for (let kill = 0; kill < job.kills; kill++) {
    for (const client of clients) client.goHome();
    await allWriting(clients);
    gap.restart();
    await reach('writing');
    await allWriting(clients);
    await reach('resumed', gap.longestMs);
  }
  for (const client of clients) client.end();
}

async function createNodes(port: number, count: number): Promise<void> {
  const session = await Conversation.open(port);
  await session.ensure('/bench');
  await session.ensure(PARENT);
  for (let index = 0; index < count; index++) {
    await session.create(clientPath(index), Buffer.alloc(DATA_BYTES));
  }
  await session.close();
}

/** Resolves when every client has written something from now on, and a second more has passed. */
async function allWriting(clients: readonly FailoverClient[]): Promise<void> {
  const before = clients.map(({ acknowledged }) => acknowledged);
  while (clients.some(({ acknowledged }, index) => acknowledged === before[index])) {
    await pause(POLL_MS);
  }
  await pause(CALM_MS);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
