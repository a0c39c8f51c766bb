/*
 * The configuration of a simulated server, from a zoo.cfg as an operator would write it; what such a file cannot say because it would
 * be foolish on a real machine (a snapshot after every second transaction) is set behind.
 */
import { LEAST, parseText } from '../server/config/memory-files.ts';
import type { SimOptions } from './options.ts';
import type { SimServerOptions } from './sim-server.ts';

/** What concerns the servers of a world. */
export type EnsembleOptions = Omit<
  SimOptions,
  | 'clients'
  | 'network'
  | 'workload'
  | 'faultMs'
  | 'faultEveryMs'
  | 'faults'
  | 'faultLastsMs'
  | 'healAll'
  | 'diskLatencyMean'
  | 'clockDrift'
>;

/** The options of one server. */
export function serverOptions(sid: number, options: EnsembleOptions): SimServerOptions {
  const { voters, observers } = options;
  const isObserver = sid > voters;
  const lines = [
    `tickTime=${options.tickTime}`,
    `initLimit=${options.initLimit}`,
    `syncLimit=${options.syncLimit}`,
    `leaderServes=${options.leaderServes ? 'yes' : 'no'}`,
    `digest.enabled=${options.digestEnabled}`,
    'maxClientCnxns=0',
    ...(isObserver ? ['peerType=observer'] : []),
  ];
  for (let id = 1; id <= voters + observers; id++) {
    lines.push(`server.${id}=s${id}:2888:3888${id > voters ? ':observer' : ''}`);
  }
  const config = {
    ...parseText(LEAST + lines.join('\n'), { '/data/myid': String(sid) }),
    snapCount: options.snapCount,
    commitLogCount: options.commitLogCount,
    preAllocSizeKb: options.preAllocSizeKb,
    flushDelayMs: options.flushDelayMs,
    closeSessionTxnEnabled: options.closeSessionTxnEnabled,
    extendedTypesEnabled: true,
    enforceQuota: options.enforceQuota,
    containerCheckIntervalMs: options.containerCheckIntervalMs,
    autopurge: { snapRetainCount: 3, purgeIntervalMs: options.purgeIntervalMs },
  };
  if (config.ensemble === null) throw new Error('not an ensemble');
  const ensemble = {
    ...config.ensemble,
    snapshotSizeFactor: options.snapshotSizeFactor,
    observerSyncEnabled: options.observerSyncEnabled,
    forceSnapshotSync: options.forceSnapshotSync,
  };
  return { sid, isObserver, config, ensemble, turnMs: options.turnMs };
}
