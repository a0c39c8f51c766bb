/*
 * What transactions have written, by the first element of each path: the metric write_per_namespace
 * (Java: DataTree.updateWriteStat, called by createNode, deleteNode and setData).
 */

import type { NamespaceSummarySet } from '../../admin/metrics/namespace-summary-set.ts';
import { OpCode } from '../../jute/op-code.ts';
import { PreparedCreates } from '../../jute/prepared-creates.ts';
import { PreparedSets } from '../../jute/prepared-sets.ts';
import { PreparedTxn } from '../../jute/prepared-txn.ts';
import type { Txn } from '../../jute/txn.ts';

/** Counts a transaction that was applied without an error: characters of each path and bytes of its new data. */
export function countWrites(summary: NamespaceSummarySet, txn: Txn): void {
  if (txn instanceof PreparedTxn) {
    const { pathBytes, pathStart, pathEnd, pathCharCount } = txn;
    summary.addBytes(pathBytes, pathStart, pathEnd, pathCharCount + txn.dataLength);
    return;
  }
  switch (txn.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
    case OpCode.setData:
      summary.add(txn.path, txn.path.length + (txn.data?.length ?? 0));
      return;
    case OpCode.delete:
    case OpCode.deleteContainer:
      summary.add(txn.path, txn.path.length);
      return;
    case OpCode.closeSession:
      for (const path of txn.paths2Delete ?? []) summary.add(path, path.length);
      return;
    case OpCode.multi:
      if (txn instanceof PreparedCreates || txn instanceof PreparedSets) {
        countParts(summary, txn);
        return;
      }
      for (const part of txn.txns) countWrites(summary, part);
      return;
    default:
      return;
  }
}

function countParts(summary: NamespaceSummarySet, txn: PreparedCreates | PreparedSets): void {
  for (let index = 0; index < txn.count; index++) {
    const [start, end] = [txn.pathStart(index), txn.pathEnd(index)];
    summary.addBytes(txn.bytes, start, end, end - start + txn.dataLength(index));
  }
}
