/*
 * ExpiryQueue: elements that expire together in buckets of one interval (Java: ExpiryQueue).
 *
 * A time-out is rounded up to the next multiple of the interval. That costs an element up to one interval more of life, and
 * makes a touch that stays in its bucket, which nearly every request of a session is, cost a division and a comparison.
 */

/** What can be in an ExpiryQueue: it carries its own bucket, so that no look-up is needed. */
export interface Expiring {
  /** The time at which it expires, in ms, a multiple of the interval; 0 while it is in no queue. */
  expiresAt: number;
}

/** Elements by the time at which they expire. All times in ms of one clock. */
export class ExpiryQueue<Element extends Expiring> {
  private readonly interval: number;
  private readonly buckets = new Map<number, Set<Element>>();
  private nextExpirationTime: number;
  size = 0;

  /** @param interval width of a bucket, ms @param now the current time, ms */
  constructor(interval: number, now: number) {
    this.interval = interval;
    this.nextExpirationTime = this.roundToNextInterval(now);
  }

  private roundToNextInterval(time: number): number {
    return (Math.floor(time / this.interval) + 1) * this.interval;
  }

  /** When the next bucket is due, in ms. */
  get deadline(): number {
    return this.nextExpirationTime;
  }

  /** Puts an element in the bucket of `now + timeout`, or moves it there. */
  update(element: Element, timeout: number, now: number): void {
    const expiresAt = this.roundToNextInterval(now + timeout);
    if (expiresAt === element.expiresAt) return;
    this.remove(element);
    let bucket = this.buckets.get(expiresAt);
    if (bucket === undefined) {
      bucket = new Set();
      this.buckets.set(expiresAt, bucket);
    }
    bucket.add(element);
    element.expiresAt = expiresAt;
    this.size += 1;
  }

  /** Takes an element out; nothing happens if it is in no bucket. */
  remove(element: Element): void {
    if (element.expiresAt === 0) return;
    this.buckets.get(element.expiresAt)?.delete(element);
    element.expiresAt = 0;
    this.size -= 1;
  }

  /** Takes out and returns every element that is due at `now`. */
  poll(now: number): Element[] {
    const due: Element[] = [];
    while (this.nextExpirationTime <= now) {
      const bucket = this.buckets.get(this.nextExpirationTime);
      this.buckets.delete(this.nextExpirationTime);
      this.nextExpirationTime += this.interval;
      for (const element of bucket ?? []) {
        element.expiresAt = 0;
        this.size -= 1;
        due.push(element);
      }
    }
    return due;
  }

  /** The buckets that hold or held something, soonest first. */
  bucketsByTime(): [expiresAt: number, elements: ReadonlySet<Element>][] {
    return [...this.buckets].sort(([a], [b]) => a - b);
  }
}
