/*
 * A multi that this server has just prepared and that does nothing but set data: the usual multi of a client that keeps several
 * znodes in step.
 *
 * A part is six numbers in one array, and no object, as in a multi of creates (prepared-creates.ts): path and data are copied from
 * where they stand in the request, whose record a part of the log begins with. A multi with any other part is a list of objects
 * (prepared-txn.ts).
 */

import type { ByteRange } from './byte-range.ts';
import { copyViewed } from './copy-bytes.ts';
import { STAT_SIZE } from './data.ts';
import { ErrorCode } from './error-code.ts';
import { OpCode } from './op-code.ts';
import type { GatheredParts } from './part-words.ts';
import { PartWords } from './part-words.ts';
import type { PathRange } from './prepared-txn.ts';
import { PreparedSetData } from './prepared-txn.ts';
import { decodeString } from './reader.ts';
import type { JuteWriter } from './writer.ts';

/** Where the numbers of a part are. */
const Field = { row: 0, pathStart: 1, pathEnd: 2, dataEnd: 3, version: 4, nodeDigest: 5 } as const;
const FIELD_COUNT = 6;

/** The length in front of a path, or of data. */
const LENGTH_SIZE = 4;
/** What stands in front of the record of a part in the log: type, length. */
const PART_START_SIZE = 8;
/** What stands behind path and data: version. */
const RECORD_END_SIZE = 4;
/** MultiHeader: type, done, err. */
const MULTI_HEADER_SIZE = 9;

/** The parts of a multi while it is being prepared: one object, used again for the next. */
export class SetParts extends PartWords {
  constructor() {
    super(FIELD_COUNT);
  }

  /**
   * Adds a set. Its path stands in the request as it was sent, in ASCII, and its data right behind.
   *
   * @param after version and digest (32 bits, unsigned) of the znode afterwards
   */
  add(
    path: PathRange,
    row: number,
    data: ByteRange,
    after: { readonly version: number; readonly nodeDigest: number },
  ): void {
    const at = this.addPart();
    const { words } = this;
    words[at + Field.row] = row;
    words[at + Field.pathStart] = path.start;
    words[at + Field.pathEnd] = path.end;
    words[at + Field.dataEnd] = data.end;
    words[at + Field.version] = after.version;
    words[at + Field.nodeDigest] = after.nodeDigest;
  }

  /** The multi of these parts. All of them stand in `bytes`. */
  toTxn(bytes: Buffer): PreparedSets {
    return new PreparedSets(bytes, this.gathered());
  }
}

/** A multi of sets. The bytes of the request must not change as long as it is in use. */
export class PreparedSets {
  readonly type = OpCode.multi;
  readonly bytes: Buffer;
  /** The same. */
  readonly view: DataView;
  /** The numbers of the parts stand here, from `start` on. */
  private readonly words: Int32Array;
  private readonly start: number;
  readonly count: number;

  /** @param parts what SetParts has gathered */
  constructor(bytes: Buffer, parts: GatheredParts) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.words = parts.words;
    this.start = parts.start;
    this.count = (parts.end - parts.start) / FIELD_COUNT;
  }

  /** The parts as objects, made anew each time. */
  get txns(): PreparedSetData[] {
    return Array.from({ length: this.count }, (_, index) => this.txn(index));
  }

  private txn(index: number): PreparedSetData {
    const { bytes } = this;
    const [start, end] = [this.pathStart(index), this.pathEnd(index)];
    const path = { bytes, start, end, charCount: end - start };
    const data = { bytes, start: this.dataStart(index), end: this.dataEnd(index) };
    const after = { version: this.version(index), nodeDigest: this.nodeDigest(index) };
    return new PreparedSetData(path, this.row(index), data, after);
  }

  private get(index: number, field: number): number {
    return this.words[this.start + index * FIELD_COUNT + field] as number;
  }

  row(index: number): number {
    return this.get(index, Field.row);
  }

  /** The path of a part is `bytes[pathStart, pathEnd)`, in ASCII. */
  pathStart(index: number): number {
    return this.get(index, Field.pathStart);
  }

  pathEnd(index: number): number {
    return this.get(index, Field.pathEnd);
  }

  /** The path of a part as a string. */
  pathOf(index: number): string {
    return decodeString(this.bytes, this.pathStart(index), this.pathEnd(index));
  }

  /** The data of a part is `bytes[dataStart, dataEnd)`; it is null where dataEnd is below 0. */
  dataStart(index: number): number {
    return this.pathEnd(index) + LENGTH_SIZE;
  }

  dataEnd(index: number): number {
    return this.get(index, Field.dataEnd);
  }

  /** Bytes of data; 0 for null. */
  dataLength(index: number): number {
    return Math.max(0, this.dataEnd(index) - this.dataStart(index));
  }

  /** The version that the znode has afterwards. */
  version(index: number): number {
    return this.get(index, Field.version);
  }

  /** What the znode adds to the digest of the tree afterwards: 32 bits, unsigned. */
  nodeDigest(index: number): number {
    return this.get(index, Field.nodeDigest) >>> 0;
  }

  /** Writes the record, as writeTxn() does for any multi. */
  writeRecord(writer: JuteWriter): void {
    const { count, view } = this;
    let size = 4 + count * (PART_START_SIZE + RECORD_END_SIZE);
    for (let index = 0; index < count; index++) size += this.bodySize(index);
    let at = writer.reserve(size);
    const target = writer.bufferView;
    target.setInt32(at, count);
    at += 4;
    for (let index = 0; index < count; index++) {
      const bodySize = this.bodySize(index);
      target.setInt32(at, OpCode.setData);
      target.setInt32(at + 4, bodySize + RECORD_END_SIZE);
      at += PART_START_SIZE;
      copyViewed(view, this.pathStart(index) - LENGTH_SIZE, target, at, bodySize);
      at += bodySize;
      target.setInt32(at, this.version(index));
      at += RECORD_END_SIZE;
    }
  }

  /** Bytes of path and data, with their lengths. */
  private bodySize(index: number): number {
    return this.dataStart(index) + this.dataLength(index) - this.pathStart(index) + LENGTH_SIZE;
  }

  /**
   * Writes the results of all parts as a client gets them, without the end of the list.
   *
   * @param stats the Stat that each part has left, 68 bytes, one behind the other
   */
  writeResults(writer: JuteWriter, stats: DataView): void {
    const { count } = this;
    let at = writer.reserve(count * (MULTI_HEADER_SIZE + STAT_SIZE));
    const target = writer.bufferView;
    for (let index = 0; index < count; index++) {
      target.setInt32(at, OpCode.setData);
      target.setUint8(at + 4, 0);
      target.setInt32(at + 5, ErrorCode.ok);
      at += MULTI_HEADER_SIZE;
      copyViewed(stats, index * STAT_SIZE, target, at, STAT_SIZE);
      at += STAT_SIZE;
    }
  }
}
