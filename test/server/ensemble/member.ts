/*
 * What the tests of a member's history and terms stand on: a History on a disk in memory, and a real Leader or Learner with a server
 * of its own, other servers being played by the test. The disk does what it is told when the test says so.
 */
import { ServerMetrics } from '../../../src/admin/metrics/index.ts';
import type { DataTree } from '../../../src/datatree/data-tree.ts';
import type { LoggedTxn } from '../../../src/datatree/storage/committed-log.ts';
import { Epochs } from '../../../src/datatree/storage/epochs.ts';
import { recover } from '../../../src/datatree/storage/recover.ts';
import { SnapshotWriter } from '../../../src/datatree/storage/snapshot-writer.ts';
import type { SessionId, Zxid } from '../../../src/jute/int64.ts';
import type { Txn } from '../../../src/jute/txn.ts';
import { writeTxn, writeTxnDigest, writeTxnHeader } from '../../../src/jute/txn.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import type { DialEvents } from '../../../src/quorum/ports.ts';
import { quorumRule } from '../../../src/quorum/quorum-rule.ts';
import { Leader } from '../../../src/quorum/zab/leader.ts';
import { Learner } from '../../../src/quorum/zab/learner.ts';
import { NewerEpochs } from '../../../src/quorum/zab/newer-epochs.ts';
import { History } from '../../../src/server/ensemble/history.ts';
import { Leading } from '../../../src/server/ensemble/leading.ts';
import { Learning } from '../../../src/server/ensemble/learning.ts';
import type { ServingSeed, Term, TermPorts } from '../../../src/server/ensemble/term.ts';
import { Serving } from '../../../src/server/serving.ts';
import { MemoryDisk } from '../../datatree/storage/memory-disk.ts';
import { DIRECTORY, newTree, SESSION } from '../../datatree/storage/scene.ts';
import { membership } from '../../quorum/java-memberships.ts';
import { int, Link, learnerInfo, RawPeer, zx } from '../../quorum/zab/links.ts';
import { LEAST, parseText } from '../config/memory-files.ts';

/** A transaction as logs and proposals have it: header, transaction, digest where one is given. */
export function record(
  zxid: Zxid,
  txn: Txn,
  options: { readonly clientId?: SessionId; readonly cxid?: number; readonly digest?: bigint } = {},
): Buffer {
  const { clientId = SESSION, cxid = 1, digest } = options;
  const writer = new JuteWriter();
  writeTxnHeader(writer, { clientId, cxid, zxid, time: 1_700_000_000_000, type: txn.type });
  writeTxn(writer, txn);
  if (digest !== undefined) writeTxnDigest(writer, { version: 2, treeDigest: digest });
  return writer.toBuffer();
}

function unasked(): never {
  throw new Error('nobody asks for that here');
}

const TICK = 100;

/** Server 1 of three. */
export class Member {
  readonly disk: MemoryDisk;
  readonly clock = { elapsed: 1_000_000, wall: 1_700_000_000_000 };
  readonly lines: string[] = [];
  readonly metrics = new ServerMetrics(() => 0.5);
  readonly config = parseText(`${LEAST}snapCount=8\npreAllocSize=64\nmaxSessionTimeout=60000\n`);
  readonly history: History;
  readonly epochs: Epochs;
  /** What the process would have ended with. */
  failure: Error | null = null;
  serving: Serving | null = null;
  term: Term | null = null;
  /** The memberships that transactions have proposed. */
  readonly proposedMemberships: string[] = [];
  /** Why the role has ended. */
  ended: string | null = null;
  private readonly log;
  private readonly links: Link[] = [];

  constructor(disk = new MemoryDisk()) {
    this.disk = disk;
    const say = (message: string): unknown => this.lines.push(message);
    this.log = { debug: say, info: say, warn: say, error: say };
    const tree = newTree(this.lines);
    this.recover(tree);
    this.history = new History(
      {
        disk,
        clock: this.clock,
        log: this.log,
        metrics: this.metrics,
        random: () => 0.5,
        wake: () => undefined,
        fail: (error) => {
          this.failure = error;
        },
        newTree: () => newTree(this.lines),
        recover: (empty) => this.recover(empty),
        snapshotWriter: (of) => this.snapshotWriter(of),
      },
      this.config,
      0.33,
      tree,
    );
    this.epochs = Epochs.read(disk, DIRECTORY, tree.lastProcessedZxid, () => undefined);
  }

  private recover(tree: DataTree): void {
    recover(this.disk, tree, {
      snapshotDirectory: DIRECTORY,
      logDirectory: DIRECTORY,
      autocreate: true,
      initializePath: '/data/initialize',
      dbAutocreate: true,
      snapshotTrustEmpty: false,
      digestEnabled: true,
      serializeLastProcessedZxid: true,
      now: () => 0,
      onWarning: (message) => this.lines.push(message),
    });
  }

  private snapshotWriter(tree: DataTree): SnapshotWriter {
    const options = {
      directory: DIRECTORY,
      compression: '',
      now: () => 0,
      digestEnabled: true,
      serializeLastProcessedZxid: true,
    } as const;
    return new SnapshotWriter(this.disk, tree, options, {
      onChunkWritten: () => undefined,
      onDone: () => undefined,
      onFailure: (error) => this.lines.push(`a snapshot failed: ${error.message}`),
    });
  }

