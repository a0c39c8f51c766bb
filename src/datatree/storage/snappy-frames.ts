/*
 * Snappy as snappy-java frames it in streams (SnappyOutputStream, SnappyInputStream), which is how Java packs snapshots:
 *
 *   header, 16 bytes   0x82 "SNAPPY" 0x00, version int 1, compatible version int 1
 *   blocks             length int, one raw Snappy block of that length
 *
 * The blocks themselves are the business of the library snappyjs.
 */

import { compress, uncompress } from 'snappyjs';
import { readInt32, writeInt32 } from '../../jute/int64.ts';
import type { ByteSource } from './disk.ts';

/** Bytes that are no such stream. */
export class SnappyError extends Error {
  override readonly name = 'SnappyError';
}

/** What a packed stream begins with: eight magic bytes and twice the version. */
export const SNAPPY_HEADER: Buffer = Buffer.from('82534e41505059000000000100000001', 'hex');

/** How many of these are the magic number that makes Java take a file for a whole snapshot. */
export const SNAPPY_MAGIC_SIZE = 8;

/** What SnappyOutputStream puts into one block, in unpacked bytes. */
const BLOCK_SIZE = 32 * 1024;

/** A larger block than this is not believed, packed or unpacked, in bytes. */
const BLOCK_LIMIT = 16 << 20;

const LENGTH_SIZE = 4;

/** Packs bytes into blocks with their lengths. */
export function packSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const block = compress(bytes.subarray(at, at + BLOCK_SIZE));
    const length = Buffer.allocUnsafe(LENGTH_SIZE);
    writeInt32(length, 0, block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Unpacks a stream that arrives in pieces of any size. */
export class SnappyUnpacker {
  private rest: Buffer = Buffer.alloc(0);
  private isHeaderRead = false;

  /** What the stream holds up to the end of `bytes`, of which nothing is kept. Raises SnappyError. */
  push(bytes: Uint8Array): Buffer[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    let at = this.isHeaderRead ? 0 : this.readHeader();
    const blocks: Buffer[] = [];
    while (this.isHeaderRead && this.rest.length - at >= LENGTH_SIZE) {
      const length = readInt32(this.rest, at);
      if (length < 0 || length > BLOCK_LIMIT) {
        throw new SnappyError(`a Snappy block of ${length} bytes`);
      }
      const start = at + LENGTH_SIZE;
      if (this.rest.length - start < length) break;
      blocks.push(unpackBlock(this.rest.subarray(start, start + length)));
      at = start + length;
    }
    this.rest = this.rest.subarray(at);
    return blocks;
  }

  private readHeader(): number {
    if (this.rest.length < SNAPPY_HEADER.length) return 0;
    if (
      !this.rest.subarray(0, SNAPPY_MAGIC_SIZE).equals(SNAPPY_HEADER.subarray(0, SNAPPY_MAGIC_SIZE))
    ) {
      throw new SnappyError('not a Snappy stream');
    }
    this.isHeaderRead = true;
    return SNAPPY_HEADER.length;
  }
}

function unpackBlock(block: Buffer): Buffer {
  try {
    return uncompress(block, BLOCK_LIMIT);
  } catch (error) {
    // The library says everything with plain errors.
    throw new SnappyError('a block that is not Snappy', { cause: error });
  }
}

const READ_SIZE = 256 * 1024;

/** The unpacked bytes of a packed source. */
export class SnappySource implements ByteSource {
  private readonly source: ByteSource;
  private readonly unpacker = new SnappyUnpacker();
  private readonly packed = Buffer.allocUnsafeSlow(READ_SIZE);
  private blocks: Buffer[] = [];
  private block = 0;
  private offset = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  read(target: Uint8Array): number {
    let filled = 0;
    while (filled < target.length) {
      const block = this.blocks[this.block];
      if (block === undefined) {
        if (filled > 0 || !this.unpackMore()) break;
        continue;
      }
      const size = Math.min(block.length - this.offset, target.length - filled);
      target.set(block.subarray(this.offset, this.offset + size), filled);
      filled += size;
      this.offset += size;
      if (this.offset === block.length) {
        this.block++;
        this.offset = 0;
      }
    }
    return filled;
  }

  private unpackMore(): boolean {
    const size = this.source.read(this.packed);
    this.blocks = this.unpacker.push(this.packed.subarray(0, size));
    this.block = 0;
    return size > 0;
  }

  close(): void {
    this.source.close();
  }
}
