/*
 * zk-tool cleanup: what goes, what stays, and which counts are refused.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newFolder, tool } from './tool-run.ts';

/** Looks whole: its last bytes are the ustring "/". */
const WHOLE = Buffer.from('0000000000000000000000012f', 'hex');

/** A data directory with five snapshots, and logs between them. */
function dataDir(): string {
  const folder = newFolder();
  mkdirSync(join(folder, 'version-2'));
  for (const zxid of ['0', '5', 'a', '10', '20']) {
    writeFileSync(join(folder, 'version-2', `snapshot.${zxid}`), WHOLE);
  }
  for (const zxid of ['1', '6', 'b', '11', '21']) {
    writeFileSync(join(folder, 'version-2', `log.${zxid}`), '');
  }
  return folder;
}

function names(folder: string): string[] {
  return readdirSync(join(folder, 'version-2')).sort();
}

const KEPT = ['log.11', 'log.21', 'log.6', 'log.b', 'snapshot.10', 'snapshot.20', 'snapshot.a'];

describe('cleanup', () => {
  it('keeps the newest snapshots and every log that they need', async () => {
    const folder = dataDir();
    const { code, out } = await tool(['cleanup', folder, '-n', '3']);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(3);
    expect(out).toMatch(
      /^Removing file: [A-Z][a-z]{2} \d+, \d{4}, \d+:\d\d:\d\d [AP]M\t.*snapshot\.0\n/,
    );
    expect(names(folder)).toEqual(KEPT);
    expect(await tool(['cleanup', folder, folder, '-n', '3'])).toEqual({
      code: 0,
      out: '',
      err: [],
    });
  });

  it('takes the directory with the files as well', async () => {
    const folder = dataDir();
    expect((await tool(['cleanup', join(folder, 'version-2'), '-n', '3'])).code).toBe(0);
    expect(names(folder)).toEqual(KEPT);
  });

  it('only tells with --dry-run', async () => {
    const folder = dataDir();
    const { out } = await tool(['cleanup', folder, '-n', '3', '--dry-run']);
    expect(out.match(/^Would remove file: /gm)).toHaveLength(3);
    expect(names(folder)).toHaveLength(10);
  });

  it('takes the directories of the configuration where none is given', async () => {
    const folder = dataDir();
    const config = newFolder();
    writeFileSync(join(config, 'zoo.cfg'), `dataDir=${folder}\nclientPort=2181\n`);
    expect((await tool(['cleanup', '--config', config, '--count', '3'])).code).toBe(0);
    expect(names(folder)).toEqual(KEPT);
  });

  it.each([
    [['-n', '2'], 'count should be greater than or equal to 3'],
    [['-n', 'three'], '-n: "three" is no number'],
    [[], 'cleanup [dataLogDir [snapDir]] -n count'],
  ])('refuses %j', async (argv, message) => {
    const folder = dataDir();
    expect(await tool(['cleanup', folder, ...argv])).toEqual({ code: 1, out: '', err: [message] });
    expect(names(folder)).toHaveLength(10);
  });

  it('refuses a directory that has no version-2', async () => {
    const folder = newFolder();
    const { code, err } = await tool(['cleanup', folder, '-n', '3']);
    expect([code, err]).toEqual([1, [`Path '${join(folder, 'version-2')}' does not exist. `]]);
  });
});
