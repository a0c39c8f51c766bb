/*
 * Faults: the trouble of phase 1, drawn one after the other, and its end. Each fault lasts a while and is then undone; several may be
 * there at once. heal() ends all of them and gives back a quorum, or everybody.
 */
import type { Random } from '../harness/random.ts';
import { mayForget, promisesText } from './damage.ts';
import type { Network, Rule } from './network.ts';
import type { FaultKind, SimOptions } from './options.ts';
import type { SimServer } from './sim-server.ts';
import type { Timeline } from './timeline.ts';

/** What faults need of the world. */
export interface FaultPorts {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly random: Random;
  readonly servers: readonly SimServer[];
  readonly clientHosts: readonly string[];
  readonly tell: (text: () => string) => void;
}

function isBetween(one: ReadonlySet<string>, other: ReadonlySet<string>): Rule {
  return (from, to) => (one.has(from) && other.has(to) ? 'hold' : null);
}

/** The trouble of one world. */
export class Faults {
  private readonly ports: FaultPorts;
  private readonly options: SimOptions;
  private readonly rules = new Set<Rule>();
  private isOver = false;
  /** Machines that stay as they are in phase 2. */
  private readonly lost = new Set<SimServer>();
  /** Time that processes were paused, the longest, in ms. */
  longestPauseMs = 0;

  constructor(ports: FaultPorts, options: SimOptions) {
    this.ports = ports;
    this.options = options;
  }

  /** Begins. */
  start(): void {
    this.planNext();
  }

  private planNext(): void {
    this.ports.timeline.after(this.exponential(this.options.faultEveryMs), () => {
      if (this.isOver) return;
      this.begin(this.ports.random.weighted(this.options.faults));
      this.planNext();
    });
  }

  private exponential(mean: number): number {
    return -Math.log(1 - this.ports.random.next()) * mean;
  }

  private lasting(): number {
    return 1 + this.exponential(this.options.faultLastsMs);
  }

  /** Does something when the fault has lasted, unless everything is healed by then. */
  private afterwards(undo: () => void, ms = this.lasting()): void {
    this.ports.timeline.after(ms, () => {
      if (!this.isOver) undo();
    });
  }

  private get anyServer(): SimServer {
    return this.ports.random.pick(this.ports.servers);
  }

  private get leader(): SimServer {
    return this.ports.servers.find((server) => server.isLeading) ?? this.anyServer;
  }

  private begin(kind: FaultKind): void {
    const { servers } = this.ports;
    this.ports.tell(() => `fault: ${kind}`);
    switch (kind) {
      case 'kill':
        this.end(this.anyServer, false);
        break;
      case 'killLeader':
        this.end(this.leader, this.ports.random.chance(0.5));
        break;
      case 'powerLoss':
        this.end(this.anyServer, true);
        break;
      case 'powerLossAll':
        for (const server of servers) this.end(server, true);
        break;
      case 'rollingRestart':
        this.rollingRestart();
        break;
      case 'pause':
        this.pause(this.ports.random.chance(0.5) ? this.leader : this.anyServer);
        break;
      case 'partition':
      case 'oneWay':
      case 'isolateLeader':
        this.partition(kind);
        break;
      case 'cut':
        this.cut();
        break;
      case 'slowLink':
        this.slowLink();
        break;
      case 'damage':
        this.damage(this.anyServer);
        break;
      default:
        this.upset(kind, this.anyServer);
    }
  }

  // ---- machines

  private end(server: SimServer, isPowerLoss: boolean): void {
    if (!server.isAlive) return;
    server.crash(isPowerLoss);
    this.restartLater(server);
  }

  /** Somebody starts a process again some time after it has ended. */
  restartLater(server: SimServer): void {
    this.afterwards(() => {
      if (!server.isAlive && !server.isRefusing) server.start();
    });
  }

  /** Damages what is on a disk, or where so many are damaged that no more may be, gives one of these an empty one. */
  private damage(server: SimServer): void {
    const { servers, random, tell } = this.ports;
    const voters = servers.filter(({ isObserver }) => !isObserver);
    const damaged = voters.filter((one) => one.damaged !== null);
    const isEnough = !server.isObserver && damaged.length >= Math.floor((voters.length - 1) / 2);
    const one = isEnough ? random.pick(damaged) : server;
    if (one.isRefusing) return;
    if (!mayForget(one, servers)) {
      tell(() => `${one.host} cannot be spared: ${promisesText(one.promises)}`);
      return;
    }
    if (one.isAlive) one.crash(random.chance(0.5));
    if (isEnough) one.wipe();
    else one.damage();
    this.restartLater(one);
  }

  /** A server refuses to run on damaged files: an operator takes them away as soon as others have all that it has promised. */
  processRefused(server: SimServer): void {
    const { timeline, servers } = this.ports;
    timeline.after(this.lasting(), () => {
      if (!server.isRefusing || this.lost.has(server)) return;
      if (mayForget(server, servers)) {
        server.wipe();
        server.start();
      } else this.processRefused(server);
    });
  }

