/*
 * TxnLog: the transaction log, written. Transactions are serialised at once into the pending batch; flush() gives that
 * batch to the disk as one durable write, and what is appended meanwhile is the next batch: group commit without a timer.
 *
 * Space is allocated ahead. The file is made longer by preAllocSize as in Java, which costs nothing and allocates
 * nothing; besides, each time the writes reach ground that was never written, the same write goes on with zeros. Thus
 * nearly every write hits blocks that exist, and its sync needs no journal commit of the file system (measured on ext4,
 * 20 KB a write: 0.20 ms against 0.33 ms).
 *
 * Recovery is recover.ts, and a log that is there at start is never appended to, as in Java (FileTxnLog, FilePadding; the
 * batching is SyncRequestProcessor's). An ensemble makes a new TxnLog for each term of a role, after the old one was closed.
 */

import type { ByteRange } from '../../jute/byte-range.ts';
import type { Zxid } from '../../jute/int64.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import type { Disk, Done, LogFile } from './disk.ts';
import { logName } from './file-names.ts';
import { isUnwrittenLog, logEndAt } from './log-end.ts';
import { FILE_HEADER_SIZE, LOG_HEADER, MAX_WRITE_SIZE, paddedSize } from './log-format.ts';
import { LogReader } from './log-reader.ts';
import { type Batch, PendingBatches } from './pending-batches.ts';
import { StorageError } from './storage-error.ts';

/** How the log is written. */
export interface TxnLogOptions {
  /** Where the files go: version-2 of dataLogDir. */
  readonly directory: string;
  /** The last zxid that recovery found: what is appended must be above it. */
  readonly lastZxid: Zxid;
  /** Bytes by which a file is made longer ahead of the writes; 0 or less for not at all (preAllocSize, there in KB). */
  readonly preAllocSizeBytes: number;
  /** Bytes after which the log goes on in a new file; 0 or less for no limit (txnLogSizeLimitInKb). */
  readonly sizeLimitBytes: number;
  /** Whether a transaction is durable only when it has been synced (forceSync); otherwise when it is written. */
  readonly forceSync: boolean;
  /** A sync that takes longer is warned of, in ms (fsync.warningthresholdms). */
  readonly fsyncWarningThresholdMs: number;
  /** Pending bytes from which on `isFull` asks for a pause. One batch in the write and one behind it is enough for any disk. */
  readonly maxPendingBytes: number;
}

/** What the log tells. Called from the disk's callbacks, never from inside append or flush. */
export interface TxnLogEvents {
  /** Everything up to `zxid` is durable. */
  onDurable(zxid: Zxid): void;
  /** A write or sync failed. Called once; nothing will be durable any more, so the server has to stop. */
  onFailure(error: Error): void;
  /** A batch took `elapsedMs` to write and sync (Java's metric fsynctime). Not called where forceSync is off. */
  onSync(elapsedMs: number): void;
  /** It took longer than the threshold: one line for the log, in Java's words (metric fsync_threshold_exceed_count). */
  onSlowSync(message: string): void;
}

/** Zeros written ahead of the transactions whenever they reach new ground, in bytes. */
const ZERO_AHEAD_SIZE = 512 * 1024;

/** The unit in which file systems allocate. */
const BLOCK_SIZE = 4096;

const ZEROS = Buffer.alloc(ZERO_AHEAD_SIZE + BLOCK_SIZE);

/** The file that is being written. */
interface OpenLog {
  readonly file: LogFile;
  /** Where the next byte goes. */
  position: number;
  /** Size of the file, zeros at its end included. */
  size: number;
  /** Up to where the file has been written, zeros included. */
  allocated: number;
}

/**
 * Where the piece of a batch that begins at `offset` ends: with the batch or, where that is too much for one write, with a
 * block of the file. A sector that belonged to two writes could not tell recovery that the second one is missing.
 *
 * @param fileOffset how much further back a byte of the batch stands in the file
 */
function endOfPiece(fileOffset: number, offset: number, batchSize: number): number {
  const end = offset + MAX_WRITE_SIZE;
  return end >= batchSize ? batchSize : end - ((fileOffset + end) % BLOCK_SIZE);
}

/** Whether a file could not be made because there is one with its name. */
function isTaken(error: Error | null): boolean {
  return error !== null && 'code' in error && error.code === 'EEXIST';
}

