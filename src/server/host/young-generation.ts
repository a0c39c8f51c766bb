/*
 * Keeps the part of the JavaScript heap where objects are born small.
 *
 * V8 lets it grow to 32 MB under load and seldom gives that back. Here nearly everything that is born dies with its request, and
 * the znodes are elsewhere; but what is under way whenever it is full has to be copied. With a thousand writes under way half of it
 * costs 5 % of their time, and a quarter 10 %. How large it may become is asked for when
 * the process starts, before any of our code runs; but how far it grows at a time is looked up whenever it does.
 */

import { PerformanceObserver } from 'node:perf_hooks';
import v8 from 'node:v8';

/** Bytes at which it stops to grow; both halves together. */
const SIZE_LIMIT = 16 * 1024 * 1024;

/** Watches the collector until the young generation has its size, and lets it grow no further. */
export function keepYoungGenerationSmall(): void {
  const observer = new PerformanceObserver(() => {
    const space = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (space === undefined || space.space_size < SIZE_LIMIT) return;
    v8.setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}
