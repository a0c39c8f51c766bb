/*
 * How a tool ends when it cannot do what it was asked for. The exit codes are those of ZooKeeper's tools (Java: ExitCode).
 */

/** Exit codes: done; damage, difference or failure; a command line that makes no sense. */
export const ToolExit = { done: 0, failed: 1, misused: 2 } as const;

/** A tool that cannot go on. Its message is for the operator, and the code is that of the process. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ToolExit.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Whether an error is one that the system gave for a file, with its code. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** Does something with an open file. Where the system's error does not tell which, as that of a full disk, the ToolError does. */
export function namingFile<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isSystemError(error) || error.path !== undefined) throw error;
    throw new ToolError(`${path}: ${error.message}`);
  }
}

/** Whether an error says that a file is not there. */
export function isMissingFile(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT';
}
