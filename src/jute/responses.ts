/*
 * What a server answers and tells, behind a ReplyHeader (records of jute module org.apache.zookeeper.proto). Fields stand in wire order.
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
import type { JuteReader } from './reader.ts';
import type { JuteWriter } from './writer.ts';

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
