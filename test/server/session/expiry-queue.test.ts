import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpiryQueue } from '../../../src/server/session/expiry-queue.ts';

const element = (name: string) => ({ name, expiresAt: 0 });

describe('an expiry queue with buckets of 100 ms', () => {
  it('rounds a time-out up to the next bucket', () => {
    const queue = new ExpiryQueue(100, 1000);
    const one = element('one');
    queue.update(one, 250, 1000);
    expect(queue.poll(1299)).toEqual([]);
    expect(queue.poll(1300)).toEqual([one]);
  });

  it('gives an element that lands on the edge of a bucket the next one', () => {
    const queue = new ExpiryQueue(100, 1000);
    const one = element('one');
    queue.update(one, 200, 1000);
    expect(one.expiresAt).toBe(1300);
  });

  it('forgets the old bucket of an element that is touched', () => {
    const queue = new ExpiryQueue(100, 1000);
    const one = element('one');
    queue.update(one, 100, 1000);
    queue.update(one, 100, 1150);
    expect(queue.poll(1250)).toEqual([]);
    expect(queue.poll(1300)).toEqual([one]);
  });

  it('gives everything that is overdue at once, soonest first', () => {
    const queue = new ExpiryQueue(100, 1000);
    const [early, late] = [element('early'), element('late')];
    queue.update(late, 450, 1000);
    queue.update(early, 100, 1000);
    expect(queue.poll(5000)).toEqual([early, late]);
    expect(queue.size).toBe(0);
  });

  it('does not give what was taken out', () => {
    const queue = new ExpiryQueue(100, 1000);
    const one = element('one');
    queue.update(one, 100, 1000);
    queue.remove(one);
    expect(queue.poll(9000)).toEqual([]);
    expect(queue.deadline).toBe(9100);
  });

  it('gives each element once, never early, and at most a bucket late', () => {
    const step = fc.record({
      who: fc.nat({ max: 4 }),
      what: fc.constantFrom('touch', 'touch', 'remove'),
      timeout: fc.integer({ min: 0, max: 700 }),
      wait: fc.integer({ min: 0, max: 250 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const queue = new ExpiryQueue(100, 1000);
        const elements = [0, 1, 2, 3, 4].map((name) => element(String(name)));
        const dueAt = new Map<object, number>();
        let now = 1000;
        for (const { who, what, timeout, wait } of steps) {
          const each = elements[who];
          if (each === undefined) continue;
          if (what === 'touch') {
            queue.update(each, timeout, now);
            dueAt.set(each, now + timeout);
          } else {
            queue.remove(each);
            dueAt.delete(each);
          }
          now += wait;
          for (const expired of queue.poll(now)) {
            expect(dueAt.get(expired)).toBeLessThan(now);
            dueAt.delete(expired);
          }
          for (const due of dueAt.values()) expect(due).toBeGreaterThan(now - 101);
          expect(queue.size).toBe(dueAt.size);
          expect(queue.deadline).toBeGreaterThan(now);
        }
      }),
    );
  });
});
