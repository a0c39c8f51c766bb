/*
 * RequestQueues: the requests of a session, in one queue until they are sent and in another until they are answered (Java: ClientCnxn's
 * outgoingQueue and pendingQueue). It knows in what order answers come and when nobody waits for one any more; what an answer means,
 * and whether there is a connection, is known to the session.
 */

import { Fifo } from '../jute/fifo.ts';
import { ConnectionLossError, MarshallingError, ThrottledOpError } from './errors.ts';
import type { Request } from './request.ts';
import { failOverdue, timedOut } from './request.ts';
import type { SessionOutput } from './session-output.ts';

/** What was asked and is not answered. */
export class RequestQueues {
  readonly #maxRequests: number;
  /** They wait for a connection. */
  readonly #waiting = new Fifo<Request>();
  /** They were sent on this connection. */
  readonly #pending = new Fifo<Request>();
  #deadline = Number.POSITIVE_INFINITY;

  /** @param maxRequests how many may be in both queues together */
  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests;
  }

  /** When failOverdue() is to be called at the latest, ms; Infinity for never. */
  get deadline(): number {
    return this.#deadline;
  }

  /** True if a request may be sent or kept; one that is too many, or too late already, is failed. */
  admit(request: Request, now: number): boolean {
    if (this.#pending.count + this.#waiting.count >= this.#maxRequests) {
      const message = `${this.#maxRequests} requests are under way already`;
      request.fail(new ThrottledOpError(request.path, { message }));
      return false;
    }
    if (request.deadline <= now) {
      request.fail(timedOut(request));
      return false;
    }
    if (request.deadline < this.#deadline) this.#deadline = request.deadline;
    return true;
  }

  /** Keeps a request until there is a connection. */
  keep(request: Request): void {
    this.#waiting.push(request);
  }

  /** Writes a request, unless it is over. */
  send(request: Request, output: SessionOutput): void {
    if (request.isOver) return;
    if (output.writeRequest(request)) this.#pending.push(request);
  }

  /** Writes everything that was kept. */
  sendKept(output: SessionOutput): void {
    for (const request of this.#waiting.takeAll()) this.send(request, output);
  }

  /** Takes the request that the next answer is for; undefined where none waits for one. */
  takeAnswered(): Request | undefined {
    return this.#pending.shift();
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

  /** Fails what nobody is to wait for any longer. */
  failOverdue(now: number): void {
    if (now < this.#deadline) return;
    const queues = [this.#pending, this.#waiting];
    this.#deadline = Math.min(...queues.map((queue) => failOverdue(queue, now)));
  }

  /** An answer that is too long would be too long again: whoever asked for it is told so, and not that the connection was lost. */
  failLongest(cause: Error): void {
    const request = this.#pending.shift();
    const message = `The answer cannot be taken: ${cause.message}`;
    request?.fail(new MarshallingError(request.path, { message, cause }));
  }

  /** The connection is lost: nobody can tell what became of that which was sent. What was kept is kept. */
  failSent(message: string, cause: Error): void {
    for (const request of this.#pending.takeAll()) {
      request.fail(new ConnectionLossError(request.path, { message, cause }));
    }
  }

  /** The session is over. */
  failAll(error: Error): void {
    for (const queue of [this.#pending, this.#waiting]) {
      for (const request of queue.takeAll()) request.fail(error);
    }
  }
}
