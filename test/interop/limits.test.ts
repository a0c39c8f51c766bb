/*
 * Limits and switches of zoo.cfg that clients run into. Each story is told of both servers.
 */
import { describe, expect, it } from 'vitest';
import {
  connectRequest,
  openConnection,
  openSession,
  type RawSession,
} from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { serverKinds, withServer } from '../harness/server.ts';
import { framed } from '../harness/wire.ts';
import { superDigest, superUser } from './differential/arguments.ts';

/** The code of the answer, or `closed` where the server closes instead. */
async function outcome(session: RawSession, op: number, body: Buffer): Promise<number | 'closed'> {
  session.connection.send(1, op, body);
  return (await session.connection.reply())?.err ?? 'closed';
}

/** A create whose frame is `size` bytes long without its length. */
function createOfSize(size: number): Buffer {
  const overhead = 8 + requests.create('/sized', Buffer.alloc(0)).length;
  return requests.create('/sized', Buffer.alloc(size - overhead));
}

/** Whether the server answers a handshake. A connection that is closed at once may show as an error of connecting. */
async function isLetIn(port: number): Promise<boolean> {
  const connection = await openConnection(port).catch(() => null);
  connection?.write(framed(connectRequest({ readOnly: false })));
  return ((await connection?.frame()) ?? null) !== null;
}

const letIn = async (port: number, count: number): Promise<boolean[]> => {
  const seen: boolean[] = [];
  for (let index = 0; index < count; index++) seen.push(await isLetIn(port));
  return seen;
};

describe.each(serverKinds)('with %s', (kind) => {
  it('a frame may be as long as jute.maxbuffer, and no byte longer', () =>
    withServer(kind, {}, async (server) => {
      const [fits, exceeds] = [await openSession(server.port), await openSession(server.port)];
      expect(await outcome(fits, Op.create, createOfSize(0xfffff))).toBe(0);
      expect(await outcome(exceeds, Op.create, createOfSize(0x100000))).toBe('closed');
    }));

  it('jute.maxbuffer can be raised', () =>
    withServer(kind, { 'jute.maxbuffer': 3_000_000 }, async (server) => {
      const session = await openSession(server.port);
      expect(await outcome(session, Op.create, createOfSize(3_000_000))).toBe(0);
      const read = await session.request(Op.getData, requests.pathAndWatch('/sized'));
      expect(read.body.length).toBeGreaterThan(2_999_000);
    }));

  it('maxClientCnxns limits the connections of one address', () =>
    withServer(kind, { maxClientCnxns: 4 }, async (server) => {
      expect(await letIn(server.port, 6)).toEqual([true, true, true, true, false, false]);
    }));

  it('maxCnxns limits all connections', () =>
    withServer(kind, { maxCnxns: 3 }, async (server) => {
      expect(await letIn(server.port, 5)).toEqual([true, true, true, false, false]);
    }));

  it('the connection throttle lets in as many as it has tokens', () => {
    const config = { connection_throttle_tokens: 3, connection_throttle_fill_time: 1_000_000 };
    return withServer(kind, config, async (server) => {
      expect(await letIn(server.port, 5)).toEqual([true, true, true, false, false]);
    });
  });

  it('session time-outs are kept within minSessionTimeout and maxSessionTimeout', () =>
    withServer(kind, { minSessionTimeout: 5_000, maxSessionTimeout: 6_000 }, async (server) => {
      const negotiated = async (timeoutMs: number): Promise<number> =>
        (await openSession(server.port, { timeoutMs, readOnly: false })).handshake.timeoutMs;
      expect(await negotiated(1)).toBe(5_000);
      expect(await negotiated(5_500)).toBe(5_500);
      expect(await negotiated(60_000)).toBe(6_000);
    }));

  it('extended types are off unless extendedTypesEnabled is set', () =>
    withServer(kind, { extendedTypesEnabled: null }, async (server) => {
      const session = await openSession(server.port);
      const ttl = requests.createTTL('/ttl', null, 5, 1_000n);
      expect(await outcome(session, Op.createTTL, ttl)).toBe(-6);
      expect(await outcome(session, Op.createContainer, requests.create('/box', null, 4))).toBe(0);
    }));

  it('a hard quota is only enforced with enforceQuota', () =>
    withServer(kind, {}, async (server) => {
      const session = await openSession(server.port);
      const limits = Buffer.from('count=1,bytes=-1;byteHardLimit=-1;countHardLimit=1');
      await session.request(Op.create, requests.create('/q'));
      await session.request(Op.create, requests.create('/zookeeper/quota/q'));
      const folder = '/zookeeper/quota/q';
      await session.request(Op.create, requests.create(`${folder}/zookeeper_limits`, limits));
      const stats = Buffer.from('count=-1,bytes=-1');
      await session.request(Op.create, requests.create(`${folder}/zookeeper_stats`, stats));
      expect(await outcome(session, Op.create, requests.create('/q/a'))).toBe(0);
    }));

  it('skipACL lets everybody do everything', () =>
    withServer(kind, { skipACL: 'yes' }, async (server) => {
      const session = await openSession(server.port);
      const nobody = [{ perms: 0, scheme: 'world', id: 'anyone' }];
      expect(await outcome(session, Op.create, requests.create('/a', null, 0, nobody))).toBe(0);
      expect(await outcome(session, Op.setData, requests.setData('/a', null))).toBe(0);
    }));

  it('the super user may do everything', () => {
    const config = { 'DigestAuthenticationProvider.superDigest': superDigest };
    return withServer(kind, config, async (server) => {
      const session = await openSession(server.port);
      const nobody = [{ perms: 0, scheme: 'world', id: 'anyone' }];
      await session.request(Op.create, requests.create('/a', null, 0, nobody));
      expect(await outcome(session, Op.setData, requests.setData('/a', null))).toBe(-102);
      const auth = requests.auth('digest', Buffer.from(superUser));
      expect(await outcome(session, Op.auth, auth)).toBe(0);
      expect(await outcome(session, Op.setData, requests.setData('/a', null))).toBe(0);
    });
  });

  it('enforce.auth asks for a scheme before anything else', () => {
    const config = { 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': 'digest' };
    return withServer(kind, config, async (server) => {
      const [known, unknown] = [await openSession(server.port), await openSession(server.port)];
      const auth = requests.auth('digest', Buffer.from('ann:secret'));
      expect(await outcome(known, Op.auth, auth)).toBe(0);
      expect(await outcome(known, Op.create, requests.create('/a'))).toBe(0);
      expect(await outcome(unknown, Op.create, requests.create('/b'))).toBe(-124);
      await unknown.connection.end();
    });
  });

  it('digest authentication can be switched off', () =>
    withServer(kind, { 'DigestAuthenticationProvider.enabled': 'false' }, async (server) => {
      const session = await openSession(server.port);
      const auth = requests.auth('digest', Buffer.from('ann:secret'));
      expect(await outcome(session, Op.auth, auth)).toBe(-115);
    }));

  it('only words of the whitelist are answered, and srvr always', () =>
    withServer(kind, { '4lw.commands.whitelist': 'ruok, mntr' }, async (server) => {
      expect(await server.word('ruok')).toBe('imok');
      expect(await server.word('srvr')).toContain('Mode: standalone');
      expect(await server.word('stat')).toBe(
        'stat is not executed because it is not in the whitelist.\n',
      );
    }));
});
