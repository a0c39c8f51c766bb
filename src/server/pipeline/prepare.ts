/*
 * Prepare: turns a request that writes into a transaction, or into the error transaction that refuses it
 * (Java: PrepRequestProcessor).
 *
 * It reads the tree through PendingChanges, so that a request sees what was asked before it, and changes nothing but them.
 * Each check is made in Java's order, because that decides which of several errors a client is told. A refused request takes a
 * zxid as well and stands in the log.
 */

import type { EphemeralTypeOptions } from '../../datatree/ephemeral-type.ts';
import {
  CONTAINER_EPHEMERAL_OWNER,
  ephemeralTypeOf,
  ttlToEphemeralOwner,
} from '../../datatree/ephemeral-type.ts';
import { invalidPathReason } from '../../datatree/path.ts';
import type { ACL } from '../../jute/data.ts';
import { StatOffset } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId } from '../../jute/int64.ts';
import { SESSION_ID_ZERO, writeTimeMs } from '../../jute/int64.ts';
import type { MultiCreate, MultiWriteOp } from '../../jute/multi.ts';
import { isMultiGet, isTTLMode, readMultiOps } from '../../jute/multi.ts';
import { CreateMode, OpCode, Perms } from '../../jute/op-code.ts';
import type { PathVersionRequest, SetACLRequest, SetDataRequest } from '../../jute/proto.ts';
import {
  readCreateRequest,
  readCreateTTLRequest,
  readPathVersionRequest,
  readSetACLRequest,
  readSetDataRequest,
} from '../../jute/proto.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { Txn } from '../../jute/txn.ts';
import { unreachable } from '../../jute/unreachable.ts';
import type { AccessControl } from '../auth/access.ts';
import type { SessionTracker } from '../session/session-tracker.ts';
import type { Moment, PendingChanges, PendingNode } from './pending-changes.ts';
import type { QuotaCheck } from './quota-check.ts';
import type { Request } from './request.ts';

