/*
 * Reading a snapshot into the tree (layout: snapshot-format.ts; Java: FileSnap.deserialize, SnapStream). The file passes
 * through one buffer that the caches of the processor hold; the tree takes whole znodes out of it, and the checksum runs along.
 *
 * Whether to load a snapshot at all, and what to do when it cannot be used, is decided in recover.ts.
 */

import type { SessionId } from '../../jute/int64.ts';
import { toSessionId, toZxid } from '../../jute/int64.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { DataTree, ZxidDigest } from '../data-tree.ts';
import { adler32 } from './adler32.ts';
import type { ByteSource, Disk, OpenFile } from './disk.ts';
import type { SnapshotCompression } from './file-names.ts';
import { compressionOf } from './file-names.ts';
import { FILE_HEADER_SIZE } from './log-format.ts';
import { SNAPPY_HEADER, SNAPPY_MAGIC_SIZE, SnappyError, SnappySource } from './snappy-frames.ts';
import { SEAL_SIZE, SNAPSHOT_MAGIC } from './snapshot-format.ts';
import { StorageError } from './storage-error.ts';

/** What a snapshot says besides the tree and its sessions. */
export interface LoadedSnapshot {
  /** The digest of the tree when it was written; null where there is none, as in snapshots before 3.6. */
  readonly digest: ZxidDigest | null;
}

/** A snapshot that cannot be loaded. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  /** Whether it only ends too early: its writing was never finished, so nothing that it should have is lost. */
  readonly isUnfinished: boolean;

  constructor(message: string, isUnfinished: boolean) {
    super(message);
    this.isUnfinished = isUnfinished;
  }
}

/** Bytes that are in memory at a time; more where a single znode is larger. */
const BUFFER_SIZE = 64 * 1024;

/** Sizes of the parts behind the tree, with their seals. */
const LAST_ZXID_SIZE = 8 + SEAL_SIZE;
const DIGEST_SIZE = 8 + 4 + 8 + SEAL_SIZE;

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** What the last five bytes of every snapshot are: the ustring "/". */
const LAST_BYTES = Buffer.from([0, 0, 0, 1, 0x2f]);

/** Java refuses smaller files than this unread. */
const SMALLEST_SIZE = 10;

/**
 * Whether an error says that a file is not what it should be; any other is a mistake of ours. A file that the system does not
 * let us read may be quite whole: to pass over it would bring an older state to life, so that it raises a StorageError.
 */
export function isUnusable(error: unknown, path: string): error is Error {
  if (error instanceof SnapshotError || error instanceof JuteError) return true;
  if (error instanceof SnappyError) return true;
  if (!(error instanceof Error && 'code' in error)) return false;
  if ('syscall' in error)
    throw new StorageError(`A snapshot cannot be read: ${error.message}`, path);
  return true;
}

/**
 * Whether a file looks like a whole snapshot, from a few of its bytes: the first of a packed one, the last of a plain
 * one (Java: SnapStream.isValidSnapshot).
 */
export function looksWhole(disk: Disk, directory: string, name: string): boolean {
  try {
    const file = disk.open(`${directory}/${name}`);
    try {
      return hasMark(file, compressionOf(name));
    } finally {
      file.close();
    }
  } catch (error) {
    if (isUnusable(error, `${directory}/${name}`)) return false;
    throw error;
  }
}

function hasMark(file: OpenFile, compression: SnapshotCompression): boolean {
  switch (compression) {
    case 'gz':
      return holds(file, 0, GZIP_MAGIC);
    case 'snappy':
      return holds(file, 0, SNAPPY_HEADER.subarray(0, SNAPPY_MAGIC_SIZE));
    default:
      return file.size >= SMALLEST_SIZE && holds(file, file.size - LAST_BYTES.length, LAST_BYTES);
  }
}

function holds(file: OpenFile, position: number, bytes: Buffer): boolean {
  const found = Buffer.alloc(bytes.length);
  return file.read(found, position) === bytes.length && found.equals(bytes);
}

/**
 * Fills the tree and its sessions from a snapshot. Raises an error that isUnusable knows where that cannot be done; the
 * tree is then to be loaded anew.
 *
 * @param onEnd hears at which of the unpacked bytes the reading ended, which is where an error is
 */
export function loadSnapshot(
  disk: Disk,
  path: string,
  tree: DataTree,
  onEnd?: (offset: number) => void,
): LoadedSnapshot {
  const input = new SnapshotInput(openSource(disk, path));
  try {
    return load(input, tree);
  } finally {
    onEnd?.(input.offset);
    input.close();
  }
}

function openSource(disk: Disk, path: string): ByteSource {
  switch (compressionOf(path.slice(path.lastIndexOf('/') + 1))) {
    case 'gz':
      return disk.openPacked(path);
    case 'snappy':
      return new SnappySource(new FileSource(disk.open(path)));
    default:
      return new FileSource(disk.open(path));
  }
}

function load(input: SnapshotInput, tree: DataTree): LoadedSnapshot {
  const { reader } = input;
  const nodes = tree.startLoad();
  input.need(FILE_HEADER_SIZE);
  const magic = reader.readInt();
  if (magic !== SNAPSHOT_MAGIC) {
    throw new SnapshotError(`mismatching magic headers ${magic} !=  ${SNAPSHOT_MAGIC}`, false);
  }
  reader.skip(FILE_HEADER_SIZE - 4);
  readSessions(input, tree.sessions);
  whenComplete(input, skipAcls);
  nodes.readAcls(reader);
  while (!nodes.readNodes(reader)) {
    if (!input.more()) throw endsEarly();
  }
  nodes.finish();
  checkSeal(input);
  return readTail(input);
}

