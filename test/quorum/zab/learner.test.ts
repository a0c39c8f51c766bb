/*
 * How a learner finds and accepts its leader, and what ends it, claim by claim of the protocol (Java: Learner, Follower, Observer;
 * ZkV3_7_0.tla: FollowerProcess…). What is between is learner-sync.test.ts and learner-broadcast.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { recordOf } from './leader-scene.ts';
import { LearnerScene } from './learner-scene.ts';
import { int, learnerInfo, zx } from './links.ts';

describe('a dial', () => {
  it('is repeated with longer and longer pauses: the leader is about to open its port', () => {
    const scene = new LearnerScene();
    const pauses = Array.from({ length: 5 }, () => {
      scene.dials.shift()?.failed('refused');
      const pause = scene.learner.deadline - scene.clock.elapsed;
      scene.pass(pause);
      return pause;
    });
    expect(pauses).toEqual([5, 10, 20, 40, 80]);
    expect(scene.dials).toHaveLength(1);
  });

  it('is given up when the leader is out of reach for too long', () => {
    const scene = new LearnerScene();
    scene.pass(1999);
    scene.dials.shift()?.failed('refused');
    expect(scene.ended).toBe('leader 2 cannot be reached: refused');
  });

  it('is cancelled when the role ends', () => {
    const scene = new LearnerScene();
    scene.learner.end('enough');
    expect([scene.dials.length, scene.ended]).toEqual([0, 'enough']);
  });
});

describe('discovery', () => {
  it('tells the accepted epoch, and who it is', () => {
    const scene = new LearnerScene({ accepted: 4 });
    scene.connect();
    expect(scene.leader.take()).toEqual(['FOLLOWERINFO 4:0']);
    expect(scene.leader.data[0]?.bytes).toEqual(learnerInfo(1n));
  });

  it('of an observer begins with OBSERVERINFO', () => {
    const scene = new LearnerScene({ options: { isObserver: true } });
    scene.connect();
    expect(scene.leader.take()).toEqual(['OBSERVERINFO 0:0']);
  });

  it('accepts a later epoch, and tells the epoch and the end of its history', () => {
    const scene = new LearnerScene({ accepted: 4, current: 3, lastZxid: zx(3, 7) });
    scene.connect();
    scene.leader.say('leaderInfo', zx(6, 0), int(0x10000));
    scene.turn();
    expect(scene.leader.take()).toEqual(['FOLLOWERINFO 4:0', 'ACKEPOCH 3:7']);
    expect(scene.leader.data[1]?.bytes).toEqual(int(3));
    expect([scene.epochs.accepted, scene.epochs.current]).toEqual([6, 3]);
  });

  it('says the beginning of an epoch above its leader’s where its history could not be cut: it gets a tree then (simulated seed 3799)', () => {
    const scene = new LearnerScene({ accepted: 6, current: 3, lastZxid: zx(3, 7) });
    scene.server.needsTree = true;
    scene.connect();
    scene.leader.say('leaderInfo', zx(6, 0), int(0x10000));
    scene.turn();
    expect(scene.leader.take()).toEqual(['FOLLOWERINFO 6:0', 'ACKEPOCH 7:0']);
    expect(scene.leader.data[1]?.bytes).toEqual(int(-1));
  });

  it('says so too where it counts for the epoch, if its history is of an older one than its leader’s: that does not look at the zxid (simulated seed 140388)', () => {
    const epochs = { accepted: 4, current: 3 };
    const scene = new LearnerScene({ ...epochs, lastZxid: zx(4, 7), options: { votedEpoch: 4n } });
    scene.server.needsTree = true;
    scene.connect();
    scene.leader.say('leaderInfo', zx(6, 0), int(0x10000));
    scene.turn();
    expect(scene.leader.take()).toEqual(['FOLLOWERINFO 4:0', 'ACKEPOCH 7:0']);
    expect(scene.leader.data[1]?.bytes).toEqual(int(3));
  });

  it('says what it has where it counts for the epoch, also if that could not be cut: the leader may lack it', () => {
    const scene = new LearnerScene({
      ...{ accepted: 4, current: 3, lastZxid: zx(3, 7) },
      options: { votedEpoch: 3n },
    });
    scene.server.needsTree = true;
    scene.connect();
    scene.leader.say('leaderInfo', zx(6, 0), int(0x10000));
    scene.turn();
    expect(scene.leader.take()).toEqual(['FOLLOWERINFO 4:0', 'ACKEPOCH 3:7']);
    expect(scene.leader.data[1]?.bytes).toEqual(int(3));
  });

  it('has the accepted epoch on disk before it says ACKEPOCH', () => {
    const scene = new LearnerScene();
    scene.connect();
    scene.leader.take();
    scene.disk.onCall = () => new Error('the disk is full');
    scene.leader.say('leaderInfo', zx(1, 0), int(0x10000));
    expect(() => scene.turn()).toThrow('the disk is full');
    scene.turn();
    expect(scene.leader.take()).toEqual([]);
  });

  it('says -1 for an epoch that it had accepted, maybe of another leader: it must not count twice', () => {
    const scene = new LearnerScene({ accepted: 4, current: 3 });
    scene.connect();
    scene.leader.say('leaderInfo', zx(4, 0), int(0x10000));
    scene.turn();
    expect(scene.leader.take()).toEqual(['FOLLOWERINFO 4:0', 'ACKEPOCH 0:0']);
    expect(scene.leader.data[1]?.bytes).toEqual(int(-1));
  });

  it('of an observer takes an older epoch than it has accepted, but no leader that it has left behind', () => {
    const epochs = { accepted: 4, current: 2 };
    const scenes = [3, 1].map((epoch) => {
      const scene = new LearnerScene({ ...epochs, options: { isObserver: true } });
      scene.connect();
      scene.leader.say('leaderInfo', zx(epoch, 0), int(0x10000));
      scene.turn();
      return scene;
    });
    expect(scenes[0]?.leader.take()).toEqual(['OBSERVERINFO 4:0', 'ACKEPOCH 0:0']);
    expect(scenes[0]?.leader.data[1]?.bytes).toEqual(int(-1));
    expect(scenes[0]?.epochs.accepted).toBe(4);
    expect(scenes[1]?.ended).toContain('its epoch 1 is older than 2');
  });

  it('follows no leader of an older epoch', () => {
    const scene = new LearnerScene({ accepted: 4 });
    scene.connect();
    scene.leader.say('leaderInfo', zx(3, 0), int(0x10000));
    scene.turn();
    expect(scene.ended).toContain('its epoch 3 is older than 4');
    expect(scene.learner.hasRefused).toBe(true);
    expect(scene.leader.isClosed).toBe(true);
  });
});

describe('silence', () => {
  it('of initLimit ends it before it serves', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.pass(999);
    expect(scene.ended).toBeNull();
    scene.pass(1);
    expect(scene.ended).toBe('nothing was heard of leader 2 for 1000 ms');
  });

  it('of syncLimit ends it when it serves', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.pass(499);
    scene.leader.say('ping', 0n);
    scene.turn();
    scene.pass(499);
    expect(scene.ended).toBeNull();
    scene.pass(1);
    expect(scene.ended).toBe('nothing was heard of leader 2 for 500 ms');
  });

  it('is no reason where the link is closed: that ends it at once', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.leader.link.destroy();
    scene.turn();
    expect(scene.ended).toBe('the leader has closed the link');
  });
});

describe('nonsense', () => {
  it.each([
    ['no LEADERINFO', 'diff', Buffer.alloc(0)],
    ['a short LEADERINFO', 'leaderInfo', Buffer.alloc(3)],
  ] as const)('at first, %s, ends it', (_what, type, data) => {
    const scene = new LearnerScene();
    scene.connect();
    scene.leader.say(type, zx(1, 0), data);
    scene.turn();
    expect(scene.ended).toContain('the leader speaks nonsense');
  });

  it.each([
    ['a PROPOSAL before DIFF', 'proposal', recordOf(zx(1, 1))],
    ['UPTODATE before DIFF', 'upToDate', null],
  ] as const)('while synchronising, %s, ends it', (_what, type, data) => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say(type, zx(1, 1), data);
    scene.turn();
    expect(scene.ended).toContain('the leader speaks nonsense');
  });

  it('UPTODATE without NEWLEADER ends it, a protocol from before 3.4', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 0));
    scene.leader.say('upToDate', -1n);
    scene.turn();
    expect(scene.ended).toContain('UPTODATE without NEWLEADER');
  });

  it.each([
    ['a PROPOSAL without a header', 'proposal', Buffer.alloc(31)],
    ['a PROPOSAL whose header has another zxid', 'proposal', recordOf(zx(1, 2))],
    ['an INFORMANDACTIVATE that ends early', 'informAndActivate', Buffer.alloc(39)],
    ['a short REVALIDATE', 'revalidate', Buffer.alloc(8)],
    ['UPTODATE a second time', 'upToDate', null],
  ] as const)('%s ends it, and nothing is logged', (_what, type, data) => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.leader.say(type, zx(1, 1), data);
    scene.turn();
    expect(scene.ended).toContain('the leader speaks nonsense');
    expect(scene.server.take()).toEqual([]);
  });

  it('a packet that nobody knows is passed over, with a line in the log', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.leader.say('request', 0n);
    scene.turn();
    expect(scene.ended).toBeNull();
    expect(scene.lines.at(-1)).toBe('unexpected packet 1 from the leader');
  });
});
