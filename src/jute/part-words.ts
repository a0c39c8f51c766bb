/*
 * PartWords: the parts of a multi while it is being prepared, as so many numbers each in one array, and no object; used again for the
 * next multi. What the numbers are is said by prepared-creates.ts and prepared-sets.ts.
 */

const PARTS_EXPECTED = 64;

/** Numbers of parts, one part behind the other. */
export class PartWords {
  protected words: Int32Array;
  private readonly fieldCount: number;
  private end = 0;

  /** @param fieldCount how many numbers a part has */
  constructor(fieldCount: number) {
    this.fieldCount = fieldCount;
    this.words = new Int32Array(PARTS_EXPECTED * fieldCount);
  }

  /** Begins another multi. */
  clear(): void {
    this.end = 0;
  }

  /** How many parts there are. */
  get count(): number {
    return this.end / this.fieldCount;
  }

  /** Makes room for another part in `words`; returns where it begins. */
  protected addPart(): number {
    const at = this.end;
    if (at === this.words.length) {
      const larger = new Int32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.end = at + this.fieldCount;
    return at;
  }

  /** The numbers of all parts, in an array of their own. */
  protected gathered(): Int32Array {
    return this.words.slice(0, this.end);
  }
}
