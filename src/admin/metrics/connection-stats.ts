/*
 * What is counted of one connection, for `cons`, `stat` and `crst`.
 *
 * Answers to the fields of ServerCnxn and to its updateStatsForResponse and resetStats.
 */

import type { ConnectionStatsView } from '../../fourletter/index.ts';

/** The least latency before any was measured since a reset; shown as 0. */
const NO_LATENCY = Number.POSITIVE_INFINITY;

/** What a reset puts in the place of a zxid: 64 bits set. */
const NO_ZXID = -1n;

/** The numbers of one connection; latencies are in milliseconds. */
export class ConnectionStats implements ConnectionStatsView {
  readonly #established: number;
  #packetsReceived: number;
  #packetsSent: number;
  #lastOperation: string | null;
  #lastCxid: number;
  #lastZxid: bigint;
  #lastResponseTime: number;
  #lastLatency: number;
  #minLatency: number;
  #maxLatency: number;
  #count: number;
  #totalLatency: number;

  /** `established` is in milliseconds since 1970. */
  constructor(established: number) {
    this.#established = established;
    this.#packetsReceived = 0;
    this.#packetsSent = 0;
    this.#lastOperation = null;
    this.#lastCxid = 0;
    this.#lastZxid = 0n;
    this.#lastResponseTime = 0;
    this.#lastLatency = 0;
    // Java begins with 0 here, so that minlat shows 0 until the first `crst`, whatever was measured.
    this.#minLatency = 0;
    this.#maxLatency = 0;
    this.#count = 0;
    this.#totalLatency = 0;
  }

  /** A packet came in. */
  countReceived(): void {
    this.#packetsReceived += 1;
  }

  /** A packet went out: a reply, a watch event or anything else. */
  countSent(): void {
    this.#packetsSent += 1;
  }

  /**
   * A request was carried out. `lastZxid` is the last one that the tree has processed, `operation` the four letters of
   * FinalRequestProcessor (`GETD`, `NA` where it failed in preparation). A negative cxid, that of a ping, does not hide
   * the client's last real one. Times are milliseconds of the monotonic clock: when the request came and now.
   */
  updateForResponse(
    cxid: number,
    lastZxid: bigint,
    operation: string,
    createTime: number,
    now: number,
  ): void {
    if (cxid >= 0) this.#lastCxid = cxid;
    this.#lastZxid = lastZxid;
    this.#lastOperation = operation;
    this.#lastResponseTime = now;
    const latency = now - createTime;
    this.#lastLatency = latency;
    if (latency < this.#minLatency) this.#minLatency = latency;
    if (latency > this.#maxLatency) this.#maxLatency = latency;
    this.#count += 1;
    this.#totalLatency += latency;
  }

  /** `crst`. */
  reset(): void {
    this.#packetsReceived = 0;
    this.#packetsSent = 0;
    this.#lastOperation = 'NA';
    this.#lastCxid = -1;
    this.#lastZxid = NO_ZXID;
    this.#lastResponseTime = 0;
    this.#lastLatency = 0;
    this.#minLatency = NO_LATENCY;
    this.#maxLatency = 0;
    this.#count = 0;
    this.#totalLatency = 0;
  }

  packetsReceived(): number {
    return this.#packetsReceived;
  }

  packetsSent(): number {
    return this.#packetsSent;
  }

  lastOperation(): string | null {
    return this.#lastOperation;
  }

  established(): number {
    return this.#established;
  }

  lastCxid(): number {
    return this.#lastCxid;
  }

  lastZxid(): bigint {
    return this.#lastZxid;
  }

  lastResponseTime(): number {
    return this.#lastResponseTime;
  }

  lastLatency(): number {
    return this.#lastLatency;
  }

  minLatency(): number {
    return this.#minLatency === NO_LATENCY ? 0 : this.#minLatency;
  }

  avgLatency(): number {
    return this.#count === 0 ? 0 : Math.trunc(this.#totalLatency / this.#count);
  }

  maxLatency(): number {
    return this.#maxLatency;
  }
}
