/*
 * Collects garbage when nobody asks anything.
 *
 * V8 collects when something new wants room. After a burst nothing does, and what the burst has left stays: transactions that were on
 * their way for longer than two small collections, tables of the path index that have grown out of use, batches of the log. That may be
 * 60 MB of a process that needs 250, and they are held for as long as the server is idle.
 */

import { constants, PerformanceObserver, performance } from 'node:perf_hooks';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Small collections, each of some megabytes, after which there may be something worth it. */
const WORTHWHILE_COUNT = 4;

/** How long the loop has to have been idle, in ms. */
const IDLE_MS = 400;

/** Which part of that time may have been used nevertheless. */
const IDLE_UTILIZATION = 0.02;

type Collect = () => void;

/** V8's own function, which it shows to contexts that are made while the flag is set. */
function collector(): Collect {
  v8.setFlagsFromString('--expose-gc');
  const collect: Collect = runInNewContext('gc');
  v8.setFlagsFromString('--no-expose-gc');
  return collect;
}

/** Starts to watch the collector and the loop. It keeps no process alive, and an idle one sleeps. */
export function collectWhenIdle(): void {
  let collect: Collect | null = null;
  let count = 0;
  let timer: NodeJS.Timeout | null = null;
  let before = performance.eventLoopUtilization();
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > IDLE_UTILIZATION) return;
    if (timer !== null) clearInterval(timer);
    timer = null;
    count = 0;
    collect ??= collector();
    collect();
  };
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (isSmallCollection(entry)) count += 1;
    if (count < WORTHWHILE_COUNT || timer !== null) return;
    before = performance.eventLoopUtilization();
    timer = setInterval(look, IDLE_MS).unref();
  });
  observer.observe({ entryTypes: ['gc'] });
}

function isSmallCollection(entry: object): boolean {
  if (!('detail' in entry)) return false;
  const { detail } = entry;
  const isOfGc = typeof detail === 'object' && detail !== null && 'kind' in detail;
  return isOfGc && detail.kind === constants.NODE_PERFORMANCE_GC_MINOR;
}
