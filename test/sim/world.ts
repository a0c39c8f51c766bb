/*
 * World: an ensemble, its clients and their trouble in one process, under a clock of its own and with one source of randomness. A seed
 * is a whole history: run it twice and the same happens, byte for byte.
 *
 *   phase 1   clients ask, faults come and go, checkers compare
 *   phase 2   everything is healed, or as much as makes a quorum: an election has to end and every client to be served
 *   the end   clients vanish and their sessions have to; the rest is silent and all replicas have to be equal
 */
import { toHex } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { Random } from '../harness/random.ts';
import { sabotageOf } from './bugs.ts';
import { Faults } from './faults.ts';
import type { Entry } from './ledger.ts';
import { Ledger } from './ledger.ts';
import { Network } from './network.ts';
import type { SimOptions } from './options.ts';
import type { Sabotage } from './sabotage.ts';
import { serverOptions } from './server-options.ts';
import { SimClient } from './sim-client.ts';
import { SimServer } from './sim-server.ts';
import { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';

/** What has become of a world. */
export interface Outcome {
  /** What was broken; null for nothing. */
  readonly error: Error | null;
  /** The hash of everything that has happened. */
  readonly hash: string;
  readonly virtualMs: number;
  readonly happenings: number;
  readonly epochs: number;
  readonly committed: number;
  readonly answered: number;
  /** What had to be done in phase 2, and how long it took, in ms. */
  readonly recoveryMs: number;
}

/** An ensemble with its clients. */
export class World {
  readonly timeline = new Timeline();
  readonly network: Network;
  readonly ledger: Ledger;
  readonly servers: SimServer[] = [];
  readonly clients: SimClient[] = [];
  readonly faults: Faults;
  readonly options: SimOptions;
  error: Error | null = null;
  private readonly random: Random;
  private readonly horizon = { seen: 0n };
  private readonly sequential: { readonly zxid: bigint; readonly path: string }[] = [];
  private readonly narrate: ((line: string) => void) | null;
  private readonly sabotage: Sabotage;
  private recoveryMs = 0;
  private living: readonly SimServer[] = [];

  /** @param bug a deliberate one, by its name @param narrate takes each line of the trace, each with its time in front */
  constructor(
    seed: number,
    options: SimOptions,
    bug: string | null,
    narrate: ((line: string) => void) | null = null,
  ) {
    this.options = options;
    this.random = new Random(seed);
    this.sabotage = sabotageOf(bug, this.random);
    this.narrate = narrate;
    this.network = new Network(this.timeline, this.random, options.network);
    this.ledger = new Ledger(() => this.timeline.now);
    this.ledger.onEntry = (entry) => this.entered(entry);
    this.ledger.quorum = (zxid) => this.quorumOf(zxid);
    this.addServers();
    this.addClients();
    this.faults = new Faults(
      {
        timeline: this.timeline,
        network: this.network,
        random: this.random,
        servers: this.servers,
        clientHosts: this.clients.map((client) => client.host),
        tell: this.tell,
      },
      options,
    );
  }

  /** One line of the trace; it is made only where somebody listens. */
  readonly tell = (text: () => string): void => {
    this.narrate?.(`${this.timeline.now.toFixed(3).padStart(11)}  ${text()}`);
  };

  // ---- who is there

  private addServers(): void {
    const { voters, observers, diskLatencyMean } = this.options;
    for (let sid = 1; sid <= voters + observers; sid++) {
      const server = new SimServer(
        {
          timeline: this.timeline,
          network: this.network,
          random: this.random,
          ledger: this.ledger,
          tell: this.tell,
          log: () => undefined,
          broken: (error) => this.broken(error),
          ended: (ended) => this.faults.processEnded(ended),
          refused: (refusing) => this.faults.processRefused(refusing),
          sabotage: this.sabotage,
        },
        serverOptions(sid, this.options),
      );
      server.disk.mood.latencyMean = diskLatencyMean;
      server.clock.elapsedRate = this.clockRate();
      server.clock.wallRate = this.clockRate();
      this.servers.push(server);
    }
  }

  private clockRate(): number {
    const { clockDrift } = this.options;
    return 1 + clockDrift * (2 * this.random.next() - 1);
  }

  private addClients(): void {
    const hosts = this.servers.map((server) => server.host);
    for (let number = 1; number <= this.options.clients; number++) {
      this.clients.push(
        new SimClient(
          `c${number}`,
          {
            network: this.network,
            ledger: this.ledger,
            horizon: this.horizon,
            random: this.random,
            servers: hosts,
            tell: this.tell,
            guard: (event) => this.guard(event),
            sequential: (zxid, path) => this.sequential.push({ zxid, path }),
          },
          this.options.workload,
        ),
      );
    }
  }

  private quorumOf(zxid: bigint): { readonly count: number; readonly needed: number } {
    const voters = this.servers.filter((server) => !server.isObserver);
    const count = voters.filter((server) => server.log.zxid >= zxid).length;
    return { count, needed: Math.floor(voters.length / 2) + 1 };
  }

  // ---- what is wrong

  private guard(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.broken(error);
    }
  }

  private broken(error: unknown): void {
    if (this.error !== null) return;
    if (error instanceof Violation) this.error = error;
    else {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.error = new Violation('NoException', text);
    }
    this.tell(() => `VIOLATION ${this.error?.message ?? ''}`);
  }

  private readonly isOver = (): boolean => this.error !== null;

  /** A session that the leader closes by itself was silent for as long as it may be. */
  private entered(entry: Entry): void {
    const { zxid, clientId, cxid, txn } = entry;
    this.timeline.trace(Number(zxid & 0xffffffffn));
    this.tell(() => `committed 0x${toHex(zxid)} type ${txn.type} of 0x${toHex(clientId)}/${cxid}`);
    if (txn.type === OpCode.deleteContainer) this.mustBeAbandoned(entry, txn.path);
    const client = this.clients.find((one) => one.sessionId === clientId);
    if (client === undefined) return;
    if (cxid !== 0) client.writes.mustComeTo(cxid, txn);
    if (txn.type !== OpCode.closeSession || cxid !== 0) return;
    const silentMs = this.timeline.now - client.provenAliveAt;
    const limit = client.sessionTimeout / (1 + this.options.clockDrift) - this.expirySlackMs;
    if (silentMs >= limit) return;
    throw new Violation(
      'Sessions',
      `session 0x${toHex(clientId)} of ${client.host} expires ${Math.round(silentMs)} ms after it was heard, its time-out is ${client.sessionTimeout} ms`,
    );
  }

  /** Only a container without children, or a znode with a time to live, is deleted by the leader itself. */
  private mustBeAbandoned({ zxid }: Entry, path: string): void {
    const { naive } = this.ledger.model;
    const node = naive.get(path);
    const isMeant = naive.containers.has(path) || naive.ttls.has(path);
    if (node !== undefined && isMeant && node.children.size === 0) return;
    throw new Violation('Containers', `${path} is deleted at 0x${toHex(zxid)} by nobody's wish`);
  }

  /**
   * How much earlier than its client thinks a session may expire: what a server knows of its clients reaches the leader with the
   * next ping, and a server that has lost its leader notices after syncLimit.
   */
  private get expirySlackMs(): number {
    const { tickTime, syncLimit } = this.options;
    return 2 * syncLimit * tickTime + 2 * tickTime + this.faults.longestPauseMs + 2000;
  }

  // ---- phases

  /** Lets a whole history happen. */
  run(): Outcome {
    for (const server of this.servers) server.start();
    for (const client of this.clients) client.start();
    this.faults.start();
    this.timeline.runUntil(this.options.faultMs, this.isOver);
    if (!this.isOver()) this.living = this.faults.heal();
    this.demandProgress();
    this.demandEnd();
    if (!this.isOver()) this.guard(() => this.checkSequence());
    return this.outcome;
  }

  /** Lets time pass until something is true; a violation where that takes too long. */
  private await(limitMs: number, isTrue: () => boolean, missing: () => string): void {
    const start = this.timeline.now;
    const end = start + limitMs / (1 - this.options.clockDrift);
    while (!this.isOver() && !isTrue()) {
      if (this.timeline.now >= end) {
        this.broken(new Violation('Progress', `${missing()} within ${limitMs} ms`));
        return;
      }
      this.timeline.runUntil(Math.min(end, this.timeline.now + 50), this.isOver);
    }
  }

  private demandProgress(): void {
    const { tickTime, initLimit, workload } = this.options;
    const before = new Map(this.clients.map((client) => [client, client.writesDone]));
    const start = this.timeline.now;
    const limit = 60_000 + 3 * initLimit * tickTime + 2 * workload.sessionTimeout;
    const unserved = (): SimClient[] =>
      this.clients.filter((client) => client.writesDone === before.get(client));
    this.await(
      limit,
      () => unserved().length === 0,
      () =>
        `${unserved()
          .map(({ host }) => host)
          .join(', ')} could not write; ${this.describe()}`,
    );
    this.recoveryMs = this.timeline.now - start;
  }

  private describe(): string {
    return this.servers
      .map(({ host, role, isAlive }) => `${host} ${isAlive ? role : 'dead'}`)
      .join(', ');
  }

  /** Some clients vanish, the others say nothing more: sessions have to expire, and all replicas have to be equal. */
  private demandEnd(): void {
    if (this.isOver()) return;
    const gone = this.clients.filter((_, index) => index % 2 === 0);
    for (const client of this.clients) client.isResting = true;
    this.await(
      60_000,
      () => this.clients.every((client) => client.isOpen && !client.hasPending),
      () => 'clients did not get their answers',
    );
    if (this.isOver()) return;
    for (const client of gone) client.vanish();
    const { model } = this.ledger;
    const { tickTime, workload, syncLimit, initLimit } = this.options;
    const left = (): bigint[] =>
      [...model.openSessions.keys()].filter((id) =>
        this.clients.every((client) => !client.isAlive || client.sessionId !== id),
      );
    this.await(
      2 * workload.sessionTimeout + (syncLimit + 4) * tickTime + 10_000,
      () => left().length === 0,
      () => `session 0x${toHex(left()[0] ?? 0n)} of a client that is gone did not expire`,
    );
    this.await(
      2 * this.options.containerCheckIntervalMs + 30_000,
      () => model.abandonedContainers().length === 0,
      () => `nobody deletes ${model.abandonedContainers()}`,
    );
    // A server may still wait, as long as initLimit lets it, for a leader that nobody else follows.
    this.await(
      30_000 + 2 * initLimit * tickTime,
      () => this.unequal() === null,
      () => this.unequal() ?? '',
    );
  }

  /** What a server that should be like the others lacks. */
  private unequal(): string | null {
    const { last } = this.ledger;
    if (last === undefined) return 'nothing was ever committed';
    for (const { host, tree, isAlive, isRefusing } of this.living) {
      // Its operator cannot help it yet.
      if (isRefusing) continue;
      if (!isAlive || tree === null) return `${host} is not there`;
      const own = tree.applied.at(-1)?.zxid ?? tree.lastProcessedZxid;
      if (own < last.zxid)
        return `${host} is at 0x${toHex(own)}, the history at 0x${toHex(last.zxid)}`;
      if (own > last.zxid && tree.applied.length > 0) return `${host} is ahead of the history`;
      if (last.digest !== null && tree.treeDigest !== last.digest) {
        return `the tree of ${host} is not that of the others`;
      }
    }
    return null;
  }

  /** Sequential names go up in the order in which they were made. */
  private checkSequence(): void {
    const made = [...this.sequential].sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
    let before = -1;
    for (const { path } of made) {
      const number = Number(path.slice(path.lastIndexOf('-') + 1));
      if (!(number > before)) {
        throw new Violation('SequentialNames', `${path} was made behind number ${before}`);
      }
      before = number;
    }
  }

  private get outcome(): Outcome {
    return {
      error: this.error,
      hash: this.timeline.hash,
      virtualMs: Math.round(this.timeline.now),
      happenings: this.timeline.count,
      epochs: this.ledger.epochCount,
      committed: this.ledger.entries.length,
      answered: this.clients.reduce((sum, client) => sum + client.answered, 0),
      recoveryMs: Math.round(this.recoveryMs),
    };
  }
}
