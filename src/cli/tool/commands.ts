/*
 * From the options of a command line to what a tool takes.
 */
import { environmentOf } from '../environment.ts';
import { dataDirOf, staticKeys } from '../static-keys.ts';
import { backUp } from './backup.ts';
import { checkRetainCount, cleanUp } from './cleanup.ts';
import { directoriesOf, type Point } from './data-state.ts';
import type { DataForm } from './json-values.ts';
import type { ToolConsole } from './output.ts';
import { restore } from './restore.ts';
import { compareSnapshots } from './snapshot-compare.ts';
import { differSnapshots } from './snapshot-difference.ts';
import { dumpSnapshot } from './snapshot-dump.ts';
import { summarizeSnapshot } from './snapshot-summary.ts';
import { ToolError, ToolExit } from './tool-error.ts';
import { dumpTree } from './tree-dump.ts';
import { loadTree } from './tree-load.ts';
import { dumpTxnLog } from './txnlog.ts';
import { chopTxnLog, repairTxnLog } from './txnlog-repair.ts';
import { verifyTxnLog } from './txnlog-verify.ts';
import { parseCount, parseSession, parseTimeMs, parseZxid } from './words.ts';

/** Options of txnlog. */
interface TxnLogLine {
  readonly file: string;
  readonly json: boolean;
  readonly follow: boolean;
  readonly path: string | undefined;
  readonly session: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly fromZxid: string | undefined;
  readonly toZxid: string | undefined;
  readonly verify: boolean;
  readonly recover: boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
  readonly chop: boolean;
  readonly zxid: string | undefined;
}

/** A value that may not be given. */
function given<T>(text: string | undefined, parse: (text: string) => T): T | null {
  return text === undefined ? null : parse(text);
}

/** Shows, follows, checks, repairs or chops a log. */
export function runTxnLog(tool: ToolConsole, line: TxnLogLine): Promise<number> {
  const { file, verify, recover, chop, follow } = line;
  if ([verify, recover, chop, follow].filter(Boolean).length > 1) {
    throw new ToolError(
      '--verify, --recover, --chop and --follow exclude each other',
      ToolExit.misused,
    );
  }
  if (verify) return verifyTxnLog(tool, file);
  if (recover) return repairTxnLog(tool, file, line);
  if (chop) {
    if (line.zxid === undefined) {
      throw new ToolError('--chop needs --zxid, where to chop', ToolExit.misused);
    }
    return chopTxnLog(tool, file, parseZxid(line.zxid));
  }
  const filter = {
    path: line.path ?? null,
    session: given(line.session, parseSession),
    since: given(line.since, parseTimeMs),
    until: given(line.until, parseTimeMs),
    fromZxid: given(line.fromZxid, parseZxid),
    toZxid: given(line.toZxid, parseZxid),
  };
  const signal = follow ? interruption() : null;
  return dumpTxnLog(tool, file, { json: line.json, filter, follow: signal });
}

/** Aborted when the process is told to end. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}

/** Options of snapshot. */
interface SnapshotLine {
  readonly file: string;
  readonly data: boolean;
  readonly json: boolean;
}

/** Shows a snapshot. */
export function runSnapshot(tool: ToolConsole, line: SnapshotLine): Promise<number> {
  if (line.data && line.json) {
    throw new ToolError(
      'Cannot specify both data dump (-d) and json mode (-json) in same call',
      ToolExit.misused,
    );
  }
  return dumpSnapshot(tool, line.file, line.json ? 'json' : line.data ? 'data' : 'sizes');
}

/** Options of summary. */
interface SummaryLine {
  readonly file: string;
  readonly node: string;
  readonly depth: string;
  readonly json: boolean;
}

/** Sums a snapshot up. */
export function runSummary(tool: ToolConsole, line: SummaryLine): Promise<number> {
  const { file, node, json } = line;
  return summarizeSnapshot(tool, file, { node, depth: parseCount(line.depth, 'depth'), json });
}

/** Options of compare. */
interface CompareLine {
  readonly left: string | undefined;
  readonly right: string | undefined;
  readonly l: string | undefined;
  readonly r: string | undefined;
  readonly bytes: string | undefined;
  readonly nodes: string | undefined;
  readonly debug: boolean;
  readonly interactive: boolean;
  readonly stat: boolean;
  readonly json: boolean;
}

