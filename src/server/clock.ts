/*
 * The time as one turn of the loop sees it. The host sets both fields when a turn begins; nothing inside the server asks a
 * clock, so that everything in one turn happens at one moment and a simulator can say what time it is.
 */

/** Both in ms: `elapsed` never goes back and means nothing by itself, `wall` counts from 1970. */
export interface TurnClock {
  elapsed: number;
  wall: number;
}
