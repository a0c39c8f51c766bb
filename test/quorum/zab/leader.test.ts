/*
 * The leader, claim by claim of the protocol (Java: Leader, LearnerHandler; ZkV3_7_0.tla: LeaderProcess…).
 */
import { describe, expect, it } from 'vitest';
import { LogSource } from '../../../src/datatree/storage/log-source.ts';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { NewerEpochs } from '../../../src/quorum/zab/newer-epochs.ts';
import { PacketType, writePacket } from '../../../src/quorum/zab/packet.ts';
import { createTxn, DIRECTORY, Scene, zxid } from '../../datatree/storage/scene.ts';
import { LeaderScene, recordOf, TICK } from './leader-scene.ts';
import { int, type Link, learnerInfo, type RawPeer, zx } from './links.ts';

/** The data of REQUEST. */
function requestData(type: number, body = Buffer.alloc(0)): Buffer {
  const data = Buffer.alloc(16);
  data.writeBigInt64BE(0x100000000000007n, 0);
  data.writeInt32BE(5, 8);
  data.writeInt32BE(type, 12);
  return Buffer.concat([data, body]);
}

describe('discovery', () => {
  it('tells no epoch before a quorum has told what it has accepted', () => {
    const scene = new LeaderScene();
    const observer = scene.hello(4, 0, 'observerInfo');
    expect(observer.take()).toEqual([]);
    const follower = scene.hello(2);
    expect(follower.take()).toEqual(['LEADERINFO 1:0']);
    expect(observer.take()).toEqual(['LEADERINFO 1:0']);
    expect(scene.leader.phase).toBe('synchronization');
  });

  it('chooses an epoch above all that were accepted, also by servers that do not vote', () => {
    const scene = new LeaderScene({ accepted: 3 });
    scene.hello(4, 8, 'observerInfo');
    expect(scene.hello(2, 5).take()).toEqual(['LEADERINFO 9:0']);
    expect(scene.epochs.accepted).toBe(9);
  });

  it('tells a learner that comes later the epoch that it has, however high the one is that this one accepted', () => {
    const scene = new LeaderScene();
    scene.hello(2);
    expect(scene.hello(3, 7).take()).toEqual(['LEADERINFO 1:0']);
    expect(scene.ended).toBeNull();
  });

  it('has accepted the epoch itself, on disk, before anybody hears of it', () => {
    const scene = new LeaderScene();
    scene.disk.onCall = () => new Error('the disk is full');
    const peer = scene.connect();
    peer.say('followerInfo', zx(0, 0), learnerInfo(2n));
    expect(() => scene.turn()).toThrow('the disk is full');
    scene.turn();
    expect(peer.take()).toEqual([]);
  });

  it('is over without anybody else where one server is the quorum', () => {
    const scene = new LeaderScene({ members: 'server.1=a:1:2', accepted: 4, current: 4 });
    expect(scene.server.told).toEqual(['lead 5:0']);
    expect([scene.epochs.accepted, scene.epochs.current]).toEqual([5, 5]);
  });

  it('does not count a server of weight 0', () => {
    const members =
      'server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ngroup.1=1:2:3\nweight.1=1\nweight.2=1\nweight.3=0';
    const scene = new LeaderScene({ members });
    expect(scene.hello(3).take()).toEqual([]);
    expect(scene.hello(2).take()).toEqual(['LEADERINFO 1:0']);
  });

  it('gives up when a voter looks for another leader meanwhile, where that is wanted (ZOOKEEPER-3769)', () => {
    const scene = new LeaderScene({ options: { maxTimeToWaitForEpochMs: 50 } });
    scene.leader.lookingHeard(2);
    expect(scene.ended).toBeNull();
    scene.clock.elapsed += 51;
    scene.leader.lookingHeard(9);
    expect(scene.ended).toBeNull();
    scene.leader.lookingHeard(2);
    expect(scene.ended).toContain('server 2 looks for a leader again');
  });

  it('gives up after initLimit', () => {
    const scene = new LeaderScene();
    scene.pass(10 * TICK);
    expect(scene.ended).toBeNull();
    scene.pass(TICK);
    expect(scene.ended).toContain('no quorum has followed');
  });
});

