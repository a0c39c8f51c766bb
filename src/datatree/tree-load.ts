/*
 * TreeLoad: fills a tree from a snapshot, bytes to bytes: no strings, no objects per znode.
 *
 * Answers to DataTree.deserialize. The caller hands over whatever part of the file it has read; whole records are taken, the rest is left to
 * the next call.
 */

import { STAT_PERSISTED_SIZE, StatOffset } from '../jute/data.ts';
import type { SessionId } from '../jute/int64.ts';
import { readInt32, readInt64, readTimeMs, SESSION_ID_ZERO, toZxid } from '../jute/int64.ts';
import type { JuteReader } from '../jute/reader.ts';
import { decodeString, JuteError } from '../jute/reader.ts';
import type { Row } from './rows.ts';
import { Field, NO_ROW } from './rows.ts';
import type { TreeState } from './tree-state.ts';
import type { NewZnode } from './znodes.ts';
import { MAX_PATH_SIZE, OwnerKind } from './znodes.ts';

const SLASH = 0x2f;
const ACL_SIZE = 8;

/** A tree that is being loaded. It was emptied at the start. */
export class TreeLoad {
  private readonly state: TreeState;
  private readonly given: NewZnode;
  private hasRoot = false;
  /** Where the record with the highest czxid has it, as two words. */
  private czxidHigh = 0;
  private czxidLow = 0;

  constructor(state: TreeState) {
    state.clear();
    this.state = state;
    this.given = {
      parent: NO_ROW,
      hash: 0,
      bytes: new Uint8Array(0),
      nameStart: 0,
      end: 0,
      ownerKind: OwnerKind.none,
      isExcluded: false,
      data: null,
      dataStart: 0,
      dataEnd: 0,
    };
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
   * behind the last one. Raises JuteError for a record that cannot be, for a znode that comes twice or without its parent.
   */
  readNodes(reader: JuteReader): boolean {
    const { bytes, end } = reader;
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
      this.takeNode(bytes, pathStart, pathEnd, dataEnd);
      reader.offset = recordEnd;
    }
  }

  /** Takes a whole record: the path, the size of the data and the data, the number of the ACL, the StatPersisted. */
  private takeNode(bytes: Buffer, pathStart: number, pathEnd: number, dataEnd: number): void {
    const { state, given } = this;
    const { rows, root } = state.znodes;
    const statStart = dataEnd + ACL_SIZE;
    const owner = ownerAt(bytes, statStart + StatOffset.ephemeralOwner);
    given.data = readInt32(bytes, pathEnd) === -1 ? null : bytes;
    given.dataStart = pathEnd + 4;
    given.dataEnd = dataEnd;
    const row =
      pathStart === pathEnd ? this.takeRoot() : this.addNode(bytes, pathStart, pathEnd, owner);
    rows.takePersistedStat(row, bytes, statStart);
    this.noteCzxid(readInt32(bytes, statStart), readInt32(bytes, statStart + 4));
    rows.set(row, Field.acl, state.aclTable.takeId(readTimeMs(bytes, dataEnd)));
    if (owner !== 0n && row !== root) state.owners.add(row, owner);
    state.digestAnew(row, bytes, pathStart, pathEnd);
    state.approximateDataSize +=
      charactersIn(bytes, pathStart, pathEnd) + dataEnd - given.dataStart;
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
    znodes.setData(znodes.root, given.data?.subarray(given.dataStart, given.dataEnd) ?? null);
    return znodes.root;
  }

  private addNode(bytes: Buffer, pathStart: number, pathEnd: number, owner: SessionId): Row {
    const { state, given } = this;
    const { znodes } = state;
    let slash = pathEnd - 1;
    while (slash > pathStart && bytes[slash] !== SLASH) slash -= 1;
    given.parent = this.hasRoot ? znodes.findParent(bytes, pathStart, slash) : NO_ROW;
    if (given.parent === NO_ROW || slash === pathEnd - 1) {
      throw new JuteError(`no parent of ${decodeString(bytes, pathStart, pathEnd)}`);
    }
    given.hash = znodes.hashOf(bytes, pathStart, pathEnd);
    if (znodes.findHashed(given.hash, bytes, pathStart, pathEnd) !== NO_ROW) {
      throw new JuteError(`${decodeString(bytes, pathStart, pathEnd)} comes twice`);
    }
    given.bytes = bytes;
    given.nameStart = slash + 1;
    given.end = pathEnd;
    given.ownerKind = state.ownerKindOf(owner);
    given.isExcluded = state.isExcluded(bytes, pathStart, pathEnd);
    return znodes.add(given);
  }

  /** Ends the load: quotas are set up, ACLs that nobody uses go. Raises JuteError where there was no root. */
  finish(): void {
    const { state } = this;
    if (!this.hasRoot) throw new JuteError('no root');
    // Java counts the root under both of its names.
    state.approximateDataSize += 1 + state.znodes.dataLength(state.znodes.root);
    state.loadedCzxid = toZxid((BigInt(this.czxidHigh) << 32n) | BigInt(this.czxidLow >>> 0));
    state.quotas.load();
    state.aclTable.purgeUnused();
  }
}

/** The owner at `bytes[at …]`; for the usual one, none, no bigint is made. */
function ownerAt(bytes: Buffer, at: number): SessionId {
  const isNone = (readInt32(bytes, at) | readInt32(bytes, at + 4)) === 0;
  return isNone ? SESSION_ID_ZERO : (readInt64(bytes, at) as SessionId);
}

/** How many UTF-16 units a text in UTF-8 has: one for each character that does not continue one, two for those of four bytes. */
function charactersIn(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
  }
  return count;
}
