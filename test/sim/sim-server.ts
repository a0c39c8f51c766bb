/*
 * SimServer: one machine of the simulated ensemble, with its disk, its clock and the process that runs on it: the product's own
 * Replica, driven through its ports in turns, as ServerHost and startMember drive it on a real machine. Keep the three alike.
 *
 * What happens to a machine is decided elsewhere (faults.ts): here are the ways in which it can end, stop and begin again.
 */

import { ServerMetrics } from '../../src/admin/metrics/index.ts';
import type { DataTree } from '../../src/datatree/data-tree.ts';
import type { Disk } from '../../src/datatree/storage/disk.ts';
import { Epochs } from '../../src/datatree/storage/epochs.ts';
import type { Recovery } from '../../src/datatree/storage/recover.ts';
import { StorageError } from '../../src/datatree/storage/storage-error.ts';
import type { EnsembleConfig, ServerConfig } from '../../src/server/config/config.ts';
import type { DatabasePorts } from '../../src/server/database.ts';
import { recoverTree, snapshotWriter } from '../../src/server/database.ts';
import { Replica } from '../../src/server/ensemble/replica.ts';
import type { Log } from '../../src/server/log.ts';
import { hostFacts } from '../harness/host-facts.ts';
import type { Random } from '../harness/random.ts';
import { acceptClient } from './client-links.ts';
import type { Promises } from './damage.ts';
import { damage, epochIn } from './damage.ts';
import { DurableLog } from './durable-log.ts';
import type { Ledger } from './ledger.ts';
import { Life } from './life.ts';
import { MachineClock } from './machine-clock.ts';
import type { Network } from './network.ts';
import { ObservedTree } from './observed-tree.ts';
import { PeerLinks } from './peer-links.ts';
import type { Sabotage } from './sabotage.ts';
import { isSystemError, PowerLoss, SimDisk } from './sim-disk.ts';
import type { Timeline } from './timeline.ts';

const ELECTION_PORT = 3888;
const QUORUM_PORT = 2888;
const CLIENT_PORT = 2181;

/** What a machine needs of the world. */
export interface SimServerPorts {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly tell: (text: () => string) => void;
  /** A server tells its operators something. */
  readonly log: (host: string, message: string) => void;
  /** Something was thrown that nobody should have thrown. */
  readonly broken: (error: unknown) => void;
  /** A process has ended by itself. */
  readonly ended: (server: SimServer) => void;
  /** A process refuses to run on files that were damaged. */
  readonly refused: (server: SimServer) => void;
  readonly sabotage: Sabotage;
}

/** How a machine is set. */
export interface SimServerOptions {
  readonly sid: number;
  readonly isObserver: boolean;
  readonly config: ServerConfig;
  readonly ensemble: EnsembleConfig;
  /** ms that a turn takes. */
  readonly turnMs: number;
}

/** What a process is at the moment, by its own words. */
type Role = 'none' | 'looking' | 'elected' | 'leading';

/** A machine. */
export class SimServer {
  readonly host: string;
  readonly sid: number;
  readonly isObserver: boolean;
  readonly disk: SimDisk;
  readonly clock = new MachineClock();
  role: Role = 'none';
  /** How much of the log is on the disk. */
  readonly log = new DurableLog();
  /** The tree that it has at the moment. */
  tree: ObservedTree | null = null;
  /** What was damaged on its disk; null for nothing. */
  damaged: string | null = null;
  /** It has refused to start on what was damaged, and waits for an operator. */
  isRefusing = false;
  private readonly ports: SimServerPorts;
  private readonly options: SimServerOptions;
  private life: Life | null = null;
  private replica: Replica | null = null;
  private peerLinks: PeerLinks | null = null;
  private isTurnOpen = false;
  private timerDeadline = Number.POSITIVE_INFINITY;
  private isRecovering = false;

  constructor(ports: SimServerPorts, options: SimServerOptions) {
    this.ports = ports;
    this.options = options;
    this.sid = options.sid;
    this.isObserver = options.isObserver;
    this.host = `s${options.sid}`;
    this.disk = new SimDisk(
      {
        random: ports.random,
        after: (ms, callback) => {
          const { life } = this;
          ports.timeline.after(ms, () => life?.run(callback));
        },
      },
      { latencyMin: 0.1, latencyMean: 0.5, failChance: 0, isFull: false, powerLossChance: 0 },
    );
  }

  get isAlive(): boolean {
    return this.life !== null;
  }

  get isPaused(): boolean {
    return this.life?.isPaused ?? false;
  }

  get isLeading(): boolean {
    return this.role === 'leading';
  }

  // ---- its life

