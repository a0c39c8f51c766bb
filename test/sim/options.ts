/*
 * Options: what one seed draws, all of it before the world begins. Each seed leaves out some kinds of trouble altogether and has much
 * of others (swarm testing), because a world that has a little of everything never comes to some states.
 */
import { Random } from '../harness/random.ts';
import type { NetworkOptions } from './network.ts';
import type { WishKind, WorkloadOptions } from './workload.ts';

/** Kinds of trouble. */
export type FaultKind =
  | 'kill'
  | 'powerLoss'
  | 'killLeader'
  | 'powerLossAll'
  | 'pause'
  | 'partition'
  | 'oneWay'
  | 'isolateLeader'
  | 'cut'
  | 'slowLink'
  | 'slowDisk'
  | 'fullDisk'
  | 'failingDisk'
  | 'powerLossInCall'
  | 'clockJump'
  | 'rollingRestart'
  | 'damage';

const FAULT_KINDS: readonly FaultKind[] = [
  'kill',
  'powerLoss',
  'killLeader',
  'powerLossAll',
  'pause',
  'partition',
  'oneWay',
  'isolateLeader',
  'cut',
  'slowLink',
  'slowDisk',
  'fullDisk',
  'failingDisk',
  'powerLossInCall',
  'clockJump',
  'rollingRestart',
  'damage',
];

const WISH_KINDS: readonly WishKind[] = [
  'create',
  'setData',
  'delete',
  'multi',
  'ephemeral',
  'sequential',
  'closeSession',
  'getData',
  'exists',
  'getChildren',
  'syncRead',
  'addWatch',
  'addRecursiveWatch',
  'removeWatches',
  'getEphemerals',
  'container',
  'ttl',
  'setAcl',
  'quota',
];

/** What a world is like; times in ms. */
export interface SimOptions {
  readonly voters: number;
  readonly observers: number;
  readonly clients: number;
  readonly tickTime: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly leaderServes: boolean;
  readonly digestEnabled: boolean;
  readonly snapCount: number;
  readonly commitLogCount: number;
  readonly preAllocSizeKb: number;
  readonly snapshotSizeFactor: number;
  readonly forceSnapshotSync: boolean;
  readonly flushDelayMs: number;
  readonly closeSessionTxnEnabled: boolean;
  /** How often old snapshots and logs are removed; 0 for never. */
  readonly purgeIntervalMs: number;
  readonly observerSyncEnabled: boolean;
  readonly turnMs: number;
  /** How much faster or slower than time the clocks of a machine run, at most: 0.1 for a tenth. */
  readonly clockDrift: number;
  /** How often it is looked for empty containers and znodes that have outlived their time, in ms. */
  readonly containerCheckIntervalMs: number;
  readonly enforceQuota: boolean;
  readonly diskLatencyMean: number;
  readonly network: NetworkOptions;
  readonly workload: WorkloadOptions;
  /** How long phase 1 takes, and the mean time between two faults. */
  readonly faultMs: number;
  readonly faultEveryMs: number;
  readonly faults: readonly (readonly [weight: number, kind: FaultKind])[];
  /** The mean time that a fault lasts. */
  readonly faultLastsMs: number;
  /** Whether phase 2 gives back all servers, or only a quorum. */
  readonly healAll: boolean;
}

/** Servers that end and come back all the time, so that some of them have always missed something. */
export const RESTARTS: Partial<SimOptions> = {
  faults: [
    [3, 'kill'],
    [3, 'killLeader'],
    [1, 'isolateLeader'],
  ],
  faultEveryMs: 300,
  faultLastsMs: 300,
  faultMs: 30_000,
};

/** Disks that are behind when the power fails. */
const DISKS: Partial<SimOptions> = {
  faults: [
    [3, 'powerLoss'],
    [3, 'slowDisk'],
    [2, 'powerLossInCall'],
    [1, 'powerLossAll'],
  ],
  faultEveryMs: 400,
  faultLastsMs: 1000,
  snapCount: 10,
  healAll: true,
};

/** Learners that have to synchronise again and again, and do not come to the end of it. */
const LINKS: Partial<SimOptions> = {
  faults: [
    [3, 'cut'],
    [2, 'slowLink'],
    [2, 'oneWay'],
    [1, 'powerLoss'],
  ],
  faultEveryMs: 200,
  faultLastsMs: 300,
  forceSnapshotSync: true,
};

/** Disks that do not keep what is on them, and servers that have to find that out. */
export const DAMAGES: Partial<SimOptions> = {
  faults: [
    [5, 'damage'],
    [2, 'kill'],
    [2, 'killLeader'],
    [1, 'isolateLeader'],
  ],
  faultEveryMs: 400,
  faultLastsMs: 300,
};

