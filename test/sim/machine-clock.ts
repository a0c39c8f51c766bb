/*
 * MachineClock: the clocks of one simulated machine, the monotonic one and that of the wall. Each runs at a speed of its own, and that
 * of the wall may be set.
 */
import type { TurnClock } from '../../src/server/clock.ts';

/** What the monotonic clock shows when the world begins, in ms. */
const ELAPSED_START = 1_000_000;
/** ms since 1970 when the world begins. */
const WALL_START = 1_700_000_000_000;

/** The clocks of a machine. All its methods take and give ms of the world. */
export class MachineClock {
  /** As the process sees them, from one turn to the next. */
  readonly turn: TurnClock = { elapsed: 0, wall: 0 };
  /** What the wall clock is ahead, in ms. */
  wallOffset = 0;
  /** How fast they run: 1 as time does. */
  elapsedRate = 1;
  wallRate = 1;

  /** The process looks at them. */
  look(now: number): void {
    this.turn.elapsed = ELAPSED_START + Math.floor(now * this.elapsedRate);
    this.turn.wall = WALL_START + Math.floor(now * this.wallRate) + this.wallOffset;
  }

  /** How long it takes until the monotonic clock shows `deadline`. */
  msUntil(deadline: number, now: number): number {
    return (deadline - ELAPSED_START) / this.elapsedRate - now;
  }
}
