/*
 * A learner's server: what it logs and applies of what its leader sends.
 */
import { describe, expect, it } from 'vitest';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { SNAPSHOT_SIGNATURE } from '../../../src/quorum/zab/packet.ts';
import {
  createTxn,
  DIRECTORY,
  recoverFrom,
  Scene,
  SESSION,
  seen,
  setTxn,
} from '../../datatree/storage/scene.ts';
import { type RawPeer, zx } from '../../quorum/zab/links.ts';
import { Member, record } from './member.ts';

const make = (path: string, cversion = 1) => ({ ...createTxn(path), parentCVersion: cversion });

/** Says NEWLEADER, waits for its ACK, and says UPTODATE. */
function upToDate(member: Member, leader: RawPeer, epoch: number): void {
  leader.say('newLeader', zx(epoch, 0));
  member.settle();
  expect(leader.take()).toEqual([`ACK ${epoch}:0`]);
  leader.say('upToDate', -1n);
  member.settle();
  leader.take();
}

/** The tree of a leader behind /a with what came while it was sent, and the digests of both. */
function leaderTree() {
  const scene = new Scene();
  scene.commit(createTxn('/a', 'one'));
  const before = scene.tree.treeDigest;
  scene.commit(setTxn('/a', 'two', 1));
  const writer = new JuteWriter();
  new SnapshotStream(scene.tree).writeSlice(writer, Number.POSITIVE_INFINITY);
  writer.writeString(SNAPSHOT_SIGNATURE);
  return { bytes: writer.toBuffer(), scene, before, digest: scene.tree.treeDigest };
}

/** A follower that is sent that tree, and behind it the transaction that has made /a, which is in it already. */
function sentTree() {
  const sent = leaderTree();
  const member = new Member();
  const { leader } = member.learn(1);
  leader.say('snap', zx(0, 0));
  leader.link.write(sent.bytes);
  const txn = record(zx(0, 1), createTxn('/a', 'one'), { digest: sent.before });
  leader.say('proposal', zx(0, 1), txn);
  leader.say('commit', zx(0, 1));
  return { ...sent, member, leader };
}