/** Whether a file is a log that never got a transaction: a role that ended before its first write was durable may leave one. */
function isEmptyLog(disk: Disk, path: string): boolean {
  const reader = new LogReader(disk, path);
  try {
    if (!reader.hasHeader) return isUnwrittenLog(reader.file);
    return !reader.next() && logEndAt(reader.file, reader.offset) !== 'damaged';
  } finally {
    reader.close();
  }
}

/** The transaction log of one server. */
export class TxnLog {
  private readonly disk: Disk;
  private readonly options: TxnLogOptions;
  private readonly events: TxnLogEvents;
  private readonly batches: PendingBatches;
  private writing: Batch | null = null;
  private open: OpenLog | null = null;
  private elapsedMs = 0;
  private failure: Error | null = null;
  private closed: Done | null = null;
  private isClosed = false;
  private durable: Zxid;

  /** Opens nothing: the first file is made when the first batch is flushed. */
  constructor(disk: Disk, options: TxnLogOptions, events: TxnLogEvents) {
    this.disk = disk;
    this.options = options;
    this.events = events;
    this.batches = new PendingBatches(options.lastZxid);
    this.durable = options.lastZxid;
  }

  /** The zxid of the last transaction appended; the recovered one before that. */
  get lastAppendedZxid(): Zxid {
    return this.batches.lastZxid;
  }

  /** The zxid up to which everything is durable. */
  get durableZxid(): Zxid {
    return this.durable;
  }

  /** Whether there is something to flush, apart from what is being written. */
  get hasPending(): boolean {
    return this.batches.hasAny;
  }

  /** Whether a batch is being written; flush() then does nothing. */
  get isFlushing(): boolean {
    return this.writing !== null;
  }

  /** Bytes appended that are not yet durable. */
  get pendingBytes(): number {
    return this.batches.size;
  }

  /** Whether so much is pending that nothing should be appended for now. */
  get isFull(): boolean {
    return this.batches.size >= this.options.maxPendingBytes;
  }

  /** Transactions appended since the last roll() (Java: ZKDatabase.getTxnCount). */
  get txnCount(): number {
    return this.batches.txnCount;
  }

  /** Bytes appended since the last roll(); Java's ZKDatabase.getTxnSize counts the padding as well. */
  get sizeBytes(): number {
    return this.batches.txnBytes;
  }

  /**
   * Appends a transaction with a zxid above all before it; `digest` is null where digests are off. Returns what a PROPOSAL
   * carries of it: header, transaction, digest. It lies there until the next append.
   */
  append(header: TxnHeader, txn: Txn, digest: TxnDigest | null): ByteRange {
    return this.batches.append(header, txn, digest);
  }

  /** Appends a transaction that is serialised already, as append returns it: header, transaction, digest. */
  appendBytes(zxid: Zxid, record: Uint8Array): void {
    this.batches.appendBytes(zxid, record);
  }

  /** The next transaction begins a new file, and the counts start again: a snapshot is about to be cut. */
  roll(): void {
    this.batches.roll();
  }

  /** Starts to write what is pending, if nothing is being written. The caller calls again in its next turn. */
  flush(): void {
    if (this.writing !== null || this.failure !== null || this.isClosed) return;
    const batch = this.batches.take();
    if (batch === null) return;
    this.writing = batch;
    this.elapsedMs = 0;
    if (batch.startsFile) this.closeFile((error) => this.startFile(batch, error));
    else this.writeFrom(batch, 0);
  }

  private closeFile(done: Done): void {
    const { open } = this;
    this.open = null;
    if (open === null) done(null);
    else open.file.close(done);
  }

  private startFile(batch: Batch, error: Error | null): void {
    if (error !== null) {
      this.fail(error);
      return;
    }
    const { directory, forceSync, preAllocSizeBytes } = this.options;
    const path = `${directory}/${logName(batch.firstZxid)}`;
    this.disk.createLog(path, forceSync, (failure, file) => {
      if (file === null) {
        if (isTaken(failure)) this.startAgain(batch, path);
        else this.fail(failure ?? new Error('no file'));
        return;
      }
      const size = paddedSize(FILE_HEADER_SIZE, FILE_HEADER_SIZE, preAllocSizeBytes);
      this.open = { file, position: 0, size, allocated: 0 };
      this.writeFrom(batch, 0);
    });
  }

