/*
 * Snapshot files of a data directory: when each was being written, and which part of a load's time line
 * fell into that.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Figures } from './figures.ts';
import { Histogram } from './histogram.ts';
import type { TimelineSlot } from './meter.ts';

/** One snapshot.<zxid> file. */
export interface SnapshotFile {
  readonly zxid: bigint;
  readonly sizeBytes: number;
  /** When the file was made and when it was last touched (written, renamed), in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

const QUIET_MS = 1500;
const POLL_MS = 100;
const MARGIN_MS = 20;

/** The finished or growing snapshots of a dataDir, oldest first; none when there is no such directory yet. */
export function snapshotFiles(dataDirectory: string): SnapshotFile[] {
  const directory = path.join(dataDirectory, 'version-2');
  return readdirSync(directory)
    .flatMap((name) => {
      const zxid = /^snapshot\.([0-9a-f]+)(?:\.gz|\.snappy)?$/.exec(name)?.[1];
      if (zxid === undefined) return [];
      const { size, birthtimeMs, mtimeMs, ctimeMs } = statSync(path.join(directory, name));
      const toMs = Math.max(mtimeMs, ctimeMs);
      return [{ zxid: BigInt(`0x${zxid}`), sizeBytes: size, fromMs: birthtimeMs, toMs }];
    })
    .sort((a, b) => a.fromMs - b.fromMs);
}

/**
 * Waits until there is a snapshot of `zxid` or later and no snapshot has been touched for a second and a
 * half: Apache ZooKeeper writes under the final name, so its being there does not mean that it is whole.
 */
export async function awaitSnapshot(
  dataDirectory: string,
  zxid: bigint,
  limitMs: number,
): Promise<SnapshotFile> {
  const limit = Date.now() + limitMs;
  while (Date.now() < limit) {
    const files = snapshotFiles(dataDirectory);
    const newest = files.findLast((file) => file.zxid >= zxid);
    const touchedMs = Math.max(...files.map((file) => file.toMs));
    if (newest !== undefined && newest.sizeBytes > 0 && Date.now() - touchedMs > QUIET_MS) {
      return newest;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`no snapshot of zxid 0x${zxid.toString(16)} or later within ${limitMs} ms`);
}

/** What a time line is cut by. */
export interface TimelineCut {
  readonly timeline: readonly TimelineSlot[];
  /** The first part, which is not counted. */
  readonly warmupMs: number;
  readonly snapshots: readonly SnapshotFile[];
}

/**
 * Splits a time line into the slots that touch the writing of a snapshot, with a margin because the clock
 * of a file system is a coarse one, and the others.
 */
export function figuresWhileSnapshotting(cut: TimelineCut): Figures {
  const { timeline, warmupMs, snapshots } = cut;
  const startMs = (timeline[0]?.startMs ?? 0) + warmupMs;
  const counted = timeline.filter((slot) => slot.startMs >= startMs);
  const touches = (slot: TimelineSlot): boolean =>
    snapshots.some(
      (file) =>
        slot.startMs < file.toMs + MARGIN_MS &&
        slot.startMs + slot.lengthMs > file.fromMs - MARGIN_MS,
    );
  const during = partOf(counted.filter(touches));
  const normal = partOf(counted.filter((slot) => !touches(slot)));
  if (during === undefined || normal === undefined) {
    throw new Error(
      `no ${during === undefined ? 'snapshot' : 'time without a snapshot'} within the load`,
    );
  }
  return {
    ratePerSecond: during.ratePerSecond,
    p50Us: during.latencies.percentileUs(0.5),
    p99Us: during.latencies.percentileUs(0.99),
    p999Us: during.latencies.percentileUs(0.999),
    normalP99Us: normal.latencies.percentileUs(0.99),
    p99OverNormal: during.latencies.percentileUs(0.99) / normal.latencies.percentileUs(0.99),
    stallMs: during.longestGapMs,
    normalStallMs: normal.longestGapMs,
  };
}

interface Part {
  readonly latencies: Histogram;
  readonly ratePerSecond: number;
  readonly longestGapMs: number;
}

function partOf(slots: readonly TimelineSlot[]): Part | undefined {
  if (slots.length === 0) return undefined;
  const latencies = new Histogram();
  const lengthMs = slots.reduce((sum, slot) => sum + slot.lengthMs, 0);
  for (const slot of slots) latencies.addSparse(slot.latencies);
  return {
    latencies,
    ratePerSecond: (latencies.count / lengthMs) * 1000,
    longestGapMs: Math.max(...slots.map((slot) => slot.longestGapMs)),
  };
}
