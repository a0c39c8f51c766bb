/*
 * A multi of creates as it lies in a log: where its parts are, as numbers in one array, so that a million of them need no objects.
 *
 * Only the plain kind is taken, which is what a load of many znodes is made of: paths in ASCII, open to everybody, without an owner.
 * Any other multi is read as what it is (txn.ts). Like RecordedCreate it is only good until the bytes change.
 */

import { isOpenACLAt, OPEN_ACL_SIZE } from './data.ts';
import { readInt32 } from './int64.ts';
import { OpCode } from './op-code.ts';
import type { JuteReader } from './reader.ts';
import { isAscii } from './recorded-create.ts';

/** What is kept of a part, in words. */
const Field = { pathStart: 0, pathEnd: 1, dataEnd: 2, parentCVersion: 3 } as const;
const FIELD_COUNT = 4;

/** What stands in front of the record of a part: type, length. */
const PART_START_SIZE = 8;
const LENGTH_SIZE = 4;
/** What stands behind path, data and access list: ephemeral, parentCVersion. */
const RECORD_END_SIZE = 5;
const PARTS_EXPECTED = 512;

/** The parts of one multi after the other. */
export class RecordedCreates {
  bytes: Buffer = Buffer.alloc(0);
  /** The same bytes. */
  view: DataView = new DataView(this.bytes.buffer, 0, 0);
  /** How many parts there are. */
  count = 0;
  private words = new Int32Array(PARTS_EXPECTED * FIELD_COUNT);

  /** Takes a MultiTxn if it is of the plain kind, and passes over it; false, and nothing is changed, where it is not. */
  read(reader: JuteReader): boolean {
    const { bytes, offset, end } = reader;
    if (end - offset < LENGTH_SIZE) return false;
    const count = readInt32(bytes, offset);
    if (count <= 0 || count > (end - offset) / PART_START_SIZE) return false;
    if (count * FIELD_COUNT > this.words.length) {
      this.words = new Int32Array(2 * count * FIELD_COUNT);
    }
    let at = offset + LENGTH_SIZE;
    for (let index = 0; index < count; index++) {
      at = this.readPart(index, bytes, at, end);
      if (at < 0) return false;
    }
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.count = count;
    reader.offset = at;
    return true;
  }

  /** Where the part ends that begins at `start`; -1 if it is of another kind, or not whole. */
  private readPart(index: number, bytes: Buffer, start: number, end: number): number {
    const pathStart = start + PART_START_SIZE + LENGTH_SIZE;
    if (pathStart > end || readInt32(bytes, start) !== OpCode.create) return -1;
    const partEnd = start + PART_START_SIZE + readInt32(bytes, start + 4);
    const pathSize = readInt32(bytes, pathStart - LENGTH_SIZE);
    const pathEnd = pathStart + pathSize;
    if (partEnd > end || pathSize < 0 || pathEnd + LENGTH_SIZE > partEnd) return -1;
    const dataSize = readInt32(bytes, pathEnd);
    const dataEnd = pathEnd + LENGTH_SIZE + Math.max(0, dataSize);
    const recordEnd = dataEnd + OPEN_ACL_SIZE;
    const isPlain =
      dataSize >= -1 &&
      recordEnd + RECORD_END_SIZE === partEnd &&
      isOpenACLAt(bytes, dataEnd) &&
      bytes[recordEnd] === 0 &&
      isAscii(bytes, pathStart, pathEnd);
    if (!isPlain) return -1;
    const { words } = this;
    const at = index * FIELD_COUNT;
    words[at + Field.pathStart] = pathStart;
    words[at + Field.pathEnd] = pathEnd;
    words[at + Field.dataEnd] = dataSize < 0 ? -1 : dataEnd;
    words[at + Field.parentCVersion] = readInt32(bytes, partEnd - 4);
    return partEnd;
  }

  /** The path of a part is `bytes[pathStart, pathEnd)`. */
  pathStart(index: number): number {
    return this.words[index * FIELD_COUNT + Field.pathStart] as number;
  }

  pathEnd(index: number): number {
    return this.words[index * FIELD_COUNT + Field.pathEnd] as number;
  }

  /** Where the data of a part begins, if there is any. */
  dataStart(index: number): number {
    return this.pathEnd(index) + LENGTH_SIZE;
  }

  /** Behind the data of a part; -1 where it is null. */
  dataEnd(index: number): number {
    return this.words[index * FIELD_COUNT + Field.dataEnd] as number;
  }

  parentCVersion(index: number): number {
    return this.words[index * FIELD_COUNT + Field.parentCVersion] as number;
  }

  /** The path of a part as a string. */
  pathOf(index: number): string {
    return this.bytes.toString('latin1', this.pathStart(index), this.pathEnd(index));
  }
}
