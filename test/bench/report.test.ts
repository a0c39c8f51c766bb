/*
 * The report of a run, as text, markdown and JSON, from figures made up to be easy to check; and the summary
 * of a CPU profile.
 */
import { describe, expect, it } from 'vitest';
import { topSelfTimes } from '../../bench/profile.ts';
import { type Report, reportAsJson, reportAsMarkdown, reportAsText } from '../../bench/report.ts';

const figures = (ratePerSecond: number, p99Us: number) => ({
  ratePerSecond,
  cpuUsPerOp: 1e6 / ratePerSecond,
  p50Us: p99Us / 4,
  p99Us,
  p999Us: p99Us * 2,
  generatorCores: 0.25,
  otherCores: 0.1,
  warmupSeconds: 7.2,
});

const report: Report = {
  machine: {
    system: 'Linux x64',
    cpuModel: 'a CPU',
    coreCount: 2,
    memoryBytes: 4 * 1024 ** 3,
    nodeVersion: 'v20.19.0',
    javaVersion: 'openjdk 17',
    javaZooKeeper: '3.8.0',
    commit: 'abc1234',
    fdatasyncUs: 120.4,
    isMemoryDisk: false,
  },
  startedAt: '2026-01-02T03:04:05.000Z',
  loadAverageBefore: 0.1,
  loadAverageAfter: 1.9,
  roundCount: 2,
  warmupMs: 3000,
  windowMs: 5000,
  scale: 1,
  rows: [
    {
      row: {
        id: 'get',
        title: 'get',
        goals: [
          { metric: 'ratePerSecond', of: 'ratio', bound: 'atLeast', limit: 8 },
          { metric: 'p99Us', of: 'ratio', bound: 'atMost', limit: 1 },
        ],
      },
      rounds: {
        ours: [figures(1_000_000, 2000), figures(800_000, 2500)],
        java: [figures(100_000, 1000), figures(100_000, 5000)],
        bare: [],
      },
    },
    {
      row: {
        id: 'memory',
        title: 'memory',
        isScalable: true,
        metrics: ['rssBytes'],
        goals: [{ metric: 'rssBytes', of: 'value', bound: 'atMost', limit: 300 * 1024 ** 2 }],
      },
      rounds: { ours: [{ rssBytes: 310 * 1024 ** 2 }], java: [], bare: [] },
    },
  ],
};

describe('a report', () => {
  it('shows medians, ratios with their range, and which goals are reached', () => {
    const text = reportAsText(report).replaceAll(/ +/g, ' ');
    expect(text).toContain(
      'get 900,000 100,000 9.00 (8.00–10.0) 1.13 10.0 0.11 (0.10–0.13) 0.25 / 0.25 0.10 / 0.10 7 / 7',
    );
    expect(text).toContain('get 0.56 / 0.75 2.25 / 3.00 4.50 / 6.00 1.25 (0.50–2.00)');
    expect(text).toContain('get operations a second, ratio ≥ 8.00 9.00 yes');
    expect(text).toContain('get p99 in ms, ratio ≤ 1.00 1.25 NO');
    expect(text).toContain('memory RSS ≤ 300 MB 310 MB NO');
    expect(text).toContain('load average 0.10 before, 1.90 after');
  });

  it('leaves a dash where a server was not measured', () => {
    expect(reportAsMarkdown(report)).toContain('| memory: RSS | 310 MB | – | – |');
  });

  it('holds no goal against a run with fewer znodes and sessions', () => {
    const text = reportAsText({ ...report, scale: 0.1 });
    expect(text).toContain('operations a second, ratio ≥');
    expect(text).not.toContain('RSS ≤');
  });

  it('gives every round and verdict as JSON', () => {
    const { rows } = JSON.parse(reportAsJson(report));
    expect(rows[0].rounds.java).toHaveLength(2);
    expect(rows[0].goals.map(({ isReached }: { isReached: boolean }) => isReached)).toEqual([
      true,
      false,
    ]);
  });
});

describe('a CPU profile', () => {
  it('is summed up by function, without the time spent waiting', () => {
    const node = (id: number, functionName: string, url: string) => ({
      id,
      callFrame: { functionName, url, lineNumber: 41, columnNumber: 0 },
    });
    const profile = {
      nodes: [
        node(1, '(idle)', ''),
        node(2, 'apply', 'file:///x/datatree/apply.js'),
        node(3, 'apply', 'file:///x/datatree/apply.js'),
        node(4, '(garbage collector)', ''),
      ],
      samples: [1, 2, 3, 4, 2],
      timeDeltas: [1000, 100, 200, 100, 100],
    };
    expect(topSelfTimes(profile, 2)).toEqual([
      { name: 'apply datatree/apply.js:42', share: 0.8 },
      { name: '(garbage collector)', share: 0.2 },
    ]);
  });
});
