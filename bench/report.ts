/*
 * Turns what was measured into tables: as text for the terminal, as markdown for docs/BENCHMARKS.md, and
 * as JSON with every round. Nothing is judged by hand: a goal is reached when the figures say so.
 */
import {
  type Figures,
  type Goal,
  judge,
  type Metric,
  ratioOf,
  type Spread,
  spreadOfMetric,
} from './figures.ts';
import type { Machine } from './machine.ts';
import type { Row } from './scenario/scenario.ts';
import type { ServerKind } from './server.ts';

/** One row with the figures of every round, in the order of the rounds. */
export interface MeasuredRow {
  readonly row: Row;
  readonly rounds: Readonly<Record<ServerKind, readonly Figures[]>>;
}

/** A whole run. */
export interface Report {
  readonly machine: Machine;
  readonly startedAt: string;
  readonly loadAverageBefore: number;
  readonly loadAverageAfter: number;
  readonly roundCount: number;
  readonly warmupMs: number;
  readonly windowMs: number;
  /** 1, or the share of their size that the scenarios of many znodes and sessions ran with. */
  readonly scale: number;
  readonly rows: readonly MeasuredRow[];
}

interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

/** The report for a terminal. */
export function reportAsText(report: Report): string {
  const tables = tablesOf(report).map((table) => {
    const all = [table.head, ...table.lines];
    const widths = table.head.map((_, column) =>
      Math.max(...all.map((line) => (line[column] ?? '').length)),
    );
    const lines = all.map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    );
    return `${table.title}\n\n${lines.join('\n')}`;
  });
  return `${[...tables, factsOf(report).join('\n')].join('\n\n')}\n`;
}

