/*
 * TreeLoad: fills a tree from a snapshot, bytes to bytes: no strings, no objects per znode.
 *
 * Answers to DataTree.deserialize. The caller hands over whatever part of the file it has read; whole records are taken, the rest is left to
 * the next call.
 *
 * Snapshots are written parents first, as a walk meets them: the parent of a znode is the one before it or above that one. So paths
 * need not be looked up, and are entered into the index at the end. A file in another order (any with the parents first is good) is loaded
 * by look-ups from the first znode on whose parent is elsewhere.
 */

import { STAT_PERSISTED_PZXID_OFFSET, STAT_PERSISTED_SIZE, StatOffset } from '../jute/data.ts';
import type { SessionId } from '../jute/int64.ts';
import { readInt32, readInt64, SESSION_ID_ZERO, toZxid } from '../jute/int64.ts';
import type { JuteReader } from '../jute/reader.ts';
import { decodeString, JuteError } from '../jute/reader.ts';
import { crcUpdate, finishDigestWith, statPersistedDigest } from './digest.ts';
import { IS_LITTLE_ENDIAN } from './memory.ts';
import { lastSlash } from './path-bytes.ts';
import type { Row } from './rows.ts';
import { Field, NO_ROW } from './rows.ts';
import { charactersIn, Siblings } from './siblings.ts';
import type { TreeState } from './tree-state.ts';
import { blankZnode, MAX_PATH_SIZE } from './znode-layout.ts';

const SLASH = 0x2f;
const ACL_SIZE = 8;
const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** Fields of a StatPersisted, in words. */
const CZXID = StatOffset.czxid >> 2;
const CVERSION = StatOffset.cversion >> 2;
const OWNER = StatOffset.ephemeralOwner >> 2;
const PZXID = STAT_PERSISTED_PZXID_OFFSET >> 2;

/** A tree that is being loaded. It was emptied at the start. */
export class TreeLoad {
  private readonly state: TreeState;
  /** What the reader of the current call reads, and the same as a view. */
  private bytes: Buffer = NO_BYTES;
  private view: DataView = NO_VIEW;
  private hasRoot = false;
  /** Whether paths are still to be entered into the index. */
  private isBulk = true;
  /** The znode before, and the size of its path. */
  private previous: Row = NO_ROW;
  private previousSize = 0;
  private readonly siblings = new Siblings();
  /** The StatPersisted of the znode before, and what follows from it: many are the same as the one before. */
  private readonly stat = new Int32Array(STAT_PERSISTED_SIZE >> 2);
  private readonly given = blankZnode(this.stat);
  private statDigest = 0;
  private owner: SessionId = SESSION_ID_ZERO;
  /** Whether a row has all of it without an extension. */
  private isUsualStat = true;
  /** The highest czxid, as two words. */
  private czxidHigh = 0;
  private czxidLow = 0;

  constructor(state: TreeState) {
    state.clear();
    state.znodes.startBulk();
    this.state = state;
  }

  /** Reads the section of ACLs, which must be there as a whole. Raises JuteError. */
  readAcls(reader: JuteReader): void {
    this.state.aclTable.read(reader);
  }

  /** Reads one list of that section, which must be there as a whole. Raises JuteError. */
  readAcl(reader: JuteReader): void {
    this.state.aclTable.readList(reader);
  }

  /**
   * Reads znodes. True once the closing path "/" has been read; false when the reader holds no further whole record: it stands
   * behind the last one. Raises JuteError for a record that cannot be and for a znode without its parent; one that comes twice may be
   * found by finish() only.
   */
  readNodes(reader: JuteReader): boolean {
    const { bytes, end } = reader;
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    for (;;) {
      const pathStart = reader.offset + 4;
      if (pathStart > end) return false;
      const pathSize = readInt32(bytes, reader.offset);
      if (pathSize < 0 || pathSize > MAX_PATH_SIZE) {
        throw new JuteError(`a znode with a path of ${pathSize} bytes`);
      }
      const pathEnd = pathStart + pathSize;
      if (pathEnd > end) return false;
      if (pathSize === 1 && bytes[pathStart] === SLASH) {
        reader.offset = pathEnd;
        return true;
      }
      if (pathEnd + 4 > end) return false;
      const dataSize = readInt32(bytes, pathEnd);
      if (dataSize < -1) throw new JuteError(`a znode with ${dataSize} bytes of data`);
      const dataEnd = pathEnd + 4 + Math.max(0, dataSize);
      const recordEnd = dataEnd + ACL_SIZE + STAT_PERSISTED_SIZE;
      if (recordEnd > end) return false;
      this.takeNode(pathStart, pathEnd, dataEnd);
      reader.offset = recordEnd;
    }
  }

  /** Takes a whole record: the path, the size of the data and the data, the number of the ACL, the StatPersisted. */
  private takeNode(pathStart: number, pathEnd: number, dataEnd: number): void {
    const { state, given, bytes, siblings } = this;
    const { rows } = state.znodes;
    this.takeStat(dataEnd + ACL_SIZE);
    const isRoot = pathStart === pathEnd;
    given.data = readInt32(bytes, pathEnd) === -1 ? null : bytes;
    given.dataStart = pathEnd + 4;
    given.dataEnd = dataEnd;
    given.acl = state.aclTable.takeStored(bytes, dataEnd);
    const row = isRoot ? this.takeRoot() : this.addNode(pathStart, pathEnd);
    this.previous = row;
    this.previousSize = pathEnd - pathStart;
    if (!this.isUsualStat || isRoot) rows.takePersistedStat(row, this.stat);
    if (this.owner !== SESSION_ID_ZERO && !isRoot) state.owners.add(row, this.owner);
    if (state.options.digestEnabled && (isRoot || !given.isExcluded)) {
      const digest = finishDigestWith(given.crc, this.statDigest);
      state.digest.add(digest);
      rows.set(row, Field.digest, digest);
    }
    const characters = isRoot
      ? 0
      : siblings.characters + charactersIn(bytes, pathStart + siblings.size, pathEnd);
    state.approximateDataSize += characters + dataEnd - given.dataStart;
  }

