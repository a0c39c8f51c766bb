/*
 * zk-tool backup and restore: what a backup has, to which points it can be restored, and what is refused.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutOff, goldenDataDir, newFolder, overwrite, tool } from './tool-run.ts';

/** The lines of the tree in a directory or file, with Stats. */
async function lines(source: string, ...argv: string[]): Promise<string> {
  const { code, out, err } = await tool(['dump', '--stat', source, ...argv]);
  expect([code, err]).toEqual([0, []]);
  return out;
}

function entries(folder: string): string[] {
  return readdirSync(folder).sort();
}

describe('backup', () => {
  it('has the newest snapshot, the logs behind it, and what it says of itself', async () => {
    const dataDir = goldenDataDir();
    const target = join(newFolder(), 'monday');
    const { code, out } = await tool(['backup', dataDir, target]);
    expect(out).toBe(`${target}: 25 znodes, can be restored to any zxid from 0x22 to 0x26\n`);
    expect(code).toBe(0);
    expect(entries(target)).toEqual(['backup.json', 'version-2']);
    expect(entries(join(target, 'version-2'))).toEqual(['log.1', 'log.23', 'snapshot.22']);
    const manifest = JSON.parse(readFileSync(join(target, 'backup.json'), 'utf8'));
    expect(manifest).toMatchObject({ format: 1, lastZxid: '0x26', znodes: 25 });
    expect(await lines(target)).toBe(await lines(dataDir));
  });

  it('leaves out a write that is under way, and room that was made ahead', async () => {
    const dataDir = goldenDataDir();
    const log = join(dataDir, 'version-2/log.23');
    const written = readFileSync(log).subarray(0, 373);
    writeFileSync(log, Buffer.concat([written, written.subarray(16, 60), Buffer.alloc(9000)]));
    const target = join(newFolder(), 'b');
    const { code, err } = await tool(['backup', dataDir, target]);
    expect(code).toBe(0);
    expect(err.join()).toContain('has an unfinished write at offset 373');
    expect(readFileSync(join(target, 'version-2/log.23'))).toEqual(written);
  });

  it('passes over a snapshot that is damaged, and takes the one before it with all logs', async () => {
    const dataDir = goldenDataDir();
    overwrite(join(dataDir, 'version-2/snapshot.22'), 700, [0xff, 0xff]);
    const target = join(newFolder(), 'b');
    const { code, err } = await tool(['backup', dataDir, target]);
    expect(code).toBe(0);
    expect(err[0]).toMatch(/snapshot\.22: damaged at offset \d+: .*, passed over$/);
    expect(entries(join(target, 'version-2'))).toEqual(['log.1', 'log.23', 'snapshot.0']);
  });

  it.each([
    ['a damaged record', (log: string) => overwrite(log, 440, 'Z'), /\(.*log\.1 at offset 391\)/],
    [
      'an end that is missing',
      (log: string) => cutOff(log, 5400),
      /\(.*log\.1 at offset 5\d\d\d\)/,
    ],
  ])('is refused for %s among what it would need', async (_what, damage, place) => {
    const dataDir = goldenDataDir();
    rmSync(join(dataDir, 'version-2/snapshot.22'));
    damage(join(dataDir, 'version-2/log.1'));
    const folder = newFolder();
    const { code, err } = await tool(['backup', dataDir, join(folder, 'b')]);
    expect(err.at(-1)).toMatch(place);
    expect(code).toBe(1);
    expect(entries(folder)).toEqual([]);
  });

  it('is not made over anything', async () => {
    const target = newFolder();
    writeFileSync(join(target, 'notes'), '');
    const { code, err } = await tool(['backup', goldenDataDir(), target]);
    expect(err).toEqual([`${target} is not empty, and nothing is ever overwritten`]);
    expect(code).toBe(1);
    expect(entries(target)).toEqual(['notes']);
  });

  it('is not made where half of one is, which another may be making', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'unfinished.b'));
    const { code, err } = await tool(['backup', goldenDataDir(), join(folder, 'b')]);
    expect(err).toEqual([
      `${join(folder, 'unfinished.b')} is there: another backup runs, or one was interrupted; remove it then`,
    ]);
    expect(code).toBe(1);
  });

  it('takes logs from a directory of their own', async () => {
    const dataDir = goldenDataDir();
    const logDir = newFolder();
    mkdirSync(join(logDir, 'version-2'));
    for (const name of ['log.1', 'log.23']) {
      const from = join(dataDir, 'version-2', name);
      writeFileSync(join(logDir, 'version-2', name), readFileSync(from));
      rmSync(from);
    }
    const target = join(newFolder(), 'b');
    const { out } = await tool(['backup', dataDir, target, '--log-dir', logDir]);
    expect(out).toContain('from 0x22 to 0x26');
  });
});