  private get termPorts(): TermPorts {
    return {
      clock: this.clock,
      log: this.log,
      metrics: this.metrics,
      config: this.config,
      history: this.history,
      newServing: (seed) => this.serve(seed),
      toldMembership: () => undefined,
      proposedMembership: (text) => this.proposedMemberships.push(text),
    };
  }

  private serve(seed: ServingSeed): Serving {
    const { clock, log, metrics, config } = this;
    const facts = {
      version: '3.8.0-box',
      environment: unasked,
      timeZone: unasked,
      directorySize: () => 0,
      openFileDescriptorCount: () => 1,
      maxFileDescriptorCount: () => 2,
    };
    const ports = { clock, log, metrics, facts, random: () => 0.5, isLogFull: () => false };
    this.serving = new Serving(
      { ...ports, ...seed, ensemble: null },
      { config, serverId: 1, listeningPort: -1 },
    );
    return this.serving;
  }

  private readonly roleEnded = (reason: string): void => {
    this.ended = reason;
  };

  /** It leads, and server 2 follows with the same history. */
  lead(): { readonly leader: Leader; readonly leading: Leading; readonly follower: RawPeer } {
    const { clock, log, metrics, epochs } = this;
    const rule = quorumRule(membership('server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2'));
    const terms: Leading[] = [];
    const leader = new Leader(
      {
        ...{ clock, log, metrics, epochs, newerEpochs: new NewerEpochs(10 * TICK) },
        server: (of) => {
          const leading = new Leading(this.termPorts, of, 1);
          terms.push(leading);
          return leading;
        },
        rule: () => rule,
        proposedRule: () => rule,
        membership: () => '',
        configVersion: () => 0n,
        established: () => undefined,
        ended: this.roleEnded,
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
      },
    );
    const leading = terms[0] as Leading;
    this.term = leading;
    leader.start();
    this.endTurn = () => {
      this.history.flush();
      leader.endTurn();
    };
    const follower = this.followed(leader, 2);
    return { leader, leading, follower };
  }

  /** Another server follows. */
  followed(leader: Leader, sid: number): RawPeer {
    const [there, here] = Link.pair();
    here.handler = leader.accept(here);
    this.links.push(here, there);
    const peer = new RawPeer(there);
    peer.say('followerInfo', zx(0, 0), learnerInfo(BigInt(sid)));
    this.turn();
    peer.say('ackEpoch', this.history.lastProcessedZxid, int(0));
    this.turn();
    peer.say('ack', zx(leader.epoch, 0));
    this.turn();
    peer.take();
    return peer;
  }

  /** It learns of server 2, which the test plays; the epoch is told and accepted. */
  learn(epoch: number): {
    readonly learner: Learner;
    readonly learning: Learning;
    readonly leader: RawPeer;
  } {
    const { clock, log, metrics, epochs } = this;
    const [there, here] = Link.pair();
    const terms: Learning[] = [];
    const dials: DialEvents[] = [];
    const learner = new Learner(
      {
        ...{ clock, log, metrics, epochs },
        network: {
          dial: (_addresses, _timeout, events) => {
            dials.push(events);
            return { cancel: () => undefined };
          },
        },
        server: (of) => {
          const learning = new Learning(this.termPorts, of, 1);
          terms.push(learning);
          return learning;
        },
        following: () => undefined,
        ended: this.roleEnded,
      },
      {
        myId: 1,
        leader: 2,
        votedEpoch: 0n,
        addresses: [{ host: 'b', port: 2888 }],
        isObserver: false,
        initLimitMs: 10 * TICK,
        syncLimitMs: 5 * TICK,
        connectLimitMs: 5 * TICK,
        configVersion: 0n,
        packetSizeLimit: 1 << 20,
      },
    );
    const learning = terms[0] as Learning;
    this.term = learning;
    learner.start();
    here.handler = dials[0]?.connected(here) ?? null;
    this.links.push(here, there);
    const leader = new RawPeer(there);
    this.endTurn = () => {
      this.history.flush();
      learner.endTurn();
    };
    leader.say('leaderInfo', zx(epoch, 0), int(0x10000));
    this.turn();
    leader.take();
    return { learner, learning, leader };
  }

  private endTurn: () => void = () => undefined;

  /** Delivers and ends turns until nothing is on its way; the disk is left alone. */
  turn(): void {
    for (let round = 0; round < 4; round++) {
      for (const link of this.links) link.deliver();
      this.endTurn();
    }
  }

  /** The same, with everything that the disk has to do. */
  settle(): void {
    for (let round = 0; round < 4; round++) {
      this.turn();
      this.disk.settle();
    }
    this.turn();
  }

  /** Ends the term as Replica does; true when it is over. */
  endTerm(uncommitted: readonly LoggedTxn[] = this.term?.uncommitted ?? []): { isDone: boolean } {
    const state = { isDone: false };
    const { term } = this;
    this.term = null;
    this.endTurn = () => undefined;
    this.serving?.end();
    this.history.endTerm(uncommitted, () => {
      term?.ended();
      state.isDone = true;
    });
    return state;
  }
}
