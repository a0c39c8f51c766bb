/*
 * DurableLog: up to which zxid a machine's log is on its disk, by what goes to the disk. A transaction may count only once that is so on a
 * quorum of machines.
 */
import type { Disk, Given, LogFile } from '../../src/datatree/storage/disk.ts';

/** magic int, version int, dbid long */
const FILE_HEADER_SIZE = 16;
/** checksum long, length int */
const RECORD_START_SIZE = 12;
/** clientId long, cxid int */
const ZXID_OFFSET = 12;

/** A disk with some of its methods replaced. */
export function diskWith(disk: Disk, replaced: Partial<Disk>): Disk {
  const honest: Disk = {
    list: (directory) => disk.list(directory),
    makeDirectory: (directory) => disk.makeDirectory(directory),
    isWritable: (directory) => disk.isWritable(directory),
    size: (path) => disk.size(path),
    open: (path) => disk.open(path),
    openPacked: (path) => disk.openPacked(path),
    truncate: (path, size) => disk.truncate(path, size),
    replace: (path, bytes) => disk.replace(path, bytes),
    removeNow: (path) => disk.removeNow(path),
    createLog: (path, isDurable, given) => disk.createLog(path, isDurable, given),
    createSnapshot: (path, packing, given) => disk.createSnapshot(path, packing, given),
    readBack: (path, packing, given) => disk.readBack(path, packing, given),
    rename: (from, to, done) => disk.rename(from, to, done),
    remove: (path, done) => disk.remove(path, done),
    syncDirectory: (directory, done) => disk.syncDirectory(directory, done),
  };
  return { ...honest, ...replaced };
}

/** The zxid of the last record in what is written to a log; null where there is none. */
function lastZxidIn(bytes: Buffer, isStartOfFile: boolean): bigint | null {
  let at = isStartOfFile ? FILE_HEADER_SIZE : 0;
  let last: bigint | null = null;
  while (at + RECORD_START_SIZE + ZXID_OFFSET + 8 <= bytes.length) {
    const size = bytes.readInt32BE(at + 8);
    if (size <= 0) break;
    last = bytes.readBigInt64BE(at + RECORD_START_SIZE + ZXID_OFFSET);
    at += RECORD_START_SIZE + size + 1;
  }
  return last;
}

/** What is on the disk of one machine. */
export class DurableLog {
  /** The zxid of the last transaction that a loss of power now would leave. */
  zxid = 0n;

  /** A disk that tells this what has been written. */
  watch(disk: Disk): Disk {
    return diskWith(disk, {
      createLog: (path: string, isDurable: boolean, given: Given<LogFile>) => {
        disk.createLog(path, isDurable, (error, file) => {
          given(error, file === null || !isDurable ? file : this.watched(file));
        });
      },
    });
  }

  private watched(file: LogFile): LogFile {
    return {
      write: (parts, position, done) => {
        const zxid = lastZxidIn(Buffer.concat(parts), position === 0);
        file.write(parts, position, (error, elapsedMs) => {
          if (error === null && zxid !== null && zxid > this.zxid) this.zxid = zxid;
          done(error, elapsedMs);
        });
      },
      extend: (size, done) => file.extend(size, done),
      close: (done) => file.close(done),
    };
  }
}
