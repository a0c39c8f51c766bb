/*
 * What a transaction does to single znodes: create, delete, set data, set ACL.
 *
 * Answers to the methods of DataTree of these names, fixes of trunk included: a create that meets its znode gives it the
 * ACL of the transaction (ZOOKEEPER-4846). They also serve the replay over a fuzzy snapshot, in which a transaction may find its work
 * done already; whatever they find, they end with a code of ErrorCode and a whole tree. What quotas and watches are told of it is in
 * change-notes.ts.
 */

import type { ACL } from '../jute/data.ts';
import { StatOffset } from '../jute/data.ts';
import { ErrorCode } from '../jute/error-code.ts';
import type { SessionId } from '../jute/int64.ts';
import { readInt32, SESSION_ID_ZERO, writeInt64 } from '../jute/int64.ts';
import type { PreparedCreates } from '../jute/prepared-creates.ts';
import type { PreparedSets } from '../jute/prepared-sets.ts';
import type { PreparedCreate, PreparedDelete, PreparedSetData } from '../jute/prepared-txn.ts';
import type { RecordedCreate } from '../jute/recorded-create.ts';
import type { TxnHeader } from '../jute/txn.ts';
import { ChangeNotes } from './change-notes.ts';
import { digestChange } from './digest.ts';
import { parentPath } from './path.ts';
import { lastSlash } from './path-bytes.ts';
import type { NewContent, NewPlace, Reservations } from './reservations.ts';
import type { Row } from './rows.ts';
import { Field, NO_ROW, wireOrder } from './rows.ts';
import type { TreeState } from './tree-state.ts';
import type { TxnMoment } from './txn-moment.ts';
import { MAX_PATH_SIZE, OwnerKind } from './znode-layout.ts';

const EMPTY = new Uint8Array(0);

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What a create is given besides its path. */
export interface NewNode {
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly parentCVersion: number;
}

/** Changes znodes on behalf of one transaction after the other. */
export class NodeChanges implements TxnMoment {
  private readonly state: TreeState;
  private readonly reservations: Reservations;
  /** What quotas and watches are told. */
  readonly notes: ChangeNotes;
  /** The znode that the last successful call created or changed. */
  row: Row = NO_ROW;
  zxidHigh = 0;
  zxidLow = 0;
  timeHigh = 0;
  timeLow = 0;
  private readonly scratch = new Uint8Array(8);
  /** The create at hand: objects that are used again and again. */
  private readonly place: Changeable<NewPlace> = {
    bytes: EMPTY,
    start: 0,
    end: 0,
    lastSlash: 0,
    hash: 0,
  };
  private readonly content: Changeable<NewContent> = {
    dataBytes: EMPTY,
    dataStart: 0,
    dataEnd: 0,
    acl: null,
    owner: SESSION_ID_ZERO,
  };

  constructor(state: TreeState, reservations: Reservations) {
    this.state = state;
    this.reservations = reservations;
    this.notes = new ChangeNotes(state);
  }

  /** Begins a transaction: its zxid and time go into what the following calls change. Returns the low half of the zxid. */
  begin(header: TxnHeader): number {
    const { scratch } = this;
    writeInt64(scratch, 0, header.zxid);
    this.zxidHigh = readInt32(scratch, 0);
    this.zxidLow = readInt32(scratch, 4);
    this.timeHigh = Math.floor(header.time / 0x1_0000_0000) | 0;
    this.timeLow = header.time | 0;
    this.notes.begin();
    this.row = NO_ROW;
    return this.zxidLow;
  }

  // ---- create

  create(path: string, node: NewNode, owner: SessionId): ErrorCode {
    const { content, place, state } = this;
    const { data } = node;
    place.end = state.pathBytes.encode(path);
    place.start = 0;
    place.bytes = state.pathBytes.bytes;
    content.dataBytes = data ?? EMPTY;
    content.dataStart = 0;
    content.dataEnd = data === null ? -1 : data.length;
    content.acl = node.acl;
    content.owner = owner;
    const err = this.createAt(node.parentCVersion);
    if (err !== ErrorCode.ok) return err;
    state.approximateDataSize += path.length;
    this.notes.created(path, this.row, state.znodes.parent(this.row));
    return ErrorCode.ok;
  }

