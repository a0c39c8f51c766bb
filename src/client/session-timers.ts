/*
 * SessionTimers: what a session remembers of time, and when something is due by it: the next connection, its opening, silence, pings,
 * expiry, looking for a server that is not read-only (Java: ClientCnxn.SendThread.run). The lengths are in timing.ts; what is done
 * when something is due, the session does. All times are ms of the session's clock, Infinity for never.
 */

import { connectTimeoutMs, expiryMs, pingIntervalMs, readTimeoutMs } from './timing.ts';

/** How far the connection to a server is. */
export type LinkState = 'none' | 'opening' | 'greeting' | 'authenticating' | 'up';

/** First and longest pause between two looks for a server that is not read-only, ms (Java: minPingRwTimeout, maxPingRwTimeout). */
const MIN_PROBE_INTERVAL_MS = 100;
const MAX_PROBE_INTERVAL_MS = 60_000;

const NEVER = Number.POSITIVE_INFINITY;

/** The timers of one session. */
export class SessionTimers {
  /** The session's timeout: what the server has given, or what is asked for as long as none has, ms. */
  timeoutMs: number;
  /** When the next server is tried while there is no link. */
  retryAt = NEVER;
  readonly #serverCount: number;
  #attemptAt = 0;
  #lastHeard = 0;
  #lastSent = 0;
  #probeAt = NEVER;
  #probeIntervalMs = MIN_PROBE_INTERVAL_MS;

  /** @param serverCount how many servers share the timeout while one is looked for */
  constructor(timeoutMs: number, serverCount: number) {
    this.timeoutMs = timeoutMs;
    this.#serverCount = serverCount;
  }

  /** When something is due on a link in this state. Expiry is apart: it does not come to every session. */
  deadline(link: LinkState): number {
    if (link === 'none') return this.retryAt;
    const silenceAt = this.#silentSince(link) + this.#silenceLimitMs(link);
    return link === 'up' ? Math.min(silenceAt, this.#probeAt, this.#pingAt) : silenceAt;
  }

  /** When the servers have ended the session, for want of a sign of life. */
  get expiryAt(): number {
    return this.#lastHeard + expiryMs(this.timeoutMs);
  }

  /** Something was heard of a server, or the session has only begun. */
  heard(now: number): void {
    this.#lastHeard = now;
  }

  /** How long nothing was heard of any server. */
  unheardMs(now: number): number {
    return now - this.#lastHeard;
  }

  /** Something was sent: the next ping has time. */
  sent(now: number): void {
    this.#lastSent = now;
  }

  /** A server is being connected to. */
  attempted(now: number): void {
    this.#attemptAt = now;
    this.retryAt = NEVER;
  }

  /** How long a server has taken to open a link and to accept the session, or has said nothing on one that is up. */
  silentMs(link: LinkState, now: number): number {
    return now - this.#silentSince(link);
  }

  /** True if that is too long. */
  isSilent(link: LinkState, now: number): boolean {
    return this.silentMs(link, now) >= this.#silenceLimitMs(link);
  }

  #silentSince(link: LinkState): number {
    return link === 'up' ? this.#lastHeard : this.#attemptAt;
  }

  #silenceLimitMs(link: LinkState): number {
    return link === 'up'
      ? readTimeoutMs(this.timeoutMs)
      : connectTimeoutMs(this.timeoutMs, this.#serverCount);
  }

  get #pingAt(): number {
    return this.#lastSent + pingIntervalMs(this.timeoutMs);
  }

  /** True if the server would hear nothing for too long without a ping. */
  isPingDue(now: number): boolean {
    return now >= this.#pingAt;
  }

  /** A read-only server serves: another is looked for, less and less often. */
  startProbing(now: number): void {
    this.#probeIntervalMs = MIN_PROBE_INTERVAL_MS;
    this.#probeAt = now + MIN_PROBE_INTERVAL_MS;
  }

  /** No other server is looked for any more. */
  stopProbing(): void {
    this.#probeAt = NEVER;
  }

  /** True if a server is to be asked now whether it can write; says when the next one is. */
  takeProbe(now: number): boolean {
    if (now < this.#probeAt) return false;
    this.#probeAt = now + this.#probeIntervalMs;
    this.#probeIntervalMs = Math.min(this.#probeIntervalMs * 2, MAX_PROBE_INTERVAL_MS);
    return true;
  }
}