describe('a voter that has accepted a newer epoch than the one that is established', () => {
  const established = (newerEpochs: NewerEpochs, accepted = 0): LeaderScene => {
    const scene = new LeaderScene({ newerEpochs, accepted, current: accepted });
    scene.follows(2, zx(0, 0), accepted);
    return scene;
  };

  it('makes its leader step down, and the next epoch is one that it can follow', () => {
    const newerEpochs = new NewerEpochs(10 * TICK);
    const scene = established(newerEpochs);
    const voter = scene.hello(3, 7);
    expect(scene.ended).toContain('server 3 at 10.0.0.2:45000 has accepted epoch 7');
    expect(voter.take()).toEqual(['closed']);
    const next = new LeaderScene({ newerEpochs, accepted: 1, current: 1 });
    expect(next.hello(2, 1).take()).toEqual(['LEADERINFO 8:0']);
    expect(next.hello(3, 7).take()).toEqual(['LEADERINFO 8:0']);
    expect(next.ended).toBeNull();
  });

  it('has to wait for that where its leader has stepped down a while ago', () => {
    const newerEpochs = new NewerEpochs(10 * TICK);
    established(newerEpochs).hello(3, 7);
    const scene = established(newerEpochs, 8);
    expect(scene.hello(3, 20).take()).toEqual(['LEADERINFO 9:0']);
    scene.clock.elapsed += 10 * TICK;
    expect(scene.hello(3, 20).isClosed).toBe(true);
    expect(scene.ended).toContain('has accepted epoch 20');
  });

  it.each([
    ['that no number of elections explains', 3, 1002, 'followerInfo'],
    ['and follows already, as the epoch is its own', 3, 1, 'followerInfo'],
    ['and only observes', 4, 7, 'observerInfo'],
    ['and is not one of the ensemble', 9, 7, 'followerInfo'],
  ] as const)('changes nothing with an epoch %s', (_what, sid, accepted, type) => {
    const scene = established(new NewerEpochs(10 * TICK));
    expect(scene.hello(sid, accepted, type).take()).toEqual(['LEADERINFO 1:0']);
    expect(scene.ended).toBeNull();
  });

  it('changes nothing without weight', () => {
    const members =
      'server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ngroup.1=1:2:3\nweight.1=1\nweight.2=1\nweight.3=0';
    const scene = new LeaderScene({ members });
    scene.follows(2);
    expect(scene.hello(3, 7).take()).toEqual(['LEADERINFO 1:0']);
    expect(scene.ended).toBeNull();
  });
});