  /** The same for a create as it lies in a log. */
  createRecorded(txn: RecordedCreate, owner: SessionId): ErrorCode {
    const { content, place, state } = this;
    place.bytes = txn.bytes;
    place.start = txn.pathStart;
    place.end = txn.pathEnd;
    content.dataBytes = txn.bytes;
    content.dataStart = txn.dataStart;
    content.dataEnd = txn.dataEnd;
    content.acl = txn.acl;
    content.owner = owner;
    const err = this.createAt(txn.parentCVersion);
    if (err !== ErrorCode.ok) return err;
    const { row } = this;
    state.approximateDataSize += txn.pathEnd - txn.pathStart;
    if (this.notes.isPathNeeded(row)) this.notes.created(txn.path, row, state.znodes.parent(row));
    return ErrorCode.ok;
  }

  /** Creates what `place` and `content` say; nobody is told of it yet. */
  private createAt(parentCVersion: number): ErrorCode {
    const { content, place, state } = this;
    const { znodes } = state;
    const { bytes, start, end } = place;
    const slash = lastSlash(bytes, start, end);
    if (end - start > MAX_PATH_SIZE || slash < start || slash === end - 1) {
      return ErrorCode.badArguments;
    }
    const parent = znodes.findParent(bytes, start, slash);
    if (parent === NO_ROW) return ErrorCode.noNode;
    const hash = znodes.hashOf(bytes, start, end);
    const existing = znodes.findHashed(hash, bytes, start, end);
    if (existing !== NO_ROW) {
      this.replaceAcl(existing, state.aclTable.take(content.acl));
      return ErrorCode.nodeExists;
    }
    place.lastSlash = slash;
    place.hash = hash;
    this.countCreate(parent, parentCVersion);
    const row = this.reservations.create(parent, place, content, this);
    state.approximateDataSize += znodes.dataLength(row);
    this.row = row;
    return ErrorCode.ok;
  }

  /** A create that this server has prepared: its row has everything already. */
  createPrepared(txn: PreparedCreate): ErrorCode {
    const { state } = this;
    const { row, parentRow } = txn;
    this.countCreate(parentRow, txn.parentCVersion);
    this.reservations.publish(row);
    state.approximateDataSize += txn.pathCharCount + state.znodes.dataLength(row);
    this.row = row;
    if (this.notes.isPathNeeded(row)) this.notes.created(txn.path, row, parentRow);
    return ErrorCode.ok;
  }

  /** The same for a multi of creates, none of which can fail. Of children in a row the last one has all that their parent gets. */
  createAllPrepared(txn: PreparedCreates): void {
    const { state } = this;
    const last = txn.count - 1;
    for (let index = 0; index <= last; index++) {
      const row = txn.row(index);
      const parentRow = txn.parentRow(index);
      const isFollowed =
        index < last &&
        txn.parentRow(index + 1) === parentRow &&
        // Numbers that have gone round, and -1, have a meaning of their own.
        txn.parentCVersion(index + 1) > txn.parentCVersion(index) &&
        txn.parentCVersion(index) >= 0;
      if (!isFollowed) this.countCreate(parentRow, txn.parentCVersion(index));
      this.reservations.publish(row);
      state.approximateDataSize +=
        txn.pathEnd(index) - txn.pathStart(index) + txn.dataLength(index);
      if (this.notes.isPathNeeded(row)) this.notes.created(txn.pathOf(index), row, parentRow);
    }
  }

  /** Gives a znode another access list, whose reference was taken already. */
  replaceAcl(row: Row, acl: number): void {
    const { rows } = this.state.znodes;
    this.state.aclTable.release(rows.get(row, Field.acl));
    rows.set(row, Field.acl, acl);
  }

  /**
   * A create changes its parent's cversion and pzxid, but a replayed one only forwards: the snapshot may have been cut after
   * later creates and deletes. -1 is one more than there is, for logs of 3.3.
   */
  countCreate(parent: Row, parentCVersion: number): void {
    const { znodes } = this.state;
    const before = znodes.statInt(parent, StatOffset.cversion);
    const cversion = parentCVersion === -1 ? (before + 1) | 0 : parentCVersion;
    if (cversion > before) this.setParentStat(parent, before, cversion);
  }

