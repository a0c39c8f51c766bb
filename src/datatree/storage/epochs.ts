/*
 * The two files by which a member of an ensemble remembers its promises, in version-2 of dataDir (Java:
 * QuorumPeer.loadDataBase, readLongFromFile, writeLongToFile): decimal text without a newline, of which only the first line
 * is read.
 *
 *   acceptedEpoch   the highest epoch that was promised to a leader in NEWEPOCH
 *   currentEpoch    the epoch of the last leader whose whole history this member has taken over
 *
 * A missing file is made, with the epoch of the last zxid. In one point more is taken than by Java: when the last zxid is
 * of a later epoch than currentEpoch. A log is written in order, so whoever has a transaction of an epoch has everything that
 * its leader began with, and lacked only the write of this file when it crashed; that is the order of ZOOKEEPER-4643, the history
 * first and the epoch behind it. Java then refuses to start, unless the crash left a currentEpoch.tmp. Refused is it
 * here only where acceptedEpoch denies that the epoch was ever promised.
 */

import type { Zxid } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import { epochOf } from '../../jute/zxid.ts';
import type { Disk } from './disk.ts';
import { StorageError } from './storage-error.ts';

const ACCEPTED_NAME = 'acceptedEpoch';
const CURRENT_NAME = 'currentEpoch';

/** What Java's AtomicFileOutputStream calls a file that it has not renamed yet. */
const JAVA_CURRENT_NAME = 'currentEpoch.tmp';

/** A long as Long.parseLong takes it. */
const LONG = /^[+-]?[0-9]+$/;

/** Of a database that should have something and has nothing, whose zxid is -1; Java writes it too. */
const LOWEST_EPOCH = -1;
const HIGHEST_EPOCH = 0x7fffffff;

/** More than this is not read of such a file, in bytes. */
const READ_SIZE = 64;

/** What one member has promised and followed. */
export class Epochs {
  private readonly disk: Disk;
  private readonly directory: string;
  private acceptedEpoch: number;
  private currentEpoch: number;

  private constructor(disk: Disk, directory: string, accepted: number, current: number) {
    this.disk = disk;
    this.directory = directory;
    this.acceptedEpoch = accepted;
    this.currentEpoch = current;
  }

  /**
   * Reads both files, after recovery; what is missing is made. Raises StorageError for what cannot be read as an epoch
   * and for epochs that contradict each other or the zxid.
   *
   * @param directory version-2 of dataDir
   * @param lastZxid the last zxid that recovery found
   */
  static read(
    disk: Disk,
    directory: string,
    lastZxid: Zxid,
    onWarning: (message: string) => void,
  ): Epochs {
    const epochOfZxid = epochOf(lastZxid);
    // A server that has nothing yet has no epochs either, which need not trouble anybody.
    const isNew = lastZxid <= 0n;
    const foundCurrent = readEpoch(disk, directory, CURRENT_NAME);
    const foundAccepted = readEpoch(disk, directory, ACCEPTED_NAME);
    const epochs = new Epochs(
      disk,
      directory,
      foundAccepted ?? epochOfZxid,
      foundCurrent ?? epochOfZxid,
    );
    if (foundCurrent === null) {
      if (!isNew) onWarning(missing(CURRENT_NAME, epochOfZxid));
      epochs.setCurrent(epochOfZxid);
    }
    if (epochOfZxid > epochs.current) epochs.catchUp(lastZxid, foundAccepted, onWarning);
    if (foundAccepted === null) {
      if (!isNew) onWarning(missing(ACCEPTED_NAME, epochOfZxid));
      epochs.setAccepted(epochOfZxid);
    }
    if (epochs.accepted < epochs.current) {
      throw new StorageError(
        `The accepted epoch, ${hex(epochs.accepted)} is less than the current epoch, ${hex(epochs.current)}`,
        directory,
      );
    }
    return epochs;
  }

  /** The last zxid is of a later epoch than currentEpoch (the header of this file). */
  private catchUp(
    lastZxid: Zxid,
    accepted: number | null,
    onWarning: (message: string) => void,
  ): void {
    const { disk, directory } = this;
    const fromJava = readEpoch(disk, directory, JAVA_CURRENT_NAME);
    const epoch = epochOf(lastZxid);
    if (fromJava !== null && fromJava >= epoch) {
      onWarning(`${directory}/${JAVA_CURRENT_NAME} found. Setting current epoch to ${fromJava}.`);
      this.setCurrent(fromJava);
    } else if (accepted !== null && accepted >= epoch) {
      onWarning(
        `The last zxid, 0x${toHex(lastZxid)}, is of an epoch that was accepted. Setting current epoch to ${epoch}.`,
      );
      this.setCurrent(epoch);
    } else {
      throw new StorageError(
        `The current epoch, ${hex(this.current)}, is older than the last zxid, 0x${toHex(lastZxid)}`,
        directory,
      );
    }
  }

  /** The highest epoch that was promised to a leader. */
  get accepted(): number {
    return this.acceptedEpoch;
  }

  /** The epoch of the last leader whose history was taken over. */
  get current(): number {
    return this.currentEpoch;
  }

  /** Writes acceptedEpoch. Durable when it returns; raises the system's error. */
  setAccepted(epoch: number): void {
    this.disk.replace(`${this.directory}/${ACCEPTED_NAME}`, Buffer.from(String(epoch)));
    this.acceptedEpoch = epoch;
  }

  /** Writes currentEpoch. Durable when it returns; raises the system's error. */
  setCurrent(epoch: number): void {
    this.disk.replace(`${this.directory}/${CURRENT_NAME}`, Buffer.from(String(epoch)));
    this.currentEpoch = epoch;
  }
}

/** The number in a file; null where there is none. */
function readEpoch(disk: Disk, directory: string, name: string): number | null {
  if (!(disk.list(directory) ?? []).includes(name)) return null;
  const path = `${directory}/${name}`;
  const file = disk.open(path);
  try {
    const bytes = Buffer.alloc(Math.min(READ_SIZE, file.size));
    const line = bytes.toString('utf8', 0, file.read(bytes, 0)).split(/\r\n|\r|\n/, 1)[0] ?? '';
    const epoch = Number(line);
    if (!LONG.test(line) || epoch < LOWEST_EPOCH || epoch > HIGHEST_EPOCH) {
      throw new StorageError(`Found ${JSON.stringify(line)} where an epoch should be`, path);
    }
    return epoch;
  } finally {
    file.close();
  }
}

function missing(name: string, epoch: number): string {
  return (
    `${name} not found! Creating with a reasonable default of ${epoch}. ` +
    'This should only happen when you are upgrading your installation'
  );
}

function hex(epoch: number): string {
  return `0x${toHex(BigInt(epoch))}`;
}
