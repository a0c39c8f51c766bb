/*
 * Preparing deletes: those that clients ask for, those of empty containers, and those that come with the end of a session
 * (Java: PrepRequestProcessor.pRequest2Txn, the cases delete, deleteContainer and closeSession).
 */

import type { EphemeralTypeOptions } from '../../datatree/ephemeral-type.ts';
import { ephemeralTypeOf } from '../../datatree/ephemeral-type.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId } from '../../jute/int64.ts';
import { OpCode, Perms } from '../../jute/op-code.ts';
import { PreparedDelete } from '../../jute/prepared-txn.ts';
import type { DeleteTxn } from '../../jute/txn.ts';
import type { AccessControl } from '../auth/access.ts';
import type { Asker } from './asker.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Moment, PendingNode } from './pending-node.ts';
import { RequestPath } from './request-path.ts';
import { isVersion } from './versions.ts';
import type { PathVersionOp } from './write-ops.ts';

const SPECIAL_PATHS = new Set(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']);
const SPECIAL_PREFIX_SIZE = '/zookeeper'.length;
const SPECIAL_MAX_SIZE = '/zookeeper/config'.length;

/** Prepares deletes. */
export class PrepareDelete {
  private readonly pending: PendingChanges;
  private readonly access: AccessControl;
  private readonly options: EphemeralTypeOptions;
  private readonly path = new RequestPath();

  constructor(
    ports: { readonly pending: PendingChanges; readonly access: AccessControl },
    options: EphemeralTypeOptions,
  ) {
    this.pending = ports.pending;
    this.access = ports.access;
    this.options = options;
  }

  prepare(op: PathVersionOp, asker: Asker, moment: Moment): PreparedDelete | ErrorCode {
    if (asker.sessionErr !== ErrorCode.ok) return asker.sessionErr;
    if (!op.hasPath) return ErrorCode.marshallingError;
    const { path } = op;
    if (!canBeDeleted(path)) return ErrorCode.badArguments;
    const parentRow = this.pending.findParent(path);
    if (parentRow < 0) return ErrorCode.noNode;
    const row = this.pending.find(path);
    const parent = this.pending.take(parentRow, moment);
    const node = row < 0 ? null : this.pending.take(row, moment);
    const err = this.refuse(parent, node, op.version, asker);
    if (err !== ErrorCode.ok || node === null) {
      this.pending.release(parent);
      if (node !== null) this.pending.release(node);
      return err;
    }
    this.removeFrom(parent, node, moment);
    return new PreparedDelete(path, row, { parentRow, pathHash: path.hash });
  }

  private refuse(
    parent: PendingNode,
    node: PendingNode | null,
    version: number,
    asker: Asker,
  ): ErrorCode {
    if (!this.access.allows(asker.ids, parent.acls, Perms.delete)) return ErrorCode.noAuth;
    if (node === null) return ErrorCode.noNode;
    if (!isVersion(node.version, version)) return ErrorCode.badVersion;
    return node.childCount > 0 ? ErrorCode.notEmpty : ErrorCode.ok;
  }

  private removeFrom(parent: PendingNode, node: PendingNode, moment: Moment): void {
    this.pending.changeParent(parent, moment, 'deleted');
    this.pending.delete(node, moment);
  }

  /** The clean-up of containers and TTL znodes asks for this, no client may (Java: ContainerManager). */
  prepareContainer(text: string, moment: Moment): DeleteTxn | ErrorCode {
    const { path } = this;
    path.setText(text);
    if (!canBeDeleted(path)) return ErrorCode.badArguments;
    const parentRow = this.pending.findParent(path);
    const row = this.pending.find(path);
    if (parentRow < 0 || row < 0) return ErrorCode.noNode;
    const node = this.pending.take(row, moment);
    const err = this.refuseContainer(node);
    if (err !== ErrorCode.ok) {
      this.pending.release(node);
      return err;
    }
    this.removeFrom(this.pending.take(parentRow, moment), node, moment);
    return { type: OpCode.deleteContainer, path: text };
  }

  private refuseContainer(node: PendingNode): ErrorCode {
    if (node.childCount > 0) return ErrorCode.notEmpty;
    const isOfSession = ephemeralTypeOf(node.ephemeralOwner, this.options) === 'normal';
    return isOfSession ? ErrorCode.badVersion : ErrorCode.ok;
  }

  /** Deletes what a session will own when everything on its way is applied; returns the paths. */
  prepareEndOf(sessionId: SessionId, moment: Moment): readonly string[] {
    const paths: string[] = [];
    for (const row of this.pending.ephemeralsOf(sessionId)) {
      const parent = this.pending.take(this.pending.parentOf(row), moment);
      this.removeFrom(parent, this.pending.take(row, moment), moment);
      paths.push(this.pending.pathOf(row));
    }
    return paths;
  }
}

function canBeDeleted(path: RequestPath): boolean {
  if (path.lastSlash < 0 || path.hasNull) return false;
  const size = path.end - path.start;
  const isOfSpecialSize = size === 1 || (size >= SPECIAL_PREFIX_SIZE && size <= SPECIAL_MAX_SIZE);
  return !isOfSpecialSize || !SPECIAL_PATHS.has(path.text);
}
