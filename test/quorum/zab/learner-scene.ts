/*
 * What the tests of the learner stand on: a real Learner, server 1, over a server in memory, and a leader that the test plays,
 * server 2. What is to be on disk is there when the test says so.
 */
import { ServerMetrics } from '../../../src/admin/metrics/index.ts';
import { Epochs } from '../../../src/datatree/storage/epochs.ts';
import { StorageError } from '../../../src/datatree/storage/storage-error.ts';
import type { SessionId, Zxid } from '../../../src/jute/int64.ts';
import { ZXID_ZERO } from '../../../src/jute/int64.ts';
import { JuteError } from '../../../src/jute/reader.ts';
import type { DialEvents } from '../../../src/quorum/ports.ts';
import { Learner } from '../../../src/quorum/zab/learner.ts';
import type { LearnerOptions, LearnerServer } from '../../../src/quorum/zab/learner-ports.ts';
import { MemoryDisk } from '../../datatree/storage/memory-disk.ts';
import { DIRECTORY } from '../../datatree/storage/scene.ts';
import { recordOf } from './leader-scene.ts';
import { int, Link, RawPeer, shown, zx } from './links.ts';

/** A learner's server that lists what it is told. A tree is `treeSize` bytes of anything but zeros. */
class MemoryServer implements LearnerServer {
  needsTree = false;
  readonly told: string[] = [];
  lastZxid: Zxid;
  isCutRefused = false;
  isSnapshotWhole = false;
  isSnapshotFull = false;
  treeSize = 10;
  heard = new Map<SessionId, number>();
  private readonly learner: Learner;
  private waiting: (() => void)[] = [];
  private appended: Zxid[] = [];

  constructor(learner: Learner, lastZxid: Zxid) {
    this.learner = learner;
    this.lastZxid = lastZxid;
  }

  /** Everything is on disk now. */
  settleDisk(): void {
    const last = this.appended.at(-1);
    this.appended = [];
    if (last !== undefined) this.learner.durable(last);
    for (const done of this.waiting.splice(0)) done();
  }

  truncate(zxid: Zxid): void {
    if (this.isCutRefused) throw new StorageError('the log cannot be cut');
    this.lastZxid = zxid;
    this.told.push(`cut at ${shown(zxid)}`);
  }

  startSnapshot(zxid: Zxid): void {
    this.told.push(`tree of ${shown(zxid)}`);
  }

  receiveSnapshot(bytes: Buffer, start: number, end: number): number {
    const size = Math.min(this.treeSize, end - start);
    if (bytes.subarray(start, start + size).includes(0)) throw new JuteError('no tree');
    this.treeSize -= size;
    this.isSnapshotWhole = this.treeSize === 0;
    return size;
  }

  append(zxid: Zxid, record: Buffer): void {
    if (!record.equals(recordOf(zxid))) throw new Error('another record than was sent');
    this.appended.push(zxid);
    this.told.push(`log ${shown(zxid)}`);
  }

  whenDurable(done: () => void): void {
    this.waiting.push(done);
  }

  setMembership(text: string): void {
    this.told.push(`membership ${text}`);
  }

  startFollowing(zxid: Zxid): void {
    this.told.push(`serve ${shown(zxid)}`);
  }

  commitThrough(zxid: Zxid): void {
    this.told.push(`apply ${shown(zxid)}`);
  }

  takeHeardSessions(): ReadonlyMap<SessionId, number> {
    const { heard } = this;
    this.heard = new Map();
    return heard;
  }

  revalidated(sessionId: SessionId, isValid: boolean): void {
    this.told.push(`session 0x${sessionId.toString(16)} ${isValid}`);
  }

  synced(): void {
    this.told.push('synced');
  }

  /** What it was told since the last call. */
  take(): string[] {
    return this.told.splice(0);
  }
}

/** How a scene is set. */
export interface Scenario {
  readonly accepted?: number;
  readonly current?: number;
  readonly lastZxid?: Zxid;
  readonly options?: Partial<LearnerOptions>;
}