  private rollingRestart(): void {
    let at = 0;
    for (const server of this.ports.servers) {
      at += this.lasting();
      this.afterwards(() => this.end(server, false), at);
    }
  }

  private pause(server: SimServer): void {
    if (!server.isAlive || server.isPaused) return;
    const ms = this.lasting();
    this.longestPauseMs = Math.max(this.longestPauseMs, ms);
    this.ports.tell(() => `${server.host} is paused for ${Math.round(ms)} ms`);
    server.pause();
    this.afterwards(() => server.resume(), ms);
  }

  private upset(kind: FaultKind, server: SimServer): void {
    const { mood } = server.disk;
    const { random, tell } = this.ports;
    tell(() => `${kind} at ${server.host}`);
    switch (kind) {
      case 'slowDisk':
        mood.latencyMean = this.options.diskLatencyMean * random.pick([10, 100]);
        break;
      case 'fullDisk':
        mood.isFull = true;
        break;
      case 'failingDisk':
        mood.failChance = random.pick([0.01, 0.2]);
        break;
      case 'powerLossInCall':
        mood.powerLossChance = random.pick([0.1, 0.5]);
        break;
      default:
        server.clock.wallOffset += random.pick([-1, 1]) * random.pick([100, 10_000, 100_000_000]);
    }
    this.afterwards(() => this.calm(server));
  }

  private calm({ disk: { mood } }: SimServer): void {
    mood.latencyMean = this.options.diskLatencyMean;
    mood.isFull = false;
    mood.failChance = 0;
    mood.powerLossChance = 0;
  }

  // ---- the network

  private setRules(): void {
    this.ports.network.setRules([...this.rules]);
  }

  private addRules(rules: readonly Rule[]): void {
    for (const rule of rules) this.rules.add(rule);
    this.setRules();
    this.afterwards(() => {
      for (const rule of rules) this.rules.delete(rule);
      this.setRules();
    });
  }

  private partition(kind: 'partition' | 'oneWay' | 'isolateLeader'): void {
    const { random, servers, clientHosts, tell } = this.ports;
    const isAlone = kind === 'isolateLeader';
    const { leader } = this;
    const hosts = servers.map((server) => server.host);
    // Clients may be on either side.
    const one = new Set(
      hosts.filter((host) => (isAlone ? host === leader.host : random.chance(0.5))),
    );
    for (const client of clientHosts) if (random.chance(0.5)) one.add(client);
    const other = new Set([...hosts, ...clientHosts].filter((host) => !one.has(host)));
    tell(() => `${kind}: ${[...one].join(' ')} | ${[...other].join(' ')}`);
    const isOneWay = kind === 'oneWay' || (isAlone && random.chance(0.3));
    this.addRules(
      isOneWay ? [isBetween(one, other)] : [isBetween(one, other), isBetween(other, one)],
    );
  }

  private slowLink(): void {
    const { random } = this.ports;
    const { host } = this.anyServer;
    const ms = random.pick([20, 200, 1000]);
    this.addRules([(from, to) => (from === host || to === host ? ms * random.next() : null)]);
  }

  private cut(): void {
    const { network, random } = this.ports;
    const ends = network.between(this.anyServer.host, null);
    if (ends.length === 0) return;
    const isAll = random.chance(0.3);
    for (const end of isAll ? ends : [random.pick(ends)]) network.cut(end);
  }

  // ---- the end

  /** Ends all trouble. Returns the servers that are there in phase 2. */
  heal(): readonly SimServer[] {
    const { servers, random, tell } = this.ports;
    this.isOver = true;
    const voters = servers.filter((server) => !server.isObserver);
    const spare = this.options.healAll ? 0 : Math.floor((voters.length - 1) / 2);
    for (let count = 0; count < spare; count++) {
      // One that will not start by itself is none of the quorum that is left.
      const unfit = voters.find(
        (one) => !one.isAlive && one.damaged !== null && !this.lost.has(one),
      );
      this.lost.add(unfit ?? random.pick(voters));
    }
    const rules: Rule[] = [];
    for (const server of this.lost) {
      const alone = new Set([server.host]);
      // It is dead, or everybody is out of its reach.
      if (random.chance(0.5)) server.crash(true);
      else {
        const others = new Set(servers.map(({ host }) => host).filter((host) => !alone.has(host)));
        rules.push(isBetween(alone, others), isBetween(others, alone));
      }
    }
    const { network } = this.ports;
    network.options = { ...network.options, lateChance: 0, refuseChance: 0 };
    network.setRules(rules);
    const living = servers.filter((server) => !this.lost.has(server));
    tell(() => `healed: ${living.map(({ host }) => host).join(' ')}`);
    for (const server of servers) {
      this.calm(server);
      server.resume();
    }
    for (const server of living) {
      if (!server.isAlive && !server.isRefusing) server.start();
    }
    return living;
  }

  /** A process has ended by itself. */
  processEnded(server: SimServer): void {
    if (!this.isOver) this.restartLater(server);
    else this.ports.timeline.after(1000, () => server.start());
  }
}
