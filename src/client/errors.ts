/*
 * What can go wrong, as classes: one for each code of ZooKeeper that a client can see (Java: KeeperException). `code` is
 * ZooKeeper's number, `path` the znode as the caller named it. Nothing here decides what to do about an error.
 *
 * Wrong arguments (a path without a slash, a negative TTL) are no answers of a server: they raise TypeError or RangeError.
 */

import { ErrorCode, errorName } from '../jute/error-code.ts';
import type { MultiResult } from '../jute/multi.ts';

/** What an error may carry beside its path. */
export interface ZooKeeperErrorOptions {
  /** Instead of "<name> for <path>". */
  readonly message?: string;
  /** The error behind it: what the socket said. */
  readonly cause?: unknown;
}

/** An operation that failed. Its class tells why, and so does `code`. */
export class ZooKeeperError extends Error {
  override readonly name: string = 'ZooKeeperError';
  /** ZooKeeper's code, negative (Java: KeeperException.Code). */
  readonly code: number;
  /** The znode that was asked for, as the caller named it; null where the operation has none. */
  readonly path: string | null;
  /** The results of all parts, when a multi was refused: errors only, and nothing of it was done. */
  results: readonly MultiResult[] | null = null;

  constructor(code: number, path: string | null = null, options: ZooKeeperErrorOptions = {}) {
    const { message, cause } = options;
    super(message ?? describe(code, path), cause === undefined ? undefined : { cause });
    this.code = code;
    this.path = path;
  }
}

function describe(code: number, path: string | null): string {
  const name = errorName(code);
  const title = name.slice(0, 1).toUpperCase() + name.slice(1);
  return path === null ? title : `${title} for ${path}`;
}

/** Makes the class of one code; what it is called is the name of the code with "Error" behind it. */
function errorClass(name: string, code: number) {
  return class extends ZooKeeperError {
    override readonly name = name;

    constructor(path: string | null = null, options: ZooKeeperErrorOptions = {}) {
      super(code, path, options);
    }
  };
}

/** Something in the server went wrong that should not (-1). */
export class SystemError extends errorClass('SystemError', ErrorCode.systemError) {}

/** A part of a multi that was not tried because another was refused (-2). */
export class RuntimeInconsistencyError extends errorClass(
  'RuntimeInconsistencyError',
  ErrorCode.runtimeInconsistency,
) {}

/** The server found its data to be inconsistent (-3). */
export class DataInconsistencyError extends errorClass(
  'DataInconsistencyError',
  ErrorCode.dataInconsistency,
) {}

/** The connection broke before the answer came: the operation was done, or was not, and nobody here can tell (-4). */
export class ConnectionLossError extends errorClass(
  'ConnectionLossError',
  ErrorCode.connectionLoss,
) {}

/** One side could not read what the other wrote (-5). */
export class MarshallingError extends errorClass('MarshallingError', ErrorCode.marshallingError) {}

/** The server does not know the operation, or it is switched off: TTL nodes without extendedTypesEnabled (-6). */
export class UnimplementedError extends errorClass('UnimplementedError', ErrorCode.unimplemented) {}

/** An operation of the server took too long (-7). */
export class OperationTimeoutError extends errorClass(
  'OperationTimeoutError',
  ErrorCode.operationTimeout,
) {}

/** The server refuses the arguments, or the request is longer than juteMaxBuffer and was not sent (-8). */
export class BadArgumentsError extends errorClass('BadArgumentsError', ErrorCode.badArguments) {}

/** The session is not known where it was asked for (-12). */
export class UnknownSessionError extends errorClass(
  'UnknownSessionError',
  ErrorCode.unknownSession,
) {}

/** A reconfig would leave no quorum that is in step (-13). */
export class NewConfigNoQuorumError extends errorClass(
  'NewConfigNoQuorumError',
  ErrorCode.newConfigNoQuorum,
) {}

/** Another reconfig is under way (-14). */
export class ReconfigInProgressError extends errorClass(
  'ReconfigInProgressError',
  ErrorCode.reconfigInProgress,
) {}

/** An error of the API without a code of its own (-100). */
export class ApiError extends errorClass('ApiError', ErrorCode.apiError) {}

/** There is no such znode (-101). */
export class NoNodeError extends errorClass('NoNodeError', ErrorCode.noNode) {}

/** The access list does not allow it to any identity of this client (-102). */
export class NoAuthError extends errorClass('NoAuthError', ErrorCode.noAuth) {}

/** The znode has another version than the one that was asked for (-103). */
export class BadVersionError extends errorClass('BadVersionError', ErrorCode.badVersion) {}

/** An ephemeral znode cannot have children (-108). */
export class NoChildrenForEphemeralsError extends errorClass(
  'NoChildrenForEphemeralsError',
  ErrorCode.noChildrenForEphemerals,
) {}

/** The znode is there already (-110). */
export class NodeExistsError extends errorClass('NodeExistsError', ErrorCode.nodeExists) {}

/** The znode has children, and so is not deleted (-111). */
export class NotEmptyError extends errorClass('NotEmptyError', ErrorCode.notEmpty) {}