function endsEarly(): SnapshotError {
  return new SnapshotError('the file ends too early', true);
}

function readSessions(input: SnapshotInput, sessions: Map<SessionId, number>): void {
  const { reader } = input;
  input.need(4);
  for (let count = reader.readInt(); count > 0; count--) {
    input.need(12);
    const id = toSessionId(reader.readLong());
    sessions.set(id, reader.readInt());
  }
}

/** Brings everything that `skip` passes over into the buffer, without moving. */
function whenComplete(input: SnapshotInput, skip: (reader: JuteReader) => void): void {
  const { reader } = input;
  for (;;) {
    const start = reader.offset;
    try {
      skip(reader);
      reader.offset = start;
      return;
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      reader.offset = start;
      if (!input.more()) throw endsEarly();
    }
  }
}

/** Passes over the ACLs: count, then id and vector<ACL> each; an ACL is perms, scheme and id. */
function skipAcls(reader: JuteReader): void {
  for (let count = reader.readInt(); count > 0; count--) {
    reader.skip(8);
    for (let size = reader.readInt(); size > 0; size--) {
      reader.skip(4);
      skipString(reader);
      skipString(reader);
    }
  }
}

function skipString(reader: JuteReader): void {
  reader.skip(Math.max(0, reader.readInt()));
}

/** The checksum of everything up to here, and "/". */
function checkSeal(input: SnapshotInput): void {
  const { reader } = input;
  const checksum = input.takeChecksum();
  input.need(SEAL_SIZE);
  if (reader.readTimeMs() !== checksum) throw new SnapshotError('CRC corruption', false);
  reader.readString();
}

/** What newer servers add behind the tree. */
function readTail(input: SnapshotInput): LoadedSnapshot {
  const { reader } = input;
  while (input.more()) {
    // The rest is short; all of it is wanted at once.
  }
  if (reader.remaining === LAST_ZXID_SIZE) {
    skipLastZxid(input);
    return { digest: null };
  }
  // Cut off behind the seal of the tree: the tree is whole, and so Java takes it for a snapshot without a digest.
  if (reader.remaining < DIGEST_SIZE) return { digest: null };
  const digest = readZxidDigest(reader);
  checkSeal(input);
  if (reader.remaining >= LAST_ZXID_SIZE) skipLastZxid(input);
  return { digest: digest.zxid > 0n ? digest : null };
}

/** The last zxid is for those who restore a snapshot from elsewhere; at start the name of the file counts (Java: FileSnap). */
function skipLastZxid(input: SnapshotInput): void {
  input.reader.skip(8);
  checkSeal(input);
}

/** Versions before 2 have the digest as a hexadecimal string; it is never compared. */
function readZxidDigest(reader: JuteReader): ZxidDigest {
  const zxid = toZxid(reader.readLong());
  const digestVersion = reader.readInt();
  if (digestVersion >= 2) return { zxid, digestVersion, digest: reader.readLong() };
  reader.readString();
  return { zxid, digestVersion, digest: 0n };
}

/** A plain file as a source. */
class FileSource implements ByteSource {
  private readonly file: OpenFile;
  private position = 0;

  constructor(file: OpenFile) {
    this.file = file;
  }

  read(target: Uint8Array): number {
    const size = this.file.read(target, this.position);
    this.position += size;
    return size;
  }

  close(): void {
    this.file.close();
  }
}

/** The window over a source that the reader sees. */
class SnapshotInput {
  readonly reader: JuteReader;
  private readonly source: ByteSource;
  private buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  private sum = 1;
  /** Up to where the buffer is in the sum. */
  private summed = 0;
  /** Bytes that have left the buffer. */
  private passed = 0;
  private isEnded = false;

  constructor(source: ByteSource) {
    this.source = source;
    this.reader = new JuteReader(this.buffer, 0, 0);
  }

  /** Where the reader stands, in unpacked bytes. */
  get offset(): number {
    return this.passed + this.reader.offset;
  }

  /** Adler32 of everything that the reader has passed. */
  takeChecksum(): number {
    this.sum = adler32(this.buffer, this.summed, this.reader.offset, this.sum);
    this.summed = this.reader.offset;
    return this.sum;
  }

  /** Makes sure that the reader has `size` bytes. */
  need(size: number): void {
    while (this.reader.remaining < size) {
      if (!this.more()) throw endsEarly();
    }
  }

  /** Brings more bytes behind those that the reader has; false at the end. */
  more(): boolean {
    if (this.isEnded) return false;
    const { reader } = this;
    this.takeChecksum();
    const rest = reader.remaining;
    this.passed += reader.offset;
    if (rest === this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(this.buffer.length * 2);
      this.buffer.copy(larger, 0, reader.offset, reader.end);
      this.buffer = larger;
    } else {
      this.buffer.copyWithin(0, reader.offset, reader.end);
    }
    this.summed = 0;
    const size = this.source.read(this.buffer.subarray(rest));
    this.isEnded = size === 0;
    reader.reset(this.buffer, 0, rest + size);
    return size > 0;
  }

  close(): void {
    this.source.close();
  }
}