const SPECIAL_PATHS = new Set(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']);

/** A transaction, or the code that refuses it. */
type Prepared = Txn | ErrorCode;

/** What is fixed for one server. */
export interface PrepareOptions extends EphemeralTypeOptions {
  readonly closeSessionTxnEnabled: boolean;
  readonly reconfigEnabled: boolean;
}

/** Makes transactions of requests. */
export class Prepare {
  private readonly pending: PendingChanges;
  private readonly sessions: SessionTracker;
  private readonly access: AccessControl;
  private readonly quotas: QuotaCheck;
  private readonly options: PrepareOptions;
  private readonly reader = new JuteReader(Buffer.alloc(0));
  private lastParentPath = '';

  constructor(
    ports: {
      readonly pending: PendingChanges;
      readonly sessions: SessionTracker;
      readonly access: AccessControl;
      readonly quotas: QuotaCheck;
    },
    options: PrepareOptions,
  ) {
    this.pending = ports.pending;
    this.sessions = ports.sessions;
    this.access = ports.access;
    this.quotas = ports.quotas;
    this.options = options;
  }

  /** Gives `request` the transaction that carries it out. A record that cannot be read is refused with MarshallingError. */
  prepare(request: Request, moment: Moment): Txn {
    const prepared = this.prepareOrRefuse(request, moment);
    return typeof prepared === 'number' ? { type: OpCode.error, err: prepared } : prepared;
  }

  private prepareOrRefuse(request: Request, moment: Moment): Prepared {
    try {
      const reader = this.reader.reset(request.body, 0, request.body.length);
      return this.dispatch(request, reader, moment);
    } catch (error) {
      if (error instanceof JuteError) return ErrorCode.marshallingError;
      throw error;
    }
  }

  private dispatch(request: Request, reader: JuteReader, moment: Moment): Prepared {
    const { type } = request;
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
        return this.create({ type, ...readCreateRequest(reader), ttl: -1n }, request, moment);
      case OpCode.createTTL:
        return this.create({ type, ...readCreateTTLRequest(reader) }, request, moment);
      case OpCode.delete:
        return this.delete(readPathVersionRequest(reader), request, moment);
      case OpCode.setData:
        return this.setData(readSetDataRequest(reader), request, moment);
      case OpCode.setACL:
        return this.setACL(readSetACLRequest(reader), request, moment);
      case OpCode.multi:
        return this.multi(request, reader, moment);
      case OpCode.reconfig:
        return this.reconfig(request, reader);
      case OpCode.createSession:
        return { type, timeOut: reader.readInt() };
      case OpCode.closeSession:
        return this.closeSession(request.sessionId, moment);
      case OpCode.deleteContainer:
        // Java takes a client's whole request, its header too, for the path, which is then never a good one.
        return request.isInternal
          ? this.deleteContainer(request.body.toString('utf8'), moment)
          : ErrorCode.badArguments;
      default:
        throw new Error(`op code ${type} is no write`);
    }
  }

  private create(op: MultiCreate, request: Request, moment: Moment): Prepared {
    const refusal =
      this.refuseCreateMode(op) || this.sessions.check(request.sessionId, request.owner);
    if (refusal !== ErrorCode.ok) {
      return isEphemeralMode(op.flags) && refusal === ErrorCode.unknownSession
        ? ErrorCode.sessionExpired
        : refusal;
    }
    if (op.path === null) return ErrorCode.marshallingError;
    const lastSlash = op.path.lastIndexOf('/');
    if (lastSlash < 0 || op.path.includes('\0')) return ErrorCode.badArguments;
    const ids = request.authIds;
    const fixed = this.access.fix(ids, op.acl);
    if (fixed.acls === null) return fixed.err;
    const parent = this.pending.take(this.parentPath(op.path, lastSlash), moment.zxid);
    if (parent === null) return ErrorCode.noNode;
    const path = isSequentialMode(op.flags) ? op.path + formatSequence(parent.cversion) : op.path;
    const err = this.refuseCreate(parent, path, op, request);
    if (err !== ErrorCode.ok) {
      this.pending.release(parent);
      return err;
    }
    const txn = createTxn(op, path, fixed.acls, (parent.cversion + 1) | 0);
    const node = this.pending.blank(path);
    node.initStat(moment, ephemeralOwnerOf(op, request.sessionId));
    node.acls = fixed.acls;
    node.data = op.data;
    this.pending.changeParent(parent, moment, 'created');
    this.pending.add(node, moment.zxid);
    return txn;
  }

  /** Siblings come together: the same text again need not be cut out and hashed again. */
  private parentPath(path: string, lastSlash: number): string {
    const { lastParentPath } = this;
    if (lastParentPath.length === lastSlash && path.startsWith(lastParentPath)) {
      return lastParentPath;
    }
    this.lastParentPath = path.slice(0, lastSlash);
    return this.lastParentPath;
  }

  /** Flags that do not exist, TTLs where there must be none or that are out of range (Java: validateCreateRequest). */
  private refuseCreateMode(op: MultiCreate): ErrorCode {
    const { flags, ttl } = op;
    if (flags < CreateMode.persistent || flags > CreateMode.persistentSequentialWithTTL) {
      return ErrorCode.badArguments;
    }
    if (!isTTLMode(flags)) {
      // Java logs a createTTL that has no TTL mode and dies of it when it applies it.
      return ttl >= 0n || op.type === OpCode.createTTL ? ErrorCode.badArguments : ErrorCode.ok;
    }
    if (!this.options.extendedTypesEnabled) return ErrorCode.unimplemented;
    return ttlToEphemeralOwner(ttl) === null ? ErrorCode.badArguments : ErrorCode.ok;
  }

  private refuseCreate(
    parent: PendingNode,
    path: string,
    op: MultiCreate,
    request: Request,
  ): ErrorCode {
    const ids = request.authIds;
    if (!this.access.allows(ids, parent.acls, Perms.create)) return ErrorCode.noAuth;
    if (invalidPathReason(path) !== null) return ErrorCode.badArguments;
    if (this.pending.has(path)) return ErrorCode.nodeExists;
    if (this.isEphemeral(parent)) return ErrorCode.noChildrenForEphemerals;
    return this.quotas.check(path, { bytes: op.data?.length ?? 0, count: 1 });
  }

  /** Whether a znode belongs to a session (Java: EphemeralType.NORMAL). */
  private isEphemeral(node: PendingNode): boolean {
    return ephemeralTypeOf(node.ephemeralOwner, this.options) === 'normal';
  }

  private delete(op: PathVersionRequest, request: Request, moment: Moment): Prepared {
    const sessionErr = this.sessions.check(request.sessionId, request.owner);
    if (sessionErr !== ErrorCode.ok) return sessionErr;
    const parentPath = parentOf(op.path);
    if (typeof parentPath === 'number' || op.path === null) {
      return typeof parentPath === 'number' ? parentPath : ErrorCode.marshallingError;
    }
    const parent = this.pending.take(parentPath, moment.zxid);
    if (parent === null) return ErrorCode.noNode;
    const node = this.pending.take(op.path, moment.zxid);
    const err = this.refuseDelete(parent, node, op.version, request);
    if (err !== ErrorCode.ok || node === null) {
      this.pending.release(parent);
      if (node !== null) this.pending.release(node);
      return err;
    }
    this.removeFrom(parent, node, moment);
    return { type: OpCode.delete, path: op.path };
  }

  private refuseDelete(
    parent: PendingNode,
    node: PendingNode | null,
    version: number,
    request: Request,
  ): ErrorCode {
    const ids = request.authIds;
    if (!this.access.allows(ids, parent.acls, Perms.delete)) return ErrorCode.noAuth;
    if (node === null) return ErrorCode.noNode;
    if (!isVersion(node.version, version)) return ErrorCode.badVersion;
    return node.childCount > 0 ? ErrorCode.notEmpty : ErrorCode.ok;
  }

  private removeFrom(parent: PendingNode, node: PendingNode, moment: Moment): void {
    this.pending.changeParent(parent, moment, 'deleted');
    node.exists = false;
    this.pending.add(node, moment.zxid);
  }

  /** The clean-up of containers and TTL znodes asks for this, no client may (Java: ContainerManager). */
  private deleteContainer(path: string, moment: Moment): Prepared {
    const parentPath = parentOf(path);
    if (typeof parentPath === 'number') return parentPath;
    const parent = this.pending.take(parentPath, moment.zxid);
    const node = this.pending.take(path, moment.zxid);
    const err = this.refuseDeleteContainer(parent, node);
    if (err !== ErrorCode.ok || parent === null || node === null) {
      if (parent !== null) this.pending.release(parent);
      if (node !== null) this.pending.release(node);
      return err;
    }
    this.removeFrom(parent, node, moment);
    return { type: OpCode.deleteContainer, path };
  }

  private refuseDeleteContainer(parent: PendingNode | null, node: PendingNode | null): ErrorCode {
    if (parent === null || node === null) return ErrorCode.noNode;
    if (node.childCount > 0) return ErrorCode.notEmpty;
    return this.isEphemeral(node) ? ErrorCode.badVersion : ErrorCode.ok;
  }

  private setData(op: SetDataRequest, request: Request, moment: Moment): Prepared {
    const err = this.sessions.check(request.sessionId, request.owner) || refusePath(op.path);
    if (err !== ErrorCode.ok || op.path === null) return err;
    const node = this.pending.take(op.path, moment.zxid);
    if (node === null) return ErrorCode.noNode;
    const refusal = this.refuseSetData(node, op, request);
    if (refusal !== ErrorCode.ok) {
      this.pending.release(node);
      return refusal;
    }
    const version = nextVersion(node.version);
    node.setInt(StatOffset.version, version);
    writeTimeMs(node.stat, StatOffset.mtime, moment.time);
    node.setZxid(StatOffset.mzxid, moment);
    node.row = -1;
    node.data = op.data;
    this.pending.add(node, moment.zxid);
    return { type: OpCode.setData, path: op.path, data: op.data, version };
  }

  private refuseSetData(node: PendingNode, op: SetDataRequest, request: Request): ErrorCode {
    const ids = request.authIds;
    if (!this.access.allows(ids, node.acls, Perms.write)) return ErrorCode.noAuth;
    const sizeBefore = node.row < 0 ? (node.data?.length ?? 0) : this.quotas.dataSizeOf(node.row);
    const bytes = (op.data?.length ?? 0) - sizeBefore;
    const overQuota = this.quotas.check(op.path ?? '', { bytes, count: 0 });
    if (overQuota !== ErrorCode.ok) return overQuota;
    return isVersion(node.version, op.version) ? ErrorCode.ok : ErrorCode.badVersion;
  }

  private setACL(op: SetACLRequest, request: Request, moment: Moment): Prepared {
    const err = this.sessions.check(request.sessionId, request.owner) || refusePath(op.path);
    if (err !== ErrorCode.ok || op.path === null) return err;
    const ids = request.authIds;
    const fixed = this.access.fix(ids, op.acl);
    if (fixed.acls === null) return fixed.err;
    const node = this.pending.take(op.path, moment.zxid);
    if (node === null) return ErrorCode.noNode;
    const isAllowed = this.access.allows(ids, node.acls, Perms.admin);
    if (!isAllowed || !isVersion(node.aversion, op.version)) {
      this.pending.release(node);
      return isAllowed ? ErrorCode.badVersion : ErrorCode.noAuth;
    }
    const version = nextVersion(node.aversion);
    this.pending.changeACL(node, moment, fixed.acls, version);
    return { type: OpCode.setACL, path: op.path, acl: fixed.acls, version };
  }

  private check(op: PathVersionRequest, request: Request, moment: Moment): Prepared {
    const err = this.sessions.check(request.sessionId, request.owner) || refusePath(op.path);
    if (err !== ErrorCode.ok || op.path === null) return err;
    const node = this.pending.take(op.path, moment.zxid);
    if (node === null) return ErrorCode.noNode;
    const ids = request.authIds;
    const isAllowed = this.access.allows(ids, node.acls, Perms.read);
    const { version } = node;
    this.pending.release(node);
    if (!isAllowed) return ErrorCode.noAuth;
    if (!isVersion(version, op.version)) return ErrorCode.badVersion;
    return { type: OpCode.check, path: op.path, version: nextVersion(version) };
  }

  /**
   * All or nothing: the first part that is refused takes back what the parts before it would have changed. Its result is its
   * code, that of the parts before is 0 and of those behind RuntimeInconsistency (DataTree.processTxn makes the first so).
   */
  private multi(request: Request, reader: JuteReader, moment: Moment): Prepared {
    const ops = readMultiOps(reader);
    // Java fails on both in ways that leave the whole request without a result.
    if (ops.some((op) => op.path === null || isMultiGet(op))) return ErrorCode.marshallingError;
    const digestBefore = this.pending.treeDigest;
    const txns: Txn[] = [];
    let hasFailed = false;
    this.pending.startMulti();
    for (const op of ops.filter((each) => !isMultiGet(each))) {
      const part = hasFailed ? ErrorCode.runtimeInconsistency : this.multiPart(op, request, moment);
      if (typeof part !== 'number') {
        txns.push(part);
        continue;
      }
      if (!hasFailed) this.pending.rollbackMulti(digestBefore);
      hasFailed = true;
      // What Java fails over in a part, an absent name in an ACL for one, it fails over as a whole.
      if (part === ErrorCode.marshallingError) {
        this.pending.finishMulti();
        return part;
      }
      txns.push({ type: OpCode.error, err: part });
    }
    this.pending.finishMulti();
    request.multiTypes = ops.map((op) => op.type);
    return { type: OpCode.multi, txns };
  }

  private multiPart(op: MultiWriteOp, request: Request, moment: Moment): Prepared {
    switch (op.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL: {
        if (lacksItsTTL(op)) return ErrorCode.marshallingError;
        const txn = this.create(op, request, moment);
        // A create2 in the log of a multi is something that servers before 3.9 drop (ZOOKEEPER-4026).
        return typeof txn !== 'number' && txn.type === OpCode.create2
          ? { ...txn, type: OpCode.create }
          : txn;
      }
      case OpCode.delete:
        return this.delete(op, request, moment);
      case OpCode.setData:
        return this.setData(op, request, moment);
      case OpCode.check:
        return this.check(op, request, moment);
      default:
        return unreachable(op);
    }
  }

  /** joiningServers, leavingServers, newMembers ustring, curConfigId long: read, because a record cut short is refused first. */
  private reconfig(request: Request, reader: JuteReader): Prepared {
    for (let text = 0; text < 3; text++) reader.readString();
    reader.readLong();
    if (!this.options.reconfigEnabled) return ErrorCode.reconfigDisabled;
    return this.sessions.check(request.sessionId, request.owner) || ErrorCode.unimplemented;
  }

  private closeSession(sessionId: SessionId, moment: Moment): Prepared {
    const paths = [...this.pending.ephemeralsOf(sessionId)];
    for (const path of paths) {
      const parent = this.pending.take(path.slice(0, path.lastIndexOf('/')), moment.zxid);
      const node = this.pending.take(path, moment.zxid);
      if (parent !== null && node !== null) this.removeFrom(parent, node, moment);
    }
    this.sessions.setClosing(sessionId);
    const paths2Delete = this.options.closeSessionTxnEnabled ? paths : null;
    return { type: OpCode.closeSession, paths2Delete };
  }
}

