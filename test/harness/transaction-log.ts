/*
 * Reads transaction logs (log.<zxid> in version-2) as the tests need it: each record's checksum is checked, and its
 * transaction becomes one line of text without what a clock decides. Written without anything of src/datatree/storage,
 * so that it can tell whether that writes what it should.
 *
 * Layout: "ZKLG", version 2, dbid; then for each transaction an Adler-32 (8 bytes), a length (4), TxnHeader, the
 * transaction, a TxnDigest, and 0x42; zeros to the end of the preallocated file.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Op } from './requests.ts';
import { WireReader, WireWriter } from './wire.ts';

/** "ZKLG", version 2, dbid 0. */
const FILE_HEADER = '5a4b4c47000000020000000000000000';

/** One record of a log. */
export interface LoggedTransaction {
  readonly file: string;
  /** Where its checksum begins (bytes from the start of the file). */
  readonly offset: number;
  readonly zxid: bigint;
  readonly sessionId: bigint;
  /** Type, path and the rest, without the time and the digest. */
  readonly text: string;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

const hex = (bytes: Uint8Array | null): string =>
  bytes === null ? 'null' : Buffer.from(bytes).toString('hex');

/** The entries of an ACL, sorted: `auth` is expanded in the order of a hash table. */
const acl = (reader: WireReader): string =>
  (reader.vector(() => `${reader.int()}:${reader.string()}:${reader.string()}`) ?? [])
    .sort()
    .join(' ');

function transactionText(type: number, reader: WireReader): string {
  switch (type) {
    case Op.create:
    case Op.create2:
      return `${reader.string()} ${hex(reader.buffer())} [${acl(reader)}] ephemeral=${reader.bool()} cversion=${reader.int()}`;
    case Op.createContainer:
      return `${reader.string()} ${hex(reader.buffer())} [${acl(reader)}] cversion=${reader.int()}`;
    case Op.createTTL:
      return `${reader.string()} ${hex(reader.buffer())} [${acl(reader)}] cversion=${reader.int()} ttl=${reader.long()}`;
    case Op.delete:
    case Op.deleteContainer:
      return `${reader.string()}`;
    case Op.setData:
      return `${reader.string()} ${hex(reader.buffer())} version=${reader.int()}`;
    case Op.check:
      return `${reader.string()} version=${reader.int()}`;
    case Op.setACL:
      return `${reader.string()} [${acl(reader)}] version=${reader.int()}`;
    case Op.closeSession:
      return (reader.vector(() => reader.string() ?? '') ?? []).sort().join(' ');
    case Op.multi:
      return (reader.vector(() => subTransaction(reader)) ?? []).join('; ');
    default:
      return reader.left >= 4 ? String(reader.int()) : '';
  }
}

function subTransaction(reader: WireReader): string {
  const type = reader.int();
  const body = new WireReader(reader.buffer() ?? Buffer.alloc(0));
  return `${type} ${transactionText(type, body)}${body.left === 0 ? '' : ` and ${body.left} bytes`}`;
}

function transaction(file: string, offset: number, bytes: Buffer): LoggedTransaction {
  const reader = new WireReader(bytes);
  const sessionId = reader.long();
  const cxid = reader.int();
  const zxid = reader.long();
  reader.long(); // the time
  const type = reader.int();
  const body = transactionText(type, reader);
  // What is left is the digest: its version is the same everywhere, the digest itself depends on times. A multi that fails
  // over its encoding (-5) has one in Java's log if a part before had set one, which is then the digest of no tree.
  const mayHaveAny = type === -1 && body === '-5';
  const found = reader.left === 12 ? `digest ${reader.int()}` : `${reader.left} bytes`;
  const digest = mayHaveAny ? '' : found;
  return { file, offset, zxid, sessionId, text: `cxid=${cxid} type=${type} ${body} ${digest}` };
}

/** A record of a log: what follows the TxnHeader is given as it is to be on disk, without a digest. */
function record(zxid: bigint, type: number, body: Uint8Array): Buffer {
  const header = new WireWriter().long(1n).int(0).long(zxid).long(1_700_000_000_000n).int(type);
  const bytes = header.raw(body).bytes();
  const start = new WireWriter()
    .long(BigInt(adler32(bytes)))
    .int(bytes.length)
    .bytes();
  return Buffer.concat([start, bytes, Buffer.from([0x42])]);
}

/** The bytes of a log, made of transactions that no client could bring about. Zxids begin at 1. */
export function makeLog(transactions: readonly { type: number; body: Uint8Array }[]): Buffer {
  const records = transactions.map(({ type, body }, index) =>
    record(BigInt(index + 1), type, body),
  );
  return Buffer.concat([Buffer.from(FILE_HEADER, 'hex'), ...records]);
}

function readLog(file: string, bytes: Buffer): LoggedTransaction[] {
  if (bytes.length === 0) return [];
  const header = bytes.subarray(0, 16).toString('hex');
  if (header !== '5a4b4c47000000020000000000000000')
    throw new Error(`${file} begins with ${header}`);
  const transactions: LoggedTransaction[] = [];
  let at = 16;
  while (at + 12 <= bytes.length) {
    const checksum = bytes.readBigInt64BE(at);
    const length = bytes.readInt32BE(at + 8);
    if (checksum === 0n && length === 0) break;
    const end = at + 12 + length;
    if (end >= bytes.length) break;
    const record = bytes.subarray(at + 12, end);
    if (BigInt(adler32(record)) !== checksum) throw new Error(`${file}: bad checksum at ${at}`);
    if (bytes[end] !== 0x42) throw new Error(`${file}: no end of record at ${end}`);
    transactions.push(transaction(file, at, record));
    at = end + 1;
  }
  return transactions;
}

/** The names of the logs, or of the snapshots, in a version-2 folder, in the order of their zxids. */
export async function filesOf(folder: string, prefix: 'log' | 'snapshot'): Promise<string[]> {
  const zxid = (name: string): bigint => BigInt(`0x${name.split('.')[1] ?? '0'}`);
  const names = (await readdir(folder)).filter((name) => /^(log|snapshot)\.[0-9a-f]+$/.test(name));
  return names
    .filter((name) => name.startsWith(prefix))
    .sort((left, right) => (zxid(left) < zxid(right) ? -1 : 1));
}

/** Every transaction in the logs of a version-2 folder, in order. A torn record at the end of a log is left out. */
export async function readTransactions(folder: string): Promise<LoggedTransaction[]> {
  const transactions: LoggedTransaction[] = [];
  for (const name of await filesOf(folder, 'log')) {
    transactions.push(...readLog(name, await readFile(join(folder, name))));
  }
  return transactions;
}
