/*
 * CreateTxn as it lies in a log: path and data stay bytes, so that whoever applies it at once needs no string and no view for them.
 *
 * It is only good until the bytes change, so it is for the replay of a log, which applies each transaction before it reads the next.
 * Paths with other characters than ASCII are read as strings (txn.ts): bytes that are no UTF-8 have to become what they are in Java.
 */

import type { ACL } from './data.ts';
import { readACLs } from './data.ts';
import { readInt32 } from './int64.ts';
import type { OpCode } from './op-code.ts';
import type { JuteReader } from './reader.ts';

type CreateCode = typeof OpCode.create | typeof OpCode.create2;

/** A create whose fields are views of the log. */
export class RecordedCreate {
  readonly type: CreateCode;
  /** The path is `bytes[pathStart, pathEnd)`, ASCII; the data `bytes[dataStart, dataEnd)`, where it is not null. */
  readonly bytes: Buffer;
  readonly pathStart: number;
  readonly pathEnd: number;
  readonly dataStart: number;
  /** Behind the data; -1 where it is null. */
  readonly dataEnd: number;
  readonly acl: readonly ACL[] | null;
  readonly ephemeral: boolean;
  readonly parentCVersion: number;

  /** Reads the record, which beginsWithAscii(). Raises JuteError. */
  constructor(type: CreateCode, reader: JuteReader) {
    this.type = type;
    this.bytes = reader.bytes;
    const pathSize = reader.readInt();
    this.pathStart = reader.skip(pathSize);
    this.pathEnd = this.pathStart + pathSize;
    const dataSize = reader.readLength();
    this.dataStart = reader.skip(Math.max(0, dataSize));
    this.dataEnd = dataSize < 0 ? -1 : this.dataStart + dataSize;
    this.acl = readACLs(reader);
    this.ephemeral = reader.readBoolean();
    this.parentCVersion = reader.remaining === 0 ? -1 : reader.readInt();
  }

  get path(): string {
    return this.bytes.toString('latin1', this.pathStart, this.pathEnd);
  }

  get data(): Buffer | null {
    return this.dataEnd < 0 ? null : this.bytes.subarray(this.dataStart, this.dataEnd);
  }
}

/** Whether a reader stands before a string that is there as a whole, not null, and ASCII. */
export function beginsWithAscii(reader: JuteReader): boolean {
  const { bytes, offset, remaining } = reader;
  if (remaining < 4) return false;
  const size = readInt32(bytes, offset);
  if (size < 0 || size > remaining - 4) return false;
  return isAscii(bytes, offset + 4, offset + 4 + size);
}

/** Whether `bytes[start, end)` are ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > 0x7f) return false;
  return true;
}
