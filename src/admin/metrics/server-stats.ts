/*
 * What a server counts of its requests, all connections together: latency, packets, sizes of replies.
 *
 * One call for each packet received and one for each answer keep these numbers and the metrics that go with them. Answers
 * to ServerStats and BufferStats.
 */

import type { RequestStatsView } from '../../fourletter/index.ts';
import { AvgMinMaxCounter } from './avg-min-max-counter.ts';
import type { ServerMetrics } from './server-metrics.ts';

/** BufferStats.INIT_VALUE: no response yet. */
const NO_RESPONSE = -1;

/** The request stats of one server; latencies are in milliseconds. */
export class ServerStats implements RequestStatsView {
  readonly #metrics: ServerMetrics;
  readonly #requestLatency: AvgMinMaxCounter;
  #packetsReceived: number;
  #packetsSent: number;
  #lastResponseSize: number;
  #minResponseSize: number;
  #maxResponseSize: number;

  constructor(metrics: ServerMetrics) {
    this.#metrics = metrics;
    this.#requestLatency = new AvgMinMaxCounter('request_latency');
    this.#packetsReceived = 0;
    this.#packetsSent = 0;
    this.#lastResponseSize = NO_RESPONSE;
    this.#minResponseSize = NO_RESPONSE;
    this.#maxResponseSize = NO_RESPONSE;
  }

  /** A packet came in: a connect request, a request, or the four bytes of a word. `bytes` has its length prefix in. */
  countReceived(bytes: number): void {
    this.#packetsReceived += 1;
    this.#metrics.bytesReceivedCount.add(bytes);
  }

  /** Anything else went out: the connect response of a session that was there, the text of a four-letter word. */
  countSent(): void {
    this.#packetsSent += 1;
  }

  /**
   * The reply to a request that is no transaction, a ping or a refused one too. `latency` is from the arrival of the
   * request; `responseSize` is in bytes, without the length prefix.
   */
  countRead(latency: number, responseSize: number): void {
    this.#countResponse(responseSize);
    this.#metrics.responseBytes.add(responseSize);
    this.#requestLatency.add(latency);
    this.#metrics.readLatency.add(latency);
  }

  /** The reply to a request that is a transaction, an error transaction too. */
  countUpdate(latency: number, responseSize: number): void {
    this.#countResponse(responseSize);
    this.#metrics.responseBytes.add(responseSize);
    this.#requestLatency.add(latency);
    this.#metrics.updateLatency.add(latency);
  }

  /** The connect response of a new session. Java does not count its size among the replies. */
  countSessionCreated(latency: number): void {
    this.#packetsSent += 1;
    this.#requestLatency.add(latency);
    this.#metrics.updateLatency.add(latency);
  }

  /** A watch event; `responseSize` is in bytes, without the length prefix. */
  countNotification(responseSize: number): void {
    this.#countResponse(responseSize);
    this.#metrics.watchBytes.add(responseSize);
  }

  #countResponse(size: number): void {
    this.#packetsSent += 1;
    this.#lastResponseSize = size;
    if (size < this.#minResponseSize || this.#minResponseSize === NO_RESPONSE) {
      this.#minResponseSize = size;
    }
    if (size > this.#maxResponseSize) this.#maxResponseSize = size;
  }

  minLatency(): number {
    return this.#requestLatency.min;
  }

  avgLatency(): number {
    return this.#requestLatency.avg;
  }

  maxLatency(): number {
    return this.#requestLatency.max;
  }

  packetsReceived(): number {
    return this.#packetsReceived;
  }

  packetsSent(): number {
    return this.#packetsSent;
  }

  lastClientResponseSize(): number {
    return this.#lastResponseSize;
  }

  minClientResponseSize(): number {
    return this.#minResponseSize;
  }

  maxClientResponseSize(): number {
    return this.#maxResponseSize;
  }

  /** `srst`: these numbers and all metrics start anew. */
  reset(): void {
    this.#requestLatency.reset();
    this.#packetsReceived = 0;
    this.#packetsSent = 0;
    this.#lastResponseSize = NO_RESPONSE;
    this.#minResponseSize = NO_RESPONSE;
    this.#maxResponseSize = NO_RESPONSE;
    this.#metrics.resetAll();
  }
}
