/*
 * Replay: applies the logs behind a snapshot to the tree, file after file, and finds out whether they are all there. The
 * rules are those in the header of recover.ts.
 */

import type { Zxid } from '../../jute/int64.ts';
import { nextZxid, toHex, toZxid } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { JuteReader } from '../../jute/reader.ts';
import { JuteError } from '../../jute/reader.ts';
import { RecordedCreates } from '../../jute/recorded-creates.ts';
import type { TxnHeader } from '../../jute/txn.ts';
import { readTxn, readTxnDigest, readTxnHeader } from '../../jute/txn.ts';
import { follows } from '../../jute/zxid.ts';
import type { DataTree } from '../data-tree.ts';
import type { Disk } from './disk.ts';
import type { NamedFile } from './file-names.ts';
import { hasEndMark, isUnwrittenLog, type LogEnd, logEndAt } from './log-end.ts';
import { FILE_HEADER_SIZE } from './log-format.ts';
import { LogReader } from './log-reader.ts';
import { StorageError } from './storage-error.ts';

/** What the replay is to do. */
export interface ReplayOptions {
  readonly logDirectory: string;
  /** Whether digests in the log are compared with the tree's. */
  readonly digestEnabled: boolean;
  /** Whether transactions may begin anywhere: there is no snapshot that they go on from. */
  readonly isStartUnknown: boolean;
  /** The zxid up to which transactions are known to have existed, although no snapshot with them can be loaded. */
  readonly knownZxid: Zxid;
  /** The last transaction to apply; all where it is not given. */
  readonly throughZxid?: Zxid;
  /** Whether the files stay as they are, for tools that look at those of a server that runs and perhaps writes on. */
  readonly isReadOnly?: boolean;
  readonly onWarning: (message: string) => void;
}

/** Where a file stopped before its end. */
interface Stop {
  readonly path: string;
  readonly offset: number;
  /** Whether that is before the zxid of the snapshot, up to which everything had been durable. */
  readonly isBeforeSnapshot: boolean;
}

function gapBetween(last: Zxid, zxid: Zxid): string {
  return `Transactions between 0x${toHex(last)} and 0x${toHex(zxid)} are missing`;
}

/** One pass over the logs. */
export class Replay {
  /** Transactions applied. */
  txnCount = 0;
  private readonly disk: Disk;
  private readonly tree: DataTree;
  private readonly options: ReplayOptions;
  private readonly creates = new RecordedCreates();
  /** The last zxid that is in the tree. */
  private last: Zxid;
  private isStartUnknown: boolean;
  /** Where the last file that had transactions stopped; null before any. */
  private stop: Stop | null = null;
  /** Where the files behind that one stopped, which have no transaction. */
  private emptyLogs: Stop[] = [];
  /** Whether the last transaction that is wanted was applied, or one behind it met. */
  private isEnded: boolean;
  /** Whether a transaction was found behind where the last file stopped, which lost nothing then. */
  private hasGoneOn = false;
  /** Where a log stopped that may have lost the end of its epoch, and the mismatches of digests before; null for nowhere. */
  private doubt: { readonly stop: Stop; readonly last: Zxid; readonly mismatches: number } | null =
    null;
  /** Whether a transaction has told its digest since. */
  private isDoubtCompared = false;

  constructor(disk: Disk, tree: DataTree, options: ReplayOptions) {
    this.disk = disk;
    this.tree = tree;
    this.options = options;
    this.last = tree.lastProcessedZxid;
    this.isStartUnknown = options.isStartUnknown;
    this.isEnded = this.last === options.throughZxid;
  }

  /** Applies all files, oldest first, and mends the end of the last one. Raises StorageError, before anything is changed. */
  run(logs: readonly NamedFile[]): void {
    this.tree.isReplaying = true;
    for (const log of this.withoutPassed(logs)) {
      if (!this.isEnded && !this.isPast(log.zxid)) this.readLog(log);
    }
    this.tree.isReplaying = false;
    this.checkDoubtAtEnd();
    // What is behind the last one that is wanted may be as it likes.
    if (this.isEnded) return;
    const { knownZxid, logDirectory } = this.options;
    if (this.last < knownZxid) {
      throw new StorageError(
        `The log ends at 0x${toHex(this.last)}, but there is a damaged snapshot of 0x${toHex(knownZxid)}`,
        logDirectory,
      );
    }
    this.mendEnd();
  }

