/*
 * What the tests of the leader stand on: a real Leader, server 1 of the ensemble, over a server in memory, and peers that the
 * test plays. Time stands still until the test moves it.
 */
import { ServerMetrics } from '../../../src/admin/metrics/index.ts';
import { CommittedLog } from '../../../src/datatree/storage/committed-log.ts';
import { Epochs } from '../../../src/datatree/storage/epochs.ts';
import type { LogSource } from '../../../src/datatree/storage/log-source.ts';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import type { SessionId, Zxid } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { writeTxn, writeTxnHeader } from '../../../src/jute/txn.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { quorumRule } from '../../../src/quorum/quorum-rule.ts';
import type { LeaderHistory } from '../../../src/quorum/zab/history.ts';
import type { LeaderOptions, LeaderServer } from '../../../src/quorum/zab/leader.ts';
import { Leader } from '../../../src/quorum/zab/leader.ts';
import { NewerEpochs } from '../../../src/quorum/zab/newer-epochs.ts';
import type { LearnerRequest } from '../../../src/quorum/zab/session-packets.ts';
import { MemoryDisk } from '../../datatree/storage/memory-disk.ts';
import { DIRECTORY, newTree, SESSION } from '../../datatree/storage/scene.ts';
import { membership } from '../java-memberships.ts';
import { int, Link, learnerInfo, RawPeer, shown, zx } from './links.ts';

/** A transaction of that zxid as logs and proposals have it: header, transaction. */
export function recordOf(zxid: Zxid): Buffer {
  const writer = new JuteWriter();
  writeTxnHeader(writer, { clientId: SESSION, cxid: 1, zxid, time: 1, type: OpCode.error });
  writeTxn(writer, { type: OpCode.error, err: -101 });
  return writer.toBuffer();
}

/** A history in memory. */
class MemoryHistory implements LeaderHistory {
  readonly tree = newTree();
  readonly committed = new CommittedLog(500);
  lastBefore = zx(0, 0);
  log: (after: Zxid, through: Zxid) => LogSource | null = () => null;

  get lastProcessedZxid(): Zxid {
    return this.tree.lastProcessedZxid;
  }

  get lastTxnZxid(): Zxid {
    return this.committed.maxZxid ?? this.lastBefore;
  }

  openLog(after: Zxid, through: Zxid): LogSource | null {
    return this.log(after, through);
  }

  openSnapshot(): SnapshotStream {
    return new SnapshotStream(this.tree);
  }
}

/** A leader's server that lists what it is told. */
class MemoryServer implements LeaderServer {
  readonly history = new MemoryHistory();
  readonly told: string[] = [];
  readonly requests: LearnerRequest[] = [];
  /** Sessions that live, and the server whose client each is. */
  readonly owners = new Map<SessionId, number>();

  startLeading(zxid: Zxid): void {
    this.history.tree.lastProcessedZxid = zxid;
    this.told.push(`lead ${shown(zxid)}`);
  }

  commitThrough(zxid: Zxid): void {
    this.history.tree.lastProcessedZxid = zxid;
    this.told.push(`commit ${shown(zxid)}`);
  }

  request(from: number, request: LearnerRequest): void {
    this.requests.push(request);
    this.told.push(`request of ${from}`);
  }

  heardSession(sessionId: SessionId, timeout: number): void {
    this.told.push(`heard 0x${sessionId.toString(16)} ${timeout}`);
  }

  revalidate(from: number, sessionId: SessionId): boolean {
    if (!this.owners.has(sessionId)) return false;
    this.owners.set(sessionId, from);
    return true;
  }
}

/** How a scene is set. */
export interface Scenario {
  readonly members?: string;
  /** The members with which NEWLEADER comes, where these are others. */
  readonly proposedMembers?: string;
  /** The epochs of the files, and the transactions that are committed. */
  readonly accepted?: number;
  readonly current?: number;
  readonly committed?: readonly Zxid[];
  readonly lastZxid?: Zxid;
  /** What this server remembers of the last time that it led. */
  readonly newerEpochs?: NewerEpochs;
  readonly options?: Partial<LeaderOptions>;
}

const THREE = 'server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2';

/** Ms. */
export const TICK = 100;

/** A leader. */
export class LeaderScene {
  readonly clock = { elapsed: 10_000 };
  readonly lines: string[] = [];
  readonly disk = new MemoryDisk();
  readonly epochs: Epochs;
  readonly newerEpochs: NewerEpochs;
  readonly server = new MemoryServer();
  readonly metrics = new ServerMetrics(() => 0.5);
  readonly leader: Leader;
  /** Why it leads no more. */
  ended: string | null = null;
  isEstablished = false;
  readonly peers: RawPeer[] = [];
  private readonly leaderEnds: Link[] = [];

