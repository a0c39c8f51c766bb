/*
 * ContainerCleaner: finds containers whose last child is gone and TTL znodes that have outlived their time
 * (Java: ContainerManager). It only asks for their deletion, by a transaction like any other.
 *
 * There may be millions of them, and few that are to go: it looks at some in each turn, and goes on when those that it has found
 * are deleted.
 */

import type { DataTree, OwnerWalk, Row } from '../datatree/data-tree.ts';
import { ttlOf } from '../datatree/ephemeral-type.ts';
import type { TurnClock } from './clock.ts';

const MS_PER_MINUTE = 60_000;
/** Znodes that are looked at in one turn; 0.25 ms in a tree of a million znodes with a TTL. */
const SLICE_COUNT = 2000;

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
  /** The walks of a check that is under way: through the containers, then through the znodes with a TTL. */
  private walks: { readonly walk: OwnerWalk; readonly isDue: (row: Row) => boolean }[] = [];
  /** What the last slice has found. */
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
    if (this.candidates.length > 0) return this.nextDeletionAt;
    return this.walks.length > 0 ? this.clock.elapsed : this.nextCheckAt;
  }

  /** Asks for the deletions that are due; looks for more, and begins to when the interval has passed. */
  run(): void {
    const now = this.clock.elapsed;
    if (this.candidates.length === 0) {
      if (this.walks.length === 0 && now >= this.nextCheckAt) this.startCheck(now);
      this.candidates = this.nextCandidates();
      this.nextDeletionAt = Math.max(this.nextDeletionAt, now);
    }
    while (this.candidates.length > 0 && this.nextDeletionAt <= now) {
      this.requestDeletion(this.candidates.pop() as string);
      this.nextDeletionAt += MS_PER_MINUTE / this.options.maxPerMinute;
    }
  }

  private startCheck(now: number): void {
    const { tree } = this;
    this.nextCheckAt = now + this.options.checkIntervalMs;
    this.walks = [
      { walk: tree.walkContainers(), isDue: (row) => this.isAbandoned(row) },
      { walk: tree.walkTtls(), isDue: (row) => this.isOutlived(row) },
    ];
  }

  /** Those of the next slice; the check is over when there is no slice any more. */
  private nextCandidates(): string[] {
    const { tree } = this;
    let left = SLICE_COUNT;
    const found: string[] = [];
    for (let next = this.walks[0]; next !== undefined && left > 0; next = this.walks[0]) {
      const rows = next.walk.next(left);
      left -= rows.length;
      for (const row of rows) if (next.isDue(row)) found.push(tree.pathOf(row));
      if (left > 0) this.walks.shift();
    }
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

  /** A znode that is older than its TTL; one of 0, which only the layout of 3.5.3 can have, is for ever, as in Java. */
  private isOutlived(row: Row): boolean {
    const { tree } = this;
    if (tree.childCount(row) > 0) return false;
    const ttl = Number(ttlOf(tree.ephemeralOwner(row)));
    return ttl !== 0 && this.age(row) > ttl;
  }

  /** ms since the last change of the data. */
  private age(row: Row): number {
    return this.clock.wall - this.tree.mtime(row);
  }
}
