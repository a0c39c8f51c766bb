/*
 * ChangeNotes: what quotas and watches are told of the changes of a transaction.
 *
 * Answers to what DataTree's createNode, deleteNode and setData do when the znode itself is done: updateQuotaStat and triggerWatch. Both
 * go by paths, which a prepared or recorded transaction has as bytes only; so whoever changes a znode asks first whether its path is needed.
 */

import { EventType } from '../jute/op-code.ts';
import { parentPath } from './path.ts';
import { ZOOKEEPER_PATH } from './quota.ts';
import type { Row } from './rows.ts';
import { Field } from './rows.ts';
import type { TreeState } from './tree-state.ts';
import type { Change } from './watches.ts';

/** The changes of one transaction after the other. */
export class ChangeNotes {
  private readonly state: TreeState;
  /** What the transaction changed so far, in the order in which Java triggers watches; empty unless wanted. */
  readonly changes: Change[] = [];
  /** Whether anybody watches anything. */
  recordChanges = false;

  constructor(state: TreeState) {
    this.state = state;
  }

  /** Forgets the changes of the transaction before. */
  begin(): void {
    if (this.changes.length > 0) this.changes.length = 0;
  }

  /** Whether anybody but the tree wants to know about a change of a row: most are of no interest to watches and quotas. */
  isPathNeeded(row: Row): boolean {
    const { quotas, znodes } = this.state;
    return this.recordChanges || !quotas.isEmpty || znodes.isExcluded(row);
  }

  /** A znode has been created. */
  created(path: string, row: Row, parent: Row): void {
    const { quotas, znodes } = this.state;
    if (path.startsWith(ZOOKEEPER_PATH)) quotas.systemNodeCreated(path);
    quotas.usageChanged(path, 1, znodes.dataLength(row));
    if (!this.recordChanges) return;
    this.changed(EventType.nodeCreated, path, row);
    this.changed(EventType.nodeChildrenChanged, parentPath(path), parent);
  }

  /** A znode is about to be deleted: its access list says who may hear of it, and goes with it. */
  deleting(path: string, row: Row): void {
    if (this.recordChanges) this.changed(EventType.nodeDeleted, path, row);
  }

  /** A znode has been deleted, which had `dataLength` bytes of data. */
  deleted(path: string, parent: Row, dataLength: number): void {
    const { quotas } = this.state;
    if (path.startsWith(ZOOKEEPER_PATH)) quotas.systemNodeDeleted(path);
    quotas.usageChanged(path, -1, -dataLength);
    if (this.recordChanges) {
      this.changed(EventType.nodeChildrenChanged, parentPath(path), parent);
    }
  }

  /** The data of a znode has been set, and is longer than before by `difference` bytes. */
  dataSet(path: string, row: Row, difference: number): void {
    this.state.quotas.usageChanged(path, 0, difference);
    if (this.recordChanges) this.changed(EventType.nodeDataChanged, path, row);
  }

  private changed(type: EventType, path: string, row: Row): void {
    const { aclTable, znodes } = this.state;
    const aclId = aclTable.idOfSlot(znodes.rows.get(row, Field.acl));
    this.changes.push({ type, path, aclId });
  }
}