  constructor(scenario: Scenario = {}) {
    const { accepted = 0, current = 0, committed = [], members = THREE } = scenario;
    const { history } = this.server;
    for (const zxid of committed) history.committed.add(zxid, recordOf(zxid));
    history.lastBefore = scenario.lastZxid ?? zx(0, 0);
    history.tree.lastProcessedZxid = committed.at(-1) ?? history.lastBefore;
    this.disk.makeDirectory(DIRECTORY);
    this.epochs = Epochs.read(this.disk, DIRECTORY, zx(0, 0), () => undefined);
    this.epochs.setAccepted(accepted);
    this.epochs.setCurrent(current);
    this.newerEpochs = scenario.newerEpochs ?? new NewerEpochs(10 * TICK);
    const rule = quorumRule(membership(members));
    const { proposedMembers } = scenario;
    const proposed = proposedMembers === undefined ? rule : quorumRule(membership(proposedMembers));
    const say = (message: string): unknown => this.lines.push(message);
    this.leader = new Leader(
      {
        clock: this.clock,
        log: { debug: say, info: say, warn: say, error: say },
        metrics: this.metrics,
        epochs: this.epochs,
        newerEpochs: this.newerEpochs,
        server: () => this.server,
        rule: () => rule,
        proposedRule: () => proposed,
        membership: (zxid) => `the membership of ${shown(zxid)}`,
        configVersion: () => 0n,
        established: () => {
          this.isEstablished = true;
        },
        ended: (reason) => {
          this.ended = reason;
        },
      },
      {
        myId: 1,
        tickTime: TICK,
        initLimitMs: 10 * TICK,
        syncLimitMs: 5 * TICK,
        maxTimeToWaitForEpochMs: -1,
        maxConcurrentSnapSyncs: 10,
        maxConcurrentDiffSyncs: 100,
        forceSnapshotSync: false,
        packetSizeLimit: 1 << 20,
        ...scenario.options,
      },
    );
    this.leader.start();
  }

  /** A server connects. */
  connect(): RawPeer {
    const [learnerEnd, leaderEnd] = Link.pair();
    leaderEnd.handler = this.leader.accept(leaderEnd);
    if (leaderEnd.handler === null) leaderEnd.destroy();
    const peer = new RawPeer(learnerEnd);
    this.peers.push(peer);
    this.leaderEnds.push(leaderEnd);
    return peer;
  }

  /** A server connects and tells who it is. */
  hello(sid: number, acceptedEpoch = 0, type: 'followerInfo' | 'observerInfo' = 'followerInfo') {
    const peer = this.connect();
    peer.say(type, zx(acceptedEpoch, 0), learnerInfo(BigInt(sid)));
    this.turn();
    return peer;
  }

  /** The same, and accepts the epoch. */
  accepts(sid: number, lastZxid = zx(0, 0), currentEpoch = 0): RawPeer {
    const peer = this.hello(sid);
    peer.say('ackEpoch', lastZxid, int(currentEpoch));
    this.turn();
    return peer;
  }

  /** The same, and takes the history: it follows. */
  follows(sid: number, lastZxid = zx(0, 0), currentEpoch = 0): RawPeer {
    const peer = this.accepts(sid, lastZxid, currentEpoch);
    peer.say('ack', zx(this.leader.epoch, 0));
    this.turn();
    peer.take();
    return peer;
  }

  /** An observer follows. */
  observes(sid: number): RawPeer {
    const peer = this.hello(sid, 0, 'observerInfo');
    peer.say('ackEpoch', zx(0, 0), int(0));
    this.turn();
    peer.say('ack', zx(this.leader.epoch, 0));
    this.turn();
    peer.take();
    return peer;
  }

  /** Proposes the transaction of that counter; it is in the leader's own log when `isDurable`. */
  propose(counter: number, isDurable = true): void {
    const zxid = zx(this.leader.epoch, counter);
    this.leader.propose(zxid, recordOf(zxid));
    if (isDurable) this.leader.durable(zxid);
    this.turn();
  }

  /** Delivers, ends turns and delivers again until nothing more is due. */
  turn(): void {
    for (const end of this.leaderEnds) end.deliver();
    for (let isMore = true; isMore; ) isMore = this.leader.endTurn();
    for (const peer of this.peers) peer.link.deliver();
  }

  /** Lets time pass, with everything that is due on the way. */
  pass(ms: number): void {
    const end = this.clock.elapsed + ms;
    while (this.leader.deadline <= end) {
      this.clock.elapsed = Math.max(this.clock.elapsed, this.leader.deadline);
      this.leader.run();
      this.turn();
    }
    this.clock.elapsed = end;
  }

  /** The same while these answer every PING. */
  passWith(ms: number, ...followers: readonly RawPeer[]): void {
    for (let left = ms; left > 0; left -= TICK / 4) {
      this.pass(Math.min(left, TICK / 4));
      for (const follower of followers) {
        for (const packet of follower.take()) {
          if (packet.startsWith('PING')) follower.say('ping', 0n);
        }
      }
      this.turn();
    }
  }
}
