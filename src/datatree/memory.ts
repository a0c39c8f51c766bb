/*
 * Where the tree gets its memory. Nothing else in this room makes large buffers, so that they can become
 * SharedArrayBuffers for reader threads by a change in this file alone.
 *
 * Large trees take it in arenas. The C library maps what is larger than 32 MiB by itself and gives it back when it is freed; what is
 * smaller lies between buffers that live for a moment, and leaves holes in its heap that nobody else gets (measured with
 * glibc and a million znodes: 40 MiB). Of an arena, as of every mapping, only what was written to takes memory.
 */

/** Bytes of what is mapped by itself: glibc's DEFAULT_MMAP_THRESHOLD_MAX and a bit more. */
const MAPPED_SIZE = 33 * 1024 * 1024;

/** Bytes that are taken piece by piece before there is an arena: small trees are to be cheap. */
const APART_LIMIT = 4 * 1024 * 1024;

/** `size` bytes of zeros outside the JavaScript heap; the view begins at 0 of its buffer. */
export function allocateBytes(size: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(size));
}

/** The same for a table that is replaced by another as it grows. The buffer may be longer than the view. */
export function allocateTable(size: number): Uint8Array {
  if (size < APART_LIMIT) return allocateBytes(size);
  return new Uint8Array(new ArrayBuffer(Math.max(size, MAPPED_SIZE)), 0, size);
}

/**
 * Has another thread write zeros into memory that holds zeros and is not in use yet, and calls back in a later turn. The system maps a
 * page when it is first written to, which a load of many znodes would otherwise wait for at every other one of them.
 */
export type Warm = (bytes: Uint8Array, done: () => void) => void;

/** A mapping that is cut into pieces. */
interface Arena {
  readonly buffer: ArrayBufferLike;
  readonly pieceCount: number;
  readonly free: Uint8Array[];
}

/** Pieces of memory of one size. */
export class Pieces {
  private readonly size: number;
  private apartCount = 0;
  private readonly arenas: Arena[] = [];
  private readonly warm: Warm | null;
  /** Whether a piece is being warmed; meanwhile it belongs to nobody. */
  private isWarming = false;

  /** @param size bytes, a multiple of 8 */
  constructor(size: number, warm: Warm | null = null) {
    this.size = size;
    this.warm = warm;
  }

  /** A piece; it holds zeros. Its view need not begin at 0 of its buffer. */
  take(): Uint8Array {
    const { size } = this;
    const arena = this.arenaWithRoom;
    if (arena === undefined && this.apartCount * size < APART_LIMIT) {
      this.apartCount += 1;
      return allocateBytes(size);
    }
    const piece = (arena ?? this.addArena()).free.pop() ?? allocateBytes(size);
    this.warmNext();
    return piece;
  }

  private get arenaWithRoom(): Arena | undefined {
    return this.arenas.find(({ free }) => free.length > 0);
  }

  /** What is warm lies on top of the others again, and is the next to be taken. */
  private warmNext(): void {
    const arena = this.arenaWithRoom;
    if (this.warm === null || this.isWarming || arena === undefined) return;
    const piece = arena.free.pop() as Uint8Array;
    this.isWarming = true;
    this.warm(piece, () => {
      this.isWarming = false;
      arena.free.push(piece);
      this.dropUnused(arena);
    });
  }

  /** Gives a piece back, and with the last one its arena, if there is room elsewhere. */
  giveBack(piece: Uint8Array): void {
    const arena = this.arenas.find(({ buffer }) => buffer === piece.buffer);
    if (arena === undefined) {
      this.apartCount -= 1;
      return;
    }
    piece.fill(0);
    arena.free.push(piece);
    this.dropUnused(arena);
  }

  /** Lets go of an arena in which nothing is in use, if there is room elsewhere. */
  private dropUnused(arena: Arena): void {
    const index = this.arenas.indexOf(arena);
    // It may have been forgotten while its last piece was being warmed.
    if (index < 0 || arena.free.length < arena.pieceCount) return;
    const hasRoomElsewhere = this.arenas.some((other) => other !== arena && other.free.length > 0);
    if (hasRoomElsewhere) this.arenas.splice(index, 1);
  }

  /** Forgets all pieces. */
  clear(): void {
    this.apartCount = 0;
    this.arenas.length = 0;
  }

  private addArena(): Arena {
    const { size } = this;
    const pieceCount = Math.ceil(MAPPED_SIZE / size);
    const { buffer } = allocateBytes(pieceCount * size);
    const free: Uint8Array[] = [];
    for (let piece = pieceCount - 1; piece >= 0; piece--) {
      free.push(new Uint8Array(buffer, piece * size, size));
    }
    const arena = { buffer, pieceCount, free };
    this.arenas.push(arena);
    return arena;
  }
}

/** The byte order of this machine. */
export const IS_LITTLE_ENDIAN = new Uint8Array(new Int32Array([1]).buffer)[0] === 1;
