/*
 * Records: places of one fixed size each, in segments outside the JavaScript heap. Places are used again, and a segment in which none is
 * in use gives its memory back.
 *
 * What stands in a place is its owner's business, but for the first word, which chains those that are free.
 */

import type { Warm } from './memory.ts';
import { Pieces } from './memory.ts';

/** No place. */
const NONE = -1;
const NO_SEGMENT = -1;
const NO_WORDS = new Int32Array(0);

/** What is known of a segment. */
class Segment {
  usedCount = 0;
  /** Places from here on were never used since the segment got its memory. */
  freshIndex = 0;
  firstFree = NONE;
  /** Its neighbours among the segments that have room. */
  previous = NO_SEGMENT;
  next = NO_SEGMENT;
}

/** Places of one size. */
export class Records {
  /** The memory of each segment; without content while the segment has none. */
  readonly wordSegments: Int32Array[] = [];
  private readonly wordsPerRecord: number;
  private readonly segmentBits: number;
  private readonly recordsPerSegment: number;
  private readonly segments: Segment[] = [];
  private readonly freeSegments: number[] = [];
  private readonly pieces: Pieces;
  private readonly segmentPieces: (Uint8Array | null)[] = [];
  private segmentWithRoom = NO_SEGMENT;
  /** How many places are in use. */
  count = 0;

  /** @param segmentBits a segment has two to the power of this many places */
  constructor(wordsPerRecord: number, segmentBits: number, warm: Warm | null = null) {
    this.wordsPerRecord = wordsPerRecord;
    this.segmentBits = segmentBits;
    this.recordsPerSegment = 1 << segmentBits;
    this.pieces = new Pieces(this.recordsPerSegment * wordsPerRecord * 4, warm);
  }

  /** Every place that is or was in use is below this. */
  get limit(): number {
    return this.segments.length << this.segmentBits;
  }

  /** Takes a place; it holds whatever it held, and zeros if it was never used. */
  allocate(): number {
    if (this.segmentWithRoom === NO_SEGMENT) this.addSegment();
    const index = this.segmentWithRoom;
    const segment = this.segments[index] as Segment;
    let place = segment.firstFree;
    if (place === NONE) {
      place = (index << this.segmentBits) + segment.freshIndex;
      segment.freshIndex += 1;
    } else {
      const words = this.wordSegments[index] as Int32Array;
      segment.firstFree = words[this.firstWord(place)] as number;
    }
    segment.usedCount += 1;
    this.count += 1;
    if (segment.usedCount === this.recordsPerSegment) this.unlink(index);
    return place;
  }

  /** Gives a place back. The last one of a segment gives back the memory too, if there is room elsewhere. */
  free(place: number): void {
    const index = place >> this.segmentBits;
    const segment = this.segments[index] as Segment;
    if (segment.usedCount === this.recordsPerSegment) this.link(index);
    segment.usedCount -= 1;
    this.count -= 1;
    const words = this.wordSegments[index] as Int32Array;
    words[this.firstWord(place)] = segment.firstFree;
    segment.firstFree = place;
    const isOnlyRoom = this.segmentWithRoom === index && segment.next === NO_SEGMENT;
    if (segment.usedCount === 0 && !isOnlyRoom) this.dropSegment(index);
  }

  /** Gives back all places and their memory. */
  clear(): void {
    this.wordSegments.length = 0;
    this.segmentPieces.length = 0;
    this.pieces.clear();
    this.segments.length = 0;
    this.freeSegments.length = 0;
    this.segmentWithRoom = NO_SEGMENT;
    this.count = 0;
  }

  /** Where a place begins in its segment. */
  private firstWord(place: number): number {
    return (place & (this.recordsPerSegment - 1)) * this.wordsPerRecord;
  }

  private addSegment(): void {
    const index = this.freeSegments.pop() ?? this.segments.length;
    const bytes = this.pieces.take();
    this.segmentPieces[index] = bytes;
    this.wordSegments[index] = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.segments[index] = new Segment();
    this.link(index);
  }

  private dropSegment(index: number): void {
    this.unlink(index);
    this.wordSegments[index] = NO_WORDS;
    const piece = this.segmentPieces[index];
    if (piece) this.pieces.giveBack(piece);
    this.segmentPieces[index] = null;
    this.freeSegments.push(index);
  }

  private link(index: number): void {
    const segment = this.segments[index] as Segment;
    const next = this.segmentWithRoom;
    segment.next = next;
    segment.previous = NO_SEGMENT;
    if (next !== NO_SEGMENT) (this.segments[next] as Segment).previous = index;
    this.segmentWithRoom = index;
  }

  private unlink(index: number): void {
    const { previous, next } = this.segments[index] as Segment;
    if (previous === NO_SEGMENT) this.segmentWithRoom = next;
    else (this.segments[previous] as Segment).next = next;
    if (next !== NO_SEGMENT) (this.segments[next] as Segment).previous = previous;
  }
}
