/*
 * txnlog --recover and --chop: a copy of a log with the checksums of bad records made right, after asking, or one that ends with a zxid
 * (Java: TxnLogToolkit -r and -c, LogChopper). The log itself is never changed. Java makes the copy 64 MB long; ours ends with its last record.
 *
 * A checksum made right means that the record is taken as it stands, so it has to be one that can be read; Java does not care.
 */
import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { logEndAt } from '../../datatree/storage/log-end.ts';
import { RECORD_END_MARK } from '../../datatree/storage/log-format.ts';
import type { Zxid } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import { readTxn, readTxnHeader } from '../../jute/txn.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { follows } from '../../jute/zxid.ts';
import { headerLine, type OpenLog, openLog } from './log-files.ts';
import type { LogRecords } from './log-records.ts';
import type { ToolConsole } from './output.ts';
import { writeAll } from './snapshot-output.ts';
import { isSystemError, namingFile, ToolError, ToolExit } from './tool-error.ts';
import { txnText } from './txn-text.ts';

/** Bytes that are collected before they are written. */
const PIECE_SIZE = 256 * 1024;

/** A log that is being written beside another; it is removed unless it is finished. */
class LogCopy {
  readonly path: string;
  private readonly descriptor: number;
  private readonly writer = new JuteWriter(2 * PIECE_SIZE);
  private isOpen = true;

  constructor(path: string, header: Buffer) {
    this.path = path;
    try {
      this.descriptor = openSync(path, 'wx');
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new ToolError(`Recovery file ${path} already exists or not writable`);
    }
    this.writer.writeBytes(header);
  }

  /** Adds the record that `records` stands at, with the given checksum. */
  add(records: LogRecords, checksum: bigint): void {
    const { writer } = this;
    writer.writeLong(checksum);
    writer.writeBuffer(records.payload);
    writer.reserve(1);
    writer.buffer[writer.length - 1] = RECORD_END_MARK;
    if (writer.length >= PIECE_SIZE) this.flush();
  }

  private flush(): void {
    const { descriptor, writer } = this;
    namingFile(this.path, () => writeAll(descriptor, writer.view()));
    writer.reset();
  }

  /** Makes it durable. */
  finish(): void {
    this.flush();
    namingFile(this.path, () => fsyncSync(this.descriptor));
    closeSync(this.descriptor);
    this.isOpen = false;
  }

  /** Removes it, unless it is finished. */
  abandon(): void {
    if (!this.isOpen) return;
    closeSync(this.descriptor);
    rmSync(this.path);
    this.isOpen = false;
  }
}

/** How to repair. */
export interface RepairOptions {
  /** Makes every checksum right without asking. */
  readonly yes: boolean;
  /** Shows all records, not only the bad ones. */
  readonly verbose: boolean;
}

/** The answers that end the whole thing. */
class Aborted extends Error {}

/** Writes a copy with the name of the log and `.fixed`. Gives the exit code. Raises ToolError. */
export async function repairTxnLog(
  tool: ToolConsole,
  path: string,
  options: RepairOptions,
): Promise<number> {
  const target = `${path}.fixed`;
  const log = openLog(path);
  let copy: LogCopy | null = null;
  try {
    if (existsSync(target)) {
      throw new ToolError(`Recovery file ${target} already exists or not writable`);
    }
    copy = new LogCopy(target, log.records.headerBytes());
    tool.out.line(headerLine(log.header));
    const fixedCount = await copyRepaired(tool, log, copy, options);
    copy.finish();
    tool.out.line(`Recovery file ${target} has been written with ${fixedCount} fixed CRC error(s)`);
    await tool.out.flush();
    return ToolExit.done;
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    await tool.out.flush();
    tool.warn('Recovery aborted.');
    return ToolExit.done;
  } finally {
    copy?.abandon();
    log.file.close();
  }
}

