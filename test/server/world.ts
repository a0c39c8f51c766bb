/*
 * A server in a box: a Standalone with a clock that stands still, a disk that is held, links that only record, and a log that
 * is a list. Nothing happens by itself: bytes arrive when a client sends, answers leave when a turn ends, writes are durable
 * when the disk is told to finish, and time passes when it is told to.
 *
 *   const world = new World();
 *   const ann = world.connect();
 *   ann.ask(Op.create, create('/a'))     // sends, lets everything come to rest, gives the reply
 *
 * What ServerHost and startServer do with sockets and timers, World does with calls; keep the two alike.
 */
import { ServerMetrics } from '../../src/admin/metrics/index.ts';
import { DataTree } from '../../src/datatree/data-tree.ts';
import { recover } from '../../src/datatree/storage/recover.ts';
import { SnapshotWriter } from '../../src/datatree/storage/snapshot-writer.ts';
import type { TurnClock } from '../../src/server/clock.ts';
import type { ServerConfig } from '../../src/server/config/config.ts';
import { Standalone } from '../../src/server/standalone.ts';
import { hostFacts } from '../harness/host-facts.ts';
import { Client } from './client.ts';
import { LEAST, parseText } from './config/memory-files.ts';
import { HeldDisk } from './held-disk.ts';

/** Keys of zoo.cfg and their values. */
export type Keys = Readonly<Record<string, string | number | boolean>>;

const DEFAULT_KEYS: Keys = {
  '4lw.commands.whitelist': '*',
  preAllocSize: 64,
  extendedTypesEnabled: true,
};

/** Numbers in [0, 1) that are the same in every run (a linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A server and everything around it. */
export class World {
  readonly config: ServerConfig;
  readonly disk: HeldDisk;
  readonly clock: TurnClock;
  /** Lines of the log, each with its level in front. */
  readonly lines: string[] = [];
  readonly metrics: ServerMetrics;
  readonly tree: DataTree;
  readonly server: Standalone;
  readonly clients: Client[] = [];
  /** What the server stopped with. */
  failure: Error | null = null;
  private readonly snapshots: SnapshotWriter;

  /** A server on a new disk, or on what another has left on its own. */
  constructor(keys: Keys = {}, before: World | null = null) {
    const lines = Object.entries({ ...DEFAULT_KEYS, ...keys }).map(
      ([key, value]) => `${key}=${value}`,
    );
    const config = parseText(LEAST + lines.join('\n'));
    this.config = config;
    this.disk = before?.disk ?? new HeldDisk();
    this.clock = before?.clock ?? { elapsed: 1_000_000, wall: 1_700_000_000_000 };
    const random = seeded(7);
    this.metrics = new ServerMetrics(random);
    this.tree = new DataTree({
      hashSeed: [1, 2],
      digestEnabled: config.digestEnabled,
      extendedTypesEnabled: config.extendedTypesEnabled,
      emulate353TTLNodes: config.emulate353TTLNodes,
      onWarning: (message) => this.lines.push(`tree ${message}`),
    });
    this.recover();
    this.snapshots = this.snapshotWriter();
    this.server = new Standalone(
      {
        disk: this.disk,
        clock: this.clock,
        log: {
          debug: (message) => this.lines.push(`debug ${message}`),
          info: (message) => this.lines.push(`info ${message}`),
          warn: (message) => this.lines.push(`warn ${message}`),
          error: (message) => this.lines.push(`error ${message}`),
        },
        facts: hostFacts(),
        random,
        tree: this.tree,
        snapshots: this.snapshots,
        metrics: this.metrics,
        wake: () => undefined,
        fail: (error) => this.fail(error),
      },
      config,
      config.clientPort ?? -1,
    );
  }

  private recover(): void {
    const { config } = this;
    recover(this.disk, this.tree, {
      snapshotDirectory: '/data/version-2',
      logDirectory: '/data/version-2',
      autocreate: true,
      initializePath: '/data/initialize',
      dbAutocreate: true,
      snapshotTrustEmpty: false,
      digestEnabled: config.digestEnabled,
      serializeLastProcessedZxid: config.serializeLastProcessedZxidEnabled,
      now: () => 0,
      onWarning: (message) => this.lines.push(`recovery ${message}`),
    });
  }

  private snapshotWriter(): SnapshotWriter {
    const { config } = this;
    const options = {
      directory: '/data/version-2',
      compression: config.snapshotCompression,
      now: () => this.clock.elapsed,
      digestEnabled: config.digestEnabled,
      serializeLastProcessedZxid: config.serializeLastProcessedZxidEnabled,
    };
    return new SnapshotWriter(this.disk, this.tree, options, {
      onChunkWritten: () => undefined,
      onDone: ({ path, elapsedMs }) => {
        this.metrics.snapshotTime.add(elapsedMs);
        this.lines.push(`info snapshot ${path}`);
      },
      onFailure: (error) => this.lines.push(`error a snapshot failed: ${error.message}`),
    });
  }

  /** As startServer has it: nobody is answered any more. */
  private fail(error: Error): void {
    this.failure = error;
    this.server.clientPort.closeAll();
  }

  /** Opens a connection that has said nothing. */
  open(address = '10.0.0.1'): Client {
    const client = new Client(this, address, 40_000 + this.clients.length);
    this.clients.push(client);
    return client;
  }

  /** Opens a connection and makes a session. @param timeout ms */
  connect(timeout = 30_000, address?: string): Client {
    const client = this.open(address);
    client.shakeHands({ timeout });
    this.settle();
    client.expectSession();
    return client;
  }

  /** Ends turns as long as another is due. The disk is left alone. */
  turn(): void {
    for (;;) {
      const isMoreToDo = this.failure === null && this.server.endTurn();
      if (this.snapshots.isActive) this.snapshots.step();
      for (const client of this.clients) client.tellOfClosing();
      if (!isMoreToDo && !this.snapshots.wantsStep) return;
    }
  }

  /** Lets everything come to rest, the disk too unless it is held. */
  settle(): void {
    this.turn();
    while (this.disk.isBusy && !this.disk.isHeld) {
      this.disk.finish();
      this.turn();
    }
  }

  /** Lets time pass, with everything that is due on the way. */
  advance(ms: number): void {
    const end = this.clock.elapsed + ms;
    while (this.server.deadline <= end) {
      this.moveClock(Math.max(this.server.deadline, this.clock.elapsed));
      this.server.run();
      this.settle();
    }
    this.moveClock(end);
  }

  /** Sets the clock without doing what is due. */
  moveClock(elapsed: number): void {
    this.clock.wall += elapsed - this.clock.elapsed;
    this.clock.elapsed = elapsed;
  }

  /** What a four-letter word answers to a connection of its own. */
  word(text: string): string {
    const client = this.open('10.9.9.9');
    client.send(Buffer.from(text));
    this.turn();
    return client.takeText();
  }

  /** A value of `mntr`. */
  monitor(name: string): number {
    const line = this.word('mntr')
      .split('\n')
      .find((each) => each.startsWith(`zk_${name}\t`));
    if (line === undefined) throw new Error(`mntr has no ${name}`);
    return Number(line.split('\t')[1]);
  }

  /** Breaks all connections and forgets what the disk has not finished; a server that finds what is left. */
  crashAndRestart(keys: Keys = {}): World {
    this.disk.crash();
    return new World(keys, this);
  }

  /** Lines of the log at a level. */
  logged(level: 'info' | 'warn' | 'error' | 'recovery' | 'tree'): string[] {
    return this.lines.filter((line) => line.startsWith(`${level} `));
  }
}