describe('a follower', () => {
  it('logs proposals, acknowledges them, and applies them when they are committed', () => {
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('diff', zx(0, 0));
    upToDate(member, leader, 1);
    leader.say('proposal', zx(1, 1), record(zx(1, 1), make('/a')));
    member.settle();
    expect(leader.take()).toEqual(['ACK 1:1']);
    expect(member.history.tree.findPath('/a')).toBe(-1);
    leader.say('commit', zx(1, 1));
    member.settle();
    expect(member.history.tree.findPath('/a')).toBeGreaterThan(0);
    expect(member.history.committed.maxZxid).toBe(zx(1, 1));
  });

  it('hears the membership that a reconfig proposes when it is logged', () => {
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('diff', zx(0, 0));
    upToDate(member, leader, 1);
    const data = Buffer.from('server.1=a:1:2:participant');
    const reconfig = {
      type: OpCode.reconfig,
      path: '/zookeeper/config',
      data,
      version: -1,
    } as const;
    leader.say('proposal', zx(1, 1), record(zx(1, 1), reconfig));
    member.settle();
    expect(leader.take()).toEqual(['ACK 1:1']);
    expect(member.proposedMemberships).toEqual(['server.1=a:1:2:participant']);
  });

  it('applies what was proposed and not committed when the leader is gone: it may have been', () => {
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('diff', zx(0, 0));
    upToDate(member, leader, 1);
    leader.say('proposal', zx(1, 1), record(zx(1, 1), make('/a')));
    member.turn();
    leader.link.destroy();
    member.turn();
    expect(member.ended).toBe('the leader has closed the link');
    const end = member.endTerm();
    member.disk.settle();
    expect(end.isDone).toBe(true);
    expect(member.history.lastProcessedZxid).toBe(zx(1, 1));
    expect(seen(recoverFrom(member.disk).tree)).toEqual(seen(member.history.tree));
  });

  it('keeps nothing of what was not followed by NEWLEADER', () => {
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('diff', zx(0, 1));
    leader.say('proposal', zx(0, 1), record(zx(0, 1), make('/a')));
    leader.say('commit', zx(0, 1));
    leader.link.destroy();
    member.turn();
    member.endTerm();
    member.disk.settle();
    expect(member.history.lastProcessedZxid).toBe(zx(0, 0));
    expect(member.disk.listing(DIRECTORY)).not.toContain('log.1');
  });

  it.each([
    ['of a type that nobody knows', Buffer.from(record(zx(1, 1), make('/a')).fill(0x7f, 28, 32))],
    ['that ends early', record(zx(1, 1), make('/a')).subarray(0, 40)],
  ])('does not log a transaction %s, and leaves its leader', (_what, bytes) => {
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('diff', zx(0, 0));
    upToDate(member, leader, 1);
    leader.say('proposal', zx(1, 1), bytes);
    leader.say('commit', zx(1, 1));
    member.settle();
    expect(member.ended).toContain('the leader speaks nonsense');
    member.endTerm();
    member.disk.settle();
    expect(recoverFrom(member.disk).lastZxid).toBe(zx(0, 0));
  });

  it('keeps what could be read before that, when it comes with NEWLEADER', () => {
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('diff', zx(0, 2));
    leader.say('proposal', zx(0, 1), record(zx(0, 1), make('/a')));
    leader.say('proposal', zx(0, 2), record(zx(0, 2), make('/b')).subarray(0, 40));
    leader.say('newLeader', zx(1, 0));
    member.settle();
    expect(member.ended).toContain('the leader speaks nonsense');
    expect(leader.take()).toEqual(['closed']);
    member.endTerm();
    member.disk.settle();
    expect(member.history.lastProcessedZxid).toBe(zx(0, 1));
    expect(recoverFrom(member.disk).lastZxid).toBe(zx(0, 1));
    expect(member.epochs.current).toBe(0);
  });

  it('gives up a leader that tells it to cut where it cannot, and its history is as it was', () => {
    const member = new Member();
    const { leader } = member.learn(1);
    const before = member.disk.image();
    leader.say('trunc', zx(0, 7));
    member.turn();
    expect(member.ended).toContain('The log cannot be cut at 0x7');
    expect(member.disk.image()).toEqual(before);
  });

  it('asks for a tree after that, until it is in sync with whom it follows', () => {
    const member = new Member();
    member.learn(1).leader.say('trunc', zx(0, 7));
    member.turn();
    expect(member.history.needsTree).toBe(true);
    member.endTerm();
    member.settle();
    const { leader } = member.learn(2);
    leader.say('diff', zx(0, 0));
    leader.say('newLeader', zx(2, 0));
    member.settle();
    expect(member.history.needsTree).toBe(true);
    leader.say('upToDate', -1n);
    member.settle();
    expect(member.history.needsTree).toBe(false);
  });
});

