/*
 * ConnectionThrottle: how many new connections are let in per time, by a token bucket and, as it runs dry, by chance
 * (Java: BlueThrottle; the idea is the BLUE algorithm for queues).
 */

import type { ConnectionThrottleConfig } from '../config/config.ts';

/** Settings. */
export type ConnectionThrottleOptions = Omit<ConnectionThrottleConfig, 'localSessionWeight'>;

/** Decides over new connections. */
export class ConnectionThrottle {
  private readonly options: ConnectionThrottleOptions;
  private readonly random: () => number;
  private readonly maxTokens: number;
  private readonly fillCount: number;
  private tokens: number;
  private lastFillAt: number;
  private lastChangeAt: number;
  /** Between 0 and 1. */
  dropProbability = 0;

  /** @param random a number in [0, 1) @param now ms */
  constructor(options: ConnectionThrottleOptions, random: () => number, now: number) {
    const weight = options.weightEnabled ? options.globalSessionWeight : 1;
    this.options = options;
    this.random = random;
    this.maxTokens = options.tokens * weight;
    this.fillCount = options.fillCount * weight;
    this.tokens = this.maxTokens;
    this.lastFillAt = now;
    this.lastChangeAt = now;
  }

  /** Tokens that are missing from a full bucket. */
  get deficit(): number {
    return this.maxTokens - this.tokens;
  }

  /** Whether a connection that wants a new session, or an old one back, is let in. @param now ms */
  admits(kind: 'new' | 'renew', now: number): boolean {
    if (this.maxTokens === 0) return true;
    this.refill(now);
    if (this.options.freezeTimeMs !== -1 && this.isDropped(now)) return false;
    const needed = this.cost(kind);
    if (this.tokens < needed) return false;
    this.tokens -= needed;
    return true;
  }

  private cost(kind: 'new' | 'renew'): number {
    if (!this.options.weightEnabled) return 1;
    return kind === 'new' ? this.options.globalSessionWeight : this.options.renewSessionWeight;
  }

  private refill(now: number): void {
    const passed = now - this.lastFillAt;
    if (passed <= this.options.fillTimeMs) return;
    const added = Math.floor((passed * this.fillCount) / this.options.fillTimeMs);
    this.tokens = Math.min(this.tokens + added, this.maxTokens);
    this.lastFillAt = now;
  }

  private isDropped(now: number): boolean {
    if (now - this.lastChangeAt > this.options.freezeTimeMs) {
      this.lastChangeAt = now;
      if (this.tokens === 0) {
        this.dropProbability = Math.min(this.dropProbability + this.options.dropIncrease, 1);
      } else if (this.deficit <= Math.round(this.maxTokens * this.options.decreaseRatio)) {
        this.dropProbability = Math.max(this.dropProbability - this.options.dropDecrease, 0);
      }
    }
    return this.random() < this.dropProbability;
  }
}
