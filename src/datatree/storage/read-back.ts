/*
 * Reading a snapshot back before it gets its name: what the file gives, unpacked, has to have the size and the checksum
 * of what was written. (Java does not do this; a snapshot that the disk has spoiled is found when it is needed.)
 */

import { adler32 } from './adler32.ts';
import type { Done, Given, ReadBack } from './disk.ts';
import type { SnapshotCompression } from './file-names.ts';
import { SnappyError, SnappyUnpacker } from './snappy-frames.ts';

/** The unpacked bytes that a file has to have. */
export interface Expected {
  /** Adler32. */
  readonly checksum: number;
  /** Bytes. */
  readonly size: number;
}

/** What to do with the file that Disk.readBack gives: reads it to its end and tells `done` whether it is as expected. */
export function compareWith(
  expected: Expected,
  compression: SnapshotCompression,
  done: Done,
): Given<ReadBack> {
  return (error, file) => {
    if (file === null) done(error ?? new Error('no file'));
    else new Comparison(file, compression).run(expected, done);
  };
}

class Comparison {
  private readonly file: ReadBack;
  private readonly unpacker: SnappyUnpacker | null;
  private checksum = 1;
  private size = 0;

  constructor(file: ReadBack, compression: SnapshotCompression) {
    this.file = file;
    this.unpacker = compression === 'snappy' ? new SnappyUnpacker() : null;
  }

  run(expected: Expected, done: Done): void {
    this.file.read((error, bytes) => {
      const failure = bytes === null ? (error ?? new Error('no bytes')) : this.take(bytes);
      if (failure === null && bytes !== null && bytes.length > 0) {
        this.run(expected, done);
        return;
      }
      this.file.close();
      const isSame = this.checksum === expected.checksum && this.size === expected.size;
      done(
        failure ?? (isSame ? null : new Error('a snapshot reads back differently than written')),
      );
    });
  }

  private take(bytes: Uint8Array): Error | null {
    try {
      for (const part of this.unpacker?.push(bytes) ?? [bytes]) {
        this.checksum = adler32(part, 0, part.length, this.checksum);
        this.size += part.length;
      }
      return null;
    } catch (error) {
      if (error instanceof SnappyError) return error;
      throw error;
    }
  }
}
