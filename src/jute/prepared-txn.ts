/*
 * Transactions that a server has just made of a request: what readTxn() would give for them, but path and data still lie in the
 * bytes of that request, and the row of the znode is known.
 *
 * Nearly every write of a leading or lone server is one of these, and none of them needs its path as a string: the
 * log and the reply take the bytes as they are, and the tree has the row. A transaction that comes from a log or from another
 * server is a plain record instead (txn.ts). There is no class of Java's for this: it keeps request and record in one Request.
 */

import type { ByteRange } from './byte-range.ts';
import type { ACL } from './data.ts';
import { writeACLs } from './data.ts';
import { OpCode } from './op-code.ts';
import { decodeString } from './reader.ts';
import type { JuteWriter } from './writer.ts';

/** A path in UTF-8. */
export interface PathRange extends ByteRange {
  /** How many UTF-16 units the path has as a string. */
  readonly charCount: number;
}

/** What all of them have. The bytes must not change as long as the transaction is in use. */
export abstract class PreparedTxn {
  readonly pathBytes: Buffer;
  readonly pathStart: number;
  readonly pathEnd: number;
  readonly pathCharCount: number;
  /** The row of the znode, which only the tree that gave it can read. */
  readonly row: number;

  constructor(path: PathRange, row: number) {
    this.pathBytes = path.bytes;
    this.pathStart = path.start;
    this.pathEnd = path.end;
    this.pathCharCount = path.charCount;
    this.row = row;
  }

  /** Bytes of new data. */
  get dataLength(): number {
    return 0;
  }

  /** The path as a string, made anew each time: whoever can does without. */
  get path(): string {
    return decodeString(this.pathBytes, this.pathStart, this.pathEnd);
  }

  /** Writes the path, a ustring. */
  writePath(writer: JuteWriter): void {
    writer.writeRange(this.pathBytes, this.pathStart, this.pathEnd);
  }

  /** Writes the record, as writeTxn() does. */
  abstract writeRecord(writer: JuteWriter): void;
}

/** Those with data: bytes of the request, or null. */
abstract class PreparedData extends PreparedTxn {
  readonly dataBytes: Buffer;
  readonly dataStart: number;
  /** Behind the data; -1 where it is null. */
  readonly dataEnd: number;

  constructor(path: PathRange, row: number, data: ByteRange) {
    super(path, row);
    this.dataBytes = data.bytes;
    this.dataStart = data.start;
    this.dataEnd = data.end;
  }

  override get dataLength(): number {
    return Math.max(0, this.dataEnd - this.dataStart);
  }

  get data(): Buffer | null {
    return this.dataEnd < 0 ? null : this.dataBytes.subarray(this.dataStart, this.dataEnd);
  }

  protected writeData(writer: JuteWriter): void {
    if (this.dataEnd < 0) writer.writeInt(-1);
    else writer.writeRange(this.dataBytes, this.dataStart, this.dataEnd);
  }
}

/** What only a create has. */
export interface PreparedCreateFields {
  readonly type:
    | typeof OpCode.create
    | typeof OpCode.create2
    | typeof OpCode.createContainer
    | typeof OpCode.createTTL;
  readonly parentRow: number;
  readonly acl: readonly ACL[];
  /** Where `path data acl` of the record stand in the request, one behind the other; -1 where they do not. */
  readonly verbatimStart: number;
  readonly verbatimEnd: number;
  readonly ephemeral: boolean;
  readonly parentCVersion: number;
  /** ms, of a createTTL. */
  readonly ttl: bigint;
  /** The client gets a Stat in answer. */
  readonly isAnsweredWithStat: boolean;
}

/** CreateTxn, CreateContainerTxn or CreateTTLTxn. Its row is reserved (Reservations). */
export class PreparedCreate extends PreparedData {
  readonly type: PreparedCreateFields['type'];
  readonly parentRow: number;
  readonly acl: readonly ACL[];
  private readonly verbatimStart: number;
  private readonly verbatimEnd: number;
  readonly ephemeral: boolean;
  readonly parentCVersion: number;
  readonly ttl: bigint;
  readonly isAnsweredWithStat: boolean;

  constructor(path: PathRange, row: number, data: ByteRange, fields: PreparedCreateFields) {
    super(path, row, data);
    this.type = fields.type;
    this.parentRow = fields.parentRow;
    this.acl = fields.acl;
    this.verbatimStart = fields.verbatimStart;
    this.verbatimEnd = fields.verbatimEnd;
    this.ephemeral = fields.ephemeral;
    this.parentCVersion = fields.parentCVersion;
    this.ttl = fields.ttl;
    this.isAnsweredWithStat = fields.isAnsweredWithStat;
  }

  override writeRecord(writer: JuteWriter): void {
    if (this.verbatimStart >= 0) {
      writer.writeBytesOf(this.dataBytes, this.verbatimStart, this.verbatimEnd);
    } else {
      this.writePath(writer);
      this.writeData(writer);
      writeACLs(writer, this.acl);
    }
    if (this.type === OpCode.create || this.type === OpCode.create2) {
      writer.writeBoolean(this.ephemeral);
    }
    writer.writeInt(this.parentCVersion);
    if (this.type === OpCode.createTTL) writer.writeLong(this.ttl);
  }
}

/** SetDataTxn. */
export class PreparedSetData extends PreparedData {
  readonly type = OpCode.setData;
  /** The version that the znode has afterwards. */
  readonly version: number;
  /** What the znode adds to the digest of the tree afterwards: 32 bits, unsigned. */
  readonly nodeDigest: number;

  constructor(
    path: PathRange,
    row: number,
    data: ByteRange,
    after: { readonly version: number; readonly nodeDigest: number },
  ) {
    super(path, row, data);
    this.version = after.version;
    this.nodeDigest = after.nodeDigest;
  }

  override writeRecord(writer: JuteWriter): void {
    this.writePath(writer);
    this.writeData(writer);
    writer.writeInt(this.version);
  }
}

/** DeleteTxn of a client's delete. */
export class PreparedDelete extends PreparedTxn {
  readonly type = OpCode.delete;
  readonly parentRow: number;
  /** Under which the tree finds the path. */
  readonly pathHash: number;

  constructor(
    path: PathRange,
    row: number,
    place: { readonly parentRow: number; readonly pathHash: number },
  ) {
    super(path, row);
    this.parentRow = place.parentRow;
    this.pathHash = place.pathHash;
  }

  override writeRecord(writer: JuteWriter): void {
    this.writePath(writer);
  }
}
