/*
 * QuotaCheck: whether a write would go beyond a hard quota (Java: ZooKeeperServer.checkQuota; key enforceQuota).
 *
 * It looks at what is applied, not at what is on its way, as Java does: writes in flight can exceed a quota by themselves.
 */

import type { DataTree, Row } from '../../datatree/data-tree.ts';
import type { StatsTrack } from '../../datatree/quota.ts';
import { limitPath, parseStatsTrack, statPath } from '../../datatree/quota.ts';
import { ErrorCode } from '../../jute/error-code.ts';

/** What a write adds: bytes of data and znodes. */
export interface Growth {
  readonly bytes: number;
  readonly count: number;
}

/** Checks writes against quotas. */
export class QuotaCheck {
  private readonly tree: DataTree;
  private readonly enforceQuota: boolean;
  private readonly onExceeded: (path: string, message: string, isRefused: boolean) => void;

  /** @param onExceeded told of every write beyond a limit, and whether it is refused, which a soft limit does not do */
  constructor(
    tree: DataTree,
    options: {
      readonly enforceQuota: boolean;
      readonly onExceeded: (path: string, message: string, isRefused: boolean) => void;
    },
  ) {
    this.tree = tree;
    this.enforceQuota = options.enforceQuota;
    this.onExceeded = options.onExceeded;
  }

  /** Whether there is anything to check: quotas are enforced, and there are some. */
  get isNeeded(): boolean {
    return this.enforceQuota && this.tree.hasQuotas;
  }

  /** The size of the data of a znode, in bytes. */
  dataSizeOf(row: Row): number {
    return Math.max(0, this.tree.dataSize(row));
  }

  /** QuotaExceeded where `growth` at `path` goes beyond a hard limit, else 0. */
  check(path: { readonly text: string }, growth: Growth): ErrorCode {
    if (!this.isNeeded) return ErrorCode.ok;
    const root = this.tree.quotaRootOf(path.text);
    if (root === null) return ErrorCode.ok;
    const limits = this.read(limitPath(root));
    const usage = this.read(statPath(root));
    if (limits === 'missing' || usage === 'missing') return ErrorCode.ok;
    if (limits === 'unreadable' || usage === 'unreadable') return ErrorCode.marshallingError;
    const isCountFine = this.isWithin(root, {
      what: 'count',
      growth: growth.count,
      used: usage.count,
      soft: limits.count,
      hard: limits.countHardLimit,
    });
    const isSizeFine =
      isCountFine &&
      this.isWithin(root, {
        what: 'bytes',
        growth: growth.bytes,
        used: usage.bytes,
        soft: limits.bytes,
        hard: limits.byteHardLimit,
      });
    return isSizeFine ? ErrorCode.ok : ErrorCode.quotaExceeded;
  }

  private read(path: string): StatsTrack | 'missing' | 'unreadable' {
    const row = this.tree.findPath(path);
    if (row < 0) return 'missing';
    return parseStatsTrack(this.tree.dataOf(row)?.toString('utf8') ?? '') ?? 'unreadable';
  }

  /** A hard limit counts where there is one, else the soft one, which only warns; -1 is none. */
  private isWithin(
    root: string,
    quota: {
      readonly what: 'count' | 'bytes';
      readonly growth: number;
      readonly used: bigint;
      readonly soft: bigint;
      readonly hard: bigint;
    },
  ): boolean {
    const isHard = quota.hard > -1n;
    const limit = isHard ? quota.hard : quota.soft;
    const after = quota.used + BigInt(quota.growth);
    if (quota.growth === 0 || limit <= -1n || after <= limit) return true;
    const kind = `${isHard ? 'hard' : 'soft'}${quota.what === 'count' ? 'Count' : 'Byte'}Limit`;
    this.onExceeded(
      root,
      `Quota exceeded: ${root} [current ${quota.what}=${after}, ${kind}=${limit}]`,
      isHard,
    );
    return !isHard;
  }
}
