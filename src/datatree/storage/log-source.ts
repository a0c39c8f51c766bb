/*
 * LogSource: transactions off the disk for a learner that is further behind than the memory reaches (Java:
 * ZKDatabase.getProposalsFromTxnLog, TxnLogProposalIterator). It is read in slices, while the newest file is being written:
 * what is asked for was durable before.
 *
 * A learner must get every transaction of the leader's history and no other, so nothing but an unbroken log will do:
 * - Zxids follow each other, in an epoch or to the first of a later one. Where a record is damaged or missing, the next one does not,
 *   unless it is the last of its epoch: so nothing may stand where a file stops before the last one.
 * - A member that took over a SNAP may have files from before it that another history wrote, or that end too early. Ours are removed
 *   then (discard.ts), Java's are not. They show by the snapshot: its zxid is in no log, being the beginning of an epoch, or lies
 *   between the last record of a file and the first of the next.
 * With everything else the leader sends a SNAP.
 */

import type { Zxid } from '../../jute/int64.ts';
import { nextZxid, readInt64, toHex, toZxid } from '../../jute/int64.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { follows, isOfTxn } from '../../jute/zxid.ts';
import type { LoggedTxn } from './committed-log.ts';
import type { DataDirectories } from './directories.ts';
import type { Disk, OpenFile } from './disk.ts';
import type { NamedFile } from './file-names.ts';
import { logsFrom, sortedLogs, sortedSnapshots } from './file-names.ts';
import { endsAt, isUnwrittenLog } from './log-end.ts';
import { LogReader } from './log-reader.ts';
import { StorageError } from './storage-error.ts';

/** Where logs and snapshots are. */
export type HistoryDirectories = Pick<DataDirectories, 'logDirectory' | 'snapshotDirectory'>;

/** Bytes of the log that one call looks at at most: a third of a millisecond, on one core of an AMD EPYC. */
const SLICE_SIZE = 256 * 1024;

/** Where the zxid stands in a TxnHeader, in bytes. */
export const ZXID_OFFSET = 12;

/** What is added to a slice for a record besides its bytes, so that many small ones end it as well. */
const RECORD_COST = 64;

/** The transactions behind one zxid, up to another. */
export class LogSource {
  /**
   * The last zxid in the log that is not above the one asked for, or that one itself where the log begins right behind it;
   * null where the log does not reach back so far. Known once next() has given a transaction or null.
   */
  floorZxid: Zxid | null = null;
  private readonly disk: Disk;
  private readonly directory: string;
  private readonly from: Zxid;
  private readonly through: Zxid;
  private readonly files: NamedFile[];
  /** Zxids of snapshots that the log has to hold or to go past. */
  private readonly snapshots: readonly Zxid[];
  private reader: LogReader | null = null;
  private path: string | null = null;
  /** The zxid read last; null before any. */
  private last: Zxid | null = null;
  private hasGiven = false;
  private isClosed = false;
  private readonly copy = new JuteWriter(SLICE_SIZE);

  private constructor(disk: Disk, directories: HistoryDirectories, from: Zxid, through: Zxid) {
    const { logDirectory, snapshotDirectory } = directories;
    const logs = sortedLogs(disk.list(logDirectory) ?? []);
    this.disk = disk;
    this.directory = logDirectory;
    this.from = from;
    this.through = through;
    this.files = logsFrom(logs, from).filter((log) => log.zxid <= through);
    this.snapshots = sortedSnapshots(disk.list(snapshotDirectory) ?? [])
      .map((snapshot) => snapshot.zxid)
      .filter((zxid) => zxid > from && zxid <= through);
  }

  /**
   * Begins to read the transactions above `from`, up to and with `through`, which is one and durable. Opens nothing yet.
   */
  static open(disk: Disk, directories: HistoryDirectories, from: Zxid, through: Zxid): LogSource {
    return new LogSource(disk, directories, from, through);
  }

  /**
   * The next transactions, about `maxBytes` of them and at least one, good until the next call. None where `from` has not been
   * reached yet; null when `through` has been given, and then it is closed. A log that cannot be used before it has given any
   * transaction is one that does not reach back: null, and floorZxid is null. Later it raises a StorageError.
   */
  next(maxBytes: number): readonly LoggedTxn[] | null {
    try {
      const txns = this.readSlice(maxBytes);
      if (txns !== null && txns.length > 0) this.hasGiven = true;
      return txns;
    } catch (error) {
      this.close();
      if (!(error instanceof Error && (error instanceof StorageError || 'code' in error)))
        throw error;
      if (this.hasGiven) throw new StorageError(`The log cannot be read on: ${error.message}`);
      this.floorZxid = null;
      return null;
    }
  }

