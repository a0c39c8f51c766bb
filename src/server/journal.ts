/*
 * Journal: how a server makes transactions durable (Java: SyncRequestProcessor): when the log is flushed, and when a snapshot is cut.
 *
 * It decides when and measures how long; the files are written by TxnLog and SnapshotWriter (src/datatree/storage). Nothing is
 * known here of who asked and who is to be answered.
 */

import type { ServerMetrics } from '../admin/metrics/index.ts';
import type { Disk } from '../datatree/storage/disk.ts';
import type { SnapshotWriter } from '../datatree/storage/snapshot-writer.ts';
import { TxnLog } from '../datatree/storage/txn-log.ts';
import type { ByteRange } from '../jute/byte-range.ts';
import type { Zxid } from '../jute/int64.ts';
import type { Txn, TxnDigest, TxnHeader } from '../jute/txn.ts';
import type { TurnClock } from './clock.ts';
import type { ServerConfig } from './config/config.ts';
import type { Log } from './log.ts';

/** Bytes of transactions that wait for the disk: above this nothing more is read from clients. */
const LOG_BACKLOG_LIMIT = 32 * 1024 * 1024;

/**
 * Bytes of transactions that are worth a write of their own. A turn that brings more does not have the disk wait for its end: it works
 * while the rest is prepared, and while the first of them are answered it works on the rest. Measured with a thousand writes
 * under way: 16 KB are too little for what a write costs, and with 128 KB the server waits for the disk.
 */
const EARLY_FLUSH_SIZE = 64 * 1024;

/** What a journal is given. */
export interface JournalPorts {
  readonly disk: Disk;
  readonly clock: TurnClock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly snapshots: SnapshotWriter;
  /** A turn is due: something happened outside of one. */
  readonly wake: () => void;
  /** Everything up to `zxid` is on disk. */
  readonly durable: (zxid: Zxid) => void;
  /** The disk has failed: nothing is durable any more. */
  readonly fail: (error: Error) => void;
}

/** Transactions that were appended at one moment and are not durable yet. */
interface Appended {
  /** ms of the turn clock (elapsed) */
  readonly at: number;
  /** The last of them. */
  zxid: Zxid;
  count: number;
}

/** The log of a server, and its snapshots. */
export class Journal {
  private readonly ports: JournalPorts;
  private readonly config: ServerConfig;
  private readonly txnLog: TxnLog;
  /** Transactions appended since the last write of the log began; when the last one was, and when that write began, in ms. */
  private unflushedCount = 0;
  private lastAppendAt = 0;
  private lastFlushAt = 0;
  /** Transactions and bytes after which the next snapshot is cut; drawn anew each time, so that servers do not cut all at once. */
  private snapshotAfter: { readonly txns: number; readonly bytes: number };
  /** What is not durable yet, oldest first. */
  private appendedTxns: Appended[] = [];
  private waiting: { readonly zxid: Zxid; readonly done: () => void }[] = [];

  /** @param lastZxid what the first transaction comes behind */
  constructor(ports: JournalPorts, config: ServerConfig, lastZxid: Zxid) {
    this.ports = ports;
    this.config = config;
    this.txnLog = this.openLog(lastZxid);
    this.snapshotAfter = this.drawSnapshotThreshold();
  }

  private openLog(lastZxid: Zxid): TxnLog {
    const { ports, config } = this;
    const { metrics, log } = ports;
    const options = {
      directory: `${config.dataLogDir}/version-2`,
      lastZxid,
      preAllocSizeBytes: config.preAllocSizeKb * 1024,
      sizeLimitBytes: config.txnLogSizeLimitInKb * 1024,
      forceSync: config.forceSync,
      fsyncWarningThresholdMs: config.fsyncWarningThresholdMs,
      maxPendingBytes: LOG_BACKLOG_LIMIT,
    };
    return new TxnLog(ports.disk, options, {
      onDurable: (zxid) => this.durable(zxid),
      onFailure: (error) => {
        metrics.unrecoverableErrorCount.increment();
        ports.fail(error);
      },
      onSync: (elapsedMs) => metrics.fsyncTime.add(Math.trunc(elapsedMs)),
      onSlowSync: (message) => log.warn(message),
    });
  }

  private durable(zxid: Zxid): void {
    const { wake, metrics, clock, durable } = this.ports;
    wake();
    metrics.syncProcessorQueueFlushTime.add(clock.elapsed - this.lastFlushAt);
    this.countDurable(zxid);
    // The disk goes on while the server carries out and answers what is durable.
    this.flush();
    durable(zxid);
    const { waiting } = this;
    if (waiting.length === 0) return;
    this.waiting = waiting.filter((one) => one.zxid > zxid);
    for (const one of waiting) if (one.zxid <= zxid) one.done();
  }

