/*
 * ObservedTree: the product's tree, telling what is applied to it. A replica is given its trees by its ports, so this needs nothing
 * of the replica itself.
 */
import type { DataTreeOptions, TxnResult } from '../../src/datatree/data-tree.ts';
import { DataTree } from '../../src/datatree/data-tree.ts';
import { OPEN_ACL_UNSAFE } from '../../src/jute/data.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import type { RecordedCreates } from '../../src/jute/recorded-creates.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../src/jute/txn.ts';
import type { AppliedTxn, TreeHistory } from './ledger.ts';
import { applied } from './ledger.ts';

const CONFIG_PATH = '/zookeeper/config';

/** A tree that remembers what was applied to it. */
export class ObservedTree extends DataTree implements TreeHistory {
  readonly applied: AppliedTxn[] = [];
  base = 0n;
  /** A snapshot, received or read, may show what comes behind its zxid; the log that says so may be lost. */
  fuzzyThrough: bigint | null = null;
  toleratedMismatches = 0;
  /** Hears of each transaction behind it. */
  onApplied: () => void = () => undefined;

  constructor(options: DataTreeOptions) {
    super(options);
  }

  get tree(): DataTree {
    return this;
  }

  override apply(header: TxnHeader, txn: Txn, digest?: TxnDigest): TxnResult {
    // A member shows its membership in the tree without a transaction.
    const isMembership = header.cxid === 0 && 'path' in txn && txn.path === CONFIG_PATH;
    // Nor has the end of a session that recovery does not find (its ephemerals are in a fuzzy snapshot) one.
    const isCleaning = header.time === 0 && txn.type === OpCode.closeSession;
    const one = isMembership || isCleaning ? null : applied(header, txn);
    if (this.applied.length === 0) this.base = this.lastProcessedZxid;
    const result = super.apply(header, txn, digest);
    if (one !== null) {
      this.applied.push(one);
      this.onApplied();
    }
    return result;
  }

  override replayCreates(header: TxnHeader, creates: RecordedCreates, digest?: TxnDigest): void {
    const one = applied(header, txnOf(creates));
    if (this.applied.length === 0) this.base = this.lastProcessedZxid;
    super.replayCreates(header, creates, digest);
    this.applied.push(one);
    this.onApplied();
  }
}

/** The transaction that is only passed over where it lies. */
function txnOf(creates: RecordedCreates): Txn {
  const txns = Array.from({ length: creates.count }, (_, index) => {
    const dataEnd = creates.dataEnd(index);
    const data = dataEnd < 0 ? null : creates.bytes.subarray(creates.dataStart(index), dataEnd);
    const parentCVersion = creates.parentCVersion(index);
    const path = creates.pathOf(index);
    return {
      type: OpCode.create,
      path,
      data,
      acl: OPEN_ACL_UNSAFE,
      ephemeral: false,
      parentCVersion,
    };
  });
  return { type: OpCode.multi, txns };
}
