/*
 * Records of jute module org.apache.zookeeper.data: Id, ACL, Stat, StatPersisted, ClientInfo.
 * Each with its layout, type, read and write side by side, fields in wire order.
 */

import type { SessionId, Zxid } from './int64.ts';
import { readInt32, readInt64, readTimeMs } from './int64.ts';
import type { JuteReader } from './reader.ts';
import type { JuteWriter } from './writer.ts';

/*
 * Id
 *   scheme  ustring
 *   id      ustring
 */

/** Who: a scheme (world, auth, digest, ip, x509, sasl, super) and a name in it. Null as it came from the wire. */
export interface Id {
  readonly scheme: string | null;
  readonly id: string | null;
}

/** Reads an Id. */
export function readId(reader: JuteReader): Id {
  return { scheme: reader.readString(), id: reader.readString() };
}

/** Writes an Id. */
export function writeId(writer: JuteWriter, id: Id): void {
  writer.writeString(id.scheme);
  writer.writeString(id.id);
}

/*
 * ACL
 *   perms  int
 *   id     Id
 */

/** One entry of an access list: permission bits (Perms) and whom they are given to. */
export interface ACL {
  readonly perms: number;
  readonly id: Id;
}

/** Reads an ACL entry. */
export function readACL(reader: JuteReader): ACL {
  return { perms: reader.readInt(), id: readId(reader) };
}

/** Writes an ACL entry. */
export function writeACL(writer: JuteWriter, acl: ACL): void {
  writer.writeInt(acl.perms);
  writeId(writer, acl.id);
}

const ACL_MIN_SIZE = 12;

/** Everybody may do everything: what nearly every znode has (Java: ZooDefs.Ids.OPEN_ACL_UNSAFE). */
export const OPEN_ACL_UNSAFE: readonly ACL[] = [
  { perms: 31, id: { scheme: 'world', id: 'anyone' } },
];

/** count 1, perms 31, "world", "anyone" */
const OPEN_ACL_BYTES = Buffer.from('000000010000001f00000005776f726c6400000006616e796f6e65', 'hex');

/** Size of a vector<ACL> that is OPEN_ACL_UNSAFE, in bytes. */
export const OPEN_ACL_SIZE = OPEN_ACL_BYTES.length;

/** Whether the vector<ACL> at `bytes[at …]` is OPEN_ACL_UNSAFE. As many bytes are there. */
export function isOpenACLAt(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < OPEN_ACL_SIZE; index++) {
    if (bytes[at + index] !== OPEN_ACL_BYTES[index]) return false;
  }
  return true;
}

/** Reads vector<ACL>: count (4; -1 for null), entries. The list that nearly every znode has is always the same object. */
export function readACLs(reader: JuteReader): readonly ACL[] | null {
  if (reader.remaining >= OPEN_ACL_SIZE && isOpenACLAt(reader.bytes, reader.offset)) {
    reader.skip(OPEN_ACL_SIZE);
    return OPEN_ACL_UNSAFE;
  }
  const count = reader.readVectorSize(ACL_MIN_SIZE);
  if (count < 0) return null;
  const acls: ACL[] = [];
  for (let index = 0; index < count; index++) acls.push(readACL(reader));
  return acls;
}

/** Writes vector<ACL>. */
export function writeACLs(writer: JuteWriter, acls: readonly ACL[] | null): void {
  if (acls === OPEN_ACL_UNSAFE) {
    writer.writeBytes(OPEN_ACL_BYTES);
    return;
  }
  writer.writeInt(acls === null ? -1 : acls.length);
  for (const acl of acls ?? []) writeACL(writer, acl);
}

/*
 * Stat, 68 bytes
 *    0  czxid           long
 *    8  mzxid           long
 *   16  ctime           long, ms since 1970
 *   24  mtime           long, ms since 1970
 *   32  version         int
 *   36  cversion        int
 *   40  aversion        int
 *   44  ephemeralOwner  long
 *   52  dataLength      int
 *   56  numChildren     int
 *   60  pzxid           long
 */

