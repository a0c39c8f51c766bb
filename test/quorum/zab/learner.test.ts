/*
 * The learner, claim by claim of the protocol (Java: Learner, Follower, Observer; ZkV3_7_0.tla: FollowerProcess…).
 */
import { describe, expect, it } from 'vitest';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { SNAPSHOT_SIGNATURE } from '../../../src/quorum/zab/packet.ts';
import { recordOf } from './leader-scene.ts';
import { LearnerScene } from './learner-scene.ts';
import { int, learnerInfo, zx } from './links.ts';

/** A tree as MemoryServer takes it, and the signature behind it. */
function tree(signature = SNAPSHOT_SIGNATURE): Buffer {
  const writer = new JuteWriter();
  writer.writeBytes(Buffer.from('aaaaaaaaaa'));
  writer.writeString(signature);
  return writer.toBuffer();
}

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

  it('says what it has where it counts for the epoch, also if that could not be cut: the leader may lack it', () => {
    const scene = new LearnerScene({ accepted: 4, current: 3, lastZxid: zx(3, 7) });
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

describe('synchronisation', () => {
  it('by DIFF logs what is missing at NEWLEADER, and applies nothing before UPTODATE (ZOOKEEPER-4646, 4785)', () => {
    const scene = new LearnerScene({ lastZxid: zx(0, 2) });
    scene.discover(1);
    scene.leader.say('diff', zx(0, 4));
    scene.propose(zx(0, 3));
    scene.leader.say('commit', zx(0, 3));
    scene.propose(zx(0, 4));
    scene.leader.say('commit', zx(0, 4));
    scene.turn();
    expect(scene.server.take()).toEqual([]);
    scene.leader.say('newLeader', zx(1, 0), Buffer.from('all of us'));
    scene.turn();
    expect(scene.server.take()).toEqual(['membership all of us', 'log 0:3', 'log 0:4']);
    scene.settleDisk();
    expect(scene.server.take()).toEqual([]);
    scene.leader.say('upToDate', -1n);
    scene.turn();
    expect(scene.server.take()).toEqual(['serve 1:0', 'apply 0:4']);
    expect(scene.followed).toBe(1);
  });

  it('acknowledges NEWLEADER only when the history is on disk (ZOOKEEPER-3911, 4646)', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 1));
    scene.propose(zx(0, 1));
    scene.leader.say('commit', zx(0, 1));
    scene.leader.say('newLeader', zx(1, 0));
    scene.turn();
    expect(scene.leader.take()).toEqual([]);
    scene.settleDisk();
    expect(scene.leader.take()).toEqual(['ACK 1:0']);
  });

  it('answers no PING before it has acknowledged NEWLEADER: a leader of Java closes the link then', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 0));
    scene.leader.say('newLeader', zx(1, 0));
    scene.leader.say('ping', zx(1, 0));
    scene.turn();
    expect(scene.leader.take()).toEqual([]);
    scene.settleDisk();
    expect(scene.leader.take()).toEqual(['ACK 1:0']);
  });

  it('makes the epoch current behind the history, or it would pass for newer than it is (ZOOKEEPER-4643)', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 1));
    scene.propose(zx(0, 1));
    scene.leader.say('newLeader', zx(1, 0));
    scene.turn();
    expect(scene.epochs.current).toBe(0);
    scene.settleDisk();
    expect(scene.epochs.current).toBe(1);
  });

  it('makes the epoch current before it acknowledges NEWLEADER, or it would pass for older', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 0));
    scene.leader.say('newLeader', zx(1, 0));
    scene.turn();
    scene.disk.onCall = () => new Error('the disk is full');
    expect(() => scene.server.settleDisk()).toThrow('the disk is full');
    scene.turn();
    expect(scene.leader.take()).toEqual([]);
  });

  it('acknowledges no proposal before NEWLEADER, although it may be on disk before (ZOOKEEPER-4685)', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 0));
    scene.propose(zx(1, 1));
    scene.leader.say('newLeader', zx(1, 0));
    scene.propose(zx(1, 2));
    scene.turn();
    scene.learner.durable(zx(1, 1));
    scene.turn();
    expect(scene.leader.take()).toEqual([]);
    scene.settleDisk();
    expect(scene.leader.take()).toEqual(['ACK 1:0', 'ACK 1:1', 'ACK 1:2']);
  });

  it('takes commits between NEWLEADER and UPTODATE, which 3.6 broke at (ZOOKEEPER-4394)', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 0));
    scene.propose(zx(1, 1));
    scene.leader.say('newLeader', zx(1, 0));
    scene.leader.say('commit', zx(1, 1));
    scene.propose(zx(1, 2));
    scene.leader.say('commit', zx(1, 2));
    scene.turn();
    scene.settleDisk();
    scene.leader.say('upToDate', -1n);
    scene.turn();
    expect(scene.ended).toBeNull();
    expect(scene.server.take()).toEqual(['log 1:1', 'log 1:2', 'serve 1:0', 'apply 1:2']);
  });

  it('logs what is proposed before NEWLEADER and committed behind it, so that nothing is missing between (ZOOKEEPER-4925)', () => {
    const scene = new LearnerScene({ lastZxid: zx(0, 1) });
    scene.discover(1);
    scene.leader.say('diff', zx(0, 2));
    scene.propose(zx(0, 2));
    scene.leader.say('commit', zx(0, 2));
    scene.propose(zx(1, 1), zx(1, 2));
    scene.leader.say('newLeader', zx(1, 0));
    scene.leader.say('commit', zx(1, 1));
    scene.turn();
    scene.settleDisk();
    scene.leader.say('upToDate', -1n);
    scene.leader.say('commit', zx(1, 2));
    scene.turn();
    expect(scene.server.take()).toEqual([
      'log 0:2',
      'log 1:1',
      'log 1:2',
      'serve 1:0',
      'apply 1:1',
      'apply 1:2',
    ]);
  });

  it('serves only when NEWLEADER is acknowledged, even where UPTODATE comes first', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('diff', zx(0, 0));
    scene.leader.say('newLeader', zx(1, 0));
    scene.leader.say('upToDate', -1n);
    scene.turn();
    expect(scene.server.take()).toEqual([]);
    scene.settleDisk();
    expect(scene.leader.take()).toEqual(['ACK 1:0', 'ACK 1:0']);
    expect(scene.server.take()).toEqual(['serve 1:0']);
  });

  it('by TRUNC cuts, and goes on behind the cut', () => {
    const scene = new LearnerScene({ lastZxid: zx(0, 5) });
    scene.discover(1);
    scene.leader.say('trunc', zx(0, 3));
    scene.propose(zx(0, 4));
    scene.leader.say('commit', zx(0, 4));
    scene.leader.say('newLeader', zx(1, 0));
    scene.turn();
    expect(scene.server.take()).toEqual(['cut at 0:3', 'log 0:4']);
  });

  it('ends where the log cannot be cut', () => {
    const scene = new LearnerScene({ lastZxid: zx(0, 5) });
    scene.server.isCutRefused = true;
    scene.discover(1);
    scene.leader.say('trunc', zx(0, 3));
    scene.turn();
    expect(scene.ended).toBe('the log cannot be cut');
    expect(scene.leader.isClosed).toBe(true);
  });

  it.each([1, 3, 7, 1000])(
    'by SNAP takes the tree and its signature in pieces of %i bytes',
    (size) => {
      const scene = new LearnerScene();
      scene.discover(1);
      scene.leader.say('snap', zx(0, 9));
      scene.leader.link.write(tree());
      scene.propose(zx(0, 9), zx(0, 10));
      scene.leader.say('commit', zx(0, 9));
      scene.leader.say('commit', zx(0, 10));
      scene.leader.say('newLeader', zx(1, 0));
      scene.link.deliver(size);
      expect(scene.server.take()).toEqual(['tree of 0:9', 'log 0:10']);
      scene.settleDisk();
      expect(scene.leader.take()).toEqual(['ACK 1:0']);
    },
  );

  it('by SNAP waits for the disk, and does not take the leader for silent meanwhile', () => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('snap', zx(0, 9));
    scene.server.isSnapshotFull = true;
    scene.turn();
    expect(scene.link.isPaused).toBe(true);
    scene.pass(5000);
    expect(scene.ended).toBeNull();
    scene.server.isSnapshotFull = false;
    scene.turn();
    scene.pass(999);
    expect([scene.link.isPaused, scene.ended]).toEqual([false, null]);
    scene.pass(1);
    expect(scene.ended).toContain('nothing was heard of leader 2 for 1000 ms');
  });

  it.each([
    ['a tree that is none', (scene: LearnerScene) => scene.leader.link.write(Buffer.alloc(9))],
    ['another signature', (scene: LearnerScene) => scene.leader.link.write(tree('BenWasHeRe'))],
  ])('ends at %s', (_what, say) => {
    const scene = new LearnerScene();
    scene.discover(1);
    scene.leader.say('snap', zx(0, 9));
    say(scene);
    scene.turn();
    expect(scene.ended).toContain('the leader speaks nonsense');
  });

  it('of an observer acknowledges NEWLEADER and no transaction', () => {
    const scene = new LearnerScene({ options: { isObserver: true } });
    scene.discover(1);
    scene.leader.say('diff', zx(0, 0));
    scene.propose(zx(0, 1));
    scene.leader.say('commit', zx(0, 1));
    scene.leader.say('newLeader', zx(1, 0));
    scene.turn();
    scene.settleDisk();
    scene.leader.say('inform', zx(1, 1), recordOf(zx(1, 1)));
    scene.leader.say('upToDate', -1n);
    scene.turn();
    scene.settleDisk();
    expect(scene.leader.take()).toEqual(['ACK 1:0', 'ACK 1:0']);
    expect(scene.server.take()).toEqual(['log 0:1', 'log 1:1', 'serve 1:0', 'apply 1:1']);
  });
});

