/*
 * txnlog: the transactions of one or more logs as lines of TxnLogToolkit or as JSON, those that a filter takes, and on request those
 * that are still to come. A record with a wrong checksum is shown as such, and the exit code says it (Java's is 0).
 */
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { sortedLogs } from '../../datatree/storage/file-names.ts';
import { logEndAt } from '../../datatree/storage/log-end.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import { readTxn, readTxnDigest, readTxnHeader, type TxnHeader } from '../../jute/txn.ts';
import { disk, headerLine, logPaths, type OpenLog, openLog } from './log-files.ts';
import type { ToolConsole } from './output.ts';
import { ToolExit } from './tool-error.ts';
import { type TxnFilter, takesHeader, takesTxn } from './txn-filter.ts';
import { txnJson } from './txn-json.ts';
import { headerText, txnText } from './txn-text.ts';

/** What is wanted of the logs. */
export interface TxnLogOptions {
  readonly json: boolean;
  readonly filter: TxnFilter;
  /** Goes on when the end is reached, with what is appended and with the logs that come after, until it is aborted; null ends there. */
  readonly follow: AbortSignal | null;
}

/** ms between two looks at a log that is followed. */
const FOLLOW_INTERVAL_MS = 100;

/** Records between two reports of progress. */
const REPORT_COUNT = 4096;

/** How often a record at the end of a followed log is looked at again before it counts as damaged. */
const PATIENCE = 20;

/** Writes the transactions of a log, or of all logs in a directory. Gives the exit code. Raises ToolError. */
export async function dumpTxnLog(
  tool: ToolConsole,
  path: string,
  options: TxnLogOptions,
): Promise<number> {
  const paths = logPaths(path);
  const dump = new Dump(tool, options, paths.length > 1);
  if (options.follow === null) {
    for (const one of paths) await dump.file(one);
  } else {
    await dump.follow(paths, options.follow);
  }
  await tool.out.flush();
  return dump.exitCode;
}

class Dump {
  exitCode: number = ToolExit.done;
  private readonly tool: ToolConsole;
  private readonly options: TxnLogOptions;
  private readonly hasSeveral: boolean;

  constructor(tool: ToolConsole, options: TxnLogOptions, hasSeveral: boolean) {
    this.tool = tool;
    this.options = options;
    this.hasSeveral = hasSeveral;
  }

  /** One file, from its beginning to its end. */
  async file(path: string): Promise<void> {
    const log = openLog(path);
    try {
      this.begin(log);
      const count = await this.records(log);
      // It broke off at a partial record, and said so.
      if (log.records.stop === null) return;
      if (this.endsWell(log) && !this.options.json) {
        this.tool.out.line(`EOF reached after ${count} txns.`);
      }
    } finally {
      log.file.close();
    }
  }

  private begin(log: OpenLog): void {
    if (!this.options.json) this.tool.out.line(headerLine(log.header));
  }

  /** The records up to a stop, or up to one without its end mark; gives their number. */
  private async records(log: OpenLog): Promise<number> {
    const { records, file, path } = log;
    const { out, progress } = this.tool;
    let count = 0;
    while (records.nextOfLive()) {
      this.record(log);
      count++;
      if (!records.hasEndMark) {
        this.fails(`Last transaction was partial. (${path} at offset ${records.offset})`);
        break;
      }
      if (count % REPORT_COUNT === 0) progress.report(basename(path), records.offset, file.size);
      if (out.isFull) await out.flush();
    }
    progress.clear();
    return count;
  }

  /** One record, where the filter takes it. */
  private record(log: OpenLog): void {
    const { records, path } = log;
    const { json, filter } = this.options;
    const { out } = this.tool;
    const place = {
      file: this.hasSeveral ? basename(path) : null,
      offset: records.offset,
      isSound: records.isSound,
    };
    const reader = new JuteReader(records.payload);
    let header: TxnHeader | null = null;
    if (!place.isSound) this.fails(`${path}: the checksum is wrong at offset ${place.offset}`);
    try {
      header = readTxnHeader(reader);
      if (!takesHeader(filter, header)) return;
      const txn = readTxn(header.type, reader);
      if (!takesTxn(filter, txn)) return;
      const line = json ? txnJson(place, header, txn, readTxnDigest(reader)) : txnText(header, txn);
      // TxnLogToolkit says it twice: with the mistake, and as every other.
      if (!place.isSound && !json) out.write(`CRC ERROR - ${line}`);
      out.write(line);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.fails(`${path}: the record at offset ${place.offset} cannot be read: ${error.message}`);
      const start = header === null ? '' : headerText(header);
      if (!json) out.line(`${place.isSound ? '' : 'CRC ERROR - '}${start}(cannot be read)`);
    }
  }

  /** Looks at what follows the last record; false where that is damage. */
  private endsWell({ records, file, path }: OpenLog): boolean {
    const end = logEndAt(file, records.offset);
    if (end === 'damaged') {
      this.fails(`${path}: damaged at offset ${records.offset}, and more follows`);
    } else if (end === 'torn') {
      this.tool.warn(`${path}: a write was not finished at offset ${records.offset}`);
    }
    return end !== 'damaged';
  }

  private fails(line: string): void {
    this.exitCode = ToolExit.failed;
    this.tool.warn(line);
  }

  /** All files, and what is added to the last one or begins behind it. */
  async follow(paths: readonly string[], signal: AbortSignal): Promise<void> {
    for (const path of paths.slice(0, -1)) await this.file(path);
    let path = paths.at(-1) ?? null;
    while (path !== null && !signal.aborted) path = await this.followFile(path, signal);
  }

  /** Gives the path of the log behind this one once that has begun; null when it is aborted. */
  private async followFile(path: string, signal: AbortSignal): Promise<string | null> {
    const log = openLog(path);
    try {
      this.begin(log);
      let waits = 0;
      for (;;) {
        // Asked before the end is looked at: nothing is added to a log behind which another has begun.
        const successor = successorOf(path);
        const isWhole = await this.followRecords(log, waits >= PATIENCE || successor !== null);
        if (log.records.stop === 'length') {
          this.fails(`${path}: damaged at offset ${log.records.offset}`);
          return null;
        }
        await this.tool.out.flush();
        if (isWhole && successor !== null) return successor;
        if (!(await pause(signal))) return null;
        waits = isWhole ? 0 : waits + 1;
      }
    } finally {
      log.file.close();
    }
  }

  /** What is there now. False where the last record is not whole (yet). */
  private async followRecords(log: OpenLog, isImpatient: boolean): Promise<boolean> {
    const { records } = log;
    while (records.next()) {
      if (!isImpatient && !(records.isSound && records.hasEndMark)) {
        records.back();
        return false;
      }
      this.record(log);
      if (this.tool.out.isFull) await this.tool.out.flush();
    }
    return true;
  }
}

function successorOf(path: string): string | null {
  const directory = dirname(path);
  const logs = sortedLogs(disk.list(directory) ?? []);
  const index = logs.findIndex((log) => log.name === basename(path));
  const next = index < 0 ? undefined : logs[index + 1];
  return next === undefined ? null : join(directory, next.name);
}

/** Waits a little; false when it is aborted. */
async function pause(signal: AbortSignal): Promise<boolean> {
  try {
    await wait(FOLLOW_INTERVAL_MS, undefined, { signal });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  }
}
