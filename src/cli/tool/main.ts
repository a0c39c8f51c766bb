/*
 * zk-tool: from the words of a command line to an exit code. Answers to zkTxnLogToolkit.sh, zkSnapShotToolkit.sh, zkSnapshotComparer.sh,
 * zkSnapshotRecursiveSummaryToolkit.sh and zkCleanup.sh, and has what ZooKeeper has no tool for: backup, restore, dump, load.
 */
import { createInterface, type Interface } from 'node:readline';
import { StorageError } from '../../datatree/storage/storage-error.ts';
import { ConfigError } from '../../server/config/config-error.ts';
import { CommandError } from '../static-keys.ts';
import { parseToolCommand } from './command-line.ts';
import { Output, OutputClosed, Progress, type ToolConsole } from './output.ts';
import { isSystemError, ToolError, ToolExit } from './tool-error.ts';

/** Answers of whoever sits in front, or of a script: one line for each question. */
class Answers {
  private readonly out: Output;
  private input: Interface | null = null;
  private lines: AsyncIterator<string> | null = null;

  constructor(out: Output) {
    this.out = out;
  }

  async ask(question: string): Promise<string | null> {
    this.out.write(question);
    await this.out.flush();
    this.input ??= createInterface({ input: process.stdin });
    this.lines ??= this.input[Symbol.asyncIterator]();
    const next = await this.lines.next();
    return next.done === true ? null : next.value;
  }

  close(): void {
    this.input?.close();
  }
}

/** Whether an error is for the operator and not a mistake of ours. */
function isForOperator(error: unknown): error is Error {
  return (
    error instanceof StorageError ||
    error instanceof CommandError ||
    error instanceof ConfigError ||
    isSystemError(error)
  );
}

/**
 * Runs one tool on a console.
 *
 * @param argv the words behind the program's name
 * @returns the exit code of the process: 0, 1 for damage, difference or failure, 2 for a mistake in the command line
 */
export async function runTool(tool: ToolConsole, argv: readonly string[]): Promise<number> {
  try {
    const command = await parseToolCommand(argv);
    return command === null ? ToolExit.done : await command(tool);
  } catch (error) {
    if (error instanceof OutputClosed) return ToolExit.done;
    if (!(error instanceof ToolError || isForOperator(error))) throw error;
    await flushQuietly(tool.out);
    tool.warn(error.message);
    return error instanceof ToolError ? error.exitCode : ToolExit.failed;
  } finally {
    tool.progress.clear();
  }
}

/** What was found before the failure is written too, if that is possible. */
async function flushQuietly(out: Output): Promise<void> {
  try {
    await out.flush();
  } catch (error) {
    if (!(error instanceof OutputClosed || error instanceof ToolError)) throw error;
  }
}

/** Runs one tool on the console of this process. Takes and gives what runTool does. */
export async function run(argv: readonly string[]): Promise<number> {
  const progress = new Progress(process.stderr);
  const out = new Output(process.stdout, () => progress.clear());
  const answers = new Answers(out);
  const warn = (line: string): void => {
    progress.clear();
    process.stderr.write(`${line}\n`);
  };
  try {
    return await runTool({ out, progress, warn, ask: (question) => answers.ask(question) }, argv);
  } finally {
    answers.close();
  }
}