describe('broadcast', () => {
  it('acknowledges each proposal when it is on disk, in order', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.propose(zx(1, 1), zx(1, 2), zx(1, 3));
    scene.turn();
    expect(scene.leader.take()).toEqual([]);
    scene.learner.durable(zx(1, 2));
    scene.turn();
    expect(scene.leader.take()).toEqual(['ACK 1:1', 'ACK 1:2']);
    scene.learner.durable(zx(1, 3));
    scene.turn();
    expect(scene.leader.take()).toEqual(['ACK 1:3']);
  });

  it('applies what is committed, on disk here or not', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.propose(zx(1, 1), zx(1, 2));
    scene.leader.say('commit', zx(1, 1));
    scene.turn();
    expect(scene.server.take()).toEqual(['log 1:1', 'log 1:2', 'apply 1:1']);
  });

  it('passes over what it has already: Java’s leader sends some of it twice', () => {
    const scene = new LearnerScene({ lastZxid: zx(0, 4) });
    scene.follow(1);
    scene.propose(zx(0, 4), zx(1, 1), zx(1, 1));
    for (const zxid of [zx(0, 4), zx(1, 1), zx(1, 1)]) scene.leader.say('commit', zxid);
    scene.turn();
    expect(scene.server.take()).toEqual(['log 1:1', 'apply 1:1']);
    expect(scene.ended).toBeNull();
  });

  it.each([
    ['a commit out of order', zx(1, 2)],
    ['a commit of what was never proposed', zx(1, 9)],
  ])('ends at %s', (_what, zxid) => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.propose(zx(1, 1), zx(1, 2));
    scene.leader.say('commit', zxid);
    scene.turn();
    expect(scene.ended).toContain('the leader commits');
    expect(scene.server.take()).toEqual(['log 1:1', 'log 1:2']);
  });

  it('counts many thousands of proposals right', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    for (let counter = 1; counter <= 10_000; counter++) {
      scene.propose(zx(1, counter));
      if (counter > 5) scene.leader.say('commit', zx(1, counter - 5));
    }
    scene.turn();
    expect(scene.ended).toBeNull();
    expect(scene.server.take().at(-1)).toBe('apply 1:9995');
  });

  it('of an observer logs and applies what it is informed of', () => {
    const scene = new LearnerScene({ options: { isObserver: true } });
    scene.follow(1);
    scene.leader.say('inform', zx(1, 1), recordOf(zx(1, 1)));
    scene.turn();
    scene.settleDisk();
    expect(scene.server.take()).toEqual(['log 1:1', 'apply 1:1']);
    expect(scene.leader.take()).toEqual([]);
  });

  it.each([
    ['commitAndActivate', Buffer.alloc(8)],
    ['informAndActivate', Buffer.concat([Buffer.alloc(8), recordOf(zx(1, 1))])],
  ] as const)(
    'applies a change of the membership and ends, to find who leads now (%s)',
    (type, data) => {
      const scene = new LearnerScene();
      scene.follow(1);
      if (type === 'commitAndActivate') scene.propose(zx(1, 1));
      scene.leader.say(type, zx(1, 1), data);
      scene.turn();
      expect(scene.server.take()).toEqual(['log 1:1', 'apply 1:1']);
      expect(scene.ended).toContain('the membership has changed');
    },
  );

  it('answers each PING with the sessions that were heard since the last', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.server.heard.set(toSessionId(0x100000000000007n), 4000);
    scene.leader.say('ping', zx(1, 0));
    scene.leader.say('ping', zx(1, 0));
    scene.turn();
    expect(scene.leader.take()).toEqual(['PING 1:0', 'PING 1:0']);
    expect(scene.leader.data.slice(-2).map(({ bytes }) => bytes.toString('hex'))).toEqual([
      '010000000000000700000fa0',
      '',
    ]);
  });

  it('passes requests on, as Java does', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    const request = { sessionId: toSessionId(7n), cxid: 5, type: OpCode.delete };
    scene.learner.request(request, Buffer.from('record'), []);
    scene.turn();
    expect(scene.leader.take()).toEqual(['REQUEST']);
    expect(scene.leader.data.at(-1)?.bytes.toString('latin1')).toBe(
      '\0\0\0\0\0\0\0\x07\0\0\0\x05\0\0\0\x02record',
    );
  });

  it('asks whether a session lives, and hears that and the answer to a sync', () => {
    const scene = new LearnerScene();
    scene.follow(1);
    scene.learner.revalidate(toSessionId(7n), 4000);
    scene.turn();
    expect(scene.leader.take()).toEqual(['REVALIDATE 0:0']);
    expect(scene.leader.data.at(-1)?.bytes.toString('hex')).toBe('000000000000000700000fa0');
    scene.leader.say('revalidate', 0n, Buffer.from('000000000000000701', 'hex'));
    scene.leader.say('sync', 0n);
    scene.turn();
    expect(scene.server.take()).toEqual(['session 0x7 true', 'synced']);
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