/** Compares two snapshots: by sizes as Java does where thresholds are given, else exactly. */
export function runCompare(tool: ToolConsole, line: CompareLine): Promise<number> {
  const left = line.l ?? line.left;
  const right = line.r ?? line.right;
  if (left === undefined || right === undefined) {
    throw new ToolError('compare needs two snapshots', ToolExit.misused);
  }
  const { bytes, nodes, debug, interactive, stat, json } = line;
  if (bytes === undefined && nodes === undefined) {
    if (debug || interactive) {
      throw new ToolError(
        '--debug and --interactive go with --bytes and --nodes',
        ToolExit.misused,
      );
    }
    return differSnapshots(tool, left, right, { json, stat });
  }
  if (bytes === undefined || nodes === undefined) {
    throw new ToolError('--bytes and --nodes go together', ToolExit.misused);
  }
  return compareSnapshots(tool, left, right, {
    bytes: parseCount(bytes, '--bytes'),
    nodes: parseCount(nodes, '--nodes'),
    debug,
    interactive,
  });
}

/** Options of cleanup. */
interface CleanupLine {
  readonly dataLogDir: string | undefined;
  readonly snapDir: string | undefined;
  readonly count: string | undefined;
  readonly dryRun: boolean;
  readonly config: string | undefined;
}

/** Removes old files, of the given directories or of those in the configuration. */
export function runCleanup(tool: ToolConsole, line: CleanupLine): Promise<number> {
  if (line.count === undefined) throw new ToolError('cleanup [dataLogDir [snapDir]] -n count');
  const count = parseCount(line.count, '-n', ToolExit.failed);
  checkRetainCount(count);
  const { dataLogDir, snapDir } = line;
  const directories =
    dataLogDir === undefined
      ? configuredDirectories(line.config)
      : { dataLogDir, dataDir: snapDir ?? dataLogDir };
  return cleanUp(tool, { ...directories, count, dryRun: line.dryRun });
}

function configuredDirectories(config: string | undefined): {
  readonly dataLogDir: string;
  readonly dataDir: string;
} {
  const { configFile } = environmentOf(process.env, { configDir: config });
  const keys = staticKeys(configFile);
  const dataDir = dataDirOf(keys, configFile);
  return { dataDir, dataLogDir: keys.get('dataLogDir') || dataDir };
}

/** Options that say a point of time. */
interface PointLine {
  readonly toZxid: string | undefined;
  readonly toTime: string | undefined;
}

function pointOf({ toZxid, toTime }: PointLine): Point {
  return { zxid: given(toZxid, parseZxid), timeMs: given(toTime, parseTimeMs) };
}

/** Options of backup. */
interface BackupLine {
  readonly dataDir: string;
  readonly target: string;
  readonly logDir: string | undefined;
  readonly snapshots: string;
}

/** Makes a backup. */
export function runBackup(tool: ToolConsole, line: BackupLine): Promise<number> {
  const count = parseCount(line.snapshots, '--snapshots');
  if (count === 0) throw new ToolError('--snapshots: one at least', ToolExit.misused);
  return backUp(tool, directoriesOf(line.dataDir, line.logDir), line.target, count);
}

/** Options of restore. */
interface RestoreLine extends PointLine {
  readonly source: string;
  readonly dataDir: string;
  readonly logDir: string | undefined;
  readonly dataLogDir: string | undefined;
}

/** Restores a backup. */
export function runRestore(tool: ToolConsole, line: RestoreLine): Promise<number> {
  const { source, dataDir, dataLogDir } = line;
  const directories = directoriesOf(source, line.logDir);
  return restore(tool, { source, directories, dataDir, dataLogDir, point: pointOf(line) });
}

/** Options of dump. */
interface DumpLine extends PointLine {
  readonly source: string;
  readonly logDir: string | undefined;
  readonly path: string;
  readonly data: DataForm;
  readonly stat: boolean;
  readonly persistentOnly: boolean;
}

/** Writes the tree as lines. */
export function runDump(tool: ToolConsole, line: DumpLine): Promise<number> {
  const { source, path, data, stat, persistentOnly } = line;
  return dumpTree(tool, source, {
    dataLogDir: line.logDir,
    point: pointOf(line),
    path,
    data,
    stat,
    persistentOnly,
  });
}

/** Options of load. */
interface LoadLine {
  readonly input: string;
  readonly dataDir: string;
  readonly zxid: string | undefined;
}

/** Makes a data directory out of lines. */
export function runLoad(tool: ToolConsole, line: LoadLine): Promise<number> {
  const { input, dataDir } = line;
  return loadTree(tool, { input, dataDir, zxid: given(line.zxid, parseZxid) });
}
