/*
 * Damage: bytes of the durable files of a machine that is down are not what was written any more, where recovery promises to notice:
 * transactions, snapshots, and epochs that are no numbers any more. (An epoch with another digit, or a version in the header of a log,
 * has nothing by which anybody could tell.)
 *
 * What is lost with such a machine must be had elsewhere, or nothing that is built on quorums could keep it: mayForget says whether
 * a quorum of the others has everything that it has promised.
 */

import { LogReader } from '../../src/datatree/storage/log-reader.ts';
import { toHex } from '../../src/jute/int64.ts';
import type { Random } from '../harness/random.ts';
import type { SimDisk } from './sim-disk.ts';

const SECTOR = 512;
/** How far from the end of a log its tail begins. */
const TAIL_SIZE = 150;

/** What a machine may have told others that it would not forget. */
export interface Promises {
  /** Up to where its log is on the disk. */
  readonly zxid: bigint;
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
}

/** A machine with promises. */
export interface Promising {
  readonly isObserver: boolean;
  readonly promises: Promises;
}

/**
 * Whether a machine may forget everything: a quorum of voters without it has accepted its epochs and has its log, so that every
 * quorum there will ever be has one of them.
 */
export function mayForget(server: Promising, servers: readonly Promising[]): boolean {
  if (server.isObserver) return true;
  const { zxid, acceptedEpoch, currentEpoch } = server.promises;
  const voters = servers.filter(({ isObserver }) => !isObserver);
  const keepers = voters.filter(
    (other) =>
      other !== server &&
      other.promises.zxid >= zxid &&
      other.promises.acceptedEpoch >= acceptedEpoch &&
      other.promises.currentEpoch >= currentEpoch,
  );
  return keepers.length > voters.length / 2;
}

/** The epoch in a file; 0 where there is none. */
export function epochIn(disk: SimDisk, path: string): number {
  const epoch = Number(disk.contents(path)?.toString('latin1') ?? 0);
  return Number.isSafeInteger(epoch) ? epoch : 0;
}

/** Damages one file below a directory. Returns what was done to which; null where there is nothing. */
export function damage(disk: SimDisk, directory: string, random: Random): string | null {
  const names = disk.list(directory) ?? [];
  const those = (beginning: string): string[] =>
    names.filter((name) => name.startsWith(beginning)).sort();
  const kind = random.weighted([
    [4, 'log.'],
    [2, 'snapshot.'],
    [1, 'Epoch'],
  ]);
  const candidates = kind === 'Epoch' ? ['acceptedEpoch', 'currentEpoch'] : those(kind);
  if (candidates.length === 0) return null;
  const name = random.chance(0.5) ? candidates.at(-1) : random.pick(candidates);
  const path = `${directory}/${name}`;
  const bytes = disk.contents(path);
  if (bytes === null || bytes.length === 0) return null;
  const isFollowed = kind === 'log.' && name !== candidates.at(-1);
  const end = isFollowed ? lastRecordIn(disk, path) : endOf(bytes);
  const what = kind === 'Epoch' ? spoilNumber(bytes, random) : spoil(bytes, end, random);
  if (what === null) return null;
  disk.overwrite(path, bytes);
  return `${what} of ${path}`;
}

function spoilNumber(bytes: Buffer, random: Random): string {
  const at = random.below(bytes.length);
  // A letter where there was a digit.
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  return `byte ${at}`;
}

function endOf(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}

/**
 * Where the last record of a log begins. Without its end it passes for a torn write, in Java too, and the log of another epoch may
 * follow that: what it said is missed only where the digest of the tree shows it (test/datatree/storage/damage.test.ts).
 */
function lastRecordIn(disk: SimDisk, path: string): number {
  const reader = new LogReader(disk, path);
  let last = 0;
  try {
    for (let at = reader.offset; reader.hasHeader && reader.next(); at = reader.offset) last = at;
  } finally {
    reader.close();
  }
  return last;
}

/** Changes one byte or one sector of those before `end`. */
function spoil(bytes: Buffer, end: number, random: Random): string | null {
  if (end === 0) return null;
  const from = random.chance(0.3) ? Math.max(0, end - TAIL_SIZE) : 0;
  const at = from + random.below(end - from);
  if (random.chance(0.6)) {
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
    return `byte ${at}`;
  }
  const first = at - (at % SECTOR);
  const last = Math.min(end, first + SECTOR);
  random.bytes(last - first).copy(bytes, first);
  return `bytes ${first} to ${last - 1}`;
}

/** Promises as text. */
export function promisesText({ zxid, acceptedEpoch, currentEpoch }: Promises): string {
  return `0x${toHex(zxid)}, epochs ${acceptedEpoch} and ${currentEpoch}`;
}