  /** Sets cversion, and pzxid to that of the transaction. */
  private setParentStat(parent: Row, before: number, cversion: number): void {
    const { znodes } = this.state;
    const high = znodes.statInt(parent, StatOffset.pzxid);
    const low = znodes.statInt(parent, StatOffset.pzxid + 4);
    znodes.setStatInt(parent, StatOffset.cversion, cversion);
    this.setStatZxid(parent, StatOffset.pzxid);
    this.statChanged(
      parent,
      digestChange(high ^ this.zxidHigh, low ^ this.zxidLow, before ^ cversion, 0),
    );
  }

  private statChanged(row: Row, difference: number): void {
    const { state } = this;
    if (!state.options.digestEnabled || state.znodes.isExcluded(row)) return;
    const before = state.znodes.rows.get(row, Field.digest);
    state.setDigest(row, (before ^ difference) >>> 0);
  }

  private setStatZxid(row: Row, offset: number): void {
    const { rows } = this.state.znodes;
    rows.setStatWords(row, offset, wireOrder(this.zxidHigh), wireOrder(this.zxidLow));
  }

  // ---- delete

  /** Also where there is nothing to delete, the parent's pzxid follows: the delete may have got into the snapshot before it. */
  delete(path: string): ErrorCode {
    const { state } = this;
    const { znodes } = state;
    const size = state.pathBytes.encode(path);
    const { bytes } = state.pathBytes;
    const slash = state.pathBytes.lastSlash();
    if (slash === -1 || slash === size - 1) return ErrorCode.badArguments;
    const parent = znodes.findParent(bytes, 0, slash);
    if (parent === NO_ROW) return ErrorCode.noNode;
    this.advancePzxid(parent);
    const hash = znodes.hashOf(bytes, 0, size);
    const row = znodes.findHashed(hash, bytes, 0, size);
    if (row === NO_ROW) return ErrorCode.noNode;
    this.notes.deleting(path, row);
    if (znodes.firstChild(row) !== NO_ROW) this.deleteBelow(row, path);
    const dataLength = znodes.dataLength(row);
    this.removeRow(row, path.length, hash);
    this.notes.deleted(path, parent, dataLength);
    return ErrorCode.ok;
  }

  /** A delete that this server has prepared, and for which it has seen that there are no children. */
  deletePrepared(txn: PreparedDelete): ErrorCode {
    const { row, parentRow } = txn;
    this.advancePzxid(parentRow);
    const path = this.notes.isPathNeeded(row) ? txn.path : null;
    if (path !== null) this.notes.deleting(path, row);
    const dataLength = this.state.znodes.dataLength(row);
    this.removeRow(row, txn.pathCharCount, txn.pathHash);
    if (path !== null) this.notes.deleted(path, parentRow, dataLength);
    return ErrorCode.ok;
  }

  private advancePzxid(parent: Row): void {
    const { znodes } = this.state;
    const high = znodes.statInt(parent, StatOffset.pzxid);
    const low = znodes.statInt(parent, StatOffset.pzxid + 4);
    const isLater =
      this.zxidHigh > high || (this.zxidHigh === high && this.zxidLow >>> 0 > low >>> 0);
    if (!isLater) return;
    this.setStatZxid(parent, StatOffset.pzxid);
    this.statChanged(parent, digestChange(high ^ this.zxidHigh, low ^ this.zxidLow, 0, 0));
  }

  /**
   * No server writes a delete of a znode that has children. If a log has one nevertheless, what is below goes with it, as
   * in Java it would with the next snapshot.
   */
  private deleteBelow(top: Row, path: string): void {
    const { state } = this;
    const { znodes } = state;
    state.warn(`${path} is deleted with its children`);
    let row = top;
    for (;;) {
      while (znodes.firstChild(row) !== NO_ROW) row = znodes.firstChild(row);
      if (row === top) return;
      const parent = znodes.parent(row);
      const rowPath = state.pathOf(row);
      const size = state.pathBytes.encode(rowPath);
      this.removeRow(row, rowPath.length, znodes.hashOf(state.pathBytes.bytes, 0, size));
      row = parent;
    }
  }

