/*
 * zk-tool txnlog beyond the plain dump: filters, JSON, damage, following a log that grows, repair and chop.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dumpTxnLog } from '../../../src/cli/tool/txnlog.ts';
import {
  cutOff,
  goldenDataDir,
  goldenTree,
  newConsole,
  newFolder,
  overwrite,
  tool,
} from './tool-run.ts';

/** The offset of the fifth record of log.1, the create of /seq with zxid 5, and that of the `s` in its path. */
const fifthRecord = 391;
const inItsPath = 440;

function goldenLog(): string {
  return join(goldenDataDir(), 'version-2/log.1');
}

function objects(out: string): Record<string, unknown>[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function zxids(...argv: string[]): Promise<unknown[]> {
  const { out } = await tool(['txnlog', '--json', ...argv]);
  return out === '' ? [] : objects(out).map(({ zxid }) => zxid);
}

describe('filters', () => {
  it('by path take what is below it, in parts of a multi and in closed sessions too', async () => {
    const log = goldenLog();
    expect(await zxids(log, '--path', '/m')).toEqual(['0x11']);
    expect(await zxids(log, '--path', '/m/k')).toEqual(['0x11']);
    expect((await zxids(join(goldenTree, 'log.1'), '--path', '/cli-eph')).at(-1)).toBe('0x37');
    expect(await zxids(log, '--path', '/nowhere')).toEqual([]);
    expect(await zxids(log, '--path', '/')).not.toContain('0x1');
  });

  it('by zxid take both ends, over all logs of a directory', async () => {
    const dataDir = goldenDataDir();
    expect(await zxids(dataDir, '--from-zxid', '0x21', '--to-zxid', '36')).toEqual([
      '0x21',
      '0x22',
      '0x23',
      '0x24',
    ]);
  });

  it('by session and time', async () => {
    const log = goldenLog();
    const [first] = objects((await tool(['txnlog', '--json', log])).out);
    const session = String(first?.['session']);
    const time = String(first?.['time']);
    expect(await zxids(log, '--session', session, '--until', time)).toEqual(['0x1']);
    expect(await zxids(log, '--session', '0x77')).toEqual([]);
    expect(await zxids(log, '--since', '2100-01-01T00:00:00Z')).toEqual([]);
    expect((await zxids(log, '--since', time)).length).toBe(34);
  });

  it.each([
    ['--from-zxid', '0xnone'],
    ['--session', 'mine'],
    ['--since', 'yesterday-ish'],
  ])('%s %s is a mistake', async (option, value) => {
    const { code, err } = await tool(['txnlog', goldenLog(), option, value]);
    expect(code).toBe(2);
    expect(err.join()).toContain(JSON.stringify(value));
  });
});

describe('a record with a wrong checksum', () => {
  it('is shown as such, and as every other, and the exit code says it', async () => {
    const log = goldenLog();
    overwrite(log, inItsPath, 'Z');
    const { code, out, err } = await tool(['txnlog', log]);
    expect(out).toMatch(
      /^CRC ERROR - .* zxid 0x5 create \/Zeq,x,.*\n\],false,2\n.* zxid 0x5 create \/Zeq/m,
    );
    expect(out).toMatch(/EOF reached after 34 txns\.\n$/);
    expect(err).toEqual([`${log}: the checksum is wrong at offset ${fifthRecord}`]);
    expect(code).toBe(1);
  });

  it('is found by --verify, with its offset', async () => {
    const log = goldenLog();
    expect((await tool(['txnlog', '--verify', log])).code).toBe(0);
    overwrite(log, inItsPath, 'Z');
    const { code, out } = await tool(['txnlog', '--verify', log]);
    expect(out).toBe(
      `${log}: damaged at offset ${fifthRecord}: the checksum is wrong\n` +
        `${log}: 34 transactions, zxid 0x1 to 0x22, end at offset 5550\n`,
    );
    expect(code).toBe(1);
  });

  it('is made right by --recover where the answer is yes', async () => {
    const log = goldenLog();
    overwrite(log, inItsPath, 'Z');
    const before = readFileSync(log);
    const { code, out } = await tool(['txnlog', '-r', log], ['perhaps', 'yes']);
    expect(out).toMatch(
      /^ZooKeeper Transactional Log File with dbid 0 txnlog format version 2\nCRC ERROR - /,
    );
    expect(out.split('Would you like to fix it (Yes/No/Abort) ? ')).toHaveLength(3);
    expect(out).toContain(
      `Recovery file ${log}.fixed has been written with 1 fixed CRC error(s)\n`,
    );
    expect(code).toBe(0);
    expect(readFileSync(log)).toEqual(before);
    expect((await tool(['txnlog', '--verify', `${log}.fixed`])).code).toBe(0);
    expect(await zxids(`${log}.fixed`, '--path', '/Zeq')).toEqual(['0x5']);
  });

  it('stays as it is where the answer is no, and is not asked about with --yes', async () => {
    const log = goldenLog();
    overwrite(log, inItsPath, 'Z');
    const { out } = await tool(['txnlog', '--recover', log], ['N']);
    expect(out).toContain('with 0 fixed CRC error(s)');
    expect((await tool(['txnlog', '--verify', `${log}.fixed`])).code).toBe(1);
    const again = await tool(['txnlog', '-r', '-y', log]);
    expect(again.err).toEqual([`Recovery file ${log}.fixed already exists or not writable`]);
    expect(again.code).toBe(1);
  });

  it.each([
    [['abort'], 0, 'Recovery aborted.'],
    [[], 1, 'Nobody answers. (--yes fixes without asking)'],
  ])('leaves no file behind for the answers %j', async (answers, code, line) => {
    const log = goldenLog();
    overwrite(log, inItsPath, 'Z');
    const ran = await tool(['txnlog', '-r', log], answers);
    expect([ran.code, ran.err]).toEqual([code, [line]]);
    expect(existsSync(`${log}.fixed`)).toBe(false);
  });

  it('cannot be made right where it cannot be read either', async () => {
    const log = goldenLog();
    // The length of its path.
    overwrite(log, inItsPath - 4, [0x70]);
    const { code, err } = await tool(['txnlog', '-r', '-y', log]);
    expect(err.join()).toContain(`(${log} at offset ${fifthRecord}; --chop leaves it out)`);
    expect(code).toBe(1);
    expect(existsSync(`${log}.fixed`)).toBe(false);
    const dump = await tool(['txnlog', log]);
    expect(dump.out).toContain('zxid 0x5 create (cannot be read)\n');
  });
});

