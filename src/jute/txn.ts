/*
 * Records of jute module org.apache.zookeeper.txn: what the transaction log and proposals carry.
 *
 * A Txn is a union on `type` (its op code). readTxn and writeTxn are the only switch over it in this room
 * (Java: SerializeUtils.deserializeTxn).
 */

import type { ACL } from './data.ts';
import { readACLs, writeACLs } from './data.ts';
import type { SessionId, Zxid } from './int64.ts';
import { readInt32, writeInt32 } from './int64.ts';
import { OpCode } from './op-code.ts';
import { PreparedCreates } from './prepared-creates.ts';
import { PreparedSets } from './prepared-sets.ts';
import { PreparedTxn } from './prepared-txn.ts';
import type { JuteReader } from './reader.ts';
import { JuteError } from './reader.ts';
import { beginsWithAscii, RecordedCreate } from './recorded-create.ts';
import { unreachable } from './unreachable.ts';
import type { JuteWriter } from './writer.ts';

/*
 * TxnHeader, 32 bytes
 *    0  clientId  long, session
 *    8  cxid      int
 *   12  zxid      long
 *   20  time      long, ms since 1970
 *   28  type      int, op code
 */

/** Size of a TxnHeader, in bytes. */
export const TXN_HEADER_SIZE = 32;

/** What stands before each transaction. `time` in ms since 1970. */
export interface TxnHeader {
  readonly clientId: SessionId;
  readonly cxid: number;
  readonly zxid: Zxid;
  readonly time: number;
  readonly type: number;
}

/** Reads a TxnHeader. */
export function readTxnHeader(reader: JuteReader): TxnHeader {
  return {
    clientId: reader.readLong() as SessionId,
    cxid: reader.readInt(),
    zxid: reader.readLong() as Zxid,
    time: reader.readTimeMs(),
    type: reader.readInt(),
  };
}

/** Writes a TxnHeader. */
export function writeTxnHeader(writer: JuteWriter, header: TxnHeader): void {
  writer.writeLong(header.clientId);
  writer.writeInt(header.cxid);
  writer.writeLong(header.zxid);
  writer.writeTimeMs(header.time);
  writer.writeInt(header.type);
}

/*
 * TxnDigest, 12 bytes
 *   version     int
 *   treeDigest  long
 */

/** The digest of the whole tree after a transaction (Java: DigestCalculator, version 2). */
export interface TxnDigest {
  readonly version: number;
  readonly treeDigest: bigint;
}

const TXN_DIGEST_SIZE = 12;

/** Reads a TxnDigest, or undefined where the record ends before it, as logs of 3.5 and before do. */
export function readTxnDigest(reader: JuteReader): TxnDigest | undefined {
  if (reader.remaining < TXN_DIGEST_SIZE) return undefined;
  return { version: reader.readInt(), treeDigest: reader.readLong() };
}

/** Writes a TxnDigest. */
export function writeTxnDigest(writer: JuteWriter, digest: TxnDigest): void {
  writer.writeInt(digest.version);
  writer.writeLong(digest.treeDigest);
}

/**
 * CreateTxn: path ustring, data buffer, acl vector<ACL>, ephemeral boolean, parentCVersion int.
 * CreateTxnV0 of 3.3 ends before parentCVersion, which then is -1: one more than the parent has.
 */
export interface CreateTxn {
  readonly type: typeof OpCode.create | typeof OpCode.create2;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly ephemeral: boolean;
  readonly parentCVersion: number;
}

/** CreateContainerTxn: path ustring, data buffer, acl vector<ACL>, parentCVersion int. */
export interface CreateContainerTxn {
  readonly type: typeof OpCode.createContainer;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly parentCVersion: number;
}

/** CreateTTLTxn: as CreateContainerTxn, then ttl long (ms). */
export interface CreateTTLTxn {
  readonly type: typeof OpCode.createTTL;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly parentCVersion: number;
  readonly ttl: bigint;
}

/** DeleteTxn: path ustring. */
export interface DeleteTxn {
  readonly type: typeof OpCode.delete | typeof OpCode.deleteContainer;
  readonly path: string;
}

/** SetDataTxn: path ustring, data buffer, version int (the version that the znode has afterwards). */
export interface SetDataTxn {
  readonly type: typeof OpCode.setData | typeof OpCode.reconfig;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
}

