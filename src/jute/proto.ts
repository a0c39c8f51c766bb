/*
 * Records of jute module org.apache.zookeeper.proto: what clients and servers say to each other on the client port.
 *
 * Every frame is a length (int, not counting itself) and then: ConnectRequest or ConnectResponse as the first of each
 * direction; afterwards RequestHeader and request, or ReplyHeader and response. Fields stand in wire order.
 */

import type { ACL, ClientInfo, Stat } from './data.ts';
import {
  readACLs,
  readClientInfo,
  readStat,
  writeACLs,
  writeClientInfo,
  writeStat,
} from './data.ts';
import type { SessionId, Zxid } from './int64.ts';
import type { JuteReader } from './reader.ts';
import type { JuteWriter } from './writer.ts';

/*
 * ConnectRequest, 44 bytes with a password of 16, and one more for readOnly, which clients before 3.4 leave out
 *   protocolVersion  int
 *   lastZxidSeen     long
 *   timeOut          int, ms
 *   sessionId        long, 0 for a new session
 *   passwd           buffer, 16 bytes
 *   readOnly         boolean, absent (null here) from old clients
 */

/** The first thing that a client says. */
export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: Zxid;
  readonly timeOut: number;
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array | null;
  readonly readOnly: boolean | null;
}

/** Reads a ConnectRequest of either length. */
export function readConnectRequest(reader: JuteReader): ConnectRequest {
  return {
    protocolVersion: reader.readInt(),
    lastZxidSeen: reader.readLong() as Zxid,
    timeOut: reader.readInt(),
    sessionId: reader.readLong() as SessionId,
    passwd: reader.readBuffer(),
    readOnly: reader.remaining === 0 ? null : reader.readBoolean(),
  };
}

/** Writes a ConnectRequest. */
export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  writer.writeInt(request.protocolVersion);
  writer.writeLong(request.lastZxidSeen);
  writer.writeInt(request.timeOut);
  writer.writeLong(request.sessionId);
  writer.writeBuffer(request.passwd);
  if (request.readOnly !== null) writer.writeBoolean(request.readOnly);
}

/*
 * ConnectResponse
 *   protocolVersion  int
 *   timeOut          int, ms; 0 when the session is refused
 *   sessionId        long; 0 when the session is refused
 *   passwd           buffer, 16 bytes
 *   readOnly         boolean, left out (null) for a client that did not send it
 */

/** The answer to a ConnectRequest. */
export interface ConnectResponse {
  readonly protocolVersion: number;
  readonly timeOut: number;
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array | null;
  readonly readOnly: boolean | null;
}

/** Reads a ConnectResponse. */
export function readConnectResponse(reader: JuteReader): ConnectResponse {
  return {
    protocolVersion: reader.readInt(),
    timeOut: reader.readInt(),
    sessionId: reader.readLong() as SessionId,
    passwd: reader.readBuffer(),
    readOnly: reader.remaining === 0 ? null : reader.readBoolean(),
  };
}

/** Writes a ConnectResponse. */
export function writeConnectResponse(writer: JuteWriter, response: ConnectResponse): void {
  writer.writeInt(response.protocolVersion);
  writer.writeInt(response.timeOut);
  writer.writeLong(response.sessionId);
  writer.writeBuffer(response.passwd);
  if (response.readOnly !== null) writer.writeBoolean(response.readOnly);
}

/*
 * RequestHeader, 8 bytes
 *   xid   int
 *   type  int, op code
 */

/** What stands before each request. */
export interface RequestHeader {
  readonly xid: number;
  readonly type: number;
}

/** Size of a RequestHeader, in bytes. */
export const REQUEST_HEADER_SIZE = 8;

/** Reads a RequestHeader. */
export function readRequestHeader(reader: JuteReader): RequestHeader {
  return { xid: reader.readInt(), type: reader.readInt() };
}

/** Writes a RequestHeader. */
export function writeRequestHeader(writer: JuteWriter, header: RequestHeader): void {
  writer.writeInt(header.xid);
  writer.writeInt(header.type);
}

/*
 * ReplyHeader, 16 bytes
 *   xid   int
 *   zxid  long, the last transaction that the server had applied
 *   err   int, ErrorCode; a response follows only when it is 0
 */

/** What stands before each response and each watch event. */
export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: Zxid;
  readonly err: number;
}

/** Size of a ReplyHeader, in bytes. */
export const REPLY_HEADER_SIZE = 16;

/** Reads a ReplyHeader. */
export function readReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.readInt(), zxid: reader.readLong() as Zxid, err: reader.readInt() };
}

