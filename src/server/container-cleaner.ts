/*
 * ContainerCleaner: finds containers whose last child is gone and TTL znodes that have outlived their time
 * (Java: ContainerManager). It only asks for their deletion, by a transaction like any other.
 */

import type { DataTree, Row } from '../datatree/data-tree.ts';
import { ttlOf } from '../datatree/ephemeral-type.ts';
import type { TurnClock } from './clock.ts';

const MS_PER_MINUTE = 60_000;

/** Settings: the keys znode.container.*. */
export interface ContainerCleanerOptions {
  readonly checkIntervalMs: number;
  /** Deletions per minute; more wait, so that many at once do not disturb. */
  readonly maxPerMinute: number;
  /** A container that never had a child is kept for this long, in ms; 0 for ever. */
  readonly maxNeverUsedIntervalMs: number;
}

/** Looks through containers and TTL znodes every checkIntervalMs. */
export class ContainerCleaner {
  private readonly tree: DataTree;
  private readonly clock: TurnClock;
  private readonly options: ContainerCleanerOptions;
  private readonly requestDeletion: (path: string) => void;
  private nextCheckAt: number;
  private candidates: string[] = [];
  private nextDeletionAt = 0;

  constructor(
    ports: {
      readonly tree: DataTree;
      readonly clock: TurnClock;
      readonly requestDeletion: (path: string) => void;
    },
    options: ContainerCleanerOptions,
  ) {
    this.tree = ports.tree;
    this.clock = ports.clock;
    this.requestDeletion = ports.requestDeletion;
    this.options = options;
    this.nextCheckAt = ports.clock.elapsed + options.checkIntervalMs;
  }

  /** When run() wants to be called, in ms of the elapsed clock. */
  get deadline(): number {
    return this.candidates.length > 0 ? this.nextDeletionAt : this.nextCheckAt;
  }

  /** Asks for the next deletion that is due, and looks for more when the interval has passed. */
  run(): void {
    const now = this.clock.elapsed;
    if (this.candidates.length === 0 && now >= this.nextCheckAt) {
      this.nextCheckAt = now + this.options.checkIntervalMs;
      this.candidates = this.findCandidates();
      this.nextDeletionAt = now;
    }
    while (this.candidates.length > 0 && this.nextDeletionAt <= now) {
      this.requestDeletion(this.candidates.pop() as string);
      this.nextDeletionAt += MS_PER_MINUTE / this.options.maxPerMinute;
    }
  }

  private findCandidates(): string[] {
    const { tree } = this;
    const found: string[] = [];
    for (const row of tree.containerRows()) if (this.isAbandoned(row)) found.push(tree.pathOf(row));
    for (const row of tree.ttlRows()) if (this.isOutlived(row)) found.push(tree.pathOf(row));
    return found;
  }

  /** A container that had children and has none, or one that had none for too long. */
  private isAbandoned(row: Row): boolean {
    const { tree } = this;
    if (tree.childCount(row) > 0) return false;
    if (tree.cversion(row) > 0) return true;
    const limit = this.options.maxNeverUsedIntervalMs;
    return limit !== 0 && this.age(row) > limit;
  }

  private isOutlived(row: Row): boolean {
    const { tree } = this;
    if (tree.childCount(row) > 0) return false;
    return this.age(row) > Number(ttlOf(tree.ephemeralOwner(row)));
  }

  /** ms since the last change of the data. */
  private age(row: Row): number {
    return this.clock.wall - this.tree.mtime(row);
  }
}
