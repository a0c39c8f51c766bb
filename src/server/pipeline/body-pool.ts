/*
 * BodyPool: memory for the records of writes, and of what stands behind them, which have to be kept until they are answered.
 *
 * That of large ones is used again: a load by large multis would otherwise make and drop hundreds of megabytes, and the collector, which
 * counts them as part of the heap, would walk the whole heap again and again. Small ones share blocks, each of which goes when the
 * last of its records is answered.
 *
 * Nothing here answers to a class of Java's.
 */

import { type ByteRange, viewOfRange, wholeRange } from '../../jute/byte-range.ts';
import { CopySource } from '../../jute/copy-bytes.ts';

/** What is smaller is a part of a block, and what is larger than the last order is rare; in bytes. */
const POOLED_MIN_SIZE = 16 * 1024;
const POOLED_MAX_ORDER = 20;
const BLOCK_SIZE = 64 * 1024;
/** Bytes that are kept for the next ones. */
const KEPT_SIZE_LIMIT = 8 * 1024 * 1024;

/** Copies of records, in memory that is used again. */
export class BodyPool {
  /** Free memory by the logarithm of its size. */
  private readonly free: Buffer[][] = Array.from({ length: POOLED_MAX_ORDER + 1 }, () => []);
  private freeSize = 0;
  /** The block that small ones are put into, and where there is room in it. */
  private block = Buffer.alloc(0);
  private blockView = new DataView(this.block.buffer, 0, 0);
  private blockUsed = 0;
  private readonly source = new CopySource();

  /** A copy of a record, for the caller to keep until it gives it back. */
  copy(record: ByteRange): ByteRange {
    const { bytes, start, end } = record;
    const size = end - start;
    if (size < POOLED_MIN_SIZE) return this.copySmall(bytes, start, size);
    const list = this.listFor(size);
    if (list === undefined) return wholeRange(Buffer.from(viewOfRange(record)));
    const memory = list.pop();
    if (memory !== undefined) this.freeSize -= memory.length;
    const whole = memory ?? Buffer.allocUnsafeSlow(1 << orderOf(size));
    bytes.copy(whole, 0, start, end);
    return { bytes: whole, start: 0, end: size };
  }

  private copySmall(bytes: Buffer, start: number, size: number): ByteRange {
    if (this.blockUsed + size > this.block.length) {
      this.block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
      this.blockView = new DataView(this.block.buffer);
      this.blockUsed = 0;
    }
    const at = this.blockUsed;
    this.blockUsed = at + size;
    this.source.copy(bytes, start, this.blockView, at, size);
    return { bytes: this.block, start: at, end: at + size };
  }

  /** Takes back what copy() gave, which nobody may read any more. */
  giveBack({ bytes, start, end }: ByteRange): void {
    const list = this.listFor(end - start);
    if (list === undefined || this.freeSize >= KEPT_SIZE_LIMIT) return;
    this.freeSize += bytes.length;
    list.push(bytes);
  }

  private listFor(size: number): Buffer[] | undefined {
    return size < POOLED_MIN_SIZE ? undefined : this.free[orderOf(size)];
  }
}

/** The least power of two that is not below a size. */
function orderOf(size: number): number {
  return 32 - Math.clz32(size - 1);
}
