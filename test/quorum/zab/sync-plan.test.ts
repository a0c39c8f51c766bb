/*
 * The choice between DIFF, TRUNC and SNAP: every case of LearnerHandler.syncFollower, and that the learner's history is the
 * leader's afterwards.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Zxid } from '../../../src/jute/int64.ts';
import { isStartOfEpoch } from '../../../src/jute/zxid.ts';
import type { CommittedHistory, SyncPlan } from '../../../src/quorum/zab/sync-plan.ts';
import { planSync, planWithin } from '../../../src/quorum/zab/sync-plan.ts';
import { shown, zx } from './links.ts';

/** A history of the leader: transactions in memory, oldest first, behind others that are in the log. */
function history(memory: readonly Zxid[], lastProcessedZxid: Zxid, before = zx(0, 0)) {
  const lastTxn = memory.at(-1) ?? before;
  return {
    lastProcessedZxid,
    minZxid: memory[0] ?? lastTxn,
    maxZxid: lastTxn,
    floor: (zxid) => (memory.length === 0 ? lastTxn : (memory.findLast((z) => z <= zxid) ?? null)),
    above: (zxid) => memory.find((z) => z > zxid) ?? null,
  } satisfies CommittedHistory;
}

function text(plan: SyncPlan): string {
  return 'after' in plan ? `${plan.kind} ${shown(plan.after)}` : plan.kind;
}

describe('a leader that has 1:5, 1:6, 2:1 and 2:2 in memory', () => {
  const leader = history([zx(1, 5), zx(1, 6), zx(2, 1), zx(2, 2)], zx(3, 0));

  it.each([
    [
      'has the beginning of our epoch, as a follower of a leader without transactions',
      zx(3, 0),
      'diff 3:0',
    ],
    ['has our last transaction', zx(2, 2), 'diff 2:2'],
    ['has our oldest in memory', zx(1, 5), 'diff 1:5'],
    ['has one in the middle', zx(1, 6), 'diff 1:6'],
    ['is older than the memory', zx(1, 4), 'log'],
    ['has nothing', zx(0, 0), 'log'],
    ['has no database, and should have one', zx(-1, 0xffffffff), 'log'],
    ['has more of the last epoch than was committed', zx(2, 7), 'trunc 2:2'],
    ['has a transaction of an epoch that we do not know', zx(4, 1), 'trunc 2:2'],
    ['has only the beginning of an epoch that we do not know', zx(4, 0), 'snap'],
    ['has the beginning of an epoch in the middle', zx(2, 0), 'diff 2:0'],
    ['has more of an earlier epoch than was committed: the rest may differ too', zx(1, 7), 'snap'],
  ])('to a learner that %s (%#)', (_what, peer, expected) => {
    expect(text(planSync(peer, leader))).toBe(expected);
  });
});

describe('a leader with nothing in memory', () => {
  it.each([
    ['the same', zx(1, 5), zx(1, 5), zx(1, 5), 'diff 1:5'],
    ['the last transaction, and our epoch has begun', zx(1, 5), zx(2, 0), zx(1, 5), 'diff 1:5'],
    ['less', zx(1, 4), zx(1, 5), zx(1, 5), 'log'],
    ['more', zx(1, 6), zx(1, 5), zx(1, 5), 'trunc 1:5'],
    ['more than a tree that a leader had sent us', zx(2, 1), zx(2, 0), zx(2, 0), 'snap'],
    ['more than nothing', zx(1, 1), zx(0, 0), zx(0, 0), 'snap'],
    ['nothing either', zx(0, 0), zx(0, 0), zx(0, 0), 'diff 0:0'],
    ['a need of the tree, and our epoch has begun', zx(3, 0), zx(2, 0), zx(1, 5), 'snap'],
  ])('to a learner that has %s', (_what, peer, lastProcessed, lastTxn, expected) => {
    expect(text(planSync(peer, history([], lastProcessed, lastTxn)))).toBe(expected);
  });
});

describe('out of the log', () => {
  it.each([
    ['it has the last zxid', zx(1, 4), zx(1, 4), zx(1, 5), 'diff 1:4'],
    ['it does not reach back so far', zx(1, 4), null, zx(1, 9), 'snap'],
    ['the learner has more of the epoch', zx(1, 7), zx(1, 4), zx(1, 8), 'trunc 1:4'],
    ['the learner has more of an earlier epoch', zx(1, 7), zx(1, 4), zx(2, 1), 'snap'],
    ['the learner has but begun an epoch', zx(2, 0), zx(1, 4), zx(2, 1), 'diff 2:0'],
  ])('where %s', (_what, peer, floor, above, expected) => {
    expect(text(planWithin(peer, floor, above))).toBe(expected);
  });
});

/** Histories as they come to be: one of the leader's transactions up to a point, then some that were never committed. */
const histories = fc
  .record({
    lengths: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
    memory: fc.nat({ max: 12 }),
    shared: fc.nat({ max: 12 }),
    own: fc.nat({ max: 3 }),
    hasBegun: fc.boolean(),
  })
  .map(({ lengths, memory, shared, own, hasBegun }) => {
    const txns = lengths.flatMap((length, epoch) =>
      Array.from({ length }, (_, index) => zx(epoch + 1, index + 1)),
    );
    const common = txns.slice(0, shared);
    // What nobody else has follows in the epoch of what it had last, or in one that got no other transaction.
    const at = common.at(-1) ?? zx(1, 0);
    const own_ = Array.from({ length: own }, (_, index) =>
      zx(Number(at >> 32n), Number(at & 0xffffffffn) + index + 1),
    );
    const isTaken = own_.some((zxid) => txns.includes(zxid));
    return {
      txns,
      peer: isTaken ? common : [...common, ...own_],
      memory: txns.slice(Math.max(0, txns.length - memory)),
      lastProcessed: hasBegun ? zx(lengths.length + 1, 0) : (txns.at(-1) ?? zx(0, 0)),
    };
  });

describe('the learner’s history', () => {
  it('is the leader’s when it has done what the plan says', () => {
    fc.assert(
      fc.property(histories, ({ txns, peer, memory, lastProcessed }) => {
        const last = peer.at(-1) ?? zx(0, 0);
        const before = txns.at(-1) ?? zx(0, 0);
        const plan = planSync(last, history(memory, lastProcessed, before));
        if (plan.kind === 'snap' || plan.kind === 'log') return;
        // A cut is at a transaction that both have; what follows comes out of the memory.
        const kept = plan.kind === 'trunc' ? peer.filter((zxid) => zxid <= plan.after) : peer;
        if (plan.kind === 'trunc') expect(kept.at(-1)).toBe(plan.after);
        const sent = memory.filter((zxid) => zxid > plan.after);
        expect([...kept, ...sent].map(shown)).toEqual(txns.map(shown));
      }),
    );
  });

  it('is cut nowhere but at a transaction', () => {
    fc.assert(
      fc.property(histories, ({ txns, peer, memory, lastProcessed }) => {
        const before = txns.at(-1) ?? zx(0, 0);
        const plan = planSync(peer.at(-1) ?? zx(0, 0), history(memory, lastProcessed, before));
        expect(plan.kind === 'trunc' && isStartOfEpoch(plan.after)).toBe(false);
      }),
    );
  });
});