  /**
   * A file that begins with the very transaction that comes next holds what the ones before it could still give: it is made for that
   * transaction once all others are durable. They are large, and would be read for nothing.
   */
  private withoutPassed(logs: readonly NamedFile[]): readonly NamedFile[] {
    const next = nextZxid(this.last);
    const first = logs.findIndex((log) => log.zxid === next);
    const log = logs[first];
    return first > 0 && log !== undefined && this.hasTxn(log) ? logs.slice(first) : logs;
  }

  private hasTxn(log: NamedFile): boolean {
    const reader = new LogReader(this.disk, this.pathOf(log));
    try {
      return reader.hasHeader && reader.next() && readTxnHeader(reader.record).zxid === log.zxid;
    } finally {
      reader.close();
    }
  }

  private pathOf(log: NamedFile): string {
    return `${this.options.logDirectory}/${log.name}`;
  }

  private isPast(zxid: Zxid): boolean {
    const { throughZxid } = this.options;
    return throughZxid !== undefined && zxid > throughZxid;
  }

  private readLog(log: NamedFile): void {
    const path = this.pathOf(log);
    const reader = new LogReader(this.disk, path);
    let lastRead = toZxid(log.zxid - 1n);
    try {
      if (reader.hasHeader) {
        while (!this.isEnded && reader.next()) lastRead = this.takeRecord(path, reader);
        if (this.isEnded) return;
      } else if (!isUnwrittenLog(reader.file)) {
        throw new StorageError('Transaction log has invalid magic number', path, 0);
      }
      const stop = { path, offset: reader.offset, isBeforeSnapshot: lastRead < this.last };
      if (reader.offset > FILE_HEADER_SIZE) {
        this.stop = stop;
        this.emptyLogs = [];
        this.hasGoneOn = false;
        return;
      }
      // A file is made for a transaction, and only once all before that are durable: they must have been there.
      if (log.zxid > this.last) this.checkSuccession(log.zxid, path, 0);
      this.emptyLogs.push(stop);
    } finally {
      reader.close();
    }
  }

  /** Returns the zxid of the record. */
  private takeRecord(path: string, reader: LogReader): Zxid {
    const header = readTxnHeader(reader.record);
    if (this.isPast(header.zxid)) {
      this.isEnded = true;
      return header.zxid;
    }
    if (header.zxid <= this.last && !this.isStartUnknown) return header.zxid;
    this.checkSuccession(header.zxid, path, reader.offset);
    this.isStartUnknown = false;
    this.hasGoneOn = true;
    this.apply(header, reader.record, path, reader.offset);
    this.last = header.zxid;
    this.txnCount++;
    this.isEnded = header.zxid === this.options.throughZxid;
    return header.zxid;
  }

  private apply(header: TxnHeader, record: JuteReader, path: string, offset: number): void {
    try {
      const isCreates = header.type === OpCode.multi && this.creates.read(record);
      const txn = isCreates ? null : readTxn(header.type, record, true);
      const digest = this.options.digestEnabled ? readTxnDigest(record) : undefined;
      if (txn === null) this.tree.replayCreates(header, this.creates, digest);
      else this.tree.apply(header, txn, digest);
      if (digest !== undefined) this.checkDoubt(header.zxid);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      throw new StorageError(
        `Transaction 0x${toHex(header.zxid)} of type ${header.type} cannot be read: ${error.message}`,
        path,
        offset,
      );
    }
  }

  /** Raises StorageError where transactions between the last one and `zxid` are known to be lost; warns where they may never have been. */
  private checkSuccession(zxid: Zxid, path: string, offset: number): void {
    if (this.isStartUnknown || zxid === nextZxid(this.last)) return;
    const stop = this.stops.find((one) => this.endOf(one) !== 'clean');
    const { knownZxid } = this.options;
    // Behind the end of an epoch another may begin, unless a snapshot shows that more was between.
    const isMissed = this.last < knownZxid && knownZxid < zxid;
    if (follows(this.last, zxid) && !isMissed) {
      if (stop !== undefined && !this.hasGoneOn) this.doubtEnd(stop, zxid);
      return;
    }
    const gap = gapBetween(this.last, zxid);
    if (stop !== undefined) {
      throw new StorageError(`${gap}: the log is damaged`, stop.path, stop.offset);
    }
    if (this.last < knownZxid) {
      throw new StorageError(`${gap}, and the snapshot that had them is damaged`, path, offset);
    }
    this.options.onWarning(`${gap} in front of ${path} at offset ${offset}`);
  }