  /** Records how long each transaction up to `zxid` took; of one moment all or none, those that a roll has parted with the rest. */
  private countDurable(zxid: Zxid): void {
    const { clock, metrics } = this.ports;
    const { appendedTxns } = this;
    let done = 0;
    for (const { at, zxid: last, count } of appendedTxns) {
      if (last > zxid) break;
      done += 1;
      const elapsed = clock.elapsed - at;
      for (let txn = 0; txn < count; txn++) metrics.syncProcessorQueueAndFlushTime.add(elapsed);
    }
    appendedTxns.splice(0, done);
  }

  /** Whether so much waits for the disk that nothing should be added. */
  get isFull(): boolean {
    return this.txnLog.isFull;
  }

  /** Appends a transaction; returns where its header, itself and its digest lie as they are in the log, until the next one. */
  append(header: TxnHeader, txn: Txn, digest: TxnDigest | null): ByteRange {
    const record = this.txnLog.append(header, txn, digest);
    this.appended(header.zxid);
    return record;
  }

  /** Appends a transaction as append() returns it. */
  appendBytes(zxid: Zxid, record: Uint8Array): void {
    this.txnLog.appendBytes(zxid, record);
    this.appended(zxid);
  }

  private appended(zxid: Zxid): void {
    this.ports.metrics.syncProcessorRequestQueued.increment();
    this.unflushedCount += 1;
    const { elapsed } = this.ports.clock;
    this.lastAppendAt = elapsed;
    const last = this.appendedTxns.at(-1);
    if (last?.at === elapsed) {
      last.zxid = zxid;
      last.count += 1;
    } else this.appendedTxns.push({ at: elapsed, zxid, count: 1 });
    this.snapshotWhenDue();
    if (this.txnLog.pendingBytes >= EARLY_FLUSH_SIZE) this.flush();
  }

  /** Calls back once everything that was appended is on disk, at once where it is. */
  whenDurable(done: () => void): void {
    const { lastAppendedZxid: zxid, durableZxid } = this.txnLog;
    if (zxid <= durableZxid) done();
    else this.waiting.push({ zxid, done });
  }

  // ---- snapshots

  /** Between half and all of snapCount, and of snapSizeLimitInKb (Java: SyncRequestProcessor.resetSnapshotStats). */
  private drawSnapshotThreshold(): { readonly txns: number; readonly bytes: number } {
    const { random } = this.ports;
    const halfCount = Math.floor(this.config.snapCount / 2);
    const halfBytes = (this.config.snapSizeLimitInKb * 1024) / 2;
    return {
      txns: halfCount + Math.floor(random() * halfCount),
      bytes: halfBytes <= 0 ? Number.POSITIVE_INFINITY : halfBytes + random() * halfBytes,
    };
  }

  private snapshotWhenDue(): void {
    const { txns, bytes } = this.snapshotAfter;
    if (this.txnLog.txnCount <= txns && this.txnLog.sizeBytes <= bytes) return;
    this.snapshotAfter = this.drawSnapshotThreshold();
    this.txnLog.roll();
    if (this.ports.snapshots.isActive) this.ports.log.warn('Too busy to snap, skipping');
    else this.ports.snapshots.start((done) => this.whenDurable(done));
  }

  // ---- turns and time

  /** Starts to write what was appended, unless flushDelay lets it wait for company. */
  flush(): void {
    const { unflushedCount } = this;
    if (unflushedCount === 0 || this.txnLog.isFlushing) return;
    const { elapsed } = this.ports.clock;
    const { maxBatchSize } = this.config;
    const isBatchFull = maxBatchSize > 0 && unflushedCount >= maxBatchSize;
    if (!isBatchFull && elapsed < this.flushDeadline) return;
    this.ports.metrics.syncProcessorBatchSize.add(unflushedCount);
    this.unflushedCount = 0;
    this.lastFlushAt = elapsed;
    this.txnLog.flush();
    // A roll parts what is pending: what goes into the next file waits for another flush.
    if (this.txnLog.hasPending) this.unflushedCount = 1;
  }

  /** When the log has to be flushed at the latest, in ms (Java: SyncRequestProcessor.getRemainingDelay and its poll). */
  private get flushDeadline(): number {
    const { flushDelayMs, maxWriteQueuePollTimeMs } = this.config;
    if (this.unflushedCount === 0) return Number.POSITIVE_INFINITY;
    return Math.min(this.lastFlushAt + flushDelayMs, this.lastAppendAt + maxWriteQueuePollTimeMs);
  }

  /** When flush() wants to be called, in ms of the elapsed clock. */
  get deadline(): number {
    return this.txnLog.isFlushing ? Number.POSITIVE_INFINITY : this.flushDeadline;
  }

  /** Makes durable what was appended, closes the log, and calls back. */
  close(done: (error: Error | null) => void): void {
    this.txnLog.close(done);
  }
}
