/*
 * Why a log file ends where LogReader stopped. Three answers:
 *
 *   clean    nothing but zeros follows: the file ends there
 *   torn     the last write before a crash did not get to the disk as a whole; nobody was ever told that it had
 *   damaged  something that had been written and synced is no longer what it was
 *
 * The difference between the last two decides between cutting off and refusing to start, so it must never take damage
 * for a torn write. What tells them apart: TxnLog writes at most MAX_WRITE_SIZE bytes before it waits for the sync, so
 * behind a torn write nothing is further away than that. Inside that distance the parts of a write may arrive in any
 * order, a sector (512 bytes) being all there or not at all; a sector that did not arrive still holds the zeros that
 * were there. So if whole records follow behind the bad one, there has to be such a sector before them (etcd's
 * write-ahead log asks the same question). Java has no such rule: it takes a record without its end mark for the end of the
 * file and stops the server at a wrong checksum.
 */

import { readInt32 } from '../../jute/int64.ts';
import { TXN_HEADER_SIZE } from '../../jute/txn.ts';
import type { OpenFile } from './disk.ts';
import {
  FILE_HEADER_SIZE,
  LOG_HEADER,
  MAX_WRITE_SIZE,
  RECORD_END_MARK,
  RECORD_START_SIZE,
} from './log-format.ts';
import { isWholeRecord } from './log-reader.ts';

/** Why a log file ends (the header of this file). */
export type LogEnd = 'clean' | 'torn' | 'damaged';

/** The unit in which a disk writes or does not, in bytes. */
const SECTOR_SIZE = 512;

/** Bytes looked at together. */
const STEP_SIZE = 256 * 1024;

/** A record that claims more than this is not believed, in bytes. */
const CREDIBLE_RECORD_SIZE = 64 << 20;

const ZERO_STEP = Buffer.alloc(STEP_SIZE);

/**
 * Why the file ends at `offset`, where LogReader found no further record.
 *
 * @param isKnownToGoOn whether later transactions are known to have been durable, so that no whole record behind here can
 *   belong to a torn write
 */
export function logEndAt(file: OpenFile, offset: number, isKnownToGoOn = false): LogEnd {
  const last = lastWrittenByte(file, offset);
  if (last < offset) return 'clean';
  const tail = new Tail(file, offset, last + 1);
  const reach = MAX_WRITE_SIZE + tail.credibleLengthAt(offset);
  if (last - offset > reach) return 'damaged';
  const whole = tail.nextWholeRecord(offset + 1);
  if (whole < 0) return 'torn';
  return !isKnownToGoOn && tail.hasMissingSector(offset, whole) ? 'torn' : 'damaged';
}

/** Whether there is an end mark where the record at `offset` says that it ends: all of it was written, whatever it is now. */
export function hasEndMark(file: OpenFile, offset: number): boolean {
  const start = Buffer.alloc(RECORD_START_SIZE);
  file.read(start, offset);
  const length = readInt32(start, 8);
  if (length <= 0 || length > CREDIBLE_RECORD_SIZE) return false;
  const mark = Buffer.alloc(1);
  return file.read(mark, offset + RECORD_START_SIZE + length) === 1 && mark[0] === RECORD_END_MARK;
}

/**
 * Whether a log ends at `offset` for a reader that stopped there: with the file, or with zeros where a record would begin. Asks less than
 * logEndAt: it reads nothing of what was made ahead.
 */
export function endsAt(file: OpenFile, offset: number): boolean {
  const start = Buffer.alloc(RECORD_START_SIZE);
  const size = file.read(start, offset);
  return start.subarray(0, size).every((byte) => byte === 0);
}

/** Whether a file that does not begin as a log is one whose first write did not arrive: zeros where the header should go on. */
export function isUnwrittenLog(file: OpenFile): boolean {
  const header = Buffer.alloc(FILE_HEADER_SIZE);
  file.read(header, 0);
  let same = 0;
  while (same < FILE_HEADER_SIZE && header[same] === LOG_HEADER[same]) same++;
  return header.every((byte, at) => at < same || byte === 0) && logEndAt(file, 0) !== 'damaged';
}

/** The offset of the last byte at or behind `from` that is not zero; less than `from` if there is none. */
function lastWrittenByte(file: OpenFile, from: number): number {
  const step = Buffer.allocUnsafeSlow(STEP_SIZE);
  for (let end = file.size; end > from; end -= STEP_SIZE) {
    const start = Math.max(from, end - STEP_SIZE);
    const size = file.read(step.subarray(0, end - start), start);
    const bytes = step.subarray(0, size);
    if (bytes.equals(ZERO_STEP.subarray(0, size))) continue;
    for (let at = size - 1; at >= 0; at--) {
      if (bytes[at] !== 0) return start + at;
    }
  }
  return from - 1;
}

/** What follows the last good record, `[start, end)`; only asked for details where that is not much. */
class Tail {
  private readonly file: OpenFile;
  private readonly start: number;
  private readonly end: number;
  private loaded: Buffer | null = null;

  constructor(file: OpenFile, start: number, end: number) {
    this.file = file;
    this.start = start;
    this.end = end;
  }

  /** The length that a record at `offset` claims, or 0 if no record could have it. */
  credibleLengthAt(offset: number): number {
    const start = Buffer.alloc(RECORD_START_SIZE);
    this.file.read(start, offset);
    const length = readInt32(start, 8);
    return length > 0 && length <= CREDIBLE_RECORD_SIZE ? length : 0;
  }

  private get bytes(): Buffer {
    if (this.loaded === null) {
      this.loaded = Buffer.alloc(this.end - this.start);
      this.file.read(this.loaded, this.start);
    }
    return this.loaded;
  }

  /** Where the first whole record at or behind `from` begins; -1 if there is none. */
  nextWholeRecord(from: number): number {
    const { bytes } = this;
    const last = bytes.length - RECORD_START_SIZE - TXN_HEADER_SIZE - 1;
    for (let at = from - this.start; at <= last; at++) {
      if (readInt32(bytes, at) !== 0) continue;
      const length = readInt32(bytes, at + 8);
      if (length < TXN_HEADER_SIZE || length > bytes.length - at - RECORD_START_SIZE - 1) continue;
      if (bytes[at + RECORD_START_SIZE + length] !== RECORD_END_MARK) continue;
      if (isWholeRecord(bytes, at, length)) return this.start + at;
    }
    return -1;
  }

  /**
   * Whether a sector between a bad record at `from` and a whole one at `to` was not written. The sector in which the bad
   * record begins counts from behind the four zeros that every record begins with; so does the one in which the whole record has
   * nothing but these, for they are there also where the sector is not.
   */
  hasMissingSector(from: number, to: number): boolean {
    let at = from + 4;
    while (at < to) {
      const end = at + SECTOR_SIZE - (at % SECTOR_SIZE);
      if (end > to + 4) return false;
      const sector = this.bytes.subarray(at - this.start, end - this.start);
      if (sector.every((byte) => byte === 0)) return true;
      at = end;
    }
    return false;
  }
}
