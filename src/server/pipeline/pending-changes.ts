/*
 * PendingChanges: znodes as they will be once every transaction that is on its way has been applied
 * (Java: ZooKeeperServer.outstandingChanges).
 *
 * A write is checked against this view the moment it arrives, while the tree still shows what is durable; so a client may send
 * `create /a` and `create /a/b` in one breath. A znode that is going to be created has its row already, reserved in the tree
 * (Reservations); for a znode that is going to change or to be deleted a record is kept per row, the newest in front, and dropped when
 * its transaction is applied. The digest of the tree after all of them is kept along, because a transaction carries it into the log.
 */

import type { DataTree, Row } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import { digestChange } from '../../datatree/digest.ts';
import { DigestSum } from '../../datatree/digest-sum.ts';
import type { PathMatcher } from '../../datatree/path-index.ts';
import type { NewContent } from '../../datatree/reservations.ts';
import type { ACL } from '../../jute/data.ts';
import { STAT_SIZE, StatOffset } from '../../jute/data.ts';
import { Fifo } from '../../jute/fifo.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { readInt32, SESSION_ID_ZERO } from '../../jute/int64.ts';
import type { PendingNode } from './pending-node.ts';
import { Moment, newPendingNodes } from './pending-node.ts';
import type { RequestPath } from './request-path.ts';
import { RowMap } from './row-map.ts';
import type { CreateOp } from './write-ops.ts';

/** Where data that is null ends. */
const NO_DATA = -1;
const STAT_WORDS = STAT_SIZE / 4;

/** The changes on their way. */
export class PendingChanges implements PathMatcher {
  private readonly tree: DataTree;
  private readonly digestEnabled: boolean;
  private readonly byRow: RowMap<PendingNode>;
  /** All records. */
  private readonly records = new Fifo<PendingNode>();
  private readonly spare: PendingNode[] = [];
  /** The transaction that was applied last; only its zxid counts. */
  private readonly appliedMoment = new Moment();
  /** The digest after everything, as long as there is anything. */
  private readonly digest = new DigestSum();
  /** How many records stand for an ephemeral znode that is reserved: usually none, and then nobody has to look for them. */
  private newEphemeralCount = 0;
  /** The parent that was looked for last, if it will still be there: siblings come together. */
  private lastParent: Row = NO_ROW;
  /** What the next new znode has: used again for each. */
  private readonly content: { -readonly [Name in keyof NewContent]: NewContent[Name] } = {
    dataBytes: Buffer.alloc(0),
    dataStart: 0,
    dataEnd: NO_DATA,
    acl: null,
    owner: SESSION_ID_ZERO,
  };
  /** What byRow held before each record of the multi that is being prepared; null outside a multi. */
  private undo: (PendingNode | undefined)[] | null = null;
  /** The rows that this multi has reserved. */
  private readonly reserved: Row[] = [];

  constructor(tree: DataTree, options: { readonly digestEnabled: boolean }) {
    this.tree = tree;
    // Hashes under the tree's own key tell as little as that does.
    this.byRow = new RowMap([hashOfText(tree, 'key'), hashOfText(tree, 'factor')]);
    this.digestEnabled = options.digestEnabled;
  }

  /** How many znodes are going to be created, changed or deleted, counted for each transaction. */
  get size(): number {
    return this.records.count + this.tree.reservations.count - this.newEphemeralCount;
  }

  /** The digest that the tree will have when all of them are applied. */
  get treeDigest(): bigint {
    return this.size === 0 ? this.tree.treeDigest : this.digest.value;
  }

  // ---- look-up

  /** Gives a path the hash under which it is found. */
  hash(path: RequestPath): number {
    path.hash = this.tree.hashOf(path.bytes, path.start, path.end);
    path.isHashed = true;
    return path.hash;
  }

  /** The first `count` of these hashes are going to be looked for. */
  expect(hashes: Int32Array, count: number): void {
    this.tree.expect(hashes, count);
  }

  /** The row of the znode that there will be at `path`, or NO_ROW. */
  find(path: RequestPath): Row {
    const { tree } = this;
    const { bytes, start, end } = path;
    if (isRoot(bytes, start, end)) return tree.root;
    const hash = path.isHashed ? path.hash : this.hash(path);
    return tree.findMatching(this, hash, bytes, start, end);
  }

  /** The row of the znode that there will be at what stands before the last slash of `path`, or NO_ROW. */
  findParent(path: RequestPath): Row {
    const { tree } = this;
    const { bytes, start, lastSlash: end } = path;
    if (isRoot(bytes, start, end)) return tree.root;
    const { lastParent } = this;
    if (lastParent !== NO_ROW && this.isAt(lastParent, bytes, start, end)) return lastParent;
    const row = tree.findMatching(this, tree.hashOf(bytes, start, end), bytes, start, end);
    this.lastParent = row;
    return row;
  }

