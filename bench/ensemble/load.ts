/*
 * Loads for a time on three servers, the connections spread over them. CPU time is that of all three together.
 */
import { figuresOfLoad } from '../figures.ts';
import { runLoad } from '../generator-process.ts';
import { P99_NOT_ABOVE, type SteadyShape } from '../scenario/load.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { withMembers } from './members.ts';

/** A load that goes round over several connections to three servers. */
export function ensembleLoadScenario(shape: SteadyShape): Scenario {
  const { name, title, load, connections, outstanding, goals } = shape;
  return {
    name,
    rows: [{ id: name, title: `three servers: ${title}`, goals: [...goals, P99_NOT_ABOVE] }],
    run: (setting) =>
      withMembers(setting, {}, async (members) => {
        const { warmupMs, windowMs } = setting;
        const { running: servers } = members;
        const times = { warmupMs, windowMs };
        const result = await runLoad({
          kind: 'steady',
          load,
          connections,
          outstanding,
          servers,
          ...times,
        });
        await members.stopAll();
        return new Map([[name, figuresOfLoad(result)]]);
      }),
  };
}
