/*
 * LogReader: takes the records off one log file, from the first to the last whole one, in big pieces and without an
 * object per record. Where it stops it says only that, and at which offset; whether that is an ordinary end, a write that a
 * crash cut short, or damage is for log-end.ts to find out (Java: FileTxnLog.FileTxnIterator, where every kind of end but
 * a wrong checksum is the same EOFException).
 */

import { readInt32 } from '../../jute/int64.ts';
import { JuteReader } from '../../jute/reader.ts';
import { TXN_HEADER_SIZE } from '../../jute/txn.ts';
import { adler32 } from './adler32.ts';
import type { Disk, OpenFile } from './disk.ts';
import { FILE_HEADER_SIZE, LOG_MAGIC, RECORD_END_MARK, RECORD_START_SIZE } from './log-format.ts';

/** Bytes of a file that are in memory at a time; more where a single record is larger. */
const WINDOW_SIZE = 512 * 1024;

/** What every record has around its TxnHeader and transaction, in bytes. */
const RECORD_AROUND_SIZE = RECORD_START_SIZE + 1;

/** The records of one log file. */
export class LogReader {
  readonly file: OpenFile;
  /** The record that next() found: TxnHeader, transaction, perhaps TxnDigest. Views of it end with the next call. */
  readonly record: JuteReader;
  /** Where that record begins; once next() is false, where reading stopped. */
  offset = 0;
  private following: number;
  private window: Buffer;
  private windowStart = 0;
  private windowEnd = 0;

  /**
   * Opens the file; raises the system's error.
   *
   * @param from where the first record is looked for
   */
  constructor(disk: Disk, path: string, from = FILE_HEADER_SIZE) {
    this.following = from;
    this.file = disk.open(path);
    this.window = Buffer.allocUnsafeSlow(Math.min(WINDOW_SIZE, Math.max(this.file.size, 1)));
    this.record = new JuteReader(this.window, 0, 0);
  }

  /** Whether the file begins as a log does. If it does not, next() is not to be called. */
  get hasHeader(): boolean {
    return this.has(0, FILE_HEADER_SIZE) && readInt32(this.window, 0) === LOG_MAGIC;
  }

  /** Finds the next record that is whole and has the right checksum; false where there is none. */
  next(): boolean {
    const offset = this.following;
    this.offset = offset;
    if (!this.has(offset, RECORD_START_SIZE)) return false;
    const length = readInt32(this.window, offset - this.windowStart + 8);
    if (length < TXN_HEADER_SIZE || !this.has(offset, RECORD_AROUND_SIZE + length)) return false;
    const at = offset - this.windowStart;
    if (!isWholeRecord(this.window, at, length)) return false;
    const start = at + RECORD_START_SIZE;
    this.record.reset(this.window, start, start + length);
    this.following = offset + RECORD_AROUND_SIZE + length;
    return true;
  }

  /** Brings `size` bytes at `offset` into the window; false if the file ends before. */
  private has(offset: number, size: number): boolean {
    if (offset >= this.windowStart && offset + size <= this.windowEnd) return true;
    if (offset + size > this.file.size) return false;
    if (size > this.window.length) this.window = Buffer.allocUnsafeSlow(size + WINDOW_SIZE);
    this.windowStart = offset;
    this.windowEnd = offset + this.file.read(this.window, offset);
    return offset + size <= this.windowEnd;
  }

  close(): void {
    this.file.close();
  }
}

/** Whether the record at `at`, which claims `length` and lies in `bytes` as a whole, ends with its mark and has the right checksum. */
export function isWholeRecord(bytes: Uint8Array, at: number, length: number): boolean {
  const start = at + RECORD_START_SIZE;
  if (bytes[start + length] !== RECORD_END_MARK || readInt32(bytes, at) !== 0) return false;
  return readInt32(bytes, at + 4) >>> 0 === adler32(bytes, start, start + length);
}
