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

const config = { 'znode.container.checkIntervalMs': 100 };

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
      await make(session, Op.createTTL, requests.createTTL('/parent', null, 5, 50n));
      await make(session, Op.create, requests.create('/parent/child'));
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
    withServer(kind, { tickTime: 500 }, async (server) => {
      const watcher = await openSession(server.port, { timeoutMs: 10_000 });
      const session = await openSession(server.port, { timeoutMs: 1_500 });
      expect(session.handshake.timeoutMs).toBe(1_500);
      await make(session, Op.create, requests.create('/mine', null, 1));
      const last = performance.now();
      session.connection.destroy();
      await gone(watcher, '/mine');
      const elapsed = performance.now() - last;
      // Expiry is rounded up to the next tick (ExpiryQueue).
      expect(elapsed).toBeGreaterThan(1_400);
      expect(elapsed).toBeLessThan(4_000);
    }));

  it('a session that is pinged lives on', () =>
    withServer(kind, { tickTime: 250 }, async (server) => {
      const session = await openSession(server.port, { timeoutMs: 500 });
      await make(session, Op.create, requests.create('/mine', null, 1));
      const end = performance.now() + 2_500;
      await until('five time-outs to pass', async () => {
        await session.request(Op.ping, Buffer.alloc(0), -2);
        return performance.now() > end;
      });
      expect(await exists(session, '/mine')).toBe(true);
    }));
});