  private removeRow(row: Row, pathCharCount: number, hash: number): void {
    const { state } = this;
    const { znodes } = state;
    const { rows } = znodes;
    for (const observer of state.observers) observer.rowRemoved(row);
    if (znodes.ownerKind(row) !== OwnerKind.none) state.owners.remove(row, state.ownerOf(row));
    state.setDigest(row, 0);
    state.aclTable.release(rows.get(row, Field.acl));
    state.approximateDataSize -= pathCharCount + znodes.dataLength(row);
    znodes.remove(row, hash);
  }

  /**
   * Deletes what a session owned. Since 3.6 the transaction says which znodes those are; without that, and for any that it
   * does not name, it is what this tree knows (Java: killSession).
   */
  closeSession(session: SessionId, named: readonly string[] | null): void {
    const { state } = this;
    for (const path of named ?? []) this.delete(path);
    const left = state.owners.rowsOf(session).map((row) => state.pathOf(row));
    if (named !== null && left.length > 0) {
      state.warn(`Session ${session} owned ${left.length} znodes that its end does not name`);
    }
    for (const path of left) this.delete(path);
    state.owners.closeSession(session);
  }

  // ---- set

  setData(path: string, data: Uint8Array | null, version: number): ErrorCode {
    const { state } = this;
    const { znodes } = state;
    const row = state.findPath(path);
    if (row === NO_ROW) return ErrorCode.noNode;
    const sizeBefore = znodes.dataLength(row);
    znodes.setData(row, data);
    this.setChanged(row, version, sizeBefore);
    state.digestAnew(row, state.pathBytes.bytes, 0, state.pathBytes.size);
    this.notes.dataSet(path, row, znodes.dataLength(row) - sizeBefore);
    return ErrorCode.ok;
  }

  /** A setData that this server has prepared: row and digest are known. */
  setPrepared(txn: PreparedSetData): ErrorCode {
    const { state } = this;
    const { znodes } = state;
    const { row } = txn;
    const sizeBefore = znodes.dataLength(row);
    const data = txn.dataEnd < 0 ? null : txn.dataBytes;
    znodes.setData(row, data, txn.dataStart, txn.dataEnd);
    this.setChanged(row, txn.version, sizeBefore);
    state.setDigest(row, txn.nodeDigest);
    if (this.notes.isPathNeeded(row)) {
      this.notes.dataSet(txn.path, row, znodes.dataLength(row) - sizeBefore);
    }
    return ErrorCode.ok;
  }

  /** A part of a multi of sets. */
  setPreparedPart(txn: PreparedSets, index: number): void {
    const { state } = this;
    const { znodes } = state;
    const row = txn.row(index);
    const dataEnd = txn.dataEnd(index);
    const sizeBefore = znodes.dataLength(row);
    if (dataEnd < 0) znodes.setData(row, null);
    else znodes.setDataViewed(row, txn.view, txn.dataStart(index), dataEnd);
    this.setChanged(row, txn.version(index), sizeBefore);
    state.setDigest(row, txn.nodeDigest(index));
    if (this.notes.isPathNeeded(row)) {
      this.notes.dataSet(txn.pathOf(index), row, znodes.dataLength(row) - sizeBefore);
    }
  }

  private setChanged(row: Row, version: number, sizeBefore: number): void {
    const { state } = this;
    state.znodes.rows.setModified(row, this, version);
    state.approximateDataSize += state.znodes.dataLength(row) - sizeBefore;
    this.row = row;
  }

  setAcl(path: string, acl: readonly ACL[] | null, aversion: number): ErrorCode {
    const { state } = this;
    const { rows } = state.znodes;
    const row = state.findPath(path);
    if (row === NO_ROW) return ErrorCode.noNode;
    state.aclTable.release(rows.get(row, Field.acl));
    rows.set(row, Field.acl, state.aclTable.take(acl));
    const before = state.znodes.statInt(row, StatOffset.aversion);
    state.znodes.setStatInt(row, StatOffset.aversion, aversion);
    this.statChanged(row, digestChange(0, 0, 0, before ^ aversion));
    this.row = row;
    return ErrorCode.ok;
  }

  /** What a create that met its znode in a replay still does (Java: setCversionPzxid after NODEEXISTS). */
  repeatCreate(path: string, parentCVersion: number): void {
    const { state } = this;
    const parent = state.findPath(parentPath(path));
    if (parent !== NO_ROW) this.countCreate(parent, parentCVersion);
  }
}
