/*
 * txnlog --verify: whether logs are whole: header, checksums, end marks, records that can be read, zxids that follow each other from file to
 * file, and an end with nothing behind it. One line for each file, and one for each thing that is wrong, with its offset.
 */
import { basename } from 'node:path';
import { logEndAt } from '../../datatree/storage/log-end.ts';
import type { Zxid } from '../../jute/int64.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import { readTxn, readTxnHeader } from '../../jute/txn.ts';
import { follows } from '../../jute/zxid.ts';
import { logPaths, type OpenLog, openLog } from './log-files.ts';
import type { ToolConsole } from './output.ts';
import { ToolError, ToolExit } from './tool-error.ts';
import { hex } from './words.ts';

/** Checks a log, or all logs in a directory. Gives the exit code: 1 where anything is damaged. */
export async function verifyTxnLog(tool: ToolConsole, path: string): Promise<number> {
  const verification = new Verification(tool);
  for (const one of logPaths(path)) verification.file(one);
  await tool.out.flush();
  return verification.isSound ? ToolExit.done : ToolExit.failed;
}

class Verification {
  isSound = true;
  private readonly tool: ToolConsole;
  private last: Zxid | null = null;

  constructor(tool: ToolConsole) {
    this.tool = tool;
  }

  file(path: string): void {
    let log: OpenLog;
    try {
      log = openLog(path);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      this.isSound = false;
      this.tool.out.line(`${path}: ${error.message}`);
      return;
    }
    try {
      this.records(log);
    } finally {
      log.file.close();
    }
  }

  private records(log: OpenLog): void {
    const { records, file, path } = log;
    let count = 0;
    let first: Zxid | null = null;
    while (records.nextOfLive()) {
      if (count % 4096 === 0) this.tool.progress.report(basename(path), records.offset, file.size);
      if (!records.hasEndMark) break;
      const zxid = this.record(log);
      first ??= zxid;
      count++;
    }
    this.tool.progress.clear();
    const range = first === null ? '' : `, zxid ${hex(first)} to ${hex(this.last ?? first)}`;
    this.tool.out.line(`${path}: ${count} transactions${range}, end at offset ${records.offset}`);
    const end = logEndAt(file, records.offset);
    if (end === 'torn') {
      this.tool.out.line(
        `${path}: a write was not finished at offset ${records.offset} (a server cuts it off when it starts)`,
      );
    } else if (end === 'damaged') {
      this.damage(log, 'no record, and more follows');
    }
  }

  /** Gives the zxid of a record that can be read. */
  private record(log: OpenLog): Zxid | null {
    const { records } = log;
    if (!records.isSound) this.damage(log, 'the checksum is wrong');
    try {
      const reader = new JuteReader(records.payload);
      const { zxid, type } = readTxnHeader(reader);
      readTxn(type, reader);
      if (this.last !== null && !follows(this.last, zxid)) {
        const what = zxid <= this.last ? 'comes after' : 'does not follow';
        this.damage(log, `zxid ${hex(zxid)} ${what} ${hex(this.last)}`);
      }
      this.last = zxid;
      return zxid;
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.damage(log, `the record cannot be read: ${error.message}`);
      return null;
    }
  }

  private damage(log: OpenLog, what: string): void {
    this.isSound = false;
    this.tool.out.line(`${log.path}: damaged at offset ${log.records.offset}: ${what}`);
  }
}