async function copyRepaired(
  tool: ToolConsole,
  log: OpenLog,
  copy: LogCopy,
  options: RepairOptions,
): Promise<number> {
  const { records, file, path } = log;
  let count = 0;
  let fixedCount = 0;
  while (records.next()) {
    let checksum = records.writtenChecksum;
    if (!records.isSound) {
      const isFixed = await isToBeFixed(tool, log, options.yes);
      if (isFixed) {
        checksum = BigInt(records.checksum);
        fixedCount++;
      }
    }
    if (options.verbose) tool.out.write(textOf(log));
    if (!records.hasEndMark) {
      throw new ToolError(
        `Last transaction was partial. (${path} at offset ${records.offset}; --chop leaves it out)`,
      );
    }
    copy.add(records, checksum);
    count++;
    if (count % 4096 === 0) {
      tool.progress.report(basename(path), records.offset, file.size);
      if (tool.out.isFull) await tool.out.flush();
    }
  }
  tool.progress.clear();
  checkEnd(tool, log);
  tool.out.line(`EOF reached after ${count} txns.`);
  return fixedCount;
}

/** No more than a checksum can be made right. Raises ToolError where the next record cannot even be found. */
function checkEnd(tool: ToolConsole, { records, file, path }: OpenLog): void {
  const end = logEndAt(file, records.offset);
  if (end === 'torn') {
    tool.warn(`${path}: a write was not finished at offset ${records.offset}, left out`);
  } else if (end === 'damaged') {
    throw new ToolError(
      `There is no record, and more follows (${path} at offset ${records.offset}; --chop leaves it out)`,
    );
  }
}

/** Shows the bad record, and asks unless everything is to be fixed. */
async function isToBeFixed(tool: ToolConsole, log: OpenLog, yes: boolean): Promise<boolean> {
  const line = textOf(log);
  if (yes) {
    tool.out.write(`CRC FIXED - ${line}`);
    return true;
  }
  tool.out.write(`CRC ERROR - ${line}`);
  for (;;) {
    await tool.out.flush();
    const answer = await tool.ask('Would you like to fix it (Yes/No/Abort) ? ');
    if (answer === null) throw new ToolError('Nobody answers. (--yes fixes without asking)');
    const letter = answer.trim().charAt(0).toUpperCase();
    if (letter === 'Y') return true;
    if (letter === 'N') return false;
    if (letter === 'A') throw new Aborted();
  }
}

function textOf(log: OpenLog): string {
  const { records, path } = log;
  try {
    const reader = new JuteReader(records.payload);
    const header = readTxnHeader(reader);
    return txnText(header, readTxn(header.type, reader));
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
    throw new ToolError(
      `The record cannot be read whatever its checksum is: ${error.message} (${path} at offset ` +
        `${records.offset}; --chop leaves it out)`,
    );
  }
}

/** Writes a copy that ends with `zxid`, named as the log and `.chopped<zxid>`. Gives the exit code. Raises ToolError. */
export async function chopTxnLog(tool: ToolConsole, path: string, zxid: Zxid): Promise<number> {
  const log = openLog(path);
  const copy = new LogCopy(`${path}.chopped${zxid}`, log.records.headerBytes());
  try {
    tool.out.line(headerLine(log.header));
    const count = copyChopped(tool, log, copy, zxid);
    copy.finish();
    tool.out.line(`Chopping at ${toHex(zxid)} new log has ${count} records`);
    return ToolExit.done;
  } finally {
    await tool.out.flush();
    copy.abandon();
    log.file.close();
  }
}

function copyChopped(tool: ToolConsole, log: OpenLog, copy: LogCopy, zxid: Zxid): number {
  const { records, file, path } = log;
  let last: Zxid | null = null;
  let count = 0;
  while (records.next()) {
    if (!records.isSound || !records.hasEndMark) {
      // What is cut off may be damaged.
      if (last === zxid) return count;
      throw new ToolError(`The record is damaged (${path} at offset ${records.offset})`);
    }
    const next = readTxnHeader(new JuteReader(records.payload)).zxid;
    if (last !== null && !follows(last, next)) {
      const kind = last >> 32n === next >> 32n ? 'intra' : 'inter';
      tool.out.line(`There is ${kind}-epoch gap between ${toHex(last)} and ${toHex(next)}`);
    }
    if (next > zxid) {
      if (last === zxid) return count;
      break;
    }
    last = next;
    copy.add(records, records.writtenChecksum);
    count++;
  }
  if (last === zxid && logEndAt(file, records.offset) !== 'clean') return count;
  if (last === zxid) throw new ToolError(`${path} ends with ${toHex(zxid)}: nothing to chop`);
  throw new ToolError(`Failed to chop ${basename(path)}: it has no zxid ${toHex(zxid)}`);
}
