/*
 * cleanup: removes the snapshots and logs that the newest ones do not need (Java: PurgeTxnLog, zkCleanup.sh). A server may run
 * meanwhile. The rules are those of the server's own purge (src/datatree/storage/purge.ts).
 */
import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { MIN_RETAIN_COUNT, purgeable } from '../../datatree/storage/purge.ts';
import { mediumDate } from './java-text.ts';
import { disk } from './log-files.ts';
import type { ToolConsole } from './output.ts';
import { ToolError, ToolExit } from './tool-error.ts';

/** Where a server's files are, below dataDir. */
const VERSION_DIRECTORY = 'version-2';

/** What to remove. */
export interface CleanupOptions {
  /** dataLogDir and dataDir; the files are in version-2 below. */
  readonly dataLogDir: string;
  readonly dataDir: string;
  /** Snapshots that stay; checkRetainCount has seen it. */
  readonly count: number;
  /** Only tells. */
  readonly dryRun: boolean;
}

/** Refuses to keep fewer snapshots than the server ever would. Raises ToolError. */
export function checkRetainCount(count: number): void {
  if (count >= MIN_RETAIN_COUNT) return;
  throw new ToolError(`count should be greater than or equal to ${MIN_RETAIN_COUNT}`);
}

/** Removes what is not needed, with Java's line for each file. Gives the exit code. Raises ToolError. */
export async function cleanUp(tool: ToolConsole, options: CleanupOptions): Promise<number> {
  const { dataLogDir, dataDir, count, dryRun } = options;
  const paths = purgeable(disk, {
    snapshotDirectory: existing(dataDir),
    logDirectory: existing(dataLogDir),
    retainCount: count,
    onRemove: () => undefined,
  });
  for (const path of paths) {
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    // Somebody else removes as well, perhaps the server.
    if (changedAt === undefined) continue;
    tool.out.line(
      `${dryRun ? 'Would remove' : 'Removing'} file: ${mediumDate(changedAt)}\t${path}`,
    );
    if (!dryRun) disk.removeNow(path);
  }
  await tool.out.flush();
  return ToolExit.done;
}

function existing(directory: string): string {
  const path = join(directory, VERSION_DIRECTORY);
  if (disk.list(path) !== null) return path;
  if (basename(resolve(directory)) === VERSION_DIRECTORY && disk.list(directory) !== null) {
    return directory;
  }
  throw new ToolError(`Path '${path}' does not exist. `);
}
