/*
 * What the harness and a generator process say to each other. A generator gets one job, does it and
 * ends. All messages are plain JSON.
 */
import type { LatencySummary } from './histogram.ts';
import type { SteadyLoadName } from './load/by-name.ts';
import type { TimelineSlot } from './meter.ts';

/** A server that a load goes to. */
export interface LoadedServer {
  readonly port: number;
  readonly pid: number;
}

/** A load that goes round over several connections, for a time or for a number of requests. */
export interface SteadyJob {
  readonly kind: 'steady';
  readonly load: SteadyLoadName;
  readonly connections: number;
  readonly outstanding: number;
  /** One server, or the members of an ensemble: the connections are spread over them. */
  readonly servers: readonly LoadedServer[];
  /** The longest time that is not counted, in milliseconds; it ends as soon as the server is warm. */
  readonly warmupMs: number;
  /** Counted, in milliseconds; not looked at when there is a limit. */
  readonly windowMs: number;
  /** Whether it is counted second by second, and the stage `turn` reached before each of them. */
  readonly takesTurns?: boolean;
  /** Whether it is the harness that ends the counted part: at the stage `counting`. */
  readonly isOpenEnded?: boolean;
  /** How many requests to send in all instead of a time; then there is no warm-up. */
  readonly limit?: number;
  /** Znodes to fill, or that were filled. */
  readonly znodes?: number;
  /** Length of the slots of a time line in milliseconds. */
  readonly slotMs?: number;
}

/** One znode watched by many connections. */
export interface WatchJob {
  readonly kind: 'watch';
  readonly connections: number;
  readonly servers: readonly LoadedServer[];
  readonly warmupMs: number;
  readonly windowMs: number;
  /** As of a steady one. */
  readonly takesTurns?: boolean;
}

/** Sessions that do nothing; the harness measures between the stages. */
export interface IdleJob {
  readonly kind: 'idle';
  readonly sessions: number;
  readonly port: number;
}

/** What a generator process is told to do. */
/**
 * Writes while leaders are killed. Before each kill the stage `writing` is reached, with 0; when every client writes
 * again, the stage `resumed`, with the longest time without an acknowledged write in milliseconds.
 */
export interface FailoverJob {
  readonly kind: 'failover';
  readonly clients: number;
  readonly ports: readonly number[];
  readonly kills: number;
}

export type Job = SteadyJob | WatchJob | IdleJob | FailoverJob;

/** What a load has shown. */
export interface LoadResult {
  /** Replies (or events) counted. */
  readonly replies: number;
  readonly seconds: number;
  /** How long the load ran before it was counted. */
  readonly warmupSeconds: number;
  /** CPU time of the server's process within the counted part, in microseconds. */
  readonly serverCpuUs: number;
  /** CPU time of the generator within the counted part, in microseconds. */
  readonly generatorCpuUs: number;
  /** CPU time of the whole machine within the counted part, in microseconds; null where it is not told. */
  readonly machineCpuUs: number | null;
  readonly latency: LatencySummary;
  readonly timeline: readonly TimelineSlot[];
}

/** From the generator: a stage is reached (it waits for `go`), the job is done, or it has failed. */
export type GeneratorMessage =
  | { readonly kind: 'stage'; readonly stage: string; readonly value: number }
  | { readonly kind: 'done'; readonly result: LoadResult | null }
  | { readonly kind: 'failed'; readonly message: string };

/** From the harness: the job, and leave to go on after a stage. */
export type HarnessMessage = { readonly kind: 'job'; readonly job: Job } | { readonly kind: 'go' };
