/*
 * SimServer: one machine of the simulated ensemble, with its disk, its clock and the process that runs on it: the product's own
 * Replica, driven through its ports in turns, as ServerHost and startMember drive it on a real machine. Keep the three alike.
 *
 * What happens to a machine is decided elsewhere (faults.ts): here are the ways in which it can end, stop and begin again.
 */

import { ServerMetrics } from '../../src/admin/metrics/index.ts';
import type { Disk } from '../../src/datatree/storage/disk.ts';
import { Epochs } from '../../src/datatree/storage/epochs.ts';
import type { Recovery } from '../../src/datatree/storage/recover.ts';
import { StorageError } from '../../src/datatree/storage/storage-error.ts';
import type { Address, LinkHandler, PeerLink, PeerNetwork } from '../../src/quorum/ports.ts';
import type { Connection } from '../../src/server/client/connection.ts';
import type { Link } from '../../src/server/client/link.ts';
import type { TurnClock } from '../../src/server/clock.ts';
import type { EnsembleConfig, ServerConfig } from '../../src/server/config/config.ts';
import type { DatabasePorts } from '../../src/server/database.ts';
import { recoverTree, snapshotWriter } from '../../src/server/database.ts';
import { Replica } from '../../src/server/ensemble/replica.ts';
import type { Log } from '../../src/server/log.ts';
import { hostFacts } from '../harness/host-facts.ts';
import type { Random } from '../harness/random.ts';
import type { Promises } from './damage.ts';
import { damage, epochIn } from './damage.ts';
import { DurableLog } from './durable-log.ts';
import type { Ledger } from './ledger.ts';
import type { ConnectionEnd, EndEvents, HostProcess, Network } from './network.ts';
import { ObservedTree } from './observed-tree.ts';
import type { Sabotage } from './sabotage.ts';
import { isSystemError, PowerLoss, SimDisk } from './sim-disk.ts';
import type { Timeline } from './timeline.ts';

const ELECTION_PORT = 3888;
const QUORUM_PORT = 2888;
const CLIENT_PORT = 2181;
/** What its monotonic clock shows when the world begins, in ms. */
const ELAPSED_START = 1_000_000;
/** ms since 1970 when the world begins. */
const WALL_START = 1_700_000_000_000;
/** Bytes that a process reads at once: into one buffer, which is used again. */
const readBuffer = Buffer.alloc(64 * 1024);

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

/** One process, from its start to its end. */
class Life implements HostProcess {
  readonly host: string;
  isAlive = true;
  isPaused = false;
  private readonly backlog: (() => void)[] = [];
  private readonly openTurn: () => void;
  private readonly broken: (error: unknown) => void;

  constructor(host: string, openTurn: () => void, broken: (error: unknown) => void) {
    this.host = host;
    this.openTurn = openTurn;
    this.broken = broken;
  }

  /** Something happens at this process' sockets. */
  deliver(event: () => void): void {
    this.run(() => {
      this.openTurn();
      event();
    });
  }

  /** Something happens that does not begin a turn by itself. */
  run(event: () => void): void {
    if (!this.isAlive) return;
    if (this.isPaused) {
      this.backlog.push(event);
      return;
    }
    try {
      event();
    } catch (error) {
      this.broken(error);
    }
  }

  resume(): void {
    this.isPaused = false;
    for (const event of this.backlog.splice(0)) this.run(event);
  }
}