describe('synchronisation', () => {
  it('gives no history before a quorum has accepted the epoch', () => {
    const members = [1, 2, 3, 4, 5].map((sid) => `server.${sid}=h:1:2`).join('\n');
    const scene = new LeaderScene({ members });
    const [two, three] = [scene.hello(2), scene.hello(3)];
    two.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    expect(two.take()).toEqual(['LEADERINFO 1:0']);
    three.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    expect(two.take()).toEqual(['DIFF 0:0', 'NEWLEADER 1:0']);
  });

  it.each([
    ['a later epoch', zx(1, 1), 3],
    ['a later transaction of the same epoch', zx(2, 8), 2],
  ])('ends where a learner has %s: what it has may be committed', (_what, lastZxid, epoch) => {
    const scene = new LeaderScene({ accepted: 3, current: 2, committed: [zx(2, 7)] });
    scene.accepts(2, lastZxid, epoch);
    expect(scene.ended).toContain('is ahead');
    expect(scene.peers[0]?.isClosed).toBe(true);
  });

  it('goes on where an observer is ahead: what is committed a quorum has, and what else it has is cut', () => {
    const scene = new LeaderScene({ accepted: 3, current: 2, committed: [zx(2, 7)] });
    const observer = scene.hello(4, 0, 'observerInfo');
    scene.hello(2);
    observer.say('ackEpoch', zx(2, 8), int(2));
    scene.turn();
    scene.accepts(3, zx(2, 7), 2);
    expect(scene.ended).toBeNull();
    expect(observer.take()).toEqual(['LEADERINFO 4:0', 'TRUNC 2:7', 'NEWLEADER 4:0']);
  });

  it('takes a learner that is ahead once a quorum has accepted the epoch, and cuts it', () => {
    const scene = new LeaderScene({ accepted: 2, current: 2, committed: [zx(2, 7)] });
    scene.follows(2, zx(2, 7), 2);
    const late = scene.accepts(3, zx(2, 8), 2);
    expect(late.take()).toEqual(['LEADERINFO 3:0', 'TRUNC 2:7', 'NEWLEADER 3:0']);
  });

  it('does not count a voter that had accepted the epoch before, and may have done so for another leader', () => {
    const scene = new LeaderScene();
    const peer = scene.accepts(2, zx(0, 0), -1);
    expect(peer.take()).toEqual(['LEADERINFO 1:0']);
    expect(scene.epochs.current).toBe(0);
  });

  it('does not count a voter whose database is empty and should not be: its zxid is -1', () => {
    const scene = new LeaderScene();
    const peer = scene.hello(2, -1);
    peer.say('ackEpoch', -1n, int(-2));
    scene.turn();
    expect(peer.take()).toEqual(['LEADERINFO 1:0']);
  });

  it('does not count itself where its own database is empty and should not be', () => {
    const scene = new LeaderScene({ lastZxid: zxid(-1), accepted: 1, current: 1 });
    expect(scene.accepts(2).take()).toEqual(['LEADERINFO 2:0']);
    expect(scene.ended).toBeNull();
  });

  it('leads, and lets followers serve, only when a quorum has its history', () => {
    const scene = new LeaderScene({ committed: [zx(0, 1), zx(0, 2)] });
    const two = scene.accepts(2, zx(0, 1));
    expect(two.take()).toEqual([
      'LEADERINFO 1:0',
      'DIFF 0:2',
      'PROPOSAL 0:2',
      'COMMIT 0:2',
      'NEWLEADER 1:0',
    ]);
    expect(scene.server.told).toEqual([]);
    two.say('ack', zx(1, 0));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0']);
    expect(two.take()).toEqual(['UPTODATE']);
    expect(two.data.find(({ name }) => name === 'NEWLEADER')?.bytes.toString()).toBe(
      'the membership of 1:0',
    );
  });

  it('does not take an observer for one of the quorum that has its history', () => {
    const scene = new LeaderScene();
    const observer = scene.hello(4, 0, 'observerInfo');
    scene.accepts(2);
    observer.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    observer.say('ack', zx(1, 0));
    scene.turn();
    expect(scene.isEstablished).toBe(false);
  });

  it('does not take the ACK of a proposal for that of NEWLEADER, which 3.8 may send first (ZOOKEEPER-4685)', () => {
    const scene = new LeaderScene({ committed: [zx(0, 1), zx(0, 2)] });
    const two = scene.accepts(2, zx(0, 0));
    two.say('ack', zx(0, 1));
    scene.turn();
    expect(scene.isEstablished).toBe(false);
    two.say('ack', zx(1, 0));
    scene.turn();
    expect(scene.isEstablished).toBe(true);
  });

  it('counts the ACK of a proposal that comes before that of NEWLEADER (ZOOKEEPER-4685)', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.propose(1);
    two.link.destroy();
    scene.turn();
    const three = scene.accepts(3);
    three.say('ack', zx(1, 1));
    three.say('ack', zx(1, 0));
    scene.turn();
    expect(three.take().slice(-2)).toEqual(['UPTODATE', 'COMMIT 1:1']);
  });

  it('sends a whole tree where the memory does not reach back and the log is not worth reading', () => {
    const scene = new LeaderScene({ committed: [zx(1, 5)], accepted: 1, current: 1 });
    scene.server.history.tree.sessions.set(toSessionId(7n), 4000);
    const two = scene.accepts(2, zx(1, 2), 1);
    expect(two.take()).toEqual(['LEADERINFO 2:0', 'SNAP 1:5', 'NEWLEADER 2:0']);
    expect([...two.tree.sessions]).toEqual([[7n, 4000]]);
  });

  it('sends a late joiner what is committed, what is proposed, and then what comes', () => {
    const scene = new LeaderScene({ committed: [zx(0, 3)] });
    const two = scene.follows(2, zx(0, 3));
    scene.propose(1);
    two.say('ack', zx(1, 1));
    scene.turn();
    scene.propose(2);
    const three = scene.accepts(3, zx(0, 3));
    expect(three.take()).toEqual([
      'LEADERINFO 1:0',
      'DIFF 1:1',
      'PROPOSAL 1:1',
      'COMMIT 1:1',
      'PROPOSAL 1:2',
      'NEWLEADER 1:0',
    ]);
    scene.propose(3);
    two.say('ack', zx(1, 2));
    scene.turn();
    expect(three.take()).toEqual(['PROPOSAL 1:3', 'COMMIT 1:2']);
  });

  it('sends nobody what is only proposed but those that vote', () => {
    const scene = new LeaderScene();
    scene.follows(2);
    scene.propose(1, false);
    const observer = scene.hello(4, 0, 'observerInfo');
    observer.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    expect(observer.take()).toEqual(['LEADERINFO 1:0', 'DIFF 0:0', 'NEWLEADER 1:0']);
  });

  it('lets observers wait where many trees are being sent, and voters never', () => {
    const options = { forceSnapshotSync: true, maxConcurrentSnapSyncs: 1 };
    const scene = new LeaderScene({ options });
    scene.follows(2);
    const ask = (sid: number, type: 'observerInfo' | 'followerInfo') => {
      const peer = scene.hello(sid, 0, type);
      peer.say('ackEpoch', zx(0, 0), int(0));
      scene.turn();
      return peer;
    };
    const closed = [ask(4, 'observerInfo'), ask(5, 'observerInfo'), ask(3, 'followerInfo')];
    expect(closed.map((peer) => peer.isClosed)).toEqual([false, true, false]);
  });

  describe('out of the log', () => {
    /** A leader whose log has 1 to 40 and whose memory has only the last. */
    function behind(damage: (scene: Scene) => void = () => undefined): LeaderScene {
      const logged = new Scene();
      for (let each = 0; each < 40; each++) logged.commit(createTxn(`/n${each}`, 'x'.repeat(9000)));
      const scene = new LeaderScene({ committed: [zx(0, 40)] });
      const directories = { logDirectory: DIRECTORY, snapshotDirectory: DIRECTORY };
      scene.server.history.log = (after, through) => {
        return LogSource.open(logged.disk, directories, after, through);
      };
      damage(logged);
      return scene;
    }

    const spoil = ({ disk }: Scene): void => {
      const bytes = disk.contents(`${DIRECTORY}/log.1`);
      bytes.fill(0x55, 200_000, 200_100);
      disk.put(`${DIRECTORY}/log.1`, bytes);
    };

    it('sends what is missing, in order', () => {
      const seen = behind().accepts(2, zx(0, 3)).take();
      const counters = Array.from({ length: 37 }, (_, index) => index + 4);
      expect(seen).toEqual([
        'LEADERINFO 1:0',
        'DIFF 0:40',
        ...counters.flatMap((each) => [`PROPOSAL 0:${each}`, `COMMIT 0:${each}`]),
        'NEWLEADER 1:0',
      ]);
    });

    it('sends the tree where the log does not reach back, and behind it nothing that it shows', () => {
      const scene = new LeaderScene({ committed: [zx(0, 39), zx(0, 40)] });
      const directories = { logDirectory: DIRECTORY, snapshotDirectory: DIRECTORY };
      scene.server.history.log = (after, through) => {
        return LogSource.open(new Scene().disk, directories, after, through);
      };
      scene.follows(2, zx(0, 40));
      scene.propose(1);
      const seen = scene.accepts(3, zx(0, 3)).take();
      expect(seen).toEqual(['LEADERINFO 1:0', 'SNAP 1:0', 'PROPOSAL 1:1', 'NEWLEADER 1:0']);
    });

    it('closes the link where the log cannot be read on, and sends the tree when the learner comes again', () => {
      const scene = behind(spoil);
      const first = scene.accepts(2, zx(0, 3));
      expect(first.take()).toContain('PROPOSAL 0:4');
      expect(first.isClosed).toBe(true);
      expect(scene.lines.join('\n')).toContain('cannot be sent what it misses');
      const again = scene.accepts(2, zx(0, 3));
      expect(again.take()).toEqual(['LEADERINFO 1:0', 'SNAP 0:40', 'NEWLEADER 1:0']);
    });
  });
});

