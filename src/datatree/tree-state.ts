/*
 * TreeState: everything that a tree consists of, for the files of this room that work on it: transactions (node-changes.ts,
 * apply.ts), snapshots (node-snapshot.ts) and loading (tree-load.ts). The face for everybody else is data-tree.ts.
 */

import { copyWords } from '../jute/copy-bytes.ts';
import { STAT_SIZE, StatOffset } from '../jute/data.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { readInt64, writeInt64, ZXID_ZERO } from '../jute/int64.ts';
import { AclTable, OPEN_ACL_ID, READ_ACL_UNSAFE } from './acl-table.ts';
import { crcUpdate, finishDigest } from './digest.ts';
import type { EphemeralTypeOptions } from './ephemeral-type.ts';
import { ephemeralTypeOf } from './ephemeral-type.ts';
import type { Warm } from './memory.ts';
import { Owners } from './owners.ts';
import { PathBytes } from './path-bytes.ts';
import { CONFIG_PATH, QUOTA_PATH, ZOOKEEPER_PATH } from './quota.ts';
import type { Row } from './rows.ts';
import { Field, STAT_WORDS_IN_ROW, wireOrder } from './rows.ts';
import { TreeDigest } from './tree-digest.ts';
import { TreeQuotas } from './tree-quotas.ts';
import { OwnerKind } from './znode-layout.ts';
import { Znodes } from './znodes.ts';

/** How a tree is made. */
export interface DataTreeOptions extends EphemeralTypeOptions {
  /** 64 random bits that clients do not know, in two numbers. */
  readonly hashSeed: readonly [number, number];
  /** Makes memory ready that is used next; without it the tree does so itself. */
  readonly warm?: Warm | null;
  /** Digests are kept and compared. */
  readonly digestEnabled: boolean;
  /** Hears of what should not be: digests that do not match, quotas without statistics. Whoever logs it limits the rate. */
  readonly onWarning?: (message: string) => void;
}

/** Who walks over the rows while transactions go on. */
export interface RowObserver {
  /** The row is about to be freed; it has no children, and its place among its siblings still stands. */
  rowRemoved(row: Row): void;
  /** All rows are gone. */
  treeCleared(): void;
}

const EXCLUDED_PREFIX = Buffer.from(`${ZOOKEEPER_PATH}/`);

/** The parts of a tree. */
export class TreeState {
  readonly options: DataTreeOptions;
  readonly znodes: Znodes;
  readonly owners: Owners;
  readonly quotas: TreeQuotas;
  readonly digest: TreeDigest;
  readonly aclTable = new AclTable();
  /** Committed sessions and their timeouts, in ms. */
  readonly sessions = new Map<SessionId, number>();
  readonly observers: RowObserver[] = [];
  readonly pathBytes = new PathBytes();
  readonly lastProcessedZxidBytes = new Uint8Array(8);
  private zxid: Zxid = ZXID_ZERO;
  /**
   * The highest czxid in the snapshot that was loaded. Being fuzzy it may be ahead of the log, and if the log behind it is lost,
   * ahead of lastProcessedZxid: then no log creates those znodes again.
   */
  loadedCzxid: Zxid = ZXID_ZERO;
  /** Characters of all paths and bytes of all data (Java: nodeDataSize). */
  approximateDataSize = 0;

  constructor(options: DataTreeOptions) {
    const warn = (message: string): void => options.onWarning?.(message);
    this.options = options;
    this.znodes = new Znodes(options.hashSeed, options.warm ?? null);
    this.owners = new Owners(this.znodes);
    this.quotas = new TreeQuotas(this.znodes, warn);
    this.digest = new TreeDigest(options.digestEnabled, warn);
    this.addInitialNodes();
  }

  get lastProcessedZxid(): Zxid {
    return this.zxid;
  }

  set lastProcessedZxid(zxid: Zxid) {
    this.zxid = zxid;
    writeInt64(this.lastProcessedZxidBytes, 0, zxid);
  }

  /** Tells whoever set onWarning. */
  warn(message: string): void {
    this.options.onWarning?.(message);
  }

  /** What a new server begins with: the root, /zookeeper, its quota and its config (Java: DataTree's constructor). */
  private addInitialNodes(): void {
    const { znodes } = this;
    this.digestAnew(znodes.root, this.pathBytes.bytes, 0, 0);
    for (const path of [ZOOKEEPER_PATH, QUOTA_PATH, CONFIG_PATH]) {
      const size = this.pathBytes.encode(path);
      const { bytes } = this.pathBytes;
      const slash = this.pathBytes.lastSlash();
      const row = znodes.add({
        parent: znodes.find(bytes, 0, slash),
        hash: znodes.hashOf(bytes, 0, size),
        bytes,
        nameStart: slash + 1,
        end: size,
        ownerKind: OwnerKind.none,
        isExcluded: path !== ZOOKEEPER_PATH,
        data: EMPTY,
        dataStart: 0,
        dataEnd: 0,
        acl: path === CONFIG_PATH ? this.aclTable.take(READ_ACL_UNSAFE) : OPEN_ACL_ID,
        stat: NO_STAT,
        crc: 0,
      });
      this.digestAnew(row, bytes, 0, size);
      this.approximateDataSize += path.length;
      if (path === CONFIG_PATH) znodes.setStatInt(row, StatOffset.aversion, -1);
    }
    this.approximateDataSize += '/'.length;
  }

