/*
 * What all metrics have in common: they can be printed and start anew.
 *
 * Answers to org.apache.zookeeper.server.metric.Metric; the entries are the lines of `mntr` without `zk_`.
 */

import type { MetricEntry } from '../../fourletter/index.ts';

/** A metric of any kind. */
export interface Metric {
  /** Appends its lines in Java's order. */
  appendTo(entries: MetricEntry[]): void;
  /** Forgets what was recorded, but not the keys of a set. */
  reset(): void;
}
