/*
 * Preparing a create of any kind (Java: PrepRequestProcessor.pRequest2TxnCreate, validateCreateRequest). What is checked, and in which order,
 * decides which of several errors a client is told.
 */

import type { Row } from '../../datatree/data-tree.ts';
import type { EphemeralTypeOptions } from '../../datatree/ephemeral-type.ts';
import {
  CONTAINER_EPHEMERAL_OWNER,
  ephemeralTypeOf,
  ttlToEphemeralOwner,
} from '../../datatree/ephemeral-type.ts';
import type { ACL } from '../../jute/data.ts';
import { OPEN_ACL_UNSAFE } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId } from '../../jute/int64.ts';
import { SESSION_ID_ZERO } from '../../jute/int64.ts';
import { isTTLMode } from '../../jute/multi.ts';
import { CreateMode, OpCode, Perms } from '../../jute/op-code.ts';
import type { CreateParts } from '../../jute/prepared-creates.ts';
import type { PreparedCreateFields } from '../../jute/prepared-txn.ts';
import { PreparedCreate } from '../../jute/prepared-txn.ts';
import type { AccessControl } from '../auth/access.ts';
import type { Asker } from './asker.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Moment, PendingNode } from './pending-node.ts';
import type { QuotaCheck } from './quota-check.ts';
import type { CreateOp } from './write-ops.ts';

const NONE = -1;

/** Prepares creates. */
export class PrepareCreate {
  private readonly pending: PendingChanges;
  private readonly access: AccessControl;
  private readonly quotas: QuotaCheck;
  private readonly options: EphemeralTypeOptions;
  /** What the next transaction is made of: used again for each. */
  private row: Row = NONE;
  private readonly fields: {
    -readonly [Name in keyof PreparedCreateFields]: PreparedCreateFields[Name];
  } = {
    type: OpCode.create,
    parentRow: NONE,
    acl: OPEN_ACL_UNSAFE,
    verbatimStart: NONE,
    verbatimEnd: NONE,
    ephemeral: false,
    parentCVersion: 0,
    ttl: -1n,
    isAnsweredWithStat: false,
  };

  constructor(
    ports: {
      readonly pending: PendingChanges;
      readonly access: AccessControl;
      readonly quotas: QuotaCheck;
    },
    options: EphemeralTypeOptions,
  ) {
    this.pending = ports.pending;
    this.access = ports.access;
    this.quotas = ports.quotas;
    this.options = options;
  }

  /**
   * Gives the transaction, or the code that refuses it.
   *
   * @param logType the op code that stands in the log: in a multi a create2 is logged as a create, because servers before 3.9 drop
   *   it there (ZOOKEEPER-4026)
   */
  prepare(
    op: CreateOp,
    logType: PreparedCreate['type'],
    asker: Asker,
    moment: Moment,
  ): PreparedCreate | ErrorCode {
    const err = this.reserveFor(op, logType, asker, moment);
    return err === ErrorCode.ok ? new PreparedCreate(op.path, this.row, op.data, this.fields) : err;
  }

  /** The same as a part of a multi, which goes into `parts` where it is of the plain kind; then it gives null. */
  preparePart(
    op: CreateOp,
    logType: PreparedCreate['type'],
    asker: Asker,
    moment: Moment,
    parts: CreateParts,
  ): PreparedCreate | ErrorCode | null {
    const err = this.reserveFor(op, logType, asker, moment);
    if (err !== ErrorCode.ok) return err;
    if (!parts.canTake(this.fields))
      return new PreparedCreate(op.path, this.row, op.data, this.fields);
    parts.add(op.path, this.row, op.data, this.fields);
    return null;
  }

