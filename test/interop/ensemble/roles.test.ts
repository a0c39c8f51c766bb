/*
 * Servers of both kinds in one ensemble, ours in each role: what is written through one is seen through every other, a
 * session goes from one to another with all that is its own, and all hold the same in the end.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../../harness/raw-client.ts';
import * as requests from '../../harness/requests.ts';
import { Op } from '../../harness/requests.ts';
import { patienceMs, until } from '../../harness/until.ts';
import { WireReader } from '../../harness/wire.ts';
import { Ensemble, type MemberPlan, membersOf } from './harness/ensemble.ts';
import { SessionClient, type WatchEvent } from './harness/session-client.ts';
import { expectEqualTrees, expectMatchingDigests, expectNoEphemerals } from './harness/trees.ts';

const ephemeral = 1;
const nodeDataChanged = 3;

const observer = (kind: MemberPlan['kind']): MemberPlan => ({ kind, isObserver: true });

const shapes: readonly (readonly [string, readonly MemberPlan[], number])[] = [
  ['ours follows, two Java servers', membersOf('ours', 'java', 'java'), 3],
  ['ours leads two Java servers', membersOf('java', 'java', 'ours'), 3],
  ['ours observes two Java servers', [...membersOf('java', 'java'), observer('ours')], 2],
  [
    'ours leads a Java follower, and a Java server observes',
    [...membersOf('java', 'ours'), observer('java')],
    2,
  ],
  ['ours leads one of each', membersOf('java', 'ours', 'ours'), 3],
  ['a Java server leads two of ours', membersOf('ours', 'ours', 'java'), 3],
];

let ensemble: Ensemble;

/** The timeout of sessions that are to expire (ms). */
const shortSessionMs = 5_000;

/** The timeout of sessions that nothing keeps but their pings (ms): these hear nothing for a third of it when all is well. */
const idleSessionMs = 10_000;

/** Sessions of which nobody wants anything for a while, one on each member, and since when that is so. */
const idle: SessionClient[] = [];
let idleSince = 0;

/** A client of one member. */
const clientOf = (id: number, timeoutMs = 30_000): Promise<SessionClient> =>
  SessionClient.open([ensemble.port(id)], { timeoutMs });

/** The data that a member shows after a sync. */
async function seenThrough(id: number, path: string): Promise<string | null> {
  const client = await clientOf(id);
  await client.sync();
  const data = await client.getData(path);
  await client.close();
  return data;
}

