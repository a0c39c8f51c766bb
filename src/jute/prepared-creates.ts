/*
 * A multi that this server has just prepared and that does nothing but create: what a bulk load consists of.
 *
 * A part is eight numbers in one array, and no object: between being prepared and being answered there are thousands of them, which the
 * collector would have to carry along. Only parts of the plain kind are taken, whose record in the log begins as it
 * stands in the request; a multi with any other part is a list of objects (prepared-txn.ts).
 */

import type { ByteRange } from './byte-range.ts';
import { copyViewed } from './copy-bytes.ts';
import { OPEN_ACL_UNSAFE } from './data.ts';
import { ErrorCode } from './error-code.ts';
import { OpCode } from './op-code.ts';
import type { GatheredParts } from './part-words.ts';
import { PartWords } from './part-words.ts';
import type { PathRange, PreparedCreateFields } from './prepared-txn.ts';
import { PreparedCreate } from './prepared-txn.ts';
import type { JuteWriter } from './writer.ts';

/** Where the numbers of a part are. */
const Field = {
  row: 0,
  parentRow: 1,
  pathStart: 2,
  pathEnd: 3,
  dataEnd: 4,
  recordEnd: 5,
  parentCVersion: 6,
  ephemeral: 7,
} as const;
const FIELD_COUNT = 8;

/** The length in front of a path, or of data. */
const LENGTH_SIZE = 4;
/** What stands in front of the record of a part in the log: type, length. */
const PART_START_SIZE = 8;
/** What stands behind path, data and access list: ephemeral, parentCVersion. */
const RECORD_END_SIZE = 5;
/** MultiHeader: type, done, err. */
const MULTI_HEADER_SIZE = 9;

/** The parts of a multi while it is being prepared: one object, used again for the next. */
export class CreateParts extends PartWords {
  constructor() {
    super(FIELD_COUNT);
  }

  /** Whether a create is of the plain kind, and can be a part. */
  canTake(fields: PreparedCreateFields): boolean {
    return (
      fields.type === OpCode.create &&
      fields.verbatimStart >= 0 &&
      fields.acl === OPEN_ACL_UNSAFE &&
      !fields.isAnsweredWithStat
    );
  }

  /** Adds a create of the plain kind. */
  add(path: PathRange, row: number, data: ByteRange, fields: PreparedCreateFields): void {
    const at = this.addPart();
    const { words } = this;
    words[at + Field.row] = row;
    words[at + Field.parentRow] = fields.parentRow;
    words[at + Field.pathStart] = path.start;
    words[at + Field.pathEnd] = path.end;
    words[at + Field.dataEnd] = data.end;
    words[at + Field.recordEnd] = fields.verbatimEnd;
    words[at + Field.parentCVersion] = fields.parentCVersion;
    words[at + Field.ephemeral] = fields.ephemeral ? 1 : 0;
  }

  /** The multi of these parts. All of them stand in `bytes`. */
  toTxn(bytes: Buffer): PreparedCreates {
    return new PreparedCreates(bytes, this.gathered());
  }
}

/** A multi of creates. The bytes of the request must not change as long as it is in use. */
export class PreparedCreates {
  readonly type = OpCode.multi;
  readonly bytes: Buffer;
  private readonly view: DataView;
  /** The numbers of the parts stand here, from `start` on. */
  private readonly words: Int32Array;
  private readonly start: number;
  readonly count: number;

  /** @param parts what CreateParts has gathered */
  constructor(bytes: Buffer, parts: GatheredParts) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.words = parts.words;
    this.start = parts.start;
    this.count = (parts.end - parts.start) / FIELD_COUNT;
  }

  /** The parts as objects, made anew each time. */
  get txns(): PreparedCreate[] {
    return Array.from({ length: this.count }, (_, index) => this.txn(index));
  }

  private txn(index: number): PreparedCreate {
    const { bytes } = this;
    const [start, end] = [this.pathStart(index), this.pathEnd(index)];
    const path = { bytes, start, end, charCount: end - start };
    const data = { bytes, start: end + LENGTH_SIZE, end: this.get(index, Field.dataEnd) };
    return new PreparedCreate(path, this.row(index), data, {
      type: OpCode.create,
      parentRow: this.parentRow(index),
      acl: OPEN_ACL_UNSAFE,
      verbatimStart: start - LENGTH_SIZE,
      verbatimEnd: this.get(index, Field.recordEnd),
      ephemeral: this.get(index, Field.ephemeral) !== 0,
      parentCVersion: this.parentCVersion(index),
      ttl: -1n,
      isAnsweredWithStat: false,
    });
  }

  private get(index: number, field: number): number {
    return this.words[this.start + index * FIELD_COUNT + field] as number;
  }

  row(index: number): number {
    return this.get(index, Field.row);
  }

  parentRow(index: number): number {
    return this.get(index, Field.parentRow);
  }

  parentCVersion(index: number): number {
    return this.get(index, Field.parentCVersion);
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
    return this.bytes.toString('latin1', this.pathStart(index), this.pathEnd(index));
  }

  /** Bytes of data; 0 for null. */
  dataLength(index: number): number {
    const end = this.get(index, Field.dataEnd);
    return end < 0 ? 0 : end - this.pathEnd(index) - LENGTH_SIZE;
  }

  /** Writes the record, as writeTxn() does for any multi. */
  writeRecord(writer: JuteWriter): void {
    const { count } = this;
    let size = 4 + count * (PART_START_SIZE + RECORD_END_SIZE);
    for (let index = 0; index < count; index++) size += this.bodySize(index);
    let at = writer.reserve(size);
    const target = writer.bufferView;
    target.setInt32(at, count);
    at += 4;
    for (let index = 0; index < count; index++) {
      const bodySize = this.bodySize(index);
      target.setInt32(at, OpCode.create);
      target.setInt32(at + 4, bodySize + RECORD_END_SIZE);
      at += PART_START_SIZE;
      copyViewed(this.view, this.pathStart(index) - LENGTH_SIZE, target, at, bodySize);
      at += bodySize;
      target.setUint8(at, this.get(index, Field.ephemeral));
      target.setInt32(at + 1, this.parentCVersion(index));
      at += RECORD_END_SIZE;
    }
  }

  /** Bytes of path, data and access list. */
  private bodySize(index: number): number {
    return this.get(index, Field.recordEnd) - this.pathStart(index) + LENGTH_SIZE;
  }

  /** Writes the results of all parts as a client gets them, without the end of the list. */
  writeResults(writer: JuteWriter): void {
    const { count } = this;
    let size = count * (MULTI_HEADER_SIZE + LENGTH_SIZE);
    for (let index = 0; index < count; index++) size += this.pathEnd(index) - this.pathStart(index);
    let at = writer.reserve(size);
    const target = writer.bufferView;
    for (let index = 0; index < count; index++) {
      const start = this.pathStart(index) - LENGTH_SIZE;
      const fieldSize = this.pathEnd(index) - start;
      target.setInt32(at, OpCode.create);
      target.setUint8(at + 4, 0);
      target.setInt32(at + 5, ErrorCode.ok);
      at += MULTI_HEADER_SIZE;
      copyViewed(this.view, start, target, at, fieldSize);
      at += fieldSize;
    }
  }
}
