/*
 * Timeline: the time of a simulated world and everything that is going to happen in it, ordered by time and, at one moment, by the
 * order in which it was planned. Nothing happens by itself: whoever drives the world takes one happening after the other.
 *
 * It also keeps the hash of all that has happened, by which two runs of one seed are compared.
 */

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Virtual time in ms, with fractions, from 0 on. */
export class Timeline {
  now = 0;
  /** How many happenings there were. */
  count = 0;
  /** A binary heap. */
  private readonly heap: Happening[] = [];
  private order = 0;
  private hashHigh = 0x811c9dc5 | 0;
  private hashLow = 0x1b873593 | 0;

  /** Plans something `ms` from now. */
  after(ms: number, happen: () => void): void {
    this.at(this.now + Math.max(0, ms), happen);
  }

  /** Plans something at a time. */
  at(time: number, happen: () => void): void {
    const { heap } = this;
    const one = { at: Math.max(time, this.now), order: this.order++, happen };
    let index = heap.length;
    heap.push(one);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(one, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = one;
  }

  /** When something happens next; infinite where nothing does. */
  get next(): number {
    return this.heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Lets the next thing happen. */
  step(): void {
    const first = this.heap[0];
    if (first === undefined) return;
    this.takeFirst();
    this.now = first.at;
    this.count += 1;
    first.happen();
  }

  private takeFirst(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = heap[below];
      if (child === undefined) break;
      const other = heap[below + 1];
      if (other !== undefined && isBefore(other, child)) {
        child = other;
        below += 1;
      }
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }

  /** Lets everything happen up to a time, unless `isOver` says that it is enough. */
  runUntil(time: number, isOver: () => boolean): void {
    while (this.next <= time && !isOver()) this.step();
    if (!isOver()) this.now = Math.max(this.now, time);
  }

  // ---- the trace

  /** Makes a number part of the hash. */
  trace(value: number): void {
    this.hashHigh = Math.imul(this.hashHigh ^ value, 0x01000193);
    this.hashLow = Math.imul((this.hashLow ^ value) + (this.hashHigh >>> 15), 0x85ebca6b);
  }

  /** Makes bytes part of the hash, and when they came. */
  traceBytes(kind: number, bytes: Uint8Array): void {
    this.trace(kind);
    this.trace(Math.floor(this.now * 1000));
    let hash = this.hashHigh;
    for (let at = 0; at < bytes.length; at++) {
      hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    }
    this.hashHigh = hash;
    this.trace(bytes.length);
  }

  /** The hash of everything up to now. */
  get hash(): string {
    const words = [this.hashHigh, this.hashLow];
    return words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
