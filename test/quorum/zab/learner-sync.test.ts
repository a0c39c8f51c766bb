/*
 * How a learner takes over its leader's history, claim by claim of the protocol (Java: Learner.syncWithLeader; ZkV3_7_0.tla).
 */
import { describe, expect, it } from 'vitest';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { SNAPSHOT_SIGNATURE } from '../../../src/quorum/zab/packet.ts';
import { recordOf } from './leader-scene.ts';
import { LearnerScene } from './learner-scene.ts';
import { zx } from './links.ts';

/** A tree as MemoryServer takes it, and the signature behind it. */
function tree(signature = SNAPSHOT_SIGNATURE): Buffer {
  const writer = new JuteWriter();
  writer.writeBytes(Buffer.from('aaaaaaaaaa'));
  writer.writeString(signature);
  return writer.toBuffer();
}

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
