/*
 * How long a server with an empty data directory takes from its start to the first answer of `srvr`. What
 * is started is what an operator types; for this server that is bin/zk-server, for Apache ZooKeeper the JVM itself,
 * without the shell script around it.
 */
import { type Figures, spreadOf } from '../figures.ts';
import { type Scenario, type Setting, withDirectory } from './scenario.ts';

/** Starts in one round; the first one is not counted. */
const STARTS = 6;

/** The scenario of the start. */
export const startScenario: Scenario = {
  name: 'start',
  rows: [
    {
      id: 'start',
      title: 'start to the first answer of srvr',
      metrics: ['seconds'],
      goals: [{ metric: 'seconds', of: 'value', bound: 'atMost', limit: 0.15 }],
    },
  ],
  run: runStarts,
};

async function runStarts(setting: Setting): Promise<ReadonlyMap<string, Figures>> {
  const seconds: number[] = [];
  for (let turn = 0; turn < STARTS; turn++) {
    await withDirectory(setting, async (start) => {
      const server = await start();
      if (turn > 0) seconds.push(server.startMs / 1000);
      await server.stop();
    });
  }
  return new Map([['start', { seconds: spreadOf(seconds)?.median ?? 0 }]]);
}
