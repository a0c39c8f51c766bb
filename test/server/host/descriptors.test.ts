import { describe, expect, it } from 'vitest';
import { clientSocketLimit } from '../../../src/server/host/descriptors.ts';

const limitOf = (max: number, open: number): number =>
  clientSocketLimit({ maxFileDescriptorCount: () => max, openFileDescriptorCount: () => open });

describe('the sockets that clients may have', () => {
  it.each([
    ['an eighth is kept for files', 256, 20, 204],
    ['sixteen at least are kept', 64, 20, 28],
    ['128 at most are kept', 1_048_576, 20, 1_048_428],
    ['one is always granted', 32, 25, 1],
  ])('%s', (_what, max, open, limit) => {
    expect(limitOf(max, open)).toBe(limit);
  });

  it('are not limited where the system does not say', () => {
    expect([limitOf(-1, 20), limitOf(1024, -1)]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });
});
