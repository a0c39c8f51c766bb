/*
 * Preparing what changes a znode that is there, or looks at its version: setData, setACL, check
 * (Java: PrepRequestProcessor.pRequest2Txn, the cases of these names).
 */

import type { Row } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import { crcUpdate } from '../../datatree/digest.ts';
import { StatOffset } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { OpCode, Perms } from '../../jute/op-code.ts';
import type { SetParts } from '../../jute/prepared-sets.ts';
import { PreparedSetData } from '../../jute/prepared-txn.ts';
import type { CheckVersionTxn, SetACLTxn } from '../../jute/txn.ts';
import type { AccessControl } from '../auth/access.ts';
import type { Asker } from './asker.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Moment, PendingNode } from './pending-node.ts';
import type { QuotaCheck } from './quota-check.ts';
import type { RequestPath } from './request-path.ts';
import { isVersion, nextVersion } from './versions.ts';
import type { PathVersionOp, SetACLOp, SetDataOp } from './write-ops.ts';

/** Prepares changes and checks. */
export class PrepareSet {
  private readonly pending: PendingChanges;
  private readonly access: AccessControl;
  private readonly quotas: QuotaCheck;
  /** What the last set that was not refused makes of its znode. */
  private readonly after = { version: 0, nodeDigest: 0 };
  private row: Row = NO_ROW;

  constructor(ports: {
    readonly pending: PendingChanges;
    readonly access: AccessControl;
    readonly quotas: QuotaCheck;
  }) {
    this.pending = ports.pending;
    this.access = ports.access;
    this.quotas = ports.quotas;
  }

  /** setData. */
  prepareData(op: SetDataOp, asker: Asker, moment: Moment): PreparedSetData | ErrorCode {
    const err = this.changeData(op, asker, moment);
    return err === ErrorCode.ok ? new PreparedSetData(op.path, this.row, op.data, this.after) : err;
  }

  /** The same as a part of a multi, which goes into `parts` where its record can be taken from the request; then it gives null. */
  preparePart(
    op: SetDataOp,
    asker: Asker,
    moment: Moment,
    parts: SetParts,
  ): PreparedSetData | ErrorCode | null {
    const err = this.changeData(op, asker, moment);
    if (err !== ErrorCode.ok) return err;
    if (!op.path.isVerbatim) return new PreparedSetData(op.path, this.row, op.data, this.after);
    parts.add(op.path, this.row, op.data, this.after);
    return null;
  }

  /** Makes all checks, changes the znode and fills in `row` and `after`; or gives the code that refuses the set. */
  private changeData(op: SetDataOp, asker: Asker, moment: Moment): ErrorCode {
    const { path, data } = op;
    const pathErr = asker.sessionErr || refusePath(op);
    if (pathErr !== ErrorCode.ok) return pathErr;
    const row = this.pending.find(path);
    if (row < 0) return ErrorCode.noNode;
    const node = this.pending.take(row, moment);
    const err = this.refuseData(node, op, asker);
    if (err !== ErrorCode.ok) {
      this.pending.release(node);
      return err;
    }
    const version = nextVersion(node.version);
    node.setInt(StatOffset.version, version);
    node.setMtime(moment);
    node.setZxid(StatOffset.mzxid, moment);
    // The root counts as "" in its digest.
    const isRoot = path.end - path.start === 1;
    let crc = isRoot ? -1 : crcUpdate(-1, path.bytes, path.start, path.end);
    if (data.length > 0) crc = crcUpdate(crc, data.bytes, data.start, data.end);
    this.pending.changeData(node, moment, data.length, crc);
    this.row = row;
    this.after.version = version;
    this.after.nodeDigest = node.digest;
    return ErrorCode.ok;
  }

  private refuseData(node: PendingNode, op: SetDataOp, asker: Asker): ErrorCode {
    if (!this.access.allows(asker.ids, node.acls, Perms.write)) return ErrorCode.noAuth;
    if (this.quotas.isNeeded) {
      const sizeBefore = node.newDataSize < 0 ? this.quotas.dataSizeOf(node.row) : node.newDataSize;
      const growth = { bytes: op.data.length - sizeBefore, count: 0 };
      const overQuota = this.quotas.check(op.path, growth);
      if (overQuota !== ErrorCode.ok) return overQuota;
    }
    return isVersion(node.version, op.version) ? ErrorCode.ok : ErrorCode.badVersion;
  }

  /** setACL. */
  prepareACL(op: SetACLOp, asker: Asker, moment: Moment): SetACLTxn | ErrorCode {
    const pathErr = asker.sessionErr || refusePath(op);
    if (pathErr !== ErrorCode.ok) return pathErr;
    const fixed = this.access.fix(asker.ids, op.acl);
    if (fixed.acls === null) return fixed.err;
    const row = this.pending.find(op.path);
    if (row < 0) return ErrorCode.noNode;
    const node = this.pending.take(row, moment);
    const isAllowed = this.access.allows(asker.ids, node.acls, Perms.admin);
    if (!isAllowed || !isVersion(node.aversion, op.version)) {
      this.pending.release(node);
      return isAllowed ? ErrorCode.badVersion : ErrorCode.noAuth;
    }
    const version = nextVersion(node.aversion);
    this.pending.changeACL(node, moment, fixed.acls, version);
    return { type: OpCode.setACL, path: op.path.text, acl: fixed.acls, version };
  }

  /** check, a part of a multi. */
  prepareCheck(op: PathVersionOp, asker: Asker, moment: Moment): CheckVersionTxn | ErrorCode {
    const pathErr = asker.sessionErr || refusePath(op);
    if (pathErr !== ErrorCode.ok) return pathErr;
    const row = this.pending.find(op.path);
    if (row < 0) return ErrorCode.noNode;
    const node = this.pending.take(row, moment);
    const isAllowed = this.access.allows(asker.ids, node.acls, Perms.read);
    const { version } = node;
    this.pending.release(node);
    if (!isAllowed) return ErrorCode.noAuth;
    if (!isVersion(version, op.version)) return ErrorCode.badVersion;
    return { type: OpCode.check, path: op.path.text, version: nextVersion(version) };
  }
}

function refusePath(op: { readonly hasPath: boolean; readonly path: RequestPath }): ErrorCode {
  return op.hasPath && op.path.isValid ? ErrorCode.ok : ErrorCode.badArguments;
}
