/*
 * One million znodes: how long it takes to load them, what they cost in memory, how long a server needs to
 * come back with them (from its log after kill -9, from a snapshot after a clean stop), and what writes
 * suffer while a snapshot of them is written. One data directory serves for all, in this order:
 *
 *   1. load into a fresh server (no snapshot is due: snapCount is large), memory, kill -9
 *   2. restart from the log, timed, with a snapCount so small that a thousand writes cut a snapshot;
 *      when it is whole, a clean stop
 *   3. restart from the snapshot, timed, with a snapCount that falls into the middle of many sets
 */
import type { Figures, Goal } from '../figures.ts';
import { runLoad } from '../generator-process.ts';
import { CREATES_PER_MULTI } from '../load/fill.ts';
import { type BenchServer, fourLetterWord } from '../server.ts';
import { awaitSnapshot, figuresWhileSnapshotting, snapshotFiles } from '../snapshots.ts';
import { type Scenario, type Setting, withDirectory } from './scenario.ts';
import { settledMemory } from './settle.ts';

const ZNODES = 1_000_000;
const LOAD_CONNECTIONS = 4;
const LOAD_OUTSTANDING = 4;
const SMALL_SNAP_COUNT = 1000;
const LARGE_SNAP_COUNT = 1_000_000;
/** With a snapCount of n, ZooKeeper cuts after n/2 to n transactions: here once or more, with time left before and after. */
const SETS_PER_SNAP_COUNT = 1.6;
const SLOT_MS = 50;
const WARMUP_MS = 2000;
const SNAPSHOT_LIMIT_MS = 120_000;
/** Gets that show whether a restarted server has everything. */
const PROBES = 20_000;

/** Rows of this scenario. */
const Id = {
  load: 'million-load',
  memory: 'million-memory',
  restartSnapshot: 'million-restart-snapshot',
  restartLog: 'million-restart-log',
  snapshotWrites: 'million-snapshot-writes',
} as const;

/** The scenario of one million znodes. */
export const millionScenario: Scenario = {
  name: 'million',
  rows: [
    {
      id: Id.load,
      title: 'load of 1,000,000 znodes of 100 B by multis of 500',
      isScalable: true,
      metrics: ['seconds', 'cpuUsPerOp'],
      goals: timeGoals(2, 6.3),
    },
    {
      id: Id.memory,
      title: 'memory with them',
      isScalable: true,
      metrics: ['rssBytes', 'pssBytes'],
      goals: [{ metric: 'rssBytes', of: 'value', bound: 'atMost', limit: 300 * 1024 * 1024 }],
    },
    {
      id: Id.restartSnapshot,
      title: 'restart with them, from a snapshot',
      isScalable: true,
      metrics: ['seconds'],
      goals: timeGoals(1, 3.4),
    },
    {
      id: Id.restartLog,
      title: 'restart with them, from the log after kill -9',
      isScalable: true,
      metrics: ['seconds'],
      goals: timeGoals(1.5, 4.6),
    },
    {
      id: Id.snapshotWrites,
      title: 'set, 16 × 64, while a snapshot of them is written',
      isScalable: true,
      metrics: [
        'ratePerSecond',
        'p99Us',
        'normalP99Us',
        'p99OverNormal',
        'stallMs',
        'normalStallMs',
      ],
      goals: [
        { metric: 'p99OverNormal', of: 'value', bound: 'atMost', limit: 1.5 },
        { metric: 'stallMs', of: 'value', bound: 'atMost', limit: 20 },
      ],
    },
  ],
  run: runMillion,
};

/**
 * A time to reach, and the same as a ratio for a machine of another speed.
 *
 * @param javaSeconds what Java took on the machine that the time is meant for
 */
function timeGoals(seconds: number, javaSeconds: number): Goal[] {
  return [
    { metric: 'seconds', of: 'value', bound: 'atMost', limit: seconds },
    { metric: 'seconds', of: 'ratio', bound: 'atMost', limit: seconds / javaSeconds },
  ];
}

