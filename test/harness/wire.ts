/*
 * The client protocol of ZooKeeper as these tests speak it: jute's primitive types, written and read with nothing of
 * src/jute, so that a mistake there cannot hide by being on both sides. It also writes what no client would: strings of
 * arbitrary bytes, vectors that lie about their length.
 */

/** Builds the bytes of a record. */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  /** 4 bytes, big-endian. */
  int(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value | 0);
    this.#parts.push(part);
    return this;
  }

  /** 8 bytes, big-endian, two's complement. */
  long(value: bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigInt64BE(BigInt.asIntN(64, value));
    this.#parts.push(part);
    return this;
  }

  /** One byte, 1 or 0. */
  bool(value: boolean): this {
    this.#parts.push(Buffer.from([value ? 1 : 0]));
    return this;
  }

  /** A length of 4 bytes and the bytes, or -1 for null. */
  buffer(value: Uint8Array | null): this {
    if (value === null) return this.int(-1);
    return this.int(value.length).raw(value);
  }

  /** A jute ustring: the UTF-8 bytes of a string, any bytes, or null. */
  string(value: string | Uint8Array | null): this {
    return this.buffer(typeof value === 'string' ? Buffer.from(value) : value);
  }

  /** A count of 4 bytes and the items, or -1 for null. */
  vector<T>(items: readonly T[] | null, write: (item: T) => void): this {
    if (items === null) return this.int(-1);
    this.int(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  /** Everything written so far. */
  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads the bytes of a record; throws a RangeError where it ends too early. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes have not been read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #take(size: number): number {
    if (size < 0 || size > this.left) {
      throw new RangeError(`${size} bytes wanted, ${this.left} left`);
    }
    const at = this.#at;
    this.#at += size;
    return at;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  long(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  bool(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  buffer(): Buffer | null {
    const size = this.int();
    if (size === -1) return null;
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  string(): string | null {
    return this.buffer()?.toString('utf8') ?? null;
  }

  vector<T>(read: () => T): T[] | null {
    const count = this.int();
    if (count === -1) return null;
    return Array.from({ length: count }, read);
  }

  rest(): Buffer {
    const at = this.#take(this.left);
    return this.#bytes.subarray(at);
  }
}

/** A record with its length in front, as it goes over the wire. */
export function framed(body: Uint8Array): Buffer {
  return Buffer.concat([new WireWriter().int(body.length).bytes(), body]);
}