describe('restore', () => {
  it('makes the tree as it was last', async () => {
    const dataDir = goldenDataDir();
    const folder = newFolder();
    await tool(['backup', dataDir, join(folder, 'b')]);
    const { code, out } = await tool(['restore', join(folder, 'b'), join(folder, 'new')]);
    const snapshot = join(folder, 'new/version-2/snapshot.26');
    expect([code, out]).toEqual([0, `${snapshot}: 25 znodes as of zxid 0x26\n`]);
    expect(entries(join(folder, 'new/version-2'))).toEqual(['snapshot.26']);
    expect(await lines(join(folder, 'new'))).toBe(await lines(dataDir));
    expect(await lines(snapshot)).toBe(await lines(dataDir));
  });

  it('makes the tree as it was after any transaction behind its snapshots', async () => {
    const dataDir = goldenDataDir();
    const folder = newFolder();
    await tool(['backup', dataDir, join(folder, 'b'), '--snapshots', '2']);
    const seen = new Set<string>();
    for (let zxid = 0; zxid <= 0x26; zxid++) {
      const target = join(folder, `to-${zxid}`);
      const { code } = await tool([
        'restore',
        join(folder, 'b'),
        target,
        '--to-zxid',
        String(zxid),
      ]);
      expect(code).toBe(0);
      const name = `snapshot.${zxid.toString(16)}`;
      expect(entries(join(target, 'version-2'))).toEqual([name]);
      const found = await lines(join(target, 'version-2', name));
      expect(found).toBe(await lines(dataDir, '--to-zxid', `0x${zxid.toString(16)}`));
      expect(found.includes('"/a"')).toBe(zxid >= 2);
      seen.add(found);
    }
    expect(seen.size).toBeGreaterThan(25);
  });

  it('makes the tree as it was at a time', async () => {
    const dataDir = goldenDataDir();
    const { out } = await tool(['txnlog', '--json', dataDir]);
    const txns = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const time = txns[9].time;
    const last = txns.filter((txn) => txn.time <= time).at(-1);
    const folder = newFolder();
    const { code } = await tool(['restore', dataDir, join(folder, 'new'), '--to-time', time]);
    expect(code).toBe(0);
    expect(entries(join(folder, 'new/version-2'))).toEqual([`snapshot.${last.zxid.slice(2)}`]);
    const before = await tool(['restore', dataDir, join(folder, 'x'), '--to-time', '2001-01-01']);
    expect(before.err.join()).toMatch(/the logs begin at 2026-.* with 0x1, later than 2001-01-01T/);
    expect(before.code).toBe(1);
    const after = await tool(['restore', dataDir, join(folder, 'y'), '--to-time', '2999-01-01']);
    expect(after.out).toContain('as of zxid 0x26');
  });

  it('reaches a point in front of damage', async () => {
    const dataDir = goldenDataDir();
    overwrite(join(dataDir, 'version-2/log.1'), 440, 'Z');
    rmSync(join(dataDir, 'version-2/snapshot.22'));
    const folder = newFolder();
    const late = await tool(['restore', dataDir, join(folder, 'late'), '--to-zxid', '5']);
    expect(late.err.join()).toMatch(/log\.1 at offset 391/);
    expect(late.code).toBe(1);
    const early = await tool(['restore', dataDir, join(folder, 'early'), '--to-zxid', '4']);
    expect([early.code, early.err]).toEqual([0, []]);
    expect(entries(join(folder, 'early/version-2'))).toEqual(['snapshot.4']);
  });

  it('says to which points it cannot', async () => {
    const folder = newFolder();
    await tool(['backup', goldenDataDir(), join(folder, 'b')]);
    const early = await tool([
      'restore',
      join(folder, 'b'),
      join(folder, 'n'),
      '--to-zxid',
      '0x21',
    ]);
    expect(early.err.join()).toContain('no snapshot to begin with for 0x21: snapshot.22 is later');
    const late = await tool(['restore', join(folder, 'b'), join(folder, 'n'), '--to-zxid', '0x27']);
    expect(late.err.join()).toContain(
      'there is no transaction 0x27, the last one before it is 0x26',
    );
    expect([early.code, late.code]).toEqual([1, 1]);
    expect(entries(folder)).toEqual(['b']);
  });

  it('never overwrites', async () => {
    const dataDir = goldenDataDir();
    const other = goldenDataDir();
    const { code, err } = await tool(['restore', dataDir, other]);
    expect(err.join()).toContain('is not empty');
    expect(code).toBe(1);
    const split = await tool(['restore', dataDir, newFolder(), '--data-log-dir', other]);
    expect(split.err.join()).toContain(`${join(other, 'version-2')} is not empty`);
    expect(entries(join(other, 'version-2'))).toEqual([
      'log.1',
      'log.23',
      'snapshot.0',
      'snapshot.22',
    ]);
  });

  it('says at once where half a snapshot is, and what to do', async () => {
    const folder = newFolder();
    const half = join(folder, 'version-2/unfinished.snapshot.26');
    mkdirSync(join(folder, 'version-2'));
    writeFileSync(half, 'half');
    const message = `${half} is there: another restore or load runs, or one was interrupted; remove it then`;
    const restored = await tool(['restore', goldenDataDir(), folder]);
    expect([restored.code, restored.err]).toEqual([1, [message]]);
    const loaded = await tool(['load', '/dev/null', folder]);
    expect([loaded.code, loaded.err]).toEqual([1, [message]]);
    expect(readFileSync(half, 'utf8')).toBe('half');
  });

  it.each([
    ['has changed', (path: string) => overwrite(path, 100, 'x'), 'it has not the sha256'],
    [
      'has grown',
      (path: string) => appendFileSync(path, 'x'),
      'has 374 bytes, and should have 373',
    ],
    ['is gone', (path: string) => rmSync(path), 'is missing'],
  ])('finds a file of a backup that %s', async (_what, damage, message) => {
    const folder = newFolder();
    await tool(['backup', goldenDataDir(), join(folder, 'b')]);
    damage(join(folder, 'b/version-2/log.23'));
    const { code, err } = await tool(['restore', join(folder, 'b'), join(folder, 'new')]);
    expect(err.join()).toContain(message);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });
});

describe('a directory that is read', () => {
  it('stays as it is, also where a server would mend it', async () => {
    const dataDir = goldenDataDir();
    const version = join(dataDir, 'version-2');
    cutOff(join(version, 'log.23'), 370);
    writeFileSync(join(version, 'log.26'), '');
    writeFileSync(join(version, 'unfinished.snapshot.25'), 'half');
    const before = entries(version).map((name) => [name, readFileSync(join(version, name))]);
    expect((await tool(['dump', dataDir])).code).toBe(0);
    expect((await tool(['backup', dataDir, join(newFolder(), 'b')])).code).toBe(0);
    expect(entries(version).map((name) => [name, readFileSync(join(version, name))])).toEqual(
      before,
    );
  });
});