describe('a tree that is being sent', () => {
  /** A follower behind the memory, whose network takes nothing for now. */
  function sending() {
    const scene = new LeaderScene({ committed: [zx(0, 9)] });
    scene.follows(2, zx(0, 9));
    const { history } = scene.server;
    history.tree.sessions.set(toSessionId(7n), 4000);
    const streams: SnapshotStream[] = [];
    history.openSnapshot = () => {
      const stream = new SnapshotStream(history.tree);
      streams.push(stream);
      return stream;
    };
    const three = scene.hello(3);
    const [handler] = [...scene.leader.handlers].filter(({ sid }) => sid === 3);
    const link = handler?.link as Link;
    link.unsentSize = 1 << 20;
    three.say('ackEpoch', zx(0, 1), int(0));
    scene.turn();
    three.take();
    return { scene, three, link, streams };
  }

  it('waits for the network, and what comes meanwhile follows behind it', () => {
    const { scene, three, link } = sending();
    scene.propose(1);
    expect(three.take()).toEqual([]);
    expect(scene.leader.endTurn()).toBe(false);
    link.unsentSize = 0;
    scene.turn();
    expect(three.take()).toEqual(['SNAP 1:0', 'NEWLEADER 1:0', 'PROPOSAL 1:1']);
    expect(three.tree.sessions.get(toSessionId(7n))).toBe(4000);
  });

  it('goes out in slices, each in the memory of the one before once the network has that', () => {
    const { scene, link } = sending();
    for (let id = 8n; id < 20_000n; id++)
      scene.server.history.tree.sessions.set(toSessionId(id), 1);
    const slices: Uint8Array[] = [];
    link.write = (bytes) => {
      slices.push(bytes);
      link.unsentSize = bytes.length;
    };
    link.unsentSize = 0;
    expect([scene.leader.endTurn(), slices.length]).toEqual([true, 1]);
    const first = Buffer.from(slices[0] ?? []);
    expect([scene.leader.endTurn(), slices.length]).toEqual([false, 1]);
    expect(Buffer.compare(first, slices[0] ?? Buffer.alloc(0))).toBe(0);
    link.unsentSize = 0;
    expect([scene.leader.endTurn(), slices.length]).toEqual([true, 2]);
    expect(slices[1]?.buffer).toBe(slices[0]?.buffer);
  });

  it.each([
    [
      'the link breaks',
      ({ three, scene }: ReturnType<typeof sending>) => {
        three.link.destroy();
        scene.turn();
      },
    ],
    ['the term ends', ({ scene }: ReturnType<typeof sending>) => scene.leader.end('enough')],
    ['the learner comes again', ({ scene }: ReturnType<typeof sending>) => scene.hello(3)],
  ])('is forgotten by the tree when %s', (_what, ends) => {
    const parts = sending();
    ends(parts);
    const writer = new JuteWriter();
    parts.streams[0]?.writeSlice(writer, 1 << 20);
    expect([parts.streams.length, writer.length]).toEqual([1, 0]);
  });

  it('may take longer than initLimit, as long as the network takes more of it', () => {
    const { scene, three, link } = sending();
    const { sessions } = scene.server.history.tree;
    for (let id = 1n; id <= 20_000n; id++) sessions.set(toSessionId(id), 4000);
    const two = scene.peers[0] as RawPeer;
    const write = link.write.bind(link);
    link.write = (bytes) => {
      write(bytes);
      link.unsentSize = 1 << 20;
    };
    for (let slice = 1; slice <= 4; slice++) {
      link.unsentSize = 0;
      scene.turn();
      scene.passWith(9 * TICK, two);
    }
    expect(scene.lines.at(-1)).not.toContain('silent');
    expect([three.take().at(0), three.isClosed]).toEqual(['SNAP 1:0', false]);
    scene.passWith(2 * TICK, two);
    expect(three.isClosed).toBe(true);
  });

  it('is given up where too much waits behind it', () => {
    const { scene, three, link } = sending();
    scene.propose(1);
    expect(three.isClosed).toBe(false);
    link.unsentSize = 512 << 20;
    scene.propose(2);
    expect(three.isClosed).toBe(true);
    expect(scene.lines.at(-1)).toContain('does not read');
  });

  it('is not waited for by a learner that reads nothing at all', () => {
    const { scene, three, link } = sending();
    link.unsentSize = 600 << 20;
    scene.turn();
    link.unsentSize = 0;
    scene.turn();
    link.unsentSize = 600 << 20;
    scene.propose(1);
    expect(three.isClosed).toBe(true);
    expect(scene.lines.at(-1)).toContain('does not read');
  });
});

