/*
 * PathBytes: the bytes of a path that came as a string, in a buffer that is used again.
 *
 * The path index looks znodes up by bytes. Requests bring them along; transactions and four-letter words have strings, for
 * which no buffer is to be made each time.
 */

const SLASH = 0x2f;
const INITIAL_SIZE = 512;

/** `bytes[0, size)` is the path that was encoded last, in UTF-8. */
export class PathBytes {
  bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  size = 0;

  /** Encodes a path and returns its size. */
  encode(path: string): number {
    const { length } = path;
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(2 * length);
    const { bytes } = this;
    for (let index = 0; index < length; index++) {
      const unit = path.charCodeAt(index);
      if (unit > 0x7f) return this.encodeNonAscii(path);
      bytes[index] = unit;
    }
    this.size = length;
    return length;
  }

  private encodeNonAscii(path: string): number {
    const size = Buffer.byteLength(path, 'utf8');
    if (size > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(2 * size);
    this.size = this.bytes.write(path, 'utf8');
    return this.size;
  }

  /** Where the last slash stands, or -1: the parent's path ends there. */
  lastSlash(): number {
    return lastSlash(this.bytes, 0, this.size);
  }
}

/** Where the last slash of `bytes[start, end)` stands; `start - 1` where there is none. */
export function lastSlash(bytes: Uint8Array, start: number, end: number): number {
  let at = end - 1;
  while (at >= start && bytes[at] !== SLASH) at -= 1;
  return at;
}
