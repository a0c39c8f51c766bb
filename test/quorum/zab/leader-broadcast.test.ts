/*
 * The leader proposes, commits, and answers what learners ask (Java: Leader, LearnerHandler; ZkV3_7_0.tla: LeaderProcess…).
 */
import { describe, expect, it } from 'vitest';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { PacketType, writePacket } from '../../../src/quorum/zab/packet.ts';
import { LeaderScene, recordOf, TICK } from './leader-scene.ts';
import { int, zx } from './links.ts';

/** The data of REQUEST. */
function requestData(type: number, body = Buffer.alloc(0)): Buffer {
  const data = Buffer.alloc(16);
  data.writeBigInt64BE(0x100000000000007n, 0);
  data.writeInt32BE(5, 8);
  data.writeInt32BE(type, 12);
  return Buffer.concat([data, body]);
}

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
    expect(again.take().slice(1)).toEqual(['TRUNC 0:3', 'NEWLEADER 1:0', 'PROPOSAL 1:1']);
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
