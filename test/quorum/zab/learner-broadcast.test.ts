/*
 * What a learner does once it serves, claim by claim of the protocol (Java: Follower and Observer, processPacket; ZkV3_7_0.tla).
 */
import { describe, expect, it } from 'vitest';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { recordOf } from './leader-scene.ts';
import { LearnerScene } from './learner-scene.ts';
import { zx } from './links.ts';

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
