/*
 * InputBacklog: bytes of a client that could not be taken yet, because their frame is not whole or because the connection has
 * to wait. Most connections never have one: whole frames are read straight from the buffer that the socket was read into.
 */

/** An append-only byte queue: `bytes[start, end)` is what waits. */
export class InputBacklog {
  bytes: Buffer;
  start = 0;
  end: number;

  /** Copies `source[from, to)`, which will be used for other connections. */
  constructor(source: Buffer, from: number, to: number) {
    this.bytes = Buffer.allocUnsafe(to - from);
    this.end = source.copy(this.bytes, 0, from, to);
  }

  /** How many bytes wait. */
  get size(): number {
    return this.end - this.start;
  }

  /** Adds a copy of `source[from, to)`. @param room bytes that the frame at the front takes in all, if that is known */
  append(source: Buffer, from: number, to: number, room: number): void {
    const needed = this.size + to - from;
    if (this.start + needed > this.bytes.length) this.makeRoom(Math.max(room, needed * 2));
    this.end += source.copy(this.bytes, this.end, from, to);
  }

  /** Moves what waits into a buffer of `size` bytes. */
  makeRoom(size: number): void {
    const larger = Buffer.allocUnsafe(size);
    this.end = this.bytes.copy(larger, 0, this.start, this.end);
    this.start = 0;
    this.bytes = larger;
  }
}
