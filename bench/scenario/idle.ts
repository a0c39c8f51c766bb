/*
 * What a session that does nothing costs: the growth of the server's memory by ten thousand sessions with
 * their connections, and by as many whose connections were dropped, so that the cost can be split.
 */
import { collectGarbage } from '../collect-garbage.ts';
import type { Figures } from '../figures.ts';
import { runGenerator } from '../generator-process.ts';
import { type Scenario, type Setting, withDirectory } from './scenario.ts';
import { settledMemory } from './settle.ts';

const SESSIONS = 10_000;

/** The scenario of idle sessions. */
export const idleScenario: Scenario = {
  name: 'idle',
  rows: [
    {
      id: 'idle',
      title: 'idle session with its connection',
      isScalable: true,
      metrics: ['bytesPerSession', 'bytesPerDetachedSession'],
      goals: [{ metric: 'bytesPerSession', of: 'value', bound: 'atMost', limit: 8 * 1024 }],
    },
  ],
  run: runIdle,
};

function runIdle(setting: Setting): Promise<ReadonlyMap<string, Figures>> {
  const sessions = Math.round(SESSIONS * setting.scale);
  return withDirectory({ ...setting, hasInspector: true }, async (start) => {
    const server = await start();
    const seen = new Map<string, number>();
    await runGenerator({ kind: 'idle', sessions, port: server.port }, async (stage) => {
      await collectGarbage(server);
      const memory = await settledMemory(server.pid);
      seen.set(stage, memory.pssBytes ?? memory.rssBytes);
    });
    await server.stop();
    const at = (stage: string): number => seen.get(stage) ?? 0;
    const figures: Figures = {
      bytesPerSession: (at('connected') - at('warm')) / sessions,
      bytesPerDetachedSession: (at('detached') - at('connected')) / sessions,
    };
    return new Map([['idle', figures]]);
  });
}
