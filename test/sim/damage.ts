/*
 * Damage: bytes of the durable files of a machine that is down are not what was written any more, where recovery promises to notice:
 * transactions, snapshots, and epochs that are no numbers any more. (An epoch with another digit, or a version in the header of a log,
 * has nothing by which anybody could tell.)
 *
 * What is lost with such a machine must be had elsewhere, or nothing that is built on quorums could keep it: mayForget says whether
 * a quorum of the others has everything that it has promised.
 */
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
  const what = kind === 'Epoch' ? spoilNumber(bytes, random) : spoil(bytes, random);
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

function spoil(bytes: Buffer, random: Random): string | null {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
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