describe('a tree', () => {
  it('is acknowledged when it and what came behind it are on disk', () => {
    const { bytes } = leaderTree();
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('snap', zx(0, 1));
    leader.link.write(bytes);
    leader.say('proposal', zx(0, 2), record(zx(0, 2), setTxn('/a', 'two', 1)));
    leader.say('commit', zx(0, 2));
    leader.say('newLeader', zx(1, 0));
    let steps = 0;
    for (member.turn(); member.disk.step(); member.turn()) {
      const isThere = recoverFrom(member.disk.crash(() => false, 0)).lastZxid === zx(0, 2);
      if (leader.take().includes('ACK 1:0')) expect(isThere).toBe(true);
      steps += 1;
    }
    expect(steps).toBeGreaterThan(5);
    expect(member.epochs.current).toBe(1);
  });

  it('may hold what came while it was sent: no digest of that is compared, and every one of what comes later', () => {
    const { member, leader, digest, scene } = sentTree();
    leader.say('proposal', zx(0, 2), record(zx(0, 2), setTxn('/a', 'two', 1), { digest }));
    leader.say('commit', zx(0, 2));
    upToDate(member, leader, 1);
    const { tree } = member.history;
    expect(tree.digestMismatchCount).toBe(0);
    expect(tree.dataOf(tree.findPath('/a'))?.toString()).toBe('two');
    expect(scene.tree.nodeCount).toBe(tree.nodeCount);
    leader.say('proposal', zx(1, 1), record(zx(1, 1), make('/b'), { digest: 1n }));
    leader.say('commit', zx(1, 1));
    member.settle();
    expect(tree.digestMismatchCount).toBe(1);
  });

  it('is compared with every digest once its term is over, and what came with it applied', () => {
    const { member, leader } = sentTree();
    upToDate(member, leader, 1);
    leader.link.destroy();
    member.turn();
    member.endTerm();
    member.disk.settle();
    const { tree } = member.history;
    expect(tree.digestMismatchCount).toBe(0);
    const header = { clientId: SESSION, cxid: 1, zxid: zx(2, 1), time: 1, type: OpCode.create };
    tree.apply(header, make('/b'), { version: 2, treeDigest: 1n });
    expect(tree.digestMismatchCount).toBe(1);
  });

  it('that the disk does not take ends the term, not the process', () => {
    const { bytes } = leaderTree();
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('snap', zx(0, 1));
    leader.link.write(bytes);
    leader.say('newLeader', zx(1, 0));
    member.turn();
    member.disk.onCall = (name) => (name === 'append' ? new Error('no space') : null);
    member.settle();
    expect(member.ended).toBe('the received tree cannot be kept: no space');
    expect(leader.take()).toEqual(['closed']);
    expect([member.failure, member.epochs.current]).toEqual([null, 0]);
  });

  it('that is nonsense ends the term', () => {
    const member = new Member();
    const { leader } = member.learn(1);
    leader.say('snap', zx(0, 1));
    leader.link.write(Buffer.alloc(4, 0xff));
    member.turn();
    expect(member.ended).toContain('the leader speaks nonsense: The leader sent a snapshot');
    const end = member.endTerm();
    member.disk.settle();
    expect(end.isDone).toBe(true);
  });

  it('leaves nothing behind where the link breaks, wherever that is', () => {
    const { bytes } = leaderTree();
    for (let size = 0; size <= bytes.length; size += 37) {
      const member = new Member();
      const { leader } = member.learn(1);
      leader.say('snap', zx(0, 1));
      leader.link.write(bytes.subarray(0, size));
      leader.link.destroy();
      member.turn();
      const end = member.endTerm();
      member.disk.settle();
      expect(end.isDone).toBe(true);
      expect(member.history.lastProcessedZxid).toBe(zx(0, 0));
      expect(member.disk.listing(DIRECTORY).join()).not.toContain('unfinished');
    }
  });
});

describe('sessions', () => {
  it('that clients were heard in are told with the next PING', () => {
    const member = new Member();
    const { leader, learning } = member.learn(1);
    leader.say('diff', zx(0, 0));
    upToDate(member, leader, 1);
    expect([...learning.takeHeardSessions()]).toEqual([]);
    leader.say('proposal', zx(1, 1), record(zx(1, 1), { type: OpCode.createSession, timeOut: 9 }));
    leader.say('commit', zx(1, 1));
    leader.say('ping', zx(1, 1));
    member.settle();
    expect(leader.take()).toEqual(['PING 1:1', 'ACK 1:1']);
    expect([...member.history.tree.sessions.values()]).toEqual([9]);
  });

  it('that nobody waits for any more are answered to nobody', () => {
    const member = new Member();
    const { leader, learning } = member.learn(1);
    leader.say('diff', zx(0, 0));
    upToDate(member, leader, 1);
    expect(() => learning.revalidated(toSessionId(7n), true)).not.toThrow();
    expect(() => learning.synced()).not.toThrow();
  });
});
