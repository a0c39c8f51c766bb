/*
 * The command line of the benchmark: which loads, how often, how long, on which servers, and what becomes
 * of the figures.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import yargs from 'yargs';
import { SCENARIOS } from './catalogue.ts';
import { cleanUpAtExit } from './children.ts';
import { ENSEMBLE_PREFIX, ENSEMBLE_SCENARIOS } from './ensemble/catalogue.ts';
import { describeMachine, javaVersion, loadAverage } from './machine.ts';
import { describeProfiles } from './profile.ts';
import { type Report, reportAsJson, reportAsMarkdown, reportAsText } from './report.ts';
import { runRounds } from './rounds.ts';
import type { Scenario } from './scenario/scenario.ts';
import { hasJavaServer, type ServerKind } from './server.ts';

const TOP_FUNCTIONS = 15;

/** Parses the arguments, runs the benchmark and prints its report. Rejects when a run fails. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const options = await parse(args);
  if (options.list) {
    for (const { name, rows } of [...SCENARIOS, ...ENSEMBLE_SCENARIOS]) {
      print(`${name.padEnd(21)} ${rows.map(({ title }) => title).join('; ')}`);
    }
    return;
  }
  cleanUpAtExit();
  const scenarios = chosenScenarios(options.loads, options.ensemble);
  const kinds = chosenKinds(options.only, options.bare);
  const roundCount = options.rounds ?? (options.quick ? 1 : 3);
  const windowMs = 1000 * (options.seconds ?? (options.quick ? 2 : 5));
  const warmupMs = 1000 * (options.warmup ?? (options.quick ? 1 : 30));
  const scale = options.quick ? 0.1 : 1;
  const baseDirectory = path.resolve(options.dir ?? os.tmpdir());
  mkdirSync(baseDirectory, { recursive: true });
  const profileDirectory = options.prof === undefined ? undefined : path.resolve(options.prof);

  const machine = describeMachine(baseDirectory);
  const startedAt = new Date().toISOString();
  const loadAverageBefore = loadAverage();
  const rows = await runRounds({
    scenarios,
    kinds,
    roundCount,
    setting: {
      baseDirectory,
      warmupMs,
      windowMs,
      javaHeap: options.javaHeap,
      profileDirectory,
      scale,
      kills: options.kills ?? (options.quick ? 3 : 20),
    },
    tell: (line) => process.stderr.write(`${line}\n`),
  });
  const report: Report = {
    machine,
    startedAt,
    loadAverageBefore,
    loadAverageAfter: loadAverage(),
    roundCount,
    warmupMs,
    windowMs,
    scale,
    rows,
  };
  print(`\n${reportAsText(report)}`);
  if (options.json !== undefined) writeFileSync(options.json, reportAsJson(report));
  if (options.markdown !== undefined) writeFileSync(options.markdown, reportAsMarkdown(report));
  if (profileDirectory !== undefined) printProfiles(profileDirectory, scenarios, roundCount);
}

function parse(args: readonly string[]) {
  return yargs([...args])
    .scriptName('npm run bench --')
    .usage('$0 [options]\n\nMeasures this server and, where it is installed, Apache ZooKeeper.')
    .option('loads', {
      type: 'string',
      describe: 'names from --list, with commas; a beginning will do',
    })
    .option('ensemble', {
      type: 'boolean',
      default: false,
      describe: 'measure three servers that agree, and not one alone',
    })
    .option('kills', {
      type: 'number',
      describe: 'how often the leader of an ensemble is killed in a round (20)',
    })
    .option('rounds', { type: 'number', describe: 'how often everything is measured (3)' })
    .option('seconds', { type: 'number', describe: 'counted time of each load (5)' })
    .option('warmup', {
      type: 'number',
      describe: 'longest warm-up of each load in seconds (30); it ends when the server is warm',
    })
    .option('quick', {
      type: 'boolean',
      default: false,
      describe: 'one round, 2 seconds, a tenth of the znodes and sessions: to see that it runs',
    })
    .option('only', { choices: ['ours', 'java'] as const, describe: 'measure one server alone' })
    .option('bare', {
      type: 'boolean',
      default: false,
      describe:
        'also measure a server without logic: the ceiling of get, of sets one by one and of watch events',
    })
    .option('dir', { type: 'string', describe: 'where the servers keep their data (system temp)' })
    .option('java-heap', { type: 'string', default: '1g', describe: "the JVM's -Xmx" })
    .option('json', { type: 'string', describe: 'write all figures of all rounds to this file' })
    .option('markdown', { type: 'string', describe: 'write the tables to this file' })
    .option('prof', {
      type: 'string',
      describe: "leave CPU profiles of this project's server here",
    })
    .option('list', { type: 'boolean', default: false, describe: 'list the loads' })
    .strict()
    .parseAsync();
}

function chosenScenarios(loads: string | undefined, isEnsemble: boolean): readonly Scenario[] {
  if (loads === undefined) return isEnsemble ? ENSEMBLE_SCENARIOS : SCENARIOS;
  const all = isEnsemble ? ENSEMBLE_SCENARIOS : [...SCENARIOS, ...ENSEMBLE_SCENARIOS];
  const beginnings = loads
    .split(',')
    .map((name) =>
      isEnsemble && !name.startsWith(ENSEMBLE_PREFIX) ? ENSEMBLE_PREFIX + name : name,
    );
  for (const beginning of beginnings) {
    if (!all.some(({ name }) => name.startsWith(beginning))) {
      throw new Error(`no load is called "${beginning}"; --list tells their names`);
    }
  }
  return all.filter(({ name }) => beginnings.some((beginning) => name.startsWith(beginning)));
}

function chosenKinds(only: 'ours' | 'java' | undefined, bare: boolean): ServerKind[] {
  const kinds: ServerKind[] = only === undefined ? ['ours', 'java'] : [only];
  const isJavaHere = hasJavaServer() && javaVersion() !== undefined;
  if (only === 'java' && !isJavaHere)
    throw new Error("Apache ZooKeeper's Debian package is missing");
  if (!isJavaHere && kinds.includes('java')) {
    process.stderr.write('Apache ZooKeeper is not installed: only zk-server is measured\n');
    kinds.splice(kinds.indexOf('java'), 1);
  }
  return bare ? [...kinds, 'bare'] : kinds;
}

function printProfiles(
  directory: string,
  scenarios: readonly Scenario[],
  roundCount: number,
): void {
  for (const { name } of scenarios) {
    for (const line of describeProfiles(
      path.join(directory, `${name}-${roundCount}`),
      TOP_FUNCTIONS,
    )) {
      print(line);
    }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
