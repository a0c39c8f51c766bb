/*
 * Ports for other servers: opened, closed and opened again, refused while they are closed, and clear words where they are taken.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Address, Log, PeerLink } from '../../../src/quorum/ports.ts';
import {
  type ListenAddress,
  listenAddresses,
  PeerListener,
} from '../../../src/server/host/peer-listener.ts';
import {
  closedPort,
  deferred,
  dial,
  eventually,
  Heard,
  linkTo,
  plainServer,
  Turns,
} from './peers.ts';

const closers: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A listener with its log, and what it has accepted. */
class Scene {
  readonly turns = new Turns();
  readonly lines: string[] = [];
  readonly accepted: Heard[] = [];
  readonly listener: PeerListener;
  private readonly source = 'server.1 in zoo.cfg:5';

  constructor(addresses: readonly ListenAddress[], attempts = 1) {
    const note = (line: string) => this.lines.push(line);
    const log: Log = { debug: note, info: note, warn: note, error: note };
    this.listener = new PeerListener(this.turns.network, () => this.turns.openTurn(), log, {
      what: 'election port',
      source: this.source,
      addresses,
      attempts,
    });
    closers.push(() => {
      this.listener.close();
      this.turns.network.close();
    });
  }

  /** Opens and gives the address that is listened on, or the error. */
  open(): Promise<Address | string> {
    const { promise, resolve } = deferred<Address | string>();
    this.listener.open({
      opened: resolve,
      failed: resolve,
      accepted: (_link: PeerLink) => {
        const heard = new Heard(this.turns);
        this.accepted.push(heard);
        return heard;
      },
    });
    return promise;
  }

  /** As open, where it is sure that the port is free. */
  async opened(): Promise<Address> {
    const end = await this.open();
    if (typeof end === 'string') throw new Error(end);
    return end;
  }
}

const ANY_PORT = [{ host: '127.0.0.1', port: 0 }];

function peer(): Turns {
  const turns = new Turns();
  closers.push(() => turns.network.close());
  return turns;
}

describe('a listener', () => {
  it('gives a link for each that connects, with what was sent at once', async () => {
    const scene = new Scene(ANY_PORT);
    const { link } = await linkTo(peer(), await scene.opened());
    expect(link.remoteAddress).toMatch(/^127\.0\.0\.1:/);
    await eventually(() => expect(scene.accepted).toHaveLength(1));
    link.destroy();
    expect(await scene.accepted[0]?.end).toBeNull();
  });

  it('may send somebody away', async () => {
    const scene = new Scene(ANY_PORT);
    const { promise, resolve } = deferred<Address>();
    const failed = () => undefined;
    scene.listener.open({ opened: resolve, failed, accepted: () => null });
    const { heard } = await linkTo(peer(), await promise);
    expect(await heard.end).toBeNull();
  });

  it('refuses everybody while it is closed, and keeps those that are there', async () => {
    const scene = new Scene(ANY_PORT);
    const address = await scene.opened();
    const mine = peer();
    const { link } = await linkTo(mine, address);
    await eventually(() => expect(scene.accepted).toHaveLength(1));
    scene.listener.close();
    expect(await dial(mine, [address])).toContain('connection refused');
    link.write(Uint8Array.of(7));
    mine.network.flush();
    await eventually(() => expect(scene.accepted[0]?.bytes).toEqual([7]));
  });

  it('opens its port again and again while connections to it live on', async () => {
    const port = (await closedPort()).port;
    const scene = new Scene([{ host: '127.0.0.1', port }]);
    const mine = peer();
    for (let round = 1; round <= 20; round += 1) {
      const address = await scene.opened();
      await linkTo(mine, address);
      await eventually(() => expect(scene.accepted).toHaveLength(round));
      scene.listener.close();
    }
  });

  it('may be closed and opened before it has begun to listen', async () => {
    const port = (await closedPort()).port;
    const scene = new Scene([{ host: '127.0.0.1', port }]);
    const first = vi.fn();
    scene.open().then(first);
    scene.listener.close();
    scene.open().then(first);
    scene.listener.close();
    const address = await scene.opened();
    await linkTo(peer(), address);
    expect(first).not.toHaveBeenCalled();
  });

  it('tells which line asks for a port that is taken', async () => {
    const taken = await plainServer();
    closers.push(() => taken.server.close());
    const scene = new Scene([taken.address]);
    expect(await scene.open()).toBe(
      `server.1 in zoo.cfg:5: election port ${taken.address.port} on 127.0.0.1: is taken, another process listens there already`,
    );
  });

  it('tells which line asks for an address of another machine', async () => {
    const scene = new Scene([{ host: '192.0.2.1', port: 3888 }]);
    expect(await scene.open()).toContain(
      'election port 3888 on 192.0.2.1: this machine has no such address',
    );
  });

  it('tries a taken port again, and says so', async () => {
    const taken = await plainServer();
    const scene = new Scene([taken.address], 0);
    const opened = scene.open();
    await eventually(() => expect(scene.lines).toHaveLength(1));
    expect(scene.lines[0]).toContain(
      'another process listens there already; trying again in 1000 ms',
    );
    taken.server.close();
    expect(await opened).toEqual(taken.address);
  });

  it('is content with one of its addresses', async () => {
    const scene = new Scene([{ host: '192.0.2.1', port: 3888 }, ...ANY_PORT]);
    await linkTo(peer(), await scene.opened());
  });

  it('listens on all addresses where it has to', async () => {
    const scene = new Scene([{ host: null, port: 0 }]);
    const { port } = await scene.opened();
    await linkTo(peer(), { host: '127.0.0.1', port });
    await eventually(() => expect(scene.accepted).toHaveLength(1));
  });
});

describe('the addresses to listen on', () => {
  const own = [
    { host: 'a', port: 3888 },
    { host: 'b', port: 3888 },
    { host: 'c', port: 3889 },
  ];

  it("are the member's own, or each of their ports on all addresses", () => {
    expect(listenAddresses(own, false)).toEqual(own);
    expect(listenAddresses(own, true)).toEqual([
      { host: null, port: 3888 },
      { host: null, port: 3889 },
    ]);
  });
});
