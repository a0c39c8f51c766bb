/*
 * What a scenario of the benchmark is: something that is done with one server, from its start to its end,
 * and that gives the figures of one or more rows of the report.
 */
import path from 'node:path';
import { makeRunDirectory, removeRunDirectory } from '../children.ts';
import type { Figures, Goal, Metric } from '../figures.ts';
import { BenchServer, LOG_TAIL, type ServerKind, type ServerPlan } from '../server.ts';
import type { Turns } from '../turns.ts';

/** One row of the report. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly goals: readonly Goal[];
  /** The metrics that its line shows, for a row that is not a rate with latencies. */
  readonly metrics?: readonly Metric[];
  /** Whether a short run makes it smaller, so that its figures cannot be held against the goals. */
  readonly isScalable?: boolean;
}

/** One scenario: its rows are filled by each of its runs. */
export interface Scenario {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Whether its runs on several servers go on side by side, each waiting for its turns, and not one after the other. */
  readonly takesTurns?: boolean;
  run(setting: Setting): Promise<ReadonlyMap<string, Figures>>;
}

/** What one run of a scenario is given. */
export interface Setting {
  readonly kind: ServerKind;
  /** Shared with the runs that go on at the same time. */
  readonly turns: Turns;
  /** The directory below which run directories are made. */
  readonly baseDirectory: string;
  readonly warmupMs: number;
  readonly windowMs: number;
  readonly javaHeap: string;
  readonly profileDirectory: string | undefined;
  /** Whether this project's server is started with V8's inspector. */
  readonly hasInspector?: boolean;
  /** How large the big scenarios are: 1, or less for a short run. */
  readonly scale: number;
  /** How often the leader of an ensemble is killed in a round. */
  readonly kills: number;
}

/** Runs `use` with a fresh directory and a way to start servers in it, and removes the directory. */
export async function withDirectory<T>(
  setting: Setting,
  use: (
    start: (settings?: Readonly<Record<string, string>>) => Promise<BenchServer>,
    dataDirectory: string,
  ) => Promise<T>,
): Promise<T> {
  const directory = makeRunDirectory(setting.baseDirectory);
  const started: BenchServer[] = [];
  try {
    return await use(
      async (settings) => {
        const server = await BenchServer.start(planOf(setting, directory, settings));
        started.push(server);
        return server;
      },
      path.join(directory, 'data'),
    );
  } catch (error) {
    const log = started.at(-1)?.log.slice(-LOG_TAIL) ?? '';
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${setting.kind}: ${message}${log === '' ? '' : `\nits log ends with:\n${log}`}`,
    );
  } finally {
    for (const server of started) await server.kill();
    removeRunDirectory(directory);
  }
}

function planOf(
  setting: Setting,
  directory: string,
  settings: Readonly<Record<string, string>> = {},
): ServerPlan {
  const { kind, javaHeap, profileDirectory, hasInspector = false } = setting;
  return { kind, directory, settings, javaHeap, profileDirectory, hasInspector };
}
