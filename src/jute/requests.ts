/*
 * What a client asks for, behind a RequestHeader (records of jute module org.apache.zookeeper.proto). Fields stand in wire order.
 */

import type { ACL } from './data.ts';
import { readACLs, writeACLs } from './data.ts';
import type { Zxid } from './int64.ts';
import type { JuteReader } from './reader.ts';
import type { JuteWriter } from './writer.ts';

/*
 * CreateRequest (create, create2, createContainer)    CreateTTLRequest (createTTL)
 *   path   ustring                                     the same, then
 *   data   buffer                                      ttl  long, ms
 *   acl    vector<ACL>
 *   flags  int, CreateMode
 */

/** Asks for a new znode. */
export interface CreateRequest {
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly flags: number;
}

/** Reads a CreateRequest. */
export function readCreateRequest(reader: JuteReader): CreateRequest {
  return {
    path: reader.readString(),
    data: reader.readBuffer(),
    acl: readACLs(reader),
    flags: reader.readInt(),
  };
}

/** Writes a CreateRequest. */
export function writeCreateRequest(writer: JuteWriter, request: CreateRequest): void {
  writer.writeString(request.path);
  writer.writeBuffer(request.data);
  writeACLs(writer, request.acl);
  writer.writeInt(request.flags);
}

/** Asks for a new znode that lives at most `ttl` ms after its last change once it has no children. */
export interface CreateTTLRequest extends CreateRequest {
  readonly ttl: bigint;
}

/** Reads a CreateTTLRequest. */
export function readCreateTTLRequest(reader: JuteReader): CreateTTLRequest {
  return { ...readCreateRequest(reader), ttl: reader.readLong() };
}

/** Writes a CreateTTLRequest. */
export function writeCreateTTLRequest(writer: JuteWriter, request: CreateTTLRequest): void {
  writeCreateRequest(writer, request);
  writer.writeLong(request.ttl);
}

/*
 * DeleteRequest, CheckVersionRequest
 *   path     ustring
 *   version  int, -1 for any
 */

/** A path and the version that the znode must have. */
export interface PathVersionRequest {
  readonly path: string | null;
  readonly version: number;
}

/** Reads a DeleteRequest or a CheckVersionRequest. */
export function readPathVersionRequest(reader: JuteReader): PathVersionRequest {
  return { path: reader.readString(), version: reader.readInt() };
}

/** Writes a DeleteRequest or a CheckVersionRequest. */
export function writePathVersionRequest(writer: JuteWriter, request: PathVersionRequest): void {
  writer.writeString(request.path);
  writer.writeInt(request.version);
}

/*
 * SetDataRequest
 *   path     ustring
 *   data     buffer
 *   version  int, -1 for any
 */

/** Asks to replace the data of a znode. */
export interface SetDataRequest {
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly version: number;
}

/** Reads a SetDataRequest. */
export function readSetDataRequest(reader: JuteReader): SetDataRequest {
  return { path: reader.readString(), data: reader.readBuffer(), version: reader.readInt() };
}

/** Writes a SetDataRequest. */
export function writeSetDataRequest(writer: JuteWriter, request: SetDataRequest): void {
  writer.writeString(request.path);
  writer.writeBuffer(request.data);
  writer.writeInt(request.version);
}

/*
 * SetACLRequest
 *   path     ustring
 *   acl      vector<ACL>
 *   version  int, -1 for any
 */

/** Asks to replace the access list of a znode. */
export interface SetACLRequest {
  readonly path: string | null;
  readonly acl: readonly ACL[] | null;
  readonly version: number;
}

/** Reads a SetACLRequest. */
export function readSetACLRequest(reader: JuteReader): SetACLRequest {
  return { path: reader.readString(), acl: readACLs(reader), version: reader.readInt() };
}

/** Writes a SetACLRequest. */
export function writeSetACLRequest(writer: JuteWriter, request: SetACLRequest): void {
  writer.writeString(request.path);
  writeACLs(writer, request.acl);
  writer.writeInt(request.version);
}

/*
 * GetDataRequest, ExistsRequest, GetChildrenRequest, GetChildren2Request
 *   path   ustring
 *   watch  boolean
 */

