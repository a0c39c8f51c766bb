/*
 * LogRecords: the records of a log file as they are, those with a wrong checksum too, and of a file that still grows. The server's own
 * LogReader stops at the first record that is not whole, which is right for a recovery and not for somebody who wants to see what there
 * is (Java: the loop of TxnLogToolkit.dump).
 */
import { adler32 } from '../../datatree/storage/adler32.ts';
import type { OpenFile } from '../../datatree/storage/disk.ts';
import { logEndAt } from '../../datatree/storage/log-end.ts';
import {
  FILE_HEADER_SIZE,
  LOG_MAGIC,
  RECORD_END_MARK,
  RECORD_START_SIZE,
} from '../../datatree/storage/log-format.ts';
import { readInt32, readInt64 } from '../../jute/int64.ts';

/** What a log begins with. */
export interface LogHeader {
  readonly magic: number;
  readonly version: number;
  readonly dbid: bigint;
}

/**
 * Why next() found no record: zeros where one would begin, the end of the file before or inside of it, or a length that no record
 * has.
 */
export type Stop = 'zeros' | 'end-of-file' | 'length';

/** Bytes of a file that are in memory at a time; more where a single record is larger. */
const WINDOW_SIZE = 512 * 1024;

/** A record that claims more than this is not read, in bytes. */
const RECORD_LIMIT = 256 << 20;

/** A walk over one file. */
export class LogRecords {
  /** Where the record that next() found begins; where it stopped if there was none. */
  offset = 0;
  /** The bytes under the checksum: TxnHeader, transaction, perhaps TxnDigest. A view, good until the next call. */
  payload: Buffer = Buffer.alloc(0);
  /** The checksum that is written in the record. */
  writtenChecksum = 0n;
  /** The checksum of the payload. */
  checksum = 0;
  hasEndMark = false;
  stop: Stop | null = null;
  private readonly file: OpenFile;
  private following = FILE_HEADER_SIZE;
  private window = Buffer.allocUnsafeSlow(WINDOW_SIZE);
  private windowStart = 0;
  private windowSize = 0;

  constructor(file: OpenFile) {
    this.file = file;
  }

  /** The header of the file; null where it is shorter than that. */
  header(): LogHeader | null {
    if (!this.has(0, FILE_HEADER_SIZE)) return null;
    const { window } = this;
    return {
      magic: readInt32(window, 0),
      version: readInt32(window, 4),
      dbid: readInt64(window, 8),
    };
  }

  /** The sixteen bytes of the header, as they are. */
  headerBytes(): Buffer {
    this.has(0, FILE_HEADER_SIZE);
    return Buffer.from(this.window.subarray(0, FILE_HEADER_SIZE));
  }

  /** Whether the record that next() found has the checksum that it says. */
  get isSound(): boolean {
    return this.writtenChecksum === BigInt(this.checksum);
  }

  /** Goes to the next record. False where there is none, and `stop` says why; it may be asked again when the file has grown. */
  next(): boolean {
    const offset = this.following;
    this.offset = offset;
    this.stop = null;
    if (!this.has(offset, RECORD_START_SIZE)) return this.stopAt('end-of-file');
    const length = readInt32(this.window, offset - this.windowStart + 8);
    if (length === 0) return this.stopAt('zeros');
    if (length < 0 || length > RECORD_LIMIT) return this.stopAt('length');
    const size = RECORD_START_SIZE + length + 1;
    if (!this.has(offset, size)) return this.stopAt('end-of-file');
    this.take(offset, length);
    this.following = offset + size;
    return true;
  }

  private take(offset: number, length: number): void {
    const at = offset - this.windowStart;
    const start = at + RECORD_START_SIZE;
    this.payload = this.window.subarray(start, start + length);
    this.writtenChecksum = readInt64(this.window, at);
    this.checksum = adler32(this.payload, 0, length);
    this.hasEndMark = this.window[start + length] === RECORD_END_MARK;
  }

  /**
   * As next(), for a log that a server perhaps writes to: what is not whole, or not there, is looked at again where something
   * follows that may have come meanwhile.
   */
  nextOfLive(): boolean {
    if (this.next()) {
      if (this.isSound && this.hasEndMark) return true;
      this.back();
      return this.next();
    }
    return logEndAt(this.file, this.offset) === 'damaged' && this.next();
  }

  /** Goes back in front of the record that next() found, which is perhaps still being written. */
  back(): void {
    this.following = this.offset;
    this.windowSize = 0;
  }

  private stopAt(stop: Stop): false {
    this.stop = stop;
    // What was read here may be something else when it is asked for again.
    this.windowSize = 0;
    return false;
  }

  /** Brings `size` bytes at `offset` into the window; false if the file ends before. */
  private has(offset: number, size: number): boolean {
    const end = this.windowStart + this.windowSize;
    if (offset >= this.windowStart && offset + size <= end) return true;
    if (size > this.window.length) this.window = Buffer.allocUnsafeSlow(size + WINDOW_SIZE);
    this.windowStart = offset;
    this.windowSize = this.file.read(this.window, offset);
    return size <= this.windowSize;
  }
}

/** Whether a header is that of a log. */
export function isLogHeader(header: LogHeader | null): header is LogHeader {
  return header !== null && header.magic === LOG_MAGIC;
}
