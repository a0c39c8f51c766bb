/*
 * What the generator counts while a load runs: replies, their latencies, and, when asked for, a time
 * line of short slots, from which the harness later picks those that fell into a snapshot. It also
 * holds the time of the current turn, so that the clock is read once per chunk and not per reply.
 */
import { Histogram } from './histogram.ts';

/** One slot of the time line. */
export interface TimelineSlot {
  /** Start of the slot, wall clock, in milliseconds since 1970. */
  readonly startMs: number;
  /** Its length in milliseconds: as asked for, or until the end of a gap that reached beyond it. */
  readonly lengthMs: number;
  /** Latencies as Histogram.toSparse gives them. */
  readonly latencies: readonly number[];
  /** The longest time without any reply on any connection that ended in this slot, in milliseconds. */
  readonly longestGapMs: number;
}

/** Counts the replies of one load. */
export class Meter {
  /** performance.now() at the start of the current turn. */
  nowMs = performance.now();
  replies = 0;
  /** Replies count; between the counted parts of a load they do not. */
  isCounting = true;
  #histogram = new Histogram();
  readonly #slotMs: number;
  readonly #slots: TimelineSlot[] = [];
  #slotEndMs = Number.POSITIVE_INFINITY;
  #slotStartMs = 0;
  #lastReplyMs = 0;
  #longestGapMs = 0;

  /** `slotMs` is the length of a slot of the time line in milliseconds, 0 for none. */
  constructor(slotMs: number) {
    this.#slotMs = slotMs;
  }

  /** The latencies since the start, or with a time line those of the current slot. */
  get histogram(): Histogram {
    return this.#histogram;
  }

  /** Reads the clock; called once for each chunk that arrives. */
  turn(): void {
    const now = performance.now();
    this.nowMs = now;
    if (this.#slotMs === 0) return;
    const gap = now - this.#lastReplyMs;
    if (gap > this.#longestGapMs) this.#longestGapMs = gap;
    this.#lastReplyMs = now;
    if (now >= this.#slotEndMs) this.#closeSlot();
  }

  /** Counts one reply to a request that was written at `sentMs`. */
  record(sentMs: number): void {
    if (!this.isCounting) return;
    this.replies += 1;
    this.#histogram.record(this.nowMs - sentMs);
  }

  /** Starts counting anew, after the warm-up. */
  restart(): void {
    this.nowMs = performance.now();
    this.replies = 0;
    this.#histogram.clear();
    this.#slots.length = 0;
    this.#lastReplyMs = this.nowMs;
    this.#openSlot();
  }

  /** The closed slots of the time line. */
  timeline(): readonly TimelineSlot[] {
    if (this.#slotMs > 0) this.#closeSlot();
    return this.#slots;
  }

  #openSlot(): void {
    if (this.#slotMs === 0) return;
    this.#slotStartMs = this.nowMs;
    this.#slotEndMs = this.nowMs + this.#slotMs;
    this.#longestGapMs = 0;
  }

  #closeSlot(): void {
    this.#slots.push({
      startMs: performance.timeOrigin + this.#slotStartMs,
      lengthMs: this.nowMs - this.#slotStartMs,
      latencies: this.#histogram.toSparse(),
      longestGapMs: this.#longestGapMs,
    });
    this.#histogram.clear();
    this.#openSlot();
  }
}
