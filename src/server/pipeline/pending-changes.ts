/*
 * PendingChanges: znodes as they will be once every transaction that is on its way has been applied
 * (Java: ZooKeeperServer.outstandingChanges and ChangeRecord).
 *
 * A write is checked against this view the moment it arrives, while the tree still shows what is durable; so a client may send
 * `create /a` and `create /a/b` in one breath. Records are kept per path, newest in front, and dropped when their transaction is
 * applied. The digest of the tree after all of them is kept along, because a transaction carries it into the log.
 */

import type { DataTree, Row } from '../../datatree/data-tree.ts';
import { nodeDigest } from '../../datatree/digest.ts';
import type { ACL } from '../../jute/data.ts';
import { STAT_SIZE, StatOffset } from '../../jute/data.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import {
  readInt32,
  readInt64,
  SESSION_ID_ZERO,
  writeInt32,
  writeInt64,
  ZXID_ZERO,
} from '../../jute/int64.ts';

const NO_ROW = -1;

/** A znode as it will be after the transaction `zxid`. */
export class PendingNode {
  path = '';
  zxid: Zxid = ZXID_ZERO;
  /** False: the transaction deletes it. */
  exists = true;
  /** Its Stat in the wire layout; numChildren is kept, dataLength is not. */
  readonly stat = new Uint8Array(STAT_SIZE);
  acls: readonly ACL[] = [];
  /** The row that holds its data still, or -1 where `data` is what it will have. */
  row: Row = NO_ROW;
  data: Uint8Array | null = null;
  /** What it adds to the digest of the tree. */
  digest = 0;

  get version(): number {
    return readInt32(this.stat, StatOffset.version);
  }

  get cversion(): number {
    return readInt32(this.stat, StatOffset.cversion);
  }

  get aversion(): number {
    return readInt32(this.stat, StatOffset.aversion);
  }

  get childCount(): number {
    return readInt32(this.stat, StatOffset.numChildren);
  }

  get ephemeralOwner(): SessionId {
    return readInt64(this.stat, StatOffset.ephemeralOwner) as SessionId;
  }

  /** Sets one of the 32-bit fields of the Stat. */
  setInt(offset: number, value: number): void {
    writeInt32(this.stat, offset, value);
  }

  /** Sets one of the 64-bit fields of the Stat. */
  setLong(offset: number, value: bigint): void {
    writeInt64(this.stat, offset, value);
  }
}

/** The changes on their way. */
export class PendingChanges {
  private readonly tree: DataTree;
  private readonly digestEnabled: boolean;
  private readonly byPath = new Map<string, PendingNode>();
  /** All records, oldest first; those before `firstIndex` are dropped already. */
  private records: PendingNode[] = [];
  private firstIndex = 0;
  private readonly spare: PendingNode[] = [];
  private digestAfterAll = 0n;
  /** How many records make an ephemeral znode: usually none, and then nobody has to look for them. */
  private ephemeralCreateCount = 0;
  /** What byPath held before each record of the multi that is being prepared; null outside a multi. */
  private undo: (PendingNode | undefined)[] | null = null;

  constructor(tree: DataTree, options: { readonly digestEnabled: boolean }) {
    this.tree = tree;
    this.digestEnabled = options.digestEnabled;
  }

  /** How many records are kept. */
  get size(): number {
    return this.records.length - this.firstIndex;
  }

  /** The digest that the tree will have when all of them are applied. */
  get treeDigest(): bigint {
    return this.size === 0 ? this.tree.treeDigest : this.digestAfterAll;
  }

  /** Whether there will be a znode at `path`. */
  has(path: string): boolean {
    const pending = this.byPath.get(canonical(path));
    return pending === undefined ? this.tree.findPath(path) >= 0 : pending.exists;
  }

  /**
   * A copy of the znode as it will be, to be looked at, changed, and then given to add() or release(); null where there will
   * be none.
   */
  copyOf(path: string): PendingNode | null {
    const key = canonical(path);
    const pending = this.byPath.get(key);
    if (pending !== undefined) return pending.exists ? this.duplicate(pending) : null;
    const row = this.tree.findPath(key);
    return row < 0 ? null : this.fromTree(key, row);
  }