  /** Starts the process. */
  start(): void {
    const { network, tell } = this.ports;
    network.off.delete(this.host);
    tell(() => `${this.host} starts`);
    const life = new Life(
      this.host,
      () => this.openTurn(),
      (error) => this.thrown(error),
    );
    this.life = life;
    this.isTurnOpen = false;
    this.isRecovering = false;
    this.timerDeadline = Number.POSITIVE_INFINITY;
    life.run(() => this.boot(life));
  }

  private boot(life: Life): void {
    const { network, timeline, sabotage } = this.ports;
    this.clock.look(timeline.now);
    const peerLinks = new PeerLinks(life, network, sabotage);
    const replica = this.makeReplica(life, peerLinks);
    this.peerLinks = peerLinks;
    this.replica = replica;
    this.role = 'looking';
    peerLinks.listen(ELECTION_PORT, (link) => replica.acceptVoter(link));
    network.listen(life, CLIENT_PORT, (end) =>
      acceptClient({ replica, life, timeline, sabotage }, end),
    );
    this.openTurn();
    replica.start();
    timeline.trace(this.sid);
  }

  /** What was thrown out of a turn: the machine's fault, or a bug. */
  private thrown(error: unknown): void {
    const { ports } = this;
    if (error instanceof PowerLoss) {
      ports.tell(() => `${this.host} loses its power: ${error.message}`);
      this.crash(true);
      ports.ended(this);
    } else if (isSystemError(error)) {
      ports.tell(() => `${this.host} ends: ${String(error)}`);
      this.crash(false);
      ports.ended(this);
    } else if (error instanceof StorageError && this.damaged !== null) {
      ports.tell(() => `${this.host} refuses to go on: ${error.message}`);
      this.crash(false);
      this.isRefusing = true;
      ports.refused(this);
    } else ports.broken(error);
  }

  /** Ends the process at once. @param isPowerLoss what was not synced may be lost, and nobody hears of it */
  crash(isPowerLoss: boolean): void {
    const { life } = this;
    if (life === null) return;
    this.ports.tell(() => `${this.host} ${isPowerLoss ? 'loses its power' : 'is killed'}`);
    life.isAlive = false;
    this.life = null;
    this.replica = null;
    this.peerLinks = null;
    this.tree = null;
    this.role = 'none';
    const { network } = this.ports;
    network.processEnded(life, isPowerLoss);
    if (isPowerLoss) network.off.add(this.host);
    this.disk.crash(isPowerLoss);
  }

  private get directory(): string {
    return `${this.options.config.dataDir}/version-2`;
  }

  /** What it may have promised to others, by what is on its disk. */
  get promises(): Promises {
    const { disk, directory } = this;
    return {
      zxid: this.log.zxid,
      acceptedEpoch: epochIn(disk, `${directory}/acceptedEpoch`),
      currentEpoch: epochIn(disk, `${directory}/currentEpoch`),
    };
  }

  /** Damages a file, while the machine is down. */
  damage(): void {
    const what = damage(this.disk, this.directory, this.ports.random);
    this.ports.tell(() => `${this.host}: damaged is ${what ?? 'nothing'}`);
    if (what === null) return;
    this.damaged = what;
    // The end of a log may be taken for a write that was torn: what it still has, recovery will say.
    this.log.zxid = 0n;
  }

  /** An operator gives the machine an empty disk, while it is down. */
  wipe(): void {
    this.ports.tell(() => `${this.host} gets an empty disk`);
    this.disk.wipe();
    this.log.zxid = 0n;
    this.damaged = null;
    this.isRefusing = false;
  }

  pause(): void {
    if (this.life !== null) this.life.isPaused = true;
  }

  resume(): void {
    this.life?.resume();
  }

  // ---- its parts

  private makeReplica(life: Life, peerLinks: PeerLinks): Replica {
    const { ports, options } = this;
    const { config, ensemble } = options;
    const { random, sabotage } = ports;
    const log = this.makeLog();
    const disk: Disk = sabotage.disk(this.log.watch(this.disk));
    const metrics = new ServerMetrics(() => random.next());
    const database = this.databasePorts(disk, log, metrics);
    const newTree = (): ObservedTree => this.newTree(life);
    const tree = newTree();
    const { lastZxid, txnsLoaded } = this.recover(tree, database);
    const wake = (): void => {
      if (life.isAlive) this.openTurn();
    };
    return new Replica(
      {
        disk,
        clock: this.clock.turn,
        log,
        metrics,
        facts: hostFacts('3.8.0-simulated'),
        random: () => random.next(),
        network: peerLinks,
        epochs: Epochs.read(disk, this.directory, lastZxid, (text) => log.warn(text)),
        newTree,
        recover: (empty) => void this.recover(observed(empty), database),
        snapshotWriter: (of) => {
          const shown = observed(of);
          this.tree = shown;
          // What was cut off, or replaced by a received tree, is not on the disk any more.
          this.log.zxid = shown.lastProcessedZxid;
          return snapshotWriter(shown, database, wake);
        },
        listenForLearners: (isWanted) => {
          if (!isWanted) peerLinks.unlisten(QUORUM_PORT);
          else peerLinks.listen(QUORUM_PORT, (link) => this.replica?.acceptLearner(link) ?? null);
        },
        membershipFiles: null,
        wake,
        fail: (error) => {
          log.error(`the log cannot be written: ${error.message}`);
          this.replica?.halt();
          ports.timeline.after(0, () => life.run(() => this.thrown(error)));
        },
      },
      { config, ensemble: sabotage.ensemble(ensemble) },
      { tree, txnsLoaded },
      CLIENT_PORT,
    );
  }

