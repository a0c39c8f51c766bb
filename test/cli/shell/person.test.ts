/*
 * What zk-cli has for a person: completion, "did you mean", the lines of earlier sessions, the table of bytes.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/shell/commands.ts';
import { complete } from '../../../src/cli/shell/completion.ts';
import { hexDump } from '../../../src/cli/shell/hex-dump.ts';
import { HistoryFile, historyPath } from '../../../src/cli/shell/history-file.ts';
import { nearest } from '../../../src/cli/shell/suggestion.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zk-cli-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('completion', () => {
  it('offers commands, and behind one its options or words', async () => {
    expect(await complete('getA', null)).toEqual([['getAcl ', 'getAllChildrenNumber '], 'getA']);
    expect(await complete('stat -', null)).toEqual([['-w', '--json'], '-']);
    expect(await complete('printwatches o', null)).toEqual([['on', 'off'], 'o']);
  });

  it('offers a path where one belongs, and nothing behind what is no command', async () => {
    expect((await complete('get ', null))[0]).toEqual([]);
    expect((await complete('get /a ', null))[0]).toEqual([]);
    expect((await complete('nonsense /', null))[0]).toEqual([]);
  });
});

it.each([
  ['sett', 'set'],
  ['gte', 'get'],
  ['getacl', 'getAcl'],
  ['dleteall', 'deleteall'],
  ['nonsense', null],
])('%s is near to %s', (word, expected) => {
  expect(nearest(word, [...commands.keys()])).toBe(expected);
});

describe('earlier lines', () => {
  it('are had back, the newest first, without passwords', () => {
    const path = join(folder, 'deep', 'history');
    const file = new HistoryFile(path);
    expect(file.load()).toEqual([]);
    for (const line of ['ls /', ' addauth digest u:p', '', 'get /a']) file.add(line);
    expect(new HistoryFile(path).load()).toEqual(['get /a', 'ls /']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('do not grow for ever', () => {
    const path = join(folder, 'history');
    writeFileSync(path, Array.from({ length: 2_001 }, (_, index) => `get /${index}\n`).join(''));
    const lines = new HistoryFile(path).load();
    expect(lines).toHaveLength(1_000);
    expect(lines[0]).toBe('get /2000');
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(1_001);
  });

  it('stand where XDG says', () => {
    expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/zk-cli/history');
    expect(historyPath({ XDG_STATE_HOME: 'relative' })).toMatch(/\.local\/state\/zk-cli\/history$/);
  });
});

it('bytes are a table with sixteen in a row', () => {
  expect(hexDump(Buffer.from('hello\n'))).toEqual([
    '         +-------------------------------------------------+',
    '         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |',
    '+--------+-------------------------------------------------+----------------+',
    '|00000000| 68 65 6c 6c 6f 0a                               |hello.          |',
    '+--------+-------------------------------------------------+----------------+',
  ]);
  expect(hexDump(Buffer.alloc(17))).toHaveLength(6);
});
