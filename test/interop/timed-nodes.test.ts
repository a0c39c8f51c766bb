/*
 * What servers delete by themselves: TTL znodes when their time is over, containers after their last child, the ephemerals of
 * sessions that nobody came back to. Each story is told of both servers.
 */
import { describe, expect, it } from 'vitest';
import { openSession, type RawSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { serverKinds, withServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';

/** Nothing waits for the disk: what a slow one takes would be missing from the time that a session or a znode has. */
const config = { 'znode.container.checkIntervalMs': 100, forceSync: 'no' };

const exists = async (session: RawSession, path: string): Promise<boolean> =>
  (await session.request(Op.exists, requests.pathAndWatch(path))).err === 0;

const make = async (session: RawSession, op: number, body: Buffer): Promise<void> => {
  expect((await session.request(op, body)).err).toBe(0);
};

const gone = (session: RawSession, path: string): Promise<true> =>
  until(`${path} to be gone`, async () => !(await exists(session, path)));

describe.each(serverKinds)('with %s', (kind) => {
  it('a TTL znode goes when its time is over, but not while it has children', () =>
    withServer(kind, config, async (server) => {
      const session = await openSession(server.port);
      await make(session, Op.createTTL, requests.createTTL('/long', null, 5, 3_600_000n));
      // Both at once: without a child it could be gone at any moment.
      const family = [
        { op: Op.createTTL, body: requests.createTTL('/parent', null, 5, 50n) },
        { op: Op.create, body: requests.create('/parent/child') },
      ];
      await make(session, Op.multi, requests.multi(family));
      expect(await exists(session, '/parent/child')).toBe(true);
      await make(session, Op.createTTL, requests.createTTL('/short', null, 5, 50n));
      await gone(session, '/short');
      expect(await exists(session, '/parent')).toBe(true);
      await make(session, Op.delete, requests.pathAndInt('/parent/child', -1));
      await gone(session, '/parent');
      expect(await exists(session, '/long')).toBe(true);
    }));

  it('a container goes after its last child, with an event, and not before it had one', () =>
    withServer(kind, config, async (server) => {
      const session = await openSession(server.port);
      for (const path of ['/fresh', '/used']) {
        await make(session, Op.createContainer, requests.create(path, null, 4));
      }
      await make(session, Op.create, requests.create('/used/child'));
      await session.request(Op.exists, requests.pathAndWatch('/used', true));
      await make(session, Op.delete, requests.pathAndInt('/used/child', -1));
      await gone(session, '/used');
      expect(session.events.map(({ body }) => body.readInt32BE(0))).toEqual([2]);
      expect(await exists(session, '/fresh')).toBe(true);
    }));

  it('a session expires with its ephemerals, in its bucket and not before its time', () =>
    withServer(kind, { ...config, tickTime: 500 }, async (server) => {
      const watcher = await openSession(server.port, { timeoutMs: 10_000 });
      const longer = await openSession(server.port, { timeoutMs: 8_000 });
      const session = await openSession(server.port, { timeoutMs: 3_000 });
      expect(session.handshake.timeoutMs).toBe(3_000);
      const last = performance.now();
      await make(session, Op.create, requests.create('/mine', null, 1));
      await make(longer, Op.create, requests.create('/longer', null, 1));
      for (const { connection } of [session, longer]) connection.destroy();
      await gone(watcher, '/mine');
      expect(performance.now() - last).toBeGreaterThan(2_900);
      // Expiry is rounded up to the next tick (ExpiryQueue), and no further.
      expect(await exists(watcher, '/longer')).toBe(true);
    }));

  it('a session that is pinged lives on', () =>
    withServer(kind, { ...config, tickTime: 250 }, async (server) => {
      const session = await openSession(server.port, { timeoutMs: 4_000 });
      await make(session, Op.create, requests.create('/mine', null, 1));
      const end = performance.now() + 10_000;
      await until('two time-outs and more to pass', async () => {
        await session.request(Op.ping, Buffer.alloc(0), -2);
        return performance.now() > end;
      });
      expect(await exists(session, '/mine')).toBe(true);
    }));
});
