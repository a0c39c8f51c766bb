/*
 * A session that speaks in promises: for what happens around the counted part of a load (the handshake,
 * creating znodes, closing). The counted part exchanges the link's receiver for a lane, which allocates
 * nothing per request.
 */
import type { FrameReceiver } from './frames.ts';
import { Link } from './link.ts';
import {
  connectRequest,
  getLong,
  Op,
  REPLY_HEADER_BYTES,
  RequestEncoder,
  WrongReply,
} from './wire.ts';

/** Bytes of a connect response: protocolVersion(4) timeOut(4) sessionId(8) passwd(4+16) readOnly(1). */
const CONNECT_RESPONSE_BYTES = 37;

/** Setting up never takes longer than this, in milliseconds. */
const ANSWER_LIMIT_MS = 60_000;

/** KeeperException.Code.NODEEXISTS. */
const NODE_EXISTS = -110;

/** A reply with an error code. */
class ErrorCode extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`error code ${code} while setting up`);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** One session on one connection. */
export class Conversation implements FrameReceiver {
  readonly link: Link;
  readonly #waiting: Waiting[] = [];
  #nextXid = 1;
  #xidAwaited = 1;
  #shaken = false;
  #lastZxid = 0;

  private constructor(port: number, timeoutMs: number) {
    this.link = new Link(port, this, () => this.link.write(connectRequest(timeoutMs)));
  }

  /** Connects to 127.0.0.1 and opens a session with a time-out of `timeoutMs`. */
  static async open(port: number, timeoutMs = 30_000): Promise<Conversation> {
    const conversation = new Conversation(port, timeoutMs);
    await conversation.#answer();
    return conversation;
  }

  /** Sends one request (`encode` appends its body) and gives the body of its reply; any error code rejects. */
  call(op: number, encode: (request: RequestEncoder) => void): Promise<Buffer> {
    const request = new RequestEncoder().begin(this.#nextXid, op);
    this.#nextXid += 1;
    encode(request);
    this.link.write(request.end().take());
    return this.#answer();
  }

  /** Creates a persistent znode open to all. */
  async create(path: string, data: Buffer): Promise<void> {
    const body = await this.call(Op.create, (request) => {
      request.string(path).int(data.length);
      const at = request.length;
      request.zeros(data.length).openAcl().int(0);
      request.overwrite(at, data);
    });
    const created = body.toString('utf8', 4);
    if (created !== path) throw new WrongReply(`create of ${path} answered ${created}`);
  }

  /** Creates an empty persistent znode unless it is there. */
  async ensure(path: string): Promise<void> {
    try {
      await this.create(path, Buffer.alloc(0));
    } catch (error) {
      if (!(error instanceof ErrorCode && error.code === NODE_EXISTS)) throw error;
    }
  }

  /** Waits until this session's server has all that was committed before. */
  async sync(): Promise<void> {
    await this.call(Op.sync, (request) => request.string('/'));
  }

  /** Closes the session, waits for the answer and drops the connection. */
  async close(): Promise<void> {
    await this.call(Op.closeSession, () => undefined);
    this.link.destroy();
  }

  chunkStart(): void {}

  frame(view: DataView, bytes: Buffer, start: number, end: number): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new WrongReply('a frame came that nobody asked for');
    if (!this.#shaken) {
      this.#shaken = true;
      if (end - start !== CONNECT_RESPONSE_BYTES || view.getInt32(start + 4) <= 0) {
        throw new WrongReply('the session was not accepted');
      }
      waiting.resolve(Buffer.alloc(0));
      return;
    }
    const xid = view.getInt32(start);
    if (xid !== this.#xidAwaited) throw new WrongReply(`xid ${xid}, not ${this.#xidAwaited}`);
    this.#xidAwaited += 1;
    const zxid = getLong(view, start + 4);
    if (zxid < this.#lastZxid) throw new WrongReply(`zxid ${zxid} after ${this.#lastZxid}`);
    this.#lastZxid = zxid;
    const error = view.getInt32(start + 12);
    if (error !== 0) {
      waiting.reject(new ErrorCode(error));
      return;
    }
    waiting.resolve(Buffer.from(bytes.subarray(start + REPLY_HEADER_BYTES, end)));
  }

  chunkEnd(): void {}

  closed(reason: string): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new Error(reason));
  }

  #answer(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)),
        ANSWER_LIMIT_MS,
      );
      this.#waiting.push({
        resolve: (body) => {
          clearTimeout(limit);
          resolve(body);
        },
        reject: (error) => {
          clearTimeout(limit);
          reject(error);
        },
      });
    });
  }
}

/**
 * Opens `count` sessions, on one server or on several in turn, at most `atOnce` of them at a time: fewer than Java's
 * backlog of 50, beyond which a connection waits for a second.
 */
export async function openSessions(
  ports: readonly number[],
  options: { readonly count: number; readonly atOnce?: number; readonly timeoutMs?: number },
): Promise<Conversation[]> {
  const { count, atOnce = 40, timeoutMs = 30_000 } = options;
  const opened: Conversation[] = [];
  while (opened.length < count) {
    const size = Math.min(atOnce, count - opened.length);
    const batch = Array.from({ length: size }, (_, index) =>
      Conversation.open(ports[(opened.length + index) % ports.length] ?? 0, timeoutMs),
    );
    opened.push(...(await Promise.all(batch)));
  }
  return opened;
}
