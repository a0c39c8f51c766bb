/*
 * The roles of a member, one at a time, and what comes between them.
 */
import { describe, expect, it } from 'vitest';
import { ServerMetrics } from '../../src/admin/metrics/index.ts';
import { CommittedLog } from '../../src/datatree/storage/committed-log.ts';
import { Epochs } from '../../src/datatree/storage/epochs.ts';
import { SnapshotStream } from '../../src/datatree/storage/snapshot-stream.ts';
import { ZXID_ZERO } from '../../src/jute/int64.ts';
import { Peer } from '../../src/quorum/peer.ts';
import { quorumRule } from '../../src/quorum/quorum-rule.ts';
import type { LeaderServer } from '../../src/quorum/zab/leader.ts';
import { MemoryDisk } from '../datatree/storage/memory-disk.ts';
import { DIRECTORY, newTree } from '../datatree/storage/scene.ts';
import { membership } from './java-memberships.ts';
import { Link } from './zab/links.ts';

/** The server of a leader, which only lists what it is told. */
class Server implements LeaderServer {
  readonly told: string[];
  private readonly tree = newTree();
  readonly history = {
    lastProcessedZxid: ZXID_ZERO,
    lastTxnZxid: ZXID_ZERO,
    committed: new CommittedLog(500),
    openLog: () => null,
    openSnapshot: () => new SnapshotStream(this.tree),
  };

  constructor(told: string[]) {
    this.told = told;
  }

  startLeading(zxid: bigint): void {
    this.told.push(`serve 0x${zxid.toString(16)}`);
  }

  commitThrough(): void {}

  request(): void {}

  heardSession(): void {}

  revalidate(): boolean {
    return false;
  }
}

/** A member of an ensemble in which it votes alone. */
function scene() {
  const told: string[] = [];
  const clock = { elapsed: 10_000 };
  const disk = new MemoryDisk();
  disk.makeDirectory(DIRECTORY);
  const members = membership('server.1=a:1:2\nserver.2=b:1:2:observer');
  const rule = quorumRule(members);
  const roleEnds: (() => void)[] = [];
  const silent = (): void => undefined;
  const peer = new Peer(
    {
      clock,
      log: { debug: silent, info: silent, warn: (line) => told.push(line), error: silent },
      metrics: new ServerMetrics(() => 0.5),
      random: () => 0.5,
      network: { dial: () => ({ cancel: silent }) },
      epochs: Epochs.read(disk, DIRECTORY, ZXID_ZERO, silent),
      server: {
        lastZxid: ZXID_ZERO,
        lead: () => new Server(told),
        learn: () => {
          throw new Error('nobody else leads here');
        },
        endRole: (done) => {
          told.push('end the role');
          roleEnds.push(done);
        },
      },
      listenForLearners: (isWanted) => told.push(isWanted ? 'open the port' : 'close the port'),
      elected: (state) => told.push(`elected ${state}`),
    },
    {
      myId: 1,
      membership: () => members,
      rule: () => rule,
      proposedRule: () => rule,
      proposedMembership: () => '',
      multiAddressEnabled: false,
      tickTime: 100,
      initLimitMs: 1000,
      syncLimitMs: 500,
      connectToLeaderLimitMs: 500,
      cnxTimeoutMs: 500,
      minNotificationIntervalMs: 10,
      maxNotificationIntervalMs: 100,
      maxTimeToWaitForEpochMs: -1,
      maxConcurrentSnapSyncs: 10,
      maxConcurrentDiffSyncs: 10,
      forceSnapshotSync: false,
      observerElectionDelayMs: 200,
      packetSizeLimit: 1 << 20,
    },
  );
  const turns = (): void => {
    for (let round = 0; round < 20; round++) {
      while (peer.endTurn()) {
        // Another turn is due at once.
      }
      if (peer.deadline === Number.POSITIVE_INFINITY || peer.leader !== null) return;
      clock.elapsed = Math.max(clock.elapsed, peer.deadline);
      peer.run();
    }
  };
  return { peer, told, clock, roleEnds, turns, take: () => told.splice(0) };
}

const LEADS = ['elected leading', 'open the port', 'serve 0x100000000'];

describe('a member', () => {
  it('looks for a leader, is elected, opens its port and serves', () => {
    const { peer, turns, take } = scene();
    peer.start();
    expect(peer.state).toBe('looking');
    turns();
    expect([peer.state, take()]).toEqual(['leading', LEADS]);
  });

  it('leaves a role at the end of the turn, and looks again when its server has ended it', () => {
    const { peer, turns, take, roleEnds } = scene();
    peer.start();
    turns();
    take();
    peer.leader?.end('no quorum');
    expect(peer.state).toBe('leading');
    peer.endTurn();
    expect([peer.state, peer.leader]).toEqual(['looking', null]);
    expect(take()).toEqual(['leading no more: no quorum', 'close the port', 'end the role']);
    turns();
    expect(take()).toEqual([]);
    roleEnds[0]?.();
    turns();
    expect(take()).toEqual(['elected leading', 'open the port', 'serve 0x200000000']);
  });

  it('takes learners only while it leads', () => {
    const { peer, turns } = scene();
    peer.start();
    const [link] = Link.pair();
    expect(peer.acceptLearner(link)).toBeNull();
    turns();
    expect(peer.acceptLearner(link)).not.toBeNull();
  });
});

describe('a stop', () => {
  it('while looking ends the election', () => {
    const { peer, turns, take } = scene();
    peer.start();
    peer.stop();
    turns();
    expect(take()).toEqual(['close the port']);
    expect(peer.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('while leading closes every link, and no role is taken up again', () => {
    const { peer, turns, take } = scene();
    peer.start();
    turns();
    take();
    const [there, here] = Link.pair();
    here.handler = peer.acceptLearner(here);
    peer.stop();
    turns();
    expect(take()).toEqual(['close the port']);
    expect([here.isOpen, there.isOpen]).toEqual([false, true]);
  });

  it('while a role is being ended begins no other', () => {
    const { peer, turns, take, roleEnds } = scene();
    peer.start();
    turns();
    peer.leader?.end('no quorum');
    peer.endTurn();
    peer.stop();
    take();
    roleEnds[0]?.();
    turns();
    expect(take()).toEqual([]);
  });
});