describe('a log that breaks off', () => {
  it('in a record is said to, with the offset', async () => {
    const log = goldenLog();
    cutOff(log, 5500);
    const { code, out, err } = await tool(['txnlog', log]);
    expect(out).toMatch(/EOF reached after 33 txns\.\n$/);
    expect(err.join()).toMatch(/a write was not finished at offset \d+$/);
    expect(code).toBe(0);
  });

  it('where more follows is damaged', async () => {
    const log = goldenLog();
    // The length of the record.
    overwrite(log, fifthRecord + 8, [0x7f]);
    const place = `${log}: damaged at offset ${fifthRecord}`;
    for (const option of ['--dump', '--json']) {
      const { code, out, err } = await tool(['txnlog', option, log]);
      expect([code, err]).toEqual([1, [`${place}, and more follows`]]);
      expect(out).not.toContain('EOF reached');
    }
    expect((await tool(['txnlog', '--verify', log])).out).toContain(`${place}: no record`);
    expect((await tool(['txnlog', '-r', '-y', log])).code).toBe(1);
    expect(existsSync(`${log}.fixed`)).toBe(false);
  });

  it('between two files is found by --verify', async () => {
    const dataDir = goldenDataDir();
    const log = join(dataDir, 'version-2/log.1');
    cutOff(log, 5400);
    const { code, out } = await tool(['txnlog', '--verify', dataDir]);
    expect(out).toMatch(/log\.23: damaged at offset 16: zxid 0x23 does not follow 0x2[01]/);
    expect(code).toBe(1);
  });

  it('is no log where it does not begin as one', async () => {
    const path = join(newFolder(), 'log.1');
    writeFileSync(path, 'Dear diary, this is not a log at all');
    const { code, err } = await tool(['txnlog', path]);
    expect(err).toEqual([`Invalid magic number for log.1 (${path} at offset 0)`]);
    expect(code).toBe(2);
  });
});

