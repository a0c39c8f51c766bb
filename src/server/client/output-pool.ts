/*
 * Output buffers, lent to a connection for the time between its first reply of a turn and the flush that ends the turn.
 *
 * An idle connection so owns no buffer, and a hundred busy ones share a few that stay in the processor's cache. A buffer starts
 * small, because an event for a thousand watchers needs a thousand of them at once, and keeps the size that it has grown to.
 */

import { JuteWriter } from '../../jute/writer.ts';

/** Bytes a fresh buffer starts with. */
const INITIAL_SIZE = 1024;
/** A buffer that has grown beyond this, for one large reply, is left to the collector. */
const KEPT_SIZE_LIMIT = 256 * 1024;
/** Bytes of all buffers that are kept; more than this were only needed by a burst. */
const KEPT_TOTAL_LIMIT = 8 * 1024 * 1024;

/** A stack of buffers that nobody uses at the moment. */
export class OutputPool {
  private readonly idle: JuteWriter[] = [];
  private idleSize = 0;

  /** An empty buffer. */
  take(): JuteWriter {
    const buffer = this.idle.pop();
    if (buffer === undefined) return new JuteWriter(INITIAL_SIZE);
    this.idleSize -= buffer.buffer.length;
    return buffer;
  }

  /** Takes a buffer back whose bytes nobody needs any more. */
  giveBack(buffer: JuteWriter): void {
    const size = buffer.buffer.length;
    if (size > KEPT_SIZE_LIMIT || this.idleSize + size > KEPT_TOTAL_LIMIT) return;
    this.idleSize += size;
    this.idle.push(buffer.reset());
  }
}