  /** A file of that name may only be in the way when no transaction is in it, and only once. */
  private startAgain(batch: Batch, path: string): void {
    try {
      if (!isEmptyLog(this.disk, path)) {
        throw new StorageError('A file with content has the name of the next log', path);
      }
      this.disk.removeNow(path);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.startFile(batch, null);
  }

  /** Writes the batch from `offset` on, piece after piece, each once the one before is durable. */
  private writeFrom(batch: Batch, offset: number): void {
    const { open } = this;
    if (open === null) throw new Error('no log is open');
    const isNewFile = open.position === 0;
    const headerSize = isNewFile ? FILE_HEADER_SIZE : 0;
    const next = endOfPiece(open.position + headerSize - offset, offset, batch.writer.length);
    const parts: Uint8Array[] = isNewFile ? [LOG_HEADER] : [];
    parts.push(batch.writer.buffer.subarray(offset, next));
    const start = open.position;
    open.position += headerSize + next - offset;
    const size = paddedSize(open.position, open.size, this.options.preAllocSizeBytes);
    const mustGrow = isNewFile || size !== open.size;
    open.size = size;
    this.allocateAhead(open, parts);
    open.file.write(parts, start, (error, elapsedMs) => {
      this.elapsedMs += elapsedMs;
      const goOn: Done = (failure) => {
        if (failure !== null) this.fail(failure);
        else if (next < batch.writer.length) this.writeFrom(batch, next);
        else this.finishBatch(batch);
      };
      if (error !== null) goOn(error);
      else if (mustGrow) this.growFile(open, isNewFile, goOn);
      else goOn(null);
    });
  }

  /** Where the writes leave what is allocated, goes on with zeros, within the size that the file is to have. */
  private allocateAhead(open: OpenLog, parts: Uint8Array[]): void {
    const { position } = open;
    if (position <= open.allocated) return;
    const ahead = position + ZERO_AHEAD_SIZE + BLOCK_SIZE - 1;
    const end = Math.min(ahead - (ahead % BLOCK_SIZE), open.size);
    open.allocated = end;
    if (end > position) parts.push(ZEROS.subarray(0, end - position));
  }

  /**
   * Gives the file its size only now: a file that has a size but no header would keep Java from starting, and a crash
   * could leave one.
   */
  private growFile(open: OpenLog, isNewFile: boolean, done: Done): void {
    const { directory, forceSync } = this.options;
    const syncName: Done = (error) => {
      if (error === null && isNewFile && forceSync) this.disk.syncDirectory(directory, done);
      else done(error);
    };
    if (open.size > open.allocated) open.file.extend(open.size, syncName);
    else syncName(null);
  }

  private finishBatch(batch: Batch): void {
    this.writing = null;
    this.durable = batch.lastZxid;
    this.batches.giveBack(batch);
    this.rollAtSizeLimit();
    this.reportSync();
    this.events.onDurable(this.durable);
    this.finishClose();
  }

  /** Java looks at the size of the file with its padding; the bytes written are what the limit is about. */
  private rollAtSizeLimit(): void {
    const { sizeLimitBytes } = this.options;
    if (sizeLimitBytes <= 0 || this.open === null || this.open.position <= sizeLimitBytes) return;
    this.batches.startFile();
  }

  private reportSync(): void {
    const { forceSync, fsyncWarningThresholdMs } = this.options;
    if (!forceSync) return;
    this.events.onSync(this.elapsedMs);
    if (this.elapsedMs <= fsyncWarningThresholdMs) return;
    const elapsed = Math.trunc(this.elapsedMs);
    this.events.onSlowSync(
      `fsync-ing the write ahead log in SyncThread:0 took ${elapsed}ms which will adversely effect operation latency.` +
        `File size is ${this.open?.size ?? 0} bytes. See the ZooKeeper troubleshooting guide`,
    );
  }

  private fail(error: Error): void {
    this.failure = error;
    this.writing = null;
    this.closeFile(() => {});
    this.events.onFailure(error);
    this.closed?.(error);
  }

  /** Flushes everything and closes the file. What is appended afterwards is never written. `done` gets the error that the log failed with, before or now. */
  close(done: Done): void {
    if (this.failure !== null) {
      done(this.failure);
      return;
    }
    this.closed = done;
    this.finishClose();
  }

  private finishClose(): void {
    const { closed } = this;
    // Whoever heard that something is durable may have begun the next write.
    if (closed === null || this.writing !== null || this.failure !== null) return;
    if (this.hasPending) {
      this.flush();
      return;
    }
    this.isClosed = true;
    this.closeFile(closed);
  }
}
