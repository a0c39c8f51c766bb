/*
 * summary: how many znodes and how much data are below each znode that has children (Java: SnapshotRecursiveSummary, since 3.9).
 */
import { NO_ROW } from '../../datatree/data-tree.ts';
import type { ToolConsole } from './output.ts';
import { readSnapshotFile } from './snapshot-file.ts';
import { ToolError, ToolExit } from './tool-error.ts';
import { TreeTotals, walk } from './tree-walk.ts';

/** What is shown of a snapshot. */
export interface SummaryOptions {
  /** Where the sums begin. */
  readonly node: string;
  /** How far below that znodes are shown; 0 for all. */
  readonly depth: number;
  readonly json: boolean;
}

/** Shows the sums. Gives the exit code. Raises ToolError. */
export async function summarizeSnapshot(
  tool: ToolConsole,
  path: string,
  { node, depth, json }: SummaryOptions,
): Promise<number> {
  const tree = readSnapshotFile(tool, path);
  const { out } = tool;
  const start = tree.findPath(node);
  if (start === NO_ROW) throw new ToolError(`${path}: there is no znode ${node}`);
  const totals = new TreeTotals(tree, node, start);
  const maxLevel = depth === 0 ? Number.POSITIVE_INFINITY : depth;
  for (const visit of walk(tree, node, start, 'java', maxLevel)) {
    if (visit.childCount === 0) continue;
    const number = totals.numberOf(visit.row);
    const children = totals.descendantCount(number);
    const data = totals.dataSize(number);
    const dashes = '--'.repeat(visit.level);
    if (json) out.line(JSON.stringify({ path: visit.path, children, data }));
    else {
      out.line(
        `${dashes} ${visit.path}\n${dashes}   children: ${children}\n${dashes}   data: ${data}`,
      );
    }
    if (out.isFull) await out.flush();
  }
  if (!json) out.line('');
  await out.flush();
  return ToolExit.done;
}
