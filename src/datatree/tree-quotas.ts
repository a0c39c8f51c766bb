/*
 * Keeps the statistics of quotas true: how many znodes and bytes there are at and below each path with a quota.
 *
 * Answers to the quota parts of DataTree: updateQuotaStat, updateQuotaForPath, traverseNode. The numbers stand as text in
 * /zookeeper/quota/…/zookeeper_stats, and writing them changes no version and no digest. Whether a quota allows a write is the server's to check,
 * before there is a transaction.
 *
 * Where Java fails on limits right below /zookeeper/quota (they would be the root's, which has no quota), on garbage in the text, and
 * on limits above /zookeeper/quota, nothing happens here.
 */

import { StatOffset } from '../jute/data.ts';
import { nextBelow } from './children.ts';
import { PathBytes } from './path-bytes.ts';
import {
  LIMIT_NODE,
  parseStatsTrack,
  QUOTA_PATH,
  STAT_NODE,
  StatsTrack,
  statPath,
} from './quota.ts';
import { QuotaTrie } from './quota-trie.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';
import type { Znodes } from './znodes.ts';

/** The quotas of one tree. */
export class TreeQuotas {
  private readonly znodes: Znodes;
  private readonly warn: (message: string) => void;
  private readonly trie = new QuotaTrie();
  private readonly pathBytes = new PathBytes();

  constructor(znodes: Znodes, warn: (message: string) => void) {
    this.znodes = znodes;
    this.warn = warn;
  }

  /** Whether no path has a quota. */
  get isEmpty(): boolean {
    return this.trie.isEmpty;
  }

  /** The longest path at or above `path` that has a quota, or null. */
  rootOf(path: string): string | null {
    return this.trie.longestPrefix(path);
  }

  /** All paths with a quota. */
  roots(): string[] {
    return this.trie.paths();
  }

  /** A znode below /zookeeper has been created: if it is of quotas, the quota begins. */
  systemNodeCreated(path: string): void {
    if (!path.startsWith(QUOTA_PATH)) return;
    const slash = path.lastIndexOf('/');
    if (slash < QUOTA_PATH.length) return;
    const subject = path.slice(QUOTA_PATH.length, slash);
    const name = path.slice(slash + 1);
    if (name === LIMIT_NODE) this.trie.add(subject);
    if (name === STAT_NODE) this.recount(subject);
  }

  /** A znode below /zookeeper has been deleted: if it held limits, the quota ends. */
  systemNodeDeleted(path: string): void {
    const slash = path.lastIndexOf('/');
    if (slash < QUOTA_PATH.length || path.slice(slash + 1) !== LIMIT_NODE) return;
    this.trie.delete(path.slice(QUOTA_PATH.length, slash));
  }

  /** Something at or below `path` came, went or changed its size: the numbers of the nearest quota follow. */
  usageChanged(path: string, countDifference: number, bytesDifference: number): void {
    const root = this.trie.longestPrefix(path);
    if (root === null) return;
    const stats = statPath(root);
    const row = this.find(stats);
    const before = row === NO_ROW ? null : parseStatsTrack(this.textOf(row));
    if (before === null) {
      this.warn(`No statistics of a quota in ${stats}`);
      return;
    }
    const count = before.count + BigInt(countDifference);
    const bytes = before.bytes + BigInt(bytesDifference);
    this.znodes.setData(row, Buffer.from(before.withUsage(count, bytes).toString()));
  }

  /** Finds the quotas of a tree that has been loaded, and counts anew (Java: setupQuota). */
  load(): void {
    this.trie.clear();
    const top = this.find(QUOTA_PATH);
    if (top === NO_ROW) return;
    const suffix = `/${LIMIT_NODE}`;
    const { rows } = this.znodes;
    for (let row = nextBelow(rows, top, top); row !== NO_ROW; row = nextBelow(rows, row, top)) {
      if (this.znodes.firstChild(row) !== NO_ROW) continue;
      const path = this.pathOf(row);
      if (!path.endsWith(suffix)) continue;
      const subject = path.slice(QUOTA_PATH.length, path.indexOf(suffix));
      this.recount(subject);
      this.trie.add(subject);
    }
  }

  clear(): void {
    this.trie.clear();
  }

  private recount(subject: string): void {
    const stats = statPath(subject);
    const row = this.find(stats);
    if (row === NO_ROW) {
      this.warn(`No statistics of a quota in ${stats}`);
      return;
    }
    const usage = this.usageOf(this.find(subject));
    this.znodes.setData(
      row,
      Buffer.from(new StatsTrack().withUsage(usage.count, usage.bytes).toString()),
    );
  }

  private usageOf(top: Row): { readonly count: bigint; readonly bytes: bigint } {
    let count = 0;
    let bytes = 0;
    const { rows } = this.znodes;
    for (let row = top; row !== NO_ROW; row = nextBelow(rows, row, top)) {
      count += 1;
      bytes += this.znodes.statInt(row, StatOffset.dataLength);
    }
    return { count: BigInt(count), bytes: BigInt(bytes) };
  }

  private find(path: string): Row {
    const size = this.pathBytes.encode(path);
    return this.znodes.find(this.pathBytes.bytes, 0, size);
  }

  private pathOf(row: Row): string {
    const size = this.znodes.pathSize(row);
    const bytes = Buffer.allocUnsafe(size);
    this.znodes.writePath(row, bytes, size);
    return bytes.toString('utf8');
  }

  private textOf(row: Row): string {
    const start = this.znodes.dataStart(row);
    const bytes = this.znodes.chunkBytes(row).subarray(start, start + this.znodes.dataLength(row));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }
}
