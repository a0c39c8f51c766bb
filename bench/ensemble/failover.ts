/*
 * The leader is killed with -9 under load, again and again: how long nobody's write is acknowledged. The killed server
 * comes back and is in sync before the next one is killed.
 */
import { spreadOf } from '../figures.ts';
import { runGenerator } from '../generator-process.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { withMembers } from './members.ts';

const CLIENTS = 16;

/** The scenario of leaders that are killed. */
export function failoverScenario(name: string): Scenario {
  return {
    name,
    rows: [
      {
        id: name,
        title: 'three servers: kill -9 of the leader under load',
        metrics: ['medianGapMs', 'worstGapMs'],
        goals: [
          { metric: 'medianGapMs', of: 'value', bound: 'atMost', limit: 200 },
          { metric: 'worstGapMs', of: 'value', bound: 'atMost', limit: 500 },
        ],
      },
    ],
    run: (setting) =>
      withMembers(setting, {}, async (members) => {
        const gapsMs: number[] = [];
        let killed = 0;
        const { ports } = members;
        const job = { kind: 'failover' as const, clients: CLIENTS, ports, kills: setting.kills };
        await runGenerator(job, async (stage, value) => {
          if (stage === 'writing') {
            killed = await members.leader();
            await members.kill(killed);
          } else {
            gapsMs.push(value);
            await members.restart(killed);
          }
        });
        const { median = 0, max = 0 } = spreadOf(gapsMs) ?? {};
        return new Map([[name, { medianGapMs: median, worstGapMs: max }]]);
      }),
  };
}
