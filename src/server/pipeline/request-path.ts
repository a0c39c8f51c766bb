/*
 * RequestPath: the path that a write names, as bytes.
 *
 * One walk over the bytes finds where the last component begins and whether the path is one of the usual ones: ASCII, and nothing in it
 * that PathUtils.validatePath could mind. Whatever is unusual is decoded and judged as a string, by path.ts. The object is used again
 * by the next request; the bytes are those of the request, or a copy of its own where the text had to be decoded or made longer.
 */

import { invalidPathReason } from '../../datatree/path.ts';
import type { PathRange } from '../../jute/prepared-txn.ts';
import type { JuteReader } from '../../jute/reader.ts';
import { decodeString } from '../../jute/reader.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const SPACE = 0x20;
const DELETE = 0x7f;
const NO_BYTES = Buffer.alloc(0);

/** A path: `bytes[start, end)` in proper UTF-8. */
export class RequestPath implements PathRange {
  bytes: Buffer = NO_BYTES;
  start = 0;
  end = 0;
  charCount = 0;
  /** Where the last slash stands in `bytes`; -1 for none. */
  lastSlash = -1;
  /** The bytes are those that were read. */
  isVerbatim = false;
  /** Under which the tree finds it, once that is known. */
  hash = 0;
  isHashed = false;
  private isUsual = false;

  /** Lets go of the bytes. */
  release(): void {
    this.bytes = NO_BYTES;
  }

  /** Reads a ustring. False for null. Raises JuteError. */
  read(reader: JuteReader): boolean {
    const size = reader.readLength();
    if (size < 0) return false;
    const start = reader.skip(size);
    this.set(reader.bytes, start, start + size);
    return true;
  }

  /** Takes a path that is a string. */
  setText(text: string): void {
    this.bytes = Buffer.from(text, 'utf8');
    this.start = 0;
    this.end = this.bytes.length;
    this.charCount = text.length;
    this.lastSlash = this.bytes.lastIndexOf(SLASH);
    this.isVerbatim = false;
    this.isHashed = false;
    this.isUsual = false;
  }

  private set(bytes: Buffer, start: number, end: number): void {
    let isUsual = end > start && bytes[start] === SLASH;
    let lastSlash = -1;
    let last = 0;
    let lastButOne = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte > SLASH) {
        if (byte > DELETE) {
          this.setText(decodeString(bytes, start, end));
          return;
        }
        if (byte === DELETE) isUsual = false;
      } else if (byte === SLASH) {
        if (last === SLASH) isUsual = false;
        lastSlash = at;
      } else if (byte === DOT) {
        if (last === SLASH || (last === DOT && lastButOne === SLASH)) isUsual = false;
      } else if (byte < SPACE) {
        isUsual = false;
      }
      lastButOne = last;
      last = byte;
    }
    // A part of a multi stands in the same bytes as the one before: a reference that is written costs the collector.
    if (this.bytes !== bytes) this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.charCount = end - start;
    this.lastSlash = lastSlash;
    this.isVerbatim = true;
    this.isHashed = false;
    this.isUsual = isUsual && (last !== SLASH || end - start === 1);
  }

  /** Appends ASCII to the last component. */
  append(suffix: string): void {
    const size = this.end - this.start;
    const bytes = Buffer.allocUnsafe(size + suffix.length);
    this.bytes.copy(bytes, 0, this.start, this.end);
    bytes.write(suffix, size, 'latin1');
    this.set(bytes, 0, bytes.length);
    this.isVerbatim = false;
  }

  /** The path as a string, made anew each time. */
  get text(): string {
    return decodeString(this.bytes, this.start, this.end);
  }

  /** Whether it is the path of a znode (Java: PathUtils.validatePath). */
  get isValid(): boolean {
    return this.isUsual || invalidPathReason(this.text) === null;
  }

  /** Whether there is a character of code 0 in it. */
  get hasNull(): boolean {
    return !this.isUsual && this.bytes.subarray(this.start, this.end).includes(0);
  }
}