function runMillion(setting: Setting): Promise<ReadonlyMap<string, Figures>> {
  const znodes = Math.round((ZNODES * setting.scale) / 1000) * 1000;
  const largeSnapCount = Math.round(LARGE_SNAP_COUNT * setting.scale);
  const figures = new Map<string, Figures>();
  return withDirectory(setting, async (start, dataDirectory) => {
    const first = await start({ snapCount: String(LARGE_SNAP_COUNT) });
    figures.set(Id.load, await fill(first, znodes));
    const { rssBytes, pssBytes } = await settledMemory(first.pid);
    figures.set(Id.memory, pssBytes === undefined ? { rssBytes } : { rssBytes, pssBytes });
    const loadedZxid = await lastZxid(first);
    // A killed process leaves no profile; what is on disk is the same.
    await (setting.profileDirectory === undefined ? first.kill() : first.stop());

    const second = await start({ snapCount: String(SMALL_SNAP_COUNT) });
    figures.set(Id.restartLog, { seconds: second.startMs / 1000 });
    await probe(second, znodes);
    await runLoad({ ...steady(second, 'createDelete'), limit: SMALL_SNAP_COUNT });
    await awaitSnapshot(dataDirectory, loadedZxid, SNAPSHOT_LIMIT_MS);
    await second.stop();

    const third = await start({ snapCount: String(largeSnapCount) });
    figures.set(Id.restartSnapshot, { seconds: third.startMs / 1000 });
    await probe(third, znodes);
    const sets = Math.round(largeSnapCount * SETS_PER_SNAP_COUNT);
    figures.set(Id.snapshotWrites, await writeAcrossSnapshot(third, dataDirectory, sets));
    await third.stop();
    return figures;
  });
}

async function fill(server: BenchServer, znodes: number): Promise<Figures> {
  const { seconds, serverCpuUs, replies } = await runLoad({
    ...steady(server, 'fill'),
    connections: LOAD_CONNECTIONS,
    outstanding: LOAD_OUTSTANDING,
    limit: znodes / CREATES_PER_MULTI,
    znodes,
  });
  return { seconds, cpuUsPerOp: serverCpuUs / (replies * CREATES_PER_MULTI) };
}

/** Throws unless the server has all znodes: by their number, and by the data of many of them. */
async function probe(server: BenchServer, znodes: number): Promise<void> {
  const count = /Node count: (\d+)/.exec(await fourLetterWord(server.port, 'srvr'))?.[1];
  if (Number(count) < znodes) throw new Error(`${count} znodes after a restart, not ${znodes}`);
  await runLoad({ ...steady(server, 'filledGet'), limit: PROBES, znodes });
}

async function lastZxid(server: BenchServer): Promise<bigint> {
  const zxid = /Zxid: (0x[0-9a-f]+)/.exec(await fourLetterWord(server.port, 'srvr'))?.[1];
  if (zxid === undefined) throw new Error('srvr tells no zxid');
  return BigInt(zxid);
}

async function writeAcrossSnapshot(
  server: BenchServer,
  dataDirectory: string,
  sets: number,
): Promise<Figures> {
  const zxid = await lastZxid(server);
  const { timeline, seconds } = await runLoad({
    ...steady(server, 'set'),
    connections: 16,
    outstanding: 64,
    limit: sets,
    slotMs: SLOT_MS,
  });
  await awaitSnapshot(dataDirectory, zxid, SNAPSHOT_LIMIT_MS);
  return figuresWhileSnapshotting({
    timeline,
    warmupMs: Math.min(WARMUP_MS, 150 * seconds),
    snapshots: snapshotFiles(dataDirectory),
  });
}

function steady<L extends 'fill' | 'filledGet' | 'createDelete' | 'set'>(
  server: BenchServer,
  load: L,
) {
  const shape = { connections: 1, outstanding: 16, warmupMs: 0, windowMs: 0 };
  return { kind: 'steady' as const, load, servers: [server.loaded], ...shape };
}