  /** Takes the StatPersisted at `at`. */
  private takeStat(at: number): void {
    const { stat, view } = this;
    let difference = 0;
    for (let word = 0; word < stat.length; word++) {
      const value = view.getInt32(at + 4 * word, IS_LITTLE_ENDIAN);
      difference |= value ^ (stat[word] as number);
      stat[word] = value;
    }
    if (difference !== 0) this.takeOtherStat(at);
  }

  private takeOtherStat(at: number): void {
    const { bytes, stat } = this;
    const hasOwner = stat[OWNER] !== 0 || stat[OWNER + 1] !== 0;
    this.statDigest = statPersistedDigest(bytes, at);
    this.owner = hasOwner
      ? (readInt64(bytes, at + StatOffset.ephemeralOwner) as SessionId)
      : SESSION_ID_ZERO;
    this.isUsualStat =
      !hasOwner &&
      stat[CVERSION] === 0 &&
      stat[CVERSION + 1] === 0 &&
      stat[PZXID] === stat[CZXID] &&
      stat[PZXID + 1] === stat[CZXID + 1];
    this.noteCzxid(readInt32(bytes, at), readInt32(bytes, at + 4));
  }

  /** Keeps the highest czxid. */
  private noteCzxid(high: number, low: number): void {
    const { czxidHigh } = this;
    if (high < czxidHigh || (high === czxidHigh && low >>> 0 <= this.czxidLow >>> 0)) return;
    this.czxidHigh = high;
    this.czxidLow = low;
  }

  private takeRoot(): Row {
    const { given } = this;
    const { znodes } = this.state;
    if (this.hasRoot) throw new JuteError('the root comes twice');
    this.hasRoot = true;
    const data = given.data?.subarray(given.dataStart, given.dataEnd) ?? null;
    znodes.setData(znodes.root, data);
    znodes.rows.set(znodes.root, Field.acl, given.acl);
    given.crc = data === null ? -1 : crcUpdate(-1, data, 0, data.length);
    return znodes.root;
  }

  private addNode(pathStart: number, pathEnd: number): Row {
    const { state, given, bytes, siblings } = this;
    const { znodes } = state;
    if (!siblings.has(this.view, pathStart, pathEnd)) this.takeSiblings(pathStart, pathEnd);
    given.parent = siblings.parent;
    given.hash = znodes.hashOf(bytes, pathStart, pathEnd);
    given.bytes = bytes;
    given.nameStart = pathStart + siblings.size;
    given.end = pathEnd;
    given.ownerKind = state.ownerKindOf(this.owner);
    given.isExcluded = siblings.isExcluded;
    given.crc = crcUpdate(siblings.crc, bytes, given.nameStart, pathEnd);
    if (this.isBulk) return znodes.addBulk(given, this.view);
    if (znodes.findHashed(given.hash, bytes, pathStart, pathEnd) !== NO_ROW) {
      throw new JuteError(`${decodeString(bytes, pathStart, pathEnd)} comes twice`);
    }
    return znodes.add(given);
  }

  /** Begins with the children of another znode, of which `bytes[pathStart, pathEnd)` is the path of one. */
  private takeSiblings(pathStart: number, pathEnd: number): void {
    const { state, bytes } = this;
    const slash = Math.max(pathStart, lastSlash(bytes, pathStart, pathEnd));
    const parent = this.parentOf(pathStart, slash);
    if (parent === NO_ROW || slash === pathEnd - 1) {
      throw new JuteError(`no parent of ${decodeString(bytes, pathStart, pathEnd)}`);
    }
    const isExcluded = state.isExcluded(bytes, pathStart, pathEnd);
    this.siblings.set(parent, isExcluded, bytes, pathStart, slash + 1);
  }

  /** The row of the path in front of the slash at `slash`, or NO_ROW. */
  private parentOf(pathStart: number, slash: number): Row {
    if (!this.hasRoot) return NO_ROW;
    const { znodes } = this.state;
    const { bytes } = this;
    const parentSize = slash - pathStart;
    let row = this.previous;
    let size = this.previousSize;
    while (size > parentSize) {
      size -= 1 + znodes.nameSize(row);
      row = znodes.parent(row);
    }
    if (
      size === parentSize &&
      bytes[slash] === SLASH &&
      znodes.isAt(row, bytes, pathStart, slash)
    ) {
      return row;
    }
    this.enterPaths();
    return znodes.findParent(bytes, pathStart, slash);
  }

  /** Enters the paths of all znodes so far; later ones are entered at once. */
  private enterPaths(): void {
    if (!this.isBulk) return;
    this.isBulk = false;
    const twice = this.state.znodes.endBulk();
    if (twice !== NO_ROW) throw new JuteError(`${this.state.pathOf(twice)} comes twice`);
  }

  /**
   * Ends the load: paths can be found, quotas are set up, ACLs that nobody uses go. Raises JuteError where there was no root, or a znode
   * twice.
   */
  finish(): void {
    const { state } = this;
    if (!this.hasRoot) throw new JuteError('no root');
    this.enterPaths();
    // Java counts the root under both of its names.
    state.approximateDataSize += 1 + state.znodes.dataLength(state.znodes.root);
    state.loadedCzxid = toZxid((BigInt(this.czxidHigh) << 32n) | BigInt(this.czxidLow >>> 0));
    state.quotas.load();
    state.aclTable.purgeUnused();
  }
}
