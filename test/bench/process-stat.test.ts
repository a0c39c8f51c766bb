/*
 * What the system tells about processes, as text: the lines of Linux's /proc and the times of `ps`, which
 * is asked elsewhere.
 */
import { describe, expect, it } from 'vitest';
import {
  parseKilobytes,
  parseMachineStat,
  parseProcStat,
  parsePsTime,
} from '../../bench/process-stat.ts';

describe('CPU time', () => {
  it('is read from /proc/<pid>/stat, whatever the name of the process', () => {
    const line =
      '4711 (a (b) c) S 1 4711 4711 0 -1 4194560 2500 0 3 0 250 35 0 0 20 0 11 0 99 1 2 3\n';
    expect(parseProcStat(line)).toBe(2_850_000);
  });

  it('is refused when it is no such line', () => {
    expect(() => parseProcStat('4711 (node) S')).toThrow(/not a/);
  });

  it('of the whole machine counts what a hypervisor took, and no waiting', () => {
    expect(parseMachineStat('cpu  100 20 3 9999 888 77 66 5 0 0\ncpu0 1 2 3\n')).toBe(1_280_000);
  });

  it.each([
    ['0:01.23', 1_230_000],
    [' 12:00.00\n', 720_000_000],
    ['01:02:03', 3_723_000_000],
    ['1-00:00:01', 86_401_000_000],
  ])('is read from ps: %s', (text, us) => {
    expect(parsePsTime(text)).toBe(us);
  });
});

describe('memory', () => {
  it('is read from smaps_rollup', () => {
    const text =
      'Rss:               69532 kB\nPss:               50001 kB\nPss_Anon:          17 kB\n';
    expect(parseKilobytes(text, 'Rss')).toBe(69_532 * 1024);
    expect(parseKilobytes(text, 'Pss')).toBe(50_001 * 1024);
    expect(parseKilobytes(text, 'Swap')).toBeUndefined();
  });
});
