/*
 * DataTree: the znode tree as the rest of the server sees it: paths, Stats and transactions.
 *
 * Answers to DataTree and ZKDatabase. Reading is done by row: find() or findPath() gives one, and it is good until the next transaction is
 * applied. Everything changes through apply(), or through a load. Behind it, all znodes live outside the JavaScript heap (rows.ts, slab.ts,
 * path-index.ts).
 */

import { copyBytes } from '../jute/copy-bytes.ts';
import { STAT_SIZE, type Stat, StatOffset, statAt } from '../jute/data.ts';
import type { SessionId, Zxid } from '../jute/int64.ts';
import { readInt64, readTimeMs } from '../jute/int64.ts';
import type { RecordedCreates } from '../jute/recorded-creates.ts';
import type { MultiTxn, Txn, TxnDigest, TxnHeader } from '../jute/txn.ts';
import type { JuteWriter } from '../jute/writer.ts';
import type { AclTable } from './acl-table.ts';
import type { TxnResult } from './apply.ts';
import { TxnApplier } from './apply.ts';
import { countBelow, writeChildNames } from './children.ts';
import type { EphemeralType } from './ephemeral-type.ts';
import { ephemeralTypeOf } from './ephemeral-type.ts';
import { NodeSnapshot } from './node-snapshot.ts';
import type { OwnerWalk } from './owners.ts';
import type { PathMatcher } from './path-index.ts';
import { Reservations } from './reservations.ts';
import type { Row } from './rows.ts';
import { Field, NO_ROW } from './rows.ts';
import type { ZxidDigest } from './tree-digest.ts';
import { TreeLoad } from './tree-load.ts';
import type { DataTreeOptions } from './tree-state.ts';
import { TreeState } from './tree-state.ts';
import type { Change } from './watches.ts';

export type { TxnPartResult, TxnResult } from './apply.ts';
export type { NodeSnapshot } from './node-snapshot.ts';
export type { OwnerWalk } from './owners.ts';
export type { Row } from './rows.ts';
export { NO_ROW } from './rows.ts';
export type { ZxidDigest } from './tree-digest.ts';
export type { TreeLoad } from './tree-load.ts';
export type { DataTreeOptions } from './tree-state.ts';
export type { Change } from './watches.ts';

/** The tree. */
export class DataTree {
  /** Rows for the creates that are on their way. */
  readonly reservations: Reservations;
  private readonly state: TreeState;
  private readonly applier: TxnApplier;

  constructor(options: DataTreeOptions) {
    this.state = new TreeState(options);
    this.reservations = new Reservations(this.state);
    this.applier = new TxnApplier(this.state, this.reservations);
  }

  // ---- state

  /** The zxid of the last transaction applied. Recovery sets it. */
  get lastProcessedZxid(): Zxid {
    return this.state.lastProcessedZxid;
  }

  set lastProcessedZxid(zxid: Zxid) {
    this.state.lastProcessedZxid = zxid;
  }

  /** The same in 8 bytes, big-endian, always current: to be copied into headers of replies, not to be written to. */
  get lastProcessedZxidBytes(): Uint8Array {
    return this.state.lastProcessedZxidBytes;
  }

  /** How many znodes there are as Java counts: the root twice, as "" and as "/". */
  get nodeCount(): number {
    return this.state.znodes.count + 1;
  }

  /** Characters of all paths and bytes of all data (Java: cachedApproximateDataSize). */
  get approximateDataSize(): number {
    return this.state.approximateDataSize;
  }

  /** How many znodes belong to sessions. */
  get ephemeralsCount(): number {
    return this.state.owners.ephemeralsCount;
  }

  /** The sum of the znodes' digests, 64 bits signed; 0 where digests are off. */
  get treeDigest(): bigint {
    return this.state.digest.value;
  }

  /** The tree's digest after every 128th transaction, at most 1,024 of them, oldest first. */
  get digestLog(): readonly ZxidDigest[] {
    return this.state.digest.history;
  }