/** The session is over; a new ZooKeeper has to be made (-112). */
export class SessionExpiredError extends errorClass(
  'SessionExpiredError',
  ErrorCode.sessionExpired,
) {}

/** This client was closed by its own program, with the code that Java has for it (-112). */
export class ClientClosedError extends SessionExpiredError {
  override readonly name = 'ClientClosedError';
}

/** The callback is not one that can be used (-113). */
export class InvalidCallbackError extends errorClass(
  'InvalidCallbackError',
  ErrorCode.invalidCallback,
) {}

/** The access list is empty, or has an entry that no scheme of the server takes (-114). */
export class InvalidAclError extends errorClass('InvalidAclError', ErrorCode.invalidAcl) {}

/** The credentials were refused; the session cannot be used any more (-115). */
export class AuthFailedError extends errorClass('AuthFailedError', ErrorCode.authFailed) {}

/** The session has moved to another server meanwhile, and the request came from the old connection (-118). */
export class SessionMovedError extends errorClass('SessionMovedError', ErrorCode.sessionMoved) {}

/** The server is read-only, and the request writes (-119). */
export class NotReadOnlyError extends errorClass('NotReadOnlyError', ErrorCode.notReadOnly) {}

/** A local session cannot have ephemeral znodes (-120). */
export class EphemeralOnLocalSessionError extends errorClass(
  'EphemeralOnLocalSessionError',
  ErrorCode.ephemeralOnLocalSession,
) {}

/** There is no such watch (-121). */
export class NoWatcherError extends errorClass('NoWatcherError', ErrorCode.noWatcher) {}

/** The answer did not come within the caller's time; the operation may still be done (-122). */
export class RequestTimeoutError extends errorClass(
  'RequestTimeoutError',
  ErrorCode.requestTimeout,
) {}

/** The ensemble does not allow reconfig (-123). */
export class ReconfigDisabledError extends errorClass(
  'ReconfigDisabledError',
  ErrorCode.reconfigDisabled,
) {}

/** The server demands SASL and ended the session (-124). */
export class SessionClosedRequireSaslAuthError extends errorClass(
  'SessionClosedRequireSaslAuthError',
  ErrorCode.sessionClosedRequireSaslAuth,
) {}

/** The change would exceed a hard quota (-125). */
export class QuotaExceededError extends errorClass('QuotaExceededError', ErrorCode.quotaExceeded) {}

/** Too much at once: the operation was not done, by the server's choice or because `maxRequests` are under way (-127). */
export class ThrottledOpError extends errorClass('ThrottledOpError', ErrorCode.throttledOp) {}

const classes = new Map<
  number,
  new (
    path: string | null,
    options?: ZooKeeperErrorOptions,
  ) => ZooKeeperError
>([
  [ErrorCode.systemError, SystemError],
  [ErrorCode.runtimeInconsistency, RuntimeInconsistencyError],
  [ErrorCode.dataInconsistency, DataInconsistencyError],
  [ErrorCode.connectionLoss, ConnectionLossError],
  [ErrorCode.marshallingError, MarshallingError],
  [ErrorCode.unimplemented, UnimplementedError],
  [ErrorCode.operationTimeout, OperationTimeoutError],
  [ErrorCode.badArguments, BadArgumentsError],
  [ErrorCode.unknownSession, UnknownSessionError],
  [ErrorCode.newConfigNoQuorum, NewConfigNoQuorumError],
  [ErrorCode.reconfigInProgress, ReconfigInProgressError],
  [ErrorCode.apiError, ApiError],
  [ErrorCode.noNode, NoNodeError],
  [ErrorCode.noAuth, NoAuthError],
  [ErrorCode.badVersion, BadVersionError],
  [ErrorCode.noChildrenForEphemerals, NoChildrenForEphemeralsError],
  [ErrorCode.nodeExists, NodeExistsError],
  [ErrorCode.notEmpty, NotEmptyError],
  [ErrorCode.sessionExpired, SessionExpiredError],
  [ErrorCode.invalidCallback, InvalidCallbackError],
  [ErrorCode.invalidAcl, InvalidAclError],
  [ErrorCode.authFailed, AuthFailedError],
  [ErrorCode.sessionMoved, SessionMovedError],
  [ErrorCode.notReadOnly, NotReadOnlyError],
  [ErrorCode.ephemeralOnLocalSession, EphemeralOnLocalSessionError],
  [ErrorCode.noWatcher, NoWatcherError],
  [ErrorCode.requestTimeout, RequestTimeoutError],
  [ErrorCode.reconfigDisabled, ReconfigDisabledError],
  [ErrorCode.sessionClosedRequireSaslAuth, SessionClosedRequireSaslAuthError],
  [ErrorCode.quotaExceeded, QuotaExceededError],
  [ErrorCode.throttledOp, ThrottledOpError],
]);

/** The error of a code: of its own class, or a plain ZooKeeperError for a code that this library does not know. */
export function errorOf(
  code: number,
  path: string | null,
  options?: ZooKeeperErrorOptions,
): ZooKeeperError {
  const known = classes.get(code);
  return known === undefined ? new ZooKeeperError(code, path, options) : new known(path, options);
}
