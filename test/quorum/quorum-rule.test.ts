/*
 * When enough servers agree: as Java answers for every subset, as the rule reads when it is written down naively, and so that two
 * quorums always have a server in common.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Membership } from '../../src/quorum/membership.ts';
import { quorumRule } from '../../src/quorum/quorum-rule.ts';
import { javaMemberships, membership } from './java-memberships.ts';

const five = membership(
  [1, 2, 3, 4, 5].map((n) => `server.${n}=h${n}:1:2${n > 3 ? ':observer' : ''}`).join('\n'),
);

describe('a majority', () => {
  const rule = quorumRule(five);

  it('is more than half of those that vote', () => {
    expect(rule.hasQuorum(new Set([1]))).toBe(false);
    expect(rule.hasQuorum(new Set([1, 3]))).toBe(true);
  });

  it('does not count observers and strangers', () => {
    expect(rule.hasQuorum(new Set([1, 4, 5, 99]))).toBe(false);
    expect([...rule.voters]).toEqual([1, 2, 3]);
    expect([3, 4, 99].map((sid) => rule.isVoter(sid))).toEqual([true, false, false]);
  });

  it('weighs all servers alike', () => {
    expect([1, 4].map((sid) => rule.weightOf(sid))).toEqual([1, 1]);
  });
});

describe('groups', () => {
  it.each(javaMemberships().filter((one) => one.quorums !== null))(
    'answer as in Java for every subset ($#)',
    ({ written, quorums }) => {
      const rule = quorumRule(membership(written));
      const sids = quorums?.sids ?? [];
      const answers = Array.from({ length: 1 << sids.length }, (_, mask) => {
        const subset = sids.filter((_sid, i) => ((mask >> i) & 1) === 1);
        return rule.hasQuorum(new Set(subset)) ? '1' : '0';
      });
      expect(answers.join('')).toBe(quorums?.answers);
    },
  );

  it('say what a server weighs', () => {
    const rule = quorumRule(
      membership('server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2\nweight.1=0\nweight.2=3'),
    );
    expect([1, 2, 9].map((sid) => rule.weightOf(sid))).toEqual([0, 3, 0]);
  });

  it('that weigh nothing altogether give no quorum at all', () => {
    const rule = quorumRule(membership('server.1=a:1:2\ngroup.1=1\nweight.1=0'));
    expect(rule.hasQuorum(new Set([1]))).toBe(false);
  });
});

/** Up to nine servers, some observers, in up to three groups with weights from 0 to 3; or without groups. */
const ensembles = fc
  .record({
    servers: fc.array(
      fc.record({ isObserver: fc.boolean(), group: fc.nat(2), weight: fc.nat(3) }),
      { minLength: 1, maxLength: 9 },
    ),
    hasGroups: fc.boolean(),
  })
  .map(({ servers, hasGroups }): Membership => {
    const all = servers.map((one, i) => ({
      ...one,
      id: i + 1,
      isObserver: i > 0 && one.isObserver,
    }));
    const lines = all.map(
      ({ id, isObserver }) => `server.${id}=h:1:2${isObserver ? ':observer' : ''}`,
    );
    if (!hasGroups) return membership(lines.join('\n'));
    for (const group of [0, 1, 2]) {
      const inside = all.filter((one) => one.group === group).map((one) => one.id);
      if (inside.length > 0) lines.push(`group.${group}=${inside.join(':')}`);
    }
    lines.push(...all.map(({ id, weight }) => `weight.${id}=${weight}`));
    return membership(lines.join('\n'));
  });

const subset = fc.uniqueArray(fc.integer({ min: 1, max: 9 }));

/** The rule once more, written down as it is said. */
function isQuorum({ members, groups, weights }: Membership, sids: readonly number[]): boolean {
  const present = sids.filter((sid) => members.get(sid)?.type === 'participant');
  if (groups.length === 0) {
    const voting = [...members.values()].filter((one) => one.type === 'participant');
    return present.length > voting.length / 2;
  }
  const weight = (some: readonly number[]) =>
    some.map((sid) => weights.get(sid) ?? 0).reduce((a, b) => a + b, 0);
  const counted = groups.filter((group) => weight(group.members) > 0);
  const won = counted.filter(
    (group) =>
      weight(group.members.filter((sid) => present.includes(sid))) > weight(group.members) / 2,
  );
  return won.length > counted.length / 2;
}

describe('any rule', () => {
  it('is what it is said to be', () => {
    fc.assert(
      fc.property(ensembles, subset, (ensemble, sids) => {
        expect(quorumRule(ensemble).hasQuorum(new Set(sids))).toBe(isQuorum(ensemble, sids));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives no two quorums without a server in common', () => {
    fc.assert(
      fc.property(ensembles, subset, (ensemble, sids) => {
        const rule = quorumRule(ensemble);
        const others = [...ensemble.members.keys()].filter((sid) => !sids.includes(sid));
        expect(rule.hasQuorum(new Set(sids)) && rule.hasQuorum(new Set(others))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