  private readSlice(maxBytes: number): readonly LoggedTxn[] | null {
    if (this.isClosed) return null;
    if (this.snapshots.some((zxid) => !isOfTxn(zxid))) {
      throw new StorageError('An epoch begins with a snapshot, not in the log', this.directory);
    }
    const { copy } = this;
    const zxids: Zxid[] = [];
    const ends: number[] = [];
    copy.reset();
    for (let looked = 0; looked < SLICE_SIZE; ) {
      if (zxids.length > 0 && copy.length >= maxBytes) break;
      if (this.last !== null && this.last >= this.through) break;
      if (!this.advance()) throw this.endsEarly();
      const { record } = this.reader as LogReader;
      looked += record.remaining + RECORD_COST;
      const zxid = toZxid(readInt64(record.bytes, record.offset + ZXID_OFFSET));
      if (!this.take(zxid)) continue;
      copy.writeBytes(record.bytes.subarray(record.offset, record.end));
      zxids.push(zxid);
      ends.push(copy.length);
    }
    if (zxids.length === 0 && this.last !== null && this.last >= this.through) {
      this.close();
      return null;
    }
    const { buffer } = copy;
    return zxids.map((zxid, index) => {
      return { zxid, record: buffer.subarray(ends[index - 1] ?? 0, ends[index]) };
    });
  }

  /** Whether a record is one of those asked for. Raises StorageError where the log has a gap in front of it. */
  private take(zxid: Zxid): boolean {
    const { last, from } = this;
    // Files may overlap where a server was restored from a backup.
    if (last !== null && zxid <= last) return false;
    if (zxid <= from) {
      this.last = zxid;
      this.floorZxid = zxid;
      return false;
    }
    if (last === null) {
      if (zxid === nextZxid(from)) this.floorZxid = from;
    } else if (!follows(last, zxid) || this.hasSnapshotBetween(last, zxid)) {
      throw new StorageError(
        `Transactions between 0x${toHex(last)} and 0x${toHex(zxid)} are not in the log`,
        this.path,
      );
    }
    this.last = zxid;
    return zxid <= this.through;
  }

  private hasSnapshotBetween(last: Zxid, zxid: Zxid): boolean {
    return this.snapshots.some((snapshot) => snapshot > last && snapshot < zxid);
  }

  /** Goes to the next record, in this file or a later one; false where there is none. */
  private advance(): boolean {
    for (;;) {
      if (this.reader?.next() === true) return true;
      const [file] = this.files;
      // Another epoch follows whatever the one before has lost.
      if (file !== undefined && this.reader !== null) this.checkEnd(this.reader);
      this.reader?.close();
      this.reader = null;
      if (file === undefined) return false;
      this.files.shift();
      this.path = `${this.directory}/${file.name}`;
      const reader = new LogReader(this.disk, this.path);
      if (reader.hasHeader) this.reader = reader;
      else {
        const isUnwritten = isUnwrittenLog(reader.file);
        reader.close();
        if (!isUnwritten) throw new StorageError('The log does not begin as one', this.path, 0);
      }
    }
  }

  private checkEnd({ file, offset }: LogReader): void {
    if (endsAt(file, offset)) return;
    throw new StorageError('The log stops before its end', this.path, offset);
  }

  private endsEarly(): StorageError {
    const end = this.last === null ? 'has nothing' : `ends at 0x${toHex(this.last)}`;
    return new StorageError(
      `The log ${end}, before 0x${toHex(this.through)}`,
      this.path ?? this.directory,
    );
  }

  /** Closes the file that is open. */
  close(): void {
    this.isClosed = true;
    this.reader?.close();
    this.reader = null;
  }
}

/** The part of a file's end that is looked at in one step when its written size is looked for, in bytes. */
const BLOCK_SIZE = 4096;

/**
 * About how many bytes of log there are from the file on that can hold the first transaction above `from` (Java:
 * FileTxnIterator.getStorageSize, which counts the space that was made ahead as well).
 */
export function logSizeFrom(disk: Disk, logDirectory: string, from: Zxid): number {
  const logs = logsFrom(sortedLogs(disk.list(logDirectory) ?? []), from);
  let size = 0;
  for (const log of logs) {
    const file = disk.open(`${logDirectory}/${log.name}`);
    try {
      size += writtenSize(file);
    } finally {
      file.close();
    }
  }
  return size;
}

/** Finds by halves where the zeros at the end of a log begin. */
function writtenSize(file: OpenFile): number {
  const block = Buffer.alloc(BLOCK_SIZE);
  let low = 0;
  let high = Math.ceil(file.size / BLOCK_SIZE);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const size = file.read(block, middle * BLOCK_SIZE);
    if (block.subarray(0, size).every((byte) => byte === 0)) high = middle;
    else low = middle + 1;
  }
  return Math.min(file.size, low * BLOCK_SIZE);
}

/** The size of the newest snapshot as it is on the disk, in bytes; 0 for none. */
export function newestSnapshotSize(disk: Disk, snapshotDirectory: string): number {
  const newest = sortedSnapshots(disk.list(snapshotDirectory) ?? [])[0];
  return newest === undefined ? 0 : disk.size(`${snapshotDirectory}/${newest.name}`);
}

/**
 * Whether a learner is sent transactions out of the log rather than a snapshot (Java: ZKDatabase.calculateTxnLogSizeLimit,
 * getProposalsFromTxnLog; sizes in bytes).
 *
 * @param snapshotSizeFactor the log may have this part of the size of the newest snapshot (zookeeper.snapshotSizeFactor, 0.33); below
 *   0 the log is never read, with 0 there is no limit, and where there is no snapshot neither
 */
export function isLogWorthReading(
  logSize: number,
  snapshotSize: number,
  snapshotSizeFactor: number,
): boolean {
  if (snapshotSizeFactor < 0) return false;
  const limit = Math.trunc(snapshotSize * snapshotSizeFactor);
  return limit <= 0 || logSize <= limit;
}