  /** Makes all checks, reserves the row and fills in `row` and `fields`; or gives the code that refuses the create. */
  private reserveFor(
    op: CreateOp,
    logType: PreparedCreate['type'],
    asker: Asker,
    moment: Moment,
  ): ErrorCode {
    const isEphemeral = isEphemeralMode(op.flags);
    const refusal = this.refuseMode(op) || asker.sessionErr;
    if (refusal !== ErrorCode.ok) {
      return isEphemeral && refusal === ErrorCode.unknownSession
        ? ErrorCode.sessionExpired
        : refusal;
    }
    if (!op.hasPath) return ErrorCode.marshallingError;
    const { path } = op;
    if (path.lastSlash < 0 || path.hasNull) return ErrorCode.badArguments;
    const fixed = this.access.fix(asker.ids, op.acl);
    if (fixed.acls === null) return fixed.err;
    const parentRow = this.pending.findParent(path);
    if (parentRow < 0) return ErrorCode.noNode;
    const parent = this.pending.take(parentRow, moment);
    if (isSequentialMode(op.flags)) path.append(formatSequence(parent.cversion));
    const err = this.refuse(parent, op, asker);
    if (err !== ErrorCode.ok) {
      this.pending.release(parent);
      return err;
    }
    const parentCVersion = (parent.cversion + 1) | 0;
    const { acls } = fixed;
    const isVerbatim = path.isVerbatim && acls === op.acl;
    this.row = this.reserve(op, parent, acls, asker, moment);
    const { fields } = this;
    fields.type = logType;
    fields.parentRow = parentRow;
    fields.acl = acls;
    fields.verbatimStart = isVerbatim ? op.recordStart : NONE;
    fields.verbatimEnd = op.recordEnd;
    fields.ephemeral = isEphemeral;
    fields.parentCVersion = parentCVersion;
    fields.ttl = op.ttl;
    fields.isAnsweredWithStat = op.type !== OpCode.create;
    return ErrorCode.ok;
  }

  private reserve(
    op: CreateOp,
    parent: PendingNode,
    acls: readonly ACL[],
    asker: Asker,
    moment: Moment,
  ): Row {
    const owner = ownerOf(op, asker.sessionId);
    const row = this.pending.create(parent, op, { acls, owner }, moment);
    this.pending.changeParent(parent, moment, 'created');
    return row;
  }

  /** Flags that do not exist, TTLs where there must be none or that are out of range (Java: validateCreateRequest). */
  private refuseMode(op: CreateOp): ErrorCode {
    const { flags } = op;
    // Nearly all there are.
    if (flags === CreateMode.persistent && op.type === OpCode.create) return ErrorCode.ok;
    if (flags < CreateMode.persistent || flags > CreateMode.persistentSequentialWithTTL) {
      return ErrorCode.badArguments;
    }
    if (!isTTLMode(flags)) {
      // Java logs a createTTL that has no TTL mode and dies of it when it applies it.
      return op.ttl >= 0n || op.type === OpCode.createTTL ? ErrorCode.badArguments : ErrorCode.ok;
    }
    if (!this.options.extendedTypesEnabled) return ErrorCode.unimplemented;
    return ttlToEphemeralOwner(op.ttl) === null ? ErrorCode.badArguments : ErrorCode.ok;
  }

  private refuse(parent: PendingNode, op: CreateOp, asker: Asker): ErrorCode {
    const { path } = op;
    if (!this.access.allows(asker.ids, parent.acls, Perms.create)) return ErrorCode.noAuth;
    if (!path.isValid) return ErrorCode.badArguments;
    if (this.pending.find(path) >= 0) return ErrorCode.nodeExists;
    if (this.isEphemeral(parent)) return ErrorCode.noChildrenForEphemerals;
    return this.quotas.check(path, { bytes: op.data.length, count: 1 });
  }

  /** Whether a znode belongs to a session (Java: EphemeralType.NORMAL). */
  private isEphemeral(node: PendingNode): boolean {
    if (node.isWithoutOwner) return false;
    return ephemeralTypeOf(node.ephemeralOwner, this.options) === 'normal';
  }
}

function ownerOf(op: CreateOp, sessionId: SessionId): SessionId {
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