/** The report in markdown, to be put into the documentation. */
export function reportAsMarkdown(report: Report): string {
  const tables = tablesOf(report).map(({ title, head, lines }) => {
    const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
    const rows = [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |`);
    return `### ${title}\n\n${rows.join('\n')}`;
  });
  const facts = factsOf(report).map((fact) => `- ${fact}`);
  return `${[facts.join('\n'), ...tables].join('\n\n')}\n`;
}

/** Everything that was measured, round by round, with the verdicts. */
export function reportAsJson(report: Report): string {
  const rows = report.rows.map(({ row, rounds }) => ({
    id: row.id,
    title: row.title,
    rounds,
    goals: row.goals.map((goal) => judge(goal, rounds.ours, rounds.java)),
  }));
  return `${JSON.stringify({ ...report, rows }, undefined, 2)}\n`;
}

function tablesOf(report: Report): Table[] {
  const rates = report.rows.filter(({ row }) => row.metrics === undefined);
  const others = report.rows.filter(({ row }) => row.metrics !== undefined);
  const tables: Table[] = [];
  if (rates.length > 0) tables.push(rateTable(rates), latencyTable(rates));
  if (others.length > 0) tables.push(figureTable(others));
  tables.push(goalTable(report.rows.filter(({ row }) => report.scale === 1 || !row.isScalable)));
  return tables.filter(({ lines }) => lines.length > 0);
}

function rateTable(rows: readonly MeasuredRow[]): Table {
  return {
    title: 'Operations a second, and server CPU per operation (medians; ratio zk-server / Java)',
    head: [
      'load',
      'zk-server',
      'Java',
      'ratio (range)',
      'CPU µs/op',
      'Java',
      'ratio (range)',
      'generator cores',
      'cores of others',
      'warm-up s',
    ],
    lines: rows.flatMap(({ row, rounds }) => [
      [
        row.title,
        ...pairOf(rounds, 'ratePerSecond'),
        ...pairOf(rounds, 'cpuUsPerOp'),
        both(rounds, 'generatorCores'),
        both(rounds, 'otherCores'),
        both(rounds, 'warmupSeconds'),
      ],
      ...bareLine(row.title, rounds),
    ]),
  };
}

/** The bare server's line, where it was asked for: the ceiling of the machine, the generator included. */
function bareLine(title: string, rounds: MeasuredRow['rounds']): string[][] {
  if (rounds.bare.length === 0) return [];
  const tell = (metric: Metric): string => middle(spreadOfMetric(rounds.bare, metric), metric);
  const [rate, cpu] = [tell('ratePerSecond'), tell('cpuUsPerOp')];
  const cores = [tell('generatorCores'), tell('otherCores'), tell('warmupSeconds')];
  return [[`  ${title}: no logic`, rate, '', '', cpu, '', '', ...cores]];
}

function latencyTable(rows: readonly MeasuredRow[]): Table {
  return {
    title: 'Latencies in ms (medians over rounds, zk-server / Java)',
    head: ['load', 'p50', 'p99', 'p99.9', 'p99 ratio (range)'],
    lines: rows.map(({ row, rounds }) => [
      row.title,
      both(rounds, 'p50Us'),
      both(rounds, 'p99Us'),
      both(rounds, 'p999Us'),
      ranged(ratioOf(rounds.ours, rounds.java, 'p99Us')),
    ]),
  };
}

function figureTable(rows: readonly MeasuredRow[]): Table {
  return {
    title: 'Other figures (medians; ratio zk-server / Java)',
    head: ['what', 'zk-server', 'Java', 'ratio (range)'],
    lines: rows.flatMap(({ row, rounds }) =>
      (row.metrics ?? []).map((metric) => [
        `${row.title}: ${NAMES[metric]}`,
        ...pairOf(rounds, metric),
      ]),
    ),
  };
}

function goalTable(rows: readonly MeasuredRow[]): Table {
  return {
    title: 'Goals',
    head: ['what', 'goal', 'seen', 'reached'],
    lines: rows.flatMap(({ row, rounds }) =>
      row.goals.flatMap((goal) => {
        const { seen, isReached } = judge(goal, rounds.ours, rounds.java);
        if (seen === undefined) return [];
        return [[row.title, goalText(goal), goalValue(goal, seen), isReached ? 'yes' : 'NO']];
      }),
    ),
  };
}

function goalText(goal: Goal): string {
  const subject = goal.of === 'ratio' ? `${NAMES[goal.metric]}, ratio` : NAMES[goal.metric];
  return `${subject} ${goal.bound === 'atLeast' ? '≥' : '≤'} ${goalValue(goal, goal.limit)}`;
}

function goalValue(goal: Goal, value: number): string {
  return goal.of === 'ratio' ? ratioText(value) : UNITS[goal.metric](value);
}

function factsOf(report: Report): string[] {
  const { machine } = report;
  const java =
    machine.javaZooKeeper === undefined
      ? 'Apache ZooKeeper: not installed'
      : `Apache ZooKeeper ${machine.javaZooKeeper} on ${machine.javaVersion ?? 'no Java'}`;
  const disk = machine.isMemoryDisk
    ? 'data in memory (tmpfs): fsync costs nothing here, so figures of writes mean little'
    : `disk: 4 KiB and fdatasync take ${Math.round(machine.fdatasyncUs)} µs (median)`;
  const load = `${report.loadAverageBefore.toFixed(2)} before, ${report.loadAverageAfter.toFixed(2)} after`;
  const spent = `at most ${report.warmupMs / 1000} s warm-up and ${report.windowMs / 1000} s counted`;
  const short = `short run: ${report.scale} of the znodes and sessions, so the goals for them are left out`;
  return [
    `${report.startedAt}, commit ${machine.commit ?? 'unknown'}`,
    `${machine.coreCount} cores, ${machine.cpuModel}, ${megabytes(machine.memoryBytes)}, ${machine.system}`,
    `Node ${machine.nodeVersion}; ${java}`,
    disk,
    `load average ${load}; ${report.roundCount} rounds, ${spent} for each load`,
    ...(report.scale === 1 ? [] : [short]),
  ];
}

/** This server, Java, and their ratio. */
function pairOf(rounds: MeasuredRow['rounds'], metric: Metric): string[] {
  return [
    middle(spreadOfMetric(rounds.ours, metric), metric),
    middle(spreadOfMetric(rounds.java, metric), metric),
    ranged(ratioOf(rounds.ours, rounds.java, metric)),
  ];
}

function both(rounds: MeasuredRow['rounds'], metric: Metric): string {
  const ours = middle(spreadOfMetric(rounds.ours, metric), metric);
  const java = middle(spreadOfMetric(rounds.java, metric), metric);
  return `${ours} / ${java}`;
}

function middle(spread: Spread | undefined, metric: Metric): string {
  return spread === undefined ? '–' : UNITS[metric](spread.median);
}

function ranged(spread: Spread | undefined): string {
  if (spread === undefined) return '–';
  return `${ratioText(spread.median)} (${ratioText(spread.min)}–${ratioText(spread.max)})`;
}

/** Text to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** Three significant digits: "0.083", "1.50", "12.3", "140". */
function ratioText(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 0.1 ? value.toFixed(2) : value.toFixed(3);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024).toLocaleString('en-US')} MB`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

function milliseconds(us: number): string {
  return ratioText(us / 1000);
}

const UNITS: Readonly<Record<Metric, (value: number) => string>> = {
  ratePerSecond: (value) => Math.round(value).toLocaleString('en-US'),
  cpuUsPerOp: ratioText,
  p50Us: milliseconds,
  p99Us: milliseconds,
  p999Us: milliseconds,
  generatorCores: (value) => value.toFixed(2),
  otherCores: (value) => value.toFixed(2),
  warmupSeconds: (value) => value.toFixed(0),
  seconds: (value) => `${ratioText(value)} s`,
  rssBytes: megabytes,
  pssBytes: megabytes,
  bytesPerSession: kilobytes,
  bytesPerDetachedSession: kilobytes,
  normalP99Us: milliseconds,
  p99OverNormal: ratioText,
  stallMs: (value) => `${ratioText(value)} ms`,
  normalStallMs: (value) => `${ratioText(value)} ms`,
  worstWriteMs: (value) => `${ratioText(value)} ms`,
  normalWorstWriteMs: (value) => `${ratioText(value)} ms`,
  medianGapMs: (value) => `${Math.round(value)} ms`,
  worstGapMs: (value) => `${Math.round(value)} ms`,
};

const NAMES: Readonly<Record<Metric, string>> = {
  ratePerSecond: 'operations a second',
  cpuUsPerOp: 'server CPU µs per operation',
  p50Us: 'p50 in ms',
  p99Us: 'p99 in ms',
  p999Us: 'p99.9 in ms',
  generatorCores: 'cores used by the generator',
  warmupSeconds: 'warm-up in s',
  otherCores: 'cores used by what is neither server nor generator',
  seconds: 'time',
  rssBytes: 'RSS',
  pssBytes: 'PSS',
  bytesPerSession: 'memory',
  bytesPerDetachedSession: 'memory of a session alone',
  normalP99Us: 'p99 in ms without a snapshot',
  p99OverNormal: 'p99 with by p99 without a snapshot',
  stallMs: 'longest time without a reply',
  normalStallMs: 'the same without a snapshot',
  worstWriteMs: 'longest time of one write',
  normalWorstWriteMs: 'the same without a snapshot',
  medianGapMs: 'longest time without a write, median',
  worstGapMs: 'longest time without a write, at worst',
};