  private databasePorts(disk: Disk, log: Log, metrics: ServerMetrics): DatabasePorts {
    const { random } = this.ports;
    return {
      disk,
      config: this.options.config,
      log,
      metrics,
      now: () => this.clock.turn.elapsed,
      hashSeed: () => [random.below(2 ** 31), random.below(2 ** 31)],
      warm: null,
    };
  }

  private recover(tree: ObservedTree, database: DatabasePorts): Recovery {
    this.isRecovering = true;
    const recovery = recoverTree(tree, database);
    this.isRecovering = false;
    this.ports.ledger.recovered(tree);
    return recovery;
  }

  private newTree(life: Life): ObservedTree {
    const { random, sabotage } = this.ports;
    const { config } = this.options;
    const tree = sabotage.tree({
      hashSeed: [random.below(2 ** 31), random.below(2 ** 31)],
      digestEnabled: config.digestEnabled,
      extendedTypesEnabled: config.extendedTypesEnabled,
      emulate353TTLNodes: config.emulate353TTLNodes,
      onWarning: (message) => this.ports.tell(() => `${this.host} tree: ${message}`),
    });
    tree.onApplied = () => {
      if (!life.isAlive || this.isRecovering) return;
      this.ports.ledger.noted(tree);
      const isShown = this.role === 'elected' || this.role === 'leading';
      if (isShown) this.ports.ledger.delivered(this.sid, tree);
    };
    return tree;
  }

  private makeLog(): Log {
    const line = (level: string) => (message: string) => {
      this.hearRole(message);
      this.ports.log(this.host, message);
      this.ports.tell(() => `${this.host} ${level}: ${message}`);
    };
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  }

  /** A server tells its operators what it is; nobody else asks it. */
  private hearRole(message: string): void {
    if (/^(LEADING|FOLLOWING|OBSERVING)\b/.test(message)) this.role = 'elected';
    else if (/^(leading|following|observing) no more/.test(message)) this.role = 'looking';
    const established = /^leading epoch (\d+),/.exec(message);
    if (established === null || this.tree === null) return;
    this.role = 'leading';
    this.ports.ledger.established(this.sid, Number(established[1]), this.tree);
  }

  // ---- turns (ServerHost)

  private openTurn(): void {
    if (this.isTurnOpen) return;
    const { life } = this;
    const { random, timeline } = this.ports;
    this.isTurnOpen = true;
    this.clock.look(timeline.now);
    const ms = this.options.turnMs * (0.5 + random.next());
    timeline.after(ms, () => life?.run(() => this.endTurn()));
  }

  private endTurn(): void {
    this.isTurnOpen = false;
    const { replica } = this;
    if (replica === null) return;
    if (replica.deadline <= this.clock.turn.elapsed) replica.run();
    const isMoreToDo = replica.endTurn();
    this.peerLinks?.flush();
    const { snapshots } = replica;
    if (snapshots.isActive) snapshots.step();
    this.setTimer(replica.deadline);
    if (isMoreToDo || snapshots.wantsStep) this.openTurn();
  }

  private setTimer(deadline: number): void {
    if (deadline === this.timerDeadline) return;
    this.timerDeadline = deadline;
    if (deadline === Number.POSITIVE_INFINITY) return;
    const { life } = this;
    const { timeline } = this.ports;
    const ms = Math.max(1, this.clock.msUntil(deadline, timeline.now));
    timeline.after(ms, () => {
      if (deadline !== this.timerDeadline) return;
      life?.run(() => {
        this.timerDeadline = Number.POSITIVE_INFINITY;
        this.openTurn();
      });
    });
  }
}

function observed(tree: DataTree): ObservedTree {
  if (!(tree instanceof ObservedTree)) throw new Error('not one of our trees');
  return tree;
}