describe('broadcast', () => {
  it('commits in order what a quorum has on disk, its own disk among them or not', () => {
    const scene = new LeaderScene();
    const [two, three] = [scene.follows(2), scene.follows(3)];
    scene.propose(1, false);
    scene.propose(2, false);
    expect(two.take()).toEqual(['PROPOSAL 1:1', 'PROPOSAL 1:2']);
    two.say('ack', zx(1, 1));
    two.say('ack', zx(1, 2));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0']);
    three.say('ack', zx(1, 1));
    scene.turn();
    expect(two.take()).toEqual(['COMMIT 1:1']);
    scene.leader.durable(zx(1, 2));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0', 'commit 1:1', 'commit 1:2']);
    expect(scene.leader.uncommitted).toEqual([]);
  });

  it('does not commit by what observers and learners that do not vote say', () => {
    const scene = new LeaderScene();
    scene.follows(2);
    const [observer, stranger] = [scene.observes(4), scene.follows(9)];
    scene.propose(1);
    observer.say('ack', zx(1, 1));
    stranger.say('ack', zx(1, 1));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0']);
  });

  it('tells observers a transaction with its commit', () => {
    const scene = new LeaderScene();
    const [two, observer] = [scene.follows(2), scene.observes(4)];
    scene.propose(1);
    expect(observer.take()).toEqual([]);
    two.say('ack', zx(1, 1));
    scene.turn();
    expect(observer.take()).toEqual(['INFORM 1:1']);
    expect(observer.data.at(-1)?.bytes).toEqual(recordOf(zx(1, 1)));
  });

  it('passes over the ACK of what was never proposed', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    two.say('ack', zx(1, 5));
    scene.turn();
    scene.propose(1);
    expect(scene.server.told).toEqual(['lead 1:0']);
  });

  it('forgets what a follower has acknowledged that comes again: it may be cut off', () => {
    const scene = new LeaderScene({ committed: [zx(0, 3)] });
    const two = scene.follows(2, zx(0, 3));
    scene.follows(3, zx(0, 3));
    scene.propose(1, false);
    two.say('ack', zx(1, 1));
    scene.turn();
    const again = scene.hello(2);
    expect(two.isClosed).toBe(true);
    scene.leader.durable(zx(1, 1));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0']);
    again.say('ackEpoch', zx(1, 1), int(1));
    scene.turn();
    expect(again.take().slice(1)).toEqual(['TRUNC 0:3', 'PROPOSAL 1:1', 'NEWLEADER 1:0']);
  });

  it('does not forget its own when a server claims to be itself', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.propose(1);
    expect(scene.hello(1).isClosed).toBe(true);
    two.say('ack', zx(1, 1));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0', 'commit 1:1']);
  });

  it('ends before the counter does, with the last proposal not committed (ZOOKEEPER-1277)', () => {
    const scene = new LeaderScene();
    scene.follows(2);
    scene.propose(0xfffffffd);
    expect(scene.ended).toBeNull();
    scene.propose(0xfffffffe);
    expect(scene.ended).toContain('a new epoch has to begin');
    expect(scene.leader.uncommitted.map(({ zxid }) => zxid)).toEqual([
      zx(1, 0xfffffffd),
      zx(1, 0xfffffffe),
    ]);
    scene.propose(0xffffffff);
    expect(scene.leader.uncommitted).toHaveLength(2);
  });

  it('ends when a quorum is lost, at the second half of a tick', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.passWith(3 * TICK, two);
    expect(scene.ended).toBeNull();
    two.link.destroy();
    scene.turn();
    scene.pass(TICK + TICK / 2);
    expect(scene.ended).toContain('not enough followers are in sync');
  });

  it('closes the link of a follower that is silent for syncLimit', () => {
    const scene = new LeaderScene();
    const [two, three] = [scene.follows(2), scene.follows(3)];
    scene.passWith(6 * TICK, two);
    expect([two.isClosed, three.isClosed]).toEqual([false, true]);
    expect(scene.lines.join('\n')).toContain('server 3 at 10.0.0.2:45000 was silent for 500 ms');
  });

  it('closes the link of a follower that answers and does not acknowledge', () => {
    const scene = new LeaderScene();
    const [two, three] = [scene.follows(2), scene.follows(3)];
    scene.propose(1);
    two.say('ack', zx(1, 1));
    scene.passWith(6 * TICK, two, three);
    expect([two.isClosed, three.isClosed]).toEqual([false, true]);
  });

  it('asks only those for a sign of life that serve: a learner of Java breaks on a PING before (LearnerHandler.ping)', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    const three = scene.accepts(3);
    three.take();
    scene.pass(TICK / 2);
    expect(two.take()).toEqual(['PING 1:0']);
    expect(three.take()).toEqual([]);
  });
});