  /** What a snapshot that is finished now says at its end (Java: serializeZxidDigest); all zero before any transaction. */
  get lastProcessedZxidDigest(): ZxidDigest {
    return this.state.digest.last;
  }

  /** How often the tree had another digest than a log or a snapshot said. */
  get digestMismatchCount(): number {
    return this.state.digest.mismatchCount;
  }

  /** Whether the tree is still that of no transaction: it comes from a snapshot that was written while others went on, not all of which have followed. */
  get isCatchingUp(): boolean {
    return this.state.digest.isCatchingUp;
  }

  /** Committed global sessions and their timeouts in ms. apply() keeps it; loading fills it after startLoad(). */
  get sessions(): Map<SessionId, number> {
    return this.state.sessions;
  }

  get aclTable(): AclTable {
    return this.state.aclTable;
  }

  // ---- look-up

  /** The row of the path in `bytes[start, end)`, or NO_ROW. Nothing and "/" are the root; what is no proper path is not found. */
  find(bytes: Uint8Array, start: number, end: number): Row {
    return this.state.znodes.find(bytes, start, end);
  }

  /** The row of a path, or NO_ROW. */
  findPath(path: string): Row {
    return this.state.findPath(path);
  }

  /** The hash under which the path `bytes[start, end)` is entered. */
  hashOf(bytes: Uint8Array, start: number, end: number): number {
    return this.state.znodes.hashOf(bytes, start, end);
  }

  /** The first `count` of these hashes are going to be looked for: many at once are fetched sooner than one after the other. */
  expect(hashes: Int32Array, count: number): void {
    this.state.znodes.expect(hashes, count);
  }