/** A machine. */
export class SimServer {
  readonly host: string;
  readonly sid: number;
  readonly isObserver: boolean;
  readonly disk: SimDisk;
  readonly clock: TurnClock = { elapsed: 0, wall: 0 };
  /** What the wall clock is ahead, in ms. */
  wallOffset = 0;
  /** How fast its clocks run: 1 as time does. */
  elapsedRate = 1;
  wallRate = 1;
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
  private isTurnOpen = false;
  private timerDeadline = Number.POSITIVE_INFINITY;
  private isRecovering = false;
  /** Links with something to send at the end of the turn. */
  private touched: SimPeerLink[] = [];

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
    this.touched = [];
    life.run(() => this.boot(life));
  }

  private boot(life: Life): void {
    const { network, timeline } = this.ports;
    this.setClock();
    const replica = this.makeReplica(life);
    this.replica = replica;
    this.role = 'looking';
    network.listen(life, ELECTION_PORT, (end) =>
      this.acceptPeer(end, ELECTION_PORT, (link) => replica.acceptVoter(link)),
    );
    network.listen(life, CLIENT_PORT, (end) => this.acceptClient(end));
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

  private makeReplica(life: Life): Replica {
    const { ports, clock, options } = this;
    const { config, ensemble } = options;
    const { random, network, sabotage } = ports;
    const log = this.makeLog();
    const disk: Disk = sabotage.disk(this.log.watch(this.disk));
    const metrics = new ServerMetrics(() => random.next());
    const database: DatabasePorts = {
      disk,
      config,
      log,
      metrics,
      now: () => clock.elapsed,
      hashSeed: () => [random.below(2 ** 31), random.below(2 ** 31)],
      warm: null,
    };
    const newTree = (): ObservedTree => this.newTree(life);
    const recover = (tree: ObservedTree): Recovery => {
      this.isRecovering = true;
      const recovery = recoverTree(tree, database);
      this.isRecovering = false;
      ports.ledger.recovered(tree);
      return recovery;
    };
    const tree = newTree();
    const { lastZxid, txnsLoaded } = recover(tree);
    const wake = (): void => {
      if (life.isAlive) this.openTurn();
    };
    return new Replica(
      {
        disk,
        clock,
        log,
        metrics,
        facts: hostFacts('3.8.0-simulated'),
        random: () => random.next(),
        network: this.peerNetwork(life),
        epochs: Epochs.read(disk, this.directory, lastZxid, (text) => log.warn(text)),
        newTree,
        recover: (empty) => {
          if (!(empty instanceof ObservedTree)) throw new Error('not one of our trees');
          recover(empty);
        },
        snapshotWriter: (of) => {
          if (!(of instanceof ObservedTree)) throw new Error('not one of our trees');
          this.tree = of;
          // What was cut off, or replaced by a received tree, is not on the disk any more.
          this.log.zxid = of.lastProcessedZxid;
          return snapshotWriter(of, database, wake);
        },
        listenForLearners: (isWanted) => {
          if (!isWanted) network.unlisten(life, QUORUM_PORT);
          else {
            network.listen(life, QUORUM_PORT, (end) =>
              this.acceptPeer(
                end,
                QUORUM_PORT,
                (link) => this.replica?.acceptLearner(link) ?? null,
              ),
            );
          }
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

  private setClock(): void {
    const { now } = this.ports.timeline;
    this.clock.elapsed = ELAPSED_START + Math.floor(now * this.elapsedRate);
    this.clock.wall = WALL_START + Math.floor(now * this.wallRate) + this.wallOffset;
  }

  private openTurn(): void {
    if (this.isTurnOpen) return;
    const { life } = this;
    const { random, timeline } = this.ports;
    this.isTurnOpen = true;
    this.setClock();
    const ms = this.options.turnMs * (0.5 + random.next());
    timeline.after(ms, () => life?.run(() => this.endTurn()));
  }

  private endTurn(): void {
    this.isTurnOpen = false;
    const { replica } = this;
    if (replica === null) return;
    if (replica.deadline <= this.clock.elapsed) replica.run();
    const isMoreToDo = replica.endTurn();
    const { touched } = this;
    this.touched = [];
    for (const link of touched) link.flush();
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
    const ms = Math.max(1, (deadline - ELAPSED_START) / this.elapsedRate - this.ports.timeline.now);
    this.ports.timeline.after(ms, () => {
      if (deadline !== this.timerDeadline) return;
      life?.run(() => {
        this.timerDeadline = Number.POSITIVE_INFINITY;
        this.openTurn();
      });
    });
  }

  // ---- other servers

  private peerNetwork(life: Life): PeerNetwork {
    const { network } = this.ports;
    return {
      dial: (addresses: readonly Address[], timeoutMs, events) => {
        const [address] = addresses;
        if (address === undefined) throw new Error('a dial without an address');
        const cancel = network.dial(life, address, timeoutMs, {
          connected: (end) =>
            this.peerEnd(end, address.port, (link) => events.connected(link)).events,
          failed: (error) => events.failed(error),
        });
        return { cancel };
      },
    };
  }

  private acceptPeer(
    end: ConnectionEnd,
    port: number,
    accept: (link: PeerLink) => LinkHandler | null,
  ): EndEvents | null {
    const { handler, events } = this.peerEnd(end, port, accept);
    return handler === null ? null : events;
  }

  private peerEnd<T extends LinkHandler | null>(
    end: ConnectionEnd,
    port: number,
    connected: (link: PeerLink) => T,
  ): { handler: T; events: EndEvents } {
    const { network, sabotage } = this.ports;
    const link = new SimPeerLink(
      end,
      (one) => this.touched.push(one),
      () => network.random.chance(network.options.resetChance),
      sabotage.toServer({ from: this.host, to: end.other?.host ?? '', port }),
    );
    const handler = connected(link);
    const events = {
      receive: (bytes: Buffer) => {
        bytes.copy(readBuffer);
        handler?.receive(readBuffer, bytes.length);
        readBuffer.fill(0xee, 0, bytes.length);
      },
      drained: () => handler?.drained(),
      closed: (error: string | null) => handler?.closed(error),
    };
    return { handler, events };
  }

  // ---- clients

  private acceptClient(end: ConnectionEnd): EndEvents | null {
    const { replica, life } = this;
    if (replica === null || life === null) return null;
    let connection: Connection | null = null;
    const broke = (): void => {
      this.ports.timeline.after(0, () => {
        life.deliver(() => {
          if (connection !== null) {
            replica.clientPort.disconnected(connection, 'the connection broke');
          }
        });
      });
    };
    const link = new SimLink(end, broke, this.ports.sabotage.toClient());
    connection = replica.clientPort.accept(link);
    if (connection === null) return null;
    const made = connection;
    const fromClient = this.ports.sabotage.fromClient();
    return {
      receive: (bytes) => {
        const told = fromClient(bytes);
        told.copy(readBuffer);
        replica.clientPort.receive(made, readBuffer, told.length);
        readBuffer.fill(0xee, 0, told.length);
      },
      drained: () => replica.clientPort.drained(made),
      closed: (error) => replica.clientPort.disconnected(made, error),
    };
  }
}

/** A PeerLink over a simulated connection (SocketPeerLink). */
class SimPeerLink implements PeerLink {
  readonly remoteAddress: string;
  private readonly end: ConnectionEnd;
  private readonly touch: (link: SimPeerLink) => void;
  private readonly isReset: () => boolean;
  private readonly outgoing: (bytes: Buffer) => Buffer;
  private pending: Uint8Array[] = [];
  private pendingSize = 0;

  constructor(
    end: ConnectionEnd,
    touch: (link: SimPeerLink) => void,
    isReset: () => boolean,
    outgoing: (bytes: Buffer) => Buffer,
  ) {
    this.end = end;
    this.touch = touch;
    this.isReset = isReset;
    this.outgoing = outgoing;
    this.remoteAddress = `${end.other?.host ?? 'nobody'}:0`;
  }

  get unsentSize(): number {
    return this.pendingSize + this.end.unsentSize;
  }

  write(bytes: Uint8Array): void {
    if (this.end.isClosed || bytes.length === 0) return;
    if (this.pending.length === 0) this.touch(this);
    this.pending.push(bytes);
    this.pendingSize += bytes.length;
  }

  flush(): void {
    const bytes = Buffer.concat(this.pending, this.pendingSize);
    this.pending = [];
    this.pendingSize = 0;
    this.end.send(this.outgoing(bytes));
  }

  pause(): void {
    this.end.pause();
  }

  resume(): void {
    this.end.resume();
  }

  destroy(): void {
    this.pending = [];
    this.pendingSize = 0;
    this.end.close(this.isReset());
  }
}

/** A Link over a simulated connection (SocketLink). */
class SimLink implements Link {
  readonly remoteAddress: string;
  readonly remotePort = 40_000;
  private readonly end_: ConnectionEnd;
  private readonly broke: () => void;
  private readonly outgoing: (bytes: Buffer) => Buffer;

  constructor(end: ConnectionEnd, broke: () => void, outgoing: (bytes: Buffer) => Buffer) {
    this.end_ = end;
    this.broke = broke;
    this.outgoing = outgoing;
    this.remoteAddress = end.other?.host ?? 'nobody';
  }

  get unsentSize(): number {
    return this.end_.unsentSize;
  }

  write(bytes: Buffer, size: number): boolean {
    this.end_.send(this.outgoing(bytes.subarray(0, size)));
    return this.end_.unsentSize === 0;
  }

  pause(): void {
    this.end_.pause();
  }

  resume(): void {
    this.end_.resume();
  }

  end(): void {
    this.end_.close();
    this.broke();
  }

  destroy(): void {
    this.end_.close();
    this.broke();
  }
}
