import { describe, expect, it } from 'vitest';
import { toZxid } from '../../../src/jute/int64.ts';
import {
  hasQuorum,
  isBetter,
  isLeaderConfirmed,
  isSameVote,
  isUnanimous,
  type Vote,
} from '../../../src/quorum/election/votes.ts';
import type { Member } from '../../../src/quorum/membership.ts';
import { quorumRule } from '../../../src/quorum/quorum-rule.ts';
import { NOBODY } from '../../../src/quorum/server-id.ts';

function rule(ids: readonly number[], weights: ReadonlyMap<number, number> = new Map()) {
  const members = ids.map((id): [number, Member] => [
    id,
    { id, addresses: [], type: 'participant', clientAddress: null, secureClientAddress: null },
  ]);
  const groups = weights.size === 0 ? [] : [{ id: 1, members: ids }];
  return quorumRule({ members: new Map(members), groups, weights, version: 0n });
}

const three = rule([1, 2, 3]);

function vote(leader: number, more: Partial<Vote> = {}): Vote {
  const zxid = toZxid(5n);
  return { leader, zxid, peerEpoch: 1n, electionEpoch: 7n, state: 'looking', version: 2, ...more };
}

describe('a proposal is better', () => {
  it('by epoch, then zxid, then id', () => {
    const current = vote(2);
    expect(isBetter(vote(1, { peerEpoch: 2n, zxid: toZxid(0n) }), current, three)).toBe(true);
    expect(isBetter(vote(3, { peerEpoch: 0n, zxid: toZxid(9n) }), current, three)).toBe(false);
    expect(isBetter(vote(1, { zxid: toZxid(6n) }), current, three)).toBe(true);
    expect(isBetter(vote(3, { zxid: toZxid(4n) }), current, three)).toBe(false);
    expect(isBetter(vote(3), current, three)).toBe(true);
    expect(isBetter(vote(2), current, three)).toBe(false);
  });

  it('than none at all', () => {
    const nobody = vote(NOBODY, { zxid: toZxid(-(1n << 63n)), peerEpoch: -(1n << 63n) });
    expect(isBetter(vote(1, { zxid: toZxid(0n), peerEpoch: 0n }), nobody, three)).toBe(true);
  });

  it('never for a server without weight', () => {
    const weighed = rule([1, 2, 3], new Map([[1, 1], [2, 1], [3, 0]])); // biome-ignore format: a table
    expect(isBetter(vote(3, { peerEpoch: 9n }), vote(1), weighed)).toBe(false);
    expect(isBetter(vote(2), vote(1), weighed)).toBe(true);
  });
});

describe('two votes are the same', () => {
  it('of which one is looking: in leader, zxid, round and epoch', () => {
    expect(isSameVote(vote(2), vote(2, { state: 'following', version: 0 }))).toBe(true);
    expect(isSameVote(vote(2), vote(1))).toBe(false);
    expect(isSameVote(vote(2), vote(2, { zxid: toZxid(6n) }))).toBe(false);
    expect(isSameVote(vote(2), vote(2, { electionEpoch: 8n }))).toBe(false);
    expect(isSameVote(vote(2), vote(2, { peerEpoch: 2n, state: 'leading' }))).toBe(false);
  });

  it('of servers that are not looking: in leader and epoch (ZOOKEEPER-1805)', () => {
    const one = vote(2, { state: 'following' });
    const other = vote(2, { state: 'leading', zxid: toZxid(0n), electionEpoch: 1n });
    expect(isSameVote(one, other)).toBe(true);
    expect(isSameVote(one, { ...other, peerEpoch: 2n })).toBe(false);
  });

  it('in the leader alone where one comes from before versions (ZOOKEEPER-1732)', () => {
    const one = vote(2, { state: 'following' });
    const older = vote(2, { state: 'leading', peerEpoch: 9n, version: 0 });
    expect(isSameVote(one, older)).toBe(true);
    expect(isSameVote(one, { ...older, leader: 1 })).toBe(false);
  });
});

describe('votes are enough', () => {
  it('where a quorum of voters has given the same one', () => {
    const votes = new Map([[1, vote(2)], [2, vote(2)], [9, vote(2)]]); // biome-ignore format: a table
    expect(hasQuorum(votes, vote(2), three)).toBe(true);
    expect(hasQuorum(votes, vote(2), rule([1, 2, 3, 4]))).toBe(false);
    expect(hasQuorum(votes, vote(1), three)).toBe(false);
  });

  it('at once where every living voter has given it, its leader among them', () => {
    const votes = new Map([[1, vote(2)], [2, vote(2)], [3, vote(3)]]); // biome-ignore format: a table
    expect(isUnanimous(votes, vote(2), new Set([1, 2]), three)).toBe(true);
    expect(isUnanimous(votes, vote(2), new Set([1, 2, 3]), three)).toBe(false);
    expect(isUnanimous(votes, vote(2), new Set([1, 2, 4]), rule([1, 2, 3, 4]))).toBe(false);
    expect(isUnanimous(votes, vote(2), new Set([1, 2]), rule([1, 2, 3, 4]))).toBe(false);
    const forTheDead = new Map([[1, vote(3)], [2, vote(3)], [3, vote(3)]]); // biome-ignore format: a table
    expect(isUnanimous(forTheDead, vote(3), new Set([1, 2]), three)).toBe(false);
  });

  it('only where the leader has said that it leads', () => {
    const self = { myId: 1, electionEpoch: 7n };
    const votes = new Map([[2, vote(3, { state: 'following' })], [3, vote(3)]]); // biome-ignore format: a table
    expect(isLeaderConfirmed(votes, vote(3), self)).toBe(false);
    votes.set(3, vote(3, { state: 'leading' }));
    expect(isLeaderConfirmed(votes, vote(3), self)).toBe(true);
    votes.delete(3);
    expect(isLeaderConfirmed(votes, vote(3), self)).toBe(false);
  });

  it('for the one that asks only in its own round', () => {
    const votes = new Map([[2, vote(1, { state: 'following' })]]);
    expect(isLeaderConfirmed(votes, vote(1), { myId: 1, electionEpoch: 7n })).toBe(true);
    expect(isLeaderConfirmed(votes, vote(1), { myId: 1, electionEpoch: 1n })).toBe(false);
  });
});
