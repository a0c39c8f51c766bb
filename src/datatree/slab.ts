/*
 * Chunks of memory of any size for names and data, outside the JavaScript heap.
 *
 * Regions of 1 MiB are cut into pages of 64 KiB, a page into chunks of one size class: steps of 8 bytes up to 512, then of an eighth.
 * An empty page serves any class, an empty region goes back to the system, so that memory follows what is stored. A chunk
 * larger than any class has a buffer of its own.
 *
 * A handle is 32 bits: the position of the chunk in units of 8 bytes, or, negative, the index of a buffer of its own, inverted.
 */

import type { Warm } from './memory.ts';
import { allocateBytes, Pieces } from './memory.ts';

const UNIT_BITS = 3;
const PAGE_UNIT_BITS = 13;
const PAGE_UNITS = 1 << PAGE_UNIT_BITS;
const REGION_PAGE_BITS = 4;
const PAGES_PER_REGION = 1 << REGION_PAGE_BITS;
const REGION_UNIT_BITS = 17;
const IN_REGION = (1 << REGION_UNIT_BITS) - 1;
const REGION_SIZE = (PAGES_PER_REGION * PAGE_UNITS) << UNIT_BITS;
const FINE_UNITS = 64;
const MAX_CLASS_UNITS = 2048;
/** 16 GiB, as handles of chunks have 31 bits; what comes then gets buffers of its own. */
const MAX_REGIONS = 1 << (31 - REGION_UNIT_BITS);
const NONE = -1;
/** Empty pages kept although their region could go: a tree that breathes does not ask the system each time. */
const MAX_EMPTY_PAGES = 64;

const classUnits = makeClasses();
const classOfUnits = makeClassTable();
const chunksPerPage = classUnits.map((units) => Math.floor(PAGE_UNITS / units));

function makeClasses(): number[] {
  const sizes: number[] = [];
  for (let units = 1; units <= FINE_UNITS; units++) sizes.push(units);
  for (let units = FINE_UNITS; units < MAX_CLASS_UNITS; ) {
    units = Math.min(MAX_CLASS_UNITS, units + (units >> 3));
    sizes.push(units);
  }
  return sizes;
}

function makeClassTable(): Uint8Array {
  const table = new Uint8Array(MAX_CLASS_UNITS + 1);
  let index = 0;
  for (let units = 1; units <= MAX_CLASS_UNITS; units++) {
    if (units > (classUnits[index] as number)) index += 1;
    table[units] = index;
  }
  return table;
}

/** What is known of a page. */
class Page {
  /** Its class, or NONE while it is empty. */
  sizeClass = NONE;
  usedCount = 0;
  /** Chunks from here on were never used since the page got its class. */
  freshIndex = 0;
  /** The first chunk that was given back; each begins with the handle of the next. */
  firstFree = NONE;
  /** Its neighbours among the pages of its class that have room, or among the empty ones. */
  previous = NONE;
  next = NONE;
}

/** The chunks. */
export class Slab {
  private readonly pieces: Pieces;
  private readonly regionBytes: (Uint8Array | null)[] = [];
  private readonly regionWords: (Int32Array | null)[] = [];
  private readonly regionViews: (DataView | null)[] = [];
  private readonly regionUsedPages: number[] = [];
  private readonly freeRegions: number[] = [];
  private readonly pages: Page[] = [];
  private readonly pagesWithRoom = new Int32Array(classUnits.length).fill(NONE);
  private firstEmptyPage = NONE;
  private emptyPageCount = 0;
  private readonly largeBuffers: (Uint8Array | null)[] = [];
  private readonly freeLarge: number[] = [];

  constructor(warm: Warm | null = null) {
    this.pieces = new Pieces(REGION_SIZE, warm);
  }

  /** Takes a chunk of at least `size` bytes and returns its handle. Its content is whatever it was. */
  allocate(size: number): number {
    const units = (size + 7) >>> UNIT_BITS || 1;
    if (units > MAX_CLASS_UNITS) return this.allocateLarge(size);
    const sizeClass = classOfUnits[units] as number;
    let index = this.pagesWithRoom[sizeClass] as number;
    if (index === NONE) index = this.startPage(sizeClass);
    if (index === NONE) return this.allocateLarge(size);
    const page = this.pages[index] as Page;
    let handle = page.firstFree;
    if (handle === NONE) {
      handle = (index << PAGE_UNIT_BITS) + page.freshIndex * (classUnits[sizeClass] as number);
      page.freshIndex += 1;
    } else {
      page.firstFree = this.wordsOf(handle)[(handle & IN_REGION) << 1] as number;
    }
    page.usedCount += 1;
    if (page.usedCount === chunksPerPage[sizeClass]) this.unlink(index, sizeClass);
    return handle;
  }

  /** Gives a chunk back. */
  free(handle: number): void {
    if (handle < 0) {
      this.largeBuffers[~handle] = null;
      this.freeLarge.push(~handle);
      return;
    }
    const index = handle >>> PAGE_UNIT_BITS;
    const page = this.pages[index] as Page;
    if (page.usedCount === chunksPerPage[page.sizeClass]) this.link(index, page.sizeClass);
    page.usedCount -= 1;
    if (page.usedCount === 0) {
      this.emptyPage(index);
      return;
    }
    this.wordsOf(handle)[(handle & IN_REGION) << 1] = page.firstFree;
    page.firstFree = handle;
  }

  /** Whether a chunk is what allocate(size) would give, so that its content can be replaced by `size` bytes. */
  fits(handle: number, size: number): boolean {
    if (handle < 0) return this.bytesOf(handle).length === size;
    const units = (size + 7) >>> UNIT_BITS || 1;
    if (units > MAX_CLASS_UNITS) return false;
    return (this.pages[handle >>> PAGE_UNIT_BITS] as Page).sizeClass === classOfUnits[units];
  }

