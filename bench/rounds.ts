/*
 * Runs the chosen scenarios round by round, the servers in turn within each round, second by second where a load goes on for a
 * time, so that what disturbs the machine disturbs them alike.
 */
import path from 'node:path';
import type { Figures } from './figures.ts';
import type { MeasuredRow } from './report.ts';
import type { Scenario, Setting } from './scenario/scenario.ts';
import type { ServerKind } from './server.ts';
import { Turns } from './turns.ts';

/** What to run and how. */
export interface RoundsPlan {
  readonly scenarios: readonly Scenario[];
  readonly kinds: readonly ServerKind[];
  readonly roundCount: number;
  readonly setting: Omit<Setting, 'kind' | 'turns'>;
  /** Called with a line about each run as it ends. */
  readonly tell: (line: string) => void;
}

/** The scenarios that the bare server can serve: it knows nothing but gets, sets one by one, and the watched znode. */
const BARE_SCENARIOS = ['get-100x1', 'get-16x64', 'set-100x1', 'watch-1000'];

/** Runs everything; a failure of any run ends it all. */
export async function runRounds(plan: RoundsPlan): Promise<MeasuredRow[]> {
  const measured: MeasuredRow[] = [];
  for (const scenario of plan.scenarios) {
    const seen = new Map<string, Record<ServerKind, Figures[]>>();
    for (const { id } of scenario.rows) seen.set(id, { ours: [], java: [], bare: [] });
    for (let round = 0; round < plan.roundCount; round++) {
      await runRound(plan, scenario, round, (kind, figures) => {
        for (const [id, row] of figures) {
          seen.get(id)?.[kind].push(row);
          plan.tell(`${id} round ${round + 1} ${kind}: ${lineOf(row)}`);
        }
      });
    }
    for (const row of scenario.rows) {
      const rounds = seen.get(row.id);
      if (rounds !== undefined) measured.push({ row, rounds });
    }
  }
  return measured;
}

/** One run on each server: side by side where they take turns, else one after the other. */
async function runRound(
  plan: RoundsPlan,
  scenario: Scenario,
  round: number,
  ended: (kind: ServerKind, figures: ReadonlyMap<string, Figures>) => void,
): Promise<void> {
  const turns = new Turns();
  const kinds = plan.kinds.filter(
    (kind) => kind !== 'bare' || BARE_SCENARIOS.includes(scenario.name),
  );
  const run = async (kind: ServerKind): Promise<void> =>
    ended(kind, await scenario.run({ ...settingOf(plan, scenario, kind, round), turns }));
  if (scenario.takesTurns === true) await Promise.all(kinds.map(run));
  else for (const kind of kinds) await run(kind);
}

function settingOf(
  plan: RoundsPlan,
  scenario: Scenario,
  kind: ServerKind,
  round: number,
): Omit<Setting, 'turns'> {
  const { profileDirectory } = plan.setting;
  const own =
    profileDirectory === undefined
      ? undefined
      : path.join(profileDirectory, `${scenario.name}-${round + 1}`);
  return { ...plan.setting, kind, profileDirectory: own };
}

function lineOf(figures: Figures): string {
  return Object.entries(figures)
    .map(([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`)
    .join(', ');
}
