/*
 * What is measured, and how it is compared: figures of one server in one round, their medians over
 * rounds, the ratio of this server to Java round by round, and whether a goal is reached. All pure.
 */
import type { LoadResult } from './job.ts';

/** Everything that a row of the report can have; the name's end tells the unit. */
export type Metric =
  | 'ratePerSecond'
  | 'cpuUsPerOp'
  | 'p50Us'
  | 'p99Us'
  | 'p999Us'
  | 'generatorCores'
  | 'otherCores'
  | 'warmupSeconds'
  | 'seconds'
  | 'rssBytes'
  | 'pssBytes'
  | 'bytesPerSession'
  | 'bytesPerDetachedSession'
  | 'normalP99Us'
  | 'p99OverNormal'
  | 'stallMs'
  | 'normalStallMs'
  | 'worstWriteMs'
  | 'normalWorstWriteMs'
  | 'medianGapMs'
  | 'worstGapMs';

/** Figures of one row. */
export type Figures = Readonly<Partial<Record<Metric, number>>>;

/** What a row is to reach. */
export interface Goal {
  readonly metric: Metric;
  /** The ratio of this server to Java, or this server's own value. */
  readonly of: 'ratio' | 'value';
  readonly bound: 'atLeast' | 'atMost';
  readonly limit: number;
}

/** Median, smallest and largest of what was seen over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How a goal came out; `seen` is undefined where there was nothing to compare. */
export interface Verdict {
  readonly goal: Goal;
  readonly seen: number | undefined;
  readonly isReached: boolean | undefined;
}

/** The middle value (of an even number the mean of both) with the range; undefined for no values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  const [min] = sorted;
  const max = sorted.at(-1);
  if (upper === undefined || lower === undefined) return undefined;
  if (min === undefined || max === undefined) return undefined;
  return { median: (upper + lower) / 2, min, max };
}

/** One metric over the rounds of one server. */
export function spreadOfMetric(rounds: readonly Figures[], metric: Metric): Spread | undefined {
  return spreadOf(rounds.flatMap((figures) => figures[metric] ?? []));
}

/** This server's value by Java's of the same round, over the rounds that both have. */
export function ratioOf(
  ours: readonly Figures[],
  java: readonly Figures[],
  metric: Metric,
): Spread | undefined {
  const ratios = ours.flatMap((figures, round) => {
    const own = figures[metric];
    const other = java[round]?.[metric];
    return own === undefined || other === undefined || other === 0 ? [] : [own / other];
  });
  return spreadOf(ratios);
}

/** Holds a goal against the median of what was seen. */
export function judge(goal: Goal, ours: readonly Figures[], java: readonly Figures[]): Verdict {
  const spread =
    goal.of === 'ratio' ? ratioOf(ours, java, goal.metric) : spreadOfMetric(ours, goal.metric);
  if (spread === undefined) return { goal, seen: undefined, isReached: undefined };
  const seen = spread.median;
  return {
    goal,
    seen,
    isReached: goal.bound === 'atLeast' ? seen >= goal.limit : seen <= goal.limit,
  };
}

/** The figures of a load that ran for a time. */
export function figuresOfLoad(result: LoadResult): Figures {
  const { replies, seconds, serverCpuUs, generatorCpuUs, machineCpuUs, warmupSeconds, latency } =
    result;
  if (replies === 0) throw new Error('not one reply came in the counted part');
  return {
    ratePerSecond: replies / seconds,
    cpuUsPerOp: serverCpuUs / replies,
    p50Us: latency.p50Us,
    p99Us: latency.p99Us,
    p999Us: latency.p999Us,
    generatorCores: generatorCpuUs / seconds / 1e6,
    warmupSeconds,
    ...(machineCpuUs === null
      ? {}
      : { otherCores: Math.max(0, machineCpuUs - serverCpuUs - generatorCpuUs) / seconds / 1e6 }),
  };
}
