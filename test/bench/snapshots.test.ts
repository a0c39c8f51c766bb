/*
 * Which part of a load's time line fell into the writing of a snapshot, by the times of the snapshot's
 * file.
 */
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../bench/histogram.ts';
import type { TimelineSlot } from '../../bench/meter.ts';
import { figuresWhileSnapshotting } from '../../bench/snapshots.ts';

/** A slot of 50 ms with 100 replies of `latencyMs` each. */
function slot(index: number, latencyMs: number, longestGapMs: number): TimelineSlot {
  const histogram = new Histogram();
  for (let i = 0; i < 100; i++) histogram.record(latencyMs);
  const startMs = 1_000_000 + index * 50;
  return { startMs, lengthMs: 50, latencies: histogram.toSparse(), longestGapMs };
}

const timeline = Array.from({ length: 100 }, (_, index) =>
  index >= 40 && index < 60 ? slot(index, 4, 12) : slot(index, 2, 3),
);
const snapshot = { zxid: 1n, sizeBytes: 1, fromMs: 1_002_025, toMs: 1_002_975 };

describe('a time line', () => {
  it('is told apart by the times of the snapshot file', () => {
    const figures = figuresWhileSnapshotting({ timeline, warmupMs: 0, snapshots: [snapshot] });
    expect(figures.p99OverNormal).toBeCloseTo(2, 1);
    expect(figures).toMatchObject({ stallMs: 12, normalStallMs: 3, ratePerSecond: 2000 });
  });

  it('leaves out the warm-up', () => {
    const slow = [slot(0, 500, 400), ...timeline.slice(1)];
    const figures = figuresWhileSnapshotting({
      timeline: slow,
      warmupMs: 100,
      snapshots: [snapshot],
    });
    expect(figures.normalStallMs).toBe(3);
  });

  it('without a snapshot in it says nothing about snapshots', () => {
    const cut = { timeline, warmupMs: 0, snapshots: [] };
    expect(() => figuresWhileSnapshotting(cut)).toThrow(/no snapshot within the load/);
  });
});
