/*
 * NewerEpochs: what a server remembers, from one time that it leads to the next, of epochs that voters had accepted and that were newer
 * than its own. In Java (Learner.registerWithLeader) such a voter can follow nobody until another epoch happens to begin.
 *
 * Here the leader steps down for it, and leads the next time with an epoch above what it was told. That costs an election, so nobody
 * must be able to bring it about at will. A voter cannot by itself, unlike by a term of Raft's: an epoch is accepted only where a
 * quorum had come to whoever proposed it. What a damaged file says, or a server of another ensemble, is bounded here.
 */

/** Epochs that failed one behind the other. Whoever says to be further ahead than this has a damaged file, or is of another ensemble. */
const AHEAD_LIMIT = 1000;

/** Newer epochs that voters have told. */
export class NewerEpochs {
  private readonly pauseMs: number;
  private newestEpoch = 0;
  private steppedDownAt = Number.NEGATIVE_INFINITY;

  /** @param pauseMs between two times that this server steps down, at least */
  constructor(pauseMs: number) {
    this.pauseMs = pauseMs;
  }

  /** The newest for which this server has stepped down; 0 for none. */
  get newest(): number {
    return this.newestEpoch;
  }

  /**
   * Whether a leader is to step down; if so it is taken as done.
   *
   * @param accepted by a voter
   * @param epoch of the leader
   * @param now ms
   */
  mustStepDown(accepted: number, epoch: number, now: number): boolean {
    if (accepted <= epoch || accepted > epoch + AHEAD_LIMIT) return false;
    if (now - this.steppedDownAt < this.pauseMs) return false;
    this.newestEpoch = accepted;
    this.steppedDownAt = now;
    return true;
  }
}
