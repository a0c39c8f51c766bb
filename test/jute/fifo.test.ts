/*
 * The queue that all rooms use, beside an array.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/jute/fifo.ts';

function filled(size: number): Fifo<bigint> {
  const queue = new Fifo<bigint>();
  for (let value = 1; value <= size; value++) queue.push(BigInt(value));
  return queue;
}

describe('a queue', () => {
  it('gives what was added first, and nothing once it is empty', () => {
    const queue = filled(2);
    expect([queue.shift(), queue.first, queue.shift(), queue.first, queue.shift()]).toEqual([
      1n,
      2n,
      2n,
      undefined,
      undefined,
    ]);
  });

  it('takes the newest back, and none that was taken already', () => {
    const queue = filled(2);
    queue.shift();
    expect([queue.pop(), queue.pop(), queue.count]).toEqual([2n, undefined, 0]);
  });

  it('finds the newest of several, and none that was taken already', () => {
    const queue = filled(5);
    queue.shift();
    expect(queue.findLast((value) => value % 2n === 0n)).toBe(4n);
    expect(queue.findLast((value) => value === 1n)).toBeUndefined();
  });

  it('gives all at once and is empty then', () => {
    const queue = filled(3);
    queue.shift();
    expect(queue.takeAll()).toEqual([2n, 3n]);
    expect(queue.count).toBe(0);
  });

  it('does what an array does, whatever is done to it and however often', () => {
    const steps = fc
      .constantFrom('push', 'shift', 'pop')
      .chain((kind) => fc.nat({ max: 3000 }).map((times) => ({ kind, times })));
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 12 }), (all) => {
        const queue = new Fifo<bigint>();
        const array: bigint[] = [];
        let next = 0n;
        for (const { kind, times } of all) {
          for (let time = 0; time < times; time++) {
            if (kind === 'push') {
              next += 1n;
              queue.push(next);
              array.push(next);
            } else if (kind === 'shift') expect(queue.shift()).toBe(array.shift());
            else expect(queue.pop()).toBe(array.pop());
          }
          expect([queue.count, queue.first]).toEqual([array.length, array[0]]);
          expect([...queue]).toEqual(array);
        }
      }),
      { numRuns: 30 },
    );
  });
});
