/*
 * snapshot: the znodes and sessions of a snapshot as SnapshotFormatter shows them, or its JSON for ncdu. The order is Java's too, so that
 * two dumps can be compared line by line.
 */
import { basename } from 'node:path';
import type { DataTree, Row } from '../../datatree/data-tree.ts';
import { sortedSnapshots } from '../../datatree/storage/file-names.ts';
import { STAT_SIZE, type Stat, statAt } from '../../jute/data.ts';
import { type SessionId, toHex, ZXID_ZERO, type Zxid } from '../../jute/int64.ts';
import { dateText, longHashMapOrder, wideHex } from './java-text.ts';
import type { Output, ToolConsole } from './output.ts';
import { readSnapshotFile } from './snapshot-file.ts';
import { ToolExit } from './tool-error.ts';
import { walk } from './tree-walk.ts';

/** How a snapshot is shown: the sizes of data, the data, or JSON. */
export type SnapshotForm = 'sizes' | 'data' | 'json';

/** Shows a snapshot. Gives the exit code. Raises ToolError. */
export async function dumpSnapshot(
  tool: ToolConsole,
  path: string,
  form: SnapshotForm,
): Promise<number> {
  const tree = readSnapshotFile(tool, path);
  if (form === 'json') await writeJson(tool, tree);
  else await writeDetails(tool, tree, path, form === 'data');
  await tool.out.flush();
  return ToolExit.done;
}

/** The Stat of a row as it is stored: cversion counts creates, ephemeralOwner tells containers and TTLs too. */
export class StoredStats {
  private readonly words = new Int32Array(STAT_SIZE / 4);
  private readonly bytes = new Uint8Array(this.words.buffer);
  private readonly tree: DataTree;

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  of(row: Row): Stat {
    this.tree.copyStoredStat(row, this.words);
    return statAt(this.bytes, 0);
  }
}

async function writeDetails(
  tool: ToolConsole,
  tree: DataTree,
  path: string,
  showsData: boolean,
): Promise<void> {
  const { out, progress } = tool;
  const stats = new StoredStats(tree);
  let last: Zxid = sortedSnapshots([basename(path)])[0]?.zxid ?? ZXID_ZERO;
  let count = 0;
  out.line(`ZNode Details (count=${tree.nodeCount}):`);
  for (const visit of walk(tree, '/', tree.root, 'java')) {
    const stat = stats.of(visit.row);
    if (stat.mzxid > last) last = stat.mzxid;
    if (stat.pzxid > last) last = stat.pzxid;
    out.write(`----\n${visit.path}\n${statText(stat)}`);
    out.line(showsData ? dataText(tree, visit.row) : `  dataLength = ${sizeOf(tree, visit.row)}`);
    count++;
    if (!out.isFull) continue;
    progress.report('znodes', count, tree.nodeCount);
    await out.flush();
  }
  progress.clear();
  out.line('----');
  out.line('Session Details (sid, timeout, ephemeralCount):');
  for (const [session, timeout] of longHashMapOrder([...tree.sessions])) {
    out.line(`${wideHex(session)}, ${timeout}, ${ephemeralCount(tree, session)}`);
  }
  out.line(`----\nLast zxid: 0x${toHex(last)}`);
}

function ephemeralCount(tree: DataTree, session: SessionId): number {
  return tree.ephemeralRowsOf(session).length;
}

function sizeOf(tree: DataTree, row: Row): number {
  return Math.max(0, tree.dataSize(row));
}

function dataText(tree: DataTree, row: Row): string {
  return `  data = ${tree.dataOf(row)?.toString('base64') ?? ''}`;
}

function statText(stat: Stat): string {
  return (
    `  cZxid = ${wideHex(stat.czxid)}\n` +
    `  ctime = ${dateText(stat.ctime)}\n` +
    `  mZxid = ${wideHex(stat.mzxid)}\n` +
    `  mtime = ${dateText(stat.mtime)}\n` +
    `  pZxid = ${wideHex(stat.pzxid)}\n` +
    `  cversion = ${stat.cversion}\n` +
    `  dataVersion = ${stat.version}\n` +
    `  aclVersion = ${stat.aversion}\n` +
    `  ephemeralOwner = ${wideHex(stat.ephemeralOwner)}\n`
  );
}

/** What ncdu takes for the numbers of files begins above this. */
const FIRST_INODE = 1001;

/** The format of ncdu (https://dev.yorhel.nl/ncdu/jsonfmt): a znode is an object, or where it has children an array that begins with it. */
async function writeJson(tool: ToolConsole, tree: DataTree): Promise<void> {
  const { out, progress } = tool;
  const about = `{"progname":"SnapshotFormatter.java","progver":"0.01","timestamp":${Date.now()}}`;
  out.write(`[1,0,${about}`);
  const open: number[] = [];
  let inode = FIRST_INODE;
  for (const { path, row, level, childCount } of walk(tree, '/', tree.root, 'java')) {
    closeFrom(open, level, out);
    const name = JSON.stringify(path === '/' ? path : path.slice(path.lastIndexOf('/') + 1));
    const size = sizeOf(tree, row);
    if (childCount > 0) open.push(level);
    out.write(
      `,${childCount > 0 ? '[' : ''}{"name":${name},"asize":${size},"dsize":${size},"dev":0,"ino":${inode}}`,
    );
    inode++;
    if (!out.isFull) continue;
    progress.report('znodes', inode - FIRST_INODE, tree.nodeCount);
    await out.flush();
  }
  progress.clear();
  closeFrom(open, 0, out);
  out.write(']');
}

/** Ends the arrays of znodes that are not above `level`. */
function closeFrom(open: number[], level: number, out: Output): void {
  while ((open.at(-1) ?? -1) >= level) {
    open.pop();
    out.write(']');
  }
}
