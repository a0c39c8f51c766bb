/*
 * When a server is warm. The JVM compiles what is hot in several steps and in threads of its own, so how long
 * that takes depends on the load and on what else the machine does: with a fixed time, a server that is still
 * half interpreted would be measured, and found slow. What tells is the server's CPU time per operation, which falls
 * until the last step is done.
 */
import { spreadOf } from './figures.ts';

/** Length of a slice of the warm-up in milliseconds. */
export const SLICE_MS = 1000;

const SLICES = 3;
const FALL = 0.04;

/**
 * Whether CPU time per operation, given slice by slice from the start, has stopped falling: the median of the
 * last three slices is less than 4 % below that of the three before.
 */
export function isWarm(cpuUsPerOp: readonly number[]): boolean {
  if (cpuUsPerOp.length < 2 * SLICES) return false;
  const last = spreadOf(cpuUsPerOp.slice(-SLICES))?.median ?? 0;
  const before = spreadOf(cpuUsPerOp.slice(-2 * SLICES, -SLICES))?.median ?? 0;
  return last > before * (1 - FALL);
}