/** A learner. */
export class LearnerScene {
  readonly clock = { elapsed: 10_000 };
  readonly lines: string[] = [];
  readonly disk = new MemoryDisk();
  readonly epochs: Epochs;
  readonly server: MemoryServer;
  readonly learner: Learner;
  /** The end that the leader has of the link. */
  readonly leader: RawPeer;
  /** Why it learns no more. */
  ended: string | null = null;
  /** The epoch that it is said to follow. */
  followed: number | null = null;
  /** Dials that have not ended, oldest first. */
  readonly dials: DialEvents[] = [];
  readonly link: Link;

  constructor(scenario: Scenario = {}) {
    this.disk.makeDirectory(DIRECTORY);
    this.epochs = Epochs.read(this.disk, DIRECTORY, ZXID_ZERO, () => undefined);
    this.epochs.setAccepted(scenario.accepted ?? 0);
    this.epochs.setCurrent(scenario.current ?? 0);
    const [leaderEnd, link] = Link.pair();
    this.link = link;
    this.leader = new RawPeer(leaderEnd);
    const say = (message: string): unknown => this.lines.push(message);
    const servers: MemoryServer[] = [];
    this.learner = new Learner(
      {
        clock: this.clock,
        log: { debug: say, info: say, warn: say, error: say },
        metrics: new ServerMetrics(() => 0.5),
        network: {
          dial: (_addresses, _timeout, events) => {
            this.dials.push(events);
            return { cancel: () => void this.dials.splice(0) };
          },
        },
        epochs: this.epochs,
        server: (learner) => {
          const server = new MemoryServer(learner, scenario.lastZxid ?? ZXID_ZERO);
          servers.push(server);
          return server;
        },
        following: (epoch) => {
          this.followed = epoch;
        },
        ended: (reason) => {
          this.ended = reason;
        },
      },
      {
        myId: 1,
        leader: 2,
        votedEpoch: 0n,
        addresses: [{ host: 'b', port: 2888 }],
        isObserver: false,
        initLimitMs: 1000,
        syncLimitMs: 500,
        connectLimitMs: 2000,
        configVersion: 0n,
        packetSizeLimit: 1 << 20,
        ...scenario.options,
      },
    );
    const [server] = servers;
    if (server === undefined) throw new Error('a learner without a server');
    this.server = server;
    this.learner.start();
  }

  /** The leader takes the call. */
  connect(): void {
    const dial = this.dials.shift();
    if (dial === undefined) throw new Error('nobody has dialled');
    this.link.handler = dial.connected(this.link);
    this.turn();
  }

  /** It has told an epoch, and the learner has accepted it. */
  discover(epoch: number): void {
    this.connect();
    this.leader.say('leaderInfo', zx(epoch, 0), int(0x10000));
    this.turn();
    this.leader.take();
  }

  /** The same, and it has the leader's history, by a DIFF of nothing. */
  follow(epoch: number): void {
    this.discover(epoch);
    this.leader.say('diff', this.server.lastZxid);
    this.leader.say('newLeader', zx(epoch, 0));
    this.turn();
    this.server.settleDisk();
    this.leader.say('upToDate', -1n);
    this.turn();
    this.leader.take();
    this.server.take();
  }

  /** The leader proposes, or tells an observer, these transactions. */
  propose(...zxids: readonly Zxid[]): void {
    for (const zxid of zxids) this.leader.say('proposal', zxid, recordOf(zxid));
  }

  turn(): void {
    this.link.deliver();
    this.learner.endTurn();
    this.leader.link.deliver();
  }

  settleDisk(): void {
    this.server.settleDisk();
    this.turn();
  }

  /** Lets time pass; what is due is done at its end, as after a pause of the process. */
  pass(ms: number): void {
    this.clock.elapsed += ms;
    if (this.learner.deadline <= this.clock.elapsed) this.learner.run();
    this.turn();
  }
}
