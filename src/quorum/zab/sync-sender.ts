/*
 * SyncSender: sends one learner the tree, or the part of the log that it misses, slice by slice (Java: LearnerHandler.run, where one
 * thread for each learner writes all of it at once).
 *
 * One slice is on its way at a time, and the next is made when the network has taken it: nobody else waits for that learner, and of what
 * it is sent no more than a slice is in memory. What it is sent is sync-source.ts; when, and what follows behind, is its LearnerHandler's.
 */

import { JuteWriter } from '../../jute/writer.ts';
import type { PeerLink } from '../ports.ts';
import type { SliceResult, SyncSource } from './sync-source.ts';

/** Bytes of a slice of a tree or a log. Writing them takes less than a millisecond. */
const SLICE_SIZE = 64 * 1024;

/** Sends what one learner misses. */
export class SyncSender {
  private source: SyncSource | null = null;
  /**
   * The slice that is on its way; null while there is none. One is enough, as the kernel has what was sent before it, and it is filled
   * again and again: buffers of their own, two hundred megabytes for a million znodes, make V8 collect its whole heap many times a
   * second.
   */
  private slice: JuteWriter | null = null;

  /** Whether something is still to be sent. */
  get isSending(): boolean {
    return this.source !== null;
  }

  /** Sends this from now on. */
  begin(source: SyncSource): void {
    this.source = source;
  }

  /**
   * Sends the next slice, unless the one before is still on its way; null for that, and where nothing is to be sent. Once the result is
   * `done` or `snap` this source has come to its end. Raises StorageError for a damaged log.
   */
  sendSlice(link: PeerLink): SliceResult | null {
    const { source } = this;
    if (source === null || link.unsentSize > 0) return null;
    this.slice ??= new JuteWriter(2 * SLICE_SIZE);
    const slice = this.slice.reset();
    const result = source.writeSlice(slice, SLICE_SIZE);
    if (result !== 'snap') link.write(slice.view());
    if (result !== 'more') this.close();
    return result;
  }

  /** Sends no more of it. */
  close(): void {
    this.source?.close();
    this.source = null;
    this.slice = null;
  }
}