/** SetACLTxn: path ustring, acl vector<ACL>, version int (the aversion that the znode has afterwards). */
export interface SetACLTxn {
  readonly type: typeof OpCode.setACL;
  readonly path: string;
  readonly acl: readonly ACL[] | null;
  readonly version: number;
}

/** CheckVersionTxn: path ustring, version int. It changes nothing. */
export interface CheckVersionTxn {
  readonly type: typeof OpCode.check;
  readonly path: string;
  readonly version: number;
}

/** CreateSessionTxn: timeOut int (ms). */
export interface CreateSessionTxn {
  readonly type: typeof OpCode.createSession;
  readonly timeOut: number;
}

/**
 * CloseSessionTxn: paths2Delete vector<ustring>. Null where there is no record at all: in logs older than 3.6, and where
 * closeSessionTxn.enabled is false. In the latter a TxnDigest may follow the header at once.
 */
export interface CloseSessionTxn {
  readonly type: typeof OpCode.closeSession;
  readonly paths2Delete: readonly string[] | null;
}

/** ErrorTxn: err int. A refused request takes a zxid too and stands in the log. */
export interface ErrorTxn {
  readonly type: typeof OpCode.error;
  readonly err: number;
}

/** MultiTxn: txns vector<Txn>, each Txn: type int, data buffer holding the record. No part is a multi itself. */
export interface MultiTxn {
  readonly type: typeof OpCode.multi;
  readonly txns: readonly Txn[];
}

/** A transaction of any kind. */
export type Txn =
  | CreateTxn
  | CreateContainerTxn
  | CreateTTLTxn
  | DeleteTxn
  | SetDataTxn
  | SetACLTxn
  | CheckVersionTxn
  | CreateSessionTxn
  | CloseSessionTxn
  | ErrorTxn
  | MultiTxn;

/** A path as a transaction must have it: the server that wrote the record had checked it. */
function readPath(reader: JuteReader): string {
  const path = reader.readString();
  if (path === null) throw new JuteError('a transaction without a path');
  return path;
}

/**
 * Reads the record of a transaction of op code `type`. Byte fields are views of the input; with `isAppliedAtOnce` creates may be that as
 * a whole (RecordedCreate), and no part of the transaction is good any more when the input changes.
 * Raises JuteError for an op code that no transaction has and for a record that is cut short.
 */
export function readTxn(type: number, reader: JuteReader, isAppliedAtOnce = false): Txn {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
      if (isAppliedAtOnce && beginsWithAscii(reader)) return new RecordedCreate(type, reader);
      return readCreateTxn(type, reader);
    case OpCode.createContainer: {
      const [path, data, acl] = [readPath(reader), reader.readBuffer(), readACLs(reader)];
      return { type, path, data, acl, parentCVersion: reader.readInt() };
    }
    case OpCode.createTTL: {
      const [path, data, acl] = [readPath(reader), reader.readBuffer(), readACLs(reader)];
      return { type, path, data, acl, parentCVersion: reader.readInt(), ttl: reader.readLong() };
    }
    case OpCode.delete:
    case OpCode.deleteContainer:
      return { type, path: readPath(reader) };
    case OpCode.setData:
    case OpCode.reconfig: {
      const [path, data] = [readPath(reader), reader.readBuffer()];
      return { type, path, data, version: reader.readInt() };
    }
    case OpCode.setACL: {
      const [path, acl] = [readPath(reader), readACLs(reader)];
      return { type, path, acl, version: reader.readInt() };
    }
    case OpCode.check:
      return { type, path: readPath(reader), version: reader.readInt() };
    case OpCode.createSession:
      return { type, timeOut: reader.readInt() };
    case OpCode.closeSession:
      return readCloseSessionTxn(reader);
    case OpCode.error:
      return { type, err: reader.readInt() };
    case OpCode.multi:
      return readMultiTxn(reader, isAppliedAtOnce);
    default:
      throw new JuteError(`no transaction has op code ${type}`);
  }
}

function readCreateTxn(type: CreateTxn['type'], reader: JuteReader): CreateTxn {
  const path = readPath(reader);
  const data = reader.readBuffer();
  const acl = readACLs(reader);
  const ephemeral = reader.readBoolean();
  const parentCVersion = reader.remaining === 0 ? -1 : reader.readInt();
  return { type, path, data, acl, ephemeral, parentCVersion };
}

