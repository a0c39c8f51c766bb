/*
 * The order in which a leader takes the requests of one learner where some are syncs. A learner takes each answer to a sync for that
 * to the oldest it has asked for, whatever session that is of.
 */
import { describe, expect, it } from 'vitest';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { LearnerSyncs } from '../../../src/server/ensemble/learner-syncs.ts';

/** A learner whose requests are named by session and number: `a1` is the first of session a. */
class Asking {
  /** What was begun, syncs and others, in order. */
  readonly begun: string[] = [];
  private readonly answers: (() => void)[] = [];
  private readonly asked: string[] = [];
  private readonly syncs = new LearnerSyncs({
    sync: (answered) => {
      this.begun.push(`sync of ${this.asked.shift()}`);
      this.answers.push(answered);
    },
    propose: ({ sessionId, cxid }) =>
      void this.begun.push(`${sessionId === 1n ? 'a' : 'b'}${cxid}`),
  });

  ask(session: 'a' | 'b', cxid: number, type: number = OpCode.setData): void {
    if (type === OpCode.sync) this.asked.push(`${session}${cxid}`);
    this.syncs.take({
      sessionId: toSessionId(session === 'a' ? 1n : 2n),
      cxid,
      type,
      body: Buffer.alloc(0),
      authinfo: [],
    });
  }

  /** The oldest sync is answered. */
  answer(): void {
    this.answers.shift()?.();
  }
}

describe('requests of a learner', () => {
  it('are taken at once where no sync is on its way', () => {
    const learner = new Asking();
    learner.ask('a', 1);
    learner.ask('b', 1);
    expect(learner.begun).toEqual(['a1', 'b1']);
  });

  it('wait behind a sync of their session, and of no other', () => {
    const learner = new Asking();
    learner.ask('a', 1, OpCode.sync);
    learner.ask('a', 2);
    learner.ask('b', 1);
    expect(learner.begun).toEqual(['sync of a1', 'b1']);
    learner.answer();
    expect(learner.begun).toEqual(['sync of a1', 'b1', 'a2']);
  });

  it('are not held back by a sync where they are syncs themselves', () => {
    const learner = new Asking();
    learner.ask('a', 1, OpCode.sync);
    learner.ask('a', 2, OpCode.sync);
    expect(learner.begun).toEqual(['sync of a1', 'sync of a2']);
  });

  it('are begun in the order of the learner where they are syncs, whatever session they are of', () => {
    const learner = new Asking();
    learner.ask('a', 1, OpCode.sync);
    learner.ask('a', 2);
    learner.ask('a', 3, OpCode.sync);
    learner.ask('b', 1, OpCode.sync);
    learner.ask('b', 2);
    expect(learner.begun).toEqual(['sync of a1']);
    learner.answer();
    expect(learner.begun).toEqual(['sync of a1', 'a2', 'sync of a3', 'sync of b1']);
    learner.answer();
    learner.answer();
    expect(learner.begun.at(-1)).toBe('b2');
  });
});