describe.each(shapes)('%s', (_name, members, leader) => {
  beforeAll(async () => {
    ensemble = await Ensemble.make({
      members,
      config: { 'znode.container.checkIntervalMs': 300 },
    });
    await ensemble.startLedBy(leader).catch((error: unknown) => {
      console.error(ensemble.logs);
      throw error;
    });
    for (const id of ensemble.ids) idle.push(await clientOf(id, idleSessionMs));
    idleSince = performance.now();
  });

  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(ensemble.logs);
  });

  afterAll(() => ensemble.dispose());

  it('has one leader, and the others in their roles', async () => {
    const expected = members.map(({ isObserver = false }, index) => {
      if (index + 1 === leader) return [index + 1, 'leader'];
      return [index + 1, isObserver ? 'observer' : 'follower'];
    });
    // Who is asked while it stands still has no role.
    const roles = async () => [...(await ensemble.roles())];
    await expect.poll(roles, { timeout: patienceMs }).toEqual(expected);
  });

  it('counts its followers and observers', async () => {
    const mntr = await ensemble.member(leader).server.mntr();
    const observers = members.filter(({ isObserver = false }) => isObserver).length;
    expect(mntr.get('zk_synced_followers')).toBe(String(members.length - 1 - observers));
    expect(mntr.get('zk_synced_observers')).toBe(String(observers));
    expect(mntr.get('zk_learners')).toBe(String(members.length - 1));
    expect(mntr.get('zk_quorum_size')).toBe(String(members.length - observers));
  });

  it('shows through each server what was written through each other', async () => {
    for (const writer of ensemble.ids) {
      const client = await clientOf(writer);
      await client.create(`/by-${writer}`, 'first');
      await client.setData(`/by-${writer}`, `of ${writer}`);
      await client.close();
      for (const reader of ensemble.ids) {
        expect(await seenThrough(reader, `/by-${writer}`), `through ${reader}`).toBe(
          `of ${writer}`,
        );
      }
    }
  });

  it('refuses through each server what has to be refused', async () => {
    for (const id of ensemble.ids) {
      const client = await clientOf(id);
      await client.create(`/refused-${id}`);
      const again = await client.request(Op.create, requests.create(`/refused-${id}`));
      const wrong = await client.request(
        Op.setData,
        requests.setData(`/refused-${id}`, Buffer.from('x'), 7),
      );
      expect([again.err, wrong.err]).toEqual([-110, -103]);
      await client.close();
    }
  });

  it('does all of a multi or nothing', async () => {
    for (const id of ensemble.ids) {
      const client = await clientOf(id);
      const create = (name: string) => ({ op: Op.create, body: requests.create(name) });
      const done = await client.request(
        Op.multi,
        requests.multi([create(`/multi-${id}`), create(`/multi-${id}/below`)]),
      );
      await client.request(
        Op.multi,
        requests.multi([create(`/half-${id}`), create('/nowhere/below')]),
      );
      expect(new WireReader(done.body).int()).toBe(Op.create);
      for (const reader of ensemble.ids) {
        expect(await seenThrough(reader, `/multi-${id}/below`)).toBe('');
        expect(await seenThrough(reader, `/half-${id}`)).toBe(null);
      }
      await client.close();
    }
  });

  it('keeps a session that goes from server to server, with its ephemeral and its watch', async () => {
    const client = await SessionClient.open(ensemble.ports);
    const events: WatchEvent[] = [];
    client.onEvent = (event) => events.push(event);
    const { sessionId } = client;
    await client.create('/moving', 'alive', ephemeral);
    await client.create('/watched', '0');
    for (const id of ensemble.ids) {
      await client.getData('/watched', true);
      await client.moveTo(ensemble.port(id));
      const other = await clientOf(leader);
      await other.setData('/watched', `moved to ${id}`);
      await other.close();
      await until('the watch to fire', () => events.length > 0);
      expect(events.splice(0)).toEqual([{ type: nodeDataChanged, path: '/watched' }]);
      expect(await client.getData('/moving')).toBe('alive');
      expect(client.sessionId).toBe(sessionId);
    }
    await client.close();
    for (const id of ensemble.ids) expect(await seenThrough(id, '/moving')).toBe(null);
  });

  it('knows on every server a session that was closed on another, and a wrong password', async () => {
    for (const id of ensemble.ids) {
      const closed = await openSession(ensemble.port(id));
      const { sessionId, password } = closed.handshake;
      const otherId = (id % ensemble.ids.length) + 1;
      const other = ensemble.port(otherId);
      const witness = await clientOf(otherId);
      const stranger = await openSession(other, { sessionId, password: Buffer.alloc(16, 7) });
      expect(stranger.handshake.timeoutMs).toBe(0);
      await closed.close();
      // Who comes while the closing is on its way to a Java server is closed with the session there, and gets no answer.
      await witness.sync();
      const again = await openSession(other, { sessionId, password });
      expect(again.handshake.timeoutMs).toBe(0);
      await witness.close();
    }
  });

  it('expires a session once nobody has heard of it for its time-out, and its ephemerals go', async () => {
    const clients: SessionClient[] = [];
    for (const id of ensemble.ids) {
      const client = await clientOf(id, shortSessionMs);
      await client.create(`/left-${id}`, '', ephemeral);
      clients.push(client);
    }
    const kept = await clientOf(leader, shortSessionMs);
    await kept.create('/kept', 'alive', ephemeral);
    for (const client of clients) client.abandon();
    for (const id of ensemble.ids) {
      await until(`/left-${id} to go`, async () => (await kept.getData(`/left-${id}`)) === null);
    }
    for (const id of ensemble.ids) {
      expect(await seenThrough(id, '/kept')).toBe('alive');
      for (const gone of ensemble.ids) expect(await seenThrough(id, `/left-${gone}`)).toBe(null);
    }
    await kept.close();
    await expectNoEphemerals(ensemble);
  });

  it('keeps a session that only pings, through whatever server', async () => {
    // Longer than the servers' rounding up to a tick.
    const enough = idleSince + idleSessionMs + 2_000;
    await until('more than a time-out to pass', () => performance.now() > enough);
    for (const client of idle.splice(0)) {
      await client.sync();
      expect(client.connections).toBe(1);
      await client.close();
    }
  });

  it('removes an empty container and a znode whose time to live is over', async () => {
    const client = await clientOf(1);
    await client.request(Op.createContainer, requests.create('/container', null, 4));
    await client.create('/container/child');
    await client.request(Op.createTTL, requests.createTTL('/ttl', null, 5, 500n));
    expect(await seenThrough(1, '/container')).toBe('');
    await client.request(Op.delete, requests.pathAndInt('/container/child', -1));
    for (const path of ['/container', '/ttl']) {
      await until(`${path} to go`, async () => (await client.getData(path)) === null);
      for (const id of ensemble.ids) expect(await seenThrough(id, path)).toBe(null);
    }
    await client.close();
  });

  it('holds the same on every server in the end', async () => {
    expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(10);
    await expectMatchingDigests(ensemble);
  });
});