/** Writes a ReplyHeader. */
export function writeReplyHeader(writer: JuteWriter, header: ReplyHeader): void {
  writer.writeInt(header.xid);
  writer.writeLong(header.zxid);
  writer.writeInt(header.err);
}

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

/*
 * WatcherEvent, behind a ReplyHeader with xid -1
 *   type   int, EventType
 *   state  int, KeeperState
 *   path   ustring
 */

/** What a watch tells. */
export interface WatcherEvent {
  readonly type: number;
  readonly state: number;
  readonly path: string | null;
}

/** Reads a WatcherEvent. */
export function readWatcherEvent(reader: JuteReader): WatcherEvent {
  return { type: reader.readInt(), state: reader.readInt(), path: reader.readString() };
}

/** Writes a WatcherEvent. */
export function writeWatcherEvent(writer: JuteWriter, event: WatcherEvent): void {
  writer.writeInt(event.type);
  writer.writeInt(event.state);
  writer.writeString(event.path);
}

/*
 * Create2Response: path ustring, stat Stat.
 * CreateResponse and SyncResponse are a ustring alone; SetDataResponse, SetACLResponse and ExistsResponse a Stat alone;
 * GetChildrenResponse and GetEphemeralsResponse a vector<ustring> alone; GetAllChildrenNumberResponse an int alone.
 */

/** The path of a new znode and its Stat. */
export interface Create2Response {
  readonly path: string | null;
  readonly stat: Stat;
}

/** Reads a Create2Response. */
export function readCreate2Response(reader: JuteReader): Create2Response {
  return { path: reader.readString(), stat: readStat(reader) };
}

/** Writes a Create2Response. */
export function writeCreate2Response(writer: JuteWriter, response: Create2Response): void {
  writer.writeString(response.path);
  writeStat(writer, response.stat);
}

/*
 * GetDataResponse
 *   data  buffer
 *   stat  Stat
 */

/** The data of a znode and its Stat. */
export interface GetDataResponse {
  readonly data: Uint8Array | null;
  readonly stat: Stat;
}

/** Reads a GetDataResponse. */
export function readGetDataResponse(reader: JuteReader): GetDataResponse {
  return { data: reader.readBuffer(), stat: readStat(reader) };
}

/** Writes a GetDataResponse. */
export function writeGetDataResponse(writer: JuteWriter, response: GetDataResponse): void {
  writer.writeBuffer(response.data);
  writeStat(writer, response.stat);
}

/*
 * GetChildren2Response
 *   children  vector<ustring>
 *   stat      Stat
 */

/** The names of the children of a znode, and its Stat. */
export interface GetChildren2Response {
  readonly children: readonly (string | null)[] | null;
  readonly stat: Stat;
}

/** Reads a GetChildren2Response. */
export function readGetChildren2Response(reader: JuteReader): GetChildren2Response {
  return { children: reader.readStrings(), stat: readStat(reader) };
}

/** Writes a GetChildren2Response. */
export function writeGetChildren2Response(
  writer: JuteWriter,
  response: GetChildren2Response,
): void {
  writer.writeStrings(response.children);
  writeStat(writer, response.stat);
}

/*
 * GetACLResponse
 *   acl   vector<ACL>
 *   stat  Stat
 */

/** The access list of a znode and its Stat. */
export interface GetACLResponse {
  readonly acl: readonly ACL[] | null;
  readonly stat: Stat;
}

/** Reads a GetACLResponse. */
export function readGetACLResponse(reader: JuteReader): GetACLResponse {
  return { acl: readACLs(reader), stat: readStat(reader) };
}

/** Writes a GetACLResponse. */
export function writeGetACLResponse(writer: JuteWriter, response: GetACLResponse): void {
  writeACLs(writer, response.acl);
  writeStat(writer, response.stat);
}

const CLIENT_INFO_MIN_SIZE = 8;

/** Reads a WhoAmIResponse: clientInfo vector<ClientInfo>. */
export function readWhoAmIResponse(reader: JuteReader): ClientInfo[] {
  const count = reader.readVectorSize(CLIENT_INFO_MIN_SIZE);
  const infos: ClientInfo[] = [];
  for (let index = 0; index < count; index++) infos.push(readClientInfo(reader));
  return infos;
}

/** Writes a WhoAmIResponse. */
export function writeWhoAmIResponse(writer: JuteWriter, infos: readonly ClientInfo[]): void {
  writer.writeInt(infos.length);
  for (const info of infos) writeClientInfo(writer, info);
}
