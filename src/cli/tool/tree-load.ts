/*
 * load: a new data directory out of lines of JSON (tree-lines.ts). Where the lines have a stat, every znode gets exactly that; where they
 * have none, the znodes are created one after another as a client would, with zxids from 1. Ephemerals are left out: their sessions
 * are gone.
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { DataTree } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import { ttlOf } from '../../datatree/ephemeral-type.ts';
import { OPEN_ACL_UNSAFE } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { SESSION_ID_ZERO, toZxid, ZXID_ZERO, type Zxid } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import { JuteError } from '../../jute/reader.ts';
import type { Txn } from '../../jute/txn.ts';
import type { ToolConsole } from './output.ts';
import { newTree } from './snapshot-file.ts';
import { checkHasNoData, writeNewSnapshot } from './snapshot-output.ts';
import { StatLoad } from './stat-load.ts';
import { isSystemError, ToolError, ToolExit } from './tool-error.ts';
import { parseZnodeLine, type ZnodeLine } from './tree-lines.ts';
import { hex } from './words.ts';

/** What to load. */
export interface TreeLoadOptions {
  /** A file, or STANDARD_INPUT. */
  readonly input: string;
  readonly dataDir: string;
  /** The zxid that the new server goes on from, if not the highest that was given out; null for that. */
  readonly zxid: Zxid | null;
}

/** Loads. Gives the exit code. Raises ToolError, with the line for what is wrong in the input; nothing is written then. */
export async function loadTree(tool: ToolConsole, options: TreeLoadOptions): Promise<number> {
  const { input, dataDir, zxid } = options;
  checkHasNoData(dataDir);
  const loading = new Loading();
  let number = 0;
  for await (const lines of linesOf(input)) {
    for (const line of lines) {
      number++;
      try {
        const text = textOf(line);
        if (text.trim() !== '') loading.take(parseZnodeLine(text));
      } catch (error) {
        if (!(error instanceof ToolError || error instanceof JuteError)) throw error;
        throw new ToolError(`${input}, line ${number}: ${error.message}`);
      }
    }
    tool.progress.report('znodes', number);
  }
  tool.progress.clear();
  const { path, nodeCount } = writeNewSnapshot(tool, resolve(dataDir), () => {
    const tree = finished(loading, input);
    if (zxid !== null) {
      if (zxid < tree.lastProcessedZxid) {
        throw new ToolError(
          `${hex(zxid)} is before ${hex(tree.lastProcessedZxid)}, which a znode has`,
        );
      }
      tree.lastProcessedZxid = zxid;
    }
    return { tree, hasDigest: false };
  });
  if (loading.ephemeralCount > 0) {
    tool.warn(`${loading.ephemeralCount} ephemeral znodes were left out: their sessions are gone`);
  }
  tool.out.line(`${path}: ${nodeCount - 1} znodes`);
  await tool.out.flush();
  return ToolExit.done;
}

/** Some mistakes are only found at the end, and have no line. */
function finished(loading: Loading, input: string): DataTree {
  try {
    return loading.finish();
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
    throw new ToolError(`${input}: ${error.message}`);
  }
}

/** The znodes of one input. */
class Loading {
  ephemeralCount = 0;
  private load: StatLoad | CreatedLoad | null = null;

  take(line: ZnodeLine): void {
    if (line.kind === 'ephemeral') {
      this.ephemeralCount++;
      return;
    }
    this.load ??= line.stat === null ? new CreatedLoad() : new StatLoad();
    if (this.load instanceof StatLoad) {
      if (line.stat === null)
        throw new ToolError('there is no stat, and the lines before have one');
      this.load.take(line, line.stat);
    } else {
      if (line.stat !== null)
        throw new ToolError('there is a stat, and the lines before have none');
      this.load.take(line);
    }
  }

  /** Gives the tree away. */
  finish(): DataTree {
    const load = this.load ?? new CreatedLoad();
    this.load = null;
    return load.finish();
  }
}