/** A TTL mode where no TTL was sent: Java fails to cast the part's record to a CreateTTLRequest. */
function lacksItsTTL(op: MultiCreate): boolean {
  return isTTLMode(op.flags) && op.type !== OpCode.createTTL;
}

function createTxn(
  op: MultiCreate,
  path: string,
  acl: readonly ACL[],
  parentCVersion: number,
): Extract<Txn, { parentCVersion: number }> {
  const { data } = op;
  switch (op.type) {
    case OpCode.createContainer:
      return { type: op.type, path, data, acl, parentCVersion };
    case OpCode.createTTL:
      return { type: op.type, path, data, acl, parentCVersion, ttl: op.ttl };
    case OpCode.create:
    case OpCode.create2: {
      const ephemeral = isEphemeralMode(op.flags);
      return { type: op.type, path, data, acl, ephemeral, parentCVersion };
    }
    default:
      return unreachable(op.type);
  }
}

function ephemeralOwnerOf(op: MultiCreate, sessionId: SessionId): SessionId {
  if (op.type === OpCode.createContainer) return CONTAINER_EPHEMERAL_OWNER;
  if (op.type === OpCode.createTTL) return ttlToEphemeralOwner(op.ttl) ?? SESSION_ID_ZERO;
  return isEphemeralMode(op.flags) ? sessionId : SESSION_ID_ZERO;
}

