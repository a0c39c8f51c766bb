/*
 * Scenarios of one load for a time: a fresh server, its znodes, a warm-up that is not counted (the JVM
 * and V8 both compile what is hot), and the counted part, in which the servers of a round take turns.
 */
import type { Figures, Goal } from '../figures.ts';
import { figuresOfLoad } from '../figures.ts';
import { runLoad } from '../generator-process.ts';
import type { SteadyLoadName } from '../load/by-name.ts';
import type { BenchServer } from '../server.ts';
import { type Scenario, type Setting, withDirectory } from './scenario.ts';

/** p99 is not to be above Java's anywhere. */
export const P99_NOT_ABOVE: Goal = { metric: 'p99Us', of: 'ratio', bound: 'atMost', limit: 1 };

/** Which steady load, on how many connections, with how many requests outstanding on each. */
export interface SteadyShape {
  readonly name: string;
  readonly title: string;
  readonly load: SteadyLoadName;
  readonly connections: number;
  readonly outstanding: number;
  readonly goals: readonly Goal[];
}

/** A load that goes round over several connections. */
export function steadyScenario(shape: SteadyShape): Scenario {
  const { name, title, load, connections, outstanding, goals } = shape;
  return {
    name,
    rows: [{ id: name, title, goals: [...goals, P99_NOT_ABOVE] }],
    takesTurns: true,
    run: (setting) =>
      runOne(setting, name, async (server, nextTurn) => {
        const { warmupMs, windowMs } = setting;
        const shape = { load, connections, outstanding, warmupMs, windowMs };
        const job = { kind: 'steady' as const, servers: [server.loaded], ...shape };
        return figuresOfLoad(await runLoad(job, nextTurn));
      }),
  };
}

/** One znode watched by `connections` connections. */
export function watchScenario(
  name: string,
  options: {
    readonly title: string;
    readonly connections: number;
    readonly goals: readonly Goal[];
  },
): Scenario {
  const { title, connections, goals } = options;
  return {
    name,
    rows: [{ id: name, title, goals: [...goals, P99_NOT_ABOVE] }],
    takesTurns: true,
    run: (setting) =>
      runOne(setting, name, async (server, nextTurn) => {
        const { warmupMs, windowMs } = setting;
        const shape = { connections, warmupMs, windowMs };
        const job = { kind: 'watch' as const, servers: [server.loaded], ...shape };
        return figuresOfLoad(await runLoad(job, nextTurn));
      }),
  };
}

async function runOne(
  setting: Setting,
  row: string,
  measure: (server: BenchServer, nextTurn: () => Promise<void>) => Promise<Figures>,
): Promise<ReadonlyMap<string, Figures>> {
  const { turns } = setting;
  let pass = await turns.take();
  let isOver = false;
  const nextTurn = async (): Promise<void> => {
    pass();
    pass = await turns.take();
    if (isOver) pass();
  };
  try {
    return await withDirectory(setting, async (start) => {
      const server = await start();
      const figures = await measure(server, nextTurn);
      await server.stop();
      return new Map([[row, figures]]);
    });
  } finally {
    isOver = true;
    pass();
  }
}
