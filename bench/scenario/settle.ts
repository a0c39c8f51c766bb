/*
 * Waits until a process's memory has come to rest, and tells it. Right after a load a server may still be
 * flushing, collecting garbage or giving pages back; measuring at once would show the peak, waiting for a fixed
 * time would show how long one waited.
 */
import { memoryOf, type ProcessMemory } from '../process-stat.ts';

const SAMPLE_MS = 500;
const LEAST_MS = 3000;
const LONGEST_MS = 20_000;
/** At rest: within a second and a half it changes by less than this share. */
const REST_SAMPLES = 3;
const REST_SHARE = 0.005;

/** The memory of a process after it has settled: 3 seconds at least, 20 at most. */
export async function settledMemory(pid: number): Promise<ProcessMemory> {
  const startedMs = performance.now();
  const seen: number[] = [];
  for (;;) {
    const memory = memoryOf(pid);
    seen.push(memory.rssBytes);
    const passedMs = performance.now() - startedMs;
    const recent = seen.slice(-REST_SAMPLES);
    const isAtRest = Math.max(...recent) - Math.min(...recent) < REST_SHARE * memory.rssBytes;
    if (passedMs >= LONGEST_MS || (passedMs >= LEAST_MS && isAtRest)) return memory;
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
}