function isEphemeralMode(flags: number): boolean {
  return flags === CreateMode.ephemeral || flags === CreateMode.ephemeralSequential;
}

function isSequentialMode(flags: number): boolean {
  return (
    flags === CreateMode.persistentSequential ||
    flags === CreateMode.ephemeralSequential ||
    flags === CreateMode.persistentSequentialWithTTL
  );
}

/** The counter of a sequential znode as Java's `%010d` prints it: ten places, a minus being one of them. */
export function formatSequence(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, '0')}` : String(counter).padStart(10, '0');
}

/** The path of the parent ("" for the root), or the code that refuses a path that cannot be deleted. */
function parentOf(path: string | null): string | ErrorCode {
  if (path === null) return ErrorCode.marshallingError;
  const lastSlash = path.lastIndexOf('/');
  if (lastSlash < 0 || path.includes('\0') || SPECIAL_PATHS.has(path)) {
    return ErrorCode.badArguments;
  }
  return path.slice(0, lastSlash);
}

function refusePath(path: string | null): ErrorCode {
  return invalidPathReason(path) !== null ? ErrorCode.badArguments : ErrorCode.ok;
}

function isVersion(current: number, expected: number): boolean {
  return expected === -1 || expected === current;
}

/** The version after `version`; -1 is left out, because a client that expects -1 means any (ZOOKEEPER-4743). */
function nextVersion(version: number): number {
  const next = (version + 1) | 0;
  return next === -1 ? 0 : next;
}
