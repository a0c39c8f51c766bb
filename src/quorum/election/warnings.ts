/*
 * Warnings: lines for the operator that others can cause as often as they like, each kind once in a while.
 */
import type { Clock, Log } from '../ports.ts';

/** ms in which one warning of a kind is given. */
const WARNING_INTERVAL = 10_000;
/** Kinds of warnings that are remembered. */
const WARNING_LIMIT = 1000;

/** Gives warnings, not too many. */
export class Warnings {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly warnedAt = new Map<string, number>();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.clock = clock;
    this.log = log;
  }

  /** Gives a warning, unless one of its kind was given a moment ago. */
  warn(kind: string, text: string): void {
    const now = this.clock.elapsed;
    const last = this.warnedAt.get(kind);
    if (last !== undefined && now - last < WARNING_INTERVAL) return;
    if (this.warnedAt.size >= WARNING_LIMIT) this.warnedAt.clear();
    this.warnedAt.set(kind, now);
    this.log.warn(text);
  }
}
