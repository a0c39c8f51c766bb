/*
 * A snapshot as bytes (Java: FileSnap, SerializeUtils, SnapStream, DataTree.serialize), written in snapshot-cut.ts,
 * read in snapshot-load.ts. Sessions to the end of the tree are also what follows a SNAP packet.
 *
 *   FileHeader, 16 bytes   magic int "ZKSN", version int 2, dbid long -1
 *   sessions               count int, (id long, timeout int)*
 *   ACLs                   count int, (id long, vector<ACL>)*
 *   znodes                 (path ustring, data buffer, acl long, StatPersisted)*, parents first
 *   end of the tree        ustring "/"
 *   seal
 *   ZxidDigest             zxid long, version int, digest long; with a seal; since 3.6, where digests are on
 *   lastProcessedZxid      long; with a seal; since 3.9
 *
 * A seal is the Adler32 (long) of everything before it, seals included, and the ustring "/". Each reader stops behind
 * the part that it knows, so older servers do not see what was added. All sums are over the unpacked bytes.
 */

import type { JuteWriter } from '../../jute/writer.ts';
import type { ZxidDigest } from '../data-tree.ts';
import { fileHeader } from './log-format.ts';

/** "ZKSN", the magic number of a snapshot. */
export const SNAPSHOT_MAGIC = 0x5a4b534e;

/** The 16 bytes that a snapshot begins with. */
export const SNAPSHOT_HEADER: Buffer = fileHeader(SNAPSHOT_MAGIC, 2, -1n);

/** Size of a session: id (8), timeout in ms (4). */
export const SESSION_SIZE = 12;

/** Size of a seal: checksum, "/" with its length. */
export const SEAL_SIZE = 13;

/** Writes a seal. */
export function writeSeal(writer: JuteWriter, checksum: number): void {
  writer.writeTimeMs(checksum);
  writer.writeString('/');
}

/** Writes a ZxidDigest. */
export function writeZxidDigest(writer: JuteWriter, digest: ZxidDigest): void {
  writer.writeLong(digest.zxid);
  writer.writeInt(digest.digestVersion);
  writer.writeLong(digest.digest);
}