/** The paths that every tree has from the beginning. */
const INITIAL_PATHS = new Set(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']);

/** Behind this, a cversion goes round. */
const MAX_CVERSION = 0x7fff_ffff;

/** Znodes that are created as by a client. */
class CreatedLoad {
  private readonly tree = newTree(true);
  private readonly seen = new Set<string>();
  private zxid: Zxid = ZXID_ZERO;
  private readonly time = Date.now();

  constructor() {
    this.tree.recordChanges = false;
    this.tree.isReplaying = true;
  }

  take(line: ZnodeLine): void {
    const { path } = line;
    if (INITIAL_PATHS.has(path)) {
      this.takeInitial(line);
      return;
    }
    if (this.tree.findPath(path) !== NO_ROW) throw new ToolError(`${path} comes twice`);
    this.apply(createOf(line, this.parentCVersionOf(path)), path);
  }

  /**
   * A sequential znode has the cversion of its parent in its name. So that the next one comes behind those that are loaded, and does
   * not take the name of one, the parent's is put behind the number; else it counts one more (-1).
   */
  private parentCVersionOf(path: string): number {
    const number = Number(/[0-9]{10}$/.exec(path)?.[0] ?? -1);
    const parent = this.tree.findPath(path.slice(0, path.lastIndexOf('/')) || '/');
    if (parent === NO_ROW || number < this.tree.cversion(parent) || number >= MAX_CVERSION)
      return -1;
    return number + 1;
  }

  private takeInitial({ path, data, acl }: ZnodeLine): void {
    if (this.seen.has(path)) throw new ToolError(`${path} comes twice`);
    this.seen.add(path);
    const row = this.tree.findPath(path);
    if (data !== null && data.length > 0) {
      const version = this.tree.version(row) + 1;
      this.apply({ type: OpCode.setData, path, data, version }, path);
    }
    if (acl !== null) {
      const version = this.tree.aversion(row) + 1;
      this.apply({ type: OpCode.setACL, path, acl, version }, path);
    }
  }

  private apply(txn: Txn, path: string): void {
    this.zxid = toZxid(this.zxid + 1n);
    const header = {
      clientId: SESSION_ID_ZERO,
      cxid: 0,
      zxid: this.zxid,
      time: this.time,
      type: txn.type,
    };
    const { err } = this.tree.apply(header, txn);
    if (err === ErrorCode.noNode) throw new ToolError(`no parent of ${path}`);
    if (err !== ErrorCode.ok) throw new ToolError(`${path} cannot be created: error ${err}`);
  }

  finish(): DataTree {
    this.tree.isReplaying = false;
    return this.tree;
  }
}

function createOf({ path, data, acl, owner, kind }: ZnodeLine, parentCVersion: number): Txn {
  const znode = { path, data, acl: acl ?? OPEN_ACL_UNSAFE, parentCVersion };
  switch (kind) {
    case 'container':
      return { type: OpCode.createContainer, ...znode };
    case 'ttl':
      return { type: OpCode.createTTL, ...znode, ttl: ttlOf(owner) };
    default:
      return { type: OpCode.create, ...znode, ephemeral: false };
  }
}

/** The path that means what the process is given. */
export const STANDARD_INPUT = '/dev/stdin';

/** Bytes that are read at a time. */
const PIECE_SIZE = 1 << 20;

/** A longer line is refused, in bytes. */
const LINE_LIMIT = 256 << 20;

const LINE_BREAK = 0x0a;

/** The lines of the input without their ends, as many at a time as come together. */
async function* linesOf(path: string): AsyncGenerator<Buffer[]> {
  const rest: Buffer[] = [];
  let restSize = 0;
  for await (const piece of piecesOf(path)) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = piece.indexOf(LINE_BREAK); end >= 0; end = piece.indexOf(LINE_BREAK, start)) {
      lines.push(Buffer.concat([...rest.splice(0), piece.subarray(start, end)]));
      restSize = 0;
      start = end + 1;
    }
    rest.push(piece.subarray(start));
    restSize += piece.length - start;
    if (restSize > LINE_LIMIT) {
      throw new ToolError(`${path}: a line of more than ${LINE_LIMIT} bytes`);
    }
    yield lines;
  }
  if (restSize > 0) yield [Buffer.concat(rest)];
}

/** What is no UTF-8 would lose its bytes without a word. */
function textOf(line: Buffer): string {
  if (!isUtf8(line)) throw new ToolError('no UTF-8');
  return line.toString('utf8');
}

async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  const stream =
    path === STANDARD_INPUT ? process.stdin : createReadStream(path, { highWaterMark: PIECE_SIZE });
  try {
    for await (const piece of stream) yield piece;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ToolError(`File doesn't exist or not readable: ${path} (${error.message})`);
  }
}
