/*
 * PartWords: the parts of a multi while it is being prepared, as so many numbers each in one array, and no object. What the numbers are
 * is said by prepared-creates.ts and prepared-sets.ts.
 *
 * The numbers of many multis stand in one block, one multi behind the other, which stays until the last of them is answered and another
 * block is in use: an array for each would be memory outside the heap, which takes longer to get and to give back than all else that is
 * done for them.
 */

const BLOCK_SIZE = 16 * 1024;

/** The numbers of the parts of one multi: `words[start, end)`. */
export interface GatheredParts {
  readonly words: Int32Array;
  readonly start: number;
  readonly end: number;
}

/** Numbers of parts, one part behind the other. */
export class PartWords {
  protected words = new Int32Array(BLOCK_SIZE);
  private readonly fieldCount: number;
  /** Where those of the multi at hand are. */
  private start = 0;
  private end = 0;

  /** @param fieldCount how many numbers a part has */
  constructor(fieldCount: number) {
    this.fieldCount = fieldCount;
  }

  /** Begins another multi; what was gathered stays as it is. */
  clear(): void {
    this.end = this.start;
  }

  /** How many parts there are. */
  get count(): number {
    return (this.end - this.start) / this.fieldCount;
  }

  /** Makes room for another part in `words`; returns where it begins. */
  protected addPart(): number {
    if (this.end + this.fieldCount > this.words.length) this.startBlock();
    const at = this.end;
    this.end = at + this.fieldCount;
    return at;
  }

  /** Takes the multi at hand along. */
  private startBlock(): void {
    const size = this.end - this.start;
    const block = new Int32Array(Math.max(BLOCK_SIZE, 2 * (size + this.fieldCount)));
    block.set(this.words.subarray(this.start, this.end));
    this.words = block;
    this.start = 0;
    this.end = size;
  }

  /** The numbers of all parts, which stay as they are. */
  protected gathered(): GatheredParts {
    const { words, start, end } = this;
    this.start = end;
    return { words, start, end };
  }
}
