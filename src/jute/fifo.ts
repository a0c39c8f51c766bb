/*
 * Fifo: values that wait their turn, first in, first out.
 *
 * An array of which the front is used up by and by: taking from it moves nothing and allocates nothing, and now and then the part
 * that is used up is cut off. It has nothing to do with bytes, and stands in the lowest room because every room above has such queues.
 */

/** The part that is used up is cut off from this many values on, once it is the larger one: each value is moved at most once. */
const COMPACT_FROM = 1024;

/** A queue of values, none of them undefined. */
export class Fifo<T extends object | bigint> {
  private values: T[] = [];
  /** Where the oldest is; what stands before it was taken. */
  private start = 0;

  /** How many wait. */
  get count(): number {
    return this.values.length - this.start;
  }

  /** The oldest; undefined where none waits. */
  get first(): T | undefined {
    return this.values[this.start];
  }

  /** Adds one behind the others. */
  push(value: T): void {
    this.values.push(value);
  }

  /** Takes the oldest; undefined where none waits. */
  shift(): T | undefined {
    const { values } = this;
    // The usual case of a queue in which one waits: setting a length is slow.
    if (values.length === 1) return values.pop();
    const value = values[this.start];
    if (value === undefined) return undefined;
    this.start += 1;
    if (this.start === values.length) this.clear();
    else if (this.start >= COMPACT_FROM && this.start * 2 > values.length) {
      this.values = values.slice(this.start);
      this.start = 0;
    }
    return value;
  }

  /** Takes the newest back; undefined where none waits. */
  pop(): T | undefined {
    const value = this.count === 0 ? undefined : this.values.pop();
    if (this.start === this.values.length) this.clear();
    return value;
  }

  /** The newest of those for which `isSought` holds; undefined for none. */
  findLast(isSought: (value: T) => boolean): T | undefined {
    for (let index = this.values.length - 1; index >= this.start; index--) {
      const value = this.values[index] as T;
      if (isSought(value)) return value;
    }
    return undefined;
  }

  /** All that wait, oldest first. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = this.start; index < this.values.length; index++) yield this.values[index] as T;
  }

  /** Empties the queue; gives what was in it, oldest first. */
  takeAll(): readonly T[] {
    const all = this.values.slice(this.start);
    this.clear();
    return all;
  }

  private clear(): void {
    this.values.length = 0;
    this.start = 0;
  }
}
