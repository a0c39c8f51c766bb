/*
 * InputBacklog: bytes of a client that could not be taken yet, because their frame is not whole or because the connection has
 * to wait. Most connections never have one: whole frames are read straight from the buffer that the socket was read into.
 */

/** An append-only byte queue: `bytes[start, end)` is what waits. */
export class InputBacklog {
  bytes: Buffer;
  start = 0;
  end = 0;

  /** @param capacity bytes that there is room for at first */
  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** How many bytes wait. */
  get size(): number {
    return this.end - this.start;
  }

  /** Forgets everything, and keeps the memory. */
  clear(): void {
    this.start = 0;
    this.end = 0;
  }

  /** Adds a copy of `source[from, to)`. @param room bytes that the frame at the front takes in all, if that is known */
  append(source: Buffer, from: number, to: number, room: number): void {
    const needed = this.size + to - from;
    if (this.start + needed > this.bytes.length) this.makeRoom(needed, room);
    this.end += source.copy(this.bytes, this.end, from, to);
  }

  /** Moves what waits to the front, in other memory where half of this would not be free then. */
  private makeRoom(needed: number, room: number): void {
    const isEnough = needed <= room ? room <= this.bytes.length : needed * 2 <= this.bytes.length;
    const target = isEnough
      ? this.bytes
      : Buffer.allocUnsafeSlow(needed <= room ? room : needed * 2);
    this.end = this.bytes.copy(target, 0, this.start, this.end);
    this.start = 0;
    this.bytes = target;
  }
}
