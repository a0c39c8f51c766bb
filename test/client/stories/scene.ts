/*
 * What the stories of the client have in common: one server for all of a file, clients that are closed when a story ends, and
 * a part of the tree for each story.
 */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { ensurePath, ZooKeeper, type ZooKeeperOptions } from '../../../src/client/index.ts';
import { type ServerKind, startServer, type TestServer } from '../../harness/server.ts';
import { within } from '../../harness/until.ts';
import { Wire } from './wire.ts';

/**
 * The timeout of a session that is to expire, or to be kept by what it says: short, and still longer than a busy machine keeps
 * anybody waiting.
 */
export const shortSessionMs = 3_000;

/** Short ticks, so that sessions may be short; and no waiting for the disk, of which no story is told. */
const config = { tickTime: 200, maxSessionTimeout: 60_000, forceSync: 'no' };

export class Scene {
  #server: TestServer | null = null;
  #clients: ZooKeeper[] = [];
  #wires: Wire[] = [];
  #storyCount = 0;

  constructor(kind: ServerKind) {
    beforeAll(async () => {
      this.#server = await startServer(kind, config);
    });
    afterEach(async () => {
      await Promise.all(this.#clients.map((client) => client.close()));
      for (const wire of this.#wires) wire.close();
      this.#clients = [];
      this.#wires = [];
    });
    afterAll(() => this.server.dispose());
  }

  get server(): TestServer {
    if (this.#server === null) throw new Error('the server was not started');
    return this.#server;
  }

  /** A client that is closed when the story ends. */
  async client(options: ZooKeeperOptions = {}, address = this.server.address): Promise<ZooKeeper> {
    const zk = await ZooKeeper.connect(address, { reconnectDelayMs: 20, ...options });
    this.#clients.push(zk);
    return zk;
  }

  /** Clients that connect through one wire, to be broken. */
  async behindWire(
    count: number,
    options: ZooKeeperOptions = {},
  ): Promise<{ readonly wire: Wire; readonly clients: readonly ZooKeeper[] }> {
    const wire = await Wire.to(this.server.port);
    this.#wires.push(wire);
    const clients = await Promise.all(
      Array.from({ length: count }, () => this.client(options, wire.address)),
    );
    return { wire, clients };
  }

  /** A znode that nobody else uses. */
  async place(zk: ZooKeeper): Promise<string> {
    this.#storyCount += 1;
    const path = `/story-${this.#storyCount}`;
    await ensurePath(zk, path);
    return path;
  }
}

/** The error with which a promise rejects. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => null,
    (error: Error) => error,
  );
  if (outcome === null) throw new Error('it did not fail');
  return outcome;
}

/** Does what breaks the connection of a client, and waits until the client has noticed. */
export async function losing(zk: ZooKeeper, breaks: () => void): Promise<void> {
  const lost = once(zk, 'disconnected');
  breaks();
  await within('the client to notice', lost);
}