  /**
   * The row of the path `bytes[start, end)`, whose hash is given, among all that `matcher` takes: it is asked about those also that are
   * only reserved, of which several may have one path. Not for the root.
   */
  findMatching(
    matcher: PathMatcher,
    hash: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Row {
    return this.state.znodes.findMatching(matcher, hash, bytes, start, end);
  }

  /** Whether `bytes[start, end)` is the path of a row, which may be reserved. */
  hasPath(row: Row, bytes: Uint8Array, start: number, end: number): boolean {
    return this.state.znodes.hasPath(row, bytes, start, end);
  }

  /** The row of the root. */
  get root(): Row {
    return this.state.znodes.root;
  }

  // ---- reading a row

  /** The row of the parent; NO_ROW of the root. */
  parentOf(row: Row): Row {
    return this.state.znodes.parent(row);
  }

  /** Whether a row stands for a znode that is only going to be (Reservations). */
  isReserved(row: Row): boolean {
    return this.state.znodes.isReserved(row);
  }

  /** Whether a row is below /zookeeper/, where no digests are kept. */
  isOutsideDigest(row: Row): boolean {
    return this.state.znodes.isExcluded(row);
  }

  /** The path of a row; the root's is "/". */
  pathOf(row: Row): string {
    return this.state.pathOf(row);
  }

  /** The Stat of a row as clients see it. */
  statOf(row: Row): Stat {
    const bytes = new Uint8Array(STAT_SIZE);
    this.state.copyStat(row, new DataView(bytes.buffer), 0);
    return statAt(bytes, 0);
  }

  /** Copies the Stat of a row as clients see it, 68 bytes, to `target[at …]`. */
  copyStat(row: Row, target: DataView, at: number): void {
    this.state.copyStat(row, target, at);
  }

  /**
   * Copies the Stat of a row as it is stored, in words as they stand in memory, to `target`: cversion counts creates alone, ephemeralOwner
   * also tells containers and TTLs. It is what a ChangeRecord of Java's holds.
   */
  copyStoredStat(row: Row, target: Int32Array): void {
    this.state.znodes.rows.copyStat(row, target, 0);
  }

  /** Bytes of data; -1 for null data. */
  dataSize(row: Row): number {
    const { znodes } = this.state;
    return znodes.hasNullData(row) ? -1 : znodes.dataLength(row);
  }

  /** Copies the data of a row to `target[at …]`. */
  copyData(row: Row, target: DataView, at: number): void {
    this.state.znodes.copyData(row, target, at);
  }

  /** A copy of the data of a row. */
  dataOf(row: Row): Buffer | null {
    const size = this.dataSize(row);
    if (size < 0) return null;
    const data = Buffer.allocUnsafe(size);
    this.copyData(row, new DataView(data.buffer, data.byteOffset, size), 0);
    return data;
  }

  /** The number of the ACL of a row, for aclTable.aclsOf(); -1 is open to everybody. */
  aclId(row: Row): number {
    return this.state.aclTable.idOfSlot(this.state.znodes.rows.get(row, Field.acl));
  }

  childCount(row: Row): number {
    return this.state.znodes.childCount(row);
  }

  /** The owner as it is stored: a session, or the mark of a container or a TTL. */
  ephemeralOwner(row: Row): SessionId {
    return this.statLong(row, StatOffset.ephemeralOwner) as SessionId;
  }

  /** What an owner means under the settings of this tree. */
  ephemeralTypeOf(owner: SessionId): EphemeralType {
    return ephemeralTypeOf(owner, this.state.options);
  }

  version(row: Row): number {
    return this.state.znodes.statInt(row, StatOffset.version);
  }

  /** The number of creates below a row, which sequential names count on; clients see another number (statOf). */
  cversion(row: Row): number {
    return this.state.znodes.statInt(row, StatOffset.cversion);
  }

  aversion(row: Row): number {
    return this.state.znodes.statInt(row, StatOffset.aversion);
  }

  czxid(row: Row): Zxid {
    return this.statLong(row, StatOffset.czxid) as Zxid;
  }

  /** When its data was last set, in ms since 1970. */
  mtime(row: Row): number {
    return readTimeMs(this.state.znodes.rows.stat(row), StatOffset.mtime);
  }

  mzxid(row: Row): Zxid {
    return this.statLong(row, StatOffset.mzxid) as Zxid;
  }

  pzxid(row: Row): Zxid {
    return this.statLong(row, StatOffset.pzxid) as Zxid;
  }

  private statLong(row: Row, offset: number): bigint {
    return readInt64(this.state.znodes.rows.stat(row), offset);
  }

  /** What a row adds to treeDigest: 32 bits unsigned; 0 below /zookeeper/ and where digests are off. */
  nodeDigest(row: Row): number {
    return this.state.znodes.rows.get(row, Field.digest) >>> 0;
  }

  /** Writes the names of the children of a row, vector<ustring>, in the order of their creation. */
  writeChildren(row: Row, writer: JuteWriter): void {
    writeChildNames(this.state.znodes, row, writer);
  }

  /** The names of the children of a row, in the order of their creation. */
  childNames(row: Row): string[] {
    const { znodes } = this.state;
    const names: string[] = [];
    for (let child = znodes.firstChild(row); child !== NO_ROW; child = znodes.nextSibling(child)) {
      const bytes = Buffer.allocUnsafe(znodes.nameSize(child));
      copyBytes(znodes.chunkBytes(child), znodes.nameStart(child), bytes, 0, bytes.length);
      names.push(bytes.toString('utf8'));
    }
    return names;
  }

  /** How many znodes are below a row, at any depth (Java: getAllChildrenNumber). */
  subtreeSize(row: Row): number {
    const { znodes } = this.state;
    return row === znodes.root ? znodes.count - 1 : countBelow(znodes.rows, row);
  }

  /** The rows of a session's ephemerals, the latest first. To be walked through before the next transaction. */
  ephemeralRowsOf(session: SessionId): Row[] {
    return this.state.owners.rowsOf(session);
  }

  /** The paths of a session's ephemerals, the latest first. */
  ephemeralsOf(session: SessionId): string[] {
    return this.ephemeralRowsOf(session).map((row) => this.state.pathOf(row));
  }

  /** Sessions and their ephemerals. One whose ephemerals are gone is listed until it is closed, as in Java. */
  *sessionsWithEphemerals(): Iterable<readonly [SessionId, readonly string[]]> {
    for (const session of this.state.owners.sessionIds()) {
      yield [session, this.ephemeralsOf(session)];
    }
  }

  /** How many znodes with a TTL this tree has got, those of a snapshot among them. */
  get ttlsCreatedCount(): number {
    return this.state.owners.ttlsAddedCount;
  }

  /** How many of them have been deleted. */
  get ttlsDeletedCount(): number {
    return this.state.owners.ttlsRemovedCount;
  }

  /** Begins a walk through all containers; one that is under way ends. */
  walkContainers(): OwnerWalk {
    return this.state.owners.walkContainers();
  }

  /** Begins a walk through all znodes with a TTL; one that is under way ends. */
  walkTtls(): OwnerWalk {
    return this.state.owners.walkTtls();
  }

  /** Whether any path has a quota. */
  get hasQuotas(): boolean {
    return !this.state.quotas.isEmpty;
  }

  /** The longest path at or above `path` that has a quota, or null (Java: getMaxPrefixWithQuota). */
  quotaRootOf(path: string): string | null {
    return this.state.quotas.rootOf(path);
  }

  /** All paths with a quota. */
  quotaRoots(): Iterable<string> {
    return this.state.quotas.roots();
  }

  // ---- transactions

  /** Is to be true while transactions come from the log and nobody waits for a single one: all together take less time then. */
  set isReplaying(isReplaying: boolean) {
    this.state.znodes.growsAtOnce = isReplaying;
  }

  /** Whether apply() notes what it changed; false while nobody watches anything. */
  get recordChanges(): boolean {
    return this.applier.nodes.notes.recordChanges;
  }

  set recordChanges(isWanted: boolean) {
    this.applier.nodes.notes.recordChanges = isWanted;
  }

  /** What the last apply() changed, in the order in which Java triggers watches. */
  get changes(): readonly Change[] {
    return this.applier.nodes.notes.changes;
  }

  /**
   * Applies a transaction, whatever it contains, and compares the digest that came with it (Java: processTxn). A transaction
   * that cannot be done ends as a code in the result, which is used again by the next call.
   */
  apply(header: TxnHeader, txn: Txn, digest?: TxnDigest): TxnResult {
    return this.applier.apply(header, txn, digest);
  }

  /**
   * The same for what is in no log: the zxid of the tree, and that of its digest, stay those of the last transaction. Stats say what
   * the header says.
   */
  applyAside(header: TxnHeader, txn: Exclude<Txn, MultiTxn>): void {
    this.applier.applyAside(header, txn);
  }

  /** The same for a multi of creates that comes from a log, and whose results nobody wants to know. */
  replayCreates(header: TxnHeader, creates: RecordedCreates, digest?: TxnDigest): void {
    this.applier.replayCreates(header, creates, digest);
  }

  // ---- snapshots

  /** Starts a walk that writes the znodes while transactions go on. The lists of aclTable have to be written after it has begun. */
  startNodeSnapshot(): NodeSnapshot {
    return new NodeSnapshot(this.state);
  }

  /** Empties the tree, its sessions included, to fill it from a snapshot. */
  startLoad(): TreeLoad {
    return new TreeLoad(this.state);
  }

  /**
   * Takes the digest from the end of a snapshot that was begun at `startZxid`, after the load and before the replay: it is
   * compared when the replay comes to its zxid, and no other digest is until then (Java: deserializeZxidDigest, compareSnapshotDigests).
   */
  expectSnapshotDigest(digest: ZxidDigest, startZxid: Zxid): void {
    this.state.digest.expect(digest, startZxid);
  }

  /**
   * The tree was loaded from a snapshot that is fuzzy and does not say up to where: no digest is compared until one that comes
   * with a transaction is the tree's.
   */
  expectAnyDigest(): void {
    this.state.digest.expectAny();
  }

  /** The tree was fuzzy, and all that may have been in it too early has been applied: from now on every digest has to be the tree's. */
  expectEveryDigest(): void {
    this.state.digest.expectEvery();
  }
}