describe('--chop', () => {
  it('copies everything up to the zxid', async () => {
    const log = goldenLog();
    const { code, out } = await tool(['txnlog', '-c', '-z', '0x10', log]);
    expect(out).toMatch(/\nChopping at 10 new log has 16 records\n$/);
    expect(code).toBe(0);
    const chopped = `${log}.chopped16`;
    expect(readFileSync(log).indexOf(readFileSync(chopped))).toBe(0);
    expect((await zxids(chopped)).at(-1)).toBe('0x10');
  });

  it('leaves damage out that is behind it', async () => {
    const log = goldenLog();
    overwrite(log, fifthRecord + 8, [0x7f]);
    expect((await tool(['txnlog', '--chop', '--zxid', '4', log])).code).toBe(0);
    expect(await zxids(`${log}.chopped4`)).toEqual(['0x1', '0x2', '0x3', '0x4']);
    expect((await tool(['txnlog', '--chop', '--zxid', '6', log])).code).toBe(1);
    expect(readdirSync(join(log, '..')).filter((name) => name.includes('chopped'))).toEqual([
      'log.1.chopped4',
    ]);
  });
});

describe('--follow', () => {
  it('shows what is appended, records in pieces too, and goes on with the next log', async () => {
    const source = readFileSync(goldenLog());
    const dataDir = goldenDataDir();
    const next = readFileSync(join(dataDir, 'version-2/log.23'));
    const folder = newFolder();
    const log = join(folder, 'log.1');
    writeFileSync(log, source.subarray(0, fifthRecord));
    const end = new AbortController();
    const kept = newConsole();
    const none = {
      path: null,
      session: null,
      since: null,
      until: null,
      fromZxid: null,
      toZxid: null,
    };
    const running = dumpTxnLog(kept.console, folder, {
      json: true,
      filter: none,
      follow: end.signal,
    });
    const seen = (): unknown[] => objects(kept.text()).map(({ zxid }) => zxid);
    await expect.poll(() => kept.text().split('\n').length).toBe(5);
    appendFileSync(log, source.subarray(fifthRecord, fifthRecord + 40));
    appendFileSync(log, source.subarray(fifthRecord + 40));
    await expect.poll(seen).toHaveLength(34);
    writeFileSync(join(folder, 'log.23'), next);
    await expect.poll(seen).toHaveLength(38);
    end.abort();
    expect(await running).toBe(0);
    expect(new Set(seen()).size).toBe(38);
    expect(kept.err).toEqual([]);
  });
});

it('tells apart what was meant', async () => {
  const log = goldenLog();
  expect((await tool(['txnlog', log, '--verify', '--recover'])).code).toBe(2);
  expect((await tool(['txnlog', log, '--chop'])).code).toBe(2);
  expect((await tool(['txnlog', log, '--nonsense'])).code).toBe(2);
  expect((await tool(['txnlog'])).code).toBe(2);
  const withoutValue = await tool(['txnlog', log, '--path']);
  expect(withoutValue.err.join()).toContain('Not enough arguments following: path');
  expect(withoutValue.code).toBe(2);
  const missing = join(newFolder(), 'log.7');
  expect(await tool(['txnlog', missing])).toEqual({
    code: 1,
    out: '',
    err: [`File doesn't exist or not readable: ${missing}`],
  });
});