describe('what learners ask', () => {
  it('goes to the server, with who asks', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    two.say('request', -1n, requestData(OpCode.create, Buffer.from('body')));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0', 'request of 2']);
    expect(scene.server.requests).toEqual([
      {
        sessionId: 0x100000000000007n,
        cxid: 5,
        type: OpCode.create,
        body: Buffer.from('body'),
        authinfo: [],
      },
    ]);
  });

  it('has the identities of the client', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    const writer = new JuteWriter();
    const ids = [{ scheme: 'digest', id: 'ann:x' }];
    writePacket(writer, PacketType.request, -1n, requestData(OpCode.delete), ids);
    two.link.write(writer.toBuffer());
    scene.turn();
    expect(scene.server.requests[0]?.authinfo).toEqual(ids);
  });

  it('says of a session whether it lives, and moves it', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    const session = toSessionId(0x100000000000007n);
    scene.server.owners.set(session, 3);
    const ask = Buffer.concat([requestData(0).subarray(0, 8), int(4000)]);
    two.say('revalidate', 0n, ask);
    scene.turn();
    two.say('revalidate', 0n, Buffer.alloc(12));
    scene.turn();
    expect(two.take()).toEqual(['REVALIDATE 0:0', 'REVALIDATE 0:0']);
    expect(two.data.slice(-2).map(({ bytes }) => bytes.toString('hex'))).toEqual([
      '010000000000000701',
      '000000000000000000',
    ]);
    expect(scene.server.owners.get(session)).toBe(2);
  });

  it('tells the sessions that were heard with the answer to a PING', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    const heard = Buffer.concat([requestData(0).subarray(0, 8), int(4000)]);
    two.say('ping', zx(1, 0), Buffer.concat([heard, heard]));
    scene.turn();
    const line = 'heard 0x100000000000007 4000';
    expect(scene.server.told).toEqual(['lead 1:0', line, line]);
  });
});

