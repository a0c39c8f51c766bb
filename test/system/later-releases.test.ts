/*
 * Where this server does as later releases of ZooKeeper do and not as 3.8.0, which the other tests compare it with. There
 * is no later release in Debian, so these stories are told from their sources.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession, type RawSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { WireReader } from '../harness/wire.ts';
import { replyText } from '../interop/differential/replies.ts';

let server: TestServer;
let session: RawSession;

beforeAll(async () => {
  server = await startServer('ours');
  session = await openSession(server.port);
});

afterAll(() => server.dispose());

const text = async (op: number, body: Buffer): Promise<string> =>
  replyText(op, await session.request(op, body), { nameSession: String });

const noAuth = [{ perms: 4, scheme: 'world', id: 'anyone' }];

/** Types and paths of the events that have come, with their zxids. */
function events(): { type: number; path: string | null; zxid: bigint }[] {
  return session.events.splice(0).map(({ body, zxid }) => {
    const reader = new WireReader(body);
    const type = reader.int();
    reader.int();
    return { type, path: reader.string(), zxid };
  });
}

describe('from 3.8.4 on', () => {
  it('exists asks for READ (ZOOKEEPER-2590)', async () => {
    await session.request(Op.create, requests.create('/hidden', null, 0, noAuth));
    const reply = await session.request(Op.exists, requests.pathAndWatch('/hidden'));
    expect(reply.err).toBe(-102);
  });

  it('a persistent watch does not tell of what its session may not read (CVE-2024-23944)', async () => {
    await session.request(Op.addWatch, requests.pathAndInt('/', 1));
    await session.request(Op.create, requests.create('/secret', null, 0, noAuth));
    await session.request(Op.create, requests.create('/public'));
    await session.request(Op.removeWatches, requests.pathAndInt('/', 3));
    expect(events().map(({ path }) => path)).toEqual(['/public']);
  });
});

describe('from 3.9 on', () => {
  it('create2 in a multi answers with a Stat (ZOOKEEPER-4026)', async () => {
    const create2 = { op: Op.create2, body: requests.create('/with-stat', Buffer.from('abc')) };
    expect(await text(Op.multi, requests.multi([create2]))).toMatch(
      / err=0 \[15\/0 "\/with-stat" \{.* length=3 /,
    );
  });

  it('an event carries the zxid of its transaction (ZOOKEEPER-4655)', async () => {
    await session.request(Op.exists, requests.pathAndWatch('/z', true));
    const { zxid } = await session.request(Op.create, requests.create('/z'));
    expect(events()).toEqual([{ type: 1, path: '/z', zxid }]);
  });

  it('a connection has watches of several kinds on one path, and removes each by itself (ZOOKEEPER-4466, -4472)', async () => {
    await session.request(Op.create, requests.create('/kinds'));
    await session.request(Op.getData, requests.pathAndWatch('/kinds', true));
    for (const mode of [0, 1]) {
      await session.request(Op.addWatch, requests.pathAndInt('/kinds', mode));
    }
    const remove = async (type: number): Promise<number> =>
      (await session.request(Op.removeWatches, requests.pathAndInt('/kinds', type))).err;
    expect([await remove(4), await remove(4)]).toEqual([0, -121]);
    expect([await remove(2), await remove(2)]).toEqual([0, -121]);
    await session.request(Op.create, requests.create('/kinds/below'));
    expect(events().map(({ path }) => path)).toEqual(['/kinds/below']);
    expect([await remove(5), await remove(3)]).toEqual([0, -121]);
  });

  it('a check by itself is refused (3.9.3, ZOOKEEPER-2623)', async () => {
    const other = await openSession(server.port);
    const reply = await other.request(Op.check, requests.pathAndInt('/', -1));
    expect(reply.err).toBe(-6);
    await other.connection.end();
  });
});

describe('where 3.8 ends over a request', () => {
  it('a createTTL without a TTL mode is refused', async () => {
    const body = requests.createTTL('/deadly', null, 0, -1n);
    expect((await session.request(Op.createTTL, body)).err).toBe(-8);
  });

  it('quota limits that are no numbers do no harm', async () => {
    await session.request(Op.create, requests.create('/quota'));
    await session.request(Op.create, requests.create('/zookeeper/quota/quota'));
    const limits = '/zookeeper/quota/quota/zookeeper_limits';
    const stats = '/zookeeper/quota/quota/zookeeper_stats';
    await session.request(Op.create, requests.create(limits, Buffer.from('count=many')));
    await session.request(Op.create, requests.create(stats, null));
    await session.request(Op.setData, requests.setData(stats, Buffer.from('=,=;x')));
    expect((await session.request(Op.create, requests.create('/quota/a'))).err).not.toBe(-4);
    await session.request(Op.setData, requests.setData('/quota', Buffer.from('more')));
    await session.request(Op.delete, requests.pathAndInt(limits, -1));
    expect((await session.request(Op.create, requests.create('/quota/b'))).err).toBe(0);
  });

  it('a watch on no path is refused, and so is a second handshake', async () => {
    expect((await session.request(Op.addWatch, requests.pathAndInt(null, 0))).err).toBe(-5);
    const other = await openSession(server.port);
    other.connection.send(1, -10, Buffer.from([0, 0, 0x27, 0x10]));
    await other.connection.end();
  });
});