/** A path, and whether to leave a watch on it. */
export interface PathWatchRequest {
  readonly path: string | null;
  readonly watch: boolean;
}

/** Reads a GetDataRequest, ExistsRequest, GetChildrenRequest or GetChildren2Request. */
export function readPathWatchRequest(reader: JuteReader): PathWatchRequest {
  return { path: reader.readString(), watch: reader.readBoolean() };
}

/** Writes a GetDataRequest, ExistsRequest, GetChildrenRequest or GetChildren2Request. */
export function writePathWatchRequest(writer: JuteWriter, request: PathWatchRequest): void {
  writer.writeString(request.path);
  writer.writeBoolean(request.watch);
}

/*
 * AddWatchRequest, CheckWatchesRequest, RemoveWatchesRequest
 *   path          ustring
 *   mode or type  int, AddWatchMode or WatcherType
 */

/** A path and the kind of watch that is meant. */
export interface PathKindRequest {
  readonly path: string | null;
  readonly kind: number;
}

/** Reads an AddWatchRequest, CheckWatchesRequest or RemoveWatchesRequest. */
export function readPathKindRequest(reader: JuteReader): PathKindRequest {
  return { path: reader.readString(), kind: reader.readInt() };
}

/** Writes an AddWatchRequest, CheckWatchesRequest or RemoveWatchesRequest. */
export function writePathKindRequest(writer: JuteWriter, request: PathKindRequest): void {
  writer.writeString(request.path);
  writer.writeInt(request.kind);
}

/*
 * SetWatches (101)                       SetWatches2 (105): the same, then
 *   relativeZxid  long                     persistentWatches           vector<ustring>
 *   dataWatches   vector<ustring>          persistentRecursiveWatches  vector<ustring>
 *   existWatches  vector<ustring>
 *   childWatches  vector<ustring>
 */

/** The watches that a client sets again after it has reconnected. */
export interface SetWatches {
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly (string | null)[] | null;
  readonly existWatches: readonly (string | null)[] | null;
  readonly childWatches: readonly (string | null)[] | null;
  readonly persistentWatches: readonly (string | null)[] | null;
  readonly persistentRecursiveWatches: readonly (string | null)[] | null;
}

/** Reads a SetWatches; its persistent watches are empty. */
export function readSetWatches(reader: JuteReader): SetWatches {
  return {
    relativeZxid: reader.readLong() as Zxid,
    dataWatches: reader.readStrings(),
    existWatches: reader.readStrings(),
    childWatches: reader.readStrings(),
    persistentWatches: [],
    persistentRecursiveWatches: [],
  };
}

/** Writes a SetWatches, without the persistent watches, for which it has no place. */
export function writeSetWatches(writer: JuteWriter, request: SetWatches): void {
  writer.writeLong(request.relativeZxid);
  writer.writeStrings(request.dataWatches);
  writer.writeStrings(request.existWatches);
  writer.writeStrings(request.childWatches);
}

/** Reads a SetWatches2. */
export function readSetWatches2(reader: JuteReader): SetWatches {
  return {
    ...readSetWatches(reader),
    persistentWatches: reader.readStrings(),
    persistentRecursiveWatches: reader.readStrings(),
  };
}

/** Writes a SetWatches2. */
export function writeSetWatches2(writer: JuteWriter, request: SetWatches): void {
  writeSetWatches(writer, request);
  writer.writeStrings(request.persistentWatches);
  writer.writeStrings(request.persistentRecursiveWatches);
}

/*
 * AuthPacket
 *   type    int, unused
 *   scheme  ustring
 *   auth    buffer
 */

/** Credentials that a client adds to its connection. */
export interface AuthPacket {
  readonly type: number;
  readonly scheme: string | null;
  readonly auth: Uint8Array | null;
}

/** Reads an AuthPacket. */
export function readAuthPacket(reader: JuteReader): AuthPacket {
  return { type: reader.readInt(), scheme: reader.readString(), auth: reader.readBuffer() };
}

/** Writes an AuthPacket. */
export function writeAuthPacket(writer: JuteWriter, packet: AuthPacket): void {
  writer.writeInt(packet.type);
  writer.writeString(packet.scheme);
  writer.writeBuffer(packet.auth);
}