/** Size of a Stat, in bytes. */
export const STAT_SIZE = 68;

/** Offsets of the fields of a Stat in its wire layout, in bytes. */
export const StatOffset = {
  czxid: 0,
  mzxid: 8,
  ctime: 16,
  mtime: 24,
  version: 32,
  cversion: 36,
  aversion: 40,
  ephemeralOwner: 44,
  dataLength: 52,
  numChildren: 56,
  pzxid: 60,
} as const;

/** What a client may know of a znode besides its data. Times in ms since 1970. */
export interface Stat {
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** The owning session, or a container's or TTL node's mark (Java: EphemeralType), or 0. */
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: Zxid;
}

/** Reads the 68 bytes of a Stat at `offset`; the caller has checked the bounds. */
export function statAt(bytes: Uint8Array, offset: number): Stat {
  return {
    czxid: readInt64(bytes, offset + StatOffset.czxid) as Zxid,
    mzxid: readInt64(bytes, offset + StatOffset.mzxid) as Zxid,
    ctime: readTimeMs(bytes, offset + StatOffset.ctime),
    mtime: readTimeMs(bytes, offset + StatOffset.mtime),
    version: readInt32(bytes, offset + StatOffset.version),
    cversion: readInt32(bytes, offset + StatOffset.cversion),
    aversion: readInt32(bytes, offset + StatOffset.aversion),
    ephemeralOwner: readInt64(bytes, offset + StatOffset.ephemeralOwner) as SessionId,
    dataLength: readInt32(bytes, offset + StatOffset.dataLength),
    numChildren: readInt32(bytes, offset + StatOffset.numChildren),
    pzxid: readInt64(bytes, offset + StatOffset.pzxid) as Zxid,
  };
}

/** Reads a Stat. */
export function readStat(reader: JuteReader): Stat {
  return statAt(reader.bytes, reader.skip(STAT_SIZE));
}

/** Writes a Stat. */
export function writeStat(writer: JuteWriter, stat: Stat): void {
  writeStatStart(writer, stat);
  writer.writeInt(stat.dataLength);
  writer.writeInt(stat.numChildren);
  writer.writeLong(stat.pzxid);
}

/** Writes the fields that a Stat and a StatPersisted begin with, 52 bytes. */
function writeStatStart(writer: JuteWriter, stat: StatPersisted): void {
  writer.writeLong(stat.czxid);
  writer.writeLong(stat.mzxid);
  writer.writeTimeMs(stat.ctime);
  writer.writeTimeMs(stat.mtime);
  writer.writeInt(stat.version);
  writer.writeInt(stat.cversion);
  writer.writeInt(stat.aversion);
  writer.writeLong(stat.ephemeralOwner);
}

/*
 * StatPersisted, 60 bytes: the fields of a Stat up to ephemeralOwner at the same offsets, then pzxid at 52.
 */

/** Size of a StatPersisted, in bytes. */
export const STAT_PERSISTED_SIZE = 60;

/** Where pzxid stands in a StatPersisted; the fields before it stand as in a Stat. */
export const STAT_PERSISTED_PZXID_OFFSET = 52;

/** What a snapshot has of a Stat: the rest follows from the znode. */
export type StatPersisted = Omit<Stat, 'dataLength' | 'numChildren'>;

/** Writes a StatPersisted. */
export function writeStatPersisted(writer: JuteWriter, stat: StatPersisted): void {
  writeStatStart(writer, stat);
  writer.writeLong(stat.pzxid);
}

/*
 * ClientInfo
 *   authScheme  ustring
 *   user        ustring
 */

/** One identity of the caller, as whoAmI tells it. */
export interface ClientInfo {
  readonly authScheme: string | null;
  readonly user: string | null;
}

/** Reads a ClientInfo. */
export function readClientInfo(reader: JuteReader): ClientInfo {
  return { authScheme: reader.readString(), user: reader.readString() };
}

/** Writes a ClientInfo. */
export function writeClientInfo(writer: JuteWriter, info: ClientInfo): void {
  writer.writeString(info.authScheme);
  writer.writeString(info.user);
}