  /** Whether `bytes[start, end)` is the path of a row that will be there: for the index. */
  isAt(row: Row, bytes: Uint8Array, start: number, end: number): boolean {
    const pending = this.byRow.get(row);
    if (pending !== undefined && !pending.exists) return false;
    return this.tree.hasPath(row, bytes, start, end);
  }

  /**
   * The znode of a row that find() has given, as it will be, for the transaction of `moment` to look at and to change, and then to be given to
   * add(), change...() or release(). Nothing of it may be changed before all checks have passed, because what the
   * transaction has changed already is handed out again itself and not as a copy.
   */
  take(row: Row, moment: Moment): PendingNode {
    const pending = this.byRow.get(row);
    if (pending === undefined) return this.fromTree(row);
    return pending.isOf(moment) ? pending : this.duplicate(pending);
  }

  private fromTree(row: Row): PendingNode {
    const { tree } = this;
    const node = this.blank(row);
    tree.copyStoredStat(row, node.statWords);
    node.acls = tree.aclTable.aclsOf(tree.aclId(row));
    node.newDataSize = -1;
    node.digest = tree.nodeDigest(row);
    return node;
  }

  private duplicate(pending: PendingNode): PendingNode {
    const node = this.blank(pending.row);
    const [target, source] = [node.statWords, pending.statWords];
    for (let word = 0; word < STAT_WORDS; word++) target[word] = source[word] as number;
    node.acls = pending.acls;
    node.newDataSize = pending.newDataSize;
    node.digest = pending.digest;
    return node;
  }

  private blank(row: Row): PendingNode {
    const { spare } = this;
    if (spare.length === 0) spare.push(...newPendingNodes());
    const node = spare.pop() as PendingNode;
    node.row = row;
    node.exists = true;
    node.isKept = false;
    return node;
  }

  /** Gives back what was taken and is not changed. */
  release(node: PendingNode): void {
    if (!node.isKept) this.spare.push(node);
  }

  /** The path of a row. */
  pathOf(row: Row): string {
    return this.tree.pathOf(row);
  }

  /** The row of the parent of a row. */
  parentOf(row: Row): Row {
    return this.tree.parentOf(row);
  }

  // ---- changes

  /** Reserves the row of a new znode. Its path has been looked up and is free. */
  create(
    parent: PendingNode,
    op: CreateOp,
    given: { readonly acls: readonly ACL[]; readonly owner: SessionId },
    moment: Moment,
  ): Row {
    const { tree } = this;
    this.startIfEmpty();
    const { bytes, start, end } = op.data;
    const { content } = this;
    content.dataBytes = bytes;
    content.dataStart = start;
    content.dataEnd = end;
    content.acl = given.acls;
    content.owner = given.owner;
    const row = tree.reservations.reserve(parent.row, op.path, content, moment);
    // It may have been that of a znode whose delete is applied, and whose record is dropped in a moment.
    if (this.byRow.size > 0) this.byRow.delete(row);
    this.digest.add(tree.nodeDigest(row));
    if (this.undo !== null) this.reserved.push(row);
    if (given.owner !== SESSION_ID_ZERO) this.noteEphemeral(row, moment);
    return row;
  }

  /** A record besides the reserved row makes it known to ephemeralsOf(). */
  private noteEphemeral(row: Row, moment: Moment): void {
    const node = this.fromTree(row);
    this.keep(node, moment, node.digest);
    node.isNewEphemeral = true;
    this.newEphemeralCount += 1;
  }

  /** Keeps a znode as deleted. */
  delete(node: PendingNode, moment: Moment): void {
    if (this.lastParent === node.row) this.lastParent = NO_ROW;
    node.exists = false;
    this.keep(node, moment, 0);
  }

  /** Keeps a znode that has other data, and mtime, mzxid and version in its Stat. `crc` has taken in its path and the data. */
  changeData(node: PendingNode, moment: Moment, dataSize: number, crc: number): void {
    node.newDataSize = dataSize;
    this.keep(node, moment, this.isDigested(node) ? node.digestFrom(crc) : 0);
  }

  /** Whether a znode counts in the digest of the tree. */
  isDigested(node: PendingNode): boolean {
    return this.digestEnabled && !this.tree.isOutsideDigest(node.row);
  }

