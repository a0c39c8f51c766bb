/*
 * How a command of the shell fails: one line on standard error and an exit code, in the words of zkCli (Java: CliException,
 * CliWrapperException, KeeperException.getCodeMessage), which scripts look for.
 */
import {
  ConnectionLossError,
  ErrorCode,
  errorName,
  RequestTimeoutError,
  ZooKeeperError,
} from '../../client/index.ts';

/** A command that did not do what it was asked for. Its message is the line to print. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exit code for a command that there is not. */
export const NOT_FOUND_EXIT_CODE = 127;

/** What is printed for a code, before the path. */
const WORDS: ReadonlyMap<number, string> = new Map([
  [ErrorCode.noNode, 'Node does not exist: '],
  [ErrorCode.noChildrenForEphemerals, 'Ephemerals cannot have children: '],
  [ErrorCode.nodeExists, 'Node already exists: '],
  [ErrorCode.notEmpty, 'Node not empty: '],
  [ErrorCode.notReadOnly, 'Not a read-only call: '],
  [ErrorCode.invalidAcl, 'Acl is not valid : '],
  [ErrorCode.noAuth, 'Insufficient permission : '],
  [ErrorCode.badArguments, 'Arguments are not valid : '],
  [ErrorCode.badVersion, 'version No is not valid : '],
  [ErrorCode.quotaExceeded, 'Quota has exceeded : '],
]);

/** The codes whose name is not what Java calls them. */
const CODE_NAMES: ReadonlyMap<number, string> = new Map([
  [ErrorCode.apiError, 'APIError'],
  [ErrorCode.invalidAcl, 'InvalidACL'],
  [ErrorCode.notEmpty, 'Directory not empty'],
  [ErrorCode.sessionExpired, 'Session expired'],
  [ErrorCode.invalidCallback, 'Invalid callback'],
  [ErrorCode.sessionMoved, 'Session moved'],
  [ErrorCode.notReadOnly, 'Not a read-only call'],
  [ErrorCode.ephemeralOnLocalSession, 'Ephemeral node on local session'],
  [ErrorCode.noWatcher, 'No such watcher'],
  [ErrorCode.reconfigDisabled, 'Reconfig is disabled'],
  [ErrorCode.sessionClosedRequireSaslAuth, 'Session closed because client failed to authenticate'],
  [ErrorCode.quotaExceeded, 'Quota has exceeded'],
  [ErrorCode.throttledOp, 'Op throttled due to high load'],
]);

/** `KeeperErrorCode = NoNode for /a` (Java: KeeperException.getMessage). */
export function keeperMessage(error: ZooKeeperError): string {
  const name = errorName(error.code);
  const words = CODE_NAMES.get(error.code) ?? name.slice(0, 1).toUpperCase() + name.slice(1);
  return `KeeperErrorCode = ${words}${error.path === null ? '' : ` for ${error.path}`}`;
}

function wordsFor(error: ZooKeeperError, path: string | null): string {
  switch (error.code) {
    case ErrorCode.reconfigInProgress:
      return 'Another reconfiguration is in progress -- concurrent reconfigs not supported (yet)';
    case ErrorCode.newConfigNoQuorum:
      return (
        'No quorum of new config is connected and up-to-date with the leader of last commmitted config' +
        ' - try invoking reconfiguration after new servers are connected and synced'
      );
    default: {
      const words = WORDS.get(error.code);
      return words === undefined ? `${keeperMessage(error)}${reasonOf(error)}` : `${words}${path}`;
    }
  }
}

/** What the client knows beyond the code, in parentheses: why there is no connection, how long an answer was. */
function reasonOf(error: ZooKeeperError): string {
  const plain = new ZooKeeperError(error.code, error.path).message;
  return error.message === plain ? '' : ` (${error.message})`;
}

/** True for an error that says only that no server answered. */
export function isLoss(error: unknown): boolean {
  return error instanceof ConnectionLossError || error instanceof RequestTimeoutError;
}

/**
 * The failure to print for what an operation raised; null for anything that is a mistake of ours.
 *
 * @param path instead of the error's own: Java's reconfig is about the path "", where others that have none are about null
 */
export function cliErrorOf(error: unknown, path?: string): CliError | null {
  if (error instanceof CliError) return error;
  if (error instanceof ZooKeeperError) return new CliError(wordsFor(error, path ?? error.path));
  return null;
}
