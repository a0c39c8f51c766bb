/*
 * dump: the tree in a data directory or in a snapshot file as lines of JSON (tree-lines.ts), parents before their children.
 */

import type { DataTree } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import { AclTexts } from './acl-texts.ts';
import { type Point, readTree } from './data-state.ts';
import type { ToolConsole } from './output.ts';
import { StoredStats } from './snapshot-dump.ts';
import { ToolError, ToolExit } from './tool-error.ts';
import { type LineOptions, znodeLine } from './tree-lines.ts';
import { walk } from './tree-walk.ts';

/** What is dumped. */
export interface TreeDumpOptions extends LineOptions {
  /** Where the logs are, if not with the snapshots. */
  readonly dataLogDir: string | undefined;
  readonly point: Point;
  /** The znode to begin with; those above it come first, so that the lines can be loaded. */
  readonly path: string;
  /** Whether znodes of sessions are left out. */
  readonly persistentOnly: boolean;
}

/** Writes the lines. Gives the exit code. Raises ToolError, StorageError. */
export async function dumpTree(
  tool: ToolConsole,
  source: string,
  options: TreeDumpOptions,
): Promise<number> {
  const tree = readTree(tool, source, options.dataLogDir, options.point);
  const { out, progress } = tool;
  const start = tree.findPath(options.path);
  if (start === NO_ROW) throw new ToolError(`${source}: there is no znode ${options.path}`);
  const stats = new StoredStats(tree);
  const acls = new AclTexts(tree);
  for (const path of pathsAbove(options.path)) {
    out.write(znodeLine(tree, path, tree.findPath(path), stats, acls, options));
  }
  let count = 0;
  const total = tree.nodeCount;
  for (const { path, row } of walk(tree, options.path, start, 'created')) {
    count++;
    if (options.persistentOnly && isOfSession(tree, row)) continue;
    out.write(znodeLine(tree, path, row, stats, acls, options));
    if (!out.isFull) continue;
    progress.report('znodes', count, options.path === '/' ? total : 0);
    await out.flush();
  }
  progress.clear();
  await out.flush();
  return ToolExit.done;
}

function isOfSession(tree: DataTree, row: number): boolean {
  return tree.ephemeralTypeOf(tree.ephemeralOwner(row)) === 'normal';
}

function pathsAbove(path: string): string[] {
  if (path === '/') return [];
  const names = path.split('/').slice(1, -1);
  return ['/', ...names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)];
}
