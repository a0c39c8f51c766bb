/*
 * What a write asks for, as it lies in the bytes of the request: one object of each kind is read into again and again, by
 * requests and by the parts of multis alike (Java: the records CreateRequest, DeleteRequest, CheckVersionRequest, SetDataRequest).
 */

import type { ByteRange } from '../../jute/byte-range.ts';
import type { ACL } from '../../jute/data.ts';
import { readACLs } from '../../jute/data.ts';
import { isTTLMode } from '../../jute/multi.ts';
import { CreateMode, OpCode } from '../../jute/op-code.ts';
import type { JuteReader } from '../../jute/reader.ts';
import { RequestPath } from './request-path.ts';

const NO_BYTES = Buffer.alloc(0);
const NO_TTL = -1n;

/** The op codes that create. */
export type CreateType =
  | typeof OpCode.create
  | typeof OpCode.create2
  | typeof OpCode.createContainer
  | typeof OpCode.createTTL;

/** Data: `bytes[start, end)`, or null where `end` is below 0. */
export class RequestData implements ByteRange {
  bytes: Buffer = NO_BYTES;
  start = 0;
  end = -1;

  /** Reads a buffer. Raises JuteError. */
  read(reader: JuteReader): void {
    const size = reader.readLength();
    if (this.bytes !== reader.bytes) this.bytes = reader.bytes;
    this.start = reader.offset;
    this.end = size < 0 ? -1 : reader.skip(size) + size;
  }

  /** Lets go of the bytes. */
  release(): void {
    this.bytes = NO_BYTES;
  }

  /** Bytes; 0 for null. */
  get length(): number {
    return this.end < 0 ? 0 : this.end - this.start;
  }
}

/** path ustring, data buffer, acl vector<ACL>, flags int; of a createTTL also ttl long (ms). */
export class CreateOp {
  type: CreateType = OpCode.create;
  readonly path = new RequestPath();
  hasPath = false;
  readonly data = new RequestData();
  acl: readonly ACL[] | null = null;
  flags = 0;
  ttl = NO_TTL;
  /** Where path, data and acl stand together in data.bytes. */
  recordStart = 0;
  recordEnd = 0;

  /** Reads a CreateRequest or CreateTTLRequest. Raises JuteError. */
  read(type: CreateType, reader: JuteReader): void {
    this.type = type;
    this.recordStart = reader.offset;
    this.hasPath = this.path.read(reader);
    this.data.read(reader);
    this.acl = readACLs(reader);
    this.recordEnd = reader.offset;
    this.flags = reader.readInt();
    this.ttl = type === OpCode.createTTL ? reader.readLong() : NO_TTL;
  }

  /**
   * Makes it a part of a multi, in which the flags decide what is created and not the op code (Java: Op.Create.getOpcode). A
   * createTTL without a TTL mode is a plain create there.
   */
  becomePart(): void {
    if (this.type === OpCode.createTTL && isTTLMode(this.flags)) return;
    const plain = this.type === OpCode.create2 ? OpCode.create2 : OpCode.create;
    this.type = this.flags === CreateMode.container ? OpCode.createContainer : plain;
    this.ttl = NO_TTL;
  }

  /** Lets go of the bytes that it was read from. */
  release(): void {
    this.path.release();
    this.data.release();
  }

  /** A TTL mode where no TTL was sent: Java fails to cast the part's record to a CreateTTLRequest. */
  get lacksItsTTL(): boolean {
    return isTTLMode(this.flags) && this.type !== OpCode.createTTL;
  }
}

/** path ustring, version int. */
export class PathVersionOp {
  readonly path = new RequestPath();
  hasPath = false;
  version = 0;

  /** Reads a DeleteRequest or CheckVersionRequest. Raises JuteError. */
  read(reader: JuteReader): void {
    this.hasPath = this.path.read(reader);
    this.version = reader.readInt();
  }
}

/** path ustring, data buffer, version int. */
export class SetDataOp {
  readonly path = new RequestPath();
  hasPath = false;
  readonly data = new RequestData();
  version = 0;

  /** Reads a SetDataRequest. Raises JuteError. */
  read(reader: JuteReader): void {
    this.hasPath = this.path.read(reader);
    this.data.read(reader);
    this.version = reader.readInt();
  }

  /** Lets go of the bytes that it was read from. */
  release(): void {
    this.path.release();
    this.data.release();
  }
}

/** path ustring, acl vector<ACL>, version int. */
export class SetACLOp {
  readonly path = new RequestPath();
  hasPath = false;
  acl: readonly ACL[] | null = null;
  version = 0;

  /** Reads a SetACLRequest. Raises JuteError. */
  read(reader: JuteReader): void {
    this.hasPath = this.path.read(reader);
    this.acl = readACLs(reader);
    this.version = reader.readInt();
  }
}
