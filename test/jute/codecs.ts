/*
 * The reader and the writer of each record of src/jute as a pair, for tests that treat all records alike.
 */

import type { ACL } from '../../src/jute/data.ts';
import * as data from '../../src/jute/data.ts';
import type { MultiResult } from '../../src/jute/multi.ts';
import {
  readMultiOps,
  readMultiResults,
  writeMultiEnd,
  writeMultiOps,
  writeMultiResult,
} from '../../src/jute/multi.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import * as proto from '../../src/jute/proto.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import * as requests from '../../src/jute/requests.ts';
import * as responses from '../../src/jute/responses.ts';
import type { Txn } from '../../src/jute/txn.ts';
import {
  readTxn,
  readTxnDigest,
  readTxnHeader,
  writeTxn,
  writeTxnDigest,
  writeTxnHeader,
} from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';

/** How a record is read and written. */
export interface Codec<T> {
  read(reader: JuteReader): T;
  write(writer: JuteWriter, value: T): void;
}

/** The bytes of `value`, from a writer that has to grow for them. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new JuteWriter(1);
  codec.write(writer, value);
  return writer.toBuffer();
}

/** What `bytes` are the record of; raises an error when some are left over. */
export function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  const reader = new JuteReader(bytes);
  const value = codec.read(reader);
  if (reader.remaining !== 0) throw new Error(`${reader.remaining} bytes are left over`);
  return value;
}

/** A string alone: CreateResponse, SyncRequest, SyncResponse, GetACLRequest and others. */
export const string: Codec<string | null> = {
  read: (reader) => reader.readString(),
  write: (writer, text) => writer.writeString(text),
};

/** A vector of strings alone: GetChildrenResponse, GetEphemeralsResponse. */
export const strings: Codec<readonly (string | null)[] | null> = {
  read: (reader) => reader.readStrings(),
  write: (writer, texts) => writer.writeStrings(texts),
};

/** A number alone: GetAllChildrenNumberResponse. */
export const int: Codec<number> = {
  read: (reader) => reader.readInt(),
  write: (writer, value) => writer.writeInt(value),
};

export const id = { read: data.readId, write: data.writeId };
export const acl = { read: data.readACL, write: data.writeACL };
export const acls: Codec<readonly ACL[] | null> = { read: data.readACLs, write: data.writeACLs };
export const stat = { read: data.readStat, write: data.writeStat };
export const clientInfo = { read: data.readClientInfo, write: data.writeClientInfo };

export const connectRequest = {
  read: proto.readConnectRequest,
  write: proto.writeConnectRequest,
};
export const connectResponse = {
  read: proto.readConnectResponse,
  write: proto.writeConnectResponse,
};
export const requestHeader = { read: proto.readRequestHeader, write: proto.writeRequestHeader };
export const replyHeader = { read: proto.readReplyHeader, write: proto.writeReplyHeader };
export const create = { read: requests.readCreateRequest, write: requests.writeCreateRequest };
export const createTTL = {
  read: requests.readCreateTTLRequest,
  write: requests.writeCreateTTLRequest,
};
export const pathVersion = {
  read: requests.readPathVersionRequest,
  write: requests.writePathVersionRequest,
};
export const setData = { read: requests.readSetDataRequest, write: requests.writeSetDataRequest };
export const setACL = { read: requests.readSetACLRequest, write: requests.writeSetACLRequest };
export const pathWatch = {
  read: requests.readPathWatchRequest,
  write: requests.writePathWatchRequest,
};
export const pathKind = {
  read: requests.readPathKindRequest,
  write: requests.writePathKindRequest,
};
export const setWatches = { read: requests.readSetWatches, write: requests.writeSetWatches };
export const setWatches2 = { read: requests.readSetWatches2, write: requests.writeSetWatches2 };
export const authPacket = { read: requests.readAuthPacket, write: requests.writeAuthPacket };
export const watcherEvent = {
  read: responses.readWatcherEvent,
  write: responses.writeWatcherEvent,
};
export const create2Response = {
  read: responses.readCreate2Response,
  write: responses.writeCreate2Response,
};
export const getDataResponse = {
  read: responses.readGetDataResponse,
  write: responses.writeGetDataResponse,
};
export const getChildren2Response = {
  read: responses.readGetChildren2Response,
  write: responses.writeGetChildren2Response,
};
export const getACLResponse = {
  read: responses.readGetACLResponse,
  write: responses.writeGetACLResponse,
};
export const whoAmIResponse = {
  read: responses.readWhoAmIResponse,
  write: responses.writeWhoAmIResponse,
};

export const txnHeader = { read: readTxnHeader, write: writeTxnHeader };
export const txnDigest = { read: readTxnDigest, write: writeTxnDigest };

/** The record of a transaction whose header says `type`. */
export function txn(type: number): Codec<Txn> {
  return { read: (reader) => readTxn(type, reader), write: writeTxn };
}

export const multiTxn = txn(OpCode.multi);
export const multiOps = { read: readMultiOps, write: writeMultiOps };
export const multiResults: Codec<readonly MultiResult[]> = {
  read: readMultiResults,
  write(writer, results) {
    for (const result of results) writeMultiResult(writer, result);
    writeMultiEnd(writer);
  },
};
