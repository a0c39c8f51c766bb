/*
 * ProposalSizes: the bytes of the proposals of one leader, for `srvr` and `mntr` (Java: BufferStats in Leader.proposalStats).
 */

/** Before the first proposal (BufferStats.INIT_VALUE). */
const NONE = -1;

/** The last, the smallest and the largest. */
export class ProposalSizes {
  last = NONE;
  min = NONE;
  max = NONE;

  add(size: number): void {
    this.last = size;
    if (size < this.min || this.min === NONE) this.min = size;
    if (size > this.max) this.max = size;
  }
}
