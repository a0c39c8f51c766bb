/*
 * PendingBatches: transactions that wait to be written to the log, framed as they will stand there. What is written together is a
 * batch; a roll seals the batch at hand, because what comes behind it goes into another file.
 *
 * Framing is log-format.ts (Java: Util.marshallTxnEntry, FileTxnLog.append). The memory of a batch that was written serves the next.
 */

import type { ByteRange } from '../../jute/byte-range.ts';
import type { Zxid } from '../../jute/int64.ts';
import { writeInt32 } from '../../jute/int64.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import { writeTxn, writeTxnDigest, writeTxnHeader } from '../../jute/txn.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { adler32 } from './adler32.ts';
import { MAX_WRITE_SIZE, RECORD_END_MARK, RECORD_START_SIZE } from './log-format.ts';

const BATCH_INITIAL_SIZE = 64 * 1024;

/** The memory of a batch is used again unless it had to grow beyond this, in bytes. */
const BATCH_KEPT_SIZE = 4 * MAX_WRITE_SIZE;

/** Transactions that are written together. */
export class Batch {
  readonly writer = new JuteWriter(BATCH_INITIAL_SIZE);
  firstZxid: Zxid;
  lastZxid: Zxid;
  count = 0;
  /** Whether the first one begins a new file. */
  startsFile = false;

  constructor(zxid: Zxid) {
    this.firstZxid = zxid;
    this.lastZxid = zxid;
  }
}

/** What was appended and is not durable. */
export class PendingBatches {
  private appending: Batch;
  /** Batches that are complete because a roll came behind them. */
  private readonly sealed: Batch[] = [];
  private spare: Batch | null = null;
  private isRollDue = true;
  /** The zxid of the last transaction appended. */
  lastZxid: Zxid;
  /** Bytes appended that are not yet durable, those of the batch in the write too. */
  size = 0;
  /** Transactions and their bytes since the last roll. */
  txnCount = 0;
  txnBytes = 0;

  /** @param lastZxid what is appended must be above it */
  constructor(lastZxid: Zxid) {
    this.lastZxid = lastZxid;
    this.appending = new Batch(lastZxid);
  }

  /** Whether there is a batch to take. */
  get hasAny(): boolean {
    return this.appending.count > 0 || this.sealed.length > 0;
  }

  /** Serialises a transaction. Returns what a PROPOSAL carries of it: header, transaction, digest; it lies there until the next append. */
  append(header: TxnHeader, txn: Txn, digest: TxnDigest | null): ByteRange {
    const { writer } = this.batchFor(header.zxid);
    const start = writer.reserve(RECORD_START_SIZE);
    writeTxnHeader(writer, header);
    writeTxn(writer, txn);
    if (digest !== null) writeTxnDigest(writer, digest);
    const end = writer.length;
    this.finishRecord(writer, start);
    return { bytes: writer.buffer, start: start + RECORD_START_SIZE, end };
  }

  /** Takes a transaction that is serialised already. */
  appendBytes(zxid: Zxid, record: Uint8Array): void {
    const { writer } = this.batchFor(zxid);
    const start = writer.reserve(RECORD_START_SIZE);
    writer.writeBytes(record);
    this.finishRecord(writer, start);
  }

  private batchFor(zxid: Zxid): Batch {
    if (zxid <= this.lastZxid) throw new Error(`zxid ${zxid} appended behind ${this.lastZxid}`);
    if (this.isRollDue) {
      this.isRollDue = false;
      if (this.appending.count > 0) {
        this.sealed.push(this.appending);
        this.appending = this.emptyBatch();
      }
      this.appending.startsFile = true;
    }
    const batch = this.appending;
    if (batch.count === 0) batch.firstZxid = zxid;
    batch.count++;
    batch.lastZxid = zxid;
    this.lastZxid = zxid;
    return batch;
  }

  private finishRecord(writer: JuteWriter, start: number): void {
    const payload = start + RECORD_START_SIZE;
    const end = writer.length;
    const at = writer.reserve(1);
    const { buffer } = writer;
    buffer[at] = RECORD_END_MARK;
    writeInt32(buffer, start, 0);
    writeInt32(buffer, start + 4, adler32(buffer, payload, end));
    writeInt32(buffer, start + 8, end - payload);
    this.txnCount++;
    this.size += at + 1 - start;
    this.txnBytes += at + 1 - start;
  }

  private emptyBatch(): Batch {
    const batch = this.spare ?? new Batch(this.lastZxid);
    this.spare = null;
    return batch;
  }

  /** The next transaction begins a new file, and the counts start again. */
  roll(): void {
    this.isRollDue = true;
    this.txnCount = 0;
    this.txnBytes = 0;
  }

  /** What is to be written next, or null; to be given back once it is durable. */
  take(): Batch | null {
    const sealed = this.sealed.shift();
    if (sealed !== undefined) return sealed;
    const batch = this.appending;
    if (batch.count === 0) return null;
    this.appending = this.emptyBatch();
    return batch;
  }

  /** A batch is durable. */
  giveBack(batch: Batch): void {
    this.size -= batch.writer.length;
    if (batch.writer.buffer.length > BATCH_KEPT_SIZE) return;
    batch.writer.reset();
    batch.count = 0;
    batch.startsFile = false;
    this.spare = batch;
  }

  /** What is taken next begins a new file. */
  startFile(): void {
    const next = this.sealed[0] ?? this.appending;
    if (next.count > 0) next.startsFile = true;
    else this.isRollDue = true;
  }
}