  private fromTree(path: string, row: Row): PendingNode {
    const { tree } = this;
    const node = this.blank(path);
    tree.copyStoredStat(row, node.stat, 0);
    node.acls = tree.aclTable.aclsOf(tree.aclId(row));
    node.row = row;
    node.digest = tree.nodeDigest(row);
    return node;
  }

  private duplicate(pending: PendingNode): PendingNode {
    const node = this.blank(pending.path);
    node.stat.set(pending.stat);
    node.acls = pending.acls;
    node.row = pending.row;
    node.data = pending.data;
    node.digest = pending.digest;
    return node;
  }

  /** A record for a znode that does not exist yet: an empty Stat, no data. */
  blank(path: string): PendingNode {
    const node = this.spare.pop() ?? new PendingNode();
    node.path = canonical(path);
    node.exists = true;
    node.row = NO_ROW;
    node.data = null;
    node.digest = 0;
    return node;
  }

  /** Gives back a copy that is not needed. */
  release(node: PendingNode): void {
    node.data = null;
    this.spare.push(node);
  }

  /** Keeps a changed znode as what transaction `zxid` will make of it. */
  add(node: PendingNode, zxid: Zxid): void {
    this.updateDigest(node);
    if (this.makesEphemeral(node)) this.ephemeralCreateCount += 1;
    node.zxid = zxid;
    this.undo?.push(this.byPath.get(node.path));
    this.byPath.set(node.path, node);
    this.records.push(node);
  }

  private makesEphemeral(node: PendingNode): boolean {
    return node.exists && node.row === NO_ROW && node.ephemeralOwner !== SESSION_ID_ZERO;
  }

  private updateDigest(node: PendingNode): void {
    if (!this.digestEnabled) return;
    const before = node.digest;
    const base = this.treeDigest;
    if (node.exists) {
      const data = node.row === NO_ROW ? node.data : this.tree.dataOf(node.row);
      node.digest = nodeDigest(node.path, data, node.stat);
    } else {
      node.digest = 0;
    }
    this.digestAfterAll = BigInt.asIntN(64, base + BigInt(node.digest - before));
  }

  /** The paths that will be ephemerals of a session when everything on its way is applied. */
  ephemeralsOf(sessionId: SessionId): Set<string> {
    const paths = new Set<string>();
    for (const path of this.tree.ephemeralsOf(sessionId)) {
      if (this.byPath.get(path)?.exists !== false) paths.add(path);
    }
    if (this.ephemeralCreateCount > 0) {
      for (const node of this.byPath.values()) {
        if (node.exists && node.ephemeralOwner === sessionId) paths.add(node.path);
      }
    }
    return paths;
  }

  /** Drops the records of every transaction up to `zxid`, which has just been applied. */
  applied(zxid: Zxid): void {
    const { records } = this;
    while (this.firstIndex < records.length) {
      const node = records[this.firstIndex] as PendingNode;
      if (node.zxid > zxid) break;
      this.firstIndex += 1;
      if (this.byPath.get(node.path) === node) this.byPath.delete(node.path);
      this.forget(node);
    }
    if (this.firstIndex === records.length) {
      records.length = 0;
      this.firstIndex = 0;
    } else if (this.firstIndex > 4096) {
      this.records = records.slice(this.firstIndex);
      this.firstIndex = 0;
    }
  }

  private forget(node: PendingNode): void {
    if (this.makesEphemeral(node)) this.ephemeralCreateCount -= 1;
    this.release(node);
  }

  /** Begins a multi: from here on every record can be taken back. */
  startMulti(): void {
    this.undo = [];
  }

  /** Keeps the records of the multi. */
  finishMulti(): void {
    this.undo = null;
  }

  /** Takes the records of the multi back, whose digest was `treeDigest` before (Java: rollbackPendingChanges, ZOOKEEPER-1624). */
  rollbackMulti(treeDigest: bigint): void {
    const undo = this.undo ?? [];
    for (let index = undo.length - 1; index >= 0; index--) {
      const node = this.records.pop() as PendingNode;
      const previous = undo[index];
      if (previous === undefined) this.byPath.delete(node.path);
      else this.byPath.set(previous.path, previous);
      this.forget(node);
    }
    this.undo = [];
    this.digestAfterAll = treeDigest;
  }
}

/** The root is "" here, as the parent's path of `/a` is; Java keeps both names apart and sometimes confuses itself. */
function canonical(path: string): string {
  return path === '/' ? '' : path;
}
