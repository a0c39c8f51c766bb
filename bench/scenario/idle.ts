/*
 * What a session that does nothing costs: the growth of the server's memory by ten thousand sessions with
 * their connections, and by as many whose connections were dropped, so that the cost can be split.
 */
import { spawnSync } from 'node:child_process';
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
  return withDirectory(setting, async (start) => {
    const server = await start();
    const seen = new Map<string, number>();
    await runGenerator({ kind: 'idle', sessions, port: server.port }, async (stage) => {
      if (setting.kind === 'java') collectGarbage(server.pid);
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

/**
 * A JVM grows its heap in large steps and reuses what it freed, so its resident memory tells little about ten
 * thousand sessions. Where the JDK's jcmd is there, the JVM gives back its garbage first. This server gets
 * no such favour.
 */
function collectGarbage(pid: number): void {
  spawnSync('jcmd', [String(pid), 'GC.run'], { stdio: 'ignore', timeout: 30_000 });
}