/** Trouble that is drawn as a whole, because its parts seldom come together by chance. */
const STYLES: readonly Partial<SimOptions>[] = [{}, {}, {}, RESTARTS, DISKS, LINKS, DAMAGES];

/** Weights of some of the kinds; the others do not occur. */
function drawSome<T>(random: Random, kinds: readonly T[], share: number): (readonly [number, T])[] {
  const some = kinds.filter(() => random.chance(share));
  const used = some.length > 0 ? some : [random.pick(kinds)];
  return used.map((kind) => [1 + random.below(10), kind]);
}

function drawNetwork(random: Random): NetworkOptions {
  return {
    delayMin: random.pick([0.05, 0.1, 0.5, 1, 5]),
    delayMean: random.pick([0.1, 0.5, 1, 5, 20]),
    lateChance: random.pick([0, 0, 0.001, 0.01, 0.05]),
    lateMax: random.pick([20, 100, 500]),
    cutChance: random.pick([0, 0.05, 0.3]),
    resetChance: random.pick([0, 0.3, 1]),
    refuseChance: random.pick([0, 0, 0.05, 0.2]),
  };
}

function drawWorkload(random: Random, tickTime: number): WorkloadOptions {
  const weights = drawSome(random, WISH_KINDS, 0.7);
  // Without any write that can succeed, nothing would be seen of progress.
  const always: (readonly [number, WishKind])[] = [
    [3, 'create'],
    [5, 'setData'],
    [2, 'getData'],
    [1, 'syncRead'],
  ];
  return {
    sessionTimeout: tickTime * random.pick([2, 4, 8, 16, 20]),
    thinkMs: random.pick([20, 50, 100, 300]),
    depth: random.pick([1, 2, 5, 20]),
    reconnectMs: random.pick([10, 100, 1000]),
    keyCount: random.pick([2, 5, 20]),
    dataSize: random.pick([10, 10, 100, 2000, 20_000]),
    weights: [
      ...always,
      ...weights.map(
        ([weight, kind]) => [kind === 'closeSession' ? weight / 20 : weight, kind] as const,
      ),
    ],
  };
}

/** What a seed stands for. */
export function drawOptions(seed: number): SimOptions {
  const random = new Random(seed ^ 0x5eed);
  const network = drawNetwork(random);
  const diskLatencyMean = random.pick([0.1, 1, 5, 20]);
  // A tick has to be long beside what a write takes, or healthy servers would lose each other.
  const writeMs = 4 * (network.delayMin + network.delayMean) + 3 * diskLatencyMean;
  const ticks = [50, 200, 500, 2000];
  const tickTime = random.pick(ticks.filter((ms) => ms >= 5 * writeMs));
  return {
    voters: random.weighted([
      [7, 3],
      [3, 5],
    ]),
    observers: random.weighted([
      [7, 0],
      [2, 1],
      [1, 2],
    ]),
    clients: 1 + random.below(6),
    tickTime,
    initLimit: random.pick([5, 10, 20]),
    syncLimit: random.pick([2, 5, 10]),
    leaderServes: random.chance(0.9),
    digestEnabled: random.chance(0.9),
    // Every snapshot begins another log: with one at each second transaction a slow disk does nothing else, and writes outlast sessions.
    snapCount: Math.max(random.pick([2, 10, 50, 200, 100_000]), diskLatencyMean > 5 ? 10 : 0),
    commitLogCount: random.pick([1, 5, 50, 500]),
    preAllocSizeKb: random.pick([0, 1, 64]),
    snapshotSizeFactor: random.pick([0.33, 0.33, 100, -1]),
    forceSnapshotSync: random.chance(0.05),
    flushDelayMs: random.pick([0, 0, 0, 5]),
    closeSessionTxnEnabled: random.chance(0.8),
    purgeIntervalMs: random.pick([0, 0, 500, 5000]),
    observerSyncEnabled: random.chance(0.8),
    turnMs: random.pick([0.02, 0.1, 0.5]),
    diskLatencyMean,
    network,
    workload: drawWorkload(random, tickTime),
    faultMs: random.pick([5000, 15_000, 30_000]),
    faultEveryMs: random.pick([200, 500, 1500, 5000]),
    faults: drawSome(random, FAULT_KINDS, random.pick([0.1, 0.3, 0.6])),
    faultLastsMs: random.pick([100, 300, 1000, 5000]),
    healAll: random.chance(0.7),
    clockDrift: random.pick([0, 0, 0.001, 0.1]),
    enforceQuota: random.chance(0.7),
    containerCheckIntervalMs: random.pick([200, 1000, 60_000]),
    ...random.pick(STYLES),
  };
}