  /** Forgets everything but an empty root; the digests of before stay in the history. */
  clear(): void {
    this.znodes.clear();
    this.owners.clear();
    this.quotas.clear();
    this.digest.clear();
    this.aclTable.clear();
    this.sessions.clear();
    for (const observer of this.observers.splice(0)) observer.treeCleared();
    this.approximateDataSize = 0;
    this.lastProcessedZxid = ZXID_ZERO;
    this.loadedCzxid = ZXID_ZERO;
  }

  /** The row of a path, "/" and "" being the root; it stays in pathBytes. */
  findPath(path: string): Row {
    const size = this.pathBytes.encode(path);
    return this.znodes.find(this.pathBytes.bytes, 0, size);
  }

  /** The path of a row, the root's being "/". */
  pathOf(row: Row): string {
    if (row === this.znodes.root) return '/';
    const size = this.znodes.pathSize(row);
    const bytes = Buffer.allocUnsafe(size);
    this.znodes.writePath(row, bytes, size);
    return bytes.toString('utf8');
  }

  /** The owner of a row as it is stored. */
  ownerOf(row: Row): SessionId {
    return readInt64(this.znodes.rows.stat(row), StatOffset.ephemeralOwner) as SessionId;
  }

  /** Whose chain a znode with this owner is in. */
  ownerKindOf(owner: SessionId): OwnerKind {
    return owner === 0n ? OwnerKind.none : ownerKinds[ephemeralTypeOf(owner, this.options)];
  }

  /** Whether no digest is kept for the path `bytes[start, end)`. */
  isExcluded(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start <= EXCLUDED_PREFIX.length) return false;
    for (let index = 0; index < EXCLUDED_PREFIX.length; index++) {
      if (bytes[start + index] !== EXCLUDED_PREFIX[index]) return false;
    }
    return true;
  }

  /** Gives a row its digest, in exchange for the one it had. `bytes[start, end)` is its path. */
  digestAnew(row: Row, bytes: Uint8Array, start: number, end: number): void {
    this.setDigest(row, this.digestOf(row, bytes, start, end));
  }

  /** The digest that a row should have: 32 bits, unsigned; 0 where it has none. `bytes[start, end)` is its path. */
  digestOf(row: Row, bytes: Uint8Array, start: number, end: number): number {
    const { znodes } = this;
    if (!this.options.digestEnabled || znodes.isExcluded(row)) return 0;
    let crc = row === znodes.root ? -1 : crcUpdate(-1, bytes, start, end);
    const dataStart = znodes.dataStart(row);
    crc = crcUpdate(crc, znodes.chunkBytes(row), dataStart, dataStart + znodes.dataLength(row));
    return finishDigest(crc, znodes.rows.stat(row), 0);
  }

  /** Replaces the digest of a row, in the sum too. */
  setDigest(row: Row, digest: number): void {
    const { rows } = this.znodes;
    this.digest.add(digest - (rows.get(row, Field.digest) >>> 0));
    rows.set(row, Field.digest, digest);
  }

  /** Copies the Stat of a row as clients see it: 68 bytes (Java: DataNode.copyStat). */
  copyStat(row: Row, target: DataView, at: number): void {
    const { znodes } = this;
    copyWords(znodes.rows.statView(row), 0, target, at, STAT_SIZE);
    target.setInt32(at + StatOffset.cversion, this.changesBelow(row));
    if (znodes.ownerKind(row) > OwnerKind.session) {
      const owner = at + StatOffset.ephemeralOwner;
      target.setInt32(owner, 0);
      target.setInt32(owner + 4, 0);
    }
  }

  /** The same in words as they stand in memory. */
  copyStatWords(row: Row, target: Int32Array, at: number): void {
    const { znodes } = this;
    znodes.rows.copyStat(row, target, at);
    target[at + (StatOffset.cversion >> 2)] = wireOrder(this.changesBelow(row));
    if (znodes.ownerKind(row) > OwnerKind.session) {
      const owner = at + (StatOffset.ephemeralOwner >> 2);
      target.fill(0, owner, owner + 2);
    }
  }

  /**
   * Stored is the number of creates below; clients get the number of changes: every create but those of the children still
   * there had its delete.
   */
  private changesBelow(row: Row): number {
    const { znodes } = this;
    return (2 * znodes.statInt(row, StatOffset.cversion) - znodes.childCount(row)) | 0;
  }
}

const EMPTY = new Uint8Array(0);
const NO_STAT = new Int32Array(STAT_WORDS_IN_ROW);

const ownerKinds = {
  void: OwnerKind.none,
  normal: OwnerKind.session,
  container: OwnerKind.container,
  ttl: OwnerKind.ttl,
} as const;
