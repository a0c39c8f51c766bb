/*
 * AuthInfo: the credentials that a session has, to be sent on each of its connections (Java: ClientCnxn.authInfo). The server answers
 * those of a connection in their order, and without a number of their own. SASL is something else: see sasl-login.ts.
 */

import type { Request } from './request.ts';
import { failOverdue } from './request.ts';
import type { SessionOutput } from './session-output.ts';

/** Credentials of one scheme (Java: ClientCnxn.AuthData). */
export interface AuthData {
  readonly scheme: string;
  readonly auth: Uint8Array;
  /** Told by the first answer. */
  readonly request: Request;
}

/** All credentials of a session. */
export class AuthInfo {
  readonly #all: AuthData[] = [];
  /** Those on this connection whose answer has not come. */
  #unanswered: AuthData[] = [];
  #deadline = Number.POSITIVE_INFINITY;

  /** When failOverdue() is to be called at the latest, ms; Infinity for never. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Takes credentials for every later connection. */
  add(data: AuthData): void {
    this.#all.push(data);
    this.#deadline = Math.min(this.#deadline, data.request.deadline);
  }

  /** Writes credentials on a connection. */
  send(data: AuthData, output: SessionOutput): void {
    output.writeAuth(data.scheme, data.auth);
    this.#unanswered.push(data);
  }

  /** Writes all of them on a new connection. */
  sendAll(output: SessionOutput): void {
    this.#unanswered = [];
    for (const data of this.#all) this.send(data, output);
  }

  /** Takes the request that the next answer is for; undefined where none waits for one. */
  takeAnswered(): Request | undefined {
    return this.#unanswered.shift()?.request;
  }

  /** The connection is gone, and the answers with it. */
  disconnected(): void {
    this.#unanswered = [];
  }

  /** Tells those who wait no longer. The credentials stay. */
  failOverdue(now: number): void {
    if (now < this.#deadline) return;
    const requests = this.#all.map(({ request }) => request);
    this.#deadline = failOverdue(requests, now);
  }

  /** The session is over. */
  failAll(error: Error): void {
    for (const { request } of this.#all) request.fail(error);
  }
}
