/*
 * The client library with an ensemble: servers go and come back, and what a client relies on stays.
 */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  Counter,
  NotReadOnlyError,
  type RequestOptions,
  retryOnLoss,
  ZooKeeper,
  type ZooKeeperOptions,
} from '../../src/client/index.ts';
import { until, within } from '../harness/until.ts';
import { type Ensemble, membersOf, withEnsemble } from './ensemble/harness/ensemble.ts';

const connect = (
  ensemble: Ensemble,
  options: ZooKeeperOptions & RequestOptions = {},
): Promise<ZooKeeper> => {
  const address = ensemble.ports.map((port) => `127.0.0.1:${port}`).join(',');
  return ZooKeeper.connect(address, { reconnectDelayMs: 100, ...options });
};

/** The member that serves a client. */
const serverOf = (ensemble: Ensemble, zk: ZooKeeper): number => {
  const id = ensemble.ids.find((each) => ensemble.port(each) === zk.server?.port);
  if (id === undefined) throw new Error('the client is nowhere');
  return id;
};

/** A server without a leader makes sessions only where these may be local (Java: ReadOnlyRequestProcessor). */
const readOnlyPlan = {
  members: membersOf('java', 'java', 'java'),
  config: { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' },
};

describe('a client of an ensemble', () => {
  it('keeps its session, its ephemerals and its watches when its server is killed, and counts right', () =>
    withEnsemble({ members: membersOf('ours', 'java', 'ours') }, async (ensemble) => {
      await ensemble.start(...ensemble.ids);
      const [zk, other] = [await connect(ensemble), await connect(ensemble)];
      const { sessionId } = zk;
      await zk.create('/e', null, { mode: 'ephemeral' });
      const events: string[] = [];
      await zk.exists('/news', { watch: ({ type, path }) => events.push(`${type} ${path}`) });
      const counters = [zk, other].map((client) => new Counter(client, '/count'));
      let isOver = false;
      const counting = counters.map(async (counter) => {
        let count = 0;
        for (; !isOver; count++) await counter.add(1);
        return count;
      });
      for (let turn = 0; turn < 2; turn++) {
        const server = serverOf(ensemble, zk);
        const lost = once(zk, 'disconnected');
        await ensemble.kill(server);
        await within('the client to notice', lost);
        await zk.connected({ timeoutMs: 90_000 });
        expect(serverOf(ensemble, zk)).not.toBe(server);
        await ensemble.launch(server);
        await ensemble.settled();
      }
      isOver = true;
      const counts = await Promise.all(counting);
      await retryOnLoss(() => zk.sync());
      expect(await new Counter(zk, '/count').value()).toBe(
        counts.reduce((sum, count) => sum + count),
      );
      expect(zk.sessionId).toBe(sessionId);
      expect((await retryOnLoss(() => other.exists('/e')))?.ephemeralOwner).toBe(sessionId);
      await other.create('/news');
      await until('the watch', () => events.length === 1);
      expect(events).toEqual(['nodeCreated /news']);
      await Promise.all([zk.close(), other.close()]);
    }));

  it('reads from a server that is cut off, and goes to one that can write when there is one', () =>
    withEnsemble(readOnlyPlan, async (ensemble) => {
      // Java takes it from its command line alone.
      process.env['JAVA_TOOL_OPTIONS'] = '-Dreadonlymode.enabled=true';
      try {
        await ensemble.start(...ensemble.ids);
        const writer = await connect(ensemble);
        await writer.create('/a', 'x');
        await writer.sync();
        await writer.close();
        await Promise.all([ensemble.kill(1), ensemble.kill(2)]);
        const isReadOnly = async () => (await ensemble.member(3).server.word('isro')) === 'ro';
        await until('the third to notice', isReadOnly, 90_000);
        const timeouts = { sessionTimeoutMs: 8_000, timeoutMs: 90_000 };
        const zk = await connect(ensemble, { canBeReadOnly: true, ...timeouts });
        expect(zk.state).toBe('connectedReadOnly');
        expect(String((await zk.getData('/a')).data)).toBe('x');
        await expect(zk.create('/b')).rejects.toBeInstanceOf(NotReadOnlyError);
        await ensemble.launch(1);
        await until('a server that can write', () => zk.state === 'connected', 90_000);
        expect(await retryOnLoss(() => zk.create('/b'))).toBe('/b');
        await zk.close();
      } finally {
        delete process.env['JAVA_TOOL_OPTIONS'];
      }
    }));
});