describe('a sync (ZOOKEEPER-1675, 3600)', () => {
  it('is answered only when a quorum has answered a PING that was sent after it was asked', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.pass(TICK / 2);
    expect(two.take()).toEqual(['PING 1:0']);
    let isDone = false;
    scene.leader.sync(() => {
      isDone = true;
    });
    scene.turn();
    expect(two.take()).toEqual(['PING 1:0']);
    two.say('ping', 0n);
    scene.turn();
    expect(isDone).toBe(false);
    two.say('ping', 0n);
    scene.turn();
    expect(isDone).toBe(true);
  });

  it('that is asked while a round is under way has one of its own', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    const done: string[] = [];
    scene.leader.sync(() => done.push('first'));
    scene.turn();
    scene.leader.sync(() => done.push('second'));
    scene.turn();
    expect(two.take()).toEqual(['PING 1:0', 'PING 1:0']);
    two.say('ping', 0n);
    scene.turn();
    expect(done).toEqual(['first']);
    two.say('ping', 0n);
    scene.turn();
    expect(done).toEqual(['first', 'second']);
  });

  it('waits until what was proposed before is committed', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.propose(1);
    let isDone = false;
    scene.leader.sync(() => {
      isDone = true;
    });
    scene.turn();
    two.say('ping', 0n);
    scene.turn();
    expect(isDone).toBe(false);
    two.say('ack', zx(1, 1));
    scene.turn();
    expect(isDone).toBe(true);
  });

  it('asks those that come where those that were asked have gone', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    let isDone = false;
    scene.leader.sync(() => {
      isDone = true;
    });
    scene.turn();
    two.link.destroy();
    const three = scene.follows(3);
    expect(isDone).toBe(false);
    three.say('ping', 0n);
    scene.turn();
    expect(isDone).toBe(true);
  });

  it('of a learner is answered behind what was committed before', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.propose(1);
    scene.leader.syncFor(2);
    scene.turn();
    two.say('ping', 0n);
    two.say('ack', zx(1, 1));
    scene.turn();
    expect(two.take()).toEqual(['PROPOSAL 1:1', 'PING 1:1', 'COMMIT 1:1', 'SYNC 0:0']);
  });

  it('of a learner is answered between the commits of what was asked before and behind it, as a Java follower needs it', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.propose(1);
    scene.leader.syncFor(2);
    scene.propose(2);
    scene.turn();
    two.take();
    // A quorum that acknowledges what was proposed behind the sync has followed meanwhile, also where its PING is not answered.
    two.say('ack', zx(1, 1));
    two.say('ack', zx(1, 2));
    scene.turn();
    expect(two.take()).toEqual(['COMMIT 1:1', 'SYNC 0:0', 'COMMIT 1:2']);
  });

  it('finds applied what was proposed before it, and nothing behind it', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.propose(1);
    const seen: string[] = [];
    scene.leader.sync(() => seen.push(scene.server.told.at(-1) ?? ''));
    scene.propose(2);
    scene.turn();
    two.say('ack', zx(1, 2));
    scene.turn();
    expect(seen).toEqual(['commit 1:1']);
  });

  it('is not answered to a learner that has come anew since: it would take it for the answer to another', () => {
    const scene = new LeaderScene();
    const [two, three] = [scene.follows(2), scene.follows(3)];
    scene.leader.syncFor(2);
    scene.turn();
    two.link.destroy();
    const again = scene.follows(2);
    three.say('ping', 0n);
    scene.turn();
    expect(scene.leader.pendingSyncs).toBe(0);
    expect(again.take()).toEqual([]);
  });

  it('needs nobody where the leader is the quorum', () => {
    const scene = new LeaderScene({ members: 'server.1=a:1:2\nserver.2=b:1:2:observer' });
    let isDone = false;
    scene.leader.sync(() => {
      isDone = true;
    });
    scene.turn();
    scene.turn();
    expect(isDone).toBe(true);
  });
});

