/*
 * Outbox: the packets that a turn has written for one link, handed over in one piece at its end. Both ends of the link between a
 * leader and its learner have one (learner-handler.ts, learner.ts).
 */

import type { Id } from '../../jute/data.ts';
import { JuteWriter } from '../../jute/writer.ts';
import type { PeerLink } from '../ports.ts';
import { writePacket } from './packet.ts';

/** Bytes that wait for a peer that does not read them: above this its link is given up, it may synchronise again. */
export const UNSENT_LIMIT = 512 * 1024 * 1024;
/** Output is handed over as it is from this size on, in bytes; what is smaller is copied and the memory used again. */
const HANDED_OVER_SIZE = 64 * 1024;
const INITIAL_SIZE = 16 * 1024;

/** What is to be sent. */
export class Outbox {
  private writer = new JuteWriter(INITIAL_SIZE);

  /** Bytes that were written and not handed over. */
  get size(): number {
    return this.writer.length;
  }

  /** Writes a packet behind the others. */
  write(
    type: number,
    zxid: bigint,
    data: Uint8Array | null,
    authinfo: readonly Id[] | null = null,
  ): void {
    writePacket(this.writer, type, zxid, data, authinfo);
  }

  /** Forgets what was not handed over. */
  clear(): void {
    this.writer.reset();
  }

  /** Hands everything to the link. */
  flush(link: PeerLink): void {
    const { writer } = this;
    if (writer.length === 0) return;
    if (writer.length < HANDED_OVER_SIZE) {
      link.write(writer.toBuffer());
      writer.reset();
    } else {
      link.write(writer.view());
      this.writer = new JuteWriter(INITIAL_SIZE);
    }
  }
}
