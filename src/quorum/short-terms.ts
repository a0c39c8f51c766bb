/*
 * ShortTerms: how long a learner rests before it looks for a leader again, where its terms end as soon as they have begun. There is
 * mostly somebody who leads, so without a rest it would find him, be synchronised and be sent away many times a second: where two
 * servers have one id, each is put out by the other; a leader may not want it, or its disk not what the leader sends. After a
 * failure that comes once nobody rests.
 */

/** A term that lasted less than this is short, in ms. */
const SHORT_TERM = 2_000;
/** So many short ones in a row may be what a single failure of the ensemble brings about. */
const WITHOUT_REST = 3;
/** The first rest, which doubles, and the longest, in ms: as long as it rests it takes no part in an election. */
const FIRST_REST = 50;
const LONGEST_REST = 1_000;

/** Counts terms that were short. */
export class ShortTerms {
  private count = 0;

  /**
   * A term as a learner has ended.
   *
   * @param durationMs how long it was
   * @param random a number in [0, 1): two that put each other out are not to do so in step
   * @returns how long to rest, in ms
   */
  restAfter(durationMs: number, random: () => number): number {
    this.count = durationMs < SHORT_TERM ? this.count + 1 : 0;
    const doublings = this.count - WITHOUT_REST - 1;
    if (doublings < 0) return 0;
    return Math.min(FIRST_REST * 2 ** doublings, LONGEST_REST) * (0.5 + random() / 2);
  }
}
