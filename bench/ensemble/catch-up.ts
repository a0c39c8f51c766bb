/*
 * A follower that comes back: how long it takes from its start until it serves.
 *
 * diff: it has missed 100,000 transactions, which is little beside what the ensemble holds (100 MB in a few large
 *   znodes, so that loading them takes no time): it gets what it missed.
 * snap: it comes back with empty hands to an ensemble of a million znodes and gets them all, while the others go on
 *   writing; the longest time without a reply is the leader's stall, and how long one write took at worst is what a client
 *   has of it, whichever server it asks.
 */
import type { Figures } from '../figures.ts';
import { runGenerator, runLoad } from '../generator-process.ts';
import { Histogram } from '../histogram.ts';
import { CREATES_PER_MULTI } from '../load/fill.ts';
import type { TimelineSlot } from '../meter.ts';
import type { Scenario, Setting } from '../scenario/scenario.ts';
import { createLargeNodes } from './large-nodes.ts';
import { type Members, withMembers } from './members.ts';

const MISSED = 100_000;
const LARGE_NODES = 110;
const ZNODES = 1_000_000;
const SLOT_MS = 50;
/** How long writes go on before the follower comes back: what the ensemble is like without it. */
const WARMUP_MS = 5000;

/** The scenario of followers that come back. */
export function catchUpScenario(name: string): Scenario {
  const diff = `${name}-diff`;
  const snap = `${name}-snap`;
  return {
    name,
    rows: [
      {
        id: diff,
        title:
          'three servers: start of a follower that missed 100,000 transactions, until it serves',
        isScalable: true,
        metrics: ['seconds'],
        goals: [{ metric: 'seconds', of: 'value', bound: 'atMost', limit: 1 }],
      },
      {
        id: snap,
        title: 'three servers: start of an empty follower, until it serves 1,000,000 znodes',
        isScalable: true,
        metrics: ['seconds', 'stallMs', 'normalStallMs', 'worstWriteMs', 'normalWorstWriteMs'],
        goals: [
          { metric: 'seconds', of: 'value', bound: 'atMost', limit: 5 },
          { metric: 'stallMs', of: 'value', bound: 'atMost', limit: 20 },
        ],
      },
    ],
    run: async (setting) => {
      const missed = await withMembers(setting, { snapCount: '1000000' }, (members) =>
        comeBackByDiff(members, setting),
      );
      const all = await withMembers(setting, {}, (members) => comeBackBySnap(members, setting));
      return new Map([
        [diff, missed],
        [snap, all],
      ]);
    },
  };
}

async function comeBackByDiff(members: Members, setting: Setting): Promise<Figures> {
  const [port = 0] = members.ports;
  const count = Math.ceil(LARGE_NODES * setting.scale);
  await createLargeNodes(port, { from: 0, count });
  // A leader that starts cuts a snapshot: what is missed is measured by its size.
  await members.stopAll();
  await members.start();
  // And it begins a new log with the first write: the follower is to have that, so that what it misses is in one file.
  await createLargeNodes(port, { from: count, count: 1 });
  const away = await members.follower();
  await members.stop(away);
  await runLoad({
    ...shapeOf(members, 'set'),
    connections: 16,
    outstanding: 64,
    limit: Math.round(MISSED * setting.scale),
  });
  const snaps = await snapshotsSent(members);
  const seconds = (await members.restart(away)) / 1000;
  if ((await snapshotsSent(members)) !== snaps) {
    throw new Error('the follower got a snapshot and not what it had missed');
  }
  await members.stopAll();
  return { seconds };
}

/** How many learners the leader has sent a snapshot to. */
async function snapshotsSent(members: Members): Promise<number | undefined> {
  return await members.metric(await members.leader(), 'zk_snap_count');
}

async function comeBackBySnap(members: Members, setting: Setting): Promise<Figures> {
  const znodes = Math.round((ZNODES * setting.scale) / 1000) * 1000;
  await runLoad({
    ...shapeOf(members, 'fill'),
    connections: 4,
    outstanding: 4,
    limit: znodes / CREATES_PER_MULTI,
    znodes,
  });
  const away = await members.follower();
  await members.stop(away);
  members.empty(away);
  let startedMs = 0;
  let servedMs = 0;
  const job = {
    ...shapeOf(members, 'set'),
    connections: 16,
    warmupMs: WARMUP_MS,
    isOpenEnded: true,
    slotMs: SLOT_MS,
  };
  const result = await runGenerator(job, async () => {
    await pause(WARMUP_MS);
    startedMs = Date.now();
    await members.restart(away);
    servedMs = Date.now();
  });
  await members.stopAll();
  const during = (slot: TimelineSlot): boolean =>
    slot.startMs + slot.lengthMs >= startedMs && slot.startMs <= servedMs;
  const timeline = result?.timeline ?? [];
  const slots = timeline.filter(during);
  const others = timeline.filter((slot) => !during(slot));
  return {
    seconds: (servedMs - startedMs) / 1000,
    stallMs: longestGap(slots),
    normalStallMs: longestGap(others),
    worstWriteMs: worstWrite(slots),
    normalWorstWriteMs: worstWrite(others),
  };
}

function longestGap(slots: readonly TimelineSlot[]): number {
  return Math.max(0, ...slots.map(({ longestGapMs }) => longestGapMs));
}

function worstWrite(slots: readonly TimelineSlot[]): number {
  const all = new Histogram();
  for (const { latencies } of slots) all.addSparse(latencies);
  return all.summary().maxUs / 1000;
}

function shapeOf<L extends 'set' | 'fill'>(members: Members, load: L) {
  const shape = { connections: 1, outstanding: 1, warmupMs: 0, windowMs: 0 };
  return { kind: 'steady' as const, load, servers: members.running, ...shape };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