  /** The bytes that hold a chunk, from startOf(handle) on. */
  bytesOf(handle: number): Uint8Array {
    if (handle < 0) return this.largeBuffers[~handle] as Uint8Array;
    return this.regionBytes[handle >>> REGION_UNIT_BITS] as Uint8Array;
  }

  /** Where a chunk begins in bytesOf(handle). */
  startOf(handle: number): number {
    return handle < 0 ? 0 : (handle & IN_REGION) << UNIT_BITS;
  }

  /** Gives back everything. */
  clear(): void {
    this.pieces.clear();
    this.regionBytes.length = 0;
    this.regionWords.length = 0;
    this.regionViews.length = 0;
    this.regionUsedPages.length = 0;
    this.freeRegions.length = 0;
    this.pages.length = 0;
    this.pagesWithRoom.fill(NONE);
    this.firstEmptyPage = NONE;
    this.emptyPageCount = 0;
    this.largeBuffers.length = 0;
    this.freeLarge.length = 0;
  }

  private allocateLarge(size: number): number {
    const index = this.freeLarge.pop() ?? this.largeBuffers.length;
    this.largeBuffers[index] = allocateBytes(size);
    return ~index;
  }

  /** The words of a chunk that is not a buffer of its own, from startOf(handle) / 4 on. */
  wordsOf(handle: number): Int32Array {
    return this.regionWords[handle >>> REGION_UNIT_BITS] as Int32Array;
  }

  /** A view of a chunk that is not a buffer of its own, to be read and written from startOf(handle) on. */
  viewOf(handle: number): DataView {
    return this.regionViews[handle >>> REGION_UNIT_BITS] as DataView;
  }

  /** Gives an empty page to a class; NONE when there is no room for another region. */
  private startPage(sizeClass: number): number {
    if (this.firstEmptyPage === NONE) {
      if (this.freeRegions.length === 0 && this.regionBytes.length === MAX_REGIONS) return NONE;
      this.addRegion();
    }
    const index = this.firstEmptyPage;
    this.takeFromEmpty(index);
    this.regionUsedPages[index >> REGION_PAGE_BITS] =
      (this.regionUsedPages[index >> REGION_PAGE_BITS] as number) + 1;
    const page = this.pages[index] as Page;
    page.sizeClass = sizeClass;
    page.freshIndex = 0;
    page.firstFree = NONE;
    this.link(index, sizeClass);
    return index;
  }

  private emptyPage(index: number): void {
    const page = this.pages[index] as Page;
    this.unlink(index, page.sizeClass);
    page.sizeClass = NONE;
    this.putToEmpty(index);
    const region = index >> REGION_PAGE_BITS;
    const usedPages = (this.regionUsedPages[region] as number) - 1;
    this.regionUsedPages[region] = usedPages;
    if (usedPages === 0 && this.emptyPageCount > MAX_EMPTY_PAGES) this.dropRegion(region);
  }

  private addRegion(): void {
    const region = this.freeRegions.pop() ?? this.regionBytes.length;
    const bytes = this.pieces.take();
    this.regionBytes[region] = bytes;
    this.regionWords[region] = new Int32Array(bytes.buffer, bytes.byteOffset, REGION_SIZE >> 2);
    this.regionViews[region] = new DataView(bytes.buffer, bytes.byteOffset, REGION_SIZE);
    this.regionUsedPages[region] = 0;
    const firstPage = region << REGION_PAGE_BITS;
    while (this.pages.length < firstPage + PAGES_PER_REGION) this.pages.push(new Page());
    for (let offset = PAGES_PER_REGION - 1; offset >= 0; offset--) {
      this.putToEmpty(firstPage + offset);
    }
  }

  private dropRegion(region: number): void {
    for (let offset = 0; offset < PAGES_PER_REGION; offset++) {
      this.takeFromEmpty((region << REGION_PAGE_BITS) + offset);
    }
    const bytes = this.regionBytes[region];
    if (bytes) this.pieces.giveBack(bytes);
    this.regionBytes[region] = null;
    this.regionWords[region] = null;
    this.regionViews[region] = null;
    this.freeRegions.push(region);
  }

  private putToEmpty(index: number): void {
    this.firstEmptyPage = this.linkBefore(index, this.firstEmptyPage);
    this.emptyPageCount += 1;
  }

  private takeFromEmpty(index: number): void {
    if (this.firstEmptyPage === index) this.firstEmptyPage = (this.pages[index] as Page).next;
    this.detach(index);
    this.emptyPageCount -= 1;
  }

  private link(index: number, sizeClass: number): void {
    this.pagesWithRoom[sizeClass] = this.linkBefore(index, this.pagesWithRoom[sizeClass] as number);
  }

  private unlink(index: number, sizeClass: number): void {
    if (this.pagesWithRoom[sizeClass] === index) {
      this.pagesWithRoom[sizeClass] = (this.pages[index] as Page).next;
    }
    this.detach(index);
  }

  /** Puts a page in front of a list and returns the new front. */
  private linkBefore(index: number, first: number): number {
    const page = this.pages[index] as Page;
    page.previous = NONE;
    page.next = first;
    if (first !== NONE) (this.pages[first] as Page).previous = index;
    return index;
  }

  private detach(index: number): void {
    const { previous, next } = this.pages[index] as Page;
    if (previous !== NONE) (this.pages[previous] as Page).next = next;
    if (next !== NONE) (this.pages[next] as Page).previous = previous;
  }
}
