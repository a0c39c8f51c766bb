/*
 * Which transactions of a log are wanted: by path, session, time and zxid. What the header says is looked at first, so that a narrow
 * filter over a large log decodes little.
 */

import type { SessionId, Zxid } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { Txn, TxnHeader } from '../../jute/txn.ts';
import { unreachable } from '../../jute/unreachable.ts';

/** What has to hold of a transaction; null asks for nothing. */
export interface TxnFilter {
  /** A znode at this path or below it is created, changed, checked or deleted. */
  readonly path: string | null;
  readonly session: SessionId | null;
  /** The first and the last ms since 1970. */
  readonly since: number | null;
  readonly until: number | null;
  readonly fromZxid: Zxid | null;
  readonly toZxid: Zxid | null;
}

/** Whether the header is one that is wanted. */
export function takesHeader(filter: TxnFilter, header: TxnHeader): boolean {
  if (filter.session !== null && header.clientId !== filter.session) return false;
  if (filter.since !== null && header.time < filter.since) return false;
  if (filter.until !== null && header.time > filter.until) return false;
  if (filter.fromZxid !== null && header.zxid < filter.fromZxid) return false;
  return filter.toZxid === null || header.zxid <= filter.toZxid;
}

/** Whether `path` is `root` or below it. */
export function isWithin(path: string, root: string): boolean {
  if (root === '/' || path === root) return true;
  return path.startsWith(root) && path.charCodeAt(root.length) === 0x2f;
}

/** Whether the transaction is one that is wanted. */
export function takesTxn(filter: TxnFilter, txn: Txn): boolean {
  const { path } = filter;
  return path === null || touches(txn, path);
}

function touches(txn: Txn, root: string): boolean {
  switch (txn.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
    case OpCode.delete:
    case OpCode.deleteContainer:
    case OpCode.setData:
    case OpCode.reconfig:
    case OpCode.setACL:
    case OpCode.check:
      return isWithin(txn.path, root);
    case OpCode.closeSession:
      return txn.paths2Delete?.some((path) => isWithin(path, root)) ?? false;
    case OpCode.multi:
      return txn.txns.some((part) => touches(part, root));
    case OpCode.createSession:
    case OpCode.error:
      return false;
    default:
      return unreachable(txn);
  }
}
