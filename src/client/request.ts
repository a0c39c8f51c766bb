/*
 * A request on its way (Java: ClientCnxn.Packet), in one queue while it waits to be sent and in another until its answer comes
 * (ClientCnxn: outgoingQueue, pendingQueue). A server answers the requests of a connection in the order that they came in, so the
 * first one that waits is the one that is answered.
 */

import type { Zxid } from '../jute/int64.ts';
import type { JuteReader } from '../jute/reader.ts';
import type { JuteWriter } from '../jute/writer.ts';
import { RequestTimeoutError } from './errors.ts';
import type { WatchRegistration } from './watch-registry.ts';

/** What is to be asked, and who hears of the answer. */
export interface RequestParts {
  /** The op code. */
  readonly type: number;
  /** The path as the caller named it, for errors; null where there is none. */
  readonly path: string | null;
  /** Writes what stands behind the RequestHeader. */
  readonly write: (writer: JuteWriter) => void;
  /** Takes the answer: `reader` stands behind the ReplyHeader, and has something only where `err` is 0. May raise JuteError. */
  readonly answered: (err: number, reader: JuteReader, zxid: Zxid) => void;
  /** Takes the reason why there will be no answer. */
  readonly failed: (error: unknown) => void;
  /** The watch that is left when the server says yes. */
  readonly registration?: WatchRegistration | null;
  /** When to give up, in ms of the session's clock; Infinity for never. */
  readonly deadline?: number;
}

/** One request. */
export class Request {
  readonly type: number;
  readonly path: string | null;
  readonly write: (writer: JuteWriter) => void;
  readonly registration: WatchRegistration | null;
  readonly deadline: number;
  /** Its number on the connection; 0 until it is sent. */
  xid: number;
  /** True once somebody was told how it ended. */
  isOver: boolean;
  readonly #answered: RequestParts['answered'];
  readonly #failed: RequestParts['failed'];

  constructor(parts: RequestParts) {
    this.type = parts.type;
    this.path = parts.path;
    this.write = parts.write;
    this.registration = parts.registration ?? null;
    this.deadline = parts.deadline ?? Number.POSITIVE_INFINITY;
    this.xid = 0;
    this.isOver = false;
    this.#answered = parts.answered;
    this.#failed = parts.failed;
  }

  /** Hands on the answer, unless nobody waits for it any more. Raises JuteError for one that cannot be read. */
  answer(err: number, reader: JuteReader, zxid: Zxid): void {
    if (this.isOver) return;
    this.#answered(err, reader, zxid);
    this.isOver = true;
  }

  /** Hands on why there is no answer, unless it is over. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#failed(error);
  }
}

/**
 * Fails what nobody is to wait for any longer at `now`, in ms, and gives the earliest deadline among the others, or Infinity.
 * What has failed keeps its place: an answer to it may still come.
 */
export function failOverdue(requests: Iterable<Request>, now: number): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    if (request.isOver) continue;
    if (request.deadline <= now) request.fail(timedOut(request));
    else if (request.deadline < earliest) earliest = request.deadline;
  }
  return earliest;
}

/** Why a request whose deadline has come fails. */
export function timedOut(request: Request): RequestTimeoutError {
  return new RequestTimeoutError(request.path);
}
