/*
 * The transaction log as bytes (Java: FileTxnLog, FilePadding, Util.writeTxnBytes).
 *
 *   FileHeader, 16 bytes       magic int "ZKLG", version int 2, dbid long 0
 *   records, one after another
 *      0  checksum  long, Adler32 of what `length` counts
 *      8  length    int
 *     12  TxnHeader, transaction, TxnDigest (since 3.6)
 *      …  end mark  1 byte, 'B'
 *   zeros up to the end of the file; a record of length 0 is therefore the end
 */

import { writeInt32, writeInt64 } from '../../jute/int64.ts';

/** "ZKLG", the magic number of a log. */
export const LOG_MAGIC = 0x5a4b4c47;

/** The version that every log has had since 3.0. */
const LOG_VERSION = 2;

/** Size of the header of a file, in bytes. */
export const FILE_HEADER_SIZE = 16;

/** Bytes of a record in front of its TxnHeader: checksum and length. */
export const RECORD_START_SIZE = 12;

/** 'B', the last byte of a record. */
export const RECORD_END_MARK = 0x42;

/** The header of a file: magic (4), version (4), dbid (8). */
export function fileHeader(magic: number, version: number, dbId: bigint): Buffer {
  const header = Buffer.alloc(FILE_HEADER_SIZE);
  writeInt32(header, 0, magic);
  writeInt32(header, 4, version);
  writeInt64(header, 8, dbId);
  return header;
}

/** The 16 bytes that a log begins with. */
export const LOG_HEADER: Buffer = fileHeader(LOG_MAGIC, LOG_VERSION, 0n);

/**
 * Most bytes that one call to the disk writes. Such a piece is written only once the one before it is durable, so
 * after a crash no byte that is further behind a hole than this can have been written. Recovery relies on it.
 */
export const MAX_WRITE_SIZE = 1 << 20;

/** How close to the end of the file the writes may come before it is made longer, in bytes (Java: FilePadding). */
const PADDING_MARGIN = 4096;

/**
 * The size that a log is to have when `position` bytes of it are written, so that a growing file is the exception
 * (Java: FilePadding.calculateFileSizeWithPadding).
 *
 * @param preAllocSize bytes by which it grows; 0 or less to grow with each write
 */
export function paddedSize(position: number, fileSize: number, preAllocSize: number): number {
  if (preAllocSize <= 0) return Math.max(position, fileSize);
  if (position + PADDING_MARGIN < fileSize) return fileSize;
  if (position <= fileSize) return fileSize + preAllocSize;
  const size = position + preAllocSize;
  return size - (size % preAllocSize);
}