describe('nonsense', () => {
  it.each([
    ['no introduction', 'ping', Buffer.alloc(0)],
    ['an old protocol', 'followerInfo', learnerInfo(2n, 1)],
    ['a short introduction', 'followerInfo', learnerInfo(2n).subarray(0, 6)],
    ['a long introduction', 'followerInfo', Buffer.alloc(2000)],
    ['an id below 0', 'followerInfo', learnerInfo(-1n)],
  ] as const)('at first, %s, closes the link', (_what, type, data) => {
    const scene = new LeaderScene();
    const peer = scene.connect();
    peer.say(type, 0n, data);
    scene.turn();
    expect(peer.isClosed).toBe(true);
    expect(scene.leader.handlers.size).toBe(0);
    expect(scene.leader.phase).toBe('discovery');
  });

  it.each([
    ['with the leader’s own id', learnerInfo(1n), 'has our own id 1: is one of the two myid'],
    ['with a newer membership', learnerInfo(2n, 0x10000, 26n), 'has membership 1a, which is newer'],
  ])('a server %s is told apart from one that speaks nonsense', (_what, data, line) => {
    const scene = new LeaderScene();
    const peer = scene.connect();
    peer.say('followerInfo', 0n, data);
    scene.turn();
    expect([peer.isClosed, scene.leader.phase]).toEqual([true, 'discovery']);
    expect(scene.lines.at(-1)).toContain(line);
    expect(scene.lines.at(-1)).not.toContain('nonsense');
  });

  it('at first, the beginning of a long packet closes the link, and nobody waits for the rest', () => {
    const scene = new LeaderScene();
    const peer = scene.connect();
    const start = Buffer.alloc(20);
    start.writeInt32BE(PacketType.followerInfo, 0);
    start.writeInt32BE(100_000, 12);
    peer.link.write(start);
    scene.turn();
    expect(peer.isClosed).toBe(true);
    expect(scene.lines.at(-1)).toContain('a packet of 100000 bytes');
  });

  it('the last epoch that there can be, said to be accepted, closes the link', () => {
    const scene = new LeaderScene();
    expect(scene.hello(2, 0x7fffffff).isClosed).toBe(true);
    expect(scene.epochs.accepted).toBe(0);
  });

  it('two introductions on one link do not count as two servers', () => {
    const members = [1, 2, 3, 4, 5].map((sid) => `server.${sid}=h:1:2`).join('\n');
    const scene = new LeaderScene({ members });
    const peer = scene.hello(2);
    peer.say('followerInfo', 0n, learnerInfo(3n));
    scene.turn();
    expect(peer.isClosed).toBe(true);
    expect(scene.leader.phase).toBe('discovery');
  });

  it.each([
    ['a short ACKEPOCH', 'ackEpoch', Buffer.alloc(2)],
    ['an ACK instead of ACKEPOCH', 'ack', Buffer.alloc(0)],
  ] as const)('%s closes the link', (_what, type, data) => {
    const scene = new LeaderScene();
    const peer = scene.hello(2);
    peer.say(type, 0n, data);
    scene.turn();
    expect(peer.isClosed).toBe(true);
  });

  it.each([
    ['a PING of a part of a session', 'ping', Buffer.alloc(13)],
    ['a short REVALIDATE', 'revalidate', Buffer.alloc(11)],
    ['a short REQUEST', 'request', Buffer.alloc(15)],
  ] as const)('%s closes the link and harms nobody else', (_what, type, data) => {
    const scene = new LeaderScene();
    const [two, three] = [scene.follows(2), scene.follows(3)];
    three.say(type, 0n, data);
    scene.turn();
    expect([two.isClosed, three.isClosed]).toEqual([false, true]);
    expect(scene.ended).toBeNull();
  });

  it('a packet of a type that nobody knows is passed over, with a line in the log', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    two.say('upToDate', 0n);
    scene.turn();
    expect(two.isClosed).toBe(false);
    expect(scene.lines.at(-1)).toContain('unexpected packet 12 from server 2');
  });

  it('strangers that say nothing are sent away from some number on, known servers that wait are not counted', () => {
    const scene = new LeaderScene();
    scene.hello(4, 0, 'observerInfo');
    for (let each = 0; each < 256; each++) scene.connect();
    expect(scene.connect().isClosed).toBe(true);
    expect(scene.leader.handlers.size).toBe(257);
  });
});

describe('the end', () => {
  it('closes every link, ends the trees that are being sent, and is told once', () => {
    const scene = new LeaderScene({ options: { forceSnapshotSync: true } });
    const two = scene.follows(2);
    const three = scene.hello(3);
    scene.leader.end('enough');
    scene.leader.end('again');
    expect([two.isClosed, three.isClosed]).toEqual([true, true]);
    expect(scene.ended).toBe('enough');
    expect(scene.leader.handlers.size).toBe(0);
    expect(scene.leader.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(scene.connect().isClosed).toBe(true);
  });

  it('leaves what was not committed for the next term', () => {
    const scene = new LeaderScene();
    scene.follows(2);
    scene.propose(1);
    scene.leader.end('enough');
    expect(scene.leader.uncommitted.map(({ record }) => record)).toEqual([recordOf(zx(1, 1))]);
  });
});
