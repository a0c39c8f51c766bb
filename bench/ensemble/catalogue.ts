/*
 * The scenarios of an ensemble of three servers, in the order of the report, with what this server is to reach in each.
 * Ratios are to three servers of Apache ZooKeeper in the same run.
 */
import type { Goal, Metric } from '../figures.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { catchUpScenario } from './catch-up.ts';
import { failoverScenario } from './failover.ts';
import { ensembleLoadScenario } from './load.ts';

/** What the names of all these scenarios begin with. */
export const ENSEMBLE_PREFIX = 'ensemble-';

/** Every scenario with three servers. */
export const ENSEMBLE_SCENARIOS: readonly Scenario[] = [
  ensembleLoadScenario({
    name: `${ENSEMBLE_PREFIX}set-100x1`,
    title: 'set, 100 connections, one request each',
    load: 'set',
    connections: 100,
    outstanding: 1,
    goals: [ratio('ratePerSecond', 'atLeast', 2.5), ratio('cpuUsPerOp', 'atMost', 1 / 3)],
  }),
  ensembleLoadScenario({
    name: `${ENSEMBLE_PREFIX}set-16x64`,
    title: 'set, 16 connections, 64 outstanding',
    load: 'set',
    connections: 16,
    outstanding: 64,
    goals: [ratio('ratePerSecond', 'atLeast', 3)],
  }),
  ensembleLoadScenario({
    name: `${ENSEMBLE_PREFIX}get-16x64`,
    title: 'get, 16 × 64',
    load: 'get',
    connections: 16,
    outstanding: 64,
    goals: [ratio('ratePerSecond', 'atLeast', 8)],
  }),
  ensembleLoadScenario({
    name: `${ENSEMBLE_PREFIX}get-100x1`,
    title: 'get, 100 × 1',
    load: 'get',
    connections: 100,
    outstanding: 1,
    goals: [ratio('ratePerSecond', 'atLeast', 1.8)],
  }),
  ensembleLoadScenario({
    name: `${ENSEMBLE_PREFIX}mixed-16x16`,
    title: '90 get / 10 set, 16 × 16',
    load: 'mixed',
    connections: 16,
    outstanding: 16,
    goals: [ratio('ratePerSecond', 'atLeast', 4)],
  }),
  failoverScenario(`${ENSEMBLE_PREFIX}failover`),
  catchUpScenario(`${ENSEMBLE_PREFIX}catch-up`),
];

function ratio(metric: Metric, bound: Goal['bound'], limit: number): Goal {
  return { metric, of: 'ratio', bound, limit };
}
