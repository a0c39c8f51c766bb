/*
 * Logs as bytes, for tests that damage them.
 */

import { LogReader } from '../../../src/datatree/storage/log-reader.ts';
import { readTxnHeader } from '../../../src/jute/txn.ts';
import { MemoryDisk } from './memory-disk.ts';

/** A record in a log. */
export interface RecordPlace {
  readonly zxid: number;
  readonly offset: number;
}

/** The records that a log has up to where it stops. */
export function readRecords(log: Buffer): RecordPlace[] {
  const disk = new MemoryDisk();
  disk.put('/log', log);
  const reader = new LogReader(disk, '/log');
  const records: RecordPlace[] = [];
  while (reader.hasHeader && reader.next()) {
    records.push({ zxid: Number(readTxnHeader(reader.record).zxid), offset: reader.offset });
  }
  return records;
}

export function readZxids(log: Buffer): number[] {
  return readRecords(log).map((record) => record.zxid);
}

/** Where the record of a zxid begins. */
export function offsetOf(log: Buffer, zxid: number): number {
  const record = readRecords(log).find((place) => place.zxid === zxid);
  if (record === undefined) throw new Error(`no record ${zxid}`);
  return record.offset;
}

/** The same bytes with some of them changed. */
export function changed(bytes: Buffer, offset: number, size = 1): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = offset; at < offset + size; at++) copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

/** The same bytes with some of them zero. */
export function erased(bytes: Buffer, offset: number, size: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(0, offset, offset + size);
  return copy;
}
