/*
 * What is committed: the highest counter that a quorum of voters has on disk.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quorumRule } from '../../../src/quorum/quorum-rule.ts';
import { Acks } from '../../../src/quorum/zab/acks.ts';
import { membership } from '../java-memberships.ts';

const three = quorumRule(
  membership('server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2:observer'),
);

describe('what a quorum has', () => {
  it('is nothing before two of three have something', () => {
    const acks = new Acks();
    expect(acks.reachedBy(three)).toBe(0);
    acks.add(1, 7);
    expect(acks.reachedBy(three)).toBe(0);
    acks.add(3, 5);
    expect(acks.reachedBy(three)).toBe(5);
  });

  it('does not count observers and strangers', () => {
    const acks = new Acks();
    acks.add(1, 7);
    acks.add(4, 7);
    acks.add(9, 7);
    expect(acks.reachedBy(three)).toBe(0);
  });

  it('does not count servers of weight 0', () => {
    const weighed = quorumRule(
      membership(
        'server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ngroup.1=1:2:3\nweight.1=1\nweight.2=1\nweight.3=0',
      ),
    );
    const acks = new Acks();
    acks.add(1, 7);
    acks.add(3, 7);
    expect(acks.reachedBy(weighed)).toBe(0);
    acks.add(2, 6);
    expect(acks.reachedBy(weighed)).toBe(6);
  });

  it('does not go back when an older acknowledgement comes late', () => {
    const acks = new Acks();
    acks.add(1, 7);
    acks.add(2, 7);
    acks.add(2, 3);
    expect(acks.reachedBy(three)).toBe(7);
  });

  it('forgets a server that has to synchronise again', () => {
    const acks = new Acks();
    acks.add(1, 7);
    acks.add(2, 7);
    acks.forget(2);
    expect(acks.reachedBy(three)).toBe(0);
  });

  it('is what counting each counter by itself gives', () => {
    const voters = [1, 2, 3, 4, 5];
    const rule = quorumRule(membership(voters.map((sid) => `server.${sid}=h:1:2`).join('\n')));
    const ack = fc.tuple(fc.constantFrom(...voters, 8), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(ack), (given) => {
        const acks = new Acks();
        for (const [sid, counter] of given) acks.add(sid, counter);
        const has = (counter: number): boolean =>
          rule.hasQuorum(new Set(given.filter(([, c]) => c >= counter).map(([sid]) => sid)));
        const counters = [9, 8, 7, 6, 5, 4, 3, 2, 1];
        expect(acks.reachedBy(rule)).toBe(counters.find(has) ?? 0);
      }),
    );
  });
});