function readCloseSessionTxn(reader: JuteReader): CloseSessionTxn {
  const paths = reader.remaining === 0 || isDigestAlone(reader) ? null : reader.readStrings();
  return {
    type: OpCode.closeSession,
    paths2Delete: paths === null ? null : paths.filter((path) => path !== null),
  };
}

const DIGEST_VERSION = 2;

/**
 * Where closeSessionTxn.enabled is false, the digest stands where the paths would. Taken for a count of paths its version
 * leaves room for two empty ones, which no znode has. Java goes by the setting, and cannot read the log once it is changed.
 */
function isDigestAlone(reader: JuteReader): boolean {
  if (reader.remaining !== TXN_DIGEST_SIZE) return false;
  return readInt32(reader.bytes, reader.offset) === DIGEST_VERSION;
}

const SUB_TXN_MIN_SIZE = 8;

function readMultiTxn(reader: JuteReader, isAppliedAtOnce: boolean): MultiTxn {
  const count = reader.readVectorSize(SUB_TXN_MIN_SIZE);
  const txns: Txn[] = [];
  const { end } = reader;
  for (let index = 0; index < count; index++) {
    const type = reader.readInt();
    const length = reader.readInt();
    if (length < 0) throw new JuteError('a multi with a part that has no record');
    // Java knows none either (DataTree.processTxn), and parts in parts in parts would exhaust the stack.
    if (type === OpCode.multi) throw new JuteError('a multi as part of a multi');
    const partEnd = reader.skip(length) + length;
    reader.reset(reader.bytes, partEnd - length, partEnd);
    txns.push(readTxn(type, reader, isAppliedAtOnce));
    reader.reset(reader.bytes, partEnd, end);
  }
  return { type: OpCode.multi, txns };
}

/** Writes the record of a transaction (the op code stands in its header, not here). */
export function writeTxn(writer: JuteWriter, txn: Txn): void {
  if (txn instanceof PreparedTxn) {
    txn.writeRecord(writer);
    return;
  }
  switch (txn.type) {
    case OpCode.create:
    case OpCode.create2:
      writeCreateStart(writer, txn);
      writer.writeBoolean(txn.ephemeral);
      writer.writeInt(txn.parentCVersion);
      return;
    case OpCode.createContainer:
      writeCreateStart(writer, txn);
      writer.writeInt(txn.parentCVersion);
      return;
    case OpCode.createTTL:
      writeCreateStart(writer, txn);
      writer.writeInt(txn.parentCVersion);
      writer.writeLong(txn.ttl);
      return;
    case OpCode.delete:
    case OpCode.deleteContainer:
      writer.writeString(txn.path);
      return;
    case OpCode.setData:
    case OpCode.reconfig:
      writer.writeString(txn.path);
      writer.writeBuffer(txn.data);
      writer.writeInt(txn.version);
      return;
    case OpCode.setACL:
      writer.writeString(txn.path);
      writeACLs(writer, txn.acl);
      writer.writeInt(txn.version);
      return;
    case OpCode.check:
      writer.writeString(txn.path);
      writer.writeInt(txn.version);
      return;
    case OpCode.createSession:
      writer.writeInt(txn.timeOut);
      return;
    case OpCode.closeSession:
      if (txn.paths2Delete !== null) writer.writeStrings(txn.paths2Delete);
      return;
    case OpCode.error:
      writer.writeInt(txn.err);
      return;
    case OpCode.multi:
      writeMultiTxn(writer, txn);
      return;
    default:
      unreachable(txn);
  }
}

function writeCreateStart(
  writer: JuteWriter,
  txn: CreateTxn | CreateContainerTxn | CreateTTLTxn,
): void {
  writer.writeString(txn.path);
  writer.writeBuffer(txn.data);
  writeACLs(writer, txn.acl);
}

function writeMultiTxn(writer: JuteWriter, multi: MultiTxn): void {
  if (multi instanceof PreparedCreates || multi instanceof PreparedSets) {
    multi.writeRecord(writer);
    return;
  }
  writer.writeInt(multi.txns.length);
  for (const txn of multi.txns) {
    writer.writeInt(txn.type);
    const lengthAt = writer.reserve(4);
    writeTxn(writer, txn);
    writeInt32(writer.buffer, lengthAt, writer.length - lengthAt - 4);
  }
}
