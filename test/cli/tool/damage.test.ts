/*
 * No byte of a log or a snapshot can change what the tools say without their saying so, with the file and a place in it.
 */
import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { goldenDataDir, newFolder, overwrite, storageGolden, tool } from './tool-run.ts';

/** Changes one byte of a copy. */
function spoiled(path: string, target: string, at: number, change: number): void {
  copyFileSync(path, target);
  overwrite(target, at, [(readFileSync(path)[at] ?? 0) ^ change]);
}

const change = fc.integer({ min: 1, max: 255 });

it('in a log, behind its magic number and what nobody reads of its header', async () => {
  const log = join(goldenDataDir(), 'version-2/log.1');
  const copy = join(newFolder(), 'log.1');
  const at = fc.integer({ min: 16, max: statSync(log).size - 1 });
  const property = fc.asyncProperty(at, change, async (offset, bits) => {
    spoiled(log, copy, offset, bits);
    const verified = await tool(['txnlog', '--verify', copy]);
    // A last record that lost its length or its mark looks like a write that was not finished.
    if (verified.code === 0) expect(verified.out).toMatch(/was not finished at offset 5\d\d\d/);
    else expect(verified.out).toMatch(/damaged at offset \d+: /);
    const shown = await tool(['txnlog', copy]);
    expect(shown.err.join()).toMatch(/at offset \d+/);
  });
  await fc.assert(property, { numRuns: 40 });
});

it.each([
  ['plain', 'snapshot.22'],
  ['gz', 'snapshot.22.gz'],
  ['snappy', 'snapshot.22.snappy'],
])('in a %s snapshot', async (packing, name) => {
  const snapshot = join(storageGolden, packing, name);
  const copy = join(newFolder(), name);
  const sound = await tool(['dump', snapshot]);
  const at = fc.integer({ min: 0, max: statSync(snapshot).size - 1 });
  const property = fc.asyncProperty(at, change, async (offset, bits) => {
    spoiled(snapshot, copy, offset, bits);
    const { code, out, err } = await tool(['dump', copy]);
    // Packed files have bytes on which nothing depends, such as the time in the header of gzip.
    if (packing !== 'plain' && code === 0) {
      expect(out).toBe(sound.out);
      return;
    }
    expect([code, out]).toEqual([1, '']);
    expect(err.join()).toMatch(/damaged at offset \d+( of the unpacked bytes)?: /);
  });
  await fc.assert(property, { numRuns: 40 });
});

it('in the very last bytes of a plain snapshot, which no checksum covers', async () => {
  const snapshot = join(goldenDataDir(), 'version-2/snapshot.22');
  const { size } = statSync(snapshot);
  overwrite(snapshot, size - 1, 'x');
  const { code, err } = await tool(['dump', snapshot]);
  expect([code, err]).toEqual([
    1,
    [`${snapshot}: damaged at offset ${size}: it does not end as a snapshot`],
  ]);
});
