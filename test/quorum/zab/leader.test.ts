/*
 * The leader, claim by claim of the protocol, from its election to its end, whatever it is told (Java: Leader, LearnerHandler; ZkV3_7_0.tla: LeaderProcess…).
 * How it brings others into step: leader-sync.test.ts; how it serves: leader-broadcast.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { NewerEpochs } from '../../../src/quorum/zab/newer-epochs.ts';
import { PacketType } from '../../../src/quorum/zab/packet.ts';
import { LeaderScene, recordOf, TICK } from './leader-scene.ts';
import { learnerInfo, zx } from './links.ts';

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
