/*
 * compare without thresholds: every znode that is in one of two snapshots or data directories alone, or has other data, another ACL or
 * another Stat in the other. Java's comparer sees sizes only; this is what shows that a restored tree is the one that was saved.
 */
import type { DataTree, Row } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import { AclTexts } from './acl-texts.ts';
import { LATEST, readTree } from './data-state.ts';
import type { ToolConsole } from './output.ts';
import { StoredStats } from './snapshot-dump.ts';
import { ToolExit } from './tool-error.ts';
import { type Visit, walk } from './tree-walk.ts';

/** What is told of the difference. */
export interface DifferenceOptions {
  readonly json: boolean;
  /** Whether znodes differ also by times, zxids and versions alone. */
  readonly stat: boolean;
}

/** What of a znode differs. */
type Part = 'data' | 'acl' | 'owner' | 'stat';

/** Tells what differs. Gives the exit code: 1 where anything does, as diff does. Raises ToolError. */
export async function differSnapshots(
  tool: ToolConsole,
  leftPath: string,
  rightPath: string,
  options: DifferenceOptions,
): Promise<number> {
  const left = readTree(tool, leftPath, undefined, LATEST);
  const right = readTree(tool, rightPath, undefined, LATEST);
  const { out, progress } = tool;
  const difference = new Difference(left, right, options.stat);
  let count = 0;
  let seen = 0;
  const tell = async (
    sign: '-' | '+' | '~',
    path: string,
    parts: readonly Part[],
  ): Promise<void> => {
    count++;
    out.write(options.json ? jsonLine(sign, path, parts) : textLine(sign, path, parts));
    if (out.isFull) await out.flush();
  };
  for (const visit of walk(left, '/', left.root, 'created')) {
    if (seen++ % 4096 === 0) progress.report('compared', seen, left.nodeCount + right.nodeCount);
    const other = right.findPath(visit.path);
    if (other === NO_ROW) await tell('-', visit.path, []);
    else {
      const parts = difference.of(visit, other);
      if (parts.length > 0) await tell('~', visit.path, parts);
    }
  }
  for (const visit of walk(right, '/', right.root, 'created')) {
    if (seen++ % 4096 === 0) progress.report('compared', seen, left.nodeCount + right.nodeCount);
    if (left.findPath(visit.path) === NO_ROW) await tell('+', visit.path, []);
  }
  progress.clear();
  await out.flush();
  const znodes = left.nodeCount - 1;
  tool.warn(count === 0 ? `the same ${znodes} znodes` : `${count} znodes differ`);
  return count === 0 ? ToolExit.done : ToolExit.failed;
}

const KINDS = { '-': 'removed', '+': 'added', '~': 'changed' } as const;

function jsonLine(sign: '-' | '+' | '~', path: string, parts: readonly Part[]): string {
  return `${JSON.stringify({ change: KINDS[sign], path, ...(sign === '~' ? { parts } : {}) })}\n`;
}

function textLine(sign: string, path: string, parts: readonly Part[]): string {
  return parts.length === 0 ? `${sign} ${path}\n` : `${sign} ${path}  ${parts.join(' ')}\n`;
}

class Difference {
  private readonly left: DataTree;
  private readonly right: DataTree;
  private readonly leftStats: StoredStats;
  private readonly rightStats: StoredStats;
  private readonly leftAcls: AclTexts;
  private readonly rightAcls: AclTexts;
  private readonly looksAtStat: boolean;

  constructor(left: DataTree, right: DataTree, looksAtStat: boolean) {
    this.left = left;
    this.right = right;
    this.leftStats = new StoredStats(left);
    this.rightStats = new StoredStats(right);
    this.leftAcls = new AclTexts(left);
    this.rightAcls = new AclTexts(right);
    this.looksAtStat = looksAtStat;
  }

  of({ row }: Visit, other: Row): Part[] {
    const { left, right } = this;
    const parts: Part[] = [];
    if (!hasSameData(left, row, right, other)) parts.push('data');
    if (!isSameList(this.leftAcls.of(row), this.rightAcls.of(other))) parts.push('acl');
    if (left.ephemeralOwner(row) !== right.ephemeralOwner(other)) parts.push('owner');
    if (this.looksAtStat && !this.hasSameStat(row, other)) parts.push('stat');
    return parts;
  }

  private hasSameStat(row: Row, other: Row): boolean {
    const one = this.leftStats.of(row);
    const two = this.rightStats.of(other);
    return (
      one.czxid === two.czxid &&
      one.mzxid === two.mzxid &&
      one.pzxid === two.pzxid &&
      one.ctime === two.ctime &&
      one.mtime === two.mtime &&
      one.version === two.version &&
      one.cversion === two.cversion &&
      one.aversion === two.aversion
    );
  }
}

function hasSameData(left: DataTree, row: Row, right: DataTree, other: Row): boolean {
  const size = left.dataSize(row);
  if (size !== right.dataSize(other)) return false;
  if (size <= 0) return true;
  return left.dataOf(row)?.equals(right.dataOf(other) ?? Buffer.alloc(0)) ?? false;
}

function isSameList(one: readonly string[] | null, other: readonly string[] | null): boolean {
  if (one === other) return true;
  if (one === null || other === null || one.length !== other.length) return false;
  return one.every((text, index) => text === other[index]);
}
