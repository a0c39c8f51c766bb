/*
 * node-zookeeper-client (npm): the client that Node programs have used for years, at work with a server of each kind.
 */
import { once } from 'node:events';
import {
  ACL,
  type Client,
  CreateMode,
  createClient,
  type Failure,
  Id,
  Permission,
  type Stat,
} from 'node-zookeeper-client';
import { describe, expect, it } from 'vitest';
import { serverKinds, withServer } from '../harness/server.ts';
import { until, within } from '../harness/until.ts';

/** Turns the last argument of a call, a Node callback, into a promise. */
function asked<T>(call: (done: (error: Failure | null, result: T) => void) => void): Promise<T> {
  return within(
    'an answer',
    new Promise<T>((resolve, reject) => {
      call((error, result) => (error === null ? resolve(result) : reject(error)));
    }),
  );
}

const ignore = (): void => {};

const connected = async (address: string): Promise<Client> => {
  const client = createClient(address, { sessionTimeout: 20_000 });
  client.connect();
  await within('the client to connect', once(client, 'connected'));
  return client;
};

const create = (client: Client, path: string, data = '', mode = CreateMode.PERSISTENT) =>
  asked<string>((done) => client.create(path, Buffer.from(data), ACL.OPEN_ACL_UNSAFE, mode, done));

const exists = (client: Client, path: string) =>
  asked<Stat | null>((done) => client.exists(path, ignore, done));

const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no failure',
    (error: Error) => error.message,
  );

describe.each(serverKinds)('node-zookeeper-client with %s', (kind) => {
  it('creates, reads, changes and deletes', () =>
    withServer(kind, {}, async (server) => {
      const client = await connected(server.address);
      expect(client.getSessionTimeout()).toBe(20_000);
      expect(await asked((done) => client.mkdirp('/a/b/c', done))).toBe('/a/b/c');
      expect(await create(client, '/a/s-', '', CreateMode.PERSISTENT_SEQUENTIAL)).toBe(
        '/a/s-0000000001',
      );
      const version = await asked<Stat>((done) =>
        client.setData('/a/b', Buffer.from('x'), 0, done),
      );
      expect(version.version).toBe(1);
      const bad = asked((done) => client.setData('/a/b', Buffer.from('y'), 0, done));
      expect(await failure(bad)).toContain('BAD_VERSION');
      expect(await failure(create(client, '/a'))).toContain('NODE_EXISTS');
      expect(await failure(create(client, '/no/parent'))).toContain('NO_NODE');
      const children = await asked<string[]>((done) => client.getChildren('/a', ignore, done));
      expect(children.sort()).toEqual(['b', 's-0000000001']);
      // Its own removeRecursive() deletes in an order of chance.
      for (const path of ['/a/b/c', '/a/b', '/a/s-0000000001', '/a']) {
        await asked<undefined>((done) => client.remove(path, -1, done));
      }
      expect(await exists(client, '/a')).toBeFalsy();
      client.close();
    }));

  it('is told of what it watches', () =>
    withServer(kind, {}, async (server) => {
      const client = await connected(server.address);
      const events: string[] = [];
      const watch = (event: { getName(): string; getPath(): string }): void => {
        events.push(`${event.getName()} ${event.getPath()}`);
      };
      await asked((done) => client.exists('/w', watch, done));
      await create(client, '/w');
      await asked((done) => client.getData('/w', watch, done));
      await asked((done) => client.getChildren('/w', watch, done));
      await asked((done) => client.setData('/w', Buffer.from('1'), -1, done));
      await create(client, '/w/child');
      await until('three events', () => events.length === 3);
      expect(events).toEqual([
        'NODE_CREATED /w',
        'NODE_DATA_CHANGED /w',
        'NODE_CHILDREN_CHANGED /w',
      ]);
      client.close();
    }));

  it('commits a transaction as a whole or not at all', () =>
    withServer(kind, {}, async (server) => {
      const client = await connected(server.address);
      const good = client.transaction().create('/t').setData('/t', Buffer.from('1')).check('/t', 1);
      const results = await asked<readonly { readonly type: number }[]>((done) =>
        good.commit(done),
      );
      expect(results.map(({ type }) => type)).toEqual([1, 5, 13]);
      const bad = client.transaction().create('/t/a').check('/t', 9).create('/t/b');
      const failed = await asked<readonly { readonly err?: number }[]>((done) =>
        bad.commit((_, parts) => done(null, parts)),
      );
      expect(failed.map(({ err }) => err)).toEqual([0, -103, -2]);
      expect(await exists(client, '/t/a')).toBeFalsy();
      client.close();
    }));

  it('keeps others out with a digest ACL', () =>
    withServer(kind, {}, async (server) => {
      const [owner, stranger] = [await connected(server.address), await connected(server.address)];
      owner.addAuthInfo('digest', Buffer.from('ann:secret'));
      const mine = [new ACL(Permission.ALL, new Id('auth', ''))];
      await asked((done) =>
        owner.create('/mine', Buffer.from('x'), mine, CreateMode.PERSISTENT, done),
      );
      const [entry] = await asked<readonly ACL[]>((done) => owner.getACL('/mine', done));
      expect(entry?.id).toMatchObject({ scheme: 'digest', id: 'ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=' });
      const read = asked((done) => stranger.getData('/mine', ignore, done));
      expect(await failure(read)).toContain('NO_AUTH');
      for (const client of [owner, stranger]) client.close();
    }));

  it('keeps its session and its ephemerals over a restart of the server, and ends them with close', () =>
    withServer(kind, {}, async (server) => {
      const client = await connected(server.address);
      const session = client.getSessionId().toString('hex');
      await create(client, '/e', 'here', CreateMode.EPHEMERAL);
      const back = once(client, 'connected');
      await server.stop();
      await server.start();
      await within('the client to come back', back);
      expect(client.getSessionId().toString('hex')).toBe(session);
      const other = await connected(server.address);
      expect((await exists(other, '/e'))?.dataLength).toBe(4);
      client.close();
      await until('the ephemeral to go', async () => !(await exists(other, '/e')));
      other.close();
    }));
});