  /**
   * A log stops where it should not, and another epoch follows, by whose zxid nobody can tell what the one before had. What a crash
   * tore may be there: Java does not cut it off before it goes on, and does not take a record that has its end mark for torn. So
   * that is damage; anything else is if the tree is not the one that later transactions tell of.
   */
  private doubtEnd(stop: Stop, zxid: Zxid): void {
    const file = this.disk.open(stop.path);
    const isWritten = hasEndMark(file, stop.offset);
    file.close();
    if (isWritten || this.endOf(stop) === 'damaged') {
      const gap = gapBetween(this.last, zxid);
      throw new StorageError(`${gap}: the log is damaged`, stop.path, stop.offset);
    }
    this.doubt ??= { stop, last: this.last, mismatches: this.tree.digestMismatchCount };
  }

  private checkDoubt(zxid: Zxid): void {
    const { doubt, tree } = this;
    if (doubt === null) return;
    this.isDoubtCompared = true;
    if (tree.digestMismatchCount !== doubt.mismatches) this.refuseDoubtful(zxid);
  }

  /** All that a snapshot shows was in the log before the snapshot had its name. Where it is not met again, it was lost there. */
  private checkDoubtAtEnd(): void {
    if (this.isDoubtCompared && this.tree.isCatchingUp) this.refuseDoubtful(this.last);
  }

  private refuseDoubtful(zxid: Zxid): void {
    const { doubt } = this;
    if (doubt === null) return;
    const { stop, last } = doubt;
    const gap = gapBetween(last, zxid);
    throw new StorageError(`${gap}, by its digest: the log is damaged`, stop.path, stop.offset);
  }

  private get stops(): readonly Stop[] {
    return this.stop === null ? this.emptyLogs : [this.stop, ...this.emptyLogs];
  }

  private endOf(stop: Stop): LogEnd {
    const file = this.disk.open(stop.path);
    try {
      const end = logEndAt(file, stop.offset, stop.isBeforeSnapshot);
      // What came after the file was read would pass for the rest of a damaged one.
      const hasGrown = end !== 'clean' && this.options.isReadOnly === true && this.goesOn(stop);
      return hasGrown ? 'clean' : end;
    } finally {
      file.close();
    }
  }

  /** Whether there is a record by now where the file stopped: its server has written it since. */
  private goesOn({ path, offset }: Stop): boolean {
    const reader = new LogReader(this.disk, path, Math.max(offset, FILE_HEADER_SIZE));
    try {
      return reader.hasHeader && reader.next();
    } finally {
      reader.close();
    }
  }

  /** Nothing follows the last transaction that should not: a write that was torn is cut off, files without any are removed. */
  private mendEnd(): void {
    const ends = this.stops.map((stop) => ({ stop, end: this.endOf(stop) }));
    for (const { stop, end } of ends) {
      if (end !== 'damaged') continue;
      throw new StorageError(
        `The log is damaged behind transaction 0x${toHex(this.last)}, and more follows`,
        stop.path,
        stop.offset,
      );
    }
    for (const { stop, end } of ends) {
      if (this.options.isReadOnly === true) {
        if (end === 'torn') {
          this.options.onWarning(`${stop.path} has an unfinished write at offset ${stop.offset}`);
        }
      } else if (stop !== this.stop) {
        this.options.onWarning(`${stop.path} has no transaction, removed`);
        this.disk.removeNow(stop.path);
      } else if (end === 'torn') {
        this.options.onWarning(
          `${stop.path} has an unfinished write at offset ${stop.offset}, cut off`,
        );
        this.disk.truncate(stop.path, stop.offset);
      }
    }
  }
}
