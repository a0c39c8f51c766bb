/*
 * A session over connections that break, against a server of either kind: what is kept, what is lost, and who is told.
 */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  AuthFailedError,
  ClientClosedError,
  ConnectionLossError,
  MarshallingError,
  retryOnLoss,
  SessionExpiredError,
  toHex,
  ZooKeeper,
} from '../../../src/client/index.ts';
import { freePort } from '../../harness/ports.ts';
import type { ServerKind } from '../../harness/server.ts';
import { until, within } from '../../harness/until.ts';
import { failure, losing, Scene, shortSessionMs } from './scene.ts';

export function sessionStories(kind: ServerKind): void {
  describe(`a session with ${kind}`, () => {
    const scene = new Scene(kind);

    it('says what becomes of it', async () => {
      const zk = new ZooKeeper(scene.server.address, { reconnectDelayMs: 20 });
      const states: string[] = [];
      zk.on('state', (state) => states.push(state));
      expect(zk.state).toBe('connecting');
      await zk.connected({ timeoutMs: 10_000 });
      const lost = once(zk, 'disconnected');
      zk.reconnect();
      await lost;
      await zk.connected({ timeoutMs: 10_000 });
      await zk.close();
      expect(states).toEqual(['connected', 'connecting', 'connected', 'closed']);
      expect(await failure(zk.getData('/'))).toBeInstanceOf(ClientClosedError);
      expect(await failure(zk.connected())).toBeInstanceOf(ClientClosedError);
      await zk.close();
    });

    it('is kept with its ephemerals when the connection breaks, and ends with close', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const at = await scene.place(zk);
      await zk.create(`${at}/e`, null, { mode: 'ephemeral' });
      const { sessionId } = zk;
      await losing(zk, () => wire.cut());
      expect((await zk.exists(`${at}/e`))?.ephemeralOwner).toBe(sessionId);
      expect(zk.sessionId).toBe(sessionId);
      await zk.close();
      await other.sync(at);
      expect(await other.exists(`${at}/e`)).toBeNull();
    });

    it('is gone on with elsewhere by its id and password', async () => {
      const zk = await scene.client();
      const at = await scene.place(zk);
      await zk.create(`${at}/e`, null, { mode: 'ephemeral' });
      const { session } = zk;
      zk.abandon();
      const heir = await scene.client({ session });
      expect(heir.sessionId).toBe(session.id);
      expect((await heir.exists(`${at}/e`))?.ephemeralOwner).toBe(session.id);
    });

    it('is over where it is to authenticate with SASL and the server has none', async () => {
      const sasl = { username: 'bob', password: 'builder' };
      const connecting = ZooKeeper.connect(scene.server.address, { sasl });
      const error = await failure(connecting);
      expect(error).toBeInstanceOf(AuthFailedError);
      expect(error.message).toContain('has no SASL');
    });

    it('whose password is wrong is expired', async () => {
      const { session } = await scene.client();
      const options = { session: { id: session.id, password: new Uint8Array(16) } };
      const connecting = ZooKeeper.connect(scene.server.address, options);
      expect(await failure(connecting)).toBeInstanceOf(SessionExpiredError);
    });

    it('fails what was sent when the connection breaks, and sends later what was not', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      const at = await scene.place(zk);
      wire.loseNextAnswer();
      expect(await failure(zk.create(`${at}/a`))).toBeInstanceOf(ConnectionLossError);
      const later = zk.getChildren(at);
      expect(await later).toEqual(['a']);
    });

    it('gives up what breaks one connection after the other', async () => {
      const { wire, clients } = await scene.behindWire(1, { reconnectDelayMs: 0 });
      const [zk] = clients as [ZooKeeper];
      const tries: number[] = [];
      const error = await failure(
        retryOnLoss(async () => {
          await zk.connected();
          tries.push(wire.connectionCount);
          wire.loseNextAnswer();
          await zk.sync();
        }),
      );
      expect(error).toBeInstanceOf(ConnectionLossError);
      expect(tries.length).toBe(50);
    });

    it('tells who asked for too much that it was too much', async () => {
      const zk = await scene.client({ juteMaxBuffer: 10_000 });
      const other = await scene.client();
      const at = await scene.place(other);
      await other.setData(at, 'x'.repeat(10_000));
      const error = await failure(retryOnLoss(() => zk.getData(at)));
      expect(error).toBeInstanceOf(MarshallingError);
      expect(error.message).toContain('jute.maxbuffer is 10000');
      expect(await zk.exists(at)).not.toBeNull();
    });

    it('expires where no server can be heard of', async () => {
      const { wire, clients } = await scene.behindWire(1, { sessionTimeoutMs: shortSessionMs });
      const [zk] = clients as [ZooKeeper];
      const other = await scene.client();
      const at = await scene.place(other);
      await zk.create(`${at}/e`, null, { mode: 'ephemeral' });
      expect(zk.sessionTimeoutMs).toBe(shortSessionMs);
      const expired = once(zk, 'expired');
      await losing(zk, () => wire.shut());
      const waiting = failure(zk.getData(at));
      await within('the session to expire', expired);
      expect(await waiting).toBeInstanceOf(SessionExpiredError);
      expect(zk.state).toBe('expired');
      await until('the ephemeral to go', async () => (await other.exists(`${at}/e`)) === null);
    });

    it('expires at the server, which says so on the next connection', async () => {
      const first = await scene.client({ sessionTimeoutMs: shortSessionMs });
      const at = await scene.place(first);
      await first.create(`${at}/e`, null, { mode: 'ephemeral' });
      const { session } = first;
      first.abandon();
      const other = await scene.client();
      await until('the ephemeral to go', async () => (await other.exists(`${at}/e`)) === null);
      const connecting = ZooKeeper.connect(scene.server.address, { session });
      const error = await failure(connecting);
      expect(error).toBeInstanceOf(SessionExpiredError);
      expect(error.message).toContain(toHex(session.id));
    });

    it('lives on pings alone', async () => {
      const zk = await scene.client({ sessionTimeoutMs: shortSessionMs });
      const lost: string[] = [];
      zk.on('state', (state) => lost.push(state));
      const began = performance.now();
      await until('three timeouts', () => performance.now() - began > 3 * shortSessionMs);
      expect(lost).toEqual([]);
      expect(await zk.exists('/')).not.toBeNull();
    });

    it('finds a server among several', async () => {
      const dead = await freePort();
      const address = `127.0.0.1:${dead},${scene.server.address},[::1]:${dead}`;
      for (let turn = 0; turn < 4; turn++) {
        const zk = await scene.client({}, address);
        expect(zk.server?.port).toBe(scene.server.port);
      }
    });

    it('that is closed while its connection breaks is closed, and not disconnected', async () => {
      const { wire, clients } = await scene.behindWire(1);
      const [zk] = clients as [ZooKeeper];
      wire.cut();
      await zk.close();
      expect(zk.state).toBe('closed');
      expect(await failure(zk.getData('/'))).toBeInstanceOf(ClientClosedError);
    });

    it('that finds none says why', async () => {
      const dead = await freePort();
      const connecting = ZooKeeper.connect(`127.0.0.1:${dead}`, { timeoutMs: 4_000 });
      const error = await failure(connecting);
      expect(error).toBeInstanceOf(ConnectionLossError);
      expect(error.message).toContain('ECONNREFUSED');
    });

    it('with wrong credentials is of no use any more', async () => {
      const zk = await scene.client();
      const refused = once(zk, 'authFailed');
      expect(await failure(zk.addAuth('no-such-scheme', 'x'))).toBeInstanceOf(AuthFailedError);
      await refused;
      expect(await failure(zk.getData('/'))).toBeInstanceOf(AuthFailedError);
    });

    it('has its identities on every connection', async () => {
      const { wire, clients } = await scene.behindWire(1, {
        auth: [{ scheme: 'digest', auth: 'ann:secret' }],
      });
      const [zk] = clients as [ZooKeeper];
      const ann = { scheme: 'digest', user: 'ann' };
      expect(await zk.whoAmI()).toContainEqual(ann);
      await losing(zk, () => wire.cut());
      expect(await zk.whoAmI()).toContainEqual(ann);
    });
  });
}
