/*
 * Autopurge: removes snapshots and logs that are no longer needed, at start and then at an interval
 * (Java: DatadirCleanupManager; keys autopurge.*).
 */

import type { Disk } from '../datatree/storage/disk.ts';
import { purge } from '../datatree/storage/purge.ts';
import type { TurnClock } from './clock.ts';
import type { ServerConfig } from './config/config.ts';
import type { Log } from './log.ts';

/** What purging needs. */
export interface AutopurgePorts {
  readonly disk: Disk;
  readonly clock: TurnClock;
  readonly log: Log;
}

/** What to purge and when. */
export interface AutopurgeOptions {
  readonly snapshotDirectory: string;
  readonly logDirectory: string;
  readonly retainCount: number;
  /** ms; 0 for never */
  readonly intervalMs: number;
}

/** Purges when its time has come. */
export class Autopurge {
  private readonly disk: Disk;
  private readonly clock: TurnClock;
  private readonly log: Log;
  private readonly options: AutopurgeOptions;
  private isRunning = false;
  /** When run() wants to be called, in ms of the elapsed clock. */
  deadline: number;

  constructor(ports: AutopurgePorts, options: AutopurgeOptions) {
    this.disk = ports.disk;
    this.clock = ports.clock;
    this.log = ports.log;
    this.options = options;
    this.deadline = options.intervalMs > 0 ? ports.clock.elapsed : Number.POSITIVE_INFINITY;
  }

  /** Purges if it is due and no purge is going on. A purge that fails is told and tried again at the next interval. */
  run(): void {
    if (this.clock.elapsed < this.deadline) return;
    this.deadline = this.clock.elapsed + this.options.intervalMs;
    if (this.isRunning) return;
    this.isRunning = true;
    const onRemove = (path: string): void => this.log.info(`Removing file: ${path}`);
    purge(this.disk, { ...this.options, onRemove }, (error) => {
      this.isRunning = false;
      if (error !== null) this.log.warn(`purging failed: ${error.message}`);
    });
  }
}

/** The one that a configuration asks for, in the server's own directories. */
export function autopurge(ports: AutopurgePorts, config: ServerConfig): Autopurge {
  const { dataDir, dataLogDir } = config;
  return new Autopurge(ports, {
    snapshotDirectory: `${dataDir}/version-2`,
    logDirectory: `${dataLogDir}/version-2`,
    retainCount: config.autopurge.snapRetainCount,
    intervalMs: config.autopurge.purgeIntervalMs,
  });
}
