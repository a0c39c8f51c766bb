/*
 * RequestThrottle: what becomes of requests when the pipeline has as many as it may have (Java: RequestThrottler; off unless
 * request_throttle_max_requests is set). Requests wait as bytes of their connection; when one is taken at last, this says whether
 * it has waited too long to be of use.
 */

import type { ServerMetrics } from '../../admin/metrics/index.ts';
import { OpCode } from '../../jute/op-code.ts';

/** Settings; see ServerConfig.requestThrottle. */
export interface RequestThrottleOptions {
  readonly maxRequests: number;
  readonly dropStale: boolean;
  readonly staleLatencyCheck: boolean;
  readonly throttledOpWaitTimeMs: number;
}

/** `drop` closes the connection, because what comes behind a request that was left out would be out of order. */
export type ThrottleVerdict = 'pass' | 'refuse' | 'drop';

/** Decides over requests by how many there are and how long they waited. */
export class RequestThrottle {
  private readonly options: RequestThrottleOptions;
  private readonly metrics: ServerMetrics;

  constructor(options: RequestThrottleOptions, metrics: ServerMetrics) {
    this.options = options;
    this.metrics = metrics;
  }

  /** Whether one more request may enter a pipeline that has `inProcess`. */
  hasRoom(inProcess: number): boolean {
    const { maxRequests } = this.options;
    return maxRequests <= 0 || inProcess < maxRequests;
  }

  /** What to do with a request that waited. @param waitedMs ms @param sessionTimeout ms */
  judge(type: number, waitedMs: number, sessionTimeout: number): ThrottleVerdict {
    const { options, metrics } = this;
    metrics.requestThrottleQueueTime.add(waitedMs);
    if (options.staleLatencyCheck && waitedMs > sessionTimeout) {
      metrics.staleRequests.increment();
      if (options.maxRequests > 0 && options.dropStale) {
        metrics.staleRequestsDropped.increment();
        return 'drop';
      }
    }
    const isThrottlable = type !== OpCode.ping && type !== OpCode.closeSession;
    const limit = options.throttledOpWaitTimeMs;
    if (!isThrottlable || limit <= 0 || waitedMs <= limit) return 'pass';
    metrics.throttledOps.increment();
    return 'refuse';
  }
}
