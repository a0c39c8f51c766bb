/*
 * PendingChanges: znodes as they will be once every transaction that is on its way has been applied
 * (Java: ZooKeeperServer.outstandingChanges and ChangeRecord).
 *
 * A write is checked against this view the moment it arrives, while the tree still shows what is durable; so a client may send
 * `create /a` and `create /a/b` in one breath. Records are kept per path, newest in front, and dropped when their transaction is
 * applied. The digest of the tree after all of them is kept along, because a transaction carries it into the log.
 */

import type { DataTree, Row } from '../../datatree/data-tree.ts';
import { digestChange, isOutsideDigest, nodeDigest } from '../../datatree/digest.ts';
import type { ACL } from '../../jute/data.ts';
import { STAT_SIZE, StatOffset } from '../../jute/data.ts';
import type { SessionId, Zxid } from '../../jute/int64.ts';
import {
  readInt32,
  readInt64,
  SESSION_ID_ZERO,
  writeInt32,
  writeInt64,
  writeTimeMs,
  ZXID_ZERO,
} from '../../jute/int64.ts';

const NO_ROW = -1;

/** Where and when a transaction happens. */
export class Moment {
  zxid: Zxid = ZXID_ZERO;
  /** ms since 1970 */
  time = 0;
  /** The zxid as it is written into Stats. */
  zxidHigh = 0;
  zxidLow = 0;
  private readonly scratch = new Uint8Array(8);

  /** Moves on to another transaction. */
  set(zxid: Zxid, time: number): void {
    this.zxid = zxid;
    this.time = time;
    writeInt64(this.scratch, 0, zxid);
    this.zxidHigh = readInt32(this.scratch, 0);
    this.zxidLow = readInt32(this.scratch, 4);
  }
}

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
  /** It is among the records: whoever asks again within the same transaction gets this one and changes it further. */
  isKept = false;
  /** It was counted as the creation of an ephemeral. */
  isNewEphemeral = false;

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

  /** Sets one of the zxids of the Stat to that of the transaction. */
  setZxid(offset: number, moment: Moment): void {
    writeInt32(this.stat, offset, moment.zxidHigh);
    writeInt32(this.stat, offset + 4, moment.zxidLow);
  }

  /** Makes the Stat that of a new znode. */
  initStat(moment: Moment, ephemeralOwner: SessionId): void {
    const { stat } = this;
    stat.fill(0);
    this.setZxid(StatOffset.czxid, moment);
    this.setZxid(StatOffset.mzxid, moment);
    this.setZxid(StatOffset.pzxid, moment);
    writeTimeMs(stat, StatOffset.ctime, moment.time);
    writeTimeMs(stat, StatOffset.mtime, moment.time);
    if (ephemeralOwner !== SESSION_ID_ZERO) {
      writeInt64(stat, StatOffset.ephemeralOwner, ephemeralOwner);
    }
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
  /** The digest after all records, as far as it was asked for, and what has been added since. */
  private digestAsked = 0n;
  private digestSince = 0;
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
    if (this.size === 0) return this.tree.treeDigest;
    if (this.digestSince !== 0) {
      this.digestAsked = BigInt.asIntN(64, this.digestAsked + BigInt(this.digestSince));
      this.digestSince = 0;
    }
    return this.digestAsked;
  }

  /** Whether there will be a znode at `path`. */
  has(path: string): boolean {
    const pending = this.byPath.get(canonical(path));
    return pending === undefined ? this.tree.findPath(path) >= 0 : pending.exists;
  }

  /**
   * The znode as it will be, for transaction `zxid` to look at and to change, and then to be given to add(), change() or
   * release(); null where there will be none. Nothing of it may be changed before all checks have passed, because what the
   * transaction has changed already is handed out again itself and not as a copy.
   */
  take(path: string, zxid: Zxid): PendingNode | null {
    const key = canonical(path);
    const pending = this.byPath.get(key);
    if (pending !== undefined) {
      if (!pending.exists) return null;
      return pending.zxid === zxid ? pending : this.duplicate(pending);
    }
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
    node.isKept = false;
    return node;
  }

  /** Gives back what was taken and is not changed. */
  release(node: PendingNode): void {
    if (node.isKept) return;
    node.data = null;
    this.spare.push(node);
  }

  /** Keeps a znode that is new, deleted, or has other data, as what transaction `zxid` will make of it. */
  add(node: PendingNode, zxid: Zxid): void {
    const digest = this.digestEnabled ? this.digestOf(node) : 0;
    this.keep(node, zxid, digest);
    if (node.exists && node.row === NO_ROW && !node.isNewEphemeral) this.noteEphemeral(node);
  }

  private digestOf(node: PendingNode): number {
    if (!node.exists) return 0;
    const data = node.row === NO_ROW ? node.data : this.tree.dataOf(node.row);
    return nodeDigest(node.path, data, node.stat);
  }

  private noteEphemeral(node: PendingNode): void {
    if (node.ephemeralOwner === SESSION_ID_ZERO) return;
    node.isNewEphemeral = true;
    this.ephemeralCreateCount += 1;
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
    const isDigested = this.digestEnabled && !isOutsideDigest(node.path);
    this.keep(node, moment.zxid, isDigested ? (node.digest ^ change) >>> 0 : 0);
  }

  private keep(node: PendingNode, zxid: Zxid, digest: number): void {
    if (this.size === 0) {
      this.digestAsked = this.tree.treeDigest;
      this.digestSince = 0;
    }
    this.digestSince += digest - node.digest;
    node.digest = digest;
    if (node.isKept) return;
    node.isKept = true;
    node.isNewEphemeral = false;
    node.zxid = zxid;
    this.undo?.push(this.byPath.get(node.path));
    this.byPath.set(node.path, node);
    this.records.push(node);
  }

  /** The paths that will be ephemerals of a session when everything on its way is applied. */
  ephemeralsOf(sessionId: SessionId): Set<string> {
    const paths = new Set<string>();
    for (const path of this.tree.ephemeralsOf(sessionId)) {
      // What is on its way may have put another znode in its place.
      const pending = this.byPath.get(path);
      const isStillIts = pending?.exists === true && pending.ephemeralOwner === sessionId;
      if (pending === undefined || isStillIts) paths.add(path);
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
    if (node.isNewEphemeral) this.ephemeralCreateCount -= 1;
    node.isKept = false;
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
    this.digestAsked = treeDigest;
    this.digestSince = 0;
  }
}

/** The root is "" here, as the parent's path of `/a` is; Java keeps both names apart and sometimes confuses itself. */
function canonical(path: string): string {
  return path === '/' ? '' : path;
}