  /** Keeps a parent that has got or lost a child: one create more, or none, and pzxid. */
  changeParent(parent: PendingNode, moment: Moment, change: 'created' | 'deleted'): void {
    const { stat } = parent;
    const creates = change === 'created' ? 1 : 0;
    const [high, low] = [readInt32(stat, StatOffset.pzxid), readInt32(stat, StatOffset.pzxid + 4)];
    const before = parent.cversion;
    const cversion = (before + creates) | 0;
    parent.setInt(StatOffset.cversion, cversion);
    parent.setInt(StatOffset.numChildren, parent.childCount + (creates === 1 ? 1 : -1));
    parent.setZxid(StatOffset.pzxid, moment);
    this.changeStat(
      parent,
      moment,
      digestChange(high ^ moment.zxidHigh, low ^ moment.zxidLow, before ^ cversion, 0),
    );
  }

  /** Keeps a znode with another access list. */
  changeACL(node: PendingNode, moment: Moment, acls: readonly ACL[], aversion: number): void {
    const change = digestChange(0, 0, 0, node.aversion ^ aversion);
    node.setInt(StatOffset.aversion, aversion);
    node.acls = acls;
    this.changeStat(node, moment, change);
  }

  /** A CRC is linear: what has changed in the Stat says by itself what changes in the digest. */
  private changeStat(node: PendingNode, moment: Moment, change: number): void {
    this.keep(node, moment, this.isDigested(node) ? (node.digest ^ change) >>> 0 : 0);
  }

  private keep(node: PendingNode, moment: Moment, digest: number): void {
    this.startIfEmpty();
    this.digest.add(digest - node.digest);
    node.digest = digest;
    if (node.isKept) return;
    node.isKept = true;
    node.isNewEphemeral = false;
    node.setTxn(moment);
    const before = this.byRow.put(node.row, node);
    this.undo?.push(before);
    this.records.push(node);
  }

  private startIfEmpty(): void {
    if (this.size > 0) return;
    this.digest.value = this.tree.treeDigest;
  }

  /** The rows of what will be ephemerals of a session when everything on its way is applied. */
  ephemeralsOf(sessionId: SessionId): Row[] {
    const { tree, byRow } = this;
    const rows = tree.ephemeralRowsOf(sessionId).filter((row) => byRow.get(row)?.exists !== false);
    if (this.newEphemeralCount === 0) return rows;
    for (const node of this.records) {
      const isReserved = node.exists && tree.isReserved(node.row);
      const isNewest = byRow.get(node.row) === node;
      if (isReserved && isNewest && node.ephemeralOwner === sessionId) rows.push(node.row);
    }
    return rows;
  }

  /** Drops the records of every transaction up to `zxid`, which has just been applied. */
  applied(zxid: Zxid): void {
    const { records, appliedMoment: moment } = this;
    moment.set(zxid, 0);
    for (let node = records.first; node !== undefined; node = records.first) {
      if (node.isAfter(moment)) return;
      records.shift();
      this.byRow.delete(node.row, node);
      this.forget(node);
    }
    // With nothing on its way the tree may change by transactions that were not prepared here, and rows may go.
    if (this.tree.reservations.count === 0) this.lastParent = NO_ROW;
  }

  private forget(node: PendingNode): void {
    if (node.isNewEphemeral) this.newEphemeralCount -= 1;
    node.isKept = false;
    this.release(node);
  }

  // ---- multi

  /** Begins a multi: from here on every change can be taken back. */
  startMulti(): void {
    this.undo = [];
    this.reserved.length = 0;
  }

  /** Keeps the changes of the multi. */
  finishMulti(): void {
    this.undo = null;
  }

  /** Takes the changes of the multi back, before which the digest was `treeDigest` (Java: rollbackPendingChanges, ZOOKEEPER-1624). */
  rollbackMulti(treeDigest: bigint): void {
    const undo = this.undo ?? [];
    for (let index = undo.length - 1; index >= 0; index--) {
      const node = this.records.pop() as PendingNode;
      const previous = undo[index];
      if (previous === undefined) this.byRow.delete(node.row);
      else this.byRow.put(previous.row, previous);
      this.forget(node);
    }
    this.undo = [];
    const { reserved } = this;
    // Children come behind their parents.
    for (let row = reserved.pop(); row !== undefined; row = reserved.pop()) {
      this.tree.reservations.discard(row);
    }
    this.lastParent = NO_ROW;
    this.digest.value = treeDigest;
  }
}

function hashOfText(tree: DataTree, text: string): number {
  return tree.hashOf(Buffer.from(text), 0, text.length);
}

const SLASH = 0x2f;

/** The root is "" as well as "/", as the parent's path of `/a` is; Java keeps both names apart and sometimes confuses itself. */
function isRoot(bytes: Uint8Array, start: number, end: number): boolean {
  return end === start || (end - start === 1 && bytes[start] === SLASH);
}
